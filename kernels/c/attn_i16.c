/* SPDX-License-Identifier: MIT
 * What only this file knows: keys and values as 16-bit integers, put away and
 * taken up one token at a time.  Attention is that of floats. */
#include <math.h>
#include <string.h>

#include "half.h"
#include "kernels.h"

static int16_t *token(void *tile, size_t i, size_t j, size_t d, int is_v)
{
	return (int16_t *)tile + (is_v ? hw_v_pair(i, j, d) :
	    hw_k_pair(i, j));
}

static float *scales(void *tile, size_t d)
{
	return (float *)((char *)tile + d * HW_TILE * 2);
}

static float put(void *tile, const float *x, size_t slot, size_t d, int is_v)
{
	float size = 0, most, inverse;

	for (size_t i = 0; i < d; i++)
		size = is_v ? fmaxf(size, fabsf(x[i])) : size + x[i] * x[i];
	if (!is_v)
		size = sqrtf(size);
	most = is_v ? HW_I16_VALUE : HW_I16_KEY;
	inverse = size >= HW_I16_MIN && isfinite(size) ? most / size : 0;
	for (size_t i = 0; i < d; i++)
		*token(tile, i, slot, d, is_v) =
		    (int16_t)lrintf(isfinite(x[i]) ? x[i] * inverse : 0);
	return size / most;
}

void hw_kv_put_i16_c(void *k, void *v, const float *kx, const float *vx,
    size_t slot, size_t d)
{
	float ks = put(k, kx, slot, d, 0), vs = put(v, vx, slot, d, 1);

	for (size_t i = 0; i < d; i++)
		if (!isfinite(kx[i]) || !isfinite(vx[i]))
			ks = NAN;
	memcpy(scales(k, d) + slot, &ks, sizeof(ks));
	memcpy(scales(v, d) + slot, &vs, sizeof(vs));
}

static void widen(float *kf, float *vf, const char *k, const char *v, size_t d)
{
	for (size_t j = 0; j < HW_TILE; j++) {
		float ks, vs;

		memcpy(&ks, k + d * HW_TILE * 2 + j * 4, sizeof(ks));
		memcpy(&vs, v + d * HW_TILE * 2 + j * 4, sizeof(vs));
		for (size_t i = 0; i < d; i++) {
			kf[i * HW_TILE + j] = ks * (float)(int16_t)
			    hw_u16_at(k + hw_k_pair(i, j) * 2);
			vf[j * d + i] = vs * (float)(int16_t)
			    hw_u16_at(v + hw_v_pair(i, j, d) * 2);
		}
	}
}

void hw_attn_i16_c(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch)
{
	float *kf = scratch, *vf = kf + a->d * HW_TILE;
	size_t bytes = hw_tile_bytes(HW_KV_I16, a->d);

	for (size_t t = 0; t < n_tiles; t++, first += HW_TILE) {
		widen(kf, vf, (const char *)k + t * bytes,
		    (const char *)v + t * bytes, a->d);
		hw_attn_f32_c(a, kf, vf, 1, first, vf + a->d * HW_TILE);
	}
}
