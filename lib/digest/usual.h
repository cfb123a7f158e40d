/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_USUAL_H
#define HW_DIGEST_USUAL_H

/* What a masked part is used to, of a template or wherever it stands behind
 * the same word: which values, and how long; and what rings at a place, of
 * which more in the next windows says nothing.  Zeroed is ready. */
#include "base/buf.h"
#include "base/cur.h"
#include "digest/news.h"

#define HW_VALUE_BITS 256

struct hw_rings {
	uint32_t n;
	uint32_t window; /* of the last */
};

struct hw_usual {
	uint64_t value[HW_VALUE_BITS / 64]; /* a set, hashed to bits */
	struct hw_rings fresh; /* records with a value that was not in it */
	struct hw_rings token; /* records with an odd token there */
	uint32_t seen;         /* records */
	uint32_t digits;       /* of the longest whole number */
	uint32_t since;        /* records since the last new value */
	/* Of the last value: the last number in it (modulo 2^32), and a hash
	 * of the rest. */
	uint32_t number, rest;
};

/* How odd this value is, in bits; 0: it is not.  `varies`: a new value is
 * nothing in itself.  The value then belongs to what is usual in the window
 * of that number. */
double hw_usual_weigh(struct hw_usual *u, struct hw_view value, bool varies,
    uint64_t window);
/* Has it come before? */
bool hw_usual_has(const struct hw_usual *u, struct hw_view value);
/* Has it had one value so far, or two? */
bool hw_usual_is_steady(const struct hw_usual *u);

/* It rings in this window: did it not in the last ones? */
bool hw_rings_tell(struct hw_rings *r, uint64_t window);
/* Whatever rang did so in no window that is near. */
void hw_rings_settle(struct hw_rings *r);
void hw_rings_save(const struct hw_rings *r, struct hw_buf *b);
void hw_rings_load(struct hw_rings *r, struct hw_cur *c);

#endif
