/* SPDX-License-Identifier: MIT
 * What only this file knows: attention by the vector instruction that adds the
 * products of two pairs of bf16, one after the other, to a sum.
 *
 * A score is one chain over pairs of dimensions, an element of acc one chain
 * over pairs of keys, and weights are made in fixed point (fixed.h), so that a
 * group's softmax costs little beside its products.  Blocks of four queries use
 * a load of keys or values four times.  Unseen keys have weights of 0, and
 * their values, which may be anything, are masked or not read.
 */
#include "attn.h"
#include "fixed.h"

enum { ROWS = 4 };

struct work {
	size_t d;
	uint32_t *q; /* (m, d/2) pairs */
	float *base; /* (m): what a score becomes a weight's bits with */
	int plain;   /* nothing else becomes of a score */
};

/* A group of tiles, for all queries. */
struct group {
	const char *k, *v;
	size_t n, bytes; /* keys; bytes of a tile */
	int64_t first;
};

/* What a block sees of it. */
struct step {
	size_t i;            /* its first query */
	uint64_t seen[ROWS]; /* a bit for each key */
	size_t from, to;     /* keys from .. to - 1 are seen by somebody */
};

/* The weights of a block, (ROWS, KEYS), read in pairs. */
typedef uint16_t weights[ROWS][KEYS];

INLINE vf times(vf sum, vi x, vi y)
{
	return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)y);
}

INLINE vi pair(const void *p)
{
	int32_t q;

	memcpy(&q, p, sizeof(q));
	return vi_set(q);
}

/* ---- queries and references ---------------------------------------------- */

/* acc and sum of query i, times what. */
static void scale_row(const struct hw_attn *a, size_t i, float what)
{
	scale_acc(a, i, what);
	a->sum[i] *= what;
}

/* A number that is not finite may not reach the weights: its sum tells. */
static void take_queries(const struct work *w, const struct hw_attn *a)
{
	for (size_t i = 0; i < a->m; i++) {
		const float *q = a->q + i * a->d;
		char *to = (char *)(w->q + i * (a->d / 2));
		vf zero = vf_set(0);

		for (size_t c = 0; c < a->d; c += 16) {
			size_t n = a->d - c < 16 ? a->d - c : 16;
			vf x = vf_load_n(q + c, n);
			__m256i h = (__m256i)_mm512_cvtneps_pbh(x);

			zero = vf_fma(x, vf_set(0), zero);
			memcpy(to + c * 2, &h, n * 2);
		}
		if (_mm512_cmp_ps_mask(zero, zero, _CMP_UNORD_Q) != 0)
			a->sum[i] = NAN;
	}
}

/* Where there is none, every weight is too large. */
static void take_references(struct work *w, struct hw_attn *a,
    int64_t first, size_t n)
{
	for (size_t i = 0; i < a->m; i++) {
		float max = whole_reference(a, i, first, n);

		if (max > a->max[i])
			scale_row(a, i, exp2f(a->max[i] - max));
		a->max[i] = max;
		w->base[i] = FIXED - max;
	}
}

/* ---- scores -------------------------------------------------------------- */

/* Of mr queries with nt tiles from t on. */
INLINE void score(const size_t mr, const size_t nt, vf sum[ROWS][GROUP],
    const struct work *w, size_t i, const struct group *g, size_t t)
{
	const size_t pairs = w->d / 2;
	const char *k = g->k + t * g->bytes;
	const uint32_t *q = w->q + i * pairs;

	UNROLL for (size_t r = 0; r < mr; r++)
		UNROLL for (size_t e = 0; e < nt; e++)
			sum[r][e] = vf_set(0);
	ONCE for (size_t c = 0; c < pairs; c++, k += 64) {
		vi x[GROUP];

		UNROLL for (size_t e = 0; e < nt; e++) {
			x[e] = vi_load(k + e * g->bytes);
			if (mr < ROWS)
				soon(k + (e + TILES_AHEAD) * g->bytes, 1);
		}
		UNROLL for (size_t r = 0; r < mr; r++) {
			vi y = pair(q + r * pairs + c);

			UNROLL for (size_t e = 0; e < nt; e++)
				sum[r][e] = times(sum[r][e], x[e], y);
		}
	}
}

