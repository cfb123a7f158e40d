/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_NEWS_H
#define HW_DIGEST_NEWS_H

/* What the tokens of a record say: how much of it was never seen, and which
 * value or word in it was not to be expected. */
#include "base/vocab.h"
#include "digest/mask.h"
#include "digest/trigram.h"

struct hw_line {
	const struct hw_vocab *vocab;
	struct hw_view text;         /* what the ids spell */
	const uint32_t *ids;
	size_t n;
	const float *bits, *entropy; /* NULL: not scored */
	const struct hw_span *spans; /* its masked parts, in order */
	size_t n_spans;
};

/* The parts of a record that vary and have a memory of their own. */
#define HW_MASK_SLOTS 12 /* of the masked parts, in order */
#define HW_WORD_SLOTS 4  /* of the free words, by their number */
#define HW_SLOTS (HW_MASK_SLOTS + HW_WORD_SLOTS)

/* Bits of the tokens outside masked parts, where the trigram is new to the
 * memory; a tenth where it is not.  Without scores, a token counts
 * HW_NEWS_BITS. */
#define HW_NEWS_BITS 6.0
double hw_news_novelty(const struct hw_line *l, struct hw_trigram *memory);
/* Sum of the surprisals; NaN: not scored. */
double hw_news_bits(const struct hw_line *l);
/* The largest surprisal less entropy of the tokens that touch the bytes
 * [from, to); NaN: none is scored. */
double hw_news_excess(const struct hw_line *l, size_t from, size_t to);
/* The word that the bytes [*from, *to) of text are part of: they lose the
 * blanks around them and gain the rest of the word. */
void hw_news_word(struct hw_view text, size_t *from, size_t *to);

#endif
