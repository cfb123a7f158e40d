/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_BENCH_CLOCK_H
#define HW_TESTS_BENCH_CLOCK_H

/* What the benches share: clocks, a middle value, and tokens out of nowhere. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Wall and processor seconds, on all threads together: other work on the
 * machine disturbs the second less. */
struct span {
	double wall, cpu;
};

static inline struct span span_begin(void)
{
	return (struct span){now(CLOCK_MONOTONIC),
	    now(CLOCK_PROCESS_CPUTIME_ID)};
}

static inline struct span span_since(struct span a)
{
	return (struct span){now(CLOCK_MONOTONIC) - a.wall,
	    now(CLOCK_PROCESS_CPUTIME_ID) - a.cpu};
}

static inline int compare_doubles(const void *a, const void *b)
{
	double x, y;

	x = *(const double *)a;
	y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The value below which a share of the n values lies; sorts them. */
static inline double quantile(double *x, size_t n, double share)
{
	size_t i = (size_t)(share * (double)n);

	qsort(x, n, sizeof(*x), compare_doubles);
	return x[i < n ? i : n - 1];
}

static inline void random_ids(uint32_t *ids, size_t n, uint64_t *state,
    int vocab)
{
	for (size_t i = 0; i < n; i++) {
		*state = *state * 6364136223846793005u +
		    1442695040888963407u;
		ids[i] = (uint32_t)((*state >> 33) % (uint64_t)vocab);
	}
}

#endif
