/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_PAIRS_AMX_H
#define HW_KERNELS_SIMD_PAIRS_AMX_H

/*
 * What only this file knows: products of pairs of bf16 by tiles.
 *
 * 16 rows of weights become a panel in scratch: vectors, each a pair (k, k + 1)
 * of every row; 16 of them, 32 steps of k, are a tile.  How they come out of a
 * type is the business of who includes this.
 *
 * The order of additions is that of the instruction: two chains over the 32
 * steps, of even and of odd ones, each from 0, whose sum is added.  One row of
 * activations goes the same way, on tiles of one row.
 */
#include "amx.h"
#include "pairs.h"
#include "piece.h"

/* ---- tiles --------------------------------------------------------------- */

/* A tile of sums to m x n elements of y. */
#define SUMS_TO(tile, y, m, n) do { \
	if ((n) >= 16) { \
		amx_store(tile, y, t->ldy * 4); \
	} else { \
		amx_store(tile, edge, 64); \
		for (size_t r = 0; r < (m); r++) \
			vf_store_n((y) + r * t->ldy, vf_load(edge[r]), n); \
	} \
} while (0)

/* ma tiles of rows by nb panels.  All loads of a step first: never slower, and
 * faster where k is large (measured). */
INLINE void tiles(const int ma, const int nb, const struct job *t, float *y,
    const char *x, const char *panel, size_t m, size_t n)
{
	_Alignas(64) float edge[16][16];

	amx_zero(0);
	amx_zero(1);
	amx_zero(2);
	amx_zero(3);
	for (size_t g = 0; g < t->groups; g++, x += STEPS * 2,
	    panel += GROUP) {
		amx_load(4, x, t->x_row);
		if (ma == 2)
			amx_load(5, x + 16 * t->x_row, t->x_row);
		amx_load(6, panel, 64);
		if (nb == 2)
			amx_load(7, panel + t->panel_bytes, 64);
		amx_dp_bf16(0, 4, 6);
		if (nb == 2)
			amx_dp_bf16(1, 4, 7);
		if (ma == 2)
			amx_dp_bf16(2, 5, 6);
		if (ma == 2 && nb == 2)
			amx_dp_bf16(3, 5, 7);
	}
	SUMS_TO(0, y, m, n);
	if (ma == 2)
		SUMS_TO(2, y + 16 * t->ldy, m, n);
	if (nb == 2)
		SUMS_TO(1, y + 16, m, n - 16);
	if (ma == 2 && nb == 2)
		SUMS_TO(3, y + 16 * t->ldy + 16, m, n - 16);
}

/* m rows of each of ma tiles, from row i on, by all panels. */
INLINE void sweep(const int ma, const struct job *t, size_t i, size_t m)
{
	const char *panel = t->panel, *x = t->x + i * t->x_row;
	float *y = t->y + i * t->ldy;
	size_t n = t->n;

	for (; n > 16; n = n < 32 ? 0 : n - 32, y += 32,
	    panel += 2 * t->panel_bytes)
		tiles(ma, 2, t, y, x, panel, m, n);
	if (n > 0)
		tiles(ma, 1, t, y, x, panel, m, n);
}

static void sweep_panels(const struct job *t)
{
	size_t i = 0;

	if (t->m >= 16) {
		amx_begin();
		for (; i + 32 <= t->m; i += 32)
			sweep(2, t, i, 16);
		for (; i + 16 <= t->m; i += 16)
			sweep(1, t, i, 16);
		amx_end();
	}
	if (i < t->m) {
		amx_begin_of(t->m - i);
		sweep(1, t, i, t->m - i);
		amx_end();
	}
}

/* The whole product, of weights whose rows are `row` bytes.  unpack makes a
 * panel of n <= 16 rows; `spare` has room for copies of them. */
typedef void unpack_fn(char *to, const char *w, size_t n, size_t row,
    char *spare);

