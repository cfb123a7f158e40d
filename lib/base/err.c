/* SPDX-License-Identifier: MIT
 * What only this file knows: how a message is put into struct hw_err. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Messages may quote names from hostile files: what reaches a terminal must
 * be harmless.  Bytes above 0x7f may be UTF-8 and stay, but for C1. */
static void copy_escaped(char *to, size_t cap, const char *from)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (; *from != '\0' && n + 5 < cap; from++) {
		unsigned char c = (unsigned char)*from;

		if (c >= 0x20 && c != 0x7f) {
			to[n++] = (char)c;
			continue;
		}
		to[n++] = '\\';
		to[n++] = 'x';
		to[n++] = hex[c >> 4];
		to[n++] = hex[c & 15];
	}
	to[n] = '\0';
}

static void record(struct hw_err *e, enum hw_status status, int errnum,
    const char *fmt, va_list ap)
{
	char text[sizeof(e->msg)];
	int n;

	if (e == NULL || e->status != HW_OK)
		return;
	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (errnum != 0 && n >= 0 && (size_t)n + 3 < sizeof(text)) {
		char why[128] = "";

		if (strerror_r(errnum, why, sizeof(why)) != 0)
			snprintf(why, sizeof(why), "errno %d", errnum);
		snprintf(text + n, sizeof(text) - (size_t)n, ": %s", why);
	}
	copy_escaped(e->msg, sizeof(e->msg), text);
	e->sys_errno = errnum;
	e->status = status;
}

enum hw_status hw_fail(struct hw_err *e, enum hw_status status,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	record(e, status, 0, fmt, ap);
	va_end(ap);
	return status;
}

enum hw_status hw_fail_sys(struct hw_err *e, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	record(e, HW_IO, errnum, fmt, ap);
	va_end(ap);
	return HW_IO;
}
