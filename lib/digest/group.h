/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_GROUP_H
#define HW_DIGEST_GROUP_H

/* Which template a masked text belongs to, when it is not one that is known as
 * it stands.  A finer grouping replaces this file and nothing else. */
#include "base/mem.h"

struct hw_group_memory {
	const struct hw_alloc *alloc;
	struct hw_group_slot *slot;
};

struct hw_group {
	uint64_t id;        /* of the text itself, or of the text with one word
	                       left open */
	int open;           /* the word left open, from 1; 0: none */
	bool variant;       /* one word differs from a text seen before */
	struct hw_view word; /* that word, in the text */
	uint64_t words[2];  /* the set of words, hashed to bits */
};

HW_MUST enum hw_status hw_group_init(struct hw_group_memory *g,
    const struct hw_alloc *a, struct hw_err *e);
void hw_group_release(struct hw_group_memory *g);
/* Place a text that was not seen before, and remember it. */
struct hw_group hw_group_place(struct hw_group_memory *g,
    struct hw_view masked);

#endif
