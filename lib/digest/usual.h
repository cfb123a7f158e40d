/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_USUAL_H
#define HW_DIGEST_USUAL_H

/* What a masked part of a template is used to: which values, and how
 * unexpected they are to the model.  Zeroed is ready. */
#include "digest/news.h"

#define HW_VALUES 4

struct hw_usual {
	uint32_t value[HW_VALUES]; /* hashes of the last different ones */
	float fresh;               /* values that were none of those */
	float mean, var, high;     /* of surprisal less entropy */
	uint32_t seen, scored;     /* records */
	uint32_t digits;           /* of the longest whole number */
};

/* How odd this value is, in bits; 0: it is not.  excess is NaN when it was not
 * scored.  `varies`: a new value is nothing in itself.  The value then belongs
 * to what is usual. */
double hw_usual_weigh(struct hw_usual *u, struct hw_view value,
    double excess, bool varies);

#endif
