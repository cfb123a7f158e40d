/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_REGEX_H
#define HW_BASE_REGEX_H

/* PCRE2, bounded: compiled once on the caller's allocator, matched without
 * allocation, with a limit on the work of one match. */
#include "base/mem.h"

struct hw_regex {
	const struct hw_alloc *alloc;
	void *code, *match, *context, *general; /* PCRE2's */
	uint64_t limited; /* matches given up: a limit was reached */
};

struct hw_match {
	size_t from, to; /* bytes; to > the offset that was asked, or = from */
	const char *mark; /* the last (*MARK) passed, "" if none */
};

/* `what` is for the message.  HW_USAGE: no pattern; names the place. */
HW_MUST enum hw_status hw_regex_init(struct hw_regex *r, const char *pattern,
    const char *what, const struct hw_alloc *a, struct hw_err *e);
void hw_regex_release(struct hw_regex *r); /* a zeroed one is fine */
/* The first match at or after `at`; false: none, or a limit was reached. */
bool hw_regex_find(struct hw_regex *r, struct hw_view v, size_t at,
    struct hw_match *m);

#endif
