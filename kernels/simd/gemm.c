/* SPDX-License-Identifier: MIT
 * What only this file knows: products of floats.
 *
 * 16 rows of weights are transposed to a panel [k][16] of floats in scratch;
 * then each step of k multiplies GEMM_N vectors of weights by GEMM_M single
 * activations, whose sums stay in registers.  A lane is one element of the
 * result and adds its k products one after the other: nothing else enters,
 * whatever m, n and the neighbours.
 */
#include "rows.h"

enum { PANELS = 4 }; /* unpacked together: what HW_GEMM_SCRATCH allows */

enum type { F32, F16, BF16 };

INLINE size_t bytes_of(enum type type)
{
	return type == F32 ? 4 : 2;
}

/* 16 bytes of each row of a piece: out[c] = step c of 4 (F32) or 8. */
INLINE void widen(vf *out, enum type type, const char *piece, size_t stride)
{
	vi c[4];

	vi_rows(c, piece, stride);
	UNROLL for (int i = 0; i < 4; i++) {
		switch (type) {
		case F32:
			out[i] = vi_as_floats(c[i]);
			break;
		case F16:
			vf_pairs_f16(out + 2 * i, c[i]);
			break;
		case BF16:
			out[2 * i] = vi_as_floats(vi_shl(c[i], 16));
			out[2 * i + 1] = vi_as_floats(vi_and(c[i],
			    vi_set((int32_t)0xffff0000)));
			break;
		}
	}
}

/* A panel of n rows; writes up to 7 steps beyond k. */
INLINE void unpack(float *to, enum type type, const char *w, size_t n,
    size_t k)
{
	const size_t size = bytes_of(type), step = 16 / size, row = k * size;
	const int copy = !in_place(n, row, 16);
	const char *next = w + AHEAD * row;
	char piece[16][SEG];
	vf v[8];

	for (size_t c = 0; c < k; c += step, to += step * 16, next += 256) {
		size_t at = c * size % SEG;

		soon(next, 256); /* 16 bytes of 16 rows */
		if (copy && at == 0)
			fetch(piece, w, n, row, c * size);
		if (copy)
			widen(v, type, piece[0] + at, SEG);
		else
			widen(v, type, w + c * size, row);
		UNROLL for (size_t i = 0; i < step; i++)
			vf_store(to + i * 16, v[i]);
	}
}

/* One row of x by nr panels: not worth a detour through scratch. */
INLINE void direct(const size_t nr, enum type type, float *y, const float *x,
    const char *w, size_t n, size_t k)
{
	const size_t size = bytes_of(type), step = 16 / size, row = k * size;
	const int copy = !in_place(n - (nr - 1) * 16, row, 16);
	const char *next = w + AHEAD * row;
	char piece[PANELS][16][SEG];
	vf sum[PANELS], v[8];

	UNROLL for (size_t j = 0; j < nr; j++)
		sum[j] = vf_set(0);
	for (size_t c = 0; c < k; c += step) {
		size_t at = c * size % SEG;

		for (size_t j = 0; copy && at == 0 && j < nr; j++)
			fetch(piece[j], w + j * 16 * row, n - j * 16, row,
			    c * size);
		soon(next, nr * 256); /* 16 bytes of 16 rows */
		next += nr * 256;
		UNROLL for (size_t j = 0; j < nr; j++) {
			if (copy)
				widen(v, type, piece[j][0] + at, SEG);
			else
				widen(v, type, w + j * 16 * row + c * size,
				    row);
			UNROLL for (size_t i = 0; i < step; i++)
				if (c + step <= k || c + i < k)
					sum[j] = vf_fma(vf_set(x[c + i]),
					    v[i], sum[j]);
		}
	}
	UNROLL for (size_t j = 0; j < nr; j++)
		vf_store_n(y + j * 16, sum[j], n - j * 16 < 16 ? n - j * 16 :
		    16);
}

