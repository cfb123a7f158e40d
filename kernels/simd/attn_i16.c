/* SPDX-License-Identifier: MIT
 * What only this file knows: attention in 16-bit integers, two products a lane.
 *
 * Queries become integers once a call.  A score is an exact integer times two
 * scales.  Weights are floats; times the scales of their values they become
 * integers too, a tile at a time, with the largest of the tile as the measure;
 * so what a tile adds to an element of acc is one exact integer times one
 * scale, and acc is one chain over tiles.  Nothing depends on which tiles and
 * which queries were looked at together.
 *
 * An unseen key's weight is the integer 0, whatever its slot holds: integers
 * cannot be NaN.
 */
#include "attn.h"
#include "put.h"

#include "c/half.h"

/* Queries of a block: with GROUP vectors each, sums that registers hold. */
enum { ROWS = 4 };

/* ---- one token's key and value ------------------------------------------- */

/* One tree of chains: always the same. */
static float vector_length(const float *x, size_t d)
{
	vf sum = vf_set(0);

	for (size_t i = 0; i < d; i += 16) {
		vf a = vf_load_n(x + i, d - i);

		sum = vf_fma(a, a, sum);
	}
	return sqrtf(vf_sum_all(sum));
}

static float largest(const float *x, size_t d)
{
	vf max = vf_set(0);

	for (size_t i = 0; i < d; i += 16) {
		vf a = vf_load_n(x + i, d - i);

		max = vf_max(max, vf_max(a, vf_sub(vf_set(0), a)));
	}
	return vf_max_all(max);
}

/* What makes `most` of a size. */
INLINE float inverse(float size, float most)
{
	return size >= HW_I16_MIN ? most / size : 0;
}

static int finite(const float *x, size_t d)
{
	vf sum = vf_set(0);

	for (size_t i = 0; i < d; i += 16)
		sum = vf_fma(vf_load_n(x + i, d - i), vf_set(0), sum);
	return vf_sum_all(sum) == 0;
}

void HW_FN(kv_put_i16)(void *k, void *v, const float *kx, const float *vx,
    size_t slot, size_t d)
{
	int16_t h[16];
	float ks = vector_length(kx, d), vs = largest(vx, d);
	vf kn = vf_set(inverse(ks, HW_I16_KEY));
	vf vn = vf_set(inverse(vs, HW_I16_VALUE));

	for (size_t i = 0; i < d; i += 16) {
		size_t n = d - i < 16 ? d - i : 16;

		vi_to_i16(h, vi_rint(vf_mul(vf_load_n(kx + i, n), kn)));
		put_key(k, h, i, n, slot);
		put_value(v, vi_rint(vf_mul(vf_load_n(vx + i, n), vn)), i, n,
		    slot, d);
	}
	ks = finite(kx, d) && finite(vx, d) ? ks / HW_I16_KEY : NAN;
	vs /= HW_I16_VALUE;
	memcpy((char *)k + d * HW_TILE * 2 + slot * 4, &ks, sizeof(ks));
	memcpy((char *)v + d * HW_TILE * 2 + slot * 4, &vs, sizeof(vs));
}

/* ---- queries ------------------------------------------------------------- */

/* A query as integers; returns what one of them is worth. */
static float query_words(int16_t *to, const float *x, size_t d)
{
	float size = vector_length(x, d);
	vf n = vf_set(inverse(size, HW_I16_KEY));
	int16_t h[16];

	for (size_t c = 0; c < d; c += 16) {
		size_t left = d - c < 16 ? d - c : 16;

		vi_to_i16(h, vi_rint(vf_mul(vf_load_n(x + c, left), n)));
		memcpy(to + c, h, left * sizeof(*h));
	}
	return size / HW_I16_KEY;
}

struct queries {
	int32_t *q;   /* (m, d/2) pairs */
	float *scale; /* (m) */
};

static struct queries prepare(const struct hw_attn *a, void *scratch)
{
	struct queries r = {.scale = scratch};

	r.q = (int32_t *)(r.scale + HW_ATTN_M);
	for (size_t i = 0; i < a->m; i++)
		r.scale[i] = query_words((int16_t *)r.q + i * a->d, a->q +
		    i * a->d, a->d);
	return r;
}

