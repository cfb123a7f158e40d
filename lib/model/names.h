/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_NAMES_H
#define HW_MODEL_NAMES_H

/* An index of names, by sorting: n log n in the worst case whatever a hostile
 * file puts in them, which a hash table cannot promise. */
#include "base/mem.h"

struct hw_names {
	const struct hw_alloc *alloc;
	size_t n;
	struct hw_view *name; /* (n) in file order; the caller fills them */
	uint32_t *order;      /* (n) ascending by bytes */
};

/* Room for n names. */
HW_MUST enum hw_status hw_names_open(struct hw_names *t, size_t n,
    const struct hw_alloc *a, struct hw_err *e);
void hw_names_release(struct hw_names *t); /* a zeroed one is fine */
/* Sort; if two names are equal, false and *twice is one of them. */
bool hw_names_sort(struct hw_names *t, struct hw_view *twice);
/* The place of a name in file order, or -1. */
long hw_names_find(const struct hw_names *t, const char *name);

/* Heapsort of n numbers by less(ctx, a, b). */
void hw_heapsort(uint32_t *x, size_t n,
    bool (*less)(const void *ctx, uint32_t a, uint32_t b), const void *ctx);

#endif
