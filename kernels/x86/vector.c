/* SPDX-License-Identifier: MIT
 * What only this file knows: the operations on one row of activations. */
#include "vec.h"

void HW_FN(add)(float *y, const float *x, size_t n)
{
	for (; n >= 16; n -= 16, x += 16, y += 16)
		vf_store(y, vf_add(vf_load(y), vf_load(x)));
	vf_store_n(y, vf_add(vf_load_n(y, n), vf_load_n(x, n)), n);
}

/* Two sums: one would wait for itself. */
static float sum_of_squares(const float *x, size_t n)
{
	vf s = vf_set(0), t = vf_set(0), a;

	for (; n >= 32; n -= 32, x += 32) {
		a = vf_load(x);
		s = vf_fma(a, a, s);
		a = vf_load(x + 16);
		t = vf_fma(a, a, t);
	}
	if (n >= 16) {
		a = vf_load(x);
		s = vf_fma(a, a, s);
		n -= 16;
		x += 16;
	}
	a = vf_load_n(x, n);
	return vf_sum_all(vf_add(s, vf_fma(a, a, t)));
}

void HW_FN(rmsnorm)(float *y, const float *x, const float *w, size_t n,
    float eps)
{
	float mean = sum_of_squares(x, n) / (float)n;
	vf scale = vf_set(1 / sqrtf(mean + eps));

	for (; n >= 16; n -= 16, x += 16, y += 16, w += 16)
		vf_store(y, vf_mul(vf_mul(vf_load(x), scale), vf_load(w)));
	vf_store_n(y, vf_mul(vf_mul(vf_load_n(x, n), scale),
	    vf_load_n(w, n)), n);
}

/* With t = exp(-|g|) <= 1 nothing overflows: the sigmoid is 1 / (1 + t) or
 * t / (1 + t). */
INLINE vf silu(vf g)
{
	vf zero = vf_set(0), one = vf_set(1);
	vf positive = vf_max(g, zero), negative = vf_sub(g, positive);
	vf t = vf_exp2(vf_mul(vf_sub(negative, positive), vf_set(LOG2_E)));

	/* One of the two parts is 0. */
	return vf_div(vf_fma(negative, t, positive), vf_add(one, t));
}

void HW_FN(swiglu)(float *y, const float *gate, const float *up, size_t n)
{
	for (; n >= 16; n -= 16, gate += 16, up += 16, y += 16)
		vf_store(y, vf_mul(silu(vf_load(gate)), vf_load(up)));
	vf_store_n(y, vf_mul(silu(vf_load_n(gate, n)), vf_load_n(up, n)), n);
}

/* Even lanes a * c - b * s, odd lanes b * c + a * s. */
void HW_FN(rope_pairs)(float *y, const float *x, const float *cs, size_t d)
{
	for (size_t i = 0; i < d; i += 16) {
		size_t n = d - i;
		vf v = n < 16 ? vf_load_n(x + i, n) : vf_load(x + i);
		vf t = n < 16 ? vf_load_n(cs + i, n) : vf_load(cs + i);
		vf r = vf_rotate_pairs(v, t);

		if (n < 16)
			vf_store_n(y + i, r, n);
		else
			vf_store(y + i, r);
	}
}
