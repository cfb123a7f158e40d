/* SPDX-License-Identifier: MIT
 * What only this file knows: how surprisal, entropy and the trigram memory are
 * read.  Surprisal alone finds new templates no better than a hash set (the
 * cache forgets); surprisal less entropy finds the odd value, since where any
 * value was to be expected the entropy is as high as the surprisal. */
#include "digest/news.h"

#include <math.h>

#define DIGITS UINT32_MAX /* stands for any run of tokens with digits */
#define BEFORE (UINT32_MAX - 1)
#define SEEN 0.1
#define REACH 64          /* how far a word is followed, bytes */

struct hw_view hw_token_text(const struct hw_vocab *v, uint32_t id)
{
	return hw_vocab_kind(v, id) == HW_TOKEN_SPECIAL ?
	    (struct hw_view){NULL, 0} : hw_vocab_bytes(v, id);
}

static bool digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool word_byte(unsigned char c)
{
	return digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') || c >= 128;
}

/* The word that the bytes [*from, *to) are part of: they lose the blanks
 * around them and gain the rest of the word. */
static void whole_word(struct hw_view v, size_t *from, size_t *to)
{
	size_t low = *from > REACH ? *from - REACH : 0;
	size_t high = v.n - *to > REACH ? *to + REACH : v.n;

	while (*from < *to && v.p[*from] <= ' ')
		++*from;
	while (*to > *from && v.p[*to - 1] <= ' ')
		--*to;
	if (*from == *to)
		return;
	while (*from > low && word_byte(v.p[*from]) &&
	    word_byte(v.p[*from - 1]))
		--*from;
	while (*to < high && word_byte(v.p[*to - 1]) && word_byte(v.p[*to]))
		++*to;
}

static bool in_number(struct hw_view v, size_t from, size_t to)
{
	whole_word(v, &from, &to);
	for (size_t i = from; i < to; i++)
		if (digit(v.p[i]))
			return true;
	return false;
}

static bool overlaps(struct hw_view text, struct hw_view part, size_t from,
    size_t to)
{
	size_t at;

	if (part.n == 0)
		return false;
	at = (size_t)(part.p - text.p);
	return from < at + part.n && to > at;
}

double hw_news_novelty(const struct hw_line *l, struct hw_trigram *memory)
{
	uint32_t a = BEFORE, b = BEFORE;
	double sum = 0;
	size_t at = 0;

	for (size_t i = 0; i < l->n; i++) {
		size_t to = at + hw_token_text(l->vocab, l->ids[i]).n;
		double bits = HW_NEWS_BITS;
		bool plain;

		if (to > l->text.n)
			break;
		plain = !overlaps(l->text, l->time, at, to) &&
		    !in_number(l->text, at, to);
		at = to;
		if (!plain) {
			if (b != DIGITS) {
				a = b;
				b = DIGITS;
			}
			continue;
		}
		if (l->bits != NULL)
			bits = isfinite(l->bits[i]) ? (double)l->bits[i] : 0;
		sum += hw_trigram_see(memory, a, b, l->ids[i]) ? SEEN * bits :
		    bits;
		a = b;
		b = l->ids[i];
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

struct hw_odd hw_news_odd(const struct hw_line *l)
{
	struct hw_odd o = {.excess = NAN};
	size_t at = 0, to, from = 0, end = 0;

	if (l->bits == NULL || l->entropy == NULL)
		return o;
	for (size_t i = 0; i < l->n; i++, at = to) {
		double x = (double)l->bits[i] - (double)l->entropy[i];

		to = at + hw_token_text(l->vocab, l->ids[i]).n;
		if (to > l->text.n)
			break;
		if (!isfinite(x) || overlaps(l->text, l->time, at, to))
			continue;
		if (!(x <= o.excess)) { /* also where excess is NaN */
			o.excess = x;
			from = at;
			end = to;
		}
	}
	whole_word(l->text, &from, &end);
	o.at = (uint32_t)from;
	o.len = (uint32_t)(end - from);
	return o;
}
