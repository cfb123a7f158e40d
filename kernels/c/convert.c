/* SPDX-License-Identifier: MIT
 * What only this file knows: nothing; half.h knows the formats. */
#include "half.h"
#include "kernels.h"

void hw_f16_to_f32_c(float *y, const uint16_t *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = hw_f16(x[i]);
}

void hw_f32_to_f16_c(uint16_t *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = hw_to_f16(x[i]);
}

void hw_bf16_to_f32_c(float *y, const uint16_t *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = hw_bf16(x[i]);
}

void hw_f32_to_bf16_c(uint16_t *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = hw_to_bf16(x[i]);
}

void hw_f32_to_f32_c(float *y, const void *x, size_t n)
{
	memcpy(y, x, n * sizeof(*y));
}