/* The same, stored. */
INLINE void store_scores(const size_t mr, const size_t nt, float (*to)[KEYS],
    const struct work *w, size_t i, const struct group *g, size_t t)
{
	vf sum[ROWS][GROUP];

	score(mr, nt, sum, w, i, g, t);
	UNROLL for (size_t r = 0; r < mr; r++)
		UNROLL for (size_t e = 0; e < nt; e++)
			vf_store(to[r] + (t + e) * HW_TILE, sum[r][e]);
}

/* Of the tiles that a step sees, all together, for a few sums wait for
 * themselves; 0 for the others. */
INLINE void scores(const size_t mr, float (*to)[KEYS], const struct work *w,
    const struct group *g, const struct step *s)
{
	size_t t0 = s->from / HW_TILE, t1 = (s->to + HW_TILE - 1) / HW_TILE;

	for (size_t t = 0; t < GROUP; t++)
		UNROLL for (size_t r = 0; r < mr; r++)
			if (t < t0 || t >= t1)
				vf_store(to[r] + t * HW_TILE, vf_set(0));
	if (t1 - t0 == GROUP)
		store_scores(mr, GROUP, to, w, s->i, g, t0);
	else if (t1 - t0 == 3)
		store_scores(mr, 3, to, w, s->i, g, t0);
	else if (t1 - t0 == 2)
		store_scores(mr, 2, to, w, s->i, g, t0);
	else
		store_scores(mr, 1, to, w, s->i, g, t0);
}

/* ---- weights ------------------------------------------------------------- */

/* The words of a query's scores, not yet bent. */
INLINE void to_words(vi x[2], const vf y[GROUP], float base)
{
	vf b = vf_set(base);

	UNROLL for (size_t h = 0; h < 2; h++)
		x[h] = words(vf_add(y[2 * h], b), vf_add(y[2 * h + 1], b));
}

INLINE void only_seen(vi x[2], uint64_t seen)
{
	UNROLL for (size_t h = 0; h < 2; h++)
		x[h] = _mm512_maskz_mov_epi16((__mmask32)(seen >> h * 32),
		    x[h]);
}

/* Weights go to `to`; returns their sum, in lanes. */
INLINE vf put_weights(uint16_t *to, const vi x[2])
{
	const vi ones = vi_set(0x3f803f80);
	vf sum = vf_set(0);

	UNROLL for (size_t h = 0; h < 2; h++) {
		vi b = bent(x[h]);

		vi_store(to + h * 32, b);
		sum = times(sum, b, ones);
	}
	return sum;
}

/* Query i's reference, of scores y of which it has seen `seen`: its first one,
 * or another. */
static __attribute__((noinline)) void refer(const struct work *w,
    struct hw_attn *a, size_t i, const vf y[GROUP], uint64_t seen)
{
	vf top = vf_set(-INFINITY);
	float before = a->max[i];

	for (size_t t = 0; t < GROUP; t++)
		top = _mm512_mask_max_ps(top, (__mmask16)(seen >> t *
		    HW_TILE), top, y[t]);
	a->max[i] = ceilf(vf_max_all(top)) + ABOVE;
	w->base[i] = FIXED - a->max[i];
	if (before > -INFINITY)
		scale_row(a, i, power(before - a->max[i]));
}

/* A query's scores to weights, whatever it sees and wherever its reference
 * is. */
