/* SPDX-License-Identifier: MIT
 * What only this file knows: products of panels by the instruction of Arm that
 * multiplies two rows of 8 bytes by two others.  A register of sums has two
 * rows of activations by two of weights:
 *   x0 w0, x0 w1, x1 w0, x1 w1
 * and each of them the chain that panels.c makes: an exact integer for a part,
 * or for half of it, scaled and added with one rounding.
 */
#include "panel.h"

enum {
	X_PAIRS = 3, /* of rows of activations in a block, */
	W_PAIRS = 4, /* and of rows of weights: half a panel */
	W_ROWS = 2 * W_PAIRS,
};
#define X_ROWS UP_TO_3

/* Two rows of activations; where there is one left, that one twice. */
struct two {
	const struct hw_prep_block *row[2];
};

INLINE int8x16_t eight_steps(const struct two *x, int at)
{
	return vcombine_s8(vld1_s8(x->row[0]->q + at),
	    vld1_s8(x->row[1]->q + at));
}

/* By rows of activations, or by rows of weights, of a register of sums. */
INLINE float32x4_t by_x(float x0, float x1)
{
	return vcombine_f32(vdup_n_f32(x0), vdup_n_f32(x1));
}

INLINE float32x4_t by_w(const float *w)
{
	float32x2_t two = vld1_f32(w);

	return vcombine_f32(two, two);
}

/* One part, or half of it, from byte `at` on: `steps` of 8. */
struct span {
	const float *d, *m; /* of the weights */
	const char *quants;
	int at, steps, half;
};

INLINE void add_span(const size_t pairs, float32x4_t sum[X_PAIRS][W_PAIRS],
    const struct two *x, const struct span *s, const int form)
{
	int32x4_t dot[X_PAIRS][W_PAIRS];

	UNROLL for (size_t i = 0; i < pairs; i++)
		UNROLL for (size_t j = 0; j < W_PAIRS; j++)
			dot[i][j] = vdupq_n_s32(0);
	UNROLL for (int g = 0; g < s->steps; g++) {
		const int8_t *q = (const int8_t *)s->quants + g * 128;
		int8x16_t w[W_PAIRS];

		UNROLL for (size_t j = 0; j < W_PAIRS; j++)
			w[j] = vld1q_s8(q + j * 16);
		UNROLL for (size_t i = 0; i < pairs; i++) {
			int8x16_t a = eight_steps(x + i, s->at + g * 8);

			UNROLL for (size_t j = 0; j < W_PAIRS; j++)
				dot[i][j] = vmmlaq_s32(dot[i][j], a, w[j]);
		}
	}
	UNROLL for (size_t i = 0; i < pairs; i++) {
		const struct hw_prep_block *a = x[i].row[0], *b = x[i].row[1];
		float32x4_t d = by_x(a->d, b->d);
		float32x4_t offset = by_x(offset_of(a, start(a, form,
		    s->half)), offset_of(b, start(b, form, s->half)));

		UNROLL for (size_t j = 0; j < W_PAIRS; j++) {
			sum[i][j] = vfmaq_f32(sum[i][j], vcvtq_f32_s32(
			    dot[i][j]), vmulq_f32(by_w(s->d + 2 * j), d));
			if (form & HW_MINS)
				sum[i][j] = vfmaq_f32(sum[i][j],
				    by_w(s->m + 2 * j), offset);
		}
	}
}

/* Row r of a pair, from its registers to n elements of y. */
INLINE void put_row(float *y, const float32x4_t *sum, int r, size_t n)
{
	float all[W_ROWS];

	UNROLL for (size_t j = 0; j < W_PAIRS; j++)
		vst1_f32(all + 2 * j, r == 0 ? vget_low_f32(sum[j]) :
		    vget_high_f32(sum[j]));
	memcpy(y, all, (n < W_ROWS ? n : W_ROWS) * sizeof(*y));
}

/* `rows` of x in some pairs, from row i0 on, by half a panel, from its row j0
 * on. */
INLINE void block(const size_t pairs, const struct job *t, size_t i0,
    size_t rows, size_t j0, const int form)
{
	const int halves = HALVES_OF(form);
	const char *part = t->panel;
	float32x4_t sum[X_PAIRS][W_PAIRS];
	struct two x[X_PAIRS];

	UNROLL for (size_t i = 0; i < pairs; i++) {
		const char *row = t->x + (i0 + 2 * i) * t->x_row;

		x[i].row[0] = (const void *)row;
		x[i].row[1] = (const void *)(2 * i + 1 < rows ?
		    row + t->x_row : row);
		UNROLL for (size_t j = 0; j < W_PAIRS; j++)
			sum[i][j] = vdupq_n_f32(0);
	}
	for (size_t b = 0; b < t->parts; b++, part += PART_BYTES(form)) {
		UNROLL for (int h = 0; h < halves; h++) {
			const float *head = (const float *)(const void *)part +
			    h * 16 + j0;
			struct span s = {.d = head, .m = head + halves * 16,
			    .steps = 4 / halves, .half = h,
			    .at = h * 32 / halves, .quants = part +
			    P_HEAD(form) * 64 + h * 512 / halves + j0 * 8};

			add_span(pairs, sum, x, &s, form);
		}
		UNROLL for (size_t i = 0; i < pairs; i++) {
			x[i].row[0]++;
			x[i].row[1]++;
		}
	}
	for (size_t r = 0; r < rows; r++)
		put_row(t->y + (i0 + r) * t->ldy + j0, sum[r / 2],
		    (int)(r % 2), t->n - j0);
}

/* All rows of x by the first panel. */
INLINE void sweep(const struct job *t, const int form)
{
	for (size_t j = 0; j < 16 && j < t->n; j += W_ROWS)
		for (size_t i = 0, rows; i < t->m; i += rows) {
			rows = t->m - i < 2 * X_PAIRS ? t->m - i : 2 * X_PAIRS;
			switch ((rows + 1) / 2) {
#define BLOCK(pairs, form) \
			case pairs: \
				block(pairs, t, i, rows, j, form); \
				break;
				X_ROWS(BLOCK, form)
#undef BLOCK
			}
		}
}

INLINE void all(struct job t, const int form)
{
	for (size_t n = t.n; n > 0; n -= t.n, t.y += t.n,
	    t.panel += t.panel_bytes) {
		t.n = n < 16 ? n : 16;
		sweep(&t, form);
	}
}

EACH_FORM(all)
