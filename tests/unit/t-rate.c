/* SPDX-License-Identifier: MIT
 * lib/digest/rate: what is a change, and that chance is none. */
#include "tap.h"

#include "digest/rate.h"

static const struct hw_exposure minute = {60000, 500};

static struct hw_rate history(int windows, const int *counts, int n)
{
	struct hw_rate r = {0};

	for (int i = 0; i < windows; i++)
		hw_rate_add(&r, (uint64_t)counts[i % n], minute);
	return r;
}

static void changes(void)
{
	static const int steady[] = {20}, wild[] = {0, 60, 5, 0, 35},
	    seldom[] = {1, 0, 0, 0, 0, 0}, most[] = {100, 100, 100, 100, 0},
	    many[] = {400};
	struct hw_rate r = history(10, steady, 1);
	struct hw_verdict v = hw_rate_judge(&r, 80, minute, 4);

	ok(v.up && !v.down && fabs(v.expected - 20) < 1e-9, "20 to 80 is up");
	ok(!hw_rate_judge(&r, 30, minute, 4).up, "20 to 30 is not");
	ok(hw_rate_judge(&r, 2, minute, 4).down, "20 to 2 is down");
	ok(!hw_rate_judge(&r, 12, minute, 4).down, "20 to 12 is not");
	v = hw_rate_judge(&r, 0, minute, 4);
	ok(v.gone && !v.down, "20 to 0 is gone");
	r = history(10, wild, 5);
	ok(!hw_rate_judge(&r, 80, minute, 4).up,
	    "what bursts by nature may burst");
	ok(!hw_rate_judge(&r, 0, minute, 4).gone, "and stay away");
	r = history(12, seldom, 6);
	ok(!hw_rate_judge(&r, 4, minute, 4).up, "four are no surge");
	ok(hw_rate_judge(&r, 12, minute, 4).up, "twelve of a rare one are");
	r = history(9, most, 5);
	ok(!hw_rate_judge(&r, 0, minute, 4).gone,
	    "what stays away now and then may do so");
	r = history(10, many, 1);
	ok(!hw_rate_judge(&r, 520, minute, 4).up, "400 to 520 is no news");
	r = history(1, steady, 1);
	ok(!hw_rate_judge(&r, 80, minute, 4).up,
	    "one window before is too few");
}

static void views(void)
{
	static const int steady[] = {20};
	struct hw_rate r = history(10, steady, 1);
	struct hw_exposure burst = {60000, 5000}, night = {60000, 50},
	    shorter = {6000, 50}, no_clock = {0, 500};

	ok(!hw_rate_judge(&r, 0, (struct hw_exposure){600, 5}, 4).gone,
	    "a stub of a window proves no absence");
	ok(!hw_rate_judge(&r, 20, burst, 4).down,
	    "a burst of others thins out shares, and is no fall");
	ok(!hw_rate_judge(&r, 2, night, 4).down,
	    "all less at night is no fall");
	ok(!hw_rate_judge(&r, 2, shorter, 4).down, "nor is a shorter window");
	ok(hw_rate_judge(&r, 0, no_clock, 4).gone,
	    "without a clock, shares alone count");
}

/* xorshift64*, and Poisson by Knuth's product: the test's own. */
static double uniform(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return (double)(*s * UINT64_C(2685821657736338717) >> 11) / 0x1p53;
}

static int poisson(uint64_t *s, double mean)
{
	double limit = exp(-mean), p = 1;
	int k = -1;

	do {
		p *= uniform(s);
		k++;
	} while (p > limit);
	return k;
}

/* False alarms over 20,000 windows of pure chance, many rates. */
static void chance(void)
{
	uint64_t seed = 20261125;
	int alarms = 0, windows = 0;

	for (int k = 0; k < 100; k++) {
		double mean = exp(6 * uniform(&seed) - 2);
		struct hw_rate r = {0};

		for (int i = 0; i < 200; i++, windows++) {
			int n = poisson(&seed, mean);
			struct hw_verdict v = hw_rate_judge(&r, (uint64_t)n,
			    minute, 4);

			alarms += v.up || v.down || v.gone;
			hw_rate_add(&r, (uint64_t)n, minute);
		}
	}
	diag("%d alarms in %d windows of chance", alarms, windows);
	ok(alarms * 1000 <= windows, "chance makes under 1 alarm in 1000");
}

int main(void)
{
	changes();
	views();
	chance();
	return tap_done();
}
