/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_ATTN_AMX_H
#define HW_KERNELS_SIMD_ATTN_AMX_H

/* What only this file knows: what attention by tiles works on, and how scores
 * become weights: blocks of queries, steps, and the scratch that they share. */
#include <math.h>

#include "attn.h"
#include "fixed.h"

enum { BLOCK = 16, TILE = 1024 /* bytes */ };
enum { BLOCKS = HW_ATTN_M / BLOCK };
enum { FEW = 4 };
enum { HELD_D = 64, NO_BLOCK = BLOCKS }; /* see hold */

enum { LINK = 32 }; /* dimensions of a score, or keys, of one instruction */

static inline size_t up(size_t n, size_t to)
{
	return (n + to - 1) / to;
}

/* A group of n tiles. */
struct group {
	const char *k, *v;
	size_t n, bytes; /* of a tile */
	int64_t first;
};

/* ---- steps --------------------------------------------------------------- */

/* A block by a group: it sees of it the tiles t0 .. t1 - 1. */
struct step {
	size_t b, t0, t1;
	int all;               /* every query sees all of it */
	uint64_t seen[BLOCK];  /* unless all: a bit for each key */
	int64_t first;
	const char *k, *v;
	size_t v_row;          /* bytes of a pair of values */
	char *scores;          /* (GROUP, TILE) */
	char *weights;         /* (2, TILE) */
	int moved;             /* whether references did, and */
	float down[BLOCK];     /* what acc is to be multiplied with then */
};

/* Whether block b, with edges e, sees anything of the group. */
static inline int look(struct step *s, const struct hw_attn *a,
    const struct group *g, size_t b, const struct edges *e)
{
	size_t from = KEYS, to = 0, rows = a->m - b * BLOCK;
	size_t keys = g->n * HW_TILE;

	if (see_none(e, g->first, keys))
		return 0;
	s->b = b;
	s->t0 = 0;
	s->t1 = GROUP;
	s->all = see_all(e, g->first, keys);
	if (s->all)
		return 1;
	memset(s->seen, 0, sizeof(s->seen));
	for (size_t r = 0; r < BLOCK && r < rows; r++) {
		size_t j0, j1 = band(a, b * BLOCK + r, g->first, keys, &j0);

		if (j1 == 0)
			continue;
		s->seen[r] = bits(j1) & ~bits(j0);
		from = j0 < from ? j0 : from;
		to = j1 > to ? j1 : to;
	}
	s->t0 = from / HW_TILE;
	s->t1 = up(to, HW_TILE);
	return to > 0;
}

/* ---- scratch ------------------------------------------------------------- */

struct work {
	size_t d, k_tiles, v_tiles; /* tiles of 32, and of 16, dimensions */
	float *max;    /* (m) */
	float *base;   /* (m): what a score becomes a weight's bits with */
	float *sum;    /* (m, 16), all alike: a tile of each block */
	char *q;       /* (blocks, k_tiles, TILE) */
	char *v_copy;  /* (2, KEYS / 2, v_tiles, 64): see place */
	char *scores;  /* (2, GROUP, TILE): of two steps */
	char *weights; /* (2, 2, TILE): of two steps */
	char *ones;    /* 64: a pair of values, or any */
	char *part;    /* TILE: of acc, where it has no room for a tile */
	float *few;    /* (FEW, k_tiles * LINK): a few queries */
	/* Steps under way: the one that was begun last, and the one before. */
	struct step line[3], *cur, *prev;
	size_t begun;  /* steps, ever */
	struct {
		int64_t first;  /* the group that was looked at, or -1, */
		uint64_t seen;  /* and what somebody sees of it: unless all, */
	} copied[2];            /* v_copy holds its values */
	size_t held;   /* the block whose acc is in tiles, or NO_BLOCK */
};

#define MOST_SCRATCH (2 * GROUP * TILE + 4 * TILE + 64 + TILE + \
	2 * KEYS / 2 * HW_ATTN_D / 16 * 64 + \
	BLOCKS * (HW_ATTN_D / LINK * TILE + BLOCK * 18 * 4) + \
	FEW * HW_ATTN_D * 4)
_Static_assert(MOST_SCRATCH <= HW_ATTN_SCRATCH, "there is room for all");

