/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_VEC_NEON_H
#define HW_KERNELS_SIMD_VEC_NEON_H

/* What only this file knows: vec.h's vector as four NEON registers, with the
 * dot product of bytes (ARMv8.2). */
#include "inline.h"

typedef struct {
	float32x4_t a, b, c, d;
} vf;
typedef struct {
	int32x4_t a, b, c, d;
} vi;

/* Of each register: f(x), f(x, y), f(x, y, z). */
#define EACH1(f, x) {f((x).a), f((x).b), f((x).c), f((x).d)}
#define EACH2(f, x, y) \
	{f((x).a, (y).a), f((x).b, (y).b), f((x).c, (y).c), f((x).d, (y).d)}
#define EACH3(f, x, y, z) \
	{f((x).a, (y).a, (z).a), f((x).b, (y).b, (z).b), \
	    f((x).c, (y).c, (z).c), f((x).d, (y).d, (z).d)}

/* Lanes below n. */
INLINE vi lanes(size_t n)
{
	static const int32_t place[] = {0, 1, 2, 3};
	int32x4_t i = vld1q_s32(place), end = vdupq_n_s32(n < 16 ? (int)n : 16);
	int32x4_t four = vdupq_n_s32(4), j = vaddq_s32(i, four);
	int32x4_t k = vaddq_s32(j, four), l = vaddq_s32(k, four);

	return (vi){vreinterpretq_s32_u32(vcltq_s32(i, end)),
	    vreinterpretq_s32_u32(vcltq_s32(j, end)),
	    vreinterpretq_s32_u32(vcltq_s32(k, end)),
	    vreinterpretq_s32_u32(vcltq_s32(l, end))};
}

/* ---- floats -------------------------------------------------------------- */

INLINE vf vf_load(const float *p)
{
	return (vf){vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8),
	    vld1q_f32(p + 12)};
}

INLINE void vf_store(float *p, vf x)
{
	vst1q_f32(p, x.a);
	vst1q_f32(p + 4, x.b);
	vst1q_f32(p + 8, x.c);
	vst1q_f32(p + 12, x.d);
}

/* There are no masked loads: fewer than 16 go through memory. */
INLINE vf vf_load_n(const float *p, size_t n)
{
	float copy[16] = {0};

	if (n >= 16)
		return vf_load(p);
	memcpy(copy, p, n * sizeof(*p));
	return vf_load(copy);
}

INLINE void vf_store_n(float *p, vf x, size_t n)
{
	float copy[16];

	if (n >= 16) {
		vf_store(p, x);
		return;
	}
	vf_store(copy, x);
	memcpy(p, copy, n * sizeof(*p));
}

INLINE vf vf_set(float x)
{
	float32x4_t v = vdupq_n_f32(x);

	return (vf){v, v, v, v};
}

INLINE vf vf_add(vf x, vf y)
{
	return (vf)EACH2(vaddq_f32, x, y);
}

INLINE vf vf_sub(vf x, vf y)
{
	return (vf)EACH2(vsubq_f32, x, y);
}

INLINE vf vf_mul(vf x, vf y)
{
	return (vf)EACH2(vmulq_f32, x, y);
}

INLINE vf vf_div(vf x, vf y)
{
	return (vf)EACH2(vdivq_f32, x, y);
}

/* FMAX and FMIN give NaN if either is one; vec.h wants y then. */
INLINE float32x4_t max4(float32x4_t x, float32x4_t y)
{
	return vbslq_f32(vcgtq_f32(x, y), x, y);
}

INLINE float32x4_t min4(float32x4_t x, float32x4_t y)
{
	return vbslq_f32(vcltq_f32(x, y), x, y);
}

INLINE vf vf_max(vf x, vf y)
{
	return (vf)EACH2(max4, x, y);
}

INLINE vf vf_min(vf x, vf y)
{
	return (vf)EACH2(min4, x, y);
}

