/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_CUT_H
#define HW_DIGEST_CUT_H

/* Where windows end.  Pure arithmetic on counts and times. */
#include "headwater.h"

struct hw_cut {
	uint64_t every_records, every_tokens, every_bytes;
	int64_t every_ms, idle_ms;

	uint64_t records, tokens, bytes; /* in the window */
	int64_t begin_ms, boundary_ms; /* of the interval; 0: not known yet */
	bool watch;       /* nothing came yet in the interval after one that
	                     had records: its silence is worth a window */
	int64_t last_ms;  /* time of the last record, by its clock */
	int64_t last_now; /* and when it was read */
	bool log_clock;
};

/* A record of time ms (log_clock: by the log's clock) that matches `on` or
 * not: does the window end before it? */
bool hw_cut_before(const struct hw_cut *c, int64_t ms, bool match,
    enum hw_closed_by *why);
/* Is that time so far from the window that it tells a silence, or of another
 * log? */
bool hw_cut_leaves(const struct hw_cut *c, int64_t ms);
/* Does it belong to an interval before the open one (where it counts)? */
bool hw_cut_is_late(const struct hw_cut *c, int64_t ms);
/* The record belongs to the window. */
void hw_cut_add(struct hw_cut *c, uint64_t tokens, uint64_t bytes, int64_t ms,
    bool log_clock, int64_t now_ms);
/* Does the window end with what it has? */
bool hw_cut_after(const struct hw_cut *c, enum hw_closed_by *why);
/* Has it ended by the time that passed?  And if not, how many ms until it may;
 * -1: never. */
bool hw_cut_due(const struct hw_cut *c, int64_t now_ms,
    enum hw_closed_by *why);
int hw_cut_wait(const struct hw_cut *c, int64_t now_ms);
/* A window ended, for this reason: begin the next. */
void hw_cut_begin(struct hw_cut *c, enum hw_closed_by why);

#endif
