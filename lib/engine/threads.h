/* SPDX-License-Identifier: MIT */
#ifndef HW_ENGINE_THREADS_H
#define HW_ENGINE_THREADS_H

/* A pool that runs the units of one job at a time: fn(ctx, unit, thread) for
 * each unit below n, in any order, thread < the pool's size.  What a unit
 * computes must not depend on which thread takes it.  A thread begins with its
 * share, units that follow each other, the same part of every job of as many:
 * so it finds in its cache what it wrote.  Then it takes what others have not
 * begun. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/err.h"

#define HW_MAX_THREADS 256

typedef void hw_unit_fn(void *ctx, size_t unit, int thread);

struct hw_pool;

struct hw_share {
	atomic_size_t next; /* unit to take */
	size_t end;
	char apart[112];    /* two shares are never in one line */
};

struct hw_worker {
	struct hw_share share;
	struct hw_pool *pool;
	pthread_t id;
	int number; /* 1 .. ; the caller is thread 0 */
};

struct hw_pool {
	int n_started;             /* workers that run */
	struct hw_worker *workers; /* the caller's storage */
	/* The job: written by the caller while nobody is in it. */
	hw_unit_fn *fn;
	void *ctx;
	struct hw_share share;     /* of thread 0 */
	atomic_uint inside;        /* OPEN bit, and how many workers joined */
	atomic_uint job;           /* its number; changes wake the workers */
	atomic_uint sleepers;
	atomic_bool quit;
	pthread_mutex_t lock;      /* only to sleep and to wake */
	pthread_cond_t wake;
};

/* Start n - 1 workers in the given storage (n - 1 of them), all signals
 * blocked in them.  HW_NOMEM: the system has no thread to give. */
HW_MUST enum hw_status hw_pool_start(struct hw_pool *p, int n,
    struct hw_worker *workers, struct hw_err *e);
/* Stop what was started; a zeroed pool is fine. */
void hw_pool_stop(struct hw_pool *p);
/* Run the job; all of it is done on return. */
void hw_pool_run(struct hw_pool *p, hw_unit_fn *fn, void *ctx,
    size_t n_units);

/* Processors that this process may use. */
int hw_processors(void);

#endif
