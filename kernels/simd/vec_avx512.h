/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_VEC_AVX512_H
#define HW_KERNELS_SIMD_VEC_AVX512_H

/* What only this file knows: vec.h's vector as one AVX-512 register. */
#include "vec_x86.h"

typedef __m512 vf;
typedef __m512i vi;

INLINE __mmask16 lanes(size_t n)
{
	return (__mmask16)(n >= 16 ? 0xffff : (1u << n) - 1);
}

INLINE vf vf_load(const float *p)
{
	return _mm512_loadu_ps(p);
}

INLINE vf vf_load_n(const float *p, size_t n)
{
	return _mm512_maskz_loadu_ps(lanes(n), p);
}

INLINE void vf_store(float *p, vf a)
{
	_mm512_storeu_ps(p, a);
}

INLINE void vf_store_n(float *p, vf a, size_t n)
{
	_mm512_mask_storeu_ps(p, lanes(n), a);
}

INLINE vf vf_set(float x)
{
	return _mm512_set1_ps(x);
}

INLINE vf vf_add(vf a, vf b)
{
	return _mm512_add_ps(a, b);
}

INLINE vf vf_sub(vf a, vf b)
{
	return _mm512_sub_ps(a, b);
}

INLINE vf vf_mul(vf a, vf b)
{
	return _mm512_mul_ps(a, b);
}

INLINE vf vf_div(vf a, vf b)
{
	return _mm512_div_ps(a, b);
}

INLINE vf vf_fma(vf a, vf b, vf c)
{
	return _mm512_fmadd_ps(a, b, c);
}

/* Pairs (a, b) by pairs (c, s): (a c - b s, b c + a s). */
INLINE vf vf_rotate_pairs(vf v, vf cs)
{
	return _mm512_fmaddsub_ps(v, _mm512_moveldup_ps(cs), _mm512_mul_ps(
	    _mm512_permute_ps(v, 0xb1), _mm512_movehdup_ps(cs)));
}

INLINE vf vf_max(vf a, vf b)
{
	return _mm512_max_ps(a, b);
}

INLINE vf vf_min(vf a, vf b)
{
	return _mm512_min_ps(a, b);
}

INLINE vf vf_round(vf a)
{
	return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT |
	    _MM_FROUND_NO_EXC);
}

INLINE vf vf_scale(vf a, vf n)
{
	return _mm512_scalef_ps(a, n);
}

INLINE int vf_any_above(vf a, float limit)
{
	return _mm512_cmp_ps_mask(a, _mm512_set1_ps(limit), _CMP_GT_OQ) != 0;
}

INLINE vf vf_band(vf a, vf b, size_t from, size_t to)
{
	return _mm512_mask_blend_ps((__mmask16)(lanes(to) & ~lanes(from)), b,
	    a);
}

INLINE float vf_max_all(vf a)
{
	return _mm512_reduce_max_ps(a);
}

INLINE float vf_sum_all(vf a)
{
	__m256 b = _mm256_add_ps(_mm512_castps512_ps256(a),
	    _mm512_extractf32x8_ps(a, 1));
	__m128 c = _mm_add_ps(_mm256_castps256_ps128(b),
	    _mm256_extractf128_ps(b, 1));

	c = _mm_add_ps(c, _mm_movehl_ps(c, c));
	return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}

/* Of four vectors, in each 128 bits: one op of all, the same tree for each. */
#define FOUR(op, x) \
	__m512 ab = op(_mm512_unpacklo_ps(x[0], x[1]), \
	    _mm512_unpackhi_ps(x[0], x[1])); \
	__m512 cd = op(_mm512_unpacklo_ps(x[2], x[3]), \
	    _mm512_unpackhi_ps(x[2], x[3])); \
	__m512 all = op(_mm512_shuffle_ps(ab, cd, 0x44), \
	    _mm512_shuffle_ps(ab, cd, 0xee))

INLINE void vf_sum4(float out[4], const vf x[4])
{
	FOUR(_mm512_add_ps, x);
	__m256 b = _mm256_add_ps(_mm512_castps512_ps256(all),
	    _mm512_extractf32x8_ps(all, 1));

	_mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(b),
	    _mm256_extractf128_ps(b, 1)));
}