static void begin(struct work *w, const struct hw_attn *a, char *at)
{
	size_t blocks = up(a->m, BLOCK);

	w->d = a->d;
	w->k_tiles = up(a->d, LINK);
	w->v_tiles = up(a->d, 16);
	w->scores = at;
	w->weights = w->scores + 2 * GROUP * TILE;
	w->ones = w->weights + 4 * TILE;
	vi_store(w->ones, vi_set(0x3f803f80));
	w->part = w->ones + 64;
	w->v_copy = w->part + TILE;
	w->q = w->v_copy + 2 * KEYS / 2 * w->v_tiles * 64;
	w->sum = (float *)(w->q + blocks * w->k_tiles * TILE);
	w->max = w->sum + blocks * BLOCK * 16;
	w->base = w->max + blocks * BLOCK;
	w->few = w->base + blocks * BLOCK;
	w->cur = w->prev = NULL;
	w->begun = 0;
	w->copied[0].first = w->copied[1].first = -1;
	w->held = NO_BLOCK;
	memset(w->q, 0, blocks * (w->k_tiles * TILE + BLOCK * 18 * 4));
	if (a->m <= FEW)
		memset(w->scores, 0, GROUP * TILE);
}

/* ---- queries, keys and values -------------------------------------------- */

/* acc and sum of query i, times what. */
static void scale_row(const struct work *w, const struct hw_attn *a, size_t i,
    float what)
{
	float *sum = w->sum + i * 16;

	scale_acc(a, i, what);
	vf_store(sum, vf_mul(vf_load(sum), vf_set(what)));
}

INLINE char *query(const struct work *w, size_t i, size_t c)
{
	return w->q + (i / BLOCK * w->k_tiles + c / LINK) * TILE +
	    i % BLOCK * 64 + c % LINK * 2;
}

/* Two vectors as bf16; as tiles do, a denormal number becomes 0. */
INLINE void to_bf16(char *to, vf x, vf y)
{
	vi_store(to, (vi)_mm512_cvtne2ps_pbh(y, x));
}

/* A number that is not finite may not reach the weights: its sum tells. */
static void take_queries(struct work *w, const struct hw_attn *a)
{
	const size_t d = a->d;

	for (size_t i = 0; i < a->m; i++) {
		const float *q = a->q + i * d;
		char *to = query(w, i, 0);
		vf zero = vf_set(0);
		size_t c = 0;

		for (; c < d; c += LINK, to += TILE) {
			size_t n = d - c;
			vf x = vf_load_n(q + c, n);
			vf y = n > 16 ? vf_load_n(q + c + 16, n - 16) :
			    vf_set(0);

			zero = vf_fma(x, vf_set(0), zero);
			zero = vf_fma(y, vf_set(0), zero);
			to_bf16(to, x, y);
		}
		for (c = 0; a->m <= FEW && c < d; c += 16)
			vf_store(w->few + i * w->k_tiles * LINK + c,
			    vf_bf16(query(w, i, c)));
		vf_store(w->sum + i * 16, vf_set(a->sum[i] +
		    (_mm512_cmp_ps_mask(zero, zero, _CMP_UNORD_Q) != 0 ?
		    NAN : 0)));
	}
}

static void take_references(struct work *w, const struct hw_attn *a,
    int64_t first, size_t n)
{
	for (size_t i = 0; i < a->m; i++) {
		float max = whole_reference(a, i, first, n);

		if (max > a->max[i])
			scale_row(w, a, i, exp2f(a->max[i] - max));
		w->max[i] = max;
		w->base[i] = FIXED - max;
	}
}

/* The values of the keys that are seen; 0 for the others. */
static void copy_values(const struct work *w, const struct group *g,
    uint64_t seen, char *copy)
{
	memset(copy, 0, KEYS / 2 * w->v_tiles * 64);
	for (size_t r = 0; r < KEYS / 2; r++) {
		uint64_t pair = seen >> 2 * r & 3;
		vi mask = vi_set((int32_t)((pair & 1 ? 0xffffu : 0) |
		    (pair & 2 ? 0xffff0000u : 0)));
		const char *v = g->v + r * w->d * 4;
		char *to = copy + r * w->v_tiles * 64;

		if (pair == 0)
			continue; /* may not be there */
		for (size_t c = 0; c < w->d; c += 16)
			vi_store(to + c * 4, vi_and(mask, vi_bits(vf_load_n(
			    (const void *)(v + c * 4), w->d - c < 16 ?
			    w->d - c : 16))));
	}
}

static void rescale(const struct work *w, const struct hw_attn *a,
    const struct step *s, size_t rows)
{
	for (size_t r = 0; r < rows; r++)
		if (s->down[r] != 1)
			scale_row(w, a, s->b * BLOCK + r, s->down[r]);
}

/* ---- weights ------------------------------------------------------------- */

/* How much is known when the code is made: PLAIN: scores are what they are;
 * ALL: and every key is seen. */
enum know { NOTHING, PLAIN, ALL };