/* ---- scores -------------------------------------------------------------- */

/* A group of tiles. */
struct group {
	const char *k, *v;
	size_t bytes; /* of a tile, */
	size_t body;  /* and of its integers */
	int64_t first;
};

INLINE void score(const size_t mr, const size_t nt, float (*s)[KEYS],
    const struct queries *r, size_t i0, const struct group *g, size_t t0,
    size_t d)
{
	vi sum[ROWS][GROUP], w[GROUP];
	const char *k = g->k + t0 * g->bytes;
	const int32_t *q = r->q + i0 * (d / 2);

	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t t = 0; t < nt; t++)
			sum[i][t] = vi_set(0);
	ONCE for (size_t c = 0; c < d / 2; c++) {
		UNROLL for (size_t t = 0; t < nt; t++) {
			w[t] = vi_load(k + t * g->bytes + c * 64);
			if (mr < ROWS)
				soon(k + (t + TILES_AHEAD) * g->bytes +
				    c * 64, 1);
		}
		UNROLL for (size_t i = 0; i < mr; i++) {
			vi a = vi_set(q[i * (d / 2) + c]);

			UNROLL for (size_t t = 0; t < nt; t++)
				sum[i][t] = vi_dot16(sum[i][t], w[t], a);
		}
	}
	UNROLL for (size_t t = 0; t < nt; t++) {
		vf ks = vf_load((const void *)(k + t * g->bytes + g->body));

		UNROLL for (size_t i = 0; i < mr; i++)
			vf_store(s[i] + (t0 + t) * HW_TILE,
			    vf_mul(vi_floats(sum[i][t]),
			    vf_mul(ks, vf_set(r->scale[i0 + i]))));
	}
}

INLINE void scores(const size_t mr, float (*s)[KEYS], const struct queries *r,
    size_t i, const struct group *g, size_t t0, size_t t1, size_t d)
{
	for (; t0 + ATTN_N <= t1; t0 += ATTN_N)
		score(mr, ATTN_N, s, r, i, g, t0, d);
	/* What is left together: a few sums wait for themselves. */
	if (ATTN_N > 3 && t1 - t0 == 3)
		score(mr, 3, s, r, i, g, t0, d);
	else if (ATTN_N > 2 && t1 - t0 == 2)
		score(mr, 2, s, r, i, g, t0, d);
	else if (t0 < t1)
		score(mr, 1, s, r, i, g, t0, d);
}

/* ---- the softmax of a block and one group ------------------------------- */

/* What a query makes of a group's scores. */
struct weights {
	int16_t w[KEYS];
	float scale[GROUP]; /* of a tile's weights */
	float down[GROUP];  /* rescales acc before the tile */
};

/* Move the reference maximum where a tile's largest score asks for it; ref is
 * then what the tile is measured by.  Returns whether it moved. */
INLINE int move(struct weights *to, float ref[GROUP], const float *top,
    float *max)
{
	int moved = 0;

	for (size_t t = 0; t < GROUP; t++) {
		to->down[t] = 1;
		if (top[t] > *max + HW_ATTN_SLACK) {
			to->down[t] = exp2f(*max - top[t]);
			*max = top[t];
			moved = 1;
		}
		ref[t] = *max;
	}
	return moved;
}

/* What lies outside the band in tile t becomes x. */
INLINE vf only(vf a, float x, size_t t, const size_t j[2])
{
	size_t k = t * HW_TILE;

	return vf_band(a, vf_set(x), j[0] > k ? j[0] - k : 0,
	    j[1] > k ? j[1] - k : 0);
}

/* Scores of mr queries from i on become weights, a step at a time for all of
 * them, since each step waits for the one before.  A query's band in the group
 * is j[][0] .. j[][1] - 1; all: the group is whole in every band, and nothing
 * becomes of a score.  Returns whether some down is not 1. */
