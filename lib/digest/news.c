/* SPDX-License-Identifier: MIT
 * What only this file knows: how surprisal, entropy and the trigram memory are
 * read.  Surprisal alone finds new templates no better than a hash set: the
 * cache forgets. */
#include "digest/news.h"

#include <math.h>

#include "base/ascii.h"

#define MASKED UINT32_MAX /* stands for a masked part, whatever its length */
#define BEFORE (UINT32_MAX - 1)
#define SEEN 0.1
#define REACH 64          /* how far a word is followed, bytes */

void hw_news_word(struct hw_view v, size_t *from, size_t *to)
{
	size_t low = *from > REACH ? *from - REACH : 0;
	size_t high = v.n - *to > REACH ? *to + REACH : v.n;

	while (*from < *to && v.p[*from] <= ' ')
		++*from;
	while (*to > *from && v.p[*to - 1] <= ' ')
		--*to;
	if (*from == *to)
		return;
	while (*from > low && hw_is_wordy(v.p[*from]) &&
	    hw_is_wordy(v.p[*from - 1]))
		--*from;
	while (*to < high && hw_is_wordy(v.p[*to - 1]) &&
	    hw_is_wordy(v.p[*to]))
		++*to;
}

/* Walks over the tokens of a line and the masked parts beside them. */
struct walk {
	size_t i, from, to; /* the token, and its bytes */
	size_t span;        /* the first that ends behind `from` */
};

static bool step(const struct hw_line *l, struct walk *w)
{
	if (w->i >= l->n)
		return false;
	w->from = w->to;
	w->to += hw_vocab_text(l->vocab, l->ids, w->i++).n;
	while (w->span < l->n_spans && l->spans[w->span].to <= w->from)
		w->span++;
	return w->to <= l->text.n;
}

static bool masked(const struct hw_line *l, const struct walk *w)
{
	return w->span < l->n_spans && l->spans[w->span].from < w->to;
}

double hw_news_novelty(const struct hw_line *l, struct hw_trigram *memory)
{
	uint32_t a = BEFORE, b = BEFORE;
	struct walk w = {0};
	double sum = 0;

	while (step(l, &w)) {
		uint32_t id = l->ids[w.i - 1];
		double bits = HW_NEWS_BITS;

		if (masked(l, &w)) {
			a = b != MASKED ? b : a;
			b = MASKED;
			continue;
		}
		if (l->bits != NULL)
			bits = isfinite(l->bits[w.i - 1]) ?
			    (double)l->bits[w.i - 1] : 0;
		sum += hw_trigram_see(memory, a, b, id) ? SEEN * bits : bits;
		a = b;
		b = id;
	}
	return sum;
}

double hw_news_bits(const struct hw_line *l)
{
	double sum = 0;

	if (l->bits == NULL)
		return NAN;
	for (size_t i = 0; i < l->n; i++)
		if (isfinite(l->bits[i]))
			sum += (double)l->bits[i];
	return sum;
}

double hw_news_excess(const struct hw_line *l, size_t from, size_t to)
{
	struct walk w = {0};
	double most = NAN;

	if (l->bits == NULL || l->entropy == NULL)
		return NAN;
	while (step(l, &w)) {
		double x = (double)l->bits[w.i - 1] -
		    (double)l->entropy[w.i - 1];

		if (w.to > from && w.from < to && isfinite(x) && !(x <= most))
			most = x; /* also where that is NaN */
	}
	return most;
}