INLINE vf vf_fma(vf x, vf y, vf z)
{
	return (vf)EACH3(vfmaq_f32, z, x, y);
}

INLINE float32x4_t rotate4(float32x4_t v, float32x4_t cs)
{
	static const uint32_t minus[] = {1u << 31, 0, 1u << 31, 0};
	float32x4_t by_sin = vmulq_f32(vrev64q_f32(v), vtrn2q_f32(cs, cs));

	by_sin = vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(by_sin),
	    vld1q_u32(minus)));
	return vfmaq_f32(by_sin, v, vtrn1q_f32(cs, cs));
}

INLINE vf vf_rotate_pairs(vf v, vf cs)
{
	return (vf)EACH2(rotate4, v, cs);
}

INLINE vf vf_round(vf x)
{
	return (vf)EACH1(vrndnq_f32, x);
}

/* Adds to the exponent: x lies in 0.7 .. 1.42, and NaN's integer is 0. */
INLINE float32x4_t scale4(float32x4_t x, float32x4_t n)
{
	return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(x),
	    vshlq_n_s32(vcvtnq_s32_f32(n), 23)));
}

INLINE vf vf_scale(vf x, vf n)
{
	return (vf)EACH2(scale4, x, n);
}

INLINE int vf_any_above(vf x, float limit)
{
	float32x4_t l = vdupq_n_f32(limit);
	uint32x4_t ab = vorrq_u32(vcgtq_f32(x.a, l), vcgtq_f32(x.b, l));
	uint32x4_t cd = vorrq_u32(vcgtq_f32(x.c, l), vcgtq_f32(x.d, l));

	return vmaxvq_u32(vorrq_u32(ab, cd)) != 0;
}

INLINE float32x4_t band4(int32x4_t from, int32x4_t to, float32x4_t x,
    float32x4_t y)
{
	return vbslq_f32(vreinterpretq_u32_s32(vbicq_s32(to, from)), x, y);
}

INLINE vf vf_band(vf x, vf y, size_t from, size_t to)
{
	vi f = lanes(from), t = lanes(to);

	return (vf){band4(f.a, t.a, x.a, y.a), band4(f.b, t.b, x.b, y.b),
	    band4(f.c, t.c, x.c, y.c), band4(f.d, t.d, x.d, y.d)};
}

INLINE float vf_max_all(vf x)
{
	float32x4_t m = max4(max4(x.a, x.b), max4(x.c, x.d));

	m = max4(m, vextq_f32(m, m, 2));
	return vgetq_lane_f32(max4(m, vrev64q_f32(m)), 0);
}

/* Lanes 2 and 3 onto 0 and 1, then lane 1 onto 0. */
INLINE float vf_sum_all(vf x)
{
	float32x4_t s = vaddq_f32(vaddq_f32(x.a, x.c), vaddq_f32(x.b, x.d));

	s = vaddq_f32(s, vextq_f32(s, s, 2));
	return vgetq_lane_f32(s, 0) + vgetq_lane_f32(s, 1);
}

INLINE void vf_sum4(float out[4], const vf x[4])
{
	UNROLL for (int i = 0; i < 4; i++)
		out[i] = vf_sum_all(x[i]);
}

INLINE void vf_max4(float out[4], const vf x[4])
{
	UNROLL for (int i = 0; i < 4; i++)
		out[i] = vf_max_all(x[i]);
}

/* ---- integers ------------------------------------------------------------ */

INLINE vi vi_load(const void *p)
{
	const uint8_t *b = p;

	return (vi){vreinterpretq_s32_u8(vld1q_u8(b)),
	    vreinterpretq_s32_u8(vld1q_u8(b + 16)),
	    vreinterpretq_s32_u8(vld1q_u8(b + 32)),
	    vreinterpretq_s32_u8(vld1q_u8(b + 48))};
}

