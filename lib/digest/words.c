/* SPDX-License-Identifier: MIT
 * What only this file knows: where a word of a log begins and ends.  A host
 * name, a path, a file, a version is one word, and so is a word with a mask in
 * it ("eth<num>"); brackets, quotes, '=', ':' and ',' part words, and which of
 * them do is part of the place that a word stands in. */
#include "digest/words.h"

#include <string.h>

#include "base/ascii.h"
#include "base/hash.h"

static bool joins(unsigned char c)
{
	return c != '\0' && strchr("_-.@/\\+%~$#*", c) != NULL;
}

/* The end of the word at `at`, over the masks in it; *said: some byte of it
 * means something; *span: the first mask that ends behind it. */
static size_t end_of(struct hw_view v, size_t at, const struct hw_span *s,
    size_t n, size_t *span, bool *said, bool *plain)
{
	size_t last = at; /* behind the last byte that is not punctuation */

	*said = false;
	*plain = true;
	for (;;) {
		while (*span < n && s[*span].out_to <= at)
			++*span;
		if (*span < n && s[*span].out_from == at) {
			last = at = s[*span].out_to;
			*said = true;
			*plain = false;
		} else if (at < v.n && hw_is_wordy(v.p[at])) {
			last = ++at;
			*said = true;
		} else if (at < v.n && joins(v.p[at])) {
			at++;
		} else {
			return last;
		}
	}
}

/* Does what stands before a word make it the value of a key? */
static bool keys(struct hw_view v, size_t from, size_t to)
{
	bool colon = false, quote = false;

	for (size_t i = from; i < to; i++) {
		if (v.p[i] == '=')
			return true;
		quote = quote || v.p[i] == '"';
		colon = colon || (quote && v.p[i] == ':');
	}
	return colon;
}

void hw_words_split(struct hw_words *w, struct hw_view v,
    const struct hw_span *spans, size_t n_spans)
{
	size_t at = 0, gap = 0, span = 0;

	w->n = 0;
	while (at < v.n && w->n < HW_WORDS) {
		struct hw_word *x = &w->at[w->n];
		size_t first = span, end;
		bool said, plain;

		end = end_of(v, at, spans, n_spans, &span, &said, &plain);
		if (!said) {
			at = end > at ? end : at + 1;
			continue;
		}
		while (first < n_spans && spans[first].out_to <= at)
			first++;
		*x = (struct hw_word){.from = at, .to = end,
		    .hash = hw_hash64(1, v.p + at, end - at),
		    .gap = hw_hash64(2, v.p + gap, at - gap),
		    .masked = !plain && spans[first].out_from == at &&
			spans[first].out_to == end,
		    .plain = plain};
		x->keyed = keys(v, gap, at);
		x->fixed = v.n - end >= 6 &&
		    memcmp(v.p + end, "[<pid>", 6) == 0;
		w->n++;
		gap = at = end;
	}
	w->last_gap = hw_hash64(2, v.p + gap, w->n < HW_WORDS ? v.n - gap : 0);
}
