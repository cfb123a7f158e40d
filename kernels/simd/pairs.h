/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_PAIRS_H
#define HW_KERNELS_SIMD_PAIRS_H

/* What only this file knows: how panels of pairs of bf16 are laid out, for
 * tiles and for vectors. */
#include <stddef.h>

enum {
	STEPS = 32,        /* of a tile, */
	GROUP = 16 * 64,   /* and its bytes */
	PANELS = 8,        /* unpacked together */
};

/* All rows of x by some panels. */
struct job {
	float *y;
	const char *x, *panel;
	size_t ldy, m, n, x_row, groups, panel_bytes;
};

#endif
