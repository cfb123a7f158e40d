/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_FIXED_H
#define HW_KERNELS_SIMD_FIXED_H

/*
 * What only this file knows: weights 2^x as bf16, by way of fixed point.
 *
 * The bits of 2^x are nearly x + 127 with 8 bits before the point, the
 * exponent, and 7 behind it, the mantissa: that is 2^f - 1, a little less than
 * f (Schraudolph, "A fast, compact approximation of the exponential function",
 * 1999).  An addition makes them of a score: of FIXED less the reference, so
 * large that the sum's last bit is worth 2^-7.  A table bends the mantissa.
 * So a weight takes one operation of floats, and 32 weights seven of integers,
 * where a polynomial and its sums take some thirty; and beside tiles, floats
 * have only one of two units.
 *
 * Weights are within 2^-7 of 2^x.  What is too small becomes 0; a weight of 2
 * or more is told by too_large, and may be anything.
 */
#include "vec.h"

/* By how much a reference that moves is above the scores: so far that it hardly
 * ever moves again (a block's weights would be made anew, and its acc come out
 * of where it is), and not so far that a weight is lost which is worth more
 * than 2^-86 of the largest. */
enum { ABOVE = 40 };

/* 1.5 * 2^16 has the bits FIXED_BITS; 127 is the exponent's bias. */
#define FIXED (0x1.8p16f + 127)
enum { FIXED_BITS = 0x47c00000 };

/* How far f is above 2^f - 1, in 128ths, by the first six bits of f. */
static const _Alignas(64) uint8_t bend[64] = {
	0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 5, 6, 6, 7, 7, 8,
	8, 8, 9, 9, 9, 9, 10, 10, 10, 10, 10, 11, 11, 11, 11, 11,
	11, 11, 11, 11, 11, 11, 11, 11, 11, 10, 10, 10, 10, 10, 9, 9,
	9, 8, 8, 8, 7, 7, 6, 6, 5, 5, 4, 3, 3, 2, 1, 1,
};

/* 32 words, in order, of two vectors of scores plus FIXED, not yet bent. */
INLINE vi words(vf a, vf b)
{
	vi bits = vi_set(FIXED_BITS);
	vi both = _mm512_packus_epi32(_mm512_sub_epi32(vi_bits(a), bits),
	    _mm512_sub_epi32(vi_bits(b), bits));

	return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5,
	    7), both);
}

INLINE vi bent(vi x)
{
	/* Bits 1 .. 6 of each word, to its first byte. */
	vi at = _mm512_multishift_epi64_epi8(_mm512_set1_epi64(
	    0x3131212111110101), x);

	return _mm512_sub_epi16(x, _mm512_maskz_permutexvar_epi8(
	    0x5555555555555555, at, vi_load(bend)));
}

/* Whether a word, not yet bent, is of 2 or more: then it has one of these. */
INLINE int too_large(vi x)
{
	return _mm512_test_epi16_mask(x, _mm512_set1_epi16((short)0xc000)) !=
	    0;
}

/* Denormal numbers are 0, as they are for the instructions that multiply
 * bf16. */
enum { FLUSH = 0x8040 };

/* 2^n of a whole number, or of one that is not finite. */
static inline float power(float n)
{
	union {
		int32_t bits;
		float x;
	} u;

	if (!(n >= -126 && n <= 127))
		return exp2f(n);
	u.bits = ((int32_t)n + 127) << 23;
	return u.x;
}

#endif
