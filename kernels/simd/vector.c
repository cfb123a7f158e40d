/* SPDX-License-Identifier: MIT
 * What only this file knows: the operations on one row of activations. */
#include "vec.h"

void HW_FN(add)(float *y, const float *x, size_t n)
{
	for (; n >= 16; n -= 16, x += 16, y += 16)
		vf_store(y, vf_add(vf_load(y), vf_load(x)));
	vf_store_n(y, vf_add(vf_load_n(y, n), vf_load_n(x, n)), n);
}

void HW_FN(scale)(float *y, const float *x, float by, size_t n)
{
	vf s = vf_set(by);

	for (; n >= 16; n -= 16, x += 16, y += 16)
		vf_store(y, vf_mul(vf_load(x), s));
	vf_store_n(y, vf_mul(vf_load_n(x, n), s), n);
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

/* Sums of x - middle, and of its squares. */
static void moments(const float *x, size_t n, float middle, float *sum,
    float *squares)
{
	vf m = vf_set(middle), s = vf_set(0), q = vf_set(0), a;

	for (; n >= 16; n -= 16, x += 16) {
		a = vf_sub(vf_load(x), m);
		s = vf_add(s, a);
		q = vf_fma(a, a, q);
	}
	a = vf_band(vf_sub(vf_load_n(x, n), m), vf_set(0), 0, n);
	*sum = vf_sum_all(vf_add(s, a));
	*squares = vf_sum_all(vf_fma(a, a, q));
}

void HW_FN(layernorm)(float *y, const float *x, const float *w,
    const float *b, size_t n, float eps)
{
	float sum, squares, middle, rest;
	vf m, scale, r;

	moments(x, n, 0, &sum, &squares);
	middle = sum / (float)n;
	moments(x, n, middle, &rest, &squares);
	m = vf_set(middle);
	scale = vf_set(1 / sqrtf(squares / (float)n + eps));
	for (size_t i = 0; i < n; i += 16) {
		size_t k = n - i < 16 ? n - i : 16;

		r = vf_mul(vf_mul(vf_sub(vf_load_n(x + i, k), m), scale),
		    vf_load_n(w + i, k));
		if (b != NULL)
			r = vf_add(r, vf_load_n(b + i, k));
		vf_store_n(y + i, r, k);
	}
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

/* x / (1 + exp(-z)), z of x's sign. */
INLINE vf weighted(vf x, vf z)
{
	vf zero = vf_set(0), one = vf_set(1);
	vf positive = vf_max(z, zero), negative = vf_sub(z, positive);
	vf t = vf_exp2(vf_mul(vf_sub(negative, positive), vf_set(LOG2_E)));
	vf above = vf_max(x, zero), below = vf_sub(x, above);

	return vf_div(vf_fma(below, t, above), vf_add(one, t));
}

INLINE vf gelu_tanh(vf g)
{
	vf inner = vf_fma(vf_mul(g, g), vf_set(0.044715f), vf_set(1));

	return weighted(g, vf_mul(vf_mul(g, inner), vf_set(1.5957691216f)));
}

void HW_FN(geglu)(float *y, const float *gate, const float *up, size_t n)
{
	for (; n >= 16; n -= 16, gate += 16, up += 16, y += 16)
		vf_store(y, vf_mul(gelu_tanh(vf_load(gate)), vf_load(up)));
	vf_store_n(y, vf_mul(gelu_tanh(vf_load_n(gate, n)), vf_load_n(up, n)),
	    n);
}

void HW_FN(rope_halves)(float *y, const float *x, const float *cs, size_t d)
{
	size_t h = d / 2;

	for (size_t i = 0; i < h; i += 16) {
		size_t n = h - i < 16 ? h - i : 16;
		vf a = vf_load_n(x + i, n), b = vf_load_n(x + h + i, n);
		vf c = vf_load_n(cs + i, n), s = vf_load_n(cs + h + i, n);

		vf_store_n(y + i, vf_sub(vf_mul(a, c), vf_mul(b, s)), n);
		vf_store_n(y + h + i, vf_fma(a, s, vf_mul(b, c)), n);
	}
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
