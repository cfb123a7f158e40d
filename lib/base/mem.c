/* SPDX-License-Identifier: MIT
 * What only this file knows: how an aligned block remembers where it began. */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define ALIGN ((size_t)64)

/* calloc, as what it takes fresh from the system is zero already: a large
 * table costs a page when it is used. */
static void *get(const struct hw_alloc *a, size_t n, bool zeroed)
{
	void *p;

	if (a == NULL)
		return zeroed ? calloc(1, n) : malloc(n);
	p = a->alloc(a->ctx, n);
	if (p != NULL && zeroed)
		memset(p, 0, n);
	return p;
}

static enum hw_status take(const struct hw_alloc *a, void **p, size_t n,
    size_t size, size_t extra, bool zeroed, const char *what,
    struct hw_err *e)
{
	uint64_t bytes = 0;

	if (!hw_mul(n, size, &bytes) || !hw_add(bytes, extra, &bytes) ||
	    bytes > SIZE_MAX / 2)
		return hw_fail(e, HW_NOMEM, "%s: %zu times %zu bytes do not "
		    "fit in memory", what, n, size);
	*p = get(a, bytes > 0 ? (size_t)bytes : 1, zeroed);
	if (*p == NULL)
		return hw_fail(e, HW_NOMEM, "%s: no memory for %zu bytes",
		    what, (size_t)bytes);
	return HW_OK;
}

enum hw_status hw_new(const struct hw_alloc *a, void *out, size_t n,
    size_t size, const char *what, struct hw_err *e)
{
	void *p = NULL;

	HW_TRY(take(a, &p, n, size, 0, true, what, e));
	memcpy(out, &p, sizeof(p));
	return HW_OK;
}

enum hw_status hw_new_aligned(const struct hw_alloc *a, void *out, size_t n,
    size_t size, const char *what, struct hw_err *e)
{
	void *raw = NULL;
	unsigned char *p;

	HW_TRY(take(a, &raw, n, size, HW_ALIGNED_EXTRA, false, what, e));
	p = (unsigned char *)raw + sizeof(raw);
	p += (ALIGN - (uintptr_t)p % ALIGN) % ALIGN;
	memcpy(p - sizeof(raw), &raw, sizeof(raw)); /* for the release */
	memcpy(out, &p, sizeof(p));
	return HW_OK;
}

void hw_del(const struct hw_alloc *a, void *p)
{
	if (p == NULL)
		return;
	if (a != NULL)
		a->release(a->ctx, p);
	else
		free(p);
}

void hw_del_aligned(const struct hw_alloc *a, void *p)
{
	void *raw;

	if (p == NULL)
		return;
	memcpy(&raw, (unsigned char *)p - sizeof(raw), sizeof(raw));
	hw_del(a, raw);
}
