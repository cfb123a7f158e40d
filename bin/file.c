/* SPDX-License-Identifier: MIT
 * What only this file knows: how a file is replaced so that no reader ever sees
 * half of it: a new one beside it, synced, then renamed over it; and what must
 * not be replaced, but written into. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* realpath */
#endif
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

char *file_read(const char *path, size_t max, bool optional, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *p;

	if (f == NULL && optional && errno == ENOENT)
		return NULL;
	if (f == NULL)
		cli_die(CLI_NOINPUT, "%s: %s", path, strerror(errno));
	p = malloc(max + 2);
	if (p == NULL)
		cli_die(CLI_OS, "%s: no memory", path);
	*n = fread(p, 1, max + 1, f);
	if (ferror(f))
		cli_die(CLI_NOINPUT, "%s: %s", path, strerror(errno));
	if (*n > max)
		cli_die(CLI_DATA, "%s: larger than %zu bytes", path, max);
	(void)fclose(f);
	p[*n] = '\0';
	return p;
}

static bool write_all(int fd, struct hw_view v)
{
	while (v.n > 0) {
		ssize_t k = write(fd, v.p, v.n);

		if (k < 0 && errno != EINTR)
			return false;
		if (k > 0) {
			v.p += k;
			v.n -= (size_t)k;
		}
	}
	return true;
}

/* A device, a FIFO, what a link will name.  A reader that is missing, or has
 * left, is an error: neither a wait nor our end. */
static bool write_into(const char *path, struct hw_view v, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC, mode);
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	bool good;

	if (fd >= 0)
		(void)fcntl(fd, F_SETFL, 0); /* a slow reader is waited for */
	good = fd >= 0 && write_all(fd, v);
	if (!good)
		cli_warn("%s: %s", path, strerror(errno));
	if (fd >= 0 && close(fd) != 0 && good) {
		cli_warn("%s: %s", path, strerror(errno));
		good = false;
	}
	(void)signal(SIGPIPE, old);
	return good;
}

/* Who may read it is for its owner to say.  What cannot be kept (we are not the
 * owner, or its file system knows none) opens it to nobody else. */
static void keep_mode(int fd, const struct stat *old)
{
	mode_t mode = old->st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);

	if (fchown(fd, old->st_uid, old->st_gid) != 0 &&
	    fchown(fd, (uid_t)-1, old->st_gid) != 0)
		mode &= ~(mode_t)S_IRWXG;
	(void)fchmod(fd, mode);
}

/* `old`: what it replaces; NULL: nothing, and `mode` is that of the new one. */
static bool replace(const char *path, struct hw_view v, mode_t mode,
    const struct stat *old)
{
	char beside[4096];
	int n = snprintf(beside, sizeof(beside), "%s.%ld.new", path,
	    (long)getpid());
	bool good;
	int fd;

	if (n < 0 || (size_t)n >= sizeof(beside)) {
		cli_warn("%s: the name is too long", path);
		return false;
	}
	(void)unlink(beside); /* of one that was killed, with its mode */
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    old == NULL ? mode : S_IRUSR | S_IWUSR);
	if (fd < 0) {
		cli_warn("%s: %s", beside, strerror(errno));
		return false;
	}
	if (old != NULL)
		keep_mode(fd, old);
	good = write_all(fd, v) && (fsync(fd) == 0 || errno == EINVAL);
	good = close(fd) == 0 && good;
	good = good && rename(beside, path) == 0;
	if (!good) {
		cli_warn("%s: %s", path, strerror(errno));
		(void)unlink(beside);
	}
	return good;
}

bool file_replace(const char *path, struct hw_view v, mode_t mode)
{
	struct stat st;
	char *real;
	bool good;

	if (lstat(path, &st) != 0)
		return replace(path, v, mode, NULL);
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return write_into(path, v, mode);
	/* A link stays: /dev/stdout may be one to a file. */
	real = realpath(path, NULL);
	good = real != NULL ? replace(real, v, mode, &st) :
	    write_into(path, v, mode);
	free(real);
	return good;
}
