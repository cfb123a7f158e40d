/* SPDX-License-Identifier: MIT */
#ifndef HW_TOK_INDEX_H
#define HW_TOK_INDEX_H

/* Which token spells given bytes. */
#include "model/model.h"

struct hw_index {
	const struct hw_alloc *alloc;
	const struct hw_vocab *vocab;
	uint32_t *slot; /* (mask + 1) ids, hashed by their bytes */
	size_t mask;
};

/* Every normal token but the stand-ins for lone bytes (spec->byte_id); where
 * there are merges, those that were added as well.  Of two that spell the
 * same, the first.  HW_LIMIT: thousands of tokens have the same hash. */
HW_MUST enum hw_status hw_index_init(struct hw_index *x,
    const struct hw_model *m, const struct hw_alloc *a, struct hw_err *e);
void hw_index_release(struct hw_index *x);
/* False: no token is all of these bytes. */
bool hw_index_find(const struct hw_index *x, struct hw_view bytes,
    uint32_t *id);

#endif
