/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_USUAL_H
#define HW_DIGEST_USUAL_H

/* What a masked part of a template is used to: which values, and how long.
 * Zeroed is ready. */
#include "digest/news.h"

#define HW_VALUE_BITS 128

struct hw_usual {
	uint64_t value[HW_VALUE_BITS / 64]; /* a set, hashed to bits */
	uint32_t fresh;  /* records with a value that was not in it */
	uint32_t seen;   /* records */
	uint32_t digits; /* of the longest whole number */
};

/* How odd this value is, in bits; 0: it is not.  `varies`: a new value is
 * nothing in itself.  The value then belongs to what is usual. */
double hw_usual_weigh(struct hw_usual *u, struct hw_view value, bool varies);

#endif