INLINE void vf_max4(float out[4], const vf x[4])
{
	FOUR(_mm512_max_ps, x);
	__m256 b = _mm256_max_ps(_mm512_castps512_ps256(all),
	    _mm512_extractf32x8_ps(all, 1));

	_mm_storeu_ps(out, _mm_max_ps(_mm256_castps256_ps128(b),
	    _mm256_extractf128_ps(b, 1)));
}

INLINE vi vi_load(const void *p)
{
	return _mm512_loadu_si512(p);
}

INLINE void vi_store(void *p, vi a)
{
	_mm512_storeu_si512(p, a);
}

INLINE vi vi_set(int32_t x)
{
	return _mm512_set1_epi32(x);
}

INLINE vi vi_bits(vf a)
{
	return _mm512_castps_si512(a);
}

INLINE vf vi_as_floats(vi a)
{
	return _mm512_castsi512_ps(a);
}

INLINE vf vi_floats(vi a)
{
	return _mm512_cvtepi32_ps(a);
}

INLINE vi vi_and(vi a, vi b)
{
	return _mm512_and_si512(a, b);
}

INLINE vi vi_sub8(vi a, vi b)
{
	return _mm512_sub_epi8(a, b);
}

INLINE vi vi_or(vi a, vi b)
{
	return _mm512_or_si512(a, b);
}

INLINE vi vi_mul(vi a, vi b)
{
	return _mm512_mullo_epi32(a, b);
}

INLINE vi vi_shr_by(vi a, int n)
{
	return _mm512_srlv_epi32(a, _mm512_set1_epi32(n));
}

INLINE vi vi_choose(const int8_t *table, vi a)
{
	return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(_mm_loadu_si128(
	    (const void *)table)), a);
}

#define vi_shl(a, n) _mm512_slli_epi32(a, n)
#define vi_shr(a, n) _mm512_srli_epi32(a, n)

INLINE vi vi_max(vi a, vi b)
{
	return _mm512_max_epi32(a, b);
}

INLINE vi vi_add(vi a, vi b)
{
	return _mm512_add_epi32(a, b);
}

INLINE int32_t vi_sum_all(vi a)
{
	return _mm512_reduce_add_epi32(a);
}

INLINE int32_t vi_max_all(vi a)
{
	return _mm512_reduce_max_epi32(a);
}

INLINE vi vi_rint(vf a)
{
	return _mm512_cvtps_epi32(a);
}

INLINE vf vf_from_f16(__m256i h)
{
	return _mm512_cvtph_ps(h);
}

INLINE vf vf_f16(const void *p)
{
	return vf_from_f16(_mm256_loadu_si256(p));
}

INLINE vf vf_f16_words(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return vf_from_f16(_mm256_set_epi64x((int64_t)d, (int64_t)c,
	    (int64_t)b, (int64_t)a));
}

INLINE void vf_pairs_f16(vf *out, vi a)
{
	__m512i even_odd = _mm512_set_epi16(31, 29, 27, 25, 23, 21, 19, 17,
	    15, 13, 11, 9, 7, 5, 3, 1, 30, 28, 26, 24, 22, 20, 18, 16, 14, 12,
	    10, 8, 6, 4, 2, 0);

	a = _mm512_permutexvar_epi16(even_odd, a);
	out[0] = _mm512_cvtph_ps(_mm512_castsi512_si256(a));
	out[1] = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(a, 1));
}

INLINE vf vf_bf16(const void *p)
{
	return _mm512_castsi512_ps(_mm512_slli_epi32(
	    _mm512_cvtepu16_epi32(_mm256_loadu_si256(p)), 16));
}

INLINE vf vf_i8(const void *p)
{
	return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(p)));
}

