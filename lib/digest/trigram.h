/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_TRIGRAM_H
#define HW_DIGEST_TRIGRAM_H

/* A memory of token trigrams that lasts as long as the stream: the cache of
 * the model forgets what leaves its window, this does not. */
#include "base/buf.h"
#include "base/cur.h"

#define HW_TRIGRAM_BITS ((size_t)1 << 21)

/* Two generations of one hash bit a trigram, 512 KiB.  When the younger is a
 * quarter full the older is forgotten, so a wrong "seen" stays under 1 in 2
 * however long the stream is, and in practice under 1 in 20. */
struct hw_trigram {
	const struct hw_alloc *alloc;
	uint64_t *bits[2]; /* [0] the younger */
	size_t used;       /* of the younger */
};

HW_MUST enum hw_status hw_trigram_init(struct hw_trigram *t,
    const struct hw_alloc *a, struct hw_err *e);
void hw_trigram_release(struct hw_trigram *t);
void hw_trigram_save(const struct hw_trigram *t, struct hw_buf *b);
void hw_trigram_load(struct hw_trigram *t, struct hw_cur *c);
/* Was it seen before?  It is now. */
bool hw_trigram_see(struct hw_trigram *t, uint32_t a, uint32_t b, uint32_t c);

#endif
