/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_PLACES_H
#define HW_DIGEST_PLACES_H

/* Which token of a record is odd, by what is usual at its place. */
#include "digest/usual.h"

#define HW_PLACES 16384 /* of each kind: more lose nothing on real logs */

/* A place, or how often something stood at one. */
struct hw_place {
	uint64_t key;
	uint32_t next;        /* in its hash chain, plus 1; 0: the last */
	uint32_t n;           /* sights */
	float mean, variance; /* of the surprisals there */
	struct hw_rings rings; /* records with an odd token there */
};

/* A bounded table: what was made first is forgotten first. */
struct hw_place_table {
	struct hw_place *entry; /* (size) a ring, in the order of making */
	uint32_t *bucket;       /* (mask + 1) indices, plus 1 */
	uint32_t size, mask;
	uint64_t made;          /* ever */
};

struct hw_places {
	const struct hw_alloc *alloc;
	struct hw_place_table usual, seen, pairs;
	double *score; /* (max) of the tokens of a record */
	size_t max;
};

struct hw_oddest {
	double score;    /* about standard deviations */
	size_t i;        /* the token with the highest */
	size_t from, to; /* its bytes */
	uint64_t place;  /* the key of its place */
};

/* Tables of `size` entries, for records of at most max tokens.  Nothing
 * allocates after this. */
HW_MUST enum hw_status hw_places_init(struct hw_places *p, size_t size,
    size_t max, const struct hw_alloc *a, struct hw_err *e);
void hw_places_release(struct hw_places *p);
/* How odd a scored record is against those before it; then it is one of
 * them. */
struct hw_oddest hw_places_see(struct hw_places *p, const struct hw_line *l);
/* It is odd: was nothing at its place, in the last windows? */
bool hw_places_tell(struct hw_places *p, const struct hw_oddest *o,
    uint64_t window);
/* What was odd was so in no window that is near. */
void hw_places_settle(struct hw_places *p);
/* All that is remembered; load is for tables of that size, fresh. */
void hw_places_save(const struct hw_places *p, struct hw_buf *b);
void hw_places_load(struct hw_places *p, struct hw_cur *c);

#endif