INLINE void gemm_pairs(float *y, size_t ldy, const void *p, size_t m,
    const char *w, size_t n, size_t k, char *scratch, size_t row,
    unpack_fn *unpack)
{
	struct job t = job_of(p, m, k, ldy, scratch);

	for (size_t j = 0; m > 0 && j < n; j += t.n) {
		t.n = n - j < 16 * PANELS ? n - j : 16 * PANELS;
		for (size_t r = 0; w != NULL && r < t.n; r += 16,
		    w += 16 * row)
			unpack(scratch + r / 16 * t.panel_bytes, w,
			    t.n - r < 16 ? t.n - r : 16, row, scratch +
			    PANELS * t.panel_bytes);
		t.y = y + j;
		sweep_panels(&t);
	}
}

/* ---- from integers and their scales -------------------------------------- */

/* Scales and offsets as pairs want them: each twice, of the first and of the
 * last 8 rows. */
struct twice {
	vf of[2];
};

INLINE struct twice twice(vf x)
{
	const vi first = _mm512_set_epi32(7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2,
	    1, 1, 0, 0);

	return (struct twice){{_mm512_permutexvar_ps(first, x),
	    _mm512_permutexvar_ps(vi_add(first, vi_set(8)), x)}};
}

/* Bytes 2 i and 2 i + 1 of 8 rows, of those in a vector of 4 of 16 rows, as
 * floats that are 2^24 times what they mean: a byte at the top of an integer
 * brings its sign. */
INLINE vf two_of_8(vi q, int i, int last)
{
	const vi first = _mm512_set_epi32(29 << 24, 28 << 24, 25 << 24,
	    24 << 24, 21 << 24, 20 << 24, 17 << 24, 16 << 24, 13 << 24,
	    12 << 24, 9 << 24, 8 << 24, 5 << 24, 4 << 24, 1 << 24, 0);
	vi from = vi_add(first, vi_set((2 * i + 32 * last) << 24));

	return vi_floats(_mm512_maskz_permutexvar_epi8(0x8888888888888888,
	    from, q));
}

/* 2 vectors of pairs, of 4 bytes of 16 rows: d q + m, rounded. */
INLINE void store_two(char *to, vi q, const struct twice *d,
    const struct twice *m)
{
	UNROLL for (int i = 0; i < 2; i++) {
		vf v[2];

		UNROLL for (int last = 0; last < 2; last++)
			v[last] = vf_fma(two_of_8(q, i, last), d->of[last],
			    m->of[last]);
		vi_store(to + i * 64, (vi)_mm512_cvtne2ps_pbh(v[1], v[0]));
	}
}

/* A part in its place: 16 vectors of pairs. */
#define PART_BYTES(form) GROUP
INLINE void put_part(char *to, const struct piece *p, const int form,
    const int above)
{
	const int halves = HALVES_OF(form), groups = 8 / halves;

	UNROLL for (int h = 0; h < halves; h++) {
		vf offset = form & HW_MINS ? p->m[h] : vf_set(0);
		struct twice d, m;

		if (above > 0)
			offset = vf_fma(p->d[h], vf_set(-(float)above),
			    offset);
		d = twice(vf_mul(p->d[h], vf_set(0x1p-24f)));
		m = twice(offset);
		UNROLL for (int g = h * groups; g < (h + 1) * groups; g++)
			store_two(to + 2 * g * 64, p->q[g], &d, &m);
	}
}

/* The product, of a type that unpack(type, form, bytes of a block, to, w, row)
 * makes a panel of. */
#define GEMM_PAIRS(type) \
	static void unpack_##type(char *to, const char *w, size_t n, \
	    size_t row, char *spare) \
	{ \
		unpack(type, HW_FORM_##type, HW_BYTES_##type, to, \
		    sixteen(spare, w, n, row), row); \
	} \
	void HW_FN(gemm_##type##_pairs)(float *y, size_t ldy, const void *p, \
	    size_t m, const void *w, size_t n, size_t k, void *scratch) \
	{ \
		gemm_pairs(y, ldy, p, m, w, n, k, scratch, \
		    k / HW_ELEMS_##type * HW_BYTES_##type, \
		    unpack_##type); \
	}

#endif
