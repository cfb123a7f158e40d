/* SPDX-License-Identifier: MIT
 * What only this file knows: conversions of 16 at a time.  A tail goes
 * through a buffer, since bytes have no masked loads under AVX2. */
#include "vec.h"

#define WIDEN(op, load) \
	void HW_FN(op)(float *y, const uint16_t *x, size_t n) \
	{ \
		uint16_t tail[16] = {0}; \
		for (; n >= 16; n -= 16, x += 16, y += 16) \
			vf_store(y, load(x)); \
		memcpy(tail, x, n * sizeof(*x)); \
		vf_store_n(y, load(tail), n); \
	}
#define NARROW(op, store) \
	void HW_FN(op)(uint16_t *y, const float *x, size_t n) \
	{ \
		uint16_t tail[16]; \
		for (; n >= 16; n -= 16, x += 16, y += 16) \
			store(y, vf_load(x)); \
		store(tail, vf_load_n(x, n)); \
		memcpy(y, tail, n * sizeof(*y)); \
	}
WIDEN(f16_to_f32, vf_f16)
WIDEN(bf16_to_f32, vf_bf16)
NARROW(f32_to_f16, vf_to_f16)
NARROW(f32_to_bf16, vf_to_bf16)
