/* SPDX-License-Identifier: MIT */
#ifndef HW_TOK_SEAMS_H
#define HW_TOK_SEAMS_H

/* Where a text can be cut without changing its tokens: between two characters
 * that stand side by side in no token, no token can lie across the cut. */
#include "model/model.h"

struct hw_seams {
	const struct hw_alloc *alloc;
	uint64_t *joined; /* bits: do characters with this hash meet? */
	size_t mask;
};

HW_MUST enum hw_status hw_seams_init(struct hw_seams *s,
    const struct hw_vocab *v, const struct hw_alloc *a, struct hw_err *e);
void hw_seams_release(struct hw_seams *s);
/* Bytes up to the first seam behind the first character, or all of them. */
size_t hw_seams_next(const struct hw_seams *s, struct hw_view text);

#endif
