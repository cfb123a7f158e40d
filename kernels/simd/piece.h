/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_PIECE_H
#define HW_KERNELS_SIMD_PIECE_H

/* What only this file knows: what quantized weights of 16 rows are, once they
 * are taken apart, for those that do it and those that multiply them. */
#include "vec.h"

/* One part of 16 rows: four bytes of each row a vector.  As it comes out of a
 * type of few bits, a weight is 0 .. 127, and `above` more than it means;
 * SIGNED: it is what it means. */
struct piece {
	vi q[8];
	vf d[2], m[2];
};
enum { SIGNED = -1 };

#define HALVES_OF(form) ((form) & HW_HALVES ? 2 : 1)

/* 16 rows of w: its own, or copies of the n < 16 that are left. */
static inline const char *sixteen(char *copy, const char *w, size_t n,
    size_t row)
{
	if (n >= 16)
		return w;
	for (size_t r = 0; r < 16; r++)
		memcpy(copy + r * row, w + (r < n ? r : 0) * row, row);
	return copy;
}

#endif
