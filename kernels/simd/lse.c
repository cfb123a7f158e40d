/* SPDX-License-Identifier: MIT
 * What only this file knows: how sums of exponentials move to a new maximum,
 * and how they stay exact enough over a vocabulary: a lane adds at most 32
 * floats before its sum goes to double. */
#include "vec.h"

enum { PIECE = 16 * 32 };

/* Four at a time: one would wait for itself. */
static float max_of(const float *x, size_t n, float max)
{
	vf m[4] = {vf_set(max), vf_set(max), vf_set(max), vf_set(max)};
	size_t i = 0;

	for (; i + 64 <= n; i += 64)
		UNROLL for (size_t j = 0; j < 4; j++)
			m[j] = vf_max(vf_load(x + i + j * 16), m[j]);
	for (; i + 16 <= n; i += 16)
		m[0] = vf_max(vf_load(x + i), m[0]);
	max = vf_max_all(vf_max(vf_max(m[0], m[1]), vf_max(m[2], m[3])));
	for (; i < n; i++)
		max = x[i] > max ? x[i] : max;
	return max;
}

/* Adds exp(t) and exp(t) * t, t = x - max.  Not below -87, where exp2 stops
 * and -infinity would make NaN: what is lost is 2^-125 of the largest. */
INLINE void fold(vf x, vf max, size_t n, vf *sum, vf *dot)
{
	vf t = vf_max(vf_set(-87), vf_sub(x, max));
	vf e = vf_exp2(vf_mul(t, vf_set(LOG2_E)));

	if (n < 16)
		e = vf_band(e, vf_set(0), 0, n);
	*sum = vf_add(*sum, e);
	*dot = vf_fma(e, t, *dot);
}

static void fold_piece(const float *x, size_t n, vf max, double *sum,
    double *dot)
{
	vf s = vf_set(0), d = vf_set(0);

	for (; n >= 16; n -= 16, x += 16)
		fold(vf_load(x), max, 16, &s, &d);
	if (n > 0)
		fold(vf_load_n(x, n), max, n, &s, &d);
	*sum += (double)vf_sum_all(s);
	*dot += (double)vf_sum_all(d);
}

void HW_FN(lse)(struct hw_lse *s, const float *x, size_t n)
{
	double sum = (double)s->sum, dot = (double)s->dot;
	float max = max_of(x, n, s->max);

	if (n == 0 || max == -INFINITY)
		return;
	if (max > s->max && sum > 0) {
		double down = (double)s->max - (double)max;

		dot = exp(down) * (dot + sum * down);
		sum *= exp(down);
	}
	for (size_t i = 0; i < n; i += PIECE)
		fold_piece(x + i, n - i < PIECE ? n - i : PIECE, vf_set(max),
		    &sum, &dot);
	*s = (struct hw_lse){max, (float)sum, (float)dot};
}
