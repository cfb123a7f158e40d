/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_VEC_AVX2_H
#define HW_KERNELS_SIMD_VEC_AVX2_H

/* What only this file knows: vec.h's vector as two AVX registers. */
#include "vec_x86.h"

typedef struct {
	__m256 a, b;
} vf;
typedef struct {
	__m256i a, b;
} vi;

INLINE __m256i lanes(size_t n)
{
	static const int32_t on[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

	return _mm256_loadu_si256((const void *)(on + 8 - (n < 8 ? n : 8)));
}

INLINE vf vf_load(const float *p)
{
	return (vf){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}

INLINE vf vf_load_n(const float *p, size_t n)
{
	return (vf){_mm256_maskload_ps(p, lanes(n)),
	    n > 8 ? _mm256_maskload_ps(p + 8, lanes(n - 8)) :
	    _mm256_setzero_ps()};
}

INLINE void vf_store(float *p, vf a)
{
	_mm256_storeu_ps(p, a.a);
	_mm256_storeu_ps(p + 8, a.b);
}

INLINE void vf_store_n(float *p, vf a, size_t n)
{
	_mm256_maskstore_ps(p, lanes(n), a.a);
	if (n > 8)
		_mm256_maskstore_ps(p + 8, lanes(n - 8), a.b);
}

INLINE vf vf_set(float x)
{
	return (vf){_mm256_set1_ps(x), _mm256_set1_ps(x)};
}

#define BOTH(name, call) \
	INLINE vf name(vf x, vf y) \
	{ \
		return (vf){call(x.a, y.a), call(x.b, y.b)}; \
	}
BOTH(vf_add, _mm256_add_ps)
BOTH(vf_sub, _mm256_sub_ps)
BOTH(vf_mul, _mm256_mul_ps)
BOTH(vf_div, _mm256_div_ps)
BOTH(vf_max, _mm256_max_ps)
BOTH(vf_min, _mm256_min_ps)
#undef BOTH

INLINE vf vf_fma(vf x, vf y, vf z)
{
	return (vf){_mm256_fmadd_ps(x.a, y.a, z.a),
	    _mm256_fmadd_ps(x.b, y.b, z.b)};
}

INLINE __m256 rotate8(__m256 v, __m256 cs)
{
	return _mm256_fmaddsub_ps(v, _mm256_moveldup_ps(cs), _mm256_mul_ps(
	    _mm256_permute_ps(v, 0xb1), _mm256_movehdup_ps(cs)));
}

INLINE vf vf_rotate_pairs(vf v, vf cs)
{
	return (vf){rotate8(v.a, cs.a), rotate8(v.b, cs.b)};
}

INLINE vf vf_round(vf x)
{
	enum { MODE = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC };

	return (vf){_mm256_round_ps(x.a, MODE), _mm256_round_ps(x.b, MODE)};
}

INLINE __m256 scale8(__m256 x, __m256 n)
{
	__m256i e = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);

	return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x),
	    e));
}

/* Adds to the exponent: x lies in 0.7 .. 1.42, and NaN has n = NaN, whose
 * integer is 2^31, shifted out. */
INLINE vf vf_scale(vf x, vf n)
{
	return (vf){scale8(x.a, n.a), scale8(x.b, n.b)};
}

INLINE int vf_any_above(vf x, float limit)
{
	__m256 l = _mm256_set1_ps(limit);

	return _mm256_movemask_ps(_mm256_or_ps(
	    _mm256_cmp_ps(x.a, l, _CMP_GT_OQ),
	    _mm256_cmp_ps(x.b, l, _CMP_GT_OQ))) != 0;
}

INLINE __m256 band8(__m256 x, __m256 y, size_t from, size_t to)
{
	__m256i in = _mm256_andnot_si256(lanes(from), lanes(to));

	return _mm256_blendv_ps(y, x, _mm256_castsi256_ps(in));
}

INLINE vf vf_band(vf x, vf y, size_t from, size_t to)
{
	return (vf){band8(x.a, y.a, from, to),
	    band8(x.b, y.b, from > 8 ? from - 8 : 0, to > 8 ? to - 8 : 0)};
}

INLINE float vf_max_all(vf x)
{
	__m256 b = _mm256_max_ps(x.a, x.b);
	__m128 c = _mm_max_ps(_mm256_castps256_ps128(b),
	    _mm256_extractf128_ps(b, 1));

	c = _mm_max_ps(c, _mm_movehl_ps(c, c));
	return _mm_cvtss_f32(_mm_max_ss(c, _mm_movehdup_ps(c)));
}

