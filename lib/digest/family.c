/* SPDX-License-Identifier: MIT
 * What only this file knows: how templates are counted together that differ in
 * a word of two or three values, or in free text.  None of them comes often
 * enough, or often enough alike, to tell that all of them came more or less;
 * their sum does.  A family is counted when a window ends, from the templates
 * that were seen in it, so that its count is the sum of theirs. */
#include "digest/digest.h"

/* The family of what a sample spells; 0: it is alone. */
static uint64_t family_of(struct hw_digest *d, const struct hw_sample *x)
{
	size_t n = hw_samples_get(&d->samples, x, d->sample_ids);
	struct hw_group g;

	hw_digest_place(d, hw_digest_spell(d, d->sample_ids, n), false, &g);
	return g.family;
}

/* Words turned out to vary: families become larger, or templates. */
static void place_again(struct hw_digest *d)
{
	struct hw_table *t = &d->table, *f = &d->families;

	for (uint32_t i = 0; i < t->n; i++)
		if (t->entry[i].last_window == d->w.index &&
		    !t->entry[i].sample.cut)
			t->entry[i].family = family_of(d,
			    &t->entry[i].sample);
	for (uint32_t i = 0; i < f->n;) {
		struct hw_entry *x = &f->entry[i], *to;
		uint64_t id = family_of(d, &x->sample);

		i++;
		if (id == x->id)
			continue;
		to = id != 0 ? hw_table_peek(f, id) : NULL;
		if (id != 0 && to == NULL) {
			hw_table_rename(f, x, id);
			continue;
		}
		if (to != NULL)
			hw_digest_join(d, to, x);
		hw_table_remove(f, x);
		i--; /* another stands there now */
	}
}

static void begin(struct hw_digest *d, struct hw_entry *f,
    const struct hw_entry *x)
{
	size_t n = hw_samples_get(&d->samples, &x->sample, d->sample_ids);
	struct hw_sample *s = &f->sample;

	f->prev_count = f->last_window + 1 == d->w.index ? f->count : 0;
	f->last_window = d->w.index;
	f->windows++;
	f->count = 0;
	f->severity = x->severity;
	f->first_ms = x->first_ms;
	f->last_ms = x->last_ms;
	f->first_line = x->first_line;
	f->last_line = x->last_line;
	f->words[0] = x->words[0];
	f->words[1] = x->words[1];
	hw_samples_set(&d->samples, s, d->sample_ids, n);
	s->cut = s->cut || x->sample.cut;
	s->source = x->sample.source;
	s->line = x->sample.line;
	s->ms = x->sample.ms;
	s->bits = x->sample.bits;
	s->odd = x->sample.odd;
	s->odd_len = 0;
}

static void count(struct hw_digest *d, const struct hw_entry *x)
{
	struct hw_entry *f = hw_table_find(&d->families, x->family);

	if (f == NULL) {
		f = hw_table_add(&d->families, x->family);
		f->first_window = d->w.index;
	}
	if (f->last_window != d->w.index)
		begin(d, f, x);
	f->count += x->count;
	f->total += x->count;
	if (x->severity > f->severity)
		f->severity = x->severity;
	if (x->first_ms < f->first_ms)
		f->first_ms = x->first_ms;
	if (x->last_ms > f->last_ms)
		f->last_ms = x->last_ms;
	if (x->first_line < f->first_line)
		f->first_line = x->first_line;
	if (x->last_line > f->last_line)
		f->last_line = x->last_line;
}

void hw_digest_families(struct hw_digest *d)
{
	if (d->loosened != d->groups.loosened)
		place_again(d);
	d->loosened = d->groups.loosened;
	for (uint32_t i = 0; i < d->table.n; i++) {
		const struct hw_entry *x = &d->table.entry[i];

		if (x->last_window == d->w.index && x->family != 0)
			count(d, x);
	}
}
