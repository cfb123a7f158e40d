/* SPDX-License-Identifier: MIT
 * What only this file knows: a hash table of tokens by their bytes.  Open
 * addressing, at most half full; a chain of thousands was made to be, and is
 * refused instead of searched. */
#include "tok/index.h"

#include <string.h>

#include "base/hash.h"

#define NONE UINT32_MAX
#define MAX_PROBES 4096

/* The slot of the token that spells v, or the one where it belongs; NULL:
 * out of reach. */
static uint32_t *find(const struct hw_index *x, struct hw_view v)
{
	size_t i = (size_t)hw_hash64(0, v.p, v.n);

	for (int tries = 0; tries < MAX_PROBES; tries++, i++) {
		uint32_t *slot = &x->slot[i & x->mask];
		struct hw_view have;

		if (*slot == NONE)
			return slot;
		have = hw_vocab_bytes(x->vocab, *slot);
		if (have.n == v.n && memcmp(have.p, v.p, v.n) == 0)
			return slot;
	}
	return NULL;
}

bool hw_index_find(const struct hw_index *x, struct hw_view v, uint32_t *id)
{
	const uint32_t *slot = find(x, v);

	if (slot == NULL || *slot == NONE)
		return false;
	*id = *slot;
	return true;
}

/* A token for a lone byte is found by that byte, not by its text.  Merges may
 * name tokens that were added, as Gemma's do; scores never make one. */
static bool wanted(const struct hw_index *x, const struct hw_tok_spec *s,
    uint32_t id)
{
	struct hw_view v = hw_vocab_bytes(x->vocab, id);
	enum hw_token_kind kind = hw_vocab_kind(x->vocab, id);

	return (kind == HW_TOKEN_NORMAL || (kind == HW_TOKEN_USER &&
	    s->n_merges > 0)) && v.n > 0 && !(v.n == 1 &&
	    s->byte_id != NULL && s->byte_id[v.p[0]] == id);
}

enum hw_status hw_index_init(struct hw_index *x, const struct hw_model *m,
    const struct hw_alloc *a, struct hw_err *e)
{
	const struct hw_vocab *vocab = hw_model_vocab(m);
	size_t n = hw_vocab_size(vocab), size = 16;

	*x = (struct hw_index){.alloc = a, .vocab = vocab};
	while (size < 2 * n)
		size *= 2;
	HW_TRY(hw_new(a, &x->slot, size, sizeof(*x->slot), "tokenizer", e));
	x->mask = size - 1;
	memset(x->slot, 0xff, size * sizeof(*x->slot));
	for (uint32_t id = 0; id < n; id++) {
		uint32_t *slot;

		if (!wanted(x, hw_model_tok_spec(m), id))
			continue;
		slot = find(x, hw_vocab_bytes(vocab, id));
		if (slot == NULL)
			return hw_fail(e, HW_LIMIT, "token %u of the "
			    "vocabulary and thousands more have the same hash",
			    (unsigned)id);
		if (*slot == NONE)
			*slot = id;
	}
	return HW_OK;
}

void hw_index_release(struct hw_index *x)
{
	hw_del(x->alloc, x->slot);
	*x = (struct hw_index){0};
}