INLINE float vf_sum_all(vf x)
{
	__m256 b = _mm256_add_ps(x.a, x.b);
	__m128 c = _mm_add_ps(_mm256_castps256_ps128(b),
	    _mm256_extractf128_ps(b, 1));

	c = _mm_add_ps(c, _mm_movehl_ps(c, c));
	return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}

/* Of four vectors, in each 128 bits: one op of all, the same tree for each. */
#define FOUR(op, x) \
	__m256 a = op(x[0].a, x[0].b), b = op(x[1].a, x[1].b); \
	__m256 c = op(x[2].a, x[2].b), d = op(x[3].a, x[3].b); \
	__m256 ab = op(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b)); \
	__m256 cd = op(_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d)); \
	__m256 all = op(_mm256_shuffle_ps(ab, cd, 0x44), \
	    _mm256_shuffle_ps(ab, cd, 0xee))

INLINE void vf_sum4(float out[4], const vf x[4])
{
	FOUR(_mm256_add_ps, x);
	_mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(all),
	    _mm256_extractf128_ps(all, 1)));
}

INLINE void vf_max4(float out[4], const vf x[4])
{
	FOUR(_mm256_max_ps, x);
	_mm_storeu_ps(out, _mm_max_ps(_mm256_castps256_ps128(all),
	    _mm256_extractf128_ps(all, 1)));
}

INLINE vi vi_load(const void *p)
{
	return (vi){_mm256_loadu_si256(p),
	    _mm256_loadu_si256((const void *)((const char *)p + 32))};
}

INLINE void vi_store(void *p, vi x)
{
	_mm256_storeu_si256(p, x.a);
	_mm256_storeu_si256((void *)((char *)p + 32), x.b);
}

INLINE vi vi_set(int32_t x)
{
	return (vi){_mm256_set1_epi32(x), _mm256_set1_epi32(x)};
}

INLINE vi vi_bits(vf x)
{
	return (vi){_mm256_castps_si256(x.a), _mm256_castps_si256(x.b)};
}

INLINE vf vi_as_floats(vi x)
{
	return (vf){_mm256_castsi256_ps(x.a), _mm256_castsi256_ps(x.b)};
}

INLINE vf vi_floats(vi x)
{
	return (vf){_mm256_cvtepi32_ps(x.a), _mm256_cvtepi32_ps(x.b)};
}

#define BOTH(name, call) \
	INLINE vi name(vi x, vi y) \
	{ \
		return (vi){call(x.a, y.a), call(x.b, y.b)}; \
	}
BOTH(vi_and, _mm256_and_si256)
BOTH(vi_max, _mm256_max_epi32)
BOTH(vi_add, _mm256_add_epi32)
BOTH(vi_sub8, _mm256_sub_epi8)
BOTH(vi_or, _mm256_or_si256)
BOTH(vi_mul, _mm256_mullo_epi32)
#undef BOTH

INLINE vi vi_shl(vi x, int n)
{
	return (vi){_mm256_slli_epi32(x.a, n), _mm256_slli_epi32(x.b, n)};
}

INLINE vi vi_shr(vi x, int n)
{
	return (vi){_mm256_srli_epi32(x.a, n), _mm256_srli_epi32(x.b, n)};
}

INLINE vi vi_shr_by(vi x, int n)
{
	__m256i by = _mm256_set1_epi32(n);

	return (vi){_mm256_srlv_epi32(x.a, by), _mm256_srlv_epi32(x.b, by)};
}

INLINE vi vi_choose(const int8_t *table, vi x)
{
	__m256i t = _mm256_broadcastsi128_si256(_mm_loadu_si128(
	    (const void *)table));

	return (vi){_mm256_shuffle_epi8(t, x.a), _mm256_shuffle_epi8(t, x.b)};
}

INLINE int32_t vi_sum_all(vi x)
{
	__m256i b = _mm256_add_epi32(x.a, x.b);
	__m128i c = _mm_add_epi32(_mm256_castsi256_si128(b),
	    _mm256_extracti128_si256(b, 1));

	c = _mm_add_epi32(c, _mm_shuffle_epi32(c, 0x4e));
	return _mm_cvtsi128_si32(_mm_add_epi32(c, _mm_shuffle_epi32(c, 1)));
}

INLINE int32_t vi_max_all(vi x)
{
	__m256i b = _mm256_max_epi32(x.a, x.b);
	__m128i c = _mm_max_epi32(_mm256_castsi256_si128(b),
	    _mm256_extracti128_si256(b, 1));

	c = _mm_max_epi32(c, _mm_shuffle_epi32(c, 0x4e));
	return _mm_cvtsi128_si32(_mm_max_epi32(c, _mm_shuffle_epi32(c, 1)));
}

