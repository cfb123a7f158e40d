/* SPDX-License-Identifier: MIT
 * What only this file knows: how an angle stays exact however far the stream
 * runs.  The turn of one step is an integer, 2^64 to the circle; at index t
 * it is t times that, modulo 2^64, which wraps just where the circle does.
 * So the angle between two indices depends on their difference *exactly*, at
 * any index, and what is turned into a double is already reduced.
 *
 * Of 16 indices from a multiple of 16 on only the first has its angle made a
 * cosine and a sine; the others turn those by so many steps more, which is
 * three times as fast and costs some 2^-52. */
#include "engine/rope.h"

#include <math.h>

#define TWO_PI 6.283185307179586476925286766559

/* A turn is a signed number: from half a circle back to half ahead. */
static void turned(uint64_t turn, double *c, double *s)
{
	double a = (double)(int64_t)turn * 0x1p-64 * TWO_PI;

	*c = cos(a);
	*s = sin(a);
}

enum hw_status hw_rope_init(struct hw_rope *r, const struct hw_net *net,
    enum hw_layer_rope kind, uint64_t size, struct hw_err *e)
{
	double theta = net->rope_theta;
	const float *factors = net->rope_factors;

	if (net->rope_long != NULL && size > (uint64_t)net->rope_original)
		factors = net->rope_long;
	if (kind == HW_ROPE_LOCAL) {
		theta = net->local_theta;
		factors = net->local_factors;
	}
	r->dims = (size_t)net->rope_dims;
	r->halves = net->rope_halves;
	r->scale = net->rope_scale > 0 ? net->rope_scale : 1;
	if (!(theta > 0))
		r->dims = 0; /* no layer is of this kind */
	for (size_t j = 0; j < r->dims / 2; j++) {
		double step = pow(theta, -2.0 * (double)j / (double)r->dims);
		double turns;

		if (factors != NULL)
			step /= (double)factors[j];
		if (!(step > 0 && step < 1e9))
			return hw_fail(e, HW_CORRUPT, "rotary frequency %zu of "
			    "the model is %g", j, step);
		turns = step / TWO_PI;
		turns -= floor(turns);
		r->turn[j] = (uint64_t)(turns * 0x1p64);
		for (size_t i = 0; i < HW_ROPE_NEAR; i++) {
			double *to = r->near + (i * r->dims / 2 + j) * 2;

			turned(r->turn[j] * i, to, to + 1);
		}
	}
	return HW_OK;
}

void hw_rope_angles(const struct hw_rope *r, uint64_t at, size_t n, float *cs)
{
	size_t half = r->dims / 2;

	for (size_t j = 0; j < half; j++) {
		size_t to_cos = r->halves ? j : 2 * j;
		size_t to_sin = r->halves ? j + half : 2 * j + 1;
		double c = 0, s = 0;

		for (size_t i = 0; i < n; i++) {
			uint64_t steps = (at + i) % HW_ROPE_NEAR;
			const double *near = r->near + (steps * half + j) * 2;
			float *to = cs + i * r->dims;

			if (i == 0 || steps == 0)
				turned(r->turn[j] * (at + i - steps), &c, &s);
			to[to_cos] = (float)((c * near[0] - s * near[1]) *
			    r->scale);
			to[to_sin] = (float)((s * near[0] + c * near[1]) *
			    r->scale);
		}
	}
}
