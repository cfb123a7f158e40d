/* SPDX-License-Identifier: MIT
 * What only this file knows: products of floats.
 *
 * 16 rows of weights are transposed to a panel [k][16] of floats in scratch;
 * then each step of k multiplies GEMM_N vectors of weights by GEMM_M single
 * activations, whose sums stay in registers.  A lane is one element of the
 * result and adds its k products one after the other: nothing else enters,
 * whatever m, n and the neighbours.
 */
#include "vec.h"

enum { PANELS = 4 }; /* unpacked together: what HW_GEMM_SCRATCH allows */

enum type { F32, F16, BF16 };

INLINE size_t bytes_of(enum type type)
{
	return type == F32 ? 4 : 2;
}

/* 16 bytes of each of 16 rows: 4 or 8 steps of k. */
INLINE void unpack_step(float *to, enum type type, const char *const *rows,
    size_t at)
{
	vi c[4];

	vi_rows(c, rows, at);
	UNROLL for (int i = 0; i < 4; i++) {
		switch (type) {
		case F32:
			vf_store(to + i * 16, vi_as_floats(c[i]));
			break;
		case F16:
			vf_store(to + i * 32, vf_low_f16(c[i]));
			vf_store(to + i * 32 + 16,
			    vf_low_f16(vi_shr(c[i], 16)));
			break;
		case BF16:
			vf_store(to + i * 32, vi_as_floats(vi_shl(c[i], 16)));
			vf_store(to + i * 32 + 16, vi_as_floats(vi_and(c[i],
			    vi_set((int32_t)0xffff0000))));
			break;
		}
	}
}

/* A panel of n <= 16 rows; the lanes of absent rows repeat the first. */
INLINE void unpack(float *to, enum type type, const char *w, size_t n,
    size_t k)
{
	const size_t size = bytes_of(type), step = 16 / size;
	const char *rows[16], *tails[16];
	char tail[16][16];
	size_t c = 0;

	for (size_t r = 0; r < 16; r++)
		rows[r] = w + (r < n ? r : 0) * k * size;
	for (; c + step <= k; c += step)
		unpack_step(to + c * 16, type, rows, c * size);
	if (c == k)
		return;
	memset(tail, 0, sizeof(tail));
	for (size_t r = 0; r < 16; r++) {
		memcpy(tail[r], rows[r] + c * size, (k - c) * size);
		tails[r] = tail[r];
	}
	unpack_step(to + c * 16, type, tails, 0);
}

/* mr rows of x by nr panels. */
INLINE void block(const size_t mr, const size_t nr, float *y, size_t ldy,
    size_t n, const char *x, size_t x_row, const float *panel, size_t k,
    size_t panel_floats)
{
	vf sum[GEMM_M][PANELS], w[PANELS];

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

/* All rows of x by nr panels, in blocks of ever fewer rows. */
INLINE void sweep(const struct job *t, const size_t nr)
{
	size_t i = 0;

#define ROWS(mr) \
	for (; i + mr <= t->m; i += mr) \
		block(mr, nr, t->y + i * t->ldy, t->ldy, t->n, \
		    t->x + i * t->x_row, t->x_row, t->panel, t->k, \
		    t->panel_floats)
	ROWS(GEMM_M);
	ROWS(GEMM_M / 2);
	ROWS(2);
	ROWS(1);
#undef ROWS
}

/* Few rows need more panels side by side to keep the multipliers busy. */
static void sweep_many(const struct job *t)
{
	size_t i = 0;

#define ROWS(mr) \
	for (; i + mr <= t->m; i += mr) \
		block(mr, PANELS, t->y + i * t->ldy, t->ldy, t->n, \
		    t->x + i * t->x_row, t->x_row, t->panel, t->k, \
		    t->panel_floats)
	ROWS(2);
	ROWS(1);
#undef ROWS
}

static void sweep_panels(struct job t)
{
	if (t.m <= 2 && t.n > 16 * (PANELS - 1)) {
		sweep_many(&t);
		return;
	}
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
	size_t row = k * bytes_of(type);

	for (size_t j = 0; j < n; j += t.n) {
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
