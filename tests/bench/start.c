/* SPDX-License-Identifier: MIT
 * start [-n TIMES] COMMAND [ARGUMENT]...: how long a program takes, from
 * before it exists until it is gone.  Its output is thrown away.
 *
 * What only this file knows: how a process is timed from outside: the middle
 * and the least of the clock, of its own processor time, and the most memory
 * that it held. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/clock.h"

enum { MOST = 1000 };

extern char **environ;

static double processor_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

/* Seconds by the clock; < 0: it failed. */
static double run(char **argv)
{
	posix_spawn_file_actions_t quiet;
	double begin = now(CLOCK_MONOTONIC);
	int status = 1;
	pid_t pid;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ) == 0)
		waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&quiet);
	return status == 0 ? now(CLOCK_MONOTONIC) - begin : -1;
}

int main(int argc, char **argv)
{
	double wall[MOST], cpu[MOST];
	long times = 20;
	struct rusage u;
	int c;

	while ((c = getopt(argc, argv, "+n:")) != -1)
		if (c == 'n')
			times = strtol(optarg, NULL, 10);
		else
			return 2;
	if (optind == argc || times < 1 || times > MOST)
		return 2;
	for (long i = 0; i < times; i++) {
		double before = processor_seconds();

		wall[i] = run(argv + optind);
		cpu[i] = processor_seconds() - before;
		if (wall[i] < 0) {
			fprintf(stderr, "start: %s failed\n", argv[optind]);
			return 1;
		}
	}
	getrusage(RUSAGE_CHILDREN, &u);
	printf("%7.1f ms (best %.1f), processor %.1f ms (best %.1f), at most "
	    "%.1f MiB\n", quantile(wall, (size_t)times, 0.5) * 1e3,
	    quantile(wall, (size_t)times, 0) * 1e3,
	    quantile(cpu, (size_t)times, 0.5) * 1e3,
	    quantile(cpu, (size_t)times, 0) * 1e3,
	    (double)u.ru_maxrss / 1024);
	return 0;
}
