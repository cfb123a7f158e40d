/* SPDX-License-Identifier: MIT
 * What only this file knows: how a vocabulary says what merges.  Byte-level
 * BPE lists its merges in order; SentencePiece gives every token a score, and
 * any two neighbours that spell a token may merge.  Both become one table. */
#include "tok/pairs.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "model/names.h"

#define MAX_PROBES 4096
/* Bytes of a merge "left right"; no piece that comes of it is longer. */
#define LONGEST_MERGE ((size_t)1024)
/* Of a token with a score: each place in it where two may meet is looked up.
 * Twice as long as any in real vocabularies. */
#define LONGEST_SCORED ((size_t)192)

/* ---- the table ----------------------------------------------------------- */

static uint64_t hash(uint32_t left, uint32_t right)
{
	return hw_mix64((uint64_t)left << 32 | right);
}

/* The slot of a pair, or the one where it belongs; NULL: out of reach. */
static struct hw_pair *slot(const struct hw_pairs *x, uint64_t h,
    uint32_t left, uint32_t right)
{
	size_t i = (size_t)h;

	for (int tries = 0; tries < MAX_PROBES; tries++, i++) {
		struct hw_pair *p = &x->slot[i & x->mask];

		if (p->rank == HW_NO_MERGE ||
		    (p->left == left && p->right == right))
			return p;
	}
	return NULL;
}

/* Most neighbours do not merge: a bit in the cache says so sooner than a slot
 * in memory.  The upper half of the hash, as the lower one finds the slot. */
static uint64_t *seen(const struct hw_pairs *x, uint64_t h, uint64_t *bit)
{
	size_t i = (size_t)(h >> 32) & x->seen_mask;

	*bit = (uint64_t)1 << i % 64;
	return &x->seen[i / 64];
}

const struct hw_pair *hw_pairs_find(const struct hw_pairs *x, uint32_t left,
    uint32_t right)
{
	uint64_t h = hash(left, right), bit, *word = seen(x, h, &bit);
	const struct hw_pair *p;

	if ((*word & bit) == 0)
		return NULL;
	p = slot(x, h, left, right);
	return p == NULL || p->rank == HW_NO_MERGE ? NULL : p;
}

/* Room for n pairs: slots at most half full, sixteen bits a pair. */
static enum hw_status make_room(struct hw_pairs *x, size_t n,
    struct hw_err *e)
{
	size_t size = 64;

	while (size < 2 * n)
		size *= 2;
	HW_TRY(hw_new(x->alloc, &x->slot, size, sizeof(*x->slot), "merges",
	    e));
	x->mask = size - 1;
	for (size_t i = 0; i < size; i++)
		x->slot[i].rank = HW_NO_MERGE;
	HW_TRY(hw_new(x->alloc, &x->seen, size * 8 / 64, sizeof(*x->seen),
	    "merges", e));
	x->seen_mask = size * 8 - 1;
	return HW_OK;
}

/* Of two rows for a pair, the first. */
static enum hw_status add(struct hw_pairs *x, struct hw_pair p,
    struct hw_err *e)
{
	uint64_t h = hash(p.left, p.right), bit, *word = seen(x, h, &bit);
	struct hw_pair *to = slot(x, h, p.left, p.right);

	if (to == NULL)
		return hw_fail(e, HW_LIMIT, "thousands of the vocabulary's "
		    "merges have the same hash");
	if (to->rank == HW_NO_MERGE) {
		*to = p;
		*word |= bit;
	}
	return HW_OK;
}

/* ---- from merges --------------------------------------------------------- */

static enum hw_status add_merge(struct hw_pairs *x, const struct hw_model *m,
    const struct hw_index *tokens, size_t i, struct hw_err *e)
{
	struct hw_view v = hw_model_tok_spec(m)->merge(m, i), left, right;
	unsigned char joined[LONGEST_MERGE];
	struct hw_pair p = {.rank = (uint32_t)i};
	const unsigned char *gap = v.n > 1 ?
	    memchr(v.p + 1, ' ', v.n - 1) : NULL;

	if (gap == NULL)
		return hw_fail(e, HW_CORRUPT, "merge %zu of the vocabulary "
		    "joins nothing", i);
	if (v.n > sizeof(joined))
		return HW_OK;
	left = (struct hw_view){v.p, (size_t)(gap - v.p)};
	right = (struct hw_view){gap + 1, v.n - left.n - 1};
	left = (struct hw_view){joined, hw_model_spell(m, joined, left)};
	right = (struct hw_view){joined + left.n,
	    hw_model_spell(m, joined + left.n, right)};
	if (!hw_index_find(tokens, left, &p.left) ||
	    !hw_index_find(tokens, right, &p.right) ||
	    !hw_index_find(tokens, (struct hw_view){joined,
	    left.n + right.n}, &p.id))
		return hw_fail(e, HW_CORRUPT, "merge %zu of the vocabulary "
		    "names a token that it lacks", i);
	return add(x, p, e);
}

