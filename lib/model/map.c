/* SPDX-License-Identifier: MIT
 * What only this file knows: how a file becomes memory.
 *
 * The mapping is shared: processes that run one model hold one copy of it,
 * and a page is read when it is first used.  The price: if somebody cuts the
 * file short while we run, touching the lost part is SIGBUS.  Replace a model
 * by rename(), never in place. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* madvise */
#endif
#include "model/map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static enum hw_status map(struct hw_view *out, int fd, const char *path,
    struct hw_err *e)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) != 0)
		return hw_fail_sys(e, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return hw_fail(e, HW_FORMAT, "%s: not a model: %s", path,
		    S_ISDIR(st.st_mode) ? "it is a directory" :
		    "it is not a regular file");
	*out = (struct hw_view){(const unsigned char *)"", 0};
	if (st.st_size <= 0)
		return HW_OK;
	if ((uintmax_t)st.st_size > SIZE_MAX / 2)
		return hw_fail(e, HW_LIMIT, "%s: too large for this machine",
		    path);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return hw_fail_sys(e, errno, "%s: cannot map", path);
	*out = (struct hw_view){p, (size_t)st.st_size};
	return HW_OK;
}

enum hw_status hw_map_open(struct hw_view *out, const char *path,
    struct hw_err *e)
{
	enum hw_status status;
	/* O_NONBLOCK: a FIFO without a writer must not hang us here. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return hw_fail_sys(e, errno, "%s", path);
	status = map(out, fd, path, e);
	close(fd); /* the mapping stays */
	return status;
}

void hw_map_ahead(struct hw_view v)
{
#ifdef MADV_POPULATE_READ
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)v.p / page * page;

	/* Where the kernel is older than 5.14, pages come as before. */
	madvise((void *)from, (uintptr_t)v.p + v.n - from, MADV_POPULATE_READ);
#else
	(void)v;
#endif
}

void hw_map_close(struct hw_view *v)
{
	/* munmap takes what mmap gave; it only reads the address. */
	if (v->n > 0)
		munmap((void *)(uintptr_t)v->p, v->n);
	*v = (struct hw_view){NULL, 0};
}
