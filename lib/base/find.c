/* SPDX-License-Identifier: MIT
 * What only this file knows: how bytes are found in others; memmem is not in
 * every C library. */
#include "base/find.h"

#include <string.h>

size_t hw_find(struct hw_view v, const char *what)
{
	size_t n = strlen(what);
	const unsigned char *p = v.p, *end = v.p + v.n;

	if (n == 0)
		return 0;
	while ((size_t)(end - p) >= n &&
	    (p = memchr(p, what[0], (size_t)(end - p) - n + 1)) != NULL) {
		if (memcmp(p, what, n) == 0)
			return (size_t)(p - v.p);
		p++;
	}
	return v.n;
}
