/* SPDX-License-Identifier: MIT
 * What only this file knows: what is counted when a record comes, and which
 * record of a template becomes its sample. */
#include <math.h>
#include <string.h>

#include "digest/digest.h"

/* Where a record is odd; len 0: nowhere. */
struct odd {
	double excess;
	size_t at, len;
};

static void keep_sample(struct hw_digest *d, struct hw_entry *x,
    const struct hw_line *l, const struct odd *odd)
{
	struct hw_sample *s = &x->sample;

	hw_samples_set(&d->samples, s, l->ids, l->n);
	s->cut = s->cut || d->rec.cut;
	s->source = d->rec.source;
	s->line = d->rec.line;
	s->ms = d->rec.ms;
	s->bits = hw_news_bits(l);
	s->odd = odd->excess;
	s->odd_at = (uint32_t)odd->at;
	s->odd_len = (uint32_t)odd->len;
}

/* Where the word that differs stands in the record. */
static void find_word(struct hw_view text, struct hw_view word,
    struct odd *o)
{
	for (size_t i = 0; word.n > 0 && i + word.n <= text.n; i++)
		if ((i == 0 || text.p[i - 1] == ' ') &&
		    memcmp(text.p + i, word.p, word.n) == 0) {
			o->at = i;
			o->len = word.n;
			return;
		}
}

/* A template that is not in the table: place it, and see what is new. */
static struct hw_entry *meet(struct hw_digest *d, const struct hw_line *l,
    struct hw_view masked, struct odd odd)
{
	struct hw_group g = hw_group_place(&d->groups, masked);
	struct hw_entry *x = g.open != 0 ? hw_table_find(&d->table, g.id) :
	    NULL;

	if (x != NULL)
		return x;
	x = hw_table_add(&d->table, g.id);
	x->open = g.open;
	x->severity = hw_severity_read(masked, &x->trouble);
	x->words[0] = g.words[0];
	x->words[1] = g.words[1];
	x->sight = HW_SIGHT_NEW;
	x->first_window = d->w.index;
	x->novelty = hw_news_novelty(l, &d->trigrams);
	if (g.open != 0)
		x->novelty = 0; /* a free word took another value */
	if (g.variant) {
		x->sight = HW_SIGHT_VARIANT;
		find_word(l->text, g.word, &odd);
	}
	keep_sample(d, x, l, &odd);
	return x;
}

static void count(struct hw_digest *d, struct hw_entry *x,
    const struct hw_line *l, const struct odd *odd)
{
	const struct hw_staged *s = &d->rec;

	if (x->last_window != d->w.index) {
		uint64_t since = d->w.index - x->last_window;

		x->prev_count = since == 1 ? x->count : 0;
		x->absent = x->total > 0 ? since - 1 : 0;
		x->last_window = d->w.index;
		x->windows++;
		x->count = 0;
		x->odd = false;
		x->excess = 0;
		x->first_ms = x->last_ms = s->ms;
		x->first_line = s->line;
		d->w.groups++;
		if (x->total > 0)
			keep_sample(d, x, l, odd);
	}
	x->count++;
	x->total++;
	x->last_line = s->line;
	if (s->ms < x->first_ms)
		x->first_ms = s->ms;
	if (s->ms > x->last_ms)
		x->last_ms = s->ms;
}

/* The largest excess of all values, at first sight of the record. */
static struct odd highest(const struct hw_slots *s)
{
	struct odd o = {.excess = NAN};

	for (int k = 0; k < s->n; k++)
		if (!((double)s->excess[k] <= o.excess) &&
		    isfinite(s->excess[k]))
			o.excess = (double)s->excess[k];
	return o;
}

/* Is a value of this record odd, for its template? */
static void weigh_values(struct hw_digest *d, struct hw_entry *x,
    const struct hw_line *l, const struct hw_slots *s)
{
	struct odd o = {0};
	double most = 0;

	for (int k = 0; k < s->n; k++) {
		const struct hw_span *v = &l->spans[k];
		double odd;

		if (v->unique)
			continue;
		odd = hw_usual_weigh(&x->usual[k], (struct hw_view){
		    l->text.p + v->from, v->to - v->from},
		    (double)s->excess[k]);
		if (odd > most) {
			most = odd;
			o = (struct odd){(double)s->excess[k], v->from,
			    v->to};
		}
	}
	if (!(most > x->excess))
		return;
	x->odd = true;
	x->excess = most;
	/* A new template is shown by its first record. */
	if (x->first_window != d->w.index || d->w.index == 1) {
		hw_news_word(l->text, &o.at, &o.len);
		o.len -= o.at;
		keep_sample(d, x, l, &o);
	}
}

/* The span of the window, by the log's clock as soon as there is one. */
static void stretch(struct hw_window *w, const struct hw_staged *s)
{
	if (s->log_clock && !w->log_clock) {
		w->log_clock = true;
		w->start_ms = w->end_ms = s->ms;
	} else if (s->log_clock == w->log_clock) {
		if (w->records == 0 || s->ms < w->start_ms)
			w->start_ms = s->ms;
		if (w->records == 0 || s->ms > w->end_ms)
			w->end_ms = s->ms;
	}
}

static void count_window(struct hw_digest *d, const struct hw_entry *x,
    const struct hw_line *l)
{
	struct hw_staged *s = &d->rec;
	struct hw_window *w = &d->w;

	stretch(w, s);
	if (w->records == 0)
		w->first_line = s->line;
	w->last_line = s->line;
	w->records++;
	w->bytes += s->bytes;
	w->tokens += s->tokens;
	w->cut += s->parts;
	w->severity[x->severity]++;
	if (l->bits != NULL) {
		w->scored++;
		w->bits += hw_news_bits(l);
	}
}

void hw_digest_tally(struct hw_digest *d)
{
	struct hw_staged *s = &d->rec;
	struct hw_line l = {.vocab = d->vocab, .text = {s->text, s->n_text},
	    .ids = s->ids, .n = s->n, .bits = s->scored ? s->bits : NULL,
	    .entropy = s->scored ? s->entropy : NULL};
	struct hw_view masked = hw_mask_text(d->mask, l.text);
	struct hw_entry *x = hw_table_find(&d->table, hw_mask_id(masked));
	struct hw_slots slots;
	struct odd odd;

	l.spans = hw_mask_spans(d->mask, &l.n_spans);
	hw_news_slots(&l, &slots);
	odd = highest(&slots);
	s->pending = false;
	if (x == NULL)
		x = meet(d, &l, masked, odd);
	count(d, x, &l, &odd);
	weigh_values(d, x, &l, &slots);
	count_window(d, x, &l);
	hw_cut_add(&d->cut, s->tokens, s->bytes, s->ms, s->log_clock,
	    s->now_ms);
}
