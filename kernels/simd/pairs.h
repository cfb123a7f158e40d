/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_PAIRS_H
#define HW_KERNELS_SIMD_PAIRS_H

/* What only this file knows: how panels of pairs of bf16 are laid out, for
 * tiles and for vectors. */
#include "inline.h"
#include "kernels.h"

enum {
	STEPS = 32,        /* of a tile, */
	GROUP = 16 * 64,   /* and its bytes */
	PANELS = HW_PAIRS_N / 16, /* unpacked together */
};

/* All rows of x by some panels. */
struct job {
	float *y;
	const char *x, *panel;
	size_t ldy, m, n, x_row, groups, panel_bytes;
};

/* m rows of x, of k steps; panels come into scratch. */
INLINE struct job job_of(const void *x, size_t m, size_t k, size_t ldy,
    const char *scratch)
{
	size_t groups = (k + STEPS - 1) / STEPS;

	return (struct job){.x = x, .panel = scratch, .ldy = ldy, .m = m,
	    .x_row = hw_prep_bytes(HW_PREP_BF16, k), .groups = groups,
	    /* A line more: see hw_prep_bytes. */
	    .panel_bytes = groups * GROUP + 64};
}

#endif