INLINE vi vi_rint(vf x)
{
	return (vi){_mm256_cvtps_epi32(x.a), _mm256_cvtps_epi32(x.b)};
}

INLINE __m128i half_of(const void *p, int i)
{
	return _mm_loadu_si128((const __m128i *)p + i);
}

INLINE vf vf_from_f16(__m256i h)
{
	return (vf){_mm256_cvtph_ps(_mm256_castsi256_si128(h)),
	    _mm256_cvtph_ps(_mm256_extracti128_si256(h, 1))};
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

/* The low words of x, in order. */
INLINE __m256i low_words(vi x)
{
	__m256i low = _mm256_set1_epi32(0xffff);

	return _mm256_permute4x64_epi64(_mm256_packus_epi32(
	    _mm256_and_si256(x.a, low), _mm256_and_si256(x.b, low)), 0xd8);
}

INLINE void vf_pairs_f16(vf *out, vi x)
{
	out[0] = vf_from_f16(low_words(x));
	out[1] = vf_from_f16(low_words(vi_shr(x, 16)));
}

INLINE __m256 bf16_8(__m128i h)
{
	return _mm256_castsi256_ps(_mm256_slli_epi32(
	    _mm256_cvtepu16_epi32(h), 16));
}

INLINE vf vf_bf16(const void *p)
{
	return (vf){bf16_8(half_of(p, 0)), bf16_8(half_of(p, 1))};
}

INLINE vf vf_i8(const void *p)
{
	__m128i q = _mm_loadu_si128(p);

	return (vf){_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(q)),
	    _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(q, 8)))};
}

INLINE void vf_to_f16(void *p, vf x)
{
	_mm_storeu_si128(p, _mm256_cvtps_ph(x.a, _MM_FROUND_TO_NEAREST_INT));
	_mm_storeu_si128((__m128i *)p + 1, _mm256_cvtps_ph(x.b,
	    _MM_FROUND_TO_NEAREST_INT));
}

