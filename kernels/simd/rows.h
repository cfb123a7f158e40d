/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_ROWS_H
#define HW_KERNELS_SIMD_ROWS_H

/* What only this file knows: how rows of weights that are floats are read, a
 * piece of 16 rows at a time. */
#include "vec.h"

/* Rows whose length is a power of two share their cache sets, so that each
 * line is to be read once, in whole: SEG bytes of each of 16 rows are copied
 * first.  So are rows that are not all there, or do not end with a step. */
enum { SEG = 256 };

/* `step`: bytes of a row that are taken together. */
INLINE int in_place(size_t n, size_t row, size_t step)
{
	return n >= 16 && row % step == 0 && row % 2048 != 0;
}

/* A piece of 16 rows; n <= 16 of them are there, and the others repeat the
 * first. */
INLINE void fetch(char (*to)[SEG], const char *w, size_t n, size_t row,
    size_t at)
{
	size_t len = row - at;

	w += at;
	if (len >= SEG && n >= 16) {
		for (size_t r = 0; r < 16; r++, w += row) {
			vi a = vi_load(w), b = vi_load(w + 64);
			vi c = vi_load(w + 128), d = vi_load(w + 192);

			vi_store(to[r], a);
			vi_store(to[r] + 64, b);
			vi_store(to[r] + 128, c);
			vi_store(to[r] + 192, d);
		}
		return;
	}
	memset(to, 0, 16 * SEG);
	for (size_t r = 0; r < 16; r++)
		memcpy(to[r], w + (r < n ? r : 0) * row, len < SEG ? len :
		    SEG);
}

#endif
