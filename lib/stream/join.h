/* SPDX-License-Identifier: MIT */
#ifndef HW_STREAM_JOIN_H
#define HW_STREAM_JOIN_H

/* Which lines continue the record before them. */
#include "base/regex.h"

struct join {
	bool on, automatic;
	struct hw_regex begin; /* else: what matches begins a record */
	/* Of the record so far, for `automatic`. */
	enum join_state { JOIN_PLAIN, JOIN_PYTHON, JOIN_PYTHON_END,
		JOIN_PYTHON_CHAIN, JOIN_GO, JOIN_OOPS } state;
	bool trouble; /* its first line speaks of an error */
	bool indented; /* its first line is */
};

/* how: NULL for never, "auto", or a pattern (HW_USAGE: it is none). */
HW_MUST enum hw_status join_init(struct join *j, const char *how,
    const struct hw_alloc *a, struct hw_err *e);
void join_release(struct join *j);
/* Does this line go on with the record?  It becomes a part of it. */
bool join_goes_on(struct join *j, struct hw_view line);
/* This line begins a record. */
void join_begins(struct join *j, struct hw_view line);

#endif
