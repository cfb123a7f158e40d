/* SPDX-License-Identifier: MIT
 * What only this file knows: how templates become one, when a word that they
 * differ in has turned out to vary.  Before a window is ranked, the samples of
 * templates that may have such a word are placed again; counts are added, so
 * that none is lost. */
#include <math.h>
#include <string.h>

#include "digest/digest.h"

struct hw_view hw_digest_spell(struct hw_digest *d, const uint32_t *ids,
    size_t n)
{
	unsigned char *text = d->sample_text;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		struct hw_view t = hw_vocab_text(d->vocab, ids, i);

		if (t.n > d->rec.max - len)
			break;
		if (t.n > 0)
			memcpy(text + len, t.p, t.n);
		len += t.n;
	}
	return (struct hw_view){text, len};
}

void hw_digest_place(struct hw_digest *d, struct hw_view text, bool family,
    struct hw_group *g)
{
	struct hw_view masked = hw_mask_text(d->mask, text);
	size_t n;
	const struct hw_span *spans = hw_mask_spans(d->mask, &n);

	if (family)
		hw_group_loosely(&d->groups, masked, spans, n, g);
	else
		hw_group_place(&d->groups, masked, spans, n, false, g);
}

/* What both say of the window that is being closed. */
static void add_window(struct hw_entry *to, const struct hw_entry *x)
{
	to->count += x->count;
	to->prev_count += x->prev_count;
	if (x->first_line < to->first_line)
		to->first_line = x->first_line;
	if (x->last_line > to->last_line)
		to->last_line = x->last_line;
	if (x->first_ms < to->first_ms)
		to->first_ms = x->first_ms;
	if (x->last_ms > to->last_ms)
		to->last_ms = x->last_ms;
	if (x->absent < to->absent)
		to->absent = x->absent;
}

static void take_window(struct hw_entry *to, const struct hw_entry *x)
{
	to->last_window = x->last_window;
	to->count = x->count;
	to->prev_count = x->prev_count;
	to->absent = x->absent;
	to->first_line = x->first_line;
	to->last_line = x->last_line;
	to->first_ms = x->first_ms;
	to->last_ms = x->last_ms;
}

void hw_digest_join(struct hw_digest *d, struct hw_entry *to,
    struct hw_entry *x)
{
	uint64_t now = d->w.index;
	double odd = hw_rank_seldom(x);

	/* The word that made the place vary was news once. */
	if (x->first_window == now && to->first_window < now &&
	    odd > to->oddness) {
		struct hw_sample sample = to->sample;

		to->sample = x->sample;
		x->sample = sample;
		to->oddness = odd;
		to->odd_value = x->odd_value;
		to->severity = x->severity;
	}
	if (to->last_window == now && x->last_window == now) {
		add_window(to, x);
		d->w.groups--;
	} else if (x->last_window > to->last_window) {
		uint64_t prev = to->last_window + 1 == x->last_window ?
		    to->count : 0;

		take_window(to, x);
		to->prev_count += prev;
	} else if (x->last_window + 1 == to->last_window) {
		to->prev_count += x->count;
	}
	to->total += x->total;
	if (x->first_window < to->first_window)
		to->first_window = x->first_window;
	if (x->windows > to->windows)
		to->windows = x->windows;
	hw_rate_join(&to->rate, &x->rate);
	/* It is as new as its first spelling was. */
	to->novelty = fmax(to->novelty, x->novelty);
	to->unforeseen = fmax(to->unforeseen, x->unforeseen);
	to->sight = x->sight > to->sight ? x->sight : to->sight;
	to->alarming = to->alarming || x->alarming;
	to->seldom = 0;
}

void hw_digest_merge(struct hw_digest *d)
{
	if (d->groups.n_opened == 0)
		return;
	for (uint32_t i = 0; i < d->table.n;) {
		struct hw_entry *x = &d->table.entry[i], *to;
		struct hw_group g;
		size_t n;

		i++;
		/* A sample that was cut is not all of its template. */
		if (x->sample.cut || x->sample.n == 0 ||
		    !hw_group_is_touched(&d->groups, &x->sample.places))
			continue;
		n = hw_samples_get(&d->samples, &x->sample, d->sample_ids);
		hw_digest_place(d, hw_digest_spell(d, d->sample_ids, n), false,
		    &g);
		hw_group_stood(&d->groups, &x->sample.places);
		if (g.id == x->id)
			continue;
		to = hw_table_peek(&d->table, g.id);
		if (to == NULL) {
			hw_table_rename(&d->table, x, g.id);
		} else {
			hw_digest_join(d, to, x);
			hw_table_remove(&d->table, x);
			i--; /* another stands there now */
		}
	}
	hw_group_settle(&d->groups);
}
