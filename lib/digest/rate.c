/* SPDX-License-Identifier: MIT
 * What only this file knows: the statistics of a change of rate.
 *
 * The model is a Poisson count whose variance is a multiple of its mean
 * (quasi-Poisson).  The multiple is learned for each template from how far its
 * past counts lay from what was then expected, so that one which comes in
 * bursts by nature must burst harder to be news.  It lags by a window: what
 * stops in the middle of one must not excuse its absence from the next.  The
 * largest error does not count: one incident must not hide the next.  The
 * factor (1 + now / seen) is the uncertainty of the expectation itself. */
#include "digest/rate.h"

#include <math.h>

#define KEEP 0.9
#define MIN_WINDOWS 1.8 /* two windows before; sums are of decaying weights */
#define LEAST 0.1       /* no expectation is smaller: nothing is impossible */
#define MIN_RATIO 2.0
#define MIN_UP 5.0      /* fewer records are no surge */
#define MIN_DOWN 10.0   /* nor do fewer expected ones make a fall */
#define MIN_GONE 8.0    /* e^-8: one false alarm in 3000 */
#define REGULAR 0.9     /* of the windows before */
#define MOST_WILD 16.0  /* of a window: one incident must not hide the next */
#define PRIOR 2.0       /* windows' worth of belief in a plain Poisson */
#define TRUST 3.0       /* times as wild as the other view: it has no say */

static double expected(double count, double seen, double now)
{
	return seen > 0 ? count / seen * now : 0;
}

/* Errors that count, in multiples of the mean, with the belief in `prior`. */
static double errors(const struct hw_rate *r, int view, double prior)
{
	double sum = fmax(r->wild[view] - r->worst[view], 0);
	double n = fmax(r->wild_n[view] - r->worst_n[view], 0);

	return (sum + PRIOR * prior) / (n + PRIOR);
}

static double wildness(const struct hw_rate *r, int view)
{
	return fmax(errors(r, view, 1), 1);
}

/* Has this view been that much worse than the other? */
static bool distrusted(const struct hw_rate *r, int view,
    const struct hw_rate_pool *pool)
{
	double e[2];

	for (int i = 0; i < 2; i++)
		e[i] = fmax(errors(r, i, pool->n[i] > 0 ?
		    pool->error[i] / pool->n[i] : 1), 1);
	return e[view] > TRUST * e[1 - view];
}

/* The signed root of the deviance: unlike (count - mean) / sqrt(mean) it is
 * near to a normal deviate on both sides of a small mean. */
static double deviations(double count, double mean, double wild, double grow)
{
	double m = mean > LEAST ? mean : LEAST;
	double d = 2 * (m - count + (count > 0 ? count * log(count / m) : 0));

	return copysign(sqrt(d > 0 ? d / (wild * grow) : 0), count - m);
}

struct hw_verdict hw_rate_judge(const struct hw_rate *r, uint64_t count,
    struct hw_exposure now, double min_z, const struct hw_rate_pool *pool)
{
	double k = (double)count, seen[2] = {r->seen.ms, r->seen.records};
	double part[2] = {now.ms, now.records}, least = INFINITY;
	struct hw_verdict v = {0};
	bool known[2] = {seen[0] > 0 && part[0] > 0,
	    seen[1] > 0 && part[1] > 0};
	bool up = true, down = true, gone = true;

	for (int i = 0; i < 2; i++) {
		double mean, z, wild = wildness(r, i);

		if (!known[i] || (known[1 - i] && distrusted(r, i, pool)))
			continue;
		mean = expected(r->count[i], seen[i], part[i]);
		z = deviations(k, mean, wild, 1 + part[i] / seen[i]);
		up = up && z >= min_z && k >= MIN_RATIO * mean;
		down = down && z <= -min_z && k * MIN_RATIO <= mean &&
		    mean >= MIN_DOWN;
		gone = gone && mean >= MIN_GONE * wild;
		if (fabs(z) < least) {
			least = fabs(z);
			v.z = z;
			v.expected = mean;
		}
	}
	if (!isfinite(least) || r->windows < MIN_WINDOWS)
		return (struct hw_verdict){0};
	v.up = up && k >= MIN_UP;
	v.gone = gone && count == 0 && r->present >= REGULAR * r->windows;
	v.down = down && count > 0;
	return v;
}

double hw_rate_share(const struct hw_rate *r, double records)
{
	return r->windows < MIN_WINDOWS ? 0 :
	    expected(r->count[1], r->seen.records, records);
}

/* The error that was held back takes its place among the others; a view's
 * first window had none. */
static void settle_error(struct hw_rate *r, int view)
{
	double error = r->last_error[view];

	r->wild[view] = r->wild[view] * KEEP + error;
	r->wild_n[view] = r->wild_n[view] * KEEP + (r->known[view] > 1);
	r->worst[view] *= KEEP;
	r->worst_n[view] *= KEEP;
	if (error > r->worst[view]) {
		r->worst[view] = error;
		r->worst_n[view] = 1;
	}
}

void hw_rate_add(struct hw_rate *r, uint64_t count, struct hw_exposure now,
    struct hw_rate_pool *pool)
{
	double k = (double)count, part[2] = {now.ms, now.records};
	double *seen[2] = {&r->seen.ms, &r->seen.records};

	for (int i = 0; i < 2; i++) {
		double mean = expected(r->count[i], *seen[i], part[i]);

		/* Of a window that it does not know a view learns nothing. */
		if (part[i] <= 0)
			continue;
		settle_error(r, i);
		r->last_error[i] = r->known[i] > 0 ?
		    fmin((k - mean) * (k - mean) / (mean > 1 ? mean : 1),
		    MOST_WILD) : 0;
		if (r->known[i] > 0 && mean >= 1) {
			pool->error[i] += r->last_error[i];
			pool->n[i]++;
		}
		r->count[i] = r->count[i] * KEEP + k;
		r->known[i] = r->known[i] * KEEP + 1;
		*seen[i] = *seen[i] * KEEP + part[i];
	}
	r->present = r->present * KEEP + (count > 0);
	r->windows = r->windows * KEEP + 1;
}

void hw_rate_pool_age(struct hw_rate_pool *pool)
{
	for (int i = 0; i < 2; i++) {
		pool->error[i] *= KEEP;
		pool->n[i] *= KEEP;
	}
}

void hw_rate_join(struct hw_rate *r, const struct hw_rate *x)
{
	/* The longer memory has seen the windows of both. */
	r->seen.ms = fmax(r->seen.ms, x->seen.ms);
	r->seen.records = fmax(r->seen.records, x->seen.records);
	r->present = fmax(r->present, x->present);
	r->windows = fmax(r->windows, x->windows);
	for (int i = 0; i < 2; i++) {
		r->count[i] += x->count[i];
		r->known[i] = fmax(r->known[i], x->known[i]);
		r->wild_n[i] = fmax(r->wild_n[i], x->wild_n[i]);
		r->wild[i] = fmax(r->wild[i], x->wild[i]);
		r->last_error[i] = fmax(r->last_error[i], x->last_error[i]);
		r->worst[i] = fmax(r->worst[i], x->worst[i]);
		r->worst_n[i] = fmax(r->worst_n[i], x->worst_n[i]);
	}
}