/* mr rows of x by nr panels. */
INLINE void block(const size_t mr, const size_t nr, float *y, size_t ldy,
    size_t n, const char *x, size_t x_row, const float *panel, size_t k,
    size_t panel_floats)
{
	vf sum[GEMM_M][GEMM_N], w[GEMM_N];

	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t j = 0; j < nr; j++)
			sum[i][j] = vf_set(0);
	for (size_t c = 0; c < k; c++) {
		UNROLL for (size_t j = 0; j < nr; j++)
			w[j] = vf_load(panel + j * panel_floats + c * 16);
		UNROLL for (size_t i = 0; i < mr; i++) {
			vf a = vf_set(((const float *)(const void *)(x +
			    i * x_row))[c]);

			UNROLL for (size_t j = 0; j < nr; j++)
				sum[i][j] = vf_fma(a, w[j], sum[i][j]);
		}
	}
	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t j = 0; j < nr; j++) {
			if (n >= j * 16 + 16)
				vf_store(y + i * ldy + j * 16, sum[i][j]);
			else if (n > j * 16)
				vf_store_n(y + i * ldy + j * 16, sum[i][j],
				    n - j * 16);
		}
}

struct job {
	float *y;
	const char *x;
	const float *panel;
	size_t ldy, m, n, x_row, k, panel_floats;
};

/* All rows of x by nr panels. */
INLINE void sweep(const struct job *t, const size_t nr)
{
	for (size_t i = 0, rows; i < t->m; i += rows) {
		rows = rows_of_block(t->m - i, GEMM_M);
		switch (rows) {
#define BLOCK(mr, t) \
		case mr: \
			block(mr, nr, t->y + i * t->ldy, t->ldy, t->n, \
			    t->x + i * t->x_row, t->x_row, t->panel, t->k, \
			    t->panel_floats); \
			break;
			GEMM_ROWS(BLOCK, t)
#undef BLOCK
		}
	}
}

static void sweep_panels(struct job t)
{
	while (t.n > 0) {
		size_t n = t.n > 16 * (GEMM_N - 1) ? 16 * GEMM_N : 16;

		if (n == 16)
			sweep(&t, 1);
		else
			sweep(&t, GEMM_N);
		n = n < t.n ? n : t.n;
		t.n -= n;
		t.y += n;
		t.panel += n / 16 * t.panel_floats;
	}
}

INLINE void gemm(enum type type, float *y, size_t ldy, const void *p,
    size_t m, const char *w, size_t n, size_t k, float *scratch)
{
	struct job t = {.x = p, .panel = scratch, .ldy = ldy, .m = m,
	    .x_row = hw_prep_bytes(HW_PREP_F32, k), .k = k,
	    /* Whole steps of 8, and one line more: see hw_prep_bytes. */
	    .panel_floats = (k + 8) / 8 * 8 * 16 + 16};
	size_t row = k * bytes_of(type), j = 0;

	for (; m == 1 && j + 32 <= n; j += 32)
		direct(2, type, y + j, p, w + j * row, 32, k);
	for (; m == 1 && j < n; j += t.n) {
		t.n = n - j < 16 ? n - j : 16;
		direct(1, type, y + j, p, w + j * row, t.n, k);
	}
	for (; j < n; j += t.n) {
		t.n = n - j < 16 * PANELS ? n - j : 16 * PANELS;
		for (size_t r = 0; r < t.n; r += 16)
			unpack(scratch + r / 16 * t.panel_floats, type,
			    w + (j + r) * row, t.n - r, k);
		t.y = y + j;
		sweep_panels(t);
	}
}

#define GEMM(op, type) \
	void HW_FN(op)(float *y, size_t ldy, const void *p, size_t m, \
	    const void *w, size_t n, size_t k, void *scratch) \
	{ \
		gemm(type, y, ldy, p, m, w, n, k, scratch); \
	}
GEMM(gemm_f32, F32)
GEMM(gemm_f16, F16)
GEMM(gemm_bf16, BF16)
