/* SPDX-License-Identifier: MIT
 * What only this file knows: what is counted when a record comes, and which
 * record of a template becomes its sample. */
#include <math.h>

#include "digest/digest.h"

#define FAMILIAR 8     /* records, before a value can be odd */
#define MIN_EXCESS 7.0 /* bits; less is chance */
#define FAR 4.0        /* deviations from what the template is used to */
#define MEMORY 64.0    /* records that its baseline remembers */

static void keep_sample(struct hw_digest *d, struct hw_entry *x,
    const struct hw_line *l, const struct hw_odd *odd)
{
	struct hw_sample *s = &x->sample;

	hw_samples_set(&d->samples, s, l->ids, l->n);
	s->cut = s->cut || d->rec.cut;
	s->source = d->rec.source;
	s->line = d->rec.line;
	s->ms = d->rec.ms;
	s->bits = hw_news_bits(l);
	s->odd = odd->excess;
	s->odd_at = odd->at;
	s->odd_len = odd->len;
}

/* Where the word that differs stands in the record. */
static struct hw_odd place_of(struct hw_view text, struct hw_view word,
    double excess)
{
	struct hw_odd o = {.excess = excess};

	for (size_t i = 0; word.n > 0 && i + word.n <= text.n; i++) {
		size_t k = 0;

		while (k < word.n && text.p[i + k] == word.p[k])
			k++;
		if (k == word.n && (i == 0 || text.p[i - 1] == ' ')) {
			o.at = (uint32_t)i;
			o.len = (uint32_t)word.n;
			break;
		}
	}
	return o;
}

/* A template that is not in the table: place it, and see what is new. */
static struct hw_entry *meet(struct hw_digest *d, const struct hw_line *l,
    struct hw_view masked, struct hw_odd *odd)
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
		*odd = place_of(l->text, g.word, odd->excess);
	}
	keep_sample(d, x, l, odd);
	return x;
}

static void count(struct hw_digest *d, struct hw_entry *x,
    const struct hw_line *l, const struct hw_odd *odd)
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

/* Is this record odd, for its template?  One whose values are always random
 * has a high mean or a wide spread, and little is odd in it. */
static void weigh_odd(struct hw_digest *d, struct hw_entry *x,
    const struct hw_line *l, const struct hw_odd *odd)
{
	double spread, off, share;

	if (!isfinite(odd->excess))
		return;
	spread = sqrt(x->odd_var);
	off = odd->excess - x->odd_mean;
	if (x->odd_n >= FAMILIAR && odd->excess >= MIN_EXCESS &&
	    off >= FAR * (spread > 1 ? spread : 1) && off > x->excess) {
		x->odd = true;
		x->excess = off;
		/* A new template is shown by its first record. */
		if (x->first_window != d->w.index || d->w.index == 1)
			keep_sample(d, x, l, odd);
	}
	x->odd_n++;
	share = 1 / (x->odd_n < MEMORY ? x->odd_n : MEMORY);
	x->odd_mean += share * off;
	x->odd_var = (1 - share) * (x->odd_var + share * off * off);
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
	struct hw_view masked = hw_mask_text(d->mask, l.text, &l.time);
	struct hw_odd odd = hw_news_odd(&l);
	struct hw_entry *x = hw_table_find(&d->table, hw_mask_id(masked));
	struct hw_odd shown = odd;

	s->pending = false;
	if (x == NULL)
		x = meet(d, &l, masked, &shown);
	count(d, x, &l, &odd);
	weigh_odd(d, x, &l, &odd);
	count_window(d, x, &l);
	hw_cut_add(&d->cut, s->tokens, s->bytes, s->ms, s->log_clock,
	    s->now_ms);
}
