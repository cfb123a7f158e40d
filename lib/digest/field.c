/* SPDX-License-Identifier: MIT
 * What only this file knows: what is usual behind a word in records of all
 * templates, of a masked part as a whole and of the parts that it is written
 * in. */
#include "base/ascii.h"
#include "base/hash.h"
#include "digest/digest.h"

#define PARTS 4 /* of a path, an address or a version, that are looked at */
#define FEW 3   /* parts: fewer are a number and its fraction */

/* What belongs to a word of masked text. */
static bool wordy(unsigned char c)
{
	return hw_is_alnum(c) || c == '<' || c == '>';
}

/* A field is what stands behind the word before it (the process in a
 * header). */
static uint64_t name_of(struct hw_view masked, const struct hw_span *v)
{
	size_t from = v->out_from;

	while (from > 0 && !wordy(masked.p[from - 1]))
		from--;
	while (from > 0 && wordy(masked.p[from - 1]))
		from--;
	return hw_hash64(7, masked.p + from, v->out_to - from);
}

/* NULL: others have its room. */
static struct hw_usual *find(struct hw_digest *d, uint64_t name)
{
	struct hw_field *f = &d->fields[name % HW_FIELDS];
	uint32_t tag = (uint32_t)(name >> 32) | 1;

	if (f->tag == tag)
		return &f->usual;
	if (f->usual.seen > 0) {
		f->usual.seen--;
		return NULL;
	}
	*f = (struct hw_field){.tag = tag};
	return &f->usual;
}

struct hw_usual *hw_digest_field(struct hw_digest *d, struct hw_view masked,
    const struct hw_span *v)
{
	return find(d, name_of(masked, v));
}

/* The part at or behind `at`; false: there is none. */
static bool next_part(struct hw_view text, size_t end, size_t *at, size_t *to)
{
	while (*at < end && !hw_is_alnum(text.p[*at]))
		++*at;
	for (*to = *at; *to < end && hw_is_alnum(text.p[*to]); ++*to)
		;
	return *to > *at;
}

static bool in_parts(struct hw_view text, const struct hw_span *v)
{
	size_t at = v->from, to;
	int n = 0;

	for (; n < FEW && next_part(text, v->to, &at, &to); at = to)
		n++;
	return n == FEW && !v->unique;
}

double hw_digest_parts(struct hw_digest *d, struct hw_view text,
    struct hw_view masked, const struct hw_span *v, size_t *from, size_t *to)
{
	uint64_t name;
	double most = 0;
	size_t at = v->from, end;

	if (!in_parts(text, v))
		return 0;
	name = name_of(masked, v);
	for (int i = 0; i < PARTS && next_part(text, v->to, &at, &end);
	    i++, at = end) {
		struct hw_usual *u = find(d, hw_mix64(++name));
		bool steady = u != NULL && u->fresh.n <= 1;
		double bits = u == NULL ? 0 : hw_usual_weigh(u,
		    (struct hw_view){text.p + at, end - at}, false,
		    d->w.index);

		if (steady && bits > most) {
			most = bits;
			*from = at;
			*to = end;
		}
	}
	return most;
}
