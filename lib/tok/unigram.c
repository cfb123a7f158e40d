/* SPDX-License-Identifier: MIT
 * What only this file knows: the unigram tokenizer.  Of all ways to write a
 * piece as tokens it takes the one whose scores add up to the most (Kudo, arXiv
 * 1804.10959).  A trie, kept as a hash table of its edges, finds the tokens
 * that begin at a place; one pass over the places finds the best way to each
 * (Viterbi). */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "tok/encoder.h"
#include "tok/seams.h"

#define NONE UINT32_MAX
#define MAX_PROBES 4096
#define MAX_NODES ((size_t)1 << 22)
#define LONGEST ((size_t)256) /* bytes of a token that is looked for */
#define PENALTY 10.0 /* a character without a token: so much under the least */

struct edge {
	uint32_t from; /* node; NONE: empty */
	uint32_t to;
	unsigned char byte;
};

/* The best way to a place: its last token, where that begins, the sum. */
struct step {
	uint32_t id, from;
	double score;
};

struct unigram {
	const struct hw_alloc *alloc;
	struct edge *edge;      /* (mask + 1) */
	size_t mask;
	uint32_t *token;        /* (n_nodes) that ends at the node, or NONE */
	double *score;          /* (n_nodes) of it */
	size_t n_nodes;
	struct hw_seams seams;
	uint32_t byte_id[256];
	uint32_t unknown;
	double unknown_score;
	uint64_t replaced;
	struct step step[HW_PIECE_MAX + 1];
};

/* ---- the trie ------------------------------------------------------------ */

/* The edge, or the slot where it belongs; NULL: out of reach. */
static struct edge *find(const struct unigram *u, uint32_t from,
    unsigned char byte)
{
	size_t i = (size_t)hw_mix64((uint64_t)from << 8 | byte);

	for (int tries = 0; tries < MAX_PROBES; tries++, i++) {
		struct edge *d = &u->edge[i & u->mask];

		if (d->from == NONE || (d->from == from && d->byte == byte))
			return d;
	}
	return NULL;
}

static enum hw_status add_token(struct unigram *u, uint32_t id,
    struct hw_view v, double score, struct hw_err *e)
{
	uint32_t node = 0;

	for (size_t i = 0; i < v.n; i++) {
		struct edge *d = find(u, node, v.p[i]);

		if (d == NULL)
			return hw_fail(e, HW_LIMIT, "token %u of the "
			    "vocabulary and thousands more have the same hash",
			    (unsigned)id);
		if (d->from == NONE)
			*d = (struct edge){node, (uint32_t)u->n_nodes++,
			    v.p[i]};
		node = d->to;
	}
	/* Of two that spell the same, the last, as in the models' own. */
	u->token[node] = id;
	u->score[node] = score;
	return HW_OK;
}

static bool wanted(const struct hw_vocab *v, const uint32_t *byte_id,
    uint32_t id)
{
	struct hw_view b = hw_vocab_bytes(v, id);

	return hw_vocab_kind(v, id) == HW_TOKEN_NORMAL && b.n > 0 &&
	    b.n <= LONGEST && !(b.n == 1 && byte_id[b.p[0]] == id);
}

static enum hw_status make_room(struct unigram *u, const struct hw_vocab *v,
    struct hw_err *e)
{
	size_t nodes = 1, size = 64;

	for (uint32_t id = 0; id < hw_vocab_size(v); id++)
		if (wanted(v, u->byte_id, id))
			nodes += hw_vocab_bytes(v, id).n;
	if (nodes > MAX_NODES)
		return hw_fail(e, HW_LIMIT, "the tokens of the vocabulary are "
		    "longer than %zu bytes in all", MAX_NODES);
	while (size < 2 * nodes)
		size *= 2;
	HW_TRY(hw_new(u->alloc, &u->edge, size, sizeof(*u->edge), "tokenizer",
	    e));
	u->mask = size - 1;
	for (size_t i = 0; i < size; i++)
		u->edge[i].from = NONE;
	HW_TRY(hw_new(u->alloc, &u->token, nodes, sizeof(*u->token),
	    "tokenizer", e));
	HW_TRY(hw_new(u->alloc, &u->score, nodes, sizeof(*u->score),
	    "tokenizer", e));
	memset(u->token, 0xff, nodes * sizeof(*u->token));
	u->n_nodes = 1;
	return HW_OK;
}

/* ---- opening ------------------------------------------------------------- */

static void close_unigram(void *x)
{
	struct unigram *u = x;

	if (u == NULL)
		return;
	hw_del(u->alloc, u->edge);
	hw_del(u->alloc, u->token);
	hw_del(u->alloc, u->score);
	hw_seams_release(&u->seams);
	hw_del(u->alloc, u);
}

static enum hw_status fill(struct unigram *u, const struct hw_model *m,
    struct hw_err *e)
{
	const struct hw_tok_spec *s = hw_model_tok_spec(m);
	const struct hw_vocab *v = hw_model_vocab(m);
	double least = INFINITY;

