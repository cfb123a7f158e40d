/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_LAG_H
#define HW_BIN_LAG_H

/* What is done with records that come faster than the model reads.  It is
 * behind once it has been busy for a while without a pause of the input, until
 * tokens come more slowly than it could read them.  A pause alone says little:
 * whoever writes to us may have been waiting for us. */
#include "headwater.h"

enum lag_policy {
	LAG_BLOCK,    /* nothing: the writer waits */
	LAG_COLLAPSE, /* what looks like one that was read is not scored */
	LAG_SKIP,     /* what has piled up is left out, and counted */
};

struct lag {
	enum lag_policy policy;
	int after_ms;          /* how long without a pause is too long */
	const struct hw_vocab *vocab;
	uint64_t window;       /* tokens that the model sees */
	int64_t since_ms;      /* of the last pause */
	bool behind;
	double speed;          /* tokens a millisecond, of the model */
	int64_t from_ms;       /* tokens are counted from here on: */
	uint64_t came;
	int64_t rest_ms;       /* nothing is read until then but what is new */
	enum lag_verdict { LAG_SCORE, LAG_PASS, LAG_DROP } verdict;
	bool decided;          /* for the record that comes */
	uint64_t fed;          /* tokens, in all */
	uint64_t passed, dropped; /* records, in all */
	uint64_t gap;          /* dropped and not told yet */
	struct lag_shape *shapes;
};

/* HW_NOMEM. */
HW_MUST enum hw_status lag_open(struct lag *l, const struct hw_alloc *a,
    struct hw_err *e);
void lag_close(struct lag *l, const struct hw_alloc *a);
/* The input pauses: everything that had come was read. */
void lag_pause(struct lag *l);
/* The model has read a full chunk, of so many tokens, since then. */
void lag_ran(struct lag *l, size_t tokens, int64_t began_ms);
/* What becomes of the next record, of which only its text is known yet. */
enum lag_verdict lag_before(struct lag *l);
/* What becomes of a record, or of a part: all of one fare alike. */
enum lag_verdict lag_record(struct lag *l, const struct hw_record *r);

#endif
