/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_VEC_H
#define HW_KERNELS_SIMD_VEC_H

/*
 * What only this file knows: one vector of 16 lanes for each instruction set.
 *
 * Each source in this folder is written once, for vectors of 16 floats, and
 * compiled once for each instruction set.  A vector is one register under
 * AVX-512, a pair of them under AVX2 and four under NEON; vec_avx512.h,
 * vec_avx2.h and vec_neon.h say how.  HW_FN(op) is the function's name in this
 * compilation.  With HW_AMX there are tiles as well (amx.h), and the vectors
 * are those of AVX-512; with HW_I8MM those of NEON, and products of matrices
 * of bytes (panels_i8mm.c).
 *
 * Each header defines, for 16 lanes (n: the first n lanes, the rest 0):
 *   vf    floats: vf_load, vf_load_n, vf_store, vf_store_n, vf_set, vf_add,
 *         vf_sub, vf_mul, vf_div, vf_fma (a * b + c, one rounding), vf_max,
 *         vf_min (b if either is NaN), vf_round, vf_scale (a * 2^n, integral
 *         n in -126 .. 127), vf_any_above, vf_rotate_pairs, vf_band (a in
 *         lanes from <= l < to, otherwise b), vf_max_all, vf_sum_all (a tree:
 *         always the same), vf_max4, vf_sum4 (of four vectors at once)
 *   vi    32-bit integers: vi_load, vi_store, vi_set, vi_bits (of floats),
 *         vi_floats (value), vi_as_floats (bits), vi_and, vi_shl, vi_shr,
 *         vi_max, vi_add, vi_max_all, vi_sum_all, vi_rint (of floats);
 *         vi_or, vi_mul (the low 32 bits), vi_shr_by (by a variable), vi_sub8
 *         (of the 64 bytes), vi_choose (each byte, 0 .. 15, chooses one of a
 *         table of 16)
 *   widening loads of 16 elements: vf_f16 (vf_f16_words: from four words),
 *         vf_bf16, vf_i8; of the low and the high halves of each lane:
 *         vf_pairs_f16; narrowing: vf_to_f16, vf_to_bf16, vi_to_i8
 *         (within -127 .. 127; returns their sum), vi_to_i16 (saturating)
 *   pairs of 16-bit integers: vi_pairs (a in the low halves, b in the high),
 *         vi_dot16 (sum + the products of a pair, both)
 *   vi_rows(out, p, stride): out[c] = for each of 16 rows r the four bytes at
 *         p + r * stride + 4c, c < 4: a transposition
 *   vq    a column of weights for the integer dot: vq_put (how it is kept),
 *         vq_of (what was kept), vq_load, vi_start (the first value of a
 *         sum), vi_dot; vi_dot_low: of weights 0 .. 127 as they are
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels.h"

#define HW_CAT_(op, isa) hw_##op##_##isa
#if defined(HW_AMX_SOFT)
#include "vec_avx512.h"
#define HW_FN(op) HW_CAT_(op, amx_soft)
#define HW_AMX
#elif defined(__AMX_TILE__) || defined(__AMXTILE__) /* clang before 15 */
#include "vec_avx512.h"
#define HW_FN(op) HW_CAT_(op, amx)
#define HW_AMX
#elif defined(__AVX512F__)
#include "vec_avx512.h"
#define HW_FN(op) HW_CAT_(op, avx512)
#elif defined(__AVXVNNI__)
#include "vec_avx2.h"
#define HW_FN(op) HW_CAT_(op, avxvnni)
#elif defined(__ARM_FEATURE_MATMUL_INT8)
#include "vec_neon.h"
#define HW_FN(op) HW_CAT_(op, i8mm)
#define HW_I8MM
#elif defined(__aarch64__)
#include "vec_neon.h"
#define HW_FN(op) HW_CAT_(op, neon)
#else
#include "vec_avx2.h"
#define HW_FN(op) HW_CAT_(op, avx2)
#endif

/*
 * 2^x for x <= 127; below -126 it is 2^-126 (a caller that needs 0 masks).
 * x = n + f, |f| <= 1/2, both exact; 2^f by a polynomial of degree 6 that
 * interpolates (2^f - 1) / f at Chebyshev nodes: off by at most 0.09 u (u =
 * 2^-24) as a real function, and 1.24 u as computed here (all floats tried).
 */
INLINE vf vf_exp2(vf x)
{
	static const float c[] = {1.339086336e-03f, 9.618082557e-03f,
	    5.550357114e-02f, 2.402265076e-01f, 6.931471880e-01f, 1};
	vf n, f, p = vf_set(1.545316294e-04f);

	x = vf_max(vf_set(-126), x);
	n = vf_round(x);
	f = vf_sub(x, n);
	UNROLL for (int i = 0; i < 6; i++)
		p = vf_fma(p, f, vf_set(c[i]));
	return vf_scale(p, n);
}

#define LOG2_E 1.44269504f

/* Rows of weights between those that are read and those that are asked for,
 * where one row of activations meets them (measured: 16 is too late). */
enum { AHEAD = 32 };

#endif