INLINE __m256i bf16_of(__m256 x)
{
	__m256i u = _mm256_castps_si256(x);
	__m256i odd = _mm256_and_si256(_mm256_srli_epi32(u, 16),
	    _mm256_set1_epi32(1));
	__m256i quiet = _mm256_or_si256(u, _mm256_set1_epi32(0x400000));

	u = _mm256_add_epi32(u, _mm256_add_epi32(odd,
	    _mm256_set1_epi32(0x7fff)));
	u = _mm256_blendv_epi8(u, quiet, _mm256_castps_si256(
	    _mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
	return _mm256_srli_epi32(u, 16);
}

INLINE void vf_to_bf16(void *p, vf x)
{
	_mm256_storeu_si256(p, low_words((vi){bf16_of(x.a), bf16_of(x.b)}));
}

INLINE int32_t vi_to_i8(void *p, vi x)
{
	__m256i w = _mm256_permute4x64_epi64(_mm256_packs_epi32(x.a, x.b),
	    0xd8);

	return put_bytes(p, _mm_packs_epi16(_mm256_castsi256_si128(w),
	    _mm256_extracti128_si256(w, 1)));
}

INLINE void vi_to_i16(void *p, vi x)
{
	_mm256_storeu_si256(p, _mm256_permute4x64_epi64(
	    _mm256_packs_epi32(x.a, x.b), 0xd8));
}

INLINE vi vi_pairs(vi x, vi y)
{
	return (vi){_mm256_blend_epi16(x.a, _mm256_slli_epi32(y.a, 16), 0xaa),
	    _mm256_blend_epi16(x.b, _mm256_slli_epi32(y.b, 16), 0xaa)};
}

INLINE vi vi_dot16(vi sum, vi x, vi y)
{
	return (vi){_mm256_add_epi32(sum.a, _mm256_madd_epi16(x.a, y.a)),
	    _mm256_add_epi32(sum.b, _mm256_madd_epi16(x.b, y.b))};
}

/* Rows i and 4+i share a register: then a 4x4 transposition in each 128-bit
 * lane is all that is needed. */
INLINE __m256i rows_at(const char *p, size_t stride, size_t i)
{
	return _mm256_inserti128_si256(_mm256_castsi128_si256(
	    half_of(p + i * stride, 0)), half_of(p + (4 + i) * stride, 0), 1);
}

INLINE void rows8(__m256i *out, const char *p, size_t stride)
{
	__m256i a = rows_at(p, stride, 0), b = rows_at(p, stride, 1);
	__m256i c = rows_at(p, stride, 2), d = rows_at(p, stride, 3);
	__m256i ab = _mm256_unpacklo_epi32(a, b);
	__m256i cd = _mm256_unpacklo_epi32(c, d);

	a = _mm256_unpackhi_epi32(a, b);
	c = _mm256_unpackhi_epi32(c, d);
	out[0] = _mm256_unpacklo_epi64(ab, cd);
	out[1] = _mm256_unpackhi_epi64(ab, cd);
	out[2] = _mm256_unpacklo_epi64(a, c);
	out[3] = _mm256_unpackhi_epi64(a, c);
}

INLINE void vi_rows(vi *out, const char *p, size_t stride)
{
	__m256i a[4], b[4];

	rows8(a, p, stride);
	rows8(b, p + 8 * stride, stride);
	UNROLL for (int c = 0; c < 4; c++)
		out[c] = (vi){a[c], b[c]};
}

#ifdef __AVXVNNI__
/* Unsigned by signed, as under AVX-512: weights are kept 128 above. */
typedef vi vq;

INLINE vi vq_put(vi w)
{
	__m256i top = _mm256_set1_epi8(-128);

	return (vi){_mm256_xor_si256(w.a, top), _mm256_xor_si256(w.b, top)};
}

INLINE vq vq_of(vi w)
{
	return w;
}

INLINE vq vq_load(const void *p)
{
	return vi_load(p);
}

INLINE vi vi_start(int32_t bias)
{
	return vi_set(bias);
}

INLINE vi vi_dot(vi sum, vq w, int32_t x)
{
	__m256i v = _mm256_set1_epi32(x);

	return (vi){_mm256_dpbusd_avx_epi32(sum.a, w.a, v),
	    _mm256_dpbusd_avx_epi32(sum.b, w.b, v)};
}

INLINE vi vi_dot_low(vi sum, vi w, int32_t x)
{
	return vi_dot(sum, w, x);
}

/* Of integers 3 x 1 pairs of sums, and as many of floats. */
enum { DOT_M = 3, DOT_N = 1 };
#define DOT_ROWS UP_TO_3
#else
/* |w| (128 too, unsigned) times x with the sign of w: a pair sums to at most
 * 2 * 128 * 127, which 16 bits hold; |x| = 128 does not occur. */
typedef struct {
	vi w;
	__m256i abs_a, abs_b;
} vq;

INLINE vi vq_put(vi w)
{
	return w;
}

INLINE vq vq_of(vi w)
{
	return (vq){w, _mm256_abs_epi8(w.a), _mm256_abs_epi8(w.b)};
}

INLINE vq vq_load(const void *p)
{
	return vq_of(vi_load(p));
}

INLINE vi vi_start(int32_t bias)
{
	(void)bias;
	return vi_set(0);
}

INLINE __m256i dot8(__m256i sum, __m256i w, __m256i abs_w, __m256i x)
{
	__m256i pairs = _mm256_maddubs_epi16(abs_w, _mm256_sign_epi8(x, w));

	return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs,
	    _mm256_set1_epi16(1)));
}

INLINE vi vi_dot(vi sum, vq w, int32_t x)
{
	__m256i v = _mm256_set1_epi32(x);

	return (vi){dot8(sum.a, w.w.a, w.abs_a, v),
	    dot8(sum.b, w.w.b, w.abs_b, v)};
}

INLINE __m256i dot8_low(__m256i sum, __m256i w, __m256i x)
{
	return _mm256_add_epi32(sum, _mm256_madd_epi16(
	    _mm256_maddubs_epi16(w, x), _mm256_set1_epi16(1)));
}

INLINE vi vi_dot_low(vi sum, vi w, int32_t x)
{
	__m256i v = _mm256_set1_epi32(x);

	return (vi){dot8_low(sum.a, w.a, v), dot8_low(sum.b, w.b, v)};
}

/* Of integers 2 x 1 pairs of sums, and as many of floats. */
enum { DOT_M = 2, DOT_N = 1 };
#define DOT_ROWS UP_TO_2
#endif

/* Register blocks: 16 registers hold 6 x 1 pairs of sums of floats. */
enum { GEMM_M = 6, GEMM_N = 1 };
#define GEMM_ROWS UP_TO_6
/* Queries x tiles of scores, queries x vectors of values. */
enum { ATTN_M = 6, ATTN_N = 1 };

#endif
