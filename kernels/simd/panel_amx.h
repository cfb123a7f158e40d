/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_PANEL_AMX_H
#define HW_KERNELS_SIMD_PANEL_AMX_H

/*
 * What only this file knows: panels times 16 rows of activations, by tiles.
 *
 * A part of a panel is a tile as it lies there, 4 bytes of 16 rows of weights
 * in each of its 8 rows (4 of half a part).  The integers that come out are
 * those of the other kernels, and are scaled and added as they are there: so
 * the bits are the same, and small jobs may take the other way.  Scaling costs
 * more than the product: a tile leaves for memory, and each of its rows takes
 * a conversion, a product of scales and a sum.
 */
#include "amx.h"
#include "piece.h"

enum {
	T_ROWS = 16,
	T_FEW = 6, /* rows of x that are not worth a tile */
};

/* 16 rows of a part of x: bytes, scales, and what offsets are multiplied with
 * (of each half). */
struct tile_part {
	int8_t q[T_ROWS][32];
	float d[T_ROWS], s[2][T_ROWS];
};
#define T_BYTES(k) ((k) / 32 * sizeof(struct tile_part))

/* Rows that are not there are 0. */
INLINE void tile_rows(struct tile_part *to, const struct job *t, size_t i0,
    const int form)
{
	const char *x = t->x + i0 * t->x_row;
	size_t n = t->m - i0 < T_ROWS ? t->m - i0 : T_ROWS;

	for (size_t i = 0; i < T_ROWS; i++, x += t->x_row) {
		const struct hw_prep_block *b = (const void *)x;

		for (size_t p = 0; p < t->parts && i >= n; p++) {
			memset(to[p].q[i], 0, sizeof(to[p].q[i]));
			to[p].d[i] = to[p].s[0][i] = to[p].s[1][i] = 0;
		}
		for (size_t p = 0; p < t->parts && i < n; p++, b++) {
			memcpy(to[p].q[i], b->q, sizeof(b->q));
			to[p].d[i] = b->d;
			if (form & HW_MINS)
				to[p].s[0][i] = offset_of(b, start(b, form,
				    0));
			if (form & HW_MINS && HALVES_OF(form) == 2)
				to[p].s[1][i] = offset_of(b, start(b, form,
				    1));
		}
	}
}

/* The integers of half h of a part. */
INLINE void tile_dot(int32_t (*to)[16], const struct tile_part *x,
    const char *panel, const int form, const int h)
{
	const int halves = HALVES_OF(form);

	amx_zero(0);
	amx_load(4, x->q[0] + h * 16, 32);
	amx_load(6, panel + (P_HEAD(form) + h * 8 / halves) * 64, 64);
	amx_dp_bytes(0, 4, 6);
	amx_store(0, to, 64);
}

/* 16 rows of x by one panel: n <= 16 columns of m <= 16 rows of y. */
INLINE void tile_block(float *y, size_t ldy, size_t m, size_t n,
    const struct tile_part *x, const char *panel, size_t parts,
    const int form)
{
	const int halves = HALVES_OF(form);
	_Alignas(64) int32_t dot[2][T_ROWS][16]; /* one ahead */
	vf sum[T_ROWS];

	UNROLL for (int i = 0; i < T_ROWS; i++)
		sum[i] = vf_set(0);
	if (parts > 0)
		tile_dot(dot[0], x, panel, form, 0);
	for (size_t p = 0; p < parts; p++, x++, panel += P_BLOCK(form))
		UNROLL for (int h = 0; h < halves; h++) {
			const size_t at = halves == 2 ? (size_t)h : p % 2;
			vf d = vf_load((const void *)(panel + h * 64));
			vf o = vf_set(0);

			if (h + 1 < halves)
				tile_dot(dot[1], x, panel, form, 1);
			else if (p + 1 < parts)
				tile_dot(dot[1 - at], x + 1, panel +
				    P_BLOCK(form), form, 0);
			if (form & HW_MINS)
				o = vf_load((const void *)(panel + (halves +
				    h) * 64));
			UNROLL for (int i = 0; i < T_ROWS; i++) {
				sum[i] = vf_fma(vi_floats(vi_load(
				    dot[at][i])), vf_mul(d, vf_set(x->d[i])),
				    sum[i]);
				if (form & HW_MINS)
					sum[i] = vf_fma(o, vf_set(x->s[h][i]),
					    sum[i]);
			}
		}
	UNROLL for (size_t i = 0; i < T_ROWS; i++)
		if (i < m)
			vf_store_n(y + i * ldy, sum[i], n);
}

/* The first rows of x by all panels; returns how many. */
INLINE size_t tile_sweep(const struct job *t, const int form)
{
	struct tile_part *x = (void *)t->tiles;
	size_t i = 0;

	if (t->m < T_FEW)
		return 0;
	amx_begin_of(T_ROWS, HALVES_OF(form) == 2 ? 16 : 32);
	for (size_t m; i + T_FEW <= t->m; i += m) {
		m = t->m - i < T_ROWS ? t->m - i : T_ROWS;
		tile_rows(x, t, i, form);
		for (size_t j = 0; j < t->n; j += 16)
			tile_block(t->y + i * t->ldy + j, t->ldy, m, t->n - j,
			    x, t->panel + j / 16 * t->panel_bytes, t->parts,
			    form);
	}
	amx_end();
	return i;
}

#endif
