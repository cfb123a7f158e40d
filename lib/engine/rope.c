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
    struct hw_err *e)
{
	r->dims = (size_t)net->rope_dims;
	for (size_t j = 0; j < r->dims / 2; j++) {
		double step = pow(net->rope_theta,
		    -2.0 * (double)j / (double)r->dims);
		double turns;

		if (net->rope_factors != NULL)
			step /= (double)net->rope_factors[j];
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
	for (size_t j = 0; j < r->dims / 2; j++) {
		/* As a signed number: from half a turn back to half ahead. */
		double a = (double)(int64_t)(r->turn[j] * at) * 0x1p-64 *
		    TWO_PI;

		cs[2 * j] = (float)cos(a);
		cs[2 * j + 1] = (float)sin(a);
	}
}
