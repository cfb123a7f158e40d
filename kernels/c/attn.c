/* SPDX-License-Identifier: MIT
 * What only this file knows: the tile layouts, written and read one element
 * at a time, and the online softmax that the other variants keep to. */
#include <math.h>

#include "half.h"
#include "kernels.h"

void hw_kv_put_f32_c(void *k, void *v, const float *kx, const float *vx,
    size_t slot, size_t d)
{
	float *kt = k, *vt = v;

	for (size_t i = 0; i < d; i++) {
		kt[i * HW_TILE + slot] = kx[i];
		vt[slot * d + i] = vx[i];
	}
}

void hw_kv_put_f16_c(void *k, void *v, const float *kx, const float *vx,
    size_t slot, size_t d)
{
	uint16_t *kt = k, *vt = v;

	for (size_t i = 0; i < d; i++) {
		kt[i * HW_TILE + slot] = hw_to_f16(kx[i]);
		vt[slot * d + i] = hw_to_f16(vx[i]);
	}
}

void hw_kv_put_bf16_c(void *k, void *v, const float *kx, const float *vx,
    size_t slot, size_t d)
{
	uint16_t *kt = k, *vt = v;
	float zero = 0; /* or NaN */

	for (size_t i = 0; i < d; i++) {
		kt[hw_k_pair(i, slot)] = hw_to_bf16(kx[i]);
		zero += kx[i] * 0;
	}
	for (size_t i = 0; i < d; i++)
		vt[hw_v_pair(i, slot, d)] = hw_to_bf16(vx[i] + zero);
}

/* Quantize 32 numbers to q[0], q[stride], ...; returns the f16 scale. */
static uint16_t quantize(int8_t *q, size_t stride, const float *x)
{
	uint16_t scale = hw_to_f16(hw_max32(x) / 127);
	float inverse = hw_f16(scale) > 0 ? 1 / hw_f16(scale) : 0;

	for (size_t i = 0; i < 32; i++)
		q[i * stride] = hw_round127(x[i] * inverse);
	return scale;
}

void hw_kv_put_q8_0_c(void *k, void *v, const float *kx, const float *vx,
    size_t slot, size_t d)
{
	int8_t *kq = k, *vq = v;
	uint16_t *ks = (void *)(kq + d * HW_TILE);
	uint16_t *vs = (void *)(vq + d * HW_TILE);

	for (size_t b = 0; b < d / 32; b++) {
		ks[b * HW_TILE + slot] = quantize(kq + b * 32 * HW_TILE + slot,
		    HW_TILE, kx + b * 32);
		vs[slot * (d / 32) + b] = quantize(vq + slot * d + b * 32, 1,
		    vx + b * 32);
	}
}

/* Element i of token j, of a K tile and of a V tile. */
typedef float element_fn(const void *tile, size_t i, size_t j, size_t d);

static float k_f32(const void *t, size_t i, size_t j, size_t d)
{
	(void)d;
	return ((const float *)t)[i * HW_TILE + j];
}

static float v_f32(const void *t, size_t i, size_t j, size_t d)
{
	return ((const float *)t)[j * d + i];
}

static float k_f16(const void *t, size_t i, size_t j, size_t d)
{
	(void)d;
	return hw_f16(((const uint16_t *)t)[i * HW_TILE + j]);
}

static float v_f16(const void *t, size_t i, size_t j, size_t d)
{
	return hw_f16(((const uint16_t *)t)[j * d + i]);
}

static float k_bf16(const void *t, size_t i, size_t j, size_t d)
{
	(void)d;
	return hw_bf16(((const uint16_t *)t)[hw_k_pair(i, j)]);
}

static float v_bf16(const void *t, size_t i, size_t j, size_t d)
{
	return hw_bf16(((const uint16_t *)t)[hw_v_pair(i, j, d)]);
}

