/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_KERNELS_KV_TILES_H
#define HW_TESTS_KERNELS_KV_TILES_H

/* What only this file knows: what tiles of keys and values hold, by the layout
 * that kernels.h states. */
#include "check.h"

static inline double at(const void *tile, enum hw_kv type, size_t cell,
    size_t scale, size_t d)
{
	const unsigned char *t = tile;
	uint16_t h;
	int16_t w;
	float f;

	switch (type) {
	case HW_KV_I16:
		memcpy(&w, t + cell * 2, 2);
		memcpy(&f, t + d * HW_TILE * 2 + scale * 4, 4);
		return w * (double)f;
	case HW_KV_F32:
		memcpy(&f, t + cell * 4, 4);
		return (double)f;
	case HW_KV_F16:
		memcpy(&h, t + cell * 2, 2);
		return f16_value(h);
	case HW_KV_BF16:
		memcpy(&h, t + cell * 2, 2);
		return bf16_value(h);
	case HW_KV_Q8_0:
		memcpy(&h, t + d * HW_TILE + scale * 2, 2);
		return f16_value(h) * (int8_t)t[cell];
	}
	return 0;
}

/* Which element of a tile is number i of token j. */
static inline size_t cell(enum hw_kv type, bool is_v, size_t i, size_t j,
    size_t d)
{
	if (type == HW_KV_I16 || type == HW_KV_BF16) /* in pairs */
		return is_v ? (j / 2 * d + i) * 2 + j % 2 :
		    (i / 2 * HW_TILE + j) * 2 + i % 2;
	return is_v ? j * d + i : i * HW_TILE + j;
}

static inline double k_at(const void *t, enum hw_kv type, size_t i, size_t j,
    size_t d)
{
	return at(t, type, cell(type, false, i, j, d), type == HW_KV_I16 ? j :
	    i / 32 * HW_TILE + j, d);
}

static inline double v_at(const void *t, enum hw_kv type, size_t i, size_t j,
    size_t d)
{
	return at(t, type, cell(type, true, i, j, d), type == HW_KV_I16 ? j :
	    j * (d / 32) + i / 32, d);
}

/* Half a step of the integers that a vector becomes, and roundings of floats:
 * its length, or its largest, is worth `most` steps. */
static inline double half_step(const float *x, size_t d, bool is_v)
{
	double max = 0, sum = 0;

	for (size_t i = 0; i < d; i++) {
		max = fmax(max, fabs((double)x[i]));
		sum += (double)x[i] * (double)x[i];
	}
	return (is_v ? max / HW_I16_VALUE : sqrt(sum) / HW_I16_KEY) * 0.5 +
	    max * (double)(d + 8) * U;
}

#endif
