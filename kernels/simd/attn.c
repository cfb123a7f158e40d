/* SPDX-License-Identifier: MIT
 * What only this file knows: attention by blocks of queries and groups of
 * tiles.
 *
 * A group of tiles is widened to floats in scratch and serves all queries.
 * Neighbouring queries with the same band inside the group (the heads of one
 * token; away from the edges all of them) form a block of up to ATTN_M, for
 * which a load of keys or values is used ATTN_M times.
 *
 * The result must not depend on blocks and groups.  So a score is one chain
 * over d; the state moves tile by tile (see struct hw_attn); and an element of
 * acc is one chain over the visible keys in order, broken only where the
 * reference maximum moves.  Invisible keys enter no chain.
 */
#include "attn.h"

#include "c/half.h"

/* ---- widening ------------------------------------------------------------ */

/* The d * 16 elements of a tile of F16: K and V alike. */
static void widen_f16(float *to, const char *tile, size_t d)
{
	for (size_t i = 0; i < d * HW_TILE; i += 16)
		vf_store(to + i, vf_f16(tile + i * 2));
}

/* `rows` rows of n pairs of bf16 become two each. */
static void widen_bf16(float *to, const char *tile, size_t rows, size_t n)
{
	for (size_t r = 0; r < rows; r++, to += 2 * n, tile += 4 * n)
		for (size_t i = 0; i < n; i += 16) {
			size_t m = n - i < 16 ? n - i : 16;
			vi x = vi_bits(vf_load_n((const void *)(tile + 4 * i),
			    m));

			vf_store_n(to + i, even(x), m);
			vf_store_n(to + n + i, odd(x), m);
		}
}

static void widen_k_q8_0(float *to, const char *tile, size_t d)
{
	const char *scales = tile + d * HW_TILE;

	for (size_t i = 0; i < d; i++)
		vf_store(to + i * HW_TILE, vf_mul(vf_i8(tile + i * HW_TILE),
		    vf_f16(scales + i / 32 * HW_TILE * 2)));
}

static void widen_v_q8_0(float *to, const char *tile, size_t d)
{
	const char *scale = tile + d * HW_TILE;

	for (size_t i = 0; i < d * HW_TILE; i += 32, scale += 2) {
		vf s = vf_set(hw_f16(hw_u16_at(scale)));

		vf_store(to + i, vf_mul(vf_i8(tile + i), s));
		vf_store(to + i + 16, vf_mul(vf_i8(tile + i + 16), s));
	}
}

/* Keys and values of a group as floats: where they are, or in scratch. */
struct group {
	const float *k, *v;
	size_t n; /* keys */
	int64_t first; /* index of key 0 */
};

INLINE struct group group(enum hw_kv type, const char *k, const char *v,
    size_t tiles, size_t d, float *scratch)
{
	float *kf = scratch, *vals = scratch + KEYS * d;
	size_t bytes = hw_tile_bytes(type, d);

	if (type == HW_KV_F32)
		return (struct group){(const void *)k, (const void *)v,
		    tiles * HW_TILE, 0};
	for (size_t t = 0; t < tiles; t++, k += bytes, v += bytes) {
		float *kt = kf + t * HW_TILE * d, *vt = vals + t * HW_TILE * d;

		if (type == HW_KV_Q8_0) {
			widen_k_q8_0(kt, k, d);
			widen_v_q8_0(vt, v, d);
		} else if (type == HW_KV_BF16) {
			widen_bf16(kt, k, d / 2, HW_TILE);
			widen_bf16(vt, v, HW_TILE / 2, d);
		} else {
			widen_f16(kt, k, d);
			widen_f16(vt, v, d);
		}
	}
	return (struct group){kf, vals, tiles * HW_TILE, 0};
}

/* ---- scores -------------------------------------------------------------- */

/* s[i][..] = scores of mr queries with nt tiles. */
INLINE void score(const size_t mr, const size_t nt, float (*s)[KEYS],
    const float *q, const float *k, size_t d)
{
	vf sum[ATTN_M][GROUP], w[GROUP];

	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t t = 0; t < nt; t++)
			sum[i][t] = vf_set(0);
	for (size_t c = 0; c < d; c++) {
		UNROLL for (size_t t = 0; t < nt; t++)
			w[t] = vf_load(k + (t * d + c) * HW_TILE);
		UNROLL for (size_t i = 0; i < mr; i++) {
			vf a = vf_set(q[i * d + c]);

			UNROLL for (size_t t = 0; t < nt; t++)
				sum[i][t] = vf_fma(a, w[t], sum[i][t]);
		}
	}
	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t t = 0; t < nt; t++)
			vf_store(s[i] + t * HW_TILE, sum[i][t]);
}

