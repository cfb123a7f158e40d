/* SPDX-License-Identifier: MIT
 * What only this file knows: byte-pair encoding of one piece of text: the order
 * in which merges are applied, always the best rank, of equals the leftmost,
 * until no pair has a merge.  A heap keeps the candidates, a linked list the
 * tokens so far: n log n in a piece of n bytes, with no allocation.
 * Method: Sennrich et al., arXiv 1508.07909; on bytes as GPT-2 does, or on
 * characters as SentencePiece does (Kudo and Richardson, arXiv 1808.06226). */
#include <string.h>

#include "base/utf8.h"
#include "tok/encoder.h"
#include "tok/pairs.h"
#include "tok/seams.h"

#define NONE UINT32_MAX

/* A place in the piece: its token (NONE: a character that has none), its
 * neighbours, the rank of the merge with the one after (NONE: there is none),
 * and the token that this would make. */
struct node {
	uint32_t id, before, after, rank, merged;
};

struct bpe {
	const struct hw_alloc *alloc;
	struct hw_index tokens;
	struct hw_pairs pairs;
	struct hw_seams seams;  /* of characters only */
	uint32_t byte_id[256];  /* what a lone byte becomes */
	bool byte_missing[256]; /* not a token of its own */
	uint64_t replaced;
	struct node node[HW_PIECE_MAX];
	/* Merges that were possible when found: rank << 32 | place.  One a
	 * place to begin with, at most two more for each merge. */
	uint64_t heap[3 * HW_PIECE_MAX];
	size_t n_heap;
};

/* ---- opening ------------------------------------------------------------- */

/* What stands in for bytes without a token: '?', or the unknown token. */
static enum hw_status find_stand_in(const struct bpe *b,
    const struct hw_model *m, uint32_t *id, struct hw_err *e)
{
	*id = hw_model_tok_spec(m)->unknown;
	if (hw_index_find(&b->tokens, (struct hw_view){
	    (const unsigned char *)"?", 1}, id) || *id != NONE)
		return HW_OK;
	return hw_fail(e, HW_UNSUPPORTED, "the vocabulary has no token for "
	    "single bytes");
}

/* Tokens of single bytes: those that are bytes by their kind, and, where text
 * is made of bytes, those that spell one. */
static enum hw_status index_bytes(struct bpe *b, const struct hw_model *m,
    bool by_text, struct hw_err *e)
{
	const uint32_t *given = hw_model_tok_spec(m)->byte_id;
	uint32_t stand_in = NONE;

	for (unsigned c = 0; c < 256; c++) {
		unsigned char byte = (unsigned char)c;

		b->byte_id[c] = given != NULL ? given[c] : NONE;
		if (by_text)
			(void)hw_index_find(&b->tokens,
			    (struct hw_view){&byte, 1}, &b->byte_id[c]);
		b->byte_missing[c] = b->byte_id[c] == NONE;
		if (b->byte_missing[c] && stand_in == NONE)
			HW_TRY(find_stand_in(b, m, &stand_in, e));
		if (b->byte_missing[c])
			b->byte_id[c] = stand_in;
	}
	return HW_OK;
}

static void close_bpe(void *x)
{
	struct bpe *b = x;

	if (b == NULL)
		return;
	hw_index_release(&b->tokens);
	hw_pairs_release(&b->pairs);
	hw_seams_release(&b->seams);
	hw_del(b->alloc, b);
}

static enum hw_status open_bpe(void **out, const struct hw_model *m,
    bool chars, const struct hw_alloc *a, struct hw_err *e)
{
	struct bpe *b = NULL;
	enum hw_status status;

	HW_TRY(hw_new(a, &b, 1, sizeof(*b), "tokenizer", e));
	b->alloc = a;
	*out = b; /* tok.c closes what is half open */
	status = hw_index_init(&b->tokens, m, a, e);
	if (status == HW_OK)
		status = hw_pairs_init(&b->pairs, m, &b->tokens, a, e);
	if (status == HW_OK && chars)
		status = hw_seams_init(&b->seams, hw_model_vocab(m), a, e);
	if (status == HW_OK)
		status = index_bytes(b, m, !chars, e);
	return status;
}

