/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_NEWS_H
#define HW_DIGEST_NEWS_H

/* What the tokens of a record say: how much of it was never seen, and which
 * value or word in it was not to be expected. */
#include "digest/trigram.h"

struct hw_line {
	const struct hw_vocab *vocab;
	struct hw_view text;         /* what the ids spell */
	const uint32_t *ids;
	size_t n;
	const float *bits, *entropy; /* NULL: not scored */
	struct hw_view time;         /* its time stamp, in place in text */
};

struct hw_odd {
	double excess;       /* max of surprisal - entropy; NaN: not scored */
	uint32_t at, len;    /* the word around that token, bytes of text */
};

/* The bytes that a token stands for: special tokens stand for none. */
struct hw_view hw_token_text(const struct hw_vocab *v, uint32_t id);
/* Bits of the tokens without digits, where the trigram is new to the memory;
 * a tenth where it is not.  Without scores, a token counts HW_NEWS_BITS. */
#define HW_NEWS_BITS 6.0
double hw_news_novelty(const struct hw_line *l, struct hw_trigram *memory);
/* Sum of the surprisals; NaN: not scored. */
double hw_news_bits(const struct hw_line *l);
struct hw_odd hw_news_odd(const struct hw_line *l);

#endif
