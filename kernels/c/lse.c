/* SPDX-License-Identifier: MIT
 * What only this file knows: how sums of exponentials move to a new maximum.
 */
#include <math.h>

#include "kernels.h"

void hw_lse_c(struct hw_lse *s, const float *x, size_t n)
{
	double sum = (double)s->sum, dot = (double)s->dot;
	float max = s->max;

	for (size_t i = 0; i < n; i++)
		if (x[i] > max)
			max = x[i];
	if (max == -INFINITY)
		return;
	if (max > s->max && sum > 0) {
		double down = (double)s->max - (double)max;

		dot = exp(down) * (dot + sum * down);
		sum *= exp(down);
	}
	for (size_t i = 0; i < n; i++) {
		/* Not below -200, where e is 0 and -infinity would make NaN. */
		float t = x[i] - max < -200 ? -200 : x[i] - max;
		float e = expf(t);

		sum += (double)e;
		dot += (double)(e * t);
	}
	*s = (struct hw_lse){max, (float)sum, (float)dot};
}