INLINE int weigh(const size_t mr, const int all, struct hw_attn *a, size_t i,
    struct weights *to, float (*s)[KEYS], const struct group *g,
    size_t (*j)[2])
{
	float top[ROWS][GROUP], ref[ROWS][GROUP], add[ROWS][GROUP];
	int moved = 0;

	UNROLL for (size_t e = 0; e < mr; e++) {
		vf x[GROUP];

		UNROLL for (size_t t = 0; t < GROUP; t++) {
			x[t] = vf_load(s[e] + t * HW_TILE);
			if (all)
				continue;
			x[t] = adjust(a, i + e, x[t], g->first +
			    (int64_t)(t * HW_TILE));
			x[t] = only(x[t], -INFINITY, t, j[e]);
			vf_store(s[e] + t * HW_TILE, x[t]);
		}
		vf_max4(top[e], x);
	}
	for (size_t e = 0; e < mr; e++)
		moved |= move(&to[e], ref[e], top[e], &a->max[i + e]);
	UNROLL for (size_t e = 0; e < mr; e++) {
		vf x[GROUP], w[GROUP];

		UNROLL for (size_t t = 0; t < GROUP; t++) {
			const char *vs = g->v + t * g->bytes + g->body;

			x[t] = vf_exp2(vf_sub(vf_load(s[e] + t * HW_TILE),
			    vf_set(ref[e][t])));
			w[t] = vf_set(0);
			if (!all)
				x[t] = only(x[t], 0, t, j[e]);
			/* No scale is there beyond the last tile. */
			if (all || (t * HW_TILE < j[e][1] &&
			    (t + 1) * HW_TILE > j[e][0]))
				w[t] = vf_mul(x[t], vf_load((const void *)vs));
			if (!all)
				w[t] = only(w[t], 0, t, j[e]);
			vf_store(s[e] + t * HW_TILE, w[t]);
		}
		vf_sum4(add[e], x);
		vf_max4(top[e], w);
	}
	for (size_t e = 0; e < mr; e++)
		for (size_t t = 0; t < GROUP; t++)
			a->sum[i + e] = a->sum[i + e] * to[e].down[t] +
			    add[e][t];
	for (size_t e = 0; e < mr; e++)
		for (size_t t = 0; t < GROUP; t++) {
			to[e].scale[t] = top[e][t] * (1.f / HW_I16_VALUE);
			top[e][t] = inverse(top[e][t], HW_I16_VALUE);
		}
	UNROLL for (size_t e = 0; e < mr; e++)
		UNROLL for (size_t t = 0; t < GROUP; t++)
			vi_to_i16(to[e].w + t * HW_TILE, vi_rint(vf_mul(
			    vf_load(s[e] + t * HW_TILE),
			    vf_set(top[e][t]))));
	return moved;
}

/* ---- values -------------------------------------------------------------- */

/* acc[i][..] = acc[i][..] * down + what tiles t0 .. t1 - 1 add, for mr queries
 * and nv vectors of 16 dimensions from c on, the last one of n. */
INLINE void values(const size_t mr, const size_t nv, const int moved,
    float *acc, const struct weights *w, const struct group *g, size_t t0,
    size_t t1, size_t d, size_t c, size_t n)
{
	for (size_t t = t0; t < t1; t++) {
		const char *v = g->v + t * g->bytes + c * 4;
		vi sum[ROWS][GROUP], x[GROUP];

		UNROLL for (size_t i = 0; i < mr; i++)
			UNROLL for (size_t e = 0; e < nv; e++)
				sum[i][e] = vi_set(0);
		ONCE for (size_t j = 0; j < HW_TILE / 2; j++) {
			UNROLL for (size_t e = 0; e < nv; e++) {
				x[e] = vi_bits(some(v + (j * d + e * 16) * 4,
				    e + 1 < nv ? 16 : n));
				if (mr < ROWS)
					soon(v + TILES_AHEAD * g->bytes +
					    (j * d + e * 16) * 4, 1);
			}
			UNROLL for (size_t i = 0; i < mr; i++) {
				int32_t pair;
				vi p;

				memcpy(&pair, w[i].w + t * HW_TILE + j * 2,
				    sizeof(pair));
				p = vi_set(pair);
				UNROLL for (size_t e = 0; e < nv; e++)
					sum[i][e] = vi_dot16(sum[i][e], x[e],
					    p);
			}
		}
		UNROLL for (size_t i = 0; i < mr; i++)
			UNROLL for (size_t e = 0; e < nv; e++) {
				float *to = acc + i * d + c + e * 16;
				size_t l = e + 1 < nv ? 16 : n;
				vf y = some(to, l);

				if (moved)
					y = vf_mul(y, vf_set(w[i].down[t]));
				y = vf_fma(vi_floats(sum[i][e]),
				    vf_set(w[i].scale[t]), y);
				if (l == 16)
					vf_store(to, y);
				else
					vf_store_n(to, y, l);
			}
	}
}

