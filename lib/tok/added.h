/* SPDX-License-Identifier: MIT */
#ifndef HW_TOK_ADDED_H
#define HW_TOK_ADDED_H

/* Tokens that are looked for in the text before it is split: those added by
 * hand to the vocabulary and, on request, the special ones. */
#include "base/vocab.h"

struct hw_added {
	const struct hw_alloc *alloc;
	const struct hw_vocab *vocab;
	size_t n;
	uint32_t *id;        /* (n) sorted by bytes */
	uint32_t first[257]; /* id[first[c] .. first[c + 1]) begin with c */
};

/* HW_NOMEM. */
HW_MUST enum hw_status hw_added_init(struct hw_added *x,
    const struct hw_vocab *v, bool special, const struct hw_alloc *a,
    struct hw_err *e);
void hw_added_release(struct hw_added *x);
/* The leftmost such token in the text, the longest there; false: none. */
bool hw_added_find(const struct hw_added *x, struct hw_view text, size_t *at,
    size_t *n, uint32_t *id);

#endif