/* Where the rows of a step are: what does not change while it is made. */
struct rows {
	const char *scores;
	char *weights;
	const float *base;
};

static inline struct rows rows_of(const struct work *w, const struct step *s)
{
	return (struct rows){s->scores, s->weights, w->base + s->b * BLOCK};
}

/* The scores of row r and what is added to them. */
INLINE vf above(const enum know know, const struct hw_attn *a,
    const struct step *s, const char *scores, size_t r, size_t t, float base)
{
	vf x = vf_load((const void *)(scores + t * TILE + r * 64));
	size_t i;

	if (know != NOTHING)
		return vf_add(x, vf_set(base));
	i = s->b * BLOCK + r;
	if (i >= a->m)
		return vf_set(0); /* a block's rest */
	return vf_add(adjust(a, i, x, s->first + (int64_t)(t * HW_TILE)),
	    vf_set(base));
}

/* The weights of row r, not yet bent. */
INLINE void weigh_row(const enum know know, vi x[2], const struct hw_attn *a,
    const struct step *s, const struct rows *at, size_t r)
{
	float base = at->base[r];

	UNROLL for (size_t h = 0; h < 2; h++) {
		vf y[2];

		UNROLL for (size_t e = 0; e < 2; e++) {
			size_t t = 2 * h + e;

			y[e] = vf_set(0);
			if (know == ALL || (t >= s->t0 && t < s->t1))
				y[e] = above(know, a, s, at->scores, r, t,
				    base);
		}
		x[h] = words(y[0], y[1]);
		if (know != ALL && !s->all)
			x[h] = _mm512_maskz_mov_epi16((__mmask32)(s->seen[r]
			    >> h * 32), x[h]);
	}
}

/* The largest of each lane's scores that row r sees. */
INLINE vf top_of(const struct hw_attn *a, const struct step *s, size_t r)
{
	uint64_t seen = s->all ? UINT64_MAX : s->seen[r];
	vf top = vf_set(-INFINITY);

	for (size_t t = s->t0; t < s->t1; t++)
		top = _mm512_mask_max_ps(top, (__mmask16)(seen >> t *
		    HW_TILE), top, above(NOTHING, a, s, s->scores, r, t, 0));
	return top;
}

/* Row r's reference, for scores of which top is the largest. */
INLINE void refer(struct work *w, const struct step *s, size_t r, float top)
{
	size_t i = s->b * BLOCK + r;

	w->max[i] = ceilf(top) + ABOVE;
	w->base[i] = FIXED - w->max[i];
}

/* References of a block that has none, so far: acc is 0. */
static __attribute__((noinline)) void refer_first(struct work *w,
    const struct hw_attn *a, const struct step *s)
{
	for (size_t r = 0; r < BLOCK; r += 4) {
		vf top[4];
		float max[4];

		for (size_t e = 0; e < 4; e++)
			top[e] = top_of(a, s, r + e);
		vf_max4(max, top);
		for (size_t e = 0; e < 4; e++)
			if (max[e] > -INFINITY &&
			    w->max[s->b * BLOCK + r + e] == -INFINITY)
				refer(w, s, r + e, max[e]);
	}
}

/* Move row r's reference. */
static void move(struct work *w, const struct hw_attn *a, struct step *s,
    size_t r)
{
	size_t i = s->b * BLOCK + r;
	float max = w->max[i];

	refer(w, s, r, vf_max_all(top_of(a, s, r)));
	for (size_t e = 0; !s->moved && e < BLOCK; e++)
		s->down[e] = 1; /* of the others */
	s->moved = 1;
	s->down[r] = power(max - w->max[i]);
}

/* Row r's weights, as bf16; all tells in the end of some that are too large. */
INLINE void weigh(const enum know know, const struct hw_attn *a,
    const struct step *s, const struct rows *at, size_t r, vi *all)
{
	char *to = at->weights + r * 64;
	vi x[2];

	weigh_row(know, x, a, s, at, r);
	*all = vi_or(*all, vi_or(x[0], x[1]));
	vi_store(to, bent(x[0]));
	vi_store(to + TILE, bent(x[1]));
}

/* References of the first n rows move where weights are too large, which then
 * are made once more. */
static __attribute__((noinline)) void weigh_again(struct work *w,
    const struct hw_attn *a, struct step *s, size_t n)
{
	struct rows at = rows_of(w, s);

	for (size_t r = 0; r < n; r++) {
		vi x[2], all = vi_set(0);

		weigh_row(NOTHING, x, a, s, &at, r);
		if (!too_large(vi_or(x[0], x[1])))
			continue;
		move(w, a, s, r);
		weigh(NOTHING, a, s, &at, r, &all);
	}
}

#endif
