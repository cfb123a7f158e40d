/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_PANEL_H
#define HW_KERNELS_SIMD_PANEL_H

/*
 * What only this file knows: products of bytes.
 *
 * 16 rows of weights become a panel in scratch: for each part of 32 steps of
 * k its scales and offsets, a vector each, then 8 vectors of 4 bytes of each
 * row.  The integer sum over a part, or over half of it, is exact; it is scaled
 * by the product of the two scales and added to the element's lane, in order,
 * with one rounding; so is the offset times the sum of the activations.
 *
 * How a type's blocks are taken apart is the business of who includes this.
 */
#include "piece.h"

#include "c/half.h"

enum { PANELS = 4 }; /* unpacked together */

/* Into the form of panels. */
INLINE void finish(struct piece *p, const int above)
{
	UNROLL for (int g = 0; g < 8; g++) {
		if (above > 0)
			p->q[g] = vi_sub8(p->q[g], vi_set(above * 0x01010101));
		p->q[g] = vq_put(p->q[g]);
	}
}

/* Vectors of scales and offsets, and bytes of a part in a panel. */
#define P_HEAD(form) (HALVES_OF(form) * ((form) & HW_MINS ? 2 : 1))
#define PART_BYTES(form) ((size_t)(P_HEAD(form) + 8) * 64)
/* All of a panel: an odd number of lines, see hw_prep_bytes. */
#define P_BYTES(form, k) (((k) / 32 * PART_BYTES(form) / 64 | 1) * 64)

INLINE void piece_store(char *to, const struct piece *p, const int form)
{
	const int halves = HALVES_OF(form);

	UNROLL for (int h = 0; h < halves; h++) {
		vf_store((void *)(to + h * 64), p->d[h]);
		if (form & HW_MINS)
			vf_store((void *)(to + (halves + h) * 64), p->m[h]);
	}
	UNROLL for (int g = 0; g < 8; g++)
		vi_store(to + (P_HEAD(form) + g) * 64, p->q[g]);
}

/* A part in its place; what it was is lost. */
INLINE void put_part(char *to, struct piece *p, const int form,
    const int above)
{
	finish(p, above);
	piece_store(to, p, form);
}

/* What a sum over a half, or over all of the part, starts with. */
INLINE int32_t start(const struct hw_prep_block *x, const int form, int h)
{
	return !(form & HW_HALVES) ? x->bias : h == 0 ? x->half :
	    x->bias - x->half;
}

/* What offsets are multiplied with: the sum of x. */
INLINE float offset_of(const struct hw_prep_block *x, int32_t from)
{
	return (float)from * (x->d * -0x1p-7f);
}

/* All rows of x by some panels. */
struct job {
	float *y;
	const char *x, *panel;
	size_t ldy, m, n, x_row, parts, panel_bytes;
};

/* sum += d q.x + m sum x, of an integer sum that began with `from`. */
INLINE vf scaled(vf sum, vi dot, vf d, vf m, const struct hw_prep_block *x,
    int32_t from, const int form)
{
	sum = vf_fma(vi_floats(dot), vf_mul(d, vf_set(x->d)), sum);
	if (form & HW_MINS)
		sum = vf_fma(m, vf_set(offset_of(x, from)), sum);
	return sum;
}

/* One row of x by a piece in registers, as it came.  Its integers are those of
 * a panel: weights that mean `above` less owe as much of the sum of x. */
INLINE vf piece_times(vf sum, const struct piece *p,
    const struct hw_prep_block *x, const int form, const int above)
{
	const int halves = HALVES_OF(form), groups = 8 / halves;

	UNROLL for (int h = 0; h < halves; h++) {
		const int32_t from = start(x, form, h);
		/* Two sums: one would wait for itself. */
		vi dot[2] = {above == SIGNED ? vi_start(from) :
		    vi_set(from / 128 * above), vi_set(0)};

		UNROLL for (int g = 0; g < groups; g++) {
			const vi w = p->q[h * groups + g];
			int32_t q;

			memcpy(&q, x->q + (h * groups + g) * 4, 4);
			dot[g & 1] = above == SIGNED ?
			    vi_dot(dot[g & 1], vq_of(vq_put(w)), q) :
			    vi_dot_low(dot[g & 1], w, q);
		}
		sum = scaled(sum, vi_add(dot[0], dot[1]), p->d[h], p->m[h], x,
		    from, form);
	}
	return sum;
}

/* ---- many rows of x ------------------------------------------------------ */