static enum hw_status from_merges(struct hw_pairs *x,
    const struct hw_model *m, const struct hw_index *tokens,
    struct hw_err *e)
{
	size_t n = hw_model_tok_spec(m)->n_merges;

	HW_TRY(make_room(x, n, e));
	for (size_t i = 0; i < n; i++)
		HW_TRY(add_merge(x, m, tokens, i, e));
	return HW_OK;
}

/* ---- from scores --------------------------------------------------------- */

struct scored {
	const struct hw_index *tokens;
	double *score;   /* (n) */
	uint32_t *order; /* (n) ids, best score first */
	size_t n;
};

static bool better(const void *ctx, uint32_t a, uint32_t b)
{
	const struct scored *s = ctx;

	return s->score[a] > s->score[b];
}

static enum hw_status rank_tokens(struct scored *s, const struct hw_model *m,
    const struct hw_alloc *a, struct hw_err *e)
{
	const struct hw_tok_spec *spec = hw_model_tok_spec(m);

	HW_TRY(hw_new(a, &s->score, s->n, sizeof(*s->score), "scores", e));
	HW_TRY(hw_new(a, &s->order, s->n, sizeof(*s->order), "scores", e));
	for (uint32_t i = 0; i < s->n; i++) {
		s->score[i] = spec->score(m, i);
		s->order[i] = i;
		if (isnan(s->score[i]))
			return hw_fail(e, HW_CORRUPT, "the score of token %u "
			    "is not a number", (unsigned)i);
	}
	hw_heapsort(s->order, s->n, better, s);
	return HW_OK;
}

/* Call add for each two tokens that make this one; x NULL: count them. */
static enum hw_status add_splits(struct hw_pairs *x, const struct scored *s,
    uint32_t id, uint32_t rank, size_t *count, struct hw_err *e)
{
	struct hw_view v = hw_vocab_bytes(s->tokens->vocab, id);
	struct hw_pair p = {.rank = rank};
	size_t at = 0;

	if (!hw_index_find(s->tokens, v, &p.id) || p.id != id)
		return HW_OK;
	if (v.n > LONGEST_SCORED)
		return hw_fail(e, HW_LIMIT, "token %u of the vocabulary is "
		    "longer than %zu bytes", (unsigned)id, LONGEST_SCORED);
	for (;;) {
		size_t len = hw_utf8_char(v.p + at, v.n - at);

		at += len > 0 ? len : 1;
		if (at >= v.n)
			return HW_OK;
		if (!hw_index_find(s->tokens, (struct hw_view){v.p, at},
		    &p.left) || !hw_index_find(s->tokens,
		    (struct hw_view){v.p + at, v.n - at}, &p.right))
			continue;
		++*count;
		if (x != NULL)
			HW_TRY(add(x, p, e));
	}
}

static enum hw_status all_splits(struct hw_pairs *x, const struct scored *s,
    size_t *count, struct hw_err *e)
{
	uint32_t rank = 0;

	for (size_t i = 0; i < s->n; i++) {
		/* Equal scores, equal rank: then the text's order counts. */
		if (i > 0 && s->score[s->order[i]] !=
		    s->score[s->order[i - 1]])
			rank++;
		HW_TRY(add_splits(x, s, s->order[i], rank, count, e));
	}
	return HW_OK;
}

static enum hw_status from_scores(struct hw_pairs *x,
    const struct hw_model *m, const struct hw_index *tokens,
    struct hw_err *e)
{
	struct scored s = {.tokens = tokens,
	    .n = hw_vocab_size(tokens->vocab)};
	enum hw_status status = rank_tokens(&s, m, x->alloc, e);
	size_t n = 0;

	if (status == HW_OK)
		status = all_splits(NULL, &s, &n, e);
	if (status == HW_OK)
		status = make_room(x, n, e);
	if (status == HW_OK)
		status = all_splits(x, &s, &n, e);
	hw_del(x->alloc, s.score);
	hw_del(x->alloc, s.order);
	return status;
}

enum hw_status hw_pairs_init(struct hw_pairs *x, const struct hw_model *m,
    const struct hw_index *tokens, const struct hw_alloc *a,
    struct hw_err *e)
{
	const struct hw_tok_spec *spec = hw_model_tok_spec(m);

	*x = (struct hw_pairs){.alloc = a};
	if (spec->n_merges == 0 && spec->score != NULL)
		return from_scores(x, m, tokens, e);
	return from_merges(x, m, tokens, e);
}

void hw_pairs_release(struct hw_pairs *x)
{
	hw_del(x->alloc, x->slot);
	hw_del(x->alloc, x->seen);
	*x = (struct hw_pairs){0};
}