/* ---- the heap: smallest on top, four below each -------------------------- */

/* The smallest of those below i, of which the first is c < n. */
static size_t least(const uint64_t *h, size_t c, size_t n)
{
	size_t end = c + 4 < n ? c + 4 : n, best = c;

	for (size_t k = c + 1; k < end; k++)
		best = h[k] < h[best] ? k : best;
	return best;
}

static void sink(struct bpe *b, size_t i)
{
	uint64_t *h = b->heap, x = h[i];

	for (size_t c; (c = 4 * i + 1) < b->n_heap; i = c) {
		c = least(h, c, b->n_heap);
		if (x <= h[c])
			break;
		h[i] = h[c];
	}
	h[i] = x;
}

/* x from a place where there is room for it, up to where it belongs. */
static void rise(struct bpe *b, size_t i, uint64_t x)
{
	uint64_t *h = b->heap;

	for (; i > 0 && h[(i - 1) / 4] > x; i = (i - 1) / 4)
		h[i] = h[(i - 1) / 4];
	h[i] = x;
}

static void push(struct bpe *b, uint64_t x)
{
	rise(b, b->n_heap++, x);
}

/* The gap at the top goes down to a leaf, without a branch that a processor
 * would have to guess (least() alone would take 1.4 times as long); what is put
 * there, a leaf before, rises little. */
static uint64_t pop(struct bpe *b)
{
	uint64_t *h = b->heap, top = h[0];
	size_t n = --b->n_heap, i = 0, c;

	for (; (c = 4 * i + 1) + 3 < n; i = c) {
		size_t a = c + (h[c + 1] < h[c]);
		size_t z = c + 2 + (h[c + 3] < h[c + 2]);

		c = h[z] < h[a] ? z : a;
		h[i] = h[c];
	}
	if (c < n) {
		c = least(h, c, n);
		h[i] = h[c];
		i = c;
	}
	rise(b, i, h[n]);
	return top;
}

/* ---- merging ------------------------------------------------------------- */

/* The pair at place i is a new one. */
static bool look(struct bpe *b, uint32_t i)
{
	struct node *l = &b->node[i];
	const struct hw_pair *p = NULL;

	if (l->after != NONE && l->id != NONE &&
	    b->node[l->after].id != NONE)
		p = hw_pairs_find(&b->pairs, l->id, b->node[l->after].id);
	l->rank = p != NULL ? p->rank : NONE;
	if (p != NULL)
		l->merged = p->id;
	return p != NULL;
}

static void offer(struct bpe *b, uint32_t i)
{
	if (look(b, i))
		push(b, (uint64_t)b->node[i].rank << 32 | i);
}

/* All merges that are possible at first. */
static void begin(struct bpe *b)
{
	b->n_heap = 0;
	for (uint32_t i = 0; i != NONE; i = b->node[i].after)
		if (look(b, i))
			b->heap[b->n_heap++] =
			    (uint64_t)b->node[i].rank << 32 | i;
	for (size_t i = (b->n_heap + 2) / 4; i-- > 0;)
		sink(b, i);
}

static void merge(struct bpe *b, uint64_t order)
{
	uint32_t i = (uint32_t)order, rank = (uint32_t)(order >> 32), gone;
	struct node *l = &b->node[i];

	/* One of the two may have become part of another meanwhile; then
	 * the rank here is another as well. */
	if (l->rank != rank)
		return;
	gone = l->after;
	l->id = l->merged;
	l->after = b->node[gone].after;
	if (l->after != NONE)
		b->node[l->after].before = i;
	b->node[gone].rank = NONE;
	offer(b, i);
	if (l->before != NONE)
		offer(b, l->before);
}