INLINE void values_rows(const size_t mr, const int moved, float *acc,
    const struct weights *w, const struct group *g, size_t t0, size_t t1,
    size_t d)
{
	const size_t nv = ATTN_N == 1 && mr > 1 ? 1 : GROUP;
	size_t c = 0;

	for (; c + 16 * nv <= d; c += 16 * nv)
		values(mr, nv, moved, acc, w, g, t0, t1, d, c, 16);
	for (; c + 16 <= d; c += 16)
		values(mr, 1, moved, acc, w, g, t0, t1, d, c, 16);
	if (c < d)
		values(mr, 1, moved, acc, w, g, t0, t1, d, c, d - c);
}

/* ---- blocks -------------------------------------------------------------- */

/* mr queries from i on, whose bands lie in tiles t0 .. t1 - 1; all: see weigh,
 * j is not looked at then. */
INLINE void fold(const size_t mr, struct hw_attn *a, const struct queries *r,
    size_t i, const struct group *g, size_t (*j)[2], int all, size_t t0,
    size_t t1)
{
	float s[ROWS][KEYS], *acc = a->acc + i * a->d;
	struct weights w[ROWS];
	int moved;

	scores(mr, s, r, i, g, t0, t1, a->d);
	moved = all ? weigh(mr, 1, a, i, w, s, g, j) :
	    weigh(mr, 0, a, i, w, s, g, j);
	if (moved)
		values_rows(mr, 1, acc, w, g, t0, t1, a->d);
	else
		values_rows(mr, 0, acc, w, g, t0, t1, a->d);
}

/* As many queries from i on as one block takes, and a group of n keys. */
static size_t fold_block(struct hw_attn *a, const struct queries *r, size_t i,
    const struct group *g, size_t n, const struct edges *edges)
{
	size_t m = a->m - i < ROWS ? a->m - i : ROWS;
	int all = a->cap <= 0 && a->slope == NULL &&
	    see_all(edges, g->first, n);
	size_t from = all ? 0 : n, to = all ? n : 0, j[ROWS][2];

	if (see_none(edges, g->first, n))
		return m;
	for (size_t e = 0; e < m && !all; e++) {
		j[e][1] = band(a, i + e, g->first, n, &j[e][0]);
		if (j[e][1] == 0)
			continue;
		from = j[e][0] < from ? j[e][0] : from;
		to = j[e][1] > to ? j[e][1] : to;
	}
	from /= HW_TILE;
	to = (to + HW_TILE - 1) / HW_TILE;
	if (from >= to)
		return m;
	if (m == ROWS)
		fold(ROWS, a, r, i, g, j, all, from, to);
	else if (m == 3)
		fold(3, a, r, i, g, j, all, from, to);
	else if (m == 2)
		fold(2, a, r, i, g, j, all, from, to);
	else
		fold(1, a, r, i, g, j, all, from, to);
	return m;
}

void HW_FN(attn_i16)(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch)
{
	struct queries r = prepare(a, scratch);
	struct group g = {.bytes = hw_tile_bytes(HW_KV_I16, a->d),
	    .body = a->d * HW_TILE * 2};
	struct edges e[HW_ATTN_M / ROWS];

	find_edges(e, a, ROWS);
	for (size_t t = 0; t < n_tiles; t += GROUP, first += KEYS) {
		size_t n = n_tiles - t < GROUP ? n_tiles - t : GROUP;

		g.k = (const char *)k + t * g.bytes;
		g.v = (const char *)v + t * g.bytes;
		g.first = first;
		for (size_t i = 0; i < a->m;)
			i += fold_block(a, &r, i, &g, n * HW_TILE,
			    e + i / ROWS);
	}
}
