/* SPDX-License-Identifier: MIT
 * What only this file knows: the operations on one row of activations. */
#include <math.h>

#include "kernels.h"

void hw_add_c(float *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += x[i];
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

void hw_swiglu_c(float *y, const float *gate, const float *up, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

void hw_rope_pairs_c(float *y, const float *x, const float *cs, size_t d)
{
	for (size_t i = 0; i + 1 < d; i += 2) {
		float a = x[i], b = x[i + 1];

		y[i] = a * cs[i] - b * cs[i + 1];
		y[i + 1] = a * cs[i + 1] + b * cs[i];
	}
}
