/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_PIECE_H
#define HW_KERNELS_SIMD_PIECE_H

/* What only this file knows: how a panel of quantized weights is laid out, for
 * those that fill it and those that multiply it. */
#include "vec.h"

/* One part of 16 rows: four bytes of each row a vector.  As it comes out of a
 * type of few bits, a weight is 0 .. 127, and `above` more than it means;
 * SIGNED: it is what it means. */
struct piece {
	vi q[8];
	vf d[2], m[2];
};
enum { SIGNED = -1 };

/* How a panel keeps weights; tiles take them as they are. */
INLINE vi keep(vi q)
{
#ifdef HW_AMX
	return q;
#else
	return vq_put(q);
#endif
}

INLINE vq kept(const char *p)
{
#ifdef HW_AMX
	return vq_of(vq_put(vi_load(p)));
#else
	return vq_load(p);
#endif
}

/* Into the form of panels. */
INLINE void finish(struct piece *p, const int above)
{
	UNROLL for (int g = 0; g < 8; g++) {
		if (above > 0)
			p->q[g] = vi_sub8(p->q[g], vi_set(above * 0x01010101));
		p->q[g] = keep(p->q[g]);
	}
}

/* Vectors of scales and offsets, and bytes of a part in a panel. */
#define HALVES_OF(form) ((form) & HW_HALVES ? 2 : 1)
#define P_HEAD(form) (HALVES_OF(form) * ((form) & HW_MINS ? 2 : 1))
#define P_BLOCK(form) ((size_t)(P_HEAD(form) + 8) * 64)
/* All of a panel: an odd number of lines, see hw_prep_bytes. */
#define P_BYTES(form, k) (((k) / 32 * P_BLOCK(form) / 64 | 1) * 64)

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
	char *tiles; /* room for x as tiles */
	size_t ldy, m, n, x_row, parts, panel_bytes;
};

#endif
