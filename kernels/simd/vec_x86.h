/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_VEC_X86_H
#define HW_KERNELS_SIMD_VEC_X86_H

/* What only this file knows: what AVX2 and AVX-512 do alike. */
#include "inline.h"

/* 16 bytes to p, -128 as -127; returns their sum.  Sums of bytes are there for
 * unsigned ones: each is 128 above. */
INLINE int32_t put_bytes(void *p, __m128i x)
{
	__m128i sums;

	x = _mm_max_epi8(x, _mm_set1_epi8(-127));
	_mm_storeu_si128(p, x);
	sums = _mm_sad_epu8(_mm_xor_si128(x, _mm_set1_epi8(-128)),
	    _mm_setzero_si128());
	return _mm_cvtsi128_si32(sums) + _mm_extract_epi16(sums, 4) -
	    16 * 128;
}

#endif
