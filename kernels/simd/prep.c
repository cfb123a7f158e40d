/* SPDX-License-Identifier: MIT
 * What only this file knows: quantizing 32 numbers to bytes in two vectors.
 */
#include "put.h"

#include "c/half.h"

/* The largest magnitude, by its bits: NaN and infinity win, so that a scale
 * made from it tells of a broken input. */
INLINE float max32(vf a, vf b)
{
	vi mask = vi_set(0x7fffffff);

	return hw_float((uint32_t)vi_max_all(vi_max(
	    vi_and(vi_bits(a), mask), vi_and(vi_bits(b), mask))));
}

/* Sums of the first and of the last 16 integers go to sum.  A scale that was
 * rounded down leaves the largest above 127: it becomes that. */
INLINE void quantize(int8_t *q, int32_t sum[2], vf a, vf b, float inverse)
{
	sum[0] = vi_to_i8(q, vi_rint(vf_mul(a, vf_set(inverse))));
	sum[1] = vi_to_i8(q + 16, vi_rint(vf_mul(b, vf_set(inverse))));
}

void HW_FN(prep_f32)(void *p, const float *x, size_t m, size_t k)
{
	size_t row = hw_prep_bytes(HW_PREP_F32, k);

	for (size_t i = 0; i < m; i++)
		memcpy((char *)p + i * row, x + i * k, k * sizeof(*x));
}

void HW_FN(prep_bf16)(void *p, const float *x, size_t m, size_t k)
{
	size_t row = hw_prep_bytes(HW_PREP_BF16, k);

	for (size_t i = 0; i < m; i++, x += k) {
		uint16_t *to = (void *)((char *)p + i * row);

		for (size_t j = 0; j < (k + 31) / 32 * 32; j += 16)
			vf_to_bf16(to + j, vf_load_n(x + j, k <= j ? 0 :
			    k - j < 16 ? k - j : 16));
	}
}

void HW_FN(prep_q8_0)(void *p, const float *x, size_t m, size_t k)
{
	size_t row = hw_prep_bytes(HW_PREP_Q8_0, k);

	for (size_t i = 0; i < m; i++) {
		struct hw_prep_block *to = (void *)((char *)p + i * row);

		for (size_t j = 0; j < k / 32; j++, x += 32, to++) {
			vf a = vf_load(x), b = vf_load(x + 16);
			float max = max32(a, b);
			int32_t sum[2];

			quantize(to->q, sum, a, b,
			    max >= HW_PREP_MIN ? 127 / max : 0);
			to->d = max / 127;
			to->bias = -128 * (sum[0] + sum[1]);
			to->half = -128 * sum[0];
		}
	}
}

/* ---- one token's key and value ------------------------------------------- */

void HW_FN(kv_put_f32)(void *k, void *v, const float *kx, const float *vx,
    size_t slot, size_t d)
{
	float *to = (float *)k + slot;

	for (size_t i = 0; i < d; i++)
		to[i * HW_TILE] = kx[i];
	memcpy((float *)v + slot * d, vx, d * sizeof(*vx));
}

#define KV_PUT_16(op, store) \
	void HW_FN(op)(void *k, void *v, const float *kx, const float *vx, \
	    size_t slot, size_t d) \
	{ \
		uint16_t *kt = (uint16_t *)k + slot; \
		uint16_t *vt = (uint16_t *)v + slot * d, h[16]; \
		for (size_t i = 0; i < d; i += 16) { \
			size_t n = d - i < 16 ? d - i : 16; \
			store(h, vf_load_n(kx + i, n)); \
			for (size_t j = 0; j < n; j++) \
				kt[(i + j) * HW_TILE] = h[j]; \
			store(h, vf_load_n(vx + i, n)); \
			memcpy(vt + i, h, n * sizeof(*h)); \
		} \
	}
KV_PUT_16(kv_put_f16, vf_to_f16)

void HW_FN(kv_put_bf16)(void *k, void *v, const float *kx, const float *vx,
    size_t slot, size_t d)
{
	uint16_t h[16];
	vf zero = vf_set(0);

	for (size_t i = 0; i < d; i += 16) {
		size_t n = d - i < 16 ? d - i : 16;
		vf x = vf_load_n(kx + i, n);

		zero = vf_fma(x, vf_set(0), zero);
		vf_to_bf16(h, x);
		put_key(k, h, i, n, slot);
	}
	zero = vf_set(vf_sum_all(zero)); /* or NaN */
	for (size_t i = 0; i < d; i += 16) {
		size_t n = d - i < 16 ? d - i : 16;

		vf_to_bf16(h, vf_add(vf_load_n(vx + i, n), zero));
		put_value(v, vi_shr(vi_bits(vf_bf16(h)), 16), i, n, slot, d);
	}
}

/* One block of 32 with an f16 scale. */
static uint16_t block(int8_t *q, const float *x)
{
	vf a = vf_load(x), b = vf_load(x + 16);
	uint16_t scale = hw_to_f16(max32(a, b) / 127);
	float inverse = hw_f16(scale) > 0 ? 1 / hw_f16(scale) : 0;
	int32_t unused[2];

	quantize(q, unused, a, b, inverse);
	return scale;
}

void HW_FN(kv_put_q8_0)(void *k, void *v, const float *kx, const float *vx,
    size_t slot, size_t d)
{
	int8_t *kq = k, *vq8 = v, q[32];
	uint16_t *ks = (void *)(kq + d * HW_TILE);
	uint16_t *vs = (void *)(vq8 + d * HW_TILE);

	for (size_t b = 0; b < d / 32; b++) {
		ks[b * HW_TILE + slot] = block(q, kx + b * 32);
		for (size_t i = 0; i < 32; i++)
			kq[(b * 32 + i) * HW_TILE + slot] = q[i];
		vs[slot * (d / 32) + b] = block(vq8 + slot * d + b * 32,
		    vx + b * 32);
	}
}