	if (s->score == NULL || s->unknown == NONE)
		return hw_fail(e, HW_UNSUPPORTED, "a unigram vocabulary "
		    "without %s", s->score == NULL ? "scores" :
		    "an unknown token");
	u->unknown = s->unknown;
	memcpy(u->byte_id, s->byte_id, sizeof(u->byte_id));
	HW_TRY(make_room(u, v, e));
	for (uint32_t id = 0; id < hw_vocab_size(v); id++) {
		double score = s->score(m, id);

		if (!isfinite(score))
			return hw_fail(e, HW_CORRUPT, "the score of token %u "
			    "is not a number", (unsigned)id);
		least = score < least ? score : least;
		if (wanted(v, u->byte_id, id))
			HW_TRY(add_token(u, id, hw_vocab_bytes(v, id), score,
			    e));
	}
	u->unknown_score = least - PENALTY;
	return hw_seams_init(&u->seams, v, u->alloc, e);
}

static enum hw_status open_unigram(void **out, const struct hw_model *m,
    const struct hw_alloc *a, struct hw_err *e)
{
	struct unigram *u = NULL;

	HW_TRY(hw_new(a, &u, 1, sizeof(*u), "tokenizer", e));
	u->alloc = a;
	*out = u; /* tok.c closes what is half open */
	return fill(u, m, e);
}

/* ---- encoding ------------------------------------------------------------ */

/* Has the character no token, nor all of its bytes? */
static bool unknown(const struct unigram *u, const unsigned char *p, size_t n)
{
	bool bytes = true;
	uint32_t node = 0;

	for (size_t i = 0; i < n; i++)
		bytes &= u->byte_id[p[i]] != NONE;
	for (size_t i = 0; i < n && !bytes; i++) {
		const struct edge *d = find(u, node, p[i]);

		if (d == NULL || d->from == NONE)
			return true;
		node = d->to;
	}
	return !bytes && u->token[node] == NONE;
}

/* A text that fits is one piece: of two ways whose scores add up to the same,
 * rounding decides, and thereby where a sum begins.  Unknown characters in a
 * row become one token, so they stay together, and with what is before them. */
static size_t cut(const void *x, struct hw_view text)
{
	const struct unigram *u = x;
	size_t at = text.n <= HW_PIECE_MAX ? text.n :
	    hw_seams_next(&u->seams, text);

	while (at < text.n && at <= HW_PIECE_MAX) {
		size_t n = hw_utf8_char(text.p + at, text.n - at);

		n = n > 0 ? n : 1;
		if (!unknown(u, text.p + at, n))
			break;
		at += n;
	}
	return at;
}

static void offer(struct unigram *u, size_t from, size_t to, uint32_t id,
    double score)
{
	struct step *s = &u->step[to];

	score += u->step[from].score;
	if (s->from == NONE || score > s->score)
		*s = (struct step){id, (uint32_t)from, score};
}

/* All tokens that begin at a place. */
static void walk(struct unigram *u, struct hw_view v, size_t at)
{
	size_t n = hw_utf8_char(v.p + at, v.n - at);
	uint32_t node = 0;
	bool single = false;

	n = n > 0 ? n : 1;
	for (size_t i = at; i < v.n; i++) {
		const struct edge *d = find(u, node, v.p[i]);

		if (d == NULL || d->from == NONE)
			break;
		node = d->to;
		if (u->token[node] == NONE)
			continue;
		offer(u, at, i + 1, u->token[node], u->score[node]);
		single |= i + 1 == at + n;
	}
	if (!single)
		offer(u, at, at + n, NONE, u->unknown_score);
}

/* A character without a token: its bytes, or, if one of these has none, the
 * unknown token, which stands for all such characters in a row. */
static size_t put_unknown(struct unigram *u, const unsigned char *p, size_t n,
    bool again, uint32_t *ids)
{
	if (unknown(u, p, n)) {
		u->replaced += n;
		ids[0] = u->unknown;
		return again ? 0 : 1;
	}
	for (size_t i = 0; i < n; i++)
		ids[i] = u->byte_id[p[i]];
	return n;
}

static size_t encode(void *x, struct hw_view piece, bool whole, uint32_t *ids)
{
	struct unigram *u = x;
	size_t out = 0, at, n;
	bool again = false;

	(void)whole;
	for (size_t i = 0; i <= piece.n; i++)
		u->step[i].from = NONE;
	u->step[0] = (struct step){NONE, 0, 0};
	for (size_t i = 0; i < piece.n; i++)
		if (u->step[i].from != NONE)
			walk(u, piece, i);
	/* Turn the links round: from each place to the next. */
	for (at = piece.n, n = NONE; at > 0;) {
		size_t from = u->step[at].from;

		u->step[at].from = (uint32_t)n;
		n = at;
		at = from;
	}
	for (; n != NONE; at = n, n = u->step[n].from) {
		uint32_t id = u->step[n].id;

		if (id != NONE)
			ids[out++] = id;
		else
			out += put_unknown(u, piece.p + at, n - at, again,
			    ids + out);
		again = id == NONE;
	}
	return out;
}

static uint64_t replaced(const void *x)
{
	const struct unigram *u = x;

	return u->replaced;
}

const struct hw_encoder hw_encoder_unigram = {open_unigram, close_unigram,
	cut, encode, replaced};
