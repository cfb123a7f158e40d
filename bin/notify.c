/* SPDX-License-Identifier: MIT
 * What only this file knows: the datagrams of sd_notify(3), which are all there
 * is to it. */
#include "notify.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli.h"
#include "io.h"

/* What is not heard is not an error of ours: nothing is said of it. */
static void notify(const char *message)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path != NULL ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof(to.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(to.sun_path, path, n);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, message, strlen(message), MSG_NOSIGNAL,
	    (const struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

void notify_ready(const char *status)
{
	char message[512];

	snprintf(message, sizeof(message), "READY=1\nSTATUS=%s", status);
	notify(message);
}

void notify_stopping(void)
{
	notify("STOPPING=1");
}

/* Half of the watchdog's time, in milliseconds; -1: it does not ask us. */
static int interval(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = cli_env("WATCHDOG_PID");
	long long us;

	if (usec == NULL || (pid != NULL &&
	    strtoll(pid, NULL, 10) != (long long)getpid()))
		return -1;
	us = strtoll(usec, NULL, 10);
	if (us <= 0)
		return -1;
	return us / 2000 < INT_MAX ? (int)(us / 2000) + 1 : INT_MAX;
}

int notify_alive(void)
{
	static int every = -2; /* not asked yet */
	static int64_t next;
	int64_t now;

	if (every == -2)
		every = interval();
	if (every < 0)
		return -1;
	now = io_monotonic_ms();
	if (now >= next) {
		notify("WATCHDOG=1");
		next = now + every;
	}
	return (int)(next - now);
}