/* Scores of m queries with tiles t0 .. t1 - 1. */
static void scores(size_t m, float (*s)[KEYS], const float *q, const float *k,
    size_t d, size_t t0, size_t t1)
{
	for (; t0 < t1; t0 += ATTN_N) {
		const float *kt = k + t0 * HW_TILE * d;
		float (*st)[KEYS] = (void *)(s[0] + t0 * HW_TILE);
		size_t i = 0;

		if (ATTN_N > 1 && t1 - t0 < ATTN_N) {
			for (; t0 < t1; t0++, kt += HW_TILE * d) {
				st = (void *)(s[0] + t0 * HW_TILE);
				i = 0;
				for (; i + ATTN_M <= m; i += ATTN_M)
					score(ATTN_M, 1, st + i, q + i * d,
					    kt, d);
				for (; i < m; i++)
					score(1, 1, st + i, q + i * d, kt, d);
			}
			return;
		}
		for (; i + ATTN_M <= m; i += ATTN_M)
			score(ATTN_M, ATTN_N, st + i, q + i * d, kt, d);
		for (; i + 3 <= m; i += 3)
			score(3, ATTN_N, st + i, q + i * d, kt, d);
		for (; i < m; i++)
			score(1, ATTN_N, st + i, q + i * d, kt, d);
	}
}

/* ---- values -------------------------------------------------------------- */

/* acc[i][..] += sum over keys j0 <= j < j1 of p[i][j] v[j][..], for mr queries
 * and nv vectors of 16 dimensions, the last one of n. */
INLINE void values(const size_t mr, const size_t nv, float *acc, size_t d,
    const float (*p)[KEYS], const float *v, size_t j0, size_t j1, size_t n)
{
	vf sum[ATTN_M][GROUP], w[GROUP];

	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t c = 0; c < nv; c++)
			sum[i][c] = c + 1 < nv || n == 16 ?
			    vf_load(acc + i * d + c * 16) :
			    vf_load_n(acc + i * d + c * 16, n);
	for (size_t j = j0; j < j1; j++) {
		UNROLL for (size_t c = 0; c < nv; c++)
			w[c] = c + 1 < nv || n == 16 ?
			    vf_load(v + j * d + c * 16) :
			    vf_load_n(v + j * d + c * 16, n);
		UNROLL for (size_t i = 0; i < mr; i++) {
			vf a = vf_set(p[i][j]);

			UNROLL for (size_t c = 0; c < nv; c++)
				sum[i][c] = vf_fma(a, w[c], sum[i][c]);
		}
	}
	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t c = 0; c < nv; c++) {
			if (c + 1 < nv || n == 16)
				vf_store(acc + i * d + c * 16, sum[i][c]);
			else
				vf_store_n(acc + i * d + c * 16, sum[i][c],
				    n);
		}
}

INLINE void values_rows(const size_t mr, float *acc, size_t d,
    const float (*p)[KEYS], const float *v, size_t j0, size_t j1)
{
	/* One query has registers for more dimensions, and needs them: each
	 * vector is a chain. */
	const size_t nv = mr == 1 ? 4 : ATTN_N;
	size_t c = 0;

	for (; c + 16 * nv <= d; c += 16 * nv)
		values(mr, nv, acc + c, d, p, v + c, j0, j1, 16);
	for (; c + 16 <= d; c += 16)
		values(mr, 1, acc + c, d, p, v + c, j0, j1, 16);
	if (c < d)
		values(mr, 1, acc + c, d, p, v + c, j0, j1, d - c);
}

/* ---- the softmax, one query and one group -------------------------------- */

/* Scores to weights.  Where the reference maximum moves, what is pending is
 * added to acc and rescaled; returns the first key still pending. */
