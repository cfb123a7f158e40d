/* SPDX-License-Identifier: MIT
 * What only this file knows: what is usual behind a word in records of all
 * templates, of a masked part as a whole and of the parts that it is written
 * in. */
#include <string.h>

#include "base/ascii.h"
#include "base/hash.h"
#include "digest/digest.h"

#define PARTS 4 /* of a path, an address or a version, that are looked at */
#define FEW 3   /* parts: fewer are a number and its fraction; a date */

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

/* How odd a part is where there never was another, or one. */
static double weigh(struct hw_digest *d, uint64_t name, struct hw_view part)
{
	struct hw_usual *u = find(d, name);
	bool steady = u != NULL && hw_usual_is_steady(u);
	double bits = u == NULL ? 0 : hw_usual_weigh(u, part, false,
	    d->w.index);

	return steady ? bits : 0;
}

/* Four digits beside what stands between the parts of a date: no month and day
 * ("0827 11:13:42"), no uptime.  Or all of a date that is written in one. */
static bool is_year(struct hw_view text, size_t from, size_t to)
{
	static const char marks[] = "-/.";

	return to - from == 8 || (to - from == 4 &&
	    ((to < text.n && memchr(marks, text.p[to], 3) != NULL) ||
	    (from > 0 && memchr(marks, text.p[from - 1], 3) != NULL)));
}

/* The rest of a stamp is another each time, or soon. */
static double weigh_year(struct hw_digest *d, struct hw_view text,
    uint64_t name, const struct hw_span *v, size_t *from, size_t *to)
{
	size_t at = v->from, end;

	for (int i = 0; i < FEW && next_part(text, v->to, &at, &end);
	    i++, at = end)
		if (is_year(text, at, end)) {
			*from = at;
			*to = end;
			return weigh(d, hw_mix64(name),
			    (struct hw_view){text.p + at, end - at});
		}
	return 0;
}

double hw_digest_parts(struct hw_digest *d, struct hw_view text,
    struct hw_view masked, const struct hw_span *v, size_t *from, size_t *to)
{
	uint64_t name;
	double most = 0;
	size_t at = v->from, end;

	if (!v->time && !in_parts(text, v))
		return 0;
	name = name_of(masked, v);
	if (v->time)
		return weigh_year(d, text, name, v, from, to);
	for (int i = 0; i < PARTS && next_part(text, v->to, &at, &end);
	    i++, at = end) {
		double bits = weigh(d, hw_mix64(++name),
		    (struct hw_view){text.p + at, end - at});

		if (bits > most) {
			most = bits;
			*from = at;
			*to = end;
		}
	}
	return most;
}