static vf weigh(const struct work *w, struct hw_attn *a, size_t i,
    const float *scores, const struct group *g, uint64_t seen, uint16_t *to)
{
	vf y[GROUP];
	vi x[2];

	for (size_t t = 0; t < GROUP; t++) {
		y[t] = vf_load(scores + t * HW_TILE);
		if (!w->plain)
			y[t] = adjust(a, i, y[t], g->first +
			    (int64_t)(t * HW_TILE));
	}
	to_words(x, y, w->base[i]);
	only_seen(x, seen);
	if (too_large(vi_or(x[0], x[1]))) {
		refer(w, a, i, y, seen);
		to_words(x, y, w->base[i]);
		only_seen(x, seen);
	}
	return put_weights(to, x);
}

/* ---- values -------------------------------------------------------------- */

/* acc[r][..] += weights by the values of keys from .. to - 1, for mr queries
 * and nv vectors of dimensions from c on, the last one of n. */
INLINE void values(const size_t mr, const size_t nv, float *acc,
    weights p, const struct group *g, size_t from, size_t to, size_t d,
    size_t c, size_t n)
{
	const vi first = vi_set(from % 2 == 0 ? -1 : (int32_t)0xffff0000);
	const vi last = vi_set(to % 2 == 0 ? -1 : 0xffff);
	vf sum[ROWS][GROUP];

	UNROLL for (size_t r = 0; r < mr; r++)
		UNROLL for (size_t e = 0; e < nv; e++)
			sum[r][e] = some(acc + r * d + c + e * 16,
			    e + 1 < nv ? 16 : n);
	ONCE for (size_t j = from / 2; j < (to + 1) / 2; j++) {
		const char *v = g->v + (j * d + c) * 4;
		vi x[GROUP];

		UNROLL for (size_t e = 0; e < nv; e++) {
			x[e] = vi_bits(some(v + e * 64, e + 1 < nv ? 16 : n));
			if (mr < ROWS)
				soon(v + TILES_AHEAD * g->bytes + e * 64, 1);
		}
		if (j == from / 2)
			UNROLL for (size_t e = 0; e < nv; e++)
				x[e] = vi_and(x[e], first);
		if (j == (to - 1) / 2)
			UNROLL for (size_t e = 0; e < nv; e++)
				x[e] = vi_and(x[e], last);
		UNROLL for (size_t r = 0; r < mr; r++) {
			vi y = pair(p[r] + 2 * j);

			UNROLL for (size_t e = 0; e < nv; e++)
				sum[r][e] = times(sum[r][e], x[e], y);
		}
	}
	UNROLL for (size_t r = 0; r < mr; r++)
		UNROLL for (size_t e = 0; e < nv; e++)
			vf_store_n(acc + r * d + c + e * 16, sum[r][e],
			    e + 1 < nv ? 16 : n);
}

INLINE void values_rows(const size_t mr, float *acc, weights p,
    const struct group *g, size_t from, size_t to, size_t d)
{
	size_t c = 0;

	for (; c + 16 * GROUP <= d; c += 16 * GROUP)
		values(mr, GROUP, acc, p, g, from, to, d, c, 16);
	for (; c < d; c += 16)
		values(mr, 1, acc, p, g, from, to, d, c, d - c < 16 ? d - c :
		    16);
}

/* ---- blocks -------------------------------------------------------------- */

/* mr queries by what they see of a group. */
INLINE void fold(const size_t mr, const struct work *w, struct hw_attn *a,
    const struct group *g, const struct step *s)
{
	float to[ROWS][KEYS], add[4];
	vf part[4] = {vf_set(0), vf_set(0), vf_set(0), vf_set(0)};
	weights p;

	scores(mr, to, w, g, s);
	for (size_t r = 0; r < mr; r++)
		part[r] = weigh(w, a, s->i + r, to[r], g, s->seen[r], p[r]);
	vf_sum4(add, part);
	for (size_t r = 0; r < mr; r++)
		a->sum[s->i + r] += add[r];
	values_rows(mr, a->acc + s->i * a->d, p, g, s->from, s->to, a->d);
}

/* The same of a whole block and a whole group that all of it sees, if its
 * references hold: false if not, and nothing is done. */
