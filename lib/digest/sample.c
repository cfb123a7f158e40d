/* SPDX-License-Identifier: MIT
 * What only this file knows: the blocks that samples are kept in. */
#include "digest/sample.h"

#include <string.h>

#define PER_BLOCK 31
#define BLOCKS_EACH 4 /* on average; log lines have some 60 tokens */

struct hw_sample_block {
	uint32_t next; /* plus 1; 0: the last */
	uint32_t ids[PER_BLOCK];
};

enum hw_status hw_samples_init(struct hw_samples *s, size_t max,
    const struct hw_alloc *a, struct hw_err *e)
{
	*s = (struct hw_samples){.alloc = a, .reserved = max};
	if (max > UINT32_MAX / BLOCKS_EACH - 1)
		return hw_fail(e, HW_USAGE, "too many templates");
	s->n = max * BLOCKS_EACH;
	/* Not zeroed: pages that no sample needs are never touched. */
	return hw_new_aligned(a, &s->block, s->n, sizeof(*s->block),
	    "samples", e);
}

void hw_samples_release(struct hw_samples *s)
{
	hw_del_aligned(s->alloc, s->block);
	*s = (struct hw_samples){0};
}

/* Plus 1; 0: none is left.  The first of a sample may use the reserve. */
static uint32_t take(struct hw_samples *s, size_t keep)
{
	uint32_t b = s->free;

	if (b != 0) {
		s->free = s->block[b - 1].next;
		return b;
	}
	if (s->n - s->fresh <= keep)
		return 0;
	return (uint32_t)++s->fresh;
}

/* What a longer sample had before; the first block stays. */
static void give_back_after(struct hw_samples *s, uint32_t last)
{
	uint32_t rest = s->block[last - 1].next;

	s->block[last - 1].next = 0;
	while (rest != 0) {
		uint32_t after = s->block[rest - 1].next;

		s->block[rest - 1].next = s->free;
		s->free = rest;
		rest = after;
	}
}

void hw_samples_set(struct hw_samples *s, struct hw_sample *x,
    const uint32_t *ids, size_t n)
{
	size_t want = n < HW_SAMPLE_MAX ? n : HW_SAMPLE_MAX, done = 0;
	uint32_t b = x->head, last;

	if (b == 0) {
		if (s->reserved > 0)
			s->reserved--;
		b = x->head = take(s, s->reserved);
		if (b != 0)
			s->block[b - 1].next = 0;
	}
	for (last = 0; b != 0 && done < want; last = b,
	    b = s->block[b - 1].next) {
		struct hw_sample_block *k = &s->block[b - 1];
		size_t m = want - done < PER_BLOCK ? want - done : PER_BLOCK;

		memcpy(k->ids, ids + done, m * sizeof(*ids));
		done += m;
		if (done < want && k->next == 0) {
			k->next = take(s, s->reserved);
			if (k->next != 0)
				s->block[k->next - 1].next = 0;
		}
	}
	if (x->head != 0)
		give_back_after(s, last != 0 ? last : x->head);
	x->n = (uint32_t)done;
	x->cut = done < n;
}

size_t hw_samples_get(const struct hw_samples *s, const struct hw_sample *x,
    uint32_t *ids)
{
	size_t done = 0;

	for (uint32_t b = x->head; b != 0 && done < x->n;
	    b = s->block[b - 1].next) {
		size_t m = x->n - done < PER_BLOCK ? x->n - done : PER_BLOCK;

		memcpy(ids + done, s->block[b - 1].ids, m * sizeof(*ids));
		done += m;
	}
	return done;
}