static void merge_all(struct bpe *b)
{
	begin(b);
	while (b->n_heap > 0)
		merge(b, pop(b));
}

/* ---- on bytes ------------------------------------------------------------ */

static enum hw_status open_bytes(void **out, const struct hw_model *m,
    const struct hw_alloc *a, struct hw_err *e)
{
	return open_bpe(out, m, false, a, e);
}

/* What comes from a pre-tokenizer is short. */
static size_t cut_nowhere(const void *x, struct hw_view text)
{
	(void)x;
	return text.n;
}

static size_t encode_bytes(void *x, struct hw_view piece, bool whole,
    uint32_t *ids)
{
	struct bpe *b = x;
	uint32_t n = (uint32_t)piece.n;
	size_t out = 0;

	if (whole && hw_index_find(&b->tokens, piece, ids))
		return 1;
	for (uint32_t i = 0; i < n; i++) {
		b->node[i] = (struct node){b->byte_id[piece.p[i]],
		    i > 0 ? i - 1 : NONE, i + 1 < n ? i + 1 : NONE, NONE,
		    NONE};
		b->replaced += b->byte_missing[piece.p[i]];
	}
	merge_all(b);
	for (uint32_t i = 0; i != NONE; i = b->node[i].after)
		ids[out++] = b->node[i].id;
	return out;
}

static uint64_t replaced(const void *x)
{
	const struct bpe *b = x;

	return b->replaced;
}

const struct hw_encoder hw_encoder_bytes = {open_bytes, close_bpe,
	cut_nowhere, encode_bytes, replaced};

/* ---- on characters ------------------------------------------------------- */

static enum hw_status open_chars(void **out, const struct hw_model *m,
    const struct hw_alloc *a, struct hw_err *e)
{
	return open_bpe(out, m, true, a, e);
}

static size_t cut_at_seam(const void *x, struct hw_view text)
{
	const struct bpe *b = x;

	return hw_seams_next(&b->seams, text);
}

/* A character without a token is left as its bytes; if one of these has none,
 * it is unknown as a whole. */
static size_t put_bytes(struct bpe *b, const unsigned char *p, size_t n,
    uint32_t *ids)
{
	for (size_t i = 0; i < n; i++) {
		if (b->byte_missing[p[i]]) {
			ids[0] = b->byte_id[p[i]];
			b->replaced += n;
			return 1;
		}
		ids[i] = b->byte_id[p[i]];
	}
	return n;
}

/* Nodes stand where their characters begin. */
static void take_chars(struct bpe *b, struct hw_view piece)
{
	uint32_t before = NONE, n;

	for (uint32_t i = 0; i < piece.n; before = i, i += n) {
		n = (uint32_t)hw_utf8_char(piece.p + i, piece.n - i);
		n = n > 0 ? n : 1;
		b->node[i] = (struct node){NONE, before,
		    i + n < piece.n ? i + n : NONE, NONE, NONE};
		(void)hw_index_find(&b->tokens,
		    (struct hw_view){piece.p + i, n}, &b->node[i].id);
	}
}

static size_t encode_chars(void *x, struct hw_view piece, bool whole,
    uint32_t *ids)
{
	struct bpe *b = x;
	size_t out = 0;

	if (whole && hw_index_find(&b->tokens, piece, ids))
		return 1;
	take_chars(b, piece);
	merge_all(b);
	for (uint32_t i = 0; i != NONE; i = b->node[i].after) {
		size_t end = b->node[i].after != NONE ? b->node[i].after :
		    piece.n;

		if (b->node[i].id != NONE)
			ids[out++] = b->node[i].id;
		else
			out += put_bytes(b, piece.p + i, end - i, ids + out);
	}
	return out;
}

const struct hw_encoder hw_encoder_chars = {open_chars, close_bpe,
	cut_at_seam, encode_chars, replaced};