INLINE void vi_store(void *p, vi x)
{
	uint8_t *b = p;

	vst1q_u8(b, vreinterpretq_u8_s32(x.a));
	vst1q_u8(b + 16, vreinterpretq_u8_s32(x.b));
	vst1q_u8(b + 32, vreinterpretq_u8_s32(x.c));
	vst1q_u8(b + 48, vreinterpretq_u8_s32(x.d));
}

INLINE vi vi_set(int32_t x)
{
	int32x4_t v = vdupq_n_s32(x);

	return (vi){v, v, v, v};
}

INLINE vi vi_bits(vf x)
{
	return (vi)EACH1(vreinterpretq_s32_f32, x);
}

INLINE vf vi_as_floats(vi x)
{
	return (vf)EACH1(vreinterpretq_f32_s32, x);
}

INLINE vf vi_floats(vi x)
{
	return (vf)EACH1(vcvtq_f32_s32, x);
}

INLINE vi vi_and(vi x, vi y)
{
	return (vi)EACH2(vandq_s32, x, y);
}

INLINE vi vi_or(vi x, vi y)
{
	return (vi)EACH2(vorrq_s32, x, y);
}

INLINE vi vi_max(vi x, vi y)
{
	return (vi)EACH2(vmaxq_s32, x, y);
}

INLINE vi vi_add(vi x, vi y)
{
	return (vi)EACH2(vaddq_s32, x, y);
}

INLINE vi vi_mul(vi x, vi y)
{
	return (vi)EACH2(vmulq_s32, x, y);
}

INLINE int32x4_t sub8(int32x4_t x, int32x4_t y)
{
	return vreinterpretq_s32_s8(vsubq_s8(vreinterpretq_s8_s32(x),
	    vreinterpretq_s8_s32(y)));
}

INLINE vi vi_sub8(vi x, vi y)
{
	return (vi)EACH2(sub8, x, y);
}

/* To the right, filling with zeros, where n is negative. */
INLINE int32x4_t shift4(int32x4_t x, int32x4_t n)
{
	return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(x), n));
}

INLINE vi vi_shl(vi x, int n)
{
	vi by = vi_set(n);

	return (vi)EACH2(shift4, x, by);
}

INLINE vi vi_shr_by(vi x, int n)
{
	return vi_shl(x, -n);
}

INLINE vi vi_shr(vi x, int n)
{
	return vi_shl(x, -n);
}

INLINE int32x4_t choose4(int8x16_t table, int32x4_t x)
{
	return vreinterpretq_s32_s8(vqtbl1q_s8(table, vreinterpretq_u8_s32(x)));
}

INLINE vi vi_choose(const int8_t *table, vi x)
{
	int8x16_t t = vld1q_s8(table);

	return (vi){choose4(t, x.a), choose4(t, x.b), choose4(t, x.c),
	    choose4(t, x.d)};
}

INLINE int32_t vi_sum_all(vi x)
{
	return vaddvq_s32(vaddq_s32(vaddq_s32(x.a, x.b),
	    vaddq_s32(x.c, x.d)));
}

INLINE int32_t vi_max_all(vi x)
{
	return vmaxvq_s32(vmaxq_s32(vmaxq_s32(x.a, x.b),
	    vmaxq_s32(x.c, x.d)));
}

INLINE vi vi_rint(vf x)
{
	return (vi)EACH1(vcvtnq_s32_f32, x);
}

/* ---- wider and narrower -------------------------------------------------- */

INLINE float32x4_t f16_4(uint16x4_t h)
{
	return vcvt_f32_f16(vreinterpret_f16_u16(h));
}

INLINE vf vf_f16(const void *p)
{
	const uint8_t *b = p;
	uint16x8_t l = vreinterpretq_u16_u8(vld1q_u8(b));
	uint16x8_t h = vreinterpretq_u16_u8(vld1q_u8(b + 16));

	return (vf){f16_4(vget_low_u16(l)), f16_4(vget_high_u16(l)),
	    f16_4(vget_low_u16(h)), f16_4(vget_high_u16(h))};
}

