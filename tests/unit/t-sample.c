/* SPDX-License-Identifier: MIT
 * lib/digest/sample.c: samples share a pool, and none of it is lost. */
#include "tap.h"

#include "digest/sample.h"

static void samples(void)
{
	static uint32_t in[2000], out[HW_SAMPLE_MAX];
	struct hw_samples s;
	struct hw_sample x[3] = {{0}};

	for (uint32_t i = 0; i < 2000; i++)
		in[i] = i;
	if (hw_samples_init(&s, 3, NULL, NULL) != HW_OK)
		return;
	hw_samples_set(&s, &x[0], in, 2000);
	ok(x[0].n == 10 * 31 && x[0].cut, "a long one takes what is free");
	hw_samples_set(&s, &x[1], in + 5, 100);
	hw_samples_set(&s, &x[2], in + 7, 20);
	ok(x[1].n == 31 && x[1].cut && x[2].n == 20 && !x[2].cut,
	    "and leaves a block for each of the others");
	hw_samples_set(&s, &x[0], in + 1, 40);
	hw_samples_set(&s, &x[1], in + 5, 100);
	ok(x[0].n == 40 && x[1].n == 100, "blocks come back");
	ok(hw_samples_get(&s, &x[1], out) == 100 &&
	    memcmp(out, in + 5, 100 * sizeof(*in)) == 0 &&
	    hw_samples_get(&s, &x[0], out) == 40 &&
	    memcmp(out, in + 1, 40 * sizeof(*in)) == 0, "tokens are kept");
	for (int i = 0; i < 1000; i++)
		hw_samples_set(&s, &x[i % 3], in, (size_t)(i * 37 % 300));
	hw_samples_set(&s, &x[0], in, 0);
	hw_samples_set(&s, &x[1], in, 0);
	hw_samples_set(&s, &x[2], in, 310);
	is_int(x[2].n, 310, "no block is ever lost");
	hw_samples_release(&s);
}

int main(void)
{
	samples();
	return tap_done();
}
