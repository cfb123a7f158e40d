/* SPDX-License-Identifier: MIT
 * What only this file knows: the operations on one row of activations. */
#include <math.h>

#include "kernels.h"

void hw_add_c(float *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += x[i];
}

void hw_scale_c(float *y, const float *x, float by, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = x[i] * by;
}

void hw_rmsnorm_c(float *y, const float *x, const float *w, size_t n,
    float eps)
{
	double sum = 0;
	float scale;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * (double)x[i];
	scale = (float)(1 / sqrt(sum / (double)n + (double)eps));
	for (size_t i = 0; i < n; i++)
		y[i] = x[i] * scale * w[i];
}

void hw_layernorm_c(float *y, const float *x, const float *w, const float *b,
    size_t n, float eps)
{
	double sum = 0, squares = 0, mean;
	float middle, scale;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i];
	mean = sum / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += ((double)x[i] - mean) * ((double)x[i] - mean);
	middle = (float)mean;
	scale = (float)(1 / sqrt(squares / (double)n + (double)eps));
	for (size_t i = 0; i < n; i++)
		y[i] = (x[i] - middle) * scale * w[i] +
		    (b != NULL ? b[i] : 0);
}

void hw_swiglu_c(float *y, const float *gate, const float *up, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

void hw_geglu_c(float *y, const float *gate, const float *up, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		float g = gate[i];
		float z = 1.5957691216f * (g + 0.044715f * g * g * g);

		y[i] = g / (1 + expf(-z)) * up[i];
	}
}

void hw_swiglu_oai_c(float *y, const float *gate, const float *up, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		float g = gate[i] < 7 ? gate[i] : 7;
		float u = up[i] < -7 ? -7 : up[i] > 7 ? 7 : up[i];

		y[i] = g / (1 + expf(-1.702f * g)) * (u + 1);
	}
}

void hw_gelu_c(float *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.70710678f));
}

void hw_rope_pairs_c(float *y, const float *x, const float *cs, size_t d)
{
	for (size_t i = 0; i + 1 < d; i += 2) {
		float a = x[i], b = x[i + 1];

		y[i] = a * cs[i] - b * cs[i + 1];
		y[i + 1] = a * cs[i + 1] + b * cs[i];
	}
}

void hw_rope_halves_c(float *y, const float *x, const float *cs, size_t d)
{
	for (size_t i = 0; i < d / 2; i++) {
		float a = x[i], b = x[i + d / 2];

		y[i] = a * cs[i] - b * cs[i + d / 2];
		y[i + d / 2] = a * cs[i + d / 2] + b * cs[i];
	}
}
