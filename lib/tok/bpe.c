/* SPDX-License-Identifier: MIT
 * What only this file knows: the tables of merges, and the order in which they
 * are applied: always the best rank, of equals the leftmost.  A heap keeps
 * the candidates, a linked list the tokens so far: n log n in a piece of n
 * bytes, with no allocation. */
#include "tok/bpe.h"

#include <string.h>

#include "base/hash.h"

#define NONE UINT32_MAX

/* Open addressing: the key of a pair is left << 32 | right. */
struct pair {
	uint64_t key;
	uint32_t rank, id; /* id NONE: empty */
};

/* A place in the piece: its token, and its neighbours. */
struct node {
	uint32_t id, before, after;
};

/* A merge that was possible when it was found. */
struct candidate {
	uint64_t order; /* rank << 32 | place of the left token */
	uint32_t left, right, id;
};

struct hw_bpe {
	const struct hw_alloc *alloc;
	const struct hw_vocab *vocab;
	uint32_t *by_bytes;  /* (tokens_mask + 1) ids, hashed by their bytes */
	size_t tokens_mask;
	struct pair *pairs;  /* (pairs_mask + 1) */
	size_t pairs_mask;
	uint32_t byte_id[256];
	bool byte_missing[256];
	uint64_t replaced;
	struct node node[HW_PIECE_MAX];
	struct candidate heap[2 * HW_PIECE_MAX];
	size_t n_heap;
};

/* ---- tables -------------------------------------------------------------- */

/* At most half full. */
static size_t table_size(size_t n)
{
	size_t size = 16;

	while (size < 2 * n)
		size *= 2;
	return size;
}

static size_t slot_of(const struct hw_bpe *b, struct hw_view v)
{
	return hw_hash64(0, v.p, v.n) & b->tokens_mask;
}

bool hw_bpe_find(const struct hw_bpe *b, struct hw_view v, uint32_t *id)
{
	size_t i = slot_of(b, v);

	for (; b->by_bytes[i] != NONE; i = (i + 1) & b->tokens_mask) {
		struct hw_view have = hw_vocab_bytes(b->vocab,
		    b->by_bytes[i]);

		if (have.n == v.n && memcmp(have.p, v.p, v.n) == 0) {
			*id = b->by_bytes[i];
			return true;
		}
	}
	return false;
}

static enum hw_status index_bytes(struct hw_bpe *b, struct hw_err *e)
{
	uint32_t stand_in;

	if (!hw_bpe_find(b, (struct hw_view){(const unsigned char *)"?", 1},
	    &stand_in))
		return hw_fail(e, HW_UNSUPPORTED, "the vocabulary has no token "
		    "for single bytes");
	for (unsigned c = 0; c < 256; c++) {
		unsigned char byte = (unsigned char)c;

		b->byte_missing[c] = !hw_bpe_find(b,
		    (struct hw_view){&byte, 1}, &b->byte_id[c]);
		if (b->byte_missing[c])
			b->byte_id[c] = stand_in;
	}
	return HW_OK;
}

static enum hw_status index_tokens(struct hw_bpe *b, struct hw_err *e)
{
	size_t n = hw_vocab_size(b->vocab), size = table_size(n);
	uint32_t id;

	HW_TRY(hw_new(b->alloc, &b->by_bytes, size, sizeof(*b->by_bytes),
	    "tokenizer", e));
	b->tokens_mask = size - 1;
	memset(b->by_bytes, 0xff, size * sizeof(*b->by_bytes));
	for (id = 0; id < n; id++) {
		struct hw_view v = hw_vocab_bytes(b->vocab, id);
		uint32_t twin;
		size_t i = slot_of(b, v);

		/* The first of two that spell the same is the one. */
		if (hw_vocab_kind(b->vocab, id) != HW_TOKEN_NORMAL ||
		    v.n == 0 || hw_bpe_find(b, v, &twin))
			continue;
		while (b->by_bytes[i] != NONE)
			i = (i + 1) & b->tokens_mask;
		b->by_bytes[i] = id;
	}
	return index_bytes(b, e);
}

static struct pair *pair_slot(const struct hw_bpe *b, uint32_t left,
    uint32_t right)
{
	uint64_t key = (uint64_t)left << 32 | right;
	size_t i = hw_mix64(key) & b->pairs_mask;

	while (b->pairs[i].id != NONE && b->pairs[i].key != key)
		i = (i + 1) & b->pairs_mask;
	return &b->pairs[i];
}

