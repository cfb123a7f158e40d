/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_SAMPLE_H
#define HW_DIGEST_SAMPLE_H

/* Verbatim samples, a template each, as token ids in a pool of fixed size:
 * chains of small blocks, so that short and long records share it. */
#include "base/mem.h"
#include "digest/group.h"

#define HW_SAMPLE_MAX 1024 /* tokens; a longer record is cut */

struct hw_sample { /* zeroed: none */
	uint32_t n;    /* tokens */
	uint32_t head; /* its first block, plus 1 */
	bool cut;      /* the record went on */
	uint32_t source;
	uint64_t line;
	int64_t ms;
	double bits, odd;
	uint32_t odd_at, odd_len;
	struct hw_group_set places; /* where its words stand */
};

struct hw_samples {
	const struct hw_alloc *alloc;
	struct hw_sample_block *block;
	size_t n, fresh;  /* blocks; the first never used */
	uint32_t free;    /* a list of the used and dropped, plus 1 */
	size_t reserved;  /* blocks kept for templates that have none yet */
};

/* Room for one block for each of max templates, and three times as many. */
HW_MUST enum hw_status hw_samples_init(struct hw_samples *s, size_t max,
    const struct hw_alloc *a, struct hw_err *e);
void hw_samples_release(struct hw_samples *s);
/* Replace the tokens of x by ids; cuts what has no room. */
void hw_samples_set(struct hw_samples *s, struct hw_sample *x,
    const uint32_t *ids, size_t n);
/* Copy its tokens out; returns x->n <= HW_SAMPLE_MAX. */
size_t hw_samples_get(const struct hw_samples *s, const struct hw_sample *x,
    uint32_t *ids);

#endif
