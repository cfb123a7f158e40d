/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_SEVERITY_H
#define HW_DIGEST_SEVERITY_H

/* How bad a record says that it is. */
#include "headwater.h"

/* From a syslog priority ("<11>"), a glog letter, or its first word that is a
 * level; HW_SEV_NONE if it names none.  *trouble: some word hints at it. */
enum hw_severity hw_severity_read(struct hw_view text, bool *trouble);

#endif
