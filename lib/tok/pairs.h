/* SPDX-License-Identifier: MIT */
#ifndef HW_TOK_PAIRS_H
#define HW_TOK_PAIRS_H

/* Which two tokens merge, to what, and how early. */
#include "tok/index.h"

struct hw_pair {
	uint32_t left, right;
	uint32_t rank; /* lower merges first; HW_NO_MERGE: empty */
	uint32_t id;   /* of the token that it makes */
};
#define HW_NO_MERGE UINT32_MAX

struct hw_pairs {
	const struct hw_alloc *alloc;
	struct hw_pair *slot; /* (mask + 1) hashed by left and right */
	size_t mask;
	uint64_t *seen;       /* bits: is there a pair with such a hash? */
	size_t seen_mask;
};

/* From the file's merges, whose order is their rank; without any, from the
 * scores of the tokens: two that make a token merge, the higher score first,
 * equals as they stand in the text.  HW_CORRUPT: a merge names no token, a
 * score is no number.  HW_LIMIT. */
HW_MUST enum hw_status hw_pairs_init(struct hw_pairs *x,
    const struct hw_model *m, const struct hw_index *tokens,
    const struct hw_alloc *a, struct hw_err *e);
void hw_pairs_release(struct hw_pairs *x);

/* NULL: these do not merge. */
const struct hw_pair *hw_pairs_find(const struct hw_pairs *x, uint32_t left,
    uint32_t right);

#endif
