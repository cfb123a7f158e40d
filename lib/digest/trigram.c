/* SPDX-License-Identifier: MIT
 * What only this file knows: how trigrams become bits, and when old ones are
 * forgotten. */
#include "digest/trigram.h"

#include <string.h>

#include "base/hash.h"

#define WORDS (HW_TRIGRAM_BITS / 64)

enum hw_status hw_trigram_init(struct hw_trigram *t, const struct hw_alloc *a,
    struct hw_err *e)
{
	*t = (struct hw_trigram){.alloc = a};
	for (int i = 0; i < 2; i++)
		HW_TRY(hw_new(a, &t->bits[i], WORDS, sizeof(uint64_t),
		    "trigram memory", e));
	return HW_OK;
}

void hw_trigram_release(struct hw_trigram *t)
{
	hw_del(t->alloc, t->bits[0]);
	hw_del(t->alloc, t->bits[1]);
	*t = (struct hw_trigram){0};
}

bool hw_trigram_see(struct hw_trigram *t, uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t h = hw_mix64(hw_mix64((uint64_t)a << 32 | b) + c);
	size_t word = h / 64 % WORDS;
	uint64_t bit = (uint64_t)1 << h % 64, *old;
	bool seen = ((t->bits[0][word] | t->bits[1][word]) & bit) != 0;

	if ((t->bits[0][word] & bit) != 0)
		return true;
	t->bits[0][word] |= bit;
	if (++t->used > HW_TRIGRAM_BITS / 4) {
		old = t->bits[1];
		t->bits[1] = t->bits[0];
		t->bits[0] = old;
		memset(old, 0, WORDS * sizeof(*old));
		t->used = 0;
	}
	return seen;
}

/* Words that are not zero, by their numbers: a young memory is a small one. */
void hw_trigram_save(const struct hw_trigram *t, struct hw_buf *b)
{
	for (int k = 0; k < 2; k++) {
		uint32_t n = 0;

		for (size_t i = 0; i < WORDS; i++)
			n += t->bits[k][i] != 0;
		hw_buf_u32(b, n);
		for (size_t i = 0; i < WORDS; i++) {
			if (t->bits[k][i] == 0)
				continue;
			hw_buf_u32(b, (uint32_t)i);
			hw_buf_u64(b, t->bits[k][i]);
		}
	}
}

void hw_trigram_load(struct hw_trigram *t, struct hw_cur *c)
{
	t->used = 0;
	for (int k = 0; k < 2; k++) {
		uint32_t n = hw_cur_u32(c);

		c->bad = c->bad || n > WORDS;
		for (uint32_t j = 0; j < n && !c->bad; j++) {
			uint32_t i = hw_cur_u32(c);
			uint64_t bits = hw_cur_u64(c);

			c->bad = c->bad || i >= WORDS;
			if (c->bad)
				return;
			t->bits[k][i] = bits;
			t->used += k == 0 ?
			    (size_t)__builtin_popcountll(bits) : 0;
		}
	}
}
