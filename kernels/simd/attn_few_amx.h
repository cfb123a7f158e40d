/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_ATTN_FEW_AMX_H
#define HW_KERNELS_SIMD_ATTN_FEW_AMX_H

/* What only this file knows: the chains of tiles by vectors, for so few queries
 * that tiles would be empty for the most part. */
#include "attn_amx.h"

/* What one instruction adds: a chain of even and one of odd products. */
typedef vf chains[2][FEW][GROUP];

INLINE void begin_chains(const size_t m, const size_t n, chains part)
{
	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < n; e++)
			part[0][i][e] = part[1][i][e] = vf_set(0);
}

INLINE void end_chains(const size_t m, const size_t n, vf sum[FEW][GROUP],
    chains part)
{
	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < n; e++)
			sum[i][e] = vf_add(sum[i][e], vf_add(part[0][i][e],
			    part[1][i][e]));
}

/* Link e of m chains: a pair of numbers of each row of y by the pairs x. */
INLINE void add_link(const size_t m, const size_t e, chains part,
    const float *y, size_t row, vi x)
{
	vf x0 = even(x), x1 = odd(x);

	UNROLL for (size_t i = 0; i < m; i++) {
		part[0][i][e] = vf_fma(vf_set(y[i * row]), x0, part[0][i][e]);
		part[1][i][e] = vf_fma(vf_set(y[i * row + 1]), x1,
		    part[1][i][e]);
	}
}

/* The scores of m queries with nt tiles from t on. */
INLINE void scores_few(const size_t m, const size_t nt, const struct work *w,
    const struct group *g, const struct step *s, size_t t)
{
	vf sum[FEW][GROUP];
	const size_t d = w->d;

	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nt; e++)
			sum[i][e] = vf_set(0);
	for (size_t c = 0; c < d; c += LINK) {
		const size_t end = d - c < LINK ? d - c : LINK;
		const char *k = g->k + t * g->bytes + c * HW_TILE * 2;
		chains part;

		begin_chains(m, nt, part);
		ONCE for (size_t j = 0; j < end; j += 2, k += 64)
			UNROLL for (size_t e = 0; e < nt; e++) {
				soon(k + (e + TILES_AHEAD) * g->bytes, 1);
				add_link(m, e, part, w->few + c + j,
				    w->k_tiles * LINK, vi_load(k + e *
				    g->bytes));
			}
		end_chains(m, nt, sum, part);
	}
	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nt; e++)
			vf_store((float *)(s->scores + (t + e) * TILE + i *
			    64), sum[i][e]);
}

/* What the group adds to nv vectors of dimensions from c on, the last of n. */
INLINE void values_few(const size_t m, const size_t nv, const struct work *w,
    struct hw_attn *a, const struct step *s, float (*p)[KEYS], size_t ahead,
    size_t c, size_t n)
{
	vf sum[FEW][GROUP];

	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nv; e++)
			sum[i][e] = vf_load_n(a->acc + i * w->d + c + e * 16,
			    e + 1 < nv ? 16 : n);
	for (size_t j = 0; j < KEYS; j += LINK) {
		const char *v = s->v + j / 2 * s->v_row + c * 4;
		chains part;

		begin_chains(m, nv, part);
		ONCE for (size_t r = 0; r < LINK; r += 2, v += s->v_row)
			UNROLL for (size_t e = 0; e < nv; e++) {
				const char *at = v + e * 64;
				vi x = e + 1 < nv || n == 16 ? vi_load(at) :
				    vi_bits(vf_load_n((const void *)at, n));

				soon(at + ahead, 1);
				add_link(m, e, part, p[0] + j + r, KEYS, x);
			}
		end_chains(m, nv, sum, part);
	}
	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nv; e++)
			vf_store_n(a->acc + i * w->d + c + e * 16, sum[i][e],
			    e + 1 < nv ? 16 : n);
}

/* The chains of products with ones. */
static void sum_few(float *sum, const float *p)
{
	for (size_t j = 0; j < KEYS; j += LINK) {
		float part[2] = {0, 0};

		for (size_t r = 0; r < LINK; r += 2) {
			part[0] += p[j + r];
			part[1] += p[j + r + 1];
		}
		*sum += part[0] + part[1];
	}
}

INLINE void fold_few(const size_t m, struct work *w, struct hw_attn *a,
    const struct group *g, struct step *s)
{
	int plain = a->cap <= 0 && a->slope == NULL;
	size_t c = 0, ahead = TILES_AHEAD * g->bytes;
	float p[FEW][KEYS];
	struct rows at = rows_of(w, s);
	vi all = vi_set(0);

	if (s->t1 - s->t0 == GROUP)
		scores_few(m, GROUP, w, g, s, 0);
	else
		for (size_t t = s->t0; t < s->t1; t++)
			scores_few(m, 1, w, g, s, t);
	UNROLL for (size_t i = 0; i < m; i++)
		if (plain && s->all)
			weigh(ALL, a, s, &at, i, &all);
		else if (plain)
			weigh(PLAIN, a, s, &at, i, &all);
		else
			weigh(NOTHING, a, s, &at, i, &all);
	if (too_large(all))
		weigh_again(w, a, s, m);
	for (size_t i = 0; i < m; i++)
		UNROLL for (size_t t = 0; t < GROUP; t++)
			vf_store(p[i] + t * HW_TILE, vf_bf16(s->weights + t /
			    2 * TILE + i * 64 + t % 2 * 32));
	if (s->moved)
		rescale(w, a, s, m);
	for (size_t i = 0; i < m; i++)
		sum_few(w->sum + i * 16, p[i]);
	for (; c + 64 <= w->d; c += 64)
		values_few(m, 4, w, a, s, p, ahead, c, 16);
	for (; c < w->d; c += 16)
		values_few(m, 1, w, a, s, p, ahead, c, w->d - c < 16 ?
		    w->d - c : 16);
}

#endif
