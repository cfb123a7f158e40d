/* SPDX-License-Identifier: MIT
 * What only this file knows: which characters meet in tokens.  A table of bits
 * by hash: it may call two that never meet joined, which costs a cut and
 * changes nothing. */
#include "tok/seams.h"

#include "base/hash.h"
#include "base/utf8.h"

/* Bits a token: real vocabularies have fewer pairs than tokens. */
#define BITS ((size_t)16)

/* The character at p; a byte that is of none is one above all others. */
static size_t next(struct hw_view v, size_t at, uint32_t *c)
{
	size_t n = hw_utf8_decode(v.p + at, v.n - at, c);

	if (n > 0)
		return n;
	*c = 0x110000u + v.p[at];
	return 1;
}

static uint64_t *find(const struct hw_seams *s, uint32_t a, uint32_t b,
    uint64_t *bit)
{
	size_t i = (size_t)hw_mix64((uint64_t)a << 32 | b) & s->mask;

	*bit = (uint64_t)1 << i % 64;
	return &s->joined[i / 64];
}

enum hw_status hw_seams_init(struct hw_seams *s, const struct hw_vocab *v,
    const struct hw_alloc *a, struct hw_err *e)
{
	size_t n = hw_vocab_size(v), size = 1024;

	*s = (struct hw_seams){.alloc = a};
	while (size < BITS * n)
		size *= 2;
	HW_TRY(hw_new(a, &s->joined, size / 64, sizeof(*s->joined),
	    "tokenizer", e));
	s->mask = size - 1;
	for (uint32_t id = 0; id < n; id++) {
		struct hw_view t = hw_vocab_bytes(v, id);
		uint32_t before = 0, c;
		uint64_t bit, *word;

		if (hw_vocab_kind(v, id) != HW_TOKEN_NORMAL)
			continue;
		for (size_t at = 0; at < t.n; before = c) {
			bool first = at == 0;

			at += next(t, at, &c);
			if (first)
				continue;
			word = find(s, before, c, &bit);
			*word |= bit;
		}
	}
	return HW_OK;
}

void hw_seams_release(struct hw_seams *s)
{
	hw_del(s->alloc, s->joined);
	*s = (struct hw_seams){0};
}

size_t hw_seams_next(const struct hw_seams *s, struct hw_view text)
{
	uint32_t before, c;
	uint64_t bit, *word;
	size_t at = next(text, 0, &before);

	for (; at < text.n; before = c) {
		size_t n = next(text, at, &c);

		word = find(s, before, c, &bit);
		if ((*word & bit) == 0)
			break;
		at += n;
	}
	return at;
}
