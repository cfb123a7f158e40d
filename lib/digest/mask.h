/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_MASK_H
#define HW_DIGEST_MASK_H

/* The template of a record: its text with the variable parts masked. */
#include "base/mem.h"

struct hw_mask;

/* A part of the record that was masked. */
struct hw_span {
	size_t from, to; /* bytes of the record */
	bool unique;     /* a time stamp, a process, a hash: always another */
};
#define HW_MASK_SPANS 256 /* those after so many are masked, not listed */

/* Masks records of up to max bytes; nothing allocates after this. */
HW_MUST enum hw_status hw_mask_open(struct hw_mask **out, size_t max,
    const struct hw_alloc *a, struct hw_err *e);
void hw_mask_close(struct hw_mask *m);

/* The masked text, without the final newline.  Borrowed until the next call,
 * as are the spans. */
struct hw_view hw_mask_text(struct hw_mask *m, struct hw_view text);
const struct hw_span *hw_mask_spans(const struct hw_mask *m, size_t *n);
/* Its stable id: the same on every host, never 0. */
uint64_t hw_mask_id(struct hw_view masked);

#endif
