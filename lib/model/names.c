/* SPDX-License-Identifier: MIT
 * What only this file knows: the order of names, and how to find one. */
#include "model/names.h"

#include <string.h>

static void sink(uint32_t *x, size_t at, size_t n,
    bool (*less)(const void *ctx, uint32_t a, uint32_t b), const void *ctx)
{
	for (size_t child; (child = 2 * at + 1) < n; at = child) {
		uint32_t t;

		if (child + 1 < n && less(ctx, x[child], x[child + 1]))
			child++;
		if (!less(ctx, x[at], x[child]))
			return;
		t = x[at];
		x[at] = x[child];
		x[child] = t;
	}
}

/* Not qsort: that may allocate behind the caller's allocator. */
void hw_heapsort(uint32_t *x, size_t n,
    bool (*less)(const void *ctx, uint32_t a, uint32_t b), const void *ctx)
{
	for (size_t i = n / 2; i-- > 0;)
		sink(x, i, n, less, ctx);
	for (size_t i = n; i-- > 1;) {
		uint32_t t = x[0];

		x[0] = x[i];
		x[i] = t;
		sink(x, 0, i, less, ctx);
	}
}

static int compare(struct hw_view a, struct hw_view b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static bool less(const void *ctx, uint32_t a, uint32_t b)
{
	const struct hw_names *t = ctx;

	return compare(t->name[a], t->name[b]) < 0;
}

enum hw_status hw_names_open(struct hw_names *t, size_t n,
    const struct hw_alloc *a, struct hw_err *e)
{
	*t = (struct hw_names){.alloc = a, .n = n};
	if (hw_new(a, &t->name, n, sizeof(*t->name), "names", e) != HW_OK ||
	    hw_new(a, &t->order, n, sizeof(*t->order), "names", e) != HW_OK) {
		hw_names_release(t);
		return HW_NOMEM;
	}
	return HW_OK;
}

void hw_names_release(struct hw_names *t)
{
	hw_del(t->alloc, t->name);
	hw_del(t->alloc, t->order);
	*t = (struct hw_names){.alloc = t->alloc};
}

bool hw_names_sort(struct hw_names *t, struct hw_view *twice)
{
	for (size_t i = 0; i < t->n; i++)
		t->order[i] = (uint32_t)i;
	hw_heapsort(t->order, t->n, less, t);
	for (size_t i = 1; i < t->n; i++) {
		*twice = t->name[t->order[i]];
		if (compare(t->name[t->order[i - 1]], *twice) == 0)
			return false;
	}
	return true;
}

long hw_names_find(const struct hw_names *t, const char *name)
{
	struct hw_view want = {(const unsigned char *)name, strlen(name)};
	size_t lo = 0, hi = t->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = compare(t->name[t->order[mid]], want);

		if (c == 0)
			return (long)t->order[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}
