/* SPDX-License-Identifier: MIT
 * What only this file knows: the rules of time.
 *
 * Intervals begin at multiples of their length, so that windows of different
 * hosts and runs line up.  A record's own time (the log's clock if it has one,
 * else arrival) decides where it belongs, so an old log is cut in its own
 * time.  Without input an interval ends when its clock, going on from the last
 * record at the speed of the wall clock, has passed its end.  A record that is
 * late belongs to the window that is open. */
#include "digest/cut.h"

#include <limits.h>

/* Left for stragglers when the log's clock is only guessed to go on. */
#define SLACK_MS 2000

static int64_t interval_of(const struct hw_cut *c, int64_t ms)
{
	int64_t r = ms % c->every_ms;

	return ms - (r < 0 ? r + c->every_ms : r);
}

/* Back by more than an interval is another log, not a late record. */
static bool is_older(const struct hw_cut *c, int64_t ms)
{
	return ms < c->boundary_ms - 2 * c->every_ms;
}

bool hw_cut_before(const struct hw_cut *c, int64_t ms, bool match,
    enum hw_closed_by *why)
{
	if (c->every_ms > 0 && c->boundary_ms != 0 &&
	    (c->records > 0 || c->watch)) {
		*why = HW_CLOSED_TIME;
		if (ms >= c->boundary_ms)
			return true;
		if (c->records > 0 && is_older(c, ms))
			return true;
	}
	if (c->records == 0)
		return false;
	if (c->idle_ms > 0 && ms - c->last_ms >= c->idle_ms) {
		*why = HW_CLOSED_IDLE;
		return true;
	}
	*why = HW_CLOSED_MATCH;
	return match;
}

bool hw_cut_leaves(const struct hw_cut *c, int64_t ms)
{
	if (c->every_ms == 0 || c->boundary_ms == 0 ||
	    (c->records == 0 && !c->watch))
		return false;
	return ms >= c->boundary_ms + (c->records > 0 ? c->every_ms : 0) ||
	    is_older(c, ms);
}

bool hw_cut_is_late(const struct hw_cut *c, int64_t ms)
{
	return c->every_ms > 0 && c->begin_ms != 0 && ms < c->begin_ms &&
	    !is_older(c, ms);
}

void hw_cut_add(struct hw_cut *c, uint64_t tokens, uint64_t bytes, int64_t ms,
    bool log_clock, int64_t now_ms)
{
	if (c->every_ms > 0 && c->records == 0) {
		int64_t begin = interval_of(c, ms);

		/* Late for the window before: not a reason to open it again. */
		if (c->boundary_ms != 0 && begin < c->begin_ms &&
		    begin >= c->begin_ms - c->every_ms)
			begin = c->begin_ms;
		c->begin_ms = begin;
		c->boundary_ms = begin + c->every_ms;
	}
	c->watch = false;
	c->records++;
	c->tokens += tokens;
	c->bytes += bytes;
	c->last_ms = ms;
	c->last_now = now_ms;
	c->log_clock = log_clock;
}

bool hw_cut_after(const struct hw_cut *c, enum hw_closed_by *why)
{
	if (c->every_records > 0 && c->records >= c->every_records) {
		*why = HW_CLOSED_LINES;
		return true;
	}
	if (c->every_tokens > 0 && c->tokens >= c->every_tokens) {
		*why = HW_CLOSED_TOKENS;
		return true;
	}
	*why = HW_CLOSED_BYTES;
	return c->every_bytes > 0 && c->bytes >= c->every_bytes;
}

/* When, by the wall clock, a cut without input is due; INT64_MAX: never. */
static int64_t deadline(const struct hw_cut *c, enum hw_closed_by *why)
{
	int64_t at = INT64_MAX;

	*why = HW_CLOSED_TIME;
	if (c->every_ms > 0 && c->boundary_ms != 0 &&
	    (c->records > 0 || c->watch))
		at = c->boundary_ms + (c->log_clock ?
		    c->last_now - c->last_ms + SLACK_MS : 0);
	if (c->idle_ms > 0 && c->records > 0 &&
	    c->last_now + c->idle_ms < at) {
		*why = HW_CLOSED_IDLE;
		at = c->last_now + c->idle_ms;
	}
	return at;
}

bool hw_cut_due(const struct hw_cut *c, int64_t now_ms,
    enum hw_closed_by *why)
{
	return now_ms >= deadline(c, why);
}

int hw_cut_wait(const struct hw_cut *c, int64_t now_ms)
{
	enum hw_closed_by why;
	int64_t at = deadline(c, &why);

	if (at == INT64_MAX)
		return -1;
	if (at <= now_ms)
		return 0;
	return at - now_ms < INT_MAX ? (int)(at - now_ms) : INT_MAX;
}

void hw_cut_begin(struct hw_cut *c, enum hw_closed_by why)
{
	bool more = why == HW_CLOSED_TIME && c->records > 0 &&
	    c->boundary_ms != 0;

	c->watch = more;
	c->begin_ms = more ? c->boundary_ms : 0;
	c->boundary_ms = more ? c->boundary_ms + c->every_ms : 0;
	c->records = c->tokens = c->bytes = 0;
}
