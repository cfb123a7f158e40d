/* SPDX-License-Identifier: MIT
 * lib/engine/threads: every unit once, each thread its share first, and nobody
 * left inside. */
#include <sched.h>

#include "tap.h"

#include "engine/threads.h"

enum { N = 500 };

struct job {
	atomic_int runs[N];
	atomic_uint threads; /* bit a thread that took a unit */
	atomic_int outside;  /* units whose thread number is wrong */
	int size;
};

static void unit(void *ctx, size_t i, int thread)
{
	struct job *j = ctx;

	if (thread < 0 || thread >= j->size)
		atomic_fetch_add(&j->outside, 1);
	atomic_fetch_or(&j->threads, 1u << thread);
	atomic_fetch_add(&j->runs[i], 1);
}

struct meeting {
	int size;
	atomic_int arrived, left, own;
};

/* Units, as many as threads, wait for each other: all must be inside at once.
 * Those that are not the caller take their time to leave. */
static void meet(void *ctx, size_t i, int thread)
{
	struct meeting *m = ctx;

	atomic_fetch_add(&m->own, i == (size_t)thread);
	atomic_fetch_add(&m->arrived, 1);
	while (atomic_load(&m->arrived) < m->size)
		sched_yield();
	for (int n = 0; thread != 0 && n < 1000; n++)
		sched_yield();
	atomic_fetch_add(&m->left, 1);
}

static void jobs(int size, int rounds)
{
	static struct job j;
	static struct hw_worker workers[8];
	struct hw_pool p;
	int wrong = 0;

	if (!ok(hw_pool_start(&p, size, workers, NULL) == HW_OK,
	    "%d threads start", size))
		return;
	for (int r = 0; r < rounds; r++) {
		size_t n = (size_t)(r * 37 % (N + 1));

		memset(&j, 0, sizeof(j));
		j.size = size;
		hw_pool_run(&p, unit, &j, n);
		for (size_t i = 0; i < N; i++)
			wrong += atomic_load(&j.runs[i]) != (i < n);
		wrong += atomic_load(&j.outside);
	}
	is_int(wrong, 0, "%d jobs on %d threads: each unit once", rounds,
	    size);
	if (size > 1) {
		struct meeting m;

		memset(&m, 0, sizeof(m));
		m.size = size;
		hw_pool_run(&p, meet, &m, (size_t)size);
		is_int(atomic_load(&m.arrived), size, "%d units run at the "
		    "same time", size);
		is_int(atomic_load(&m.left), size, "and have ended on return");
		is_int(atomic_load(&m.own), size, "each thread began with its "
		    "share");
	}
	hw_pool_stop(&p);
	hw_pool_stop(&p);
}

int main(void)
{
	struct hw_pool none;

	memset(&none, 0, sizeof(none));
	hw_pool_stop(&none); /* never started */
	for (int size = 1; size <= 4; size++)
		jobs(size, 2000);
	ok(hw_processors() >= 1, "there is a processor");
	return tap_done();
}