static size_t weigh(struct hw_attn *a, size_t i, float (*s)[KEYS],
    const struct group *g, size_t j0, size_t j1)
{
	const float *v = g->v;
	float *acc = a->acc + i * a->d, max = a->max[i], sum = a->sum[i];
	size_t pending = j0;

	for (size_t j = j0 / HW_TILE * HW_TILE; j < j1; j += HW_TILE) {
		size_t from = j0 > j ? j0 - j : 0;
		size_t to = j1 - j < HW_TILE ? j1 - j : HW_TILE;
		vf x = adjust(a, i, vf_load(*s + j), g->first + (int64_t)j);

		/* Then their weight, 2^-126, is lost in a sum of 1 or more. */
		if (from > 0 || to < HW_TILE)
			x = vf_band(x, vf_set(-INFINITY), from, to);
		if (vf_any_above(x, max + HW_ATTN_SLACK)) {
			float top = vf_max_all(x), down = exp2f(max - top);

			values_rows(1, acc, a->d, (const float (*)[KEYS])s,
			    v, pending, j > j0 ? j : j0);
			pending = j > j0 ? j : j0;
			max = top;
			sum *= down;
			scale_acc(a, i, down);
		}
		x = vf_exp2(vf_sub(x, vf_set(max)));
		vf_store(*s + j, x);
		sum += vf_sum_all(x);
	}
	a->max[i] = max;
	a->sum[i] = sum;
	return pending;
}

/* ---- blocks -------------------------------------------------------------- */

/* Queries i .. i + m - 1, m <= ATTN_M, all with the band j0 .. j1 - 1. */
static void fold_block(struct hw_attn *a, size_t i, size_t m,
    const struct group *g, size_t j0, size_t j1)
{
	float s[ATTN_M][KEYS];
	const float (*p)[KEYS] = (const float (*)[KEYS])s;
	float *acc = a->acc + i * a->d;
	size_t d = a->d, pending[ATTN_M], moved = 0;

	scores(m, s, a->q + i * d, g->k, d, j0 / HW_TILE,
	    (j1 + HW_TILE - 1) / HW_TILE);
	for (size_t r = 0; r < m; r++) {
		pending[r] = weigh(a, i + r, s + r, g, j0, j1);
		moved += pending[r] != j0;
	}
	for (size_t r = 0, n; r < m; r += n) {
		size_t from = pending[r];

		n = moved != 0 || m - r < 3 ? 1 : m - r < ATTN_M ? 3 : ATTN_M;
		if (n == ATTN_M)
			values_rows(ATTN_M, acc + r * d, d, p + r, g->v, from,
			    j1);
		else if (n == 3)
			values_rows(3, acc + r * d, d, p + r, g->v, from, j1);
		else
			values_rows(1, acc + r * d, d, p + r, g->v, from, j1);
	}
}

static int seen(const struct hw_attn *a, int64_t first, size_t n)
{
	size_t j0;

	for (size_t i = 0; i < a->m; i++)
		if (band(a, i, first, n, &j0) != 0)
			return 1;
	return 0;
}

static void fold_group(struct hw_attn *a, const struct group *g,
    int64_t first)
{
	for (size_t i = 0, n; i < a->m; i += n) {
		size_t j0, j1 = band(a, i, first, g->n, &j0);

		n = same_band(a, i, ATTN_M, first, g->n);
		if (j1 != 0)
			fold_block(a, i, n, g, j0, j1);
	}
}

INLINE void attend(enum hw_kv type, struct hw_attn *a, const char *k,
    const char *v, size_t n_tiles, int64_t first, float *scratch)
{
	size_t bytes = hw_tile_bytes(type, a->d);

	for (size_t t = 0, n; t < n_tiles; t += n, first += KEYS) {
		struct group g;

		n = n_tiles - t < GROUP ? n_tiles - t : GROUP;
		if (!seen(a, first, n * HW_TILE))
			continue;
		g = group(type, k + t * bytes, v + t * bytes, n, a->d,
		    scratch);
		g.first = first;
		fold_group(a, &g, first);
	}
}

#define ATTN(op, type) \
	void HW_FN(op)(struct hw_attn *a, const void *k, const void *v, \
	    size_t n_tiles, int64_t first, void *scratch) \
	{ \
		attend(type, a, k, v, n_tiles, first, scratch); \
	}
ATTN(attn_f32, HW_KV_F32)
ATTN(attn_f16, HW_KV_F16)
ATTN(attn_bf16, HW_KV_BF16)
ATTN(attn_q8_0, HW_KV_Q8_0)
