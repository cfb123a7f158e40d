/* SPDX-License-Identifier: MIT
 * What only this file knows: how the masks become one pattern, and which row
 * of it matched (a PCRE2 mark carries the row's name). */
#include "digest/mask.h"

#include <string.h>

#include "base/hash.h"
#include "digest/regex.h"

/* One alternation: the search for the next variable part is one pass over the
 * plain text before it, whatever the number of rows. */
static const char pattern[] = "(?:(?!)"
#define MASK(name, re) "|" re "(*MARK:" name ".)"
#include "digest/masks.def"
#undef MASK
    ")";

struct hw_mask {
	const struct hw_alloc *alloc;
	struct hw_regex re;
	unsigned char *out;
	size_t max, cap, n;
	struct hw_span span[HW_MASK_SPANS];
	size_t n_spans;
};

enum hw_status hw_mask_open(struct hw_mask **out, size_t max,
    const struct hw_alloc *a, struct hw_err *e)
{
	struct hw_mask *m = NULL;
	enum hw_status st;

	HW_TRY(hw_new(a, &m, 1, sizeof(*m), "masks", e));
	m->alloc = a;
	m->max = max;
	/* The worst growth: digits between spaces, "1 1 1" to "<num> <num>". */
	m->cap = 3 * max + 16;
	st = hw_regex_init(&m->re, pattern, "masks", a, e);
	if (st == HW_OK)
		st = hw_new(a, &m->out, m->cap, 1, "masked text", e);
	if (st != HW_OK) {
		hw_mask_close(m);
		return st;
	}
	*out = m;
	return HW_OK;
}

void hw_mask_close(struct hw_mask *m)
{
	if (m == NULL)
		return;
	hw_regex_release(&m->re);
	hw_del(m->alloc, m->out);
	hw_del(m->alloc, m);
}

static void put(struct hw_mask *m, const void *p, size_t n)
{
	if (n > m->cap - m->n)
		n = m->cap - m->n;
	memcpy(m->out + m->n, p, n);
	m->n += n;
}

/* A list of like things is one thing, whatever its length. */
static bool only_comma(const unsigned char *p, size_t n)
{
	return n > 0 && n <= 2 && p[0] == ',' && (n == 1 || p[1] == ' ');
}

static struct hw_view without_newline(struct hw_view v)
{
	if (v.n > 0 && v.p[v.n - 1] == '\n')
		v.n--;
	if (v.n > 0 && v.p[v.n - 1] == '\r')
		v.n--;
	return v;
}

/* Kinds of which no value is news. */
static bool is_unique(const char *mark)
{
	static const char *const kinds[] = {"<time>.", "<pid>.", "<uuid>.",
	    "<hex>.", "<url>."};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(mark, kinds[i]) == 0)
			return true;
	return false;
}

static void note(struct hw_mask *m, size_t from, size_t to, const char *mark)
{
	if (m->n_spans < HW_MASK_SPANS)
		m->span[m->n_spans++] = (struct hw_span){from, to,
		    is_unique(mark)};
}

struct hw_view hw_mask_text(struct hw_mask *m, struct hw_view text)
{
	struct hw_view v = without_newline(text);
	struct hw_match x;
	const char *last = "";
	size_t at = 0;

	if (v.n > m->max)
		v.n = m->max;
	m->n = m->n_spans = 0;
	/* A match error (a limit) ends the masking of this record, no more:
	 * the rest is kept as it is. */
	while (at < v.n && hw_regex_find(&m->re, v, at, &x)) {
		size_t name = strlen(x.mark) - 1; /* a mark is never empty */
		size_t from = x.from > at ? x.from : at;

		if (name == 0) {
			put(m, v.p + at, x.to - at);
		} else if (at > 0 && strcmp(x.mark, last) == 0 &&
		    only_comma(v.p + at, from - at) && m->n_spans > 0) {
			m->span[m->n_spans - 1].to = x.to;
		} else {
			put(m, v.p + at, from - at);
			put(m, x.mark, name);
			note(m, from, x.to, x.mark);
		}
		last = x.mark;
		at = x.to;
	}
	put(m, v.p + at, v.n - at);
	return (struct hw_view){m->out, m->n};
}

const struct hw_span *hw_mask_spans(const struct hw_mask *m, size_t *n)
{
	*n = m->n_spans;
	return m->span;
}

uint64_t hw_mask_id(struct hw_view masked)
{
	uint64_t id = hw_hash64(0, masked.p, masked.n);

	return id != 0 ? id : 1;
}