INLINE void vf_to_f16(void *p, vf a)
{
	_mm256_storeu_si256(p, _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
}

INLINE void vf_to_bf16(void *p, vf a)
{
	__m512i u = _mm512_castps_si512(a);
	__m512i odd = _mm512_and_si512(_mm512_srli_epi32(u, 16),
	    _mm512_set1_epi32(1));
	__mmask16 nan = _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
	__m512i quiet = _mm512_or_si512(u, _mm512_set1_epi32(0x400000));

	u = _mm512_add_epi32(u, _mm512_add_epi32(odd,
	    _mm512_set1_epi32(0x7fff)));
	u = _mm512_mask_mov_epi32(u, nan, quiet);
	_mm256_storeu_si256(p, _mm512_cvtepi32_epi16(_mm512_srli_epi32(u,
	    16)));
}

INLINE int32_t vi_to_i8(void *p, vi a)
{
	return put_bytes(p, _mm512_cvtsepi32_epi8(a));
}

INLINE void vi_to_i16(void *p, vi a)
{
	_mm256_storeu_si256(p, _mm512_cvtsepi32_epi16(a));
}

INLINE vi vi_pairs(vi a, vi b)
{
	return _mm512_mask_blend_epi16(0xaaaaaaaa, a, _mm512_slli_epi32(b,
	    16));
}

/* Written out: the intrinsic has another type of vector than vi, for which gcc
 * copies the sums of a block forth and back at each step, some to memory; that
 * takes twice the time. */
INLINE vi vi_dot16(vi sum, vi a, vi b)
{
	__asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
	return sum;
}

/* Rows i, 4+i, 8+i, 12+i share a register: then a 4x4 transposition in each
 * 128-bit lane is all that is needed, and masked broadcasts are loads. */
INLINE vi rows_at(const char *p, size_t stride, size_t i)
{
	__m512i a = _mm512_castsi128_si512(_mm_loadu_si128(
	    (const void *)(p + i * stride)));

	a = _mm512_mask_broadcast_i32x4(a, 0x00f0, _mm_loadu_si128(
	    (const void *)(p + (4 + i) * stride)));
	a = _mm512_mask_broadcast_i32x4(a, 0x0f00, _mm_loadu_si128(
	    (const void *)(p + (8 + i) * stride)));
	return _mm512_mask_broadcast_i32x4(a, 0xf000, _mm_loadu_si128(
	    (const void *)(p + (12 + i) * stride)));
}

INLINE void vi_rows(vi *out, const char *p, size_t stride)
{
	__m512i a = rows_at(p, stride, 0), b = rows_at(p, stride, 1);
	__m512i c = rows_at(p, stride, 2), d = rows_at(p, stride, 3);
	__m512i ab = _mm512_unpacklo_epi32(a, b);
	__m512i cd = _mm512_unpacklo_epi32(c, d);

	a = _mm512_unpackhi_epi32(a, b);
	c = _mm512_unpackhi_epi32(c, d);
	out[0] = _mm512_unpacklo_epi64(ab, cd);
	out[1] = _mm512_unpackhi_epi64(ab, cd);
	out[2] = _mm512_unpacklo_epi64(a, c);
	out[3] = _mm512_unpackhi_epi64(a, c);
}

/* The instruction multiplies unsigned by signed: weights are kept + 128. */
typedef __m512i vq;

INLINE vi vq_put(vi a)
{
	return _mm512_xor_si512(a, _mm512_set1_epi8(-128));
}

INLINE vq vq_of(vi a)
{
	return a;
}

INLINE vq vq_load(const void *p)
{
	return _mm512_load_si512(p);
}

INLINE vi vi_start(int32_t bias)
{
	return _mm512_set1_epi32(bias);
}

INLINE vi vi_dot(vi sum, vq w, int32_t x)
{
	return _mm512_dpbusd_epi32(sum, w, _mm512_set1_epi32(x));
}

INLINE vi vi_dot_low(vi sum, vi w, int32_t x)
{
	return _mm512_dpbusd_epi32(sum, w, _mm512_set1_epi32(x));
}

/* Register blocks: 32 registers hold 12 x 2 sums of floats, or 6 x 2 of
 * integers and as many of floats. */
enum { GEMM_M = 12, GEMM_N = 2, DOT_M = 6, DOT_N = 2 };
#define GEMM_ROWS UP_TO_12
#define DOT_ROWS UP_TO_6
/* Queries x tiles of scores, queries x vectors of values. */
enum { ATTN_M = 6, ATTN_N = 4 };

#endif
