/* SPDX-License-Identifier: MIT
 * What only this file knows: how workers learn of a job.  A worker looks for
 * the next job for a short while, giving way to other processes, then sleeps.
 * It joins a job only while the job is open, and the caller waits only for
 * those who joined: a worker that the system has put aside delays nobody. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "engine/threads.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define OPEN 0x80000000u
#define LOOKS 400 /* before a worker sleeps: some 0.1 ms */

static struct hw_share *share_of(struct hw_pool *p, int thread)
{
	return thread == 0 ? &p->share : &p->workers[thread - 1].share;
}

/* Its own share first, then those of the threads after it. */
static void take_units(struct hw_pool *p, int thread)
{
	int n = p->n_started + 1;

	for (int i = 0; i < n; i++) {
		struct hw_share *s = share_of(p, (thread + i) % n);

		while (atomic_load(&s->next) < s->end) {
			size_t unit = atomic_fetch_add(&s->next, 1);

			if (unit < s->end)
				p->fn(p->ctx, unit, thread);
		}
	}
}

/* Join the open job, if it is still open. */
static void join(struct hw_pool *p, int thread)
{
	unsigned in = atomic_load(&p->inside);

	while ((in & OPEN) != 0) {
		if (!atomic_compare_exchange_weak(&p->inside, &in, in + 1))
			continue;
		take_units(p, thread);
		atomic_fetch_sub(&p->inside, 1);
		return;
	}
}

/* Wait until the job's number is no longer `seen`; returns the new one. */
static unsigned await_job(struct hw_pool *p, unsigned seen)
{
	for (int i = 0; i < LOOKS; i++) {
		unsigned now = atomic_load(&p->job);

		if (now != seen)
			return now;
		sched_yield();
	}
	/* The caller changes `job` and then looks at `sleepers`; here it is
	 * the other way round: one of the two sees the other. */
	pthread_mutex_lock(&p->lock);
	atomic_fetch_add(&p->sleepers, 1);
	while (atomic_load(&p->job) == seen)
		pthread_cond_wait(&p->wake, &p->lock);
	atomic_fetch_sub(&p->sleepers, 1);
	pthread_mutex_unlock(&p->lock);
	return atomic_load(&p->job);
}

static void *work(void *arg)
{
	struct hw_worker *w = arg;
	unsigned seen = 0;

	for (;;) {
		seen = await_job(w->pool, seen);
		if (atomic_load(&w->pool->quit))
			return NULL;
		join(w->pool, w->number);
	}
}

static void announce(struct hw_pool *p)
{
	atomic_fetch_add(&p->job, 1);
	if (atomic_load(&p->sleepers) == 0)
		return;
	pthread_mutex_lock(&p->lock);
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

enum hw_status hw_pool_start(struct hw_pool *p, int n,
    struct hw_worker *workers, struct hw_err *e)
{
	sigset_t all, before;
	int err = 0;

	memset(p, 0, sizeof(*p));
	p->workers = workers;
	if (n <= 1)
		return HW_OK;
	if (pthread_mutex_init(&p->lock, NULL) != 0 ||
	    pthread_cond_init(&p->wake, NULL) != 0)
		return hw_fail(e, HW_NOMEM, "no lock for the threads");
	/* Signals are for the caller's thread, which waits for input. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (int i = 0; i < n - 1 && err == 0; i++) {
		workers[i] = (struct hw_worker){.pool = p, .number = i + 1};
		err = pthread_create(&workers[i].id, NULL, work, &workers[i]);
		if (err == 0)
			p->n_started++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err == 0)
		return HW_OK;
	hw_fail(e, HW_NOMEM, "cannot start thread %d of %d: %s",
	    p->n_started + 2, n, strerror(err));
	hw_pool_stop(p);
	return HW_NOMEM;
}

void hw_pool_stop(struct hw_pool *p)
{
	if (p->n_started == 0)
		return;
	atomic_store(&p->quit, true);
	announce(p);
	for (int i = 0; i < p->n_started; i++)
		pthread_join(p->workers[i].id, NULL);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	p->n_started = 0;
}

void hw_pool_run(struct hw_pool *p, hw_unit_fn *fn, void *ctx,
    size_t n_units)
{
	if (p->n_started == 0 || n_units < 2) {
		for (size_t i = 0; i < n_units; i++)
			fn(ctx, i, 0);
		return;
	}
	p->fn = fn;
	p->ctx = ctx;
	for (size_t i = 0, n = (size_t)p->n_started + 1; i < n; i++) {
		struct hw_share *s = share_of(p, (int)i);

		atomic_store(&s->next, i * n_units / n);
		s->end = (i + 1) * n_units / n;
	}
	atomic_store(&p->inside, OPEN);
	announce(p);
	take_units(p, 0);
	/* Nobody joins any more; wait for those who are inside. */
	atomic_fetch_and(&p->inside, ~OPEN);
	while (atomic_load(&p->inside) != 0)
		sched_yield();
}

int hw_processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
#ifdef CPU_COUNT
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
#endif
	return n < 1 ? 1 : n > HW_MAX_THREADS ? HW_MAX_THREADS : (int)n;
}
