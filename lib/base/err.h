/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_ERR_H
#define HW_BASE_ERR_H

/* The error idiom: fill the caller's struct once, return the status. */
#include "headwater.h"

/* Record a failure unless one is recorded already; returns `status`.  e may
 * be NULL.  Control characters in the finished message are escaped. */
enum hw_status hw_fail(struct hw_err *e, enum hw_status status,
    const char *fmt, ...) HW_PRINTF(3, 4);

/* The same with `: strerror(errnum)` at the end and sys_errno set; the status
 * is HW_IO. */
enum hw_status hw_fail_sys(struct hw_err *e, int errnum, const char *fmt, ...)
    HW_PRINTF(3, 4);

/* Return from the calling function if `call` did not succeed. */
#define HW_TRY(call) \
	do { \
		enum hw_status hw_try_status_ = (call); \
		if (hw_try_status_ != HW_OK) \
			return hw_try_status_; \
	} while (0)

#endif
