/* SPDX-License-Identifier: MIT
 * lib/digest/rate: what is a change, and that chance is none. */
#include "tap.h"

#include "digest/rate.h"

static const struct hw_exposure minute = {60000, 500};
static struct hw_rate_pool pool; /* of nothing */

static struct hw_rate history(int windows, const int *counts, int n)
{
	struct hw_rate r = {0};

	for (int i = 0; i < windows; i++)
		hw_rate_add(&r, (uint64_t)counts[i % n], minute, &pool);
	return r;
}

static struct hw_verdict judge(const struct hw_rate *r, uint64_t count,
    struct hw_exposure now)
{
	static const struct hw_rate_pool none;

	return hw_rate_judge(r, count, now, 4, &none);
}

static void changes(void)
{
	static const int steady[] = {20}, wild[] = {0, 60, 5, 0, 35},
	    seldom[] = {1, 0, 0, 0, 0, 0}, most[] = {100, 100, 100, 100, 0},
	    many[] = {400};
	struct hw_rate r = history(10, steady, 1);
	struct hw_verdict v = judge(&r, 80, minute);

	ok(v.up && !v.down && fabs(v.expected - 20) < 1e-9, "20 to 80 is up");
	ok(!judge(&r, 30, minute).up, "20 to 30 is not");
	ok(judge(&r, 2, minute).down, "20 to 2 is down");
	ok(!judge(&r, 12, minute).down, "20 to 12 is not");
	v = judge(&r, 0, minute);
	ok(v.gone && !v.down, "20 to 0 is gone");
	r = history(10, wild, 5);
	ok(!judge(&r, 80, minute).up,
	    "what bursts by nature may burst");
	ok(!judge(&r, 0, minute).gone, "and stay away");
	r = history(12, seldom, 6);
	ok(!judge(&r, 4, minute).up, "four are no surge");
	ok(judge(&r, 12, minute).up, "twelve of a rare one are");
	r = history(9, most, 5);
	ok(!judge(&r, 0, minute).gone,
	    "what stays away now and then may do so");
	r = history(10, many, 1);
	ok(!judge(&r, 520, minute).up, "400 to 520 is no news");
	r = history(1, steady, 1);
	ok(!judge(&r, 80, minute).up,
	    "one window before is too few");
}

static void views(void)
{
	static const int steady[] = {20};
	struct hw_rate r = history(10, steady, 1);
	struct hw_exposure burst = {60000, 5000}, night = {60000, 50},
	    shorter = {6000, 50}, no_clock = {0, 500};

	ok(!judge(&r, 0, (struct hw_exposure){600, 5}).gone,
	    "a stub of a window proves no absence");
	ok(!judge(&r, 20, burst).down,
	    "a burst of others thins out shares, and is no fall");
	ok(!judge(&r, 2, night).down,
	    "all less at night is no fall");
	ok(!judge(&r, 2, shorter).down, "nor is a shorter window");
	ok(judge(&r, 0, no_clock).gone,
	    "without a clock, shares alone count");
}

/* What was read at once has counts and no time: it is nothing to the clock. */
static void at_once(void)
{
	static const int steady[] = {40};
	static const struct hw_exposure lines = {0, 500};
	struct hw_rate r = history(5, steady, 1);
	struct hw_verdict v;

	for (int i = 0; i < 5; i++)
		hw_rate_add(&r, 40, lines, &pool);
	v = judge(&r, 120, minute);
	ok(v.up && fabs(v.expected - 40) < 1e-9,
	    "40 to 120 is up, whatever came at once before");
	ok(!judge(&r, 44, minute).down, "and 44 is no fall");
}

/* Where nothing is known of the clock, it is no better than the shares. */
static void no_clock(void)
{
	static const struct hw_exposure lines = {0, 500};
	static const int wild[] = {20, 45, 8, 36, 10, 42};
	struct hw_rate r = {0};

	for (int i = 0; i < 6; i++)
		hw_rate_add(&r, (uint64_t)wild[i], lines, &pool);
	ok(judge(&r, 400, lines).up, "shares have a say, however wild");
}

/* One incident is not what a template does by nature. */
static void incident(void)
{
	static const int once[] = {20, 20, 20, 20, 0, 20},
	    often[] = {20, 0, 20, 120};
	struct hw_rate r = history(6, once, 6);

	ok(judge(&r, 55, minute).up, "a gap does not hide the next surge");
	r = history(8, often, 4);
	ok(!judge(&r, 140, minute).up, "several make it wild");
}

/* A log whose windows of 20 records are now a second long, now an hour. */
static void clocks(void)
{
	static const double ms[] = {1000, 3600000, 20000, 500000};
	struct hw_rate r = {0};
	struct hw_rate_pool all = {{0}, {0}};
	struct hw_exposure hour = {3600000, 500};

	for (int i = 0; i < 8; i++) {
		hw_rate_add(&r, 20, (struct hw_exposure){ms[i % 4], 500},
		    &all);
		hw_rate_pool_age(&all);
	}
	ok(hw_rate_judge(&r, 120, hour, 4, &all).up,
	    "the clock has no say where it was always wrong");
	ok(!hw_rate_judge(&r, 24, (struct hw_exposure){1000, 500}, 4,
	    &all).up && !hw_rate_judge(&r, 18, hour, 4, &all).down,
	    "and makes no change");
	/* Another template of that log, with two windows so far. */
	r = history(2, (int[]){20}, 1);
	ok(!judge(&r, 120, (struct hw_exposure){600000, 500}).up,
	    "a clock that nothing is held against has a say");
	ok(hw_rate_judge(&r, 120, (struct hw_exposure){600000, 500}, 4,
	    &all).up, "until others tell of it");
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
			struct hw_verdict v = judge(&r, (uint64_t)n, minute);

			alarms += v.up || v.down || v.gone;
			hw_rate_add(&r, (uint64_t)n, minute, &pool);
		}
	}
	diag("%d alarms in %d windows of chance", alarms, windows);
	ok(alarms * 1000 <= windows, "chance makes under 1 alarm in 1000");
}

int main(void)
{
	changes();
	views();
	at_once();
	no_clock();
	incident();
	clocks();
	chance();
	return tap_done();
}
