/* SPDX-License-Identifier: MIT
 * What only this file knows: inotify, and that it must not be relied on. */
#include "watch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* A look is a stat(), and inotify does not tell all: what others change on
 * network file systems, what a link leads to in another folder, a folder that
 * is renamed. */
#define CLOCK_MS 1000

struct watch {
	int fd;
	char **paths;
	int n, newest; /* newest: the highest watch descriptor so far */
};

#ifdef __linux__
#include <sys/inotify.h>
static int start(void)
{
	return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

static void add(struct watch *w, const char *path, bool folder)
{
	/* A watch outlives the name: a file that was moved away is still
	 * watched while its writer has it open. */
	uint32_t what = folder ? IN_CREATE | IN_DELETE | IN_MOVED_TO |
	    IN_MOVED_FROM | IN_ONLYDIR : IN_MODIFY | IN_ATTRIB;
	int wd = inotify_add_watch(w->fd, path, what);

	if (wd > w->newest)
		w->newest = wd;
}
#else
static int start(void)
{
	return -1;
}

static void add(struct watch *w, const char *path, bool folder)
{
	(void)w, (void)path, (void)folder;
}
#endif

struct watch *watch_open(char **paths, int n, bool off)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		cli_die(CLI_OS, "no memory");
	*w = (struct watch){.fd = off ? -1 : start(), .paths = paths, .n = n};
	return w;
}

void watch_close(struct watch *w)
{
	if (w == NULL)
		return;
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

/* A file is watched for what is written to it, and its folder for what comes
 * and goes under its name. */
static void watch_one(struct watch *w, const char *path)
{
	char folder[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');
	size_t len = slash != NULL ? (size_t)(slash - path) + 1 : 0;

	if (len >= sizeof(folder))
		return;
	if (len > 0) {
		memcpy(folder, path, len);
		folder[len] = '\0';
	}
	add(w, folder, true);
	add(w, path, false);
}

int watch_all(struct watch *w)
{
	int newest = w->newest;

	for (int i = 0; w->fd >= 0 && i < w->n; i++)
		watch_one(w, w->paths[i]);
	return w->newest != newest ? 0 : CLOCK_MS;
}

int watch_fd(const struct watch *w)
{
	return w->fd;
}

void watch_drain(struct watch *w)
{
	char events[4096];

	while (w->fd >= 0 && read(w->fd, events, sizeof(events)) > 0)
		;
}