/* mr rows of x, from row i0, by nr panels. */
INLINE void block(const size_t mr, const size_t nr, const int form,
    const struct job *t, size_t i0)
{
	const char *x = t->x + i0 * t->x_row, *panel = t->panel;
	const int halves = HALVES_OF(form), groups = 8 / halves;
	float *y = t->y + i0 * t->ldy;
	vf sum[DOT_M][DOT_N];

	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t j = 0; j < nr; j++)
			sum[i][j] = vf_set(0);
	for (size_t b = 0; b < t->parts; b++, panel += PART_BYTES(form),
	    x += sizeof(struct hw_prep_block))
		UNROLL for (int h = 0; h < halves; h++) {
			const char *head = panel + h * 64;
			const char *quants = panel + P_HEAD(form) * 64 +
			    h * groups * 64;
			const struct hw_prep_block *xb[DOT_M];
			vi dot[DOT_M][DOT_N];

			UNROLL for (size_t i = 0; i < mr; i++) {
				xb[i] = (const void *)(x + i * t->x_row);
				UNROLL for (size_t j = 0; j < nr; j++)
					dot[i][j] = vi_start(start(xb[i],
					    form, h));
			}
			UNROLL for (int g = 0; g < groups; g++) {
				vq w[DOT_N];

				UNROLL for (size_t j = 0; j < nr; j++)
					w[j] = vq_load(quants + g * 64 +
					    j * t->panel_bytes);
				UNROLL for (size_t i = 0; i < mr; i++) {
					int32_t q;

					memcpy(&q, xb[i]->q + (h * groups +
					    g) * 4, 4);
					UNROLL for (size_t j = 0; j < nr; j++)
						dot[i][j] = vi_dot(dot[i][j],
						    w[j], q);
				}
			}
			UNROLL for (size_t j = 0; j < nr; j++) {
				vf d, m;

				d = vf_load((const void *)(head +
				    j * t->panel_bytes));
				m = vf_set(0);
				if (form & HW_MINS)
					m = vf_load((const void *)(head +
					    halves * 64 +
					    j * t->panel_bytes));
				UNROLL for (size_t i = 0; i < mr; i++)
					sum[i][j] = scaled(sum[i][j],
					    dot[i][j], d, m, xb[i], start(
					    xb[i], form, h), form);
			}
		}
	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t j = 0; j < nr; j++) {
			if (t->n >= j * 16 + 16)
				vf_store(y + i * t->ldy + j * 16, sum[i][j]);
			else if (t->n > j * 16)
				vf_store_n(y + i * t->ldy + j * 16, sum[i][j],
				    t->n - j * 16);
		}
}

/* All rows of x by nr panels, in blocks of ever fewer rows. */
INLINE void sweep(const struct job *t, const size_t nr, const int form)
{
	size_t i = 0;

	for (; i + DOT_M <= t->m; i += DOT_M)
		block(DOT_M, nr, form, t, i);
	for (; i + DOT_M / 2 <= t->m; i += DOT_M / 2)
		block(DOT_M / 2, nr, form, t, i);
	for (; i < t->m; i++)
		block(1, nr, form, t, i);
}

INLINE void sweep_panels(struct job t, const int form)
{
	while (t.n > 0) {
		size_t n = t.n > 16 * (DOT_N - 1) ? 16 * DOT_N : 16;

		if (n == 16)
			sweep(&t, 1, form);
		else
			sweep(&t, DOT_N, form);
		n = n < t.n ? n : t.n;
		t.n -= n;
		t.y += n;
		t.panel += n / 16 * t.panel_bytes;
	}
}

/* The whole product.  unpack makes a panel of 16 rows of `row` bytes; direct
 * multiplies them with one row of x, not worth a detour through scratch, into
 * n <= 16 elements. */
typedef void unpack_fn(char *to, const char *w, size_t row);
typedef void direct_fn(float *y, const struct hw_prep_block *x,
    const char *w, size_t n, size_t row);
typedef void panels_fn(struct job t);

INLINE void gemm(float *y, size_t ldy, const void *p, size_t m,
    const char *w, size_t n, size_t k, char *scratch, size_t row,
    const int form, unpack_fn *unpack, direct_fn *direct, panels_fn *panels)
{
	struct job t = {.x = p, .panel = scratch, .ldy = ldy, .m = m,
	    .x_row = hw_prep_bytes(HW_PREP_Q8_0, k), .parts = k / 32,
	    .panel_bytes = P_BYTES(form, k)};
	char *copy = scratch + PANELS * t.panel_bytes;

	for (size_t j = 0; j < n; j += t.n) {
		t.y = y + j;
		t.n = n - j < 16 * PANELS ? n - j : 16 * PANELS;
		for (size_t r = 0; r < t.n; r += 16, w += 16 * row) {
			const char *rows = sixteen(copy, w, t.n - r, row);

			if (m == 1)
				direct(t.y + r, p, rows, t.n - r < 16 ?
				    t.n - r : 16, row);
			else
				unpack(scratch + r / 16 * t.panel_bytes, rows,
				    row);
		}
		if (m > 1)
			panels(t);
	}
}

#endif