INLINE vf vf_f16_words(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return (vf){f16_4(vcreate_u16(a)), f16_4(vcreate_u16(b)),
	    f16_4(vcreate_u16(c)), f16_4(vcreate_u16(d))};
}

INLINE float32x4_t f16_low(int32x4_t x)
{
	return f16_4(vmovn_u32(vreinterpretq_u32_s32(x)));
}

INLINE void vf_pairs_f16(vf *out, vi x)
{
	out[0] = (vf)EACH1(f16_low, x);
	x = vi_shr(x, 16);
	out[1] = (vf)EACH1(f16_low, x);
}

INLINE float32x4_t bf16_4(uint16x4_t h)
{
	return vreinterpretq_f32_u32(vshll_n_u16(h, 16));
}

INLINE vf vf_bf16(const void *p)
{
	const uint8_t *b = p;
	uint16x8_t l = vreinterpretq_u16_u8(vld1q_u8(b));
	uint16x8_t h = vreinterpretq_u16_u8(vld1q_u8(b + 16));

	return (vf){bf16_4(vget_low_u16(l)), bf16_4(vget_high_u16(l)),
	    bf16_4(vget_low_u16(h)), bf16_4(vget_high_u16(h))};
}

INLINE float32x4_t i16_4(int16x4_t x)
{
	return vcvtq_f32_s32(vmovl_s16(x));
}

INLINE vf vf_i8(const void *p)
{
	int8x16_t q = vld1q_s8(p);
	int16x8_t l = vmovl_s8(vget_low_s8(q)), h = vmovl_s8(vget_high_s8(q));

	return (vf){i16_4(vget_low_s16(l)), i16_4(vget_high_s16(l)),
	    i16_4(vget_low_s16(h)), i16_4(vget_high_s16(h))};
}

INLINE void put_words(void *p, uint16x4_t a, uint16x4_t b, uint16x4_t c,
    uint16x4_t d)
{
	uint8_t *to = p;

	vst1q_u8(to, vreinterpretq_u8_u16(vcombine_u16(a, b)));
	vst1q_u8(to + 16, vreinterpretq_u8_u16(vcombine_u16(c, d)));
}

INLINE uint16x4_t to_f16_4(float32x4_t x)
{
	return vreinterpret_u16_f16(vcvt_f16_f32(x));
}

INLINE void vf_to_f16(void *p, vf x)
{
	put_words(p, to_f16_4(x.a), to_f16_4(x.b), to_f16_4(x.c),
	    to_f16_4(x.d));
}

