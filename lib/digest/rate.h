/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_RATE_H
#define HW_DIGEST_RATE_H

/* Is a count more, or less, than the windows before lead one to expect? */
#include <stdbool.h>
#include <stdint.h>

/* A window's exposure, seen in two ways: how long it was, and how many records
 * it held.  A window of 500 lines always holds 500, so a burst of one template
 * thins out all others; by the clock it does not.  The whole log at night is
 * less by the clock, and the same by shares.  Only what both call a change is
 * one, unless one of them was so often wrong that it has no say.  ms = 0: not
 * known, and only the other counts. */
struct hw_exposure {
	double ms, records;
};

/* Past windows, each weighing 9/10 of the one after it. */
struct hw_rate {
	double count[2];          /* sums of counts: a view has those of the */
	struct hw_exposure seen;  /* windows that it knows; sums */
	double known[2];          /* so many windows those were */
	double wild[2], wild_n[2]; /* squared errors over expectation, but */
	double last_error[2];     /* those of the last window are held back; */
	double worst[2];          /* the largest of them, and its weight: one */
	double worst_n[2];        /* incident does not make it wild */
	double present, windows;  /* windows with it, and all */
};

/* How far off all templates were, on average: where the clock tells nothing of
 * how much will come, it says so of all of them. */
struct hw_rate_pool {
	double error[2], n[2];
};

struct hw_verdict {
	double expected; /* by the view that sees less of a change */
	double z;        /* deviations; 0: as expected, or the views disagree */
	bool up, down, gone;
};

/* min_z: how sure to be, in deviations. */
struct hw_verdict hw_rate_judge(const struct hw_rate *r, uint64_t count,
    struct hw_exposure now, double min_z, const struct hw_rate_pool *pool);
/* What its share of so many records makes; 0: too little is known. */
double hw_rate_share(const struct hw_rate *r, double records);
/* Two that turned out to be one: r becomes their sum. */
void hw_rate_join(struct hw_rate *r, const struct hw_rate *x);
void hw_rate_add(struct hw_rate *r, uint64_t count, struct hw_exposure now,
    struct hw_rate_pool *pool);
/* A window is over. */
void hw_rate_pool_age(struct hw_rate_pool *pool);

#endif
