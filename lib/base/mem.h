/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_MEM_H
#define HW_BASE_MEM_H

/* Memory on a hw_alloc (NULL: malloc), and checked arithmetic on sizes that
 * come from files. */
#include "base/err.h"

/* n zeroed elements, or HW_NOMEM (also when n * size wraps).  `what` is for
 * the message.  n = 0 gives a valid, unique pointer. */
HW_MUST enum hw_status hw_new(const struct hw_alloc *a, void *out, size_t n,
    size_t size, const char *what, struct hw_err *e);
/* The same, not zeroed, at a multiple of 64 bytes; release with
 * hw_del_aligned.  It asks for HW_ALIGNED_EXTRA bytes more. */
#define HW_ALIGNED_EXTRA (64 + sizeof(void *))
HW_MUST enum hw_status hw_new_aligned(const struct hw_alloc *a, void *out,
    size_t n, size_t size, const char *what, struct hw_err *e);
void hw_del(const struct hw_alloc *a, void *p); /* NULL is fine */
void hw_del_aligned(const struct hw_alloc *a, void *p);

/* *out = a * b, a + b; false when the result does not fit. */
static inline bool hw_mul(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}
static inline bool hw_add(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}

#endif