static int fold_whole(const struct work *w, struct hw_attn *a,
    const struct group *g, size_t i)
{
	vf sum[ROWS][GROUP], part[4];
	vi x[ROWS][2], all = vi_set(0);
	float add[4];
	weights p;

	score(ROWS, GROUP, sum, w, i, g, 0);
	UNROLL for (size_t r = 0; r < ROWS; r++) {
		to_words(x[r], sum[r], w->base[i + r]);
		all = vi_or(all, vi_or(x[r][0], x[r][1]));
	}
	if (too_large(all))
		return 0;
	UNROLL for (size_t r = 0; r < ROWS; r++)
		part[r] = put_weights(p[r], x[r]);
	vf_sum4(add, part);
	for (size_t r = 0; r < ROWS; r++)
		a->sum[i + r] += add[r];
	values_rows(ROWS, a->acc + i * a->d, p, g, 0, KEYS, a->d);
	return 1;
}

/* What m queries from i on see of a group.  Returns how many of them have, with
 * what lies between, no key that nobody sees. */
static size_t look(struct step *s, const struct hw_attn *a,
    const struct group *g, size_t i, size_t m)
{
	uint64_t all = 0;

	s->i = i;
	s->from = s->to = 0;
	for (size_t r = 0; r < m; r++) {
		size_t j0, j1 = band(a, i + r, g->first, g->n, &j0);
		size_t from = all == 0 || j0 < s->from ? j0 : s->from;
		size_t to = j1 > s->to ? j1 : s->to;

		s->seen[r] = bits(j1) & ~bits(j0);
		if (j1 == 0)
			continue;
		if ((all | s->seen[r]) != (bits(to) & ~bits(from)))
			return r;
		all |= s->seen[r];
		s->from = from;
		s->to = to;
	}
	return m;
}

static void fold_seen(const struct work *w, struct hw_attn *a,
    const struct group *g, size_t i, size_t m)
{
	struct step s;

	for (size_t n; m > 0; i += n, m -= n) {
		n = look(&s, a, g, i, m);
		if (s.from == s.to)
			continue;
		if (n == ROWS)
			fold(ROWS, w, a, g, &s);
		else if (n == 3)
			fold(3, w, a, g, &s);
		else if (n == 2)
			fold(2, w, a, g, &s);
		else
			fold(1, w, a, g, &s);
	}
}

static void fold_group(const struct work *w, struct hw_attn *a,
    const struct group *g, const struct edges *e)
{
	for (size_t i = 0, m; i < a->m; i += m, e++) {
		m = a->m - i < ROWS ? a->m - i : ROWS;
		if (see_none(e, g->first, g->n))
			continue;
		if (m == ROWS && w->plain && see_all(e, g->first, g->n) &&
		    fold_whole(w, a, g, i))
			continue;
		fold_seen(w, a, g, i, m);
	}
}

void hw_attn_bf16_bf16(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch)
{
	struct work w = {.d = a->d, .q = scratch,
	    .plain = a->cap <= 0 && a->slope == NULL};
	struct group g = {.bytes = hw_tile_bytes(HW_KV_BF16, a->d),
	    .first = first};
	struct edges e[HW_ATTN_M / ROWS];
	unsigned before = _mm_getcsr();

	w.base = (float *)(w.q + a->m * (a->d / 2));
	take_queries(&w, a);
	take_references(&w, a, first, n_tiles * HW_TILE);
	find_edges(e, a, ROWS);
	_mm_setcsr(before | FLUSH);
	for (size_t t = 0; t < n_tiles; t += GROUP, g.first += KEYS) {
		size_t n = n_tiles - t < GROUP ? n_tiles - t : GROUP;

		g.n = n * HW_TILE;
		g.k = (const char *)k + t * g.bytes;
		g.v = (const char *)v + t * g.bytes;
		fold_group(&w, a, &g, e);
	}
	_mm_setcsr(before);
}
