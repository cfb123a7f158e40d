/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_C_HALF_H
#define HW_KERNELS_C_HALF_H

/* What only this file knows: the bits of the two 16-bit float formats, for
 * code that has no instruction for them, and reads at any alignment. */
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t hw_bits(float x)
{
	uint32_t u;

	memcpy(&u, &x, sizeof(u));
	return u;
}

static inline float hw_float(uint32_t u)
{
	float x;

	memcpy(&x, &u, sizeof(x));
	return x;
}

static inline uint16_t hw_u16_at(const void *p)
{
	uint16_t u;

	memcpy(&u, p, sizeof(u));
	return u;
}

static inline float hw_f16(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16;
	uint32_t rest = (uint32_t)(h & 0x7fff) << 13;
	uint32_t exponent = rest & 0x0f800000;

	if (exponent == 0x0f800000) /* infinity; NaN, made quiet */
		return hw_float(sign | 0x7f800000 | rest |
		    ((rest & 0x007fffff) != 0 ? 0x00400000 : 0));
	if (exponent == 0) /* zero, denormal: units of 2^-24, exactly */
		return hw_float(sign | hw_bits((float)(rest >> 13) * 0x1p-24f));
	return hw_float(sign | (rest + 0x38000000));
}

static inline uint16_t hw_to_f16(float x)
{
	uint32_t u = hw_bits(x), sign = u >> 16 & 0x8000;
	uint32_t rest = u & 0x7fffffff;

	if (rest > 0x7f800000)
		return (uint16_t)(sign | 0x7e00 | (rest >> 13 & 0x1ff));
	if (rest >= 0x477ff000) /* 65520: halfway to 2^16 */
		return (uint16_t)(sign | 0x7c00);
	if (rest < 0x38800000) /* below 2^-14: adding 0.5 rounds at 2^-24 */
		return (uint16_t)(sign |
		    (hw_bits(hw_float(rest) + 0.5f) - 0x3f000000));
	/* Nearest, ties to even: the carry may run into the exponent. */
	rest += 0xfff + (rest >> 13 & 1);
	return (uint16_t)(sign | ((rest - 0x38000000) >> 13));
}

static inline float hw_bf16(uint16_t h)
{
	return hw_float((uint32_t)h << 16);
}

static inline uint16_t hw_to_bf16(float x)
{
	uint32_t u = hw_bits(x);

	if ((u & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(u >> 16 | 0x40);
	return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

/* The largest magnitude of 32 numbers; infinity and NaN win, in this order,
 * so that a scale made from it tells of a broken input. */
static inline float hw_max32(const float *x)
{
	uint32_t max = 0;

	for (int i = 0; i < 32; i++) {
		uint32_t u = hw_bits(x[i]) & 0x7fffffff;

		max = u > max ? u : max;
	}
	return hw_float(max);
}

/* The nearest integer in -127 .. 127; something, for NaN. */
static inline int8_t hw_round127(float x)
{
	return (int8_t)lrintf(fminf(fmaxf(x, -127), 127));
}

#endif
