/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_MASK_H
#define HW_DIGEST_MASK_H

/* The template of a record: its text with the variable parts masked. */
#include "base/mem.h"

struct hw_mask;

/* A part of the record that varies. */
struct hw_span {
	size_t from, to;         /* bytes of the record */
	size_t out_from, out_to; /* of the masked text: what stands for it */
	bool time;     /* a time stamp: each is another */
	bool unique;   /* it, a process, a hash: a model does not foresee it */
	int slot;      /* which memory of usual values is its own */
};
#define HW_MASK_SPANS 256 /* those after so many are masked, not listed */

/* Masks records of up to max bytes; nothing allocates after this.  `rules`
 * (NULL: none) are a user's own masks, a line each: a name of letters, digits
 * and '-', or a lone '-' that keeps the text, blanks, a PCRE2 pattern; '#'
 * begins a comment line.  HW_USAGE names the line of a bad one. */
HW_MUST enum hw_status hw_mask_open(struct hw_mask **out, size_t max,
    const char *rules, const struct hw_alloc *a, struct hw_err *e);
void hw_mask_close(struct hw_mask *m);

/* The masked text, without colours and the final newline.  Borrowed until the
 * next call, as are the spans; the text stays where it is as long. */
struct hw_view hw_mask_text(struct hw_mask *m, struct hw_view text);
const struct hw_span *hw_mask_spans(const struct hw_mask *m, size_t *n);
/* The byte of the record that a byte of the masked text stands for; inside a
 * mask, where that began. */
size_t hw_mask_where(const struct hw_mask *m, size_t out);
/* A text's stable id: the same on every host, never 0. */
uint64_t hw_mask_id(struct hw_view masked);

#endif