INLINE uint16x4_t to_bf16_4(float32x4_t x)
{
	uint32x4_t u = vreinterpretq_u32_f32(x);
	uint32x4_t odd = vandq_u32(vshrq_n_u32(u, 16), vdupq_n_u32(1));
	uint32x4_t quiet = vorrq_u32(u, vdupq_n_u32(0x400000));

	u = vaddq_u32(u, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
	return vshrn_n_u32(vbslq_u32(vceqq_f32(x, x), u, quiet), 16);
}

INLINE void vf_to_bf16(void *p, vf x)
{
	put_words(p, to_bf16_4(x.a), to_bf16_4(x.b), to_bf16_4(x.c),
	    to_bf16_4(x.d));
}

INLINE int16x8_t narrow8(int32x4_t x, int32x4_t y)
{
	return vcombine_s16(vqmovn_s32(x), vqmovn_s32(y));
}

INLINE int32_t vi_to_i8(void *p, vi x)
{
	int8x16_t q = vmaxq_s8(vcombine_s8(vqmovn_s16(narrow8(x.a, x.b)),
	    vqmovn_s16(narrow8(x.c, x.d))), vdupq_n_s8(-127));

	vst1q_s8(p, q);
	return vaddlvq_s8(q);
}

INLINE void vi_to_i16(void *p, vi x)
{
	uint8_t *to = p;

	vst1q_u8(to, vreinterpretq_u8_s16(narrow8(x.a, x.b)));
	vst1q_u8(to + 16, vreinterpretq_u8_s16(narrow8(x.c, x.d)));
}

INLINE int32x4_t pairs4(int32x4_t x, int32x4_t y)
{
	return vsliq_n_s32(x, y, 16);
}

INLINE vi vi_pairs(vi x, vi y)
{
	return (vi)EACH2(pairs4, x, y);
}

INLINE int32x4_t dot16_4(int32x4_t sum, int32x4_t x, int32x4_t y)
{
	int16x8_t a = vreinterpretq_s16_s32(x), b = vreinterpretq_s16_s32(y);

	return vaddq_s32(sum, vpaddq_s32(
	    vmull_s16(vget_low_s16(a), vget_low_s16(b)),
	    vmull_high_s16(a, b)));
}

INLINE vi vi_dot16(vi sum, vi x, vi y)
{
	return (vi)EACH3(dot16_4, sum, x, y);
}

/* A 4x4 transposition of four rows. */
INLINE void rows4(int32x4_t *out, const char *p, size_t stride)
{
	int32x4_t r[4];

	UNROLL for (size_t i = 0; i < 4; i++)
		r[i] = vreinterpretq_s32_u8(vld1q_u8((const uint8_t *)p +
		    i * stride));
	int64x2_t ab = vreinterpretq_s64_s32(vtrn1q_s32(r[0], r[1]));
	int64x2_t cd = vreinterpretq_s64_s32(vtrn1q_s32(r[2], r[3]));
	int64x2_t ef = vreinterpretq_s64_s32(vtrn2q_s32(r[0], r[1]));
	int64x2_t gh = vreinterpretq_s64_s32(vtrn2q_s32(r[2], r[3]));

	out[0] = vreinterpretq_s32_s64(vtrn1q_s64(ab, cd));
	out[1] = vreinterpretq_s32_s64(vtrn1q_s64(ef, gh));
	out[2] = vreinterpretq_s32_s64(vtrn2q_s64(ab, cd));
	out[3] = vreinterpretq_s32_s64(vtrn2q_s64(ef, gh));
}

INLINE void vi_rows(vi *out, const char *p, size_t stride)
{
	int32x4_t a[4], b[4], c[4], d[4];

	rows4(a, p, stride);
	rows4(b, p + 4 * stride, stride);
	rows4(c, p + 8 * stride, stride);
	rows4(d, p + 12 * stride, stride);
	UNROLL for (int i = 0; i < 4; i++)
		out[i] = (vi){a[i], b[i], c[i], d[i]};
}

/* ---- bytes --------------------------------------------------------------- */

/* The instruction multiplies signed by signed: weights are kept as they are. */
typedef vi vq;

INLINE vi vq_put(vi w)
{
	return w;
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
	(void)bias;
	return vi_set(0);
}

INLINE int32x4_t dot4(int32x4_t sum, int32x4_t w, int32x4_t x)
{
	return vdotq_s32(sum, vreinterpretq_s8_s32(w), vreinterpretq_s8_s32(x));
}

INLINE vi vi_dot(vi sum, vq w, int32_t x)
{
	vi v = vi_set(x);

	return (vi)EACH3(dot4, sum, w, v);
}

INLINE vi vi_dot_low(vi sum, vi w, int32_t x)
{
	return vi_dot(sum, w, x);
}

/* Register blocks: 32 registers hold 6 x 1 fours of sums of floats; of
 * integers 3 x 1, and as many of floats. */
enum { GEMM_M = 6, GEMM_N = 1, DOT_M = 3, DOT_N = 1 };
#define GEMM_ROWS UP_TO_6
#define DOT_ROWS UP_TO_3
/* Queries x tiles of scores, queries x vectors of values. */
enum { ATTN_M = 6, ATTN_N = 1 };

#endif
