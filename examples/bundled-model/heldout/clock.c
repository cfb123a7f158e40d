/* SPDX-License-Identifier: MIT */
/*
 * A clock that runs RATE times as fast from ORIGIN on, preloaded into servers
 * so that minutes of load give a log of hours.  Only the time of day is
 * changed: sleeps and timeouts keep their real length, and a wait until a
 * time of day is translated back.
 *
 * What only this file knows: how the laboratory's time is counted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static const long long second = 1000000000;

static struct timespec from_ns(long long ns)
{
	return (struct timespec){ ns / second, ns % second };
}

static long long to_ns(const struct timespec *t)
{
	return t->tv_sec * second + t->tv_nsec;
}

static struct timespec fake_now(void)
{
	struct timespec t;

	syscall(SYS_clock_gettime, CLOCK_REALTIME, &t);
	return from_ns(ORIGIN * second + (to_ns(&t) - ORIGIN * second) * RATE);
}

static struct timespec real_deadline(const struct timespec *fake)
{
	return from_ns(ORIGIN * second +
	    (to_ns(fake) - ORIGIN * second) / RATE);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)
		return (int)syscall(SYS_clock_gettime, id, t);
	*t = fake_now();
	return 0;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec now = fake_now();

	(void)zone;
	*t = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
	return 0;
}

time_t time(time_t *t)
{
	struct timespec now = fake_now();

	if (t != NULL)
		*t = now.tv_sec;
	return now.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m,
    const struct timespec *until)
{
	struct timespec t = real_deadline(until);
	int (*wait)(pthread_cond_t *, pthread_mutex_t *,
	    const struct timespec *) = dlvsym(RTLD_NEXT,
	    "pthread_cond_timedwait", "GLIBC_2.3.2");

	/* A condition of the monotonic clock gives times near the start. */
	return wait(c, m, to_ns(until) < ORIGIN * second / 2 ? until : &t);
}

int sem_timedwait(sem_t *s, const struct timespec *until)
{
	struct timespec t = real_deadline(until);
	int (*wait)(sem_t *, const struct timespec *) =
	    dlsym(RTLD_NEXT, "sem_timedwait");

	return wait(s, &t);
}
