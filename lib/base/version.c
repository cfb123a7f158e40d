/* SPDX-License-Identifier: MIT
 * What only this file knows: which version this is. */
#include "config.h"

#include "headwater.h"

const char *hw_version(void)
{
	return PACKAGE_VERSION;
}
