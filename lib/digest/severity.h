/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_SEVERITY_H
#define HW_DIGEST_SEVERITY_H

/* How bad a record says that it is. */
#include "headwater.h"

/* From the first bytes of a record, as it came: a syslog priority ("<11>"), or
 * the letter of glog ("E1125 "); HW_SEV_NONE: they are neither. */
enum hw_severity hw_severity_head(struct hw_view text);
/* From its first word that is a level, masked or not; HW_SEV_NONE if it names
 * none.  *trouble: some word hints at it. */
enum hw_severity hw_severity_read(struct hw_view text, bool *trouble);

#endif
