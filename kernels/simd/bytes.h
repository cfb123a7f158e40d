/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_BYTES_H
#define HW_KERNELS_SIMD_BYTES_H

/* What only this file knows: when weights become panels, and when they are
 * multiplied as they come.  Who includes this says up to how many rows of
 * activations that pays: FEW_ROWS(X, of) is X of each such number; and has
 * `direct`, which does it. */
#include "panel.h"

/* mr rows of x, DOT_M at most, x_row bytes apart, by a piece in registers, as
 * it came.  Its integers are those of a panel: weights that mean `above` less
 * owe as much of the sum of x. */
INLINE void piece_times(const size_t mr, vf *sum, const struct piece *p,
    const char *x, size_t x_row, const int form, const int above)
{
	const int halves = HALVES_OF(form), groups = 8 / halves;
	const int chains = mr < 3 ? 2 : 1; /* one would wait for itself */

	UNROLL for (int h = 0; h < halves; h++) {
		const struct hw_prep_block *xb[DOT_M];
		vi dot[DOT_M][2];
		int32_t from[DOT_M];

		UNROLL for (size_t i = 0; i < mr; i++) {
			xb[i] = (const void *)(x + i * x_row);
			from[i] = start(xb[i], form, h);
			dot[i][0] = above == SIGNED ? vi_start(from[i]) :
			    vi_set(from[i] / 128 * above);
			dot[i][1] = vi_set(0);
		}
		UNROLL for (int g = 0; g < groups; g++) {
			const vi w = p->q[h * groups + g];

			UNROLL for (size_t i = 0; i < mr; i++) {
				vi *to = &dot[i][g % chains];
				int32_t q;

				memcpy(&q, xb[i]->q + (h * groups + g) * 4, 4);
				*to = above == SIGNED ?
				    vi_dot(*to, vq_of(vq_put(w)), q) :
				    vi_dot_low(*to, w, q);
			}
		}
		UNROLL for (size_t i = 0; i < mr; i++)
			sum[i] = scaled(sum[i], chains == 1 ? dot[i][0] :
			    vi_add(dot[i][0], dot[i][1]), p->d[h], p->m[h],
			    xb[i], from[i], form);
	}
}

/* The whole product.  unpack makes a panel of 16 rows of `row` bytes; direct
 * multiplies them with all rows of x, `few` at most, not worth a detour through
 * scratch. */
typedef void unpack_fn(char *to, const char *w, size_t row);
typedef void direct_fn(const struct job *t, const char *w, size_t row);

INLINE void gemm(float *y, size_t ldy, const void *p, size_t m,
    const char *w, size_t n, size_t k, char *scratch, size_t row,
    const int form, const size_t few, unpack_fn *unpack, direct_fn *direct)
{
	struct job t = {.x = p, .panel = scratch, .ldy = ldy, .m = m,
	    .x_row = hw_prep_bytes(HW_PREP_Q8_0, k), .parts = k / 32,
	    .panel_bytes = P_BYTES(form, k)};
	char *copy = scratch + PANELS * t.panel_bytes;

	for (size_t j = 0; m <= few && j < n; j += 16) {
		t.y = y + j;
		t.n = n - j < 16 ? n - j : 16;
		direct(&t, sixteen(copy, w + j * row, t.n, row), row);
	}
	for (size_t j = 0; m > few && j < n; j += t.n) {
		t.y = y + j;
		t.n = n - j < 16 * PANELS ? n - j : 16 * PANELS;
		for (size_t r = 0; r < t.n; r += 16)
			unpack(scratch + r / 16 * t.panel_bytes, sixteen(copy,
			    w + (j + r) * row, t.n - r, row), row);
		HW_FN(panels)(&t, form);
	}
}

/* direct_TYPE, of direct for each number of rows. */
#define DIRECT(type) \
	static void direct_##type(const struct job *t, const char *w, \
	    size_t row) \
	{ \
		switch (t->m) { \
			FEW_ROWS(DIRECT_ROWS, type) \
		} \
	}
#define DIRECT_ROWS(mr, type) \
	case mr: \
		direct(mr, type, HW_FORM_##type, HW_BYTES_##type, t, w, row); \
		break;

#endif
