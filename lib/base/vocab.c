/* SPDX-License-Identifier: MIT
 * What only this file knows: how the vocabulary is laid out in memory. */
#include "base/vocab.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"

enum hw_status hw_vocab_open(struct hw_vocab **out, size_t n, size_t n_bytes,
    const struct hw_alloc *a, struct hw_err *e)
{
	struct hw_vocab *v = NULL;

	if (n > HW_VOCAB_MAX_TOKENS || n_bytes > HW_VOCAB_MAX_BYTES)
		return hw_fail(e, HW_LIMIT, "vocabulary of %zu tokens and %zu "
		    "bytes is over the limit", n, n_bytes);
	HW_TRY(hw_new(a, &v, 1, sizeof(*v), "vocabulary", e));
	v->alloc = a;
	v->cap = n;
	v->cap_bytes = n_bytes;
	v->bos = v->eos = -1;
	if (hw_new(a, &v->bytes, n_bytes, 1, "vocabulary", e) != HW_OK ||
	    hw_new(a, &v->off, n + 1, sizeof(*v->off), "vocabulary", e) !=
	    HW_OK ||
	    hw_new(a, &v->kind, n, 1, "vocabulary", e) != HW_OK) {
		hw_vocab_close(v);
		return HW_NOMEM;
	}
	*out = v;
	return HW_OK;
}

void hw_vocab_close(struct hw_vocab *v)
{
	if (v == NULL)
		return;
	hw_del(v->alloc, v->bytes);
	hw_del(v->alloc, v->off);
	hw_del(v->alloc, v->kind);
	hw_del(v->alloc, v->end);
	hw_del(v->alloc, v);
}

void hw_vocab_add(struct hw_vocab *v, const void *p, size_t n,
    enum hw_token_kind kind)
{
	assert(v->n < v->cap && n <= v->cap_bytes - v->n_bytes);
	if (n > 0)
		memcpy(v->bytes + v->n_bytes, p, n);
	v->n_bytes += n;
	v->kind[v->n] = (uint8_t)kind;
	v->off[++v->n] = (uint32_t)v->n_bytes;
}

void hw_vocab_seal(struct hw_vocab *v)
{
	uint64_t h = hw_hash64(v->n, v->bytes, v->n_bytes);

	for (size_t i = 0; i < v->n; i++)
		h = hw_mix64(h ^ (uint64_t)v->off[i] << 8 ^ v->kind[i]);
	v->fingerprint = h;
}

size_t hw_vocab_size(const struct hw_vocab *v)
{
	return v->n;
}

struct hw_view hw_vocab_bytes(const struct hw_vocab *v, uint32_t id)
{
	assert(id < v->n);
	return (struct hw_view){v->bytes + v->off[id],
	    v->off[id + 1] - v->off[id]};
}

struct hw_view hw_vocab_text(const struct hw_vocab *v, const uint32_t *ids,
    size_t i)
{
	struct hw_view b = hw_vocab_bytes(v, ids[i]);
	bool put = v->space != HW_SPACE_NEVER && (i == 0 ||
	    (v->space == HW_SPACE_EACH &&
	    v->kind[ids[i - 1]] != HW_TOKEN_NORMAL));

	if (v->kind[ids[i]] == HW_TOKEN_SPECIAL)
		return (struct hw_view){b.p, 0};
	if (put && v->kind[ids[i]] == HW_TOKEN_NORMAL && b.n > 0 &&
	    b.p[0] == ' ')
		return (struct hw_view){b.p + 1, b.n - 1};
	return b;
}

enum hw_token_kind hw_vocab_kind(const struct hw_vocab *v, uint32_t id)
{
	assert(id < v->n);
	return (enum hw_token_kind)v->kind[id];
}

bool hw_vocab_is_end(const struct hw_vocab *v, uint32_t id)
{
	for (size_t i = 0; i < v->n_ends; i++)
		if (v->end[i] == id)
			return true;
	return (int64_t)id == v->eos;
}

uint64_t hw_vocab_fingerprint(const struct hw_vocab *v)
{
	return v->fingerprint;
}
