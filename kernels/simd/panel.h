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

/* As panels_i8mm.c reads them: steps of 8, of two rows side by side. */
#ifdef HW_I8MM
INLINE void pair_rows(struct piece *p)
{
	UNROLL for (int g = 0; g < 8; g += 2) {
		const vi x = p->q[g], y = p->q[g + 1];

		p->q[g] = (vi){vzip1q_s32(x.a, y.a), vzip2q_s32(x.a, y.a),
		    vzip1q_s32(x.b, y.b), vzip2q_s32(x.b, y.b)};
		p->q[g + 1] = (vi){vzip1q_s32(x.c, y.c), vzip2q_s32(x.c, y.c),
		    vzip1q_s32(x.d, y.d), vzip2q_s32(x.d, y.d)};
	}
}
#else
INLINE void pair_rows(struct piece *p)
{
	(void)p;
}
#endif

/* A part in its place; what it was is lost. */
INLINE void put_part(char *to, struct piece *p, const int form,
    const int above)
{
	finish(p, above);
	pair_rows(p);
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

/* All rows of x by some panels: panels.c, panels_i8mm.c. */
void HW_FN(panels)(const struct job *t, int form);

/* That function, of one whose form is known. */
#define EACH_FORM(all) \
	void HW_FN(panels)(const struct job *t, int form) \
	{ \
		switch (form) { \
		case HW_PLAIN: \
			all(*t, HW_PLAIN); \
			break; \
		case HW_HALVES: \
			all(*t, HW_HALVES); \
			break; \
		case HW_MINS: \
			all(*t, HW_MINS); \
			break; \
		case HW_HALVES | HW_MINS: \
			all(*t, HW_HALVES | HW_MINS); \
			break; \
		} \
	}

#endif
