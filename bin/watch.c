/* SPDX-License-Identifier: MIT
 * What only this file knows: inotify, and where it must not be relied on. */
#include "watch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define CLOCK_MS 1000  /* without inotify */
#define BELT_MS 30000  /* with it: should an event be lost after all */

struct watch {
	int fd;
	char **paths;
	int n, newest; /* newest: the highest watch descriptor so far */
};

#ifdef __linux__
#include <sys/inotify.h>
#include <sys/vfs.h>

/* File systems that others may change without our kernel seeing it. */
static bool is_remote(const char *path)
{
	static const unsigned long magic[] = {
	    0x6969,     /* NFS */
	    0x517b,     /* SMB */
	    0xff534d42, /* CIFS */
	    0xfe534d42, /* SMB 2 */
	    0x65735546, /* FUSE */
	    0x01021997, /* 9P */
	    0x00c36400, /* Ceph */
	    0x5346414f, /* AFS */
	    0x0bd00bd0, /* Lustre */
	    0x01161970, /* GFS2 */
	};
	struct statfs s;

	if (statfs(path, &s) != 0)
		return true;
	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if (((unsigned long)s.f_type & 0xffffffff) == magic[i])
			return true;
	return false;
}

static int start(void)
{
	return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

/* False: cannot be watched. */
static bool add(struct watch *w, const char *path, bool folder)
{
	/* A watch outlives the name: a file that was moved away is still
	 * watched while its writer has it open. */
	uint32_t what = folder ? IN_CREATE | IN_DELETE | IN_MOVED_TO |
	    IN_MOVED_FROM | IN_ONLYDIR : IN_MODIFY | IN_ATTRIB;
	int wd = inotify_add_watch(w->fd, path, what);

	if (wd > w->newest)
		w->newest = wd;
	return wd >= 0;
}
#else
static bool is_remote(const char *path)
{
	(void)path;
	return true;
}

static int start(void)
{
	return -1;
}

static bool add(struct watch *w, const char *path, bool folder)
{
	(void)w, (void)path, (void)folder;
	return false;
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
static bool watched(struct watch *w, const char *path)
{
	char folder[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');
	size_t len = slash != NULL ? (size_t)(slash - path) + 1 : 0;

	if (len >= sizeof(folder))
		return false;
	if (len > 0) {
		memcpy(folder, path, len);
		folder[len] = '\0';
	}
	if (!add(w, folder, true))
		return false;
	/* One that does not exist will be seen to appear in its folder, unless
	 * the folder goes as well: of that we are not told while we hold files
	 * that were in it. */
	return add(w, path, false) && !is_remote(folder);
}

int watch_all(struct watch *w)
{
	int newest = w->newest;
	bool all = w->fd >= 0;

	for (int i = 0; w->fd >= 0 && i < w->n; i++)
		all = watched(w, w->paths[i]) && all;
	if (w->newest != newest)
		return 0;
	return all ? BELT_MS : CLOCK_MS;
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
