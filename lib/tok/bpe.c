/* SPDX-License-Identifier: MIT
 * What only this file knows: the tables of merges, and the order in which they
 * are applied: always the best rank, of equals the leftmost.  A heap keeps
 * the candidates, a linked list the tokens so far: n log n in a piece of n
 * bytes, with no allocation. */
#include "tok/bpe.h"

#include <string.h>

#include "base/hash.h"

#define NONE UINT32_MAX

/* A hash table's chain that is longer was made to be: at most half of the
 * slots are taken, so that honest vocabularies need a few. */
#define MAX_PROBES 4096

/* Open addressing by the two tokens. */
struct pair {
	uint32_t left, right;
	uint32_t rank; /* NONE: empty */
};

/* A place in the piece: its token, its neighbours, and the rank of the merge
 * with the one after (NONE: there is none). */
struct node {
	uint32_t id, before, after, rank;
};

struct hw_bpe {
	const struct hw_alloc *alloc;
	const struct hw_vocab *vocab;
	uint32_t *by_bytes;  /* (tokens_mask + 1) ids, hashed by their bytes */
	size_t tokens_mask;
	struct pair *pairs;  /* (pairs_mask + 1) */
	size_t pairs_mask;
	uint32_t *merged;    /* (n_merges) the token that a rank makes */
	uint32_t byte_id[256];
	bool byte_missing[256];
	uint64_t replaced;
	struct node node[HW_PIECE_MAX];
	/* Merges that were possible when found: rank << 32 | place.  One a
	 * place to begin with, at most two more for each merge. */
	uint64_t heap[3 * HW_PIECE_MAX];
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

/* The slot of the token that spells v, or the one where it belongs; NULL:
 * out of reach. */
static uint32_t *token_slot(const struct hw_bpe *b, struct hw_view v)
{
	size_t i = (size_t)hw_hash64(0, v.p, v.n);

	for (int tries = 0; tries < MAX_PROBES; tries++, i++) {
		uint32_t *slot = &b->by_bytes[i & b->tokens_mask];
		struct hw_view have;

		if (*slot == NONE)
			return slot;
		have = hw_vocab_bytes(b->vocab, *slot);
		if (have.n == v.n && memcmp(have.p, v.p, v.n) == 0)
			return slot;
	}
	return NULL;
}

bool hw_bpe_find(const struct hw_bpe *b, struct hw_view v, uint32_t *id)
{
	const uint32_t *slot = token_slot(b, v);

	if (slot == NULL || *slot == NONE)
		return false;
	*id = *slot;
	return true;
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
		uint32_t *slot;

		if (hw_vocab_kind(b->vocab, id) != HW_TOKEN_NORMAL ||
		    v.n == 0)
			continue;
		slot = token_slot(b, v);
		if (slot == NULL)
			return hw_fail(e, HW_LIMIT, "token %u of the "
			    "vocabulary and thousands more have the same hash",
			    (unsigned)id);
		/* The first of two that spell the same is the one. */
		if (*slot == NONE)
			*slot = id;
	}
	return index_bytes(b, e);
}

/* The slot of a pair, or the one where it belongs; NULL: out of reach. */
static struct pair *pair_slot(const struct hw_bpe *b, uint32_t left,
    uint32_t right)
{
	size_t i = (size_t)hw_mix64((uint64_t)left << 32 | right);

	for (int tries = 0; tries < MAX_PROBES; tries++, i++) {
		struct pair *p = &b->pairs[i & b->pairs_mask];

		if (p->rank == NONE || (p->left == left && p->right == right))
			return p;
	}
	return NULL;
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
	if (p == NULL)
		return hw_fail(e, HW_LIMIT, "merge %zu of the vocabulary and "
		    "thousands more have the same hash", i);
	b->merged[i] = id;
	if (p->rank == NONE)
		*p = (struct pair){l, r, (uint32_t)i};
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
		b->pairs[i].rank = NONE;
	HW_TRY(hw_new(b->alloc, &b->merged, n, sizeof(*b->merged),
	    "tokenizer", e));
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
	hw_del(b->alloc, b->merged);
	hw_del(b->alloc, b);
}

/* ---- the heap: smallest on top ------------------------------------------- */

static void sink(struct hw_bpe *b, size_t i)
{
	uint64_t *h = b->heap, x = h[i];

	for (size_t c; (c = 2 * i + 1) < b->n_heap; i = c) {
		if (c + 1 < b->n_heap && h[c + 1] < h[c])
			c++;
		if (x <= h[c])
			break;
		h[i] = h[c];
	}
	h[i] = x;
}

static void push(struct hw_bpe *b, uint64_t x)
{
	size_t i = b->n_heap++;

	for (; i > 0 && b->heap[(i - 1) / 2] > x; i = (i - 1) / 2)
		b->heap[i] = b->heap[(i - 1) / 2];
	b->heap[i] = x;
}

static uint64_t pop(struct hw_bpe *b)
{
	uint64_t top = b->heap[0];

	b->heap[0] = b->heap[--b->n_heap];
	if (b->n_heap > 0)
		sink(b, 0);
	return top;
}

/* ---- merging ------------------------------------------------------------- */

static uint32_t rank_of(const struct hw_bpe *b, uint32_t i)
{
	const struct node *l = &b->node[i];
	const struct pair *p = l->after == NONE ? NULL :
	    pair_slot(b, l->id, b->node[l->after].id);

	return p == NULL ? NONE : p->rank;
}

/* The pair at place i is a new one. */
static void offer(struct hw_bpe *b, uint32_t i)
{
	uint32_t rank = rank_of(b, i);

	b->node[i].rank = rank;
	if (rank != NONE)
		push(b, (uint64_t)rank << 32 | i);
}

/* The piece as single bytes, and the merges of these. */
static void begin(struct hw_bpe *b, struct hw_view piece)
{
	uint32_t n = (uint32_t)piece.n;

	for (uint32_t i = 0; i < n; i++) {
		b->node[i] = (struct node){b->byte_id[piece.p[i]],
		    i > 0 ? i - 1 : NONE, i + 1 < n ? i + 1 : NONE, NONE};
		b->replaced += b->byte_missing[piece.p[i]];
	}
	b->n_heap = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t rank = rank_of(b, i);

		b->node[i].rank = rank;
		if (rank != NONE)
			b->heap[b->n_heap++] = (uint64_t)rank << 32 | i;
	}
	for (size_t i = b->n_heap / 2; i-- > 0;)
		sink(b, i);
}

static void merge(struct hw_bpe *b, uint64_t order)
{
	uint32_t i = (uint32_t)order, rank = (uint32_t)(order >> 32), gone;
	struct node *l = &b->node[i];

	/* One of the two may have become part of another meanwhile; then
	 * the rank here is another as well. */
	if (l->rank != rank)
		return;
	gone = l->after;
	l->id = b->merged[rank];
	l->after = b->node[gone].after;
	if (l->after != NONE)
		b->node[l->after].before = i;
	b->node[gone].rank = NONE;
	offer(b, i);
	if (l->before != NONE)
		offer(b, l->before);
}

size_t hw_bpe_encode(struct hw_bpe *b, struct hw_view piece, uint32_t *ids)
{
	size_t out = 0;

	begin(b, piece);
	while (b->n_heap > 0)
		merge(b, pop(b));
	for (uint32_t i = 0; i != NONE && out < piece.n; i = b->node[i].after)
		ids[out++] = b->node[i].id;
	return out;
}

uint64_t hw_bpe_replaced(const struct hw_bpe *b)
{
	return b->replaced;
}