static float k_q8_0(const void *t, size_t i, size_t j, size_t d)
{
	const int8_t *q = t;
	const uint16_t *s = (const void *)(q + d * HW_TILE);

	return (float)q[i * HW_TILE + j] * hw_f16(s[i / 32 * HW_TILE + j]);
}

static float v_q8_0(const void *t, size_t i, size_t j, size_t d)
{
	const int8_t *q = t;
	const uint16_t *s = (const void *)(q + d * HW_TILE);

	return (float)q[j * d + i] * hw_f16(s[j * (d / 32) + i / 32]);
}

/* What becomes of a score: see struct hw_attn. */
static float adjust(const struct hw_attn *a, size_t i, float s, int64_t index)
{
	if (a->cap > 0)
		s = a->cap * tanhf(s / a->cap);
	if (a->slope != NULL)
		s += a->slope[i] * (float)(index - a->at[i]);
	return s;
}

/* Fold keys j0 <= j < j1 of the tile that begins at `first` into query i. */
static void fold(struct hw_attn *a, size_t i, const float *k, const float *v,
    int64_t first, size_t j0, size_t j1)
{
	const float *q = a->q + i * a->d;
	float *acc = a->acc + i * a->d;
	float s[HW_TILE], max = -INFINITY;

	for (size_t j = j0; j < j1; j++) {
		s[j] = 0;
		for (size_t c = 0; c < a->d; c++)
			s[j] += q[c] * k[c * HW_TILE + j];
		s[j] = adjust(a, i, s[j], first + (int64_t)j);
		max = fmaxf(max, s[j]);
	}
	if (max > a->max[i] + HW_ATTN_SLACK) {
		float down = exp2f(a->max[i] - max);

		a->max[i] = max;
		a->sum[i] *= down;
		for (size_t c = 0; c < a->d; c++)
			acc[c] *= down;
	}
	for (size_t j = j0; j < j1; j++) {
		float p = exp2f(s[j] - a->max[i]);

		a->sum[i] += p;
		for (size_t c = 0; c < a->d; c++)
			acc[c] += p * v[j * a->d + c];
	}
}

static void attend(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch, size_t bytes,
    element_fn *k_at, element_fn *v_at)
{
	float *kf = scratch, *vf = kf + a->d * HW_TILE;

	for (size_t t = 0; t < n_tiles; t++, first += HW_TILE) {
		const char *kt = (const char *)k + t * bytes;
		const char *vt = (const char *)v + t * bytes;

		for (size_t i = 0; i < a->d; i++)
			for (size_t j = 0; j < HW_TILE; j++) {
				kf[i * HW_TILE + j] = k_at(kt, i, j, a->d);
				vf[j * a->d + i] = v_at(vt, i, j, a->d);
			}
		for (size_t i = 0; i < a->m; i++) {
			int64_t lo = a->lo[i] > first ? a->lo[i] - first : 0;
			int64_t hi = a->hi[i] - first;

			if (hi > HW_TILE)
				hi = HW_TILE;
			if (lo < hi)
				fold(a, i, kf, vf, first, (size_t)lo,
				    (size_t)hi);
		}
	}
}

void hw_attn_f32_c(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch)
{
	attend(a, k, v, n_tiles, first, scratch,
	    hw_tile_bytes(HW_KV_F32, a->d), k_f32, v_f32);
}

void hw_attn_f16_c(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch)
{
	attend(a, k, v, n_tiles, first, scratch,
	    hw_tile_bytes(HW_KV_F16, a->d), k_f16, v_f16);
}

void hw_attn_bf16_c(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch)
{
	attend(a, k, v, n_tiles, first, scratch,
	    hw_tile_bytes(HW_KV_BF16, a->d), k_bf16, v_bf16);
}

void hw_attn_q8_0_c(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch)
{
	attend(a, k, v, n_tiles, first, scratch,
	    hw_tile_bytes(HW_KV_Q8_0, a->d), k_q8_0, v_q8_0);
}
