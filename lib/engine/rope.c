/* SPDX-License-Identifier: MIT
 * What only this file knows: how an angle stays exact however far the stream
 * runs.  The turn of one step is an integer, 2^64 to the circle; at index t
 * it is t times that, modulo 2^64, which wraps just where the circle does.
 * So the angle between two indices depends on their difference *exactly*, at
 * any index, and what is turned into a double is already reduced. */
#include "engine/rope.h"

#include <math.h>

#define TWO_PI 6.283185307179586476925286766559

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
	}
	return HW_OK;
}

void hw_rope_angles(const struct hw_rope *r, uint64_t at, float *cs)
{
	size_t half = r->dims / 2;

	for (size_t j = 0; j < half; j++) {
		/* As a signed number: from half a turn back to half ahead. */
		double a = (double)(int64_t)(r->turn[j] * at) * 0x1p-64 *
		    TWO_PI;

		cs[r->halves ? j : 2 * j] = (float)(cos(a) * r->scale);
		cs[r->halves ? j + half : 2 * j + 1] =
		    (float)(sin(a) * r->scale);
	}
}