static enum hw_status add_merge(struct hw_bpe *b, const struct hw_model *m,
    size_t i, struct hw_err *e)
{
	struct hw_view v = hw_model_tok_spec(m)->merge(m, i), left, right;
	unsigned char joined[HW_PIECE_MAX];
	const unsigned char *gap = v.n > 1 ?
	    memchr(v.p + 1, ' ', v.n - 1) : NULL;
	uint32_t l, r, id;
	struct pair *p;

	if (gap == NULL)
		return hw_fail(e, HW_CORRUPT, "merge %zu of the vocabulary "
		    "joins nothing", i);
	if (v.n > sizeof(joined))
		return HW_OK; /* no piece is that long */
	left = (struct hw_view){v.p, (size_t)(gap - v.p)};
	right = (struct hw_view){gap + 1, v.n - left.n - 1};
	left = (struct hw_view){joined, hw_model_spell(m, joined, left)};
	right = (struct hw_view){joined + left.n,
	    hw_model_spell(m, joined + left.n, right)};
	if (!hw_bpe_find(b, left, &l) || !hw_bpe_find(b, right, &r) ||
	    !hw_bpe_find(b, (struct hw_view){joined, left.n + right.n}, &id))
		return hw_fail(e, HW_CORRUPT, "merge %zu of the vocabulary "
		    "names a token that it lacks", i);
	p = pair_slot(b, l, r);
	if (p->id == NONE)
		*p = (struct pair){(uint64_t)l << 32 | r, (uint32_t)i, id};
	return HW_OK;
}

static enum hw_status index_merges(struct hw_bpe *b,
    const struct hw_model *m, struct hw_err *e)
{
	size_t n = hw_model_tok_spec(m)->n_merges, size = table_size(n);

	HW_TRY(hw_new(b->alloc, &b->pairs, size, sizeof(*b->pairs),
	    "tokenizer", e));
	b->pairs_mask = size - 1;
	for (size_t i = 0; i < size; i++)
		b->pairs[i].id = NONE;
	for (size_t i = 0; i < n; i++)
		HW_TRY(add_merge(b, m, i, e));
	return HW_OK;
}

enum hw_status hw_bpe_open(struct hw_bpe **out, const struct hw_model *m,
    const struct hw_alloc *a, struct hw_err *e)
{
	struct hw_bpe *b = NULL;
	enum hw_status status;

	HW_TRY(hw_new(a, &b, 1, sizeof(*b), "tokenizer", e));
	b->alloc = a;
	b->vocab = hw_model_vocab(m);
	status = index_tokens(b, e);
	if (status == HW_OK)
		status = index_merges(b, m, e);
	if (status != HW_OK)
		hw_bpe_close(b);
	else
		*out = b;
	return status;
}

void hw_bpe_close(struct hw_bpe *b)
{
	if (b == NULL)
		return;
	hw_del(b->alloc, b->by_bytes);
	hw_del(b->alloc, b->pairs);
	hw_del(b->alloc, b);
}

/* ---- the heap: smallest order on top ------------------------------------- */

static void push(struct hw_bpe *b, struct candidate c)
{
	size_t i = b->n_heap++;

	for (; i > 0 && b->heap[(i - 1) / 2].order > c.order; i = (i - 1) / 2)
		b->heap[i] = b->heap[(i - 1) / 2];
	b->heap[i] = c;
}

static struct candidate pop(struct hw_bpe *b)
{
	struct candidate top = b->heap[0], last = b->heap[--b->n_heap];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < b->n_heap && b->heap[child + 1].order <
		    b->heap[child].order)
			child++;
		if (child >= b->n_heap ||
		    last.order <= b->heap[child].order)
			break;
		b->heap[i] = b->heap[child];
		i = child;
	}
	b->heap[i] = last;
	return top;
}

/* ---- merging ------------------------------------------------------------- */

/* The pair that begins at place i, if it has a merge. */
static void offer(struct hw_bpe *b, uint32_t i)
{
	const struct node *l = &b->node[i];
	const struct pair *p;

	if (l->after == NONE)
		return;
	p = pair_slot(b, l->id, b->node[l->after].id);
	if (p->id != NONE)
		push(b, (struct candidate){(uint64_t)p->rank << 32 | i, l->id,
		    b->node[l->after].id, p->id});
}

static void merge(struct hw_bpe *b, struct candidate c)
{
	uint32_t i = (uint32_t)c.order, gone;
	struct node *l = &b->node[i];

	/* One of the two may have become part of another meanwhile. */
	if (l->id != c.left || l->after == NONE ||
	    b->node[l->after].id != c.right)
		return;
	gone = l->after;
	l->id = c.id;
	l->after = b->node[gone].after;
	if (l->after != NONE)
		b->node[l->after].before = i;
	b->node[gone].id = NONE;
	offer(b, i);
	if (l->before != NONE)
		offer(b, l->before);
}

size_t hw_bpe_encode(struct hw_bpe *b, struct hw_view piece, uint32_t *ids)
{
	uint32_t n = (uint32_t)piece.n;
	size_t out = 0;

	for (uint32_t i = 0; i < n; i++) {
		b->node[i] = (struct node){b->byte_id[piece.p[i]],
		    i > 0 ? i - 1 : NONE, i + 1 < n ? i + 1 : NONE};
		b->replaced += b->byte_missing[piece.p[i]];
	}
	b->n_heap = 0;
	for (uint32_t i = 0; i < n; i++)
		offer(b, i);
	while (b->n_heap > 0)
		merge(b, pop(b));
	for (uint32_t i = 0; i != NONE && out < n; i = b->node[i].after)
		ids[out++] = b->node[i].id;
	return out;
}

uint64_t hw_bpe_replaced(const struct hw_bpe *b)
{
	return b->replaced;
}
