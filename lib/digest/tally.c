/* SPDX-License-Identifier: MIT
 * What only this file knows: what is counted when a record comes, and which
 * record of a template becomes its sample. */
#include <math.h>
#include <string.h>

#include "base/hash.h"
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

/* A template that is not in the table: see what is new of it. */
static struct hw_entry *meet(struct hw_digest *d, const struct hw_line *l,
    const struct odd *value)
{
	const struct hw_group *g = &d->group;
	struct hw_entry *x = hw_table_add(&d->table, g->id);
	struct odd word = *value;

	x->severity = hw_severity_read(g->text, &x->trouble);
	x->words[0] = g->set[0];
	x->words[1] = g->set[1];
	x->sight = g->sight;
	x->seldom = g->seldom;
	x->alarming = g->alarming;
	x->first_window = d->w.index;
	x->novelty = hw_news_novelty(l, &d->trigrams);
	if (g->sight == HW_SIGHT_VARIANT && g->to > g->from) {
		word.at = hw_mask_where(d->mask, g->from);
		word.len = hw_mask_where(d->mask, g->to) - word.at;
		x->odd_value = hw_hash64(3, l->text.p + word.at, word.len);
	}
	keep_sample(d, x, l, &word);
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

	for (int k = 0; k < HW_SLOTS; k++)
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

	for (size_t i = 0; i < l->n_spans; i++) {
		const struct hw_span *v = &l->spans[i];
		double odd;

		if (v->unique || v->slot < 0)
			continue;
		odd = hw_usual_weigh(&x->usual[v->slot], (struct hw_view){
		    l->text.p + v->from, v->to - v->from},
		    (double)s->excess[v->slot], v->slot >= HW_MASK_SLOTS);
		if (odd > most) {
			most = odd;
			o = (struct odd){(double)s->excess[v->slot], v->from,
			    v->to};
		}
	}
	if (!(most > x->excess))
		return;
	x->odd = true;
	x->excess = most;
	x->odd_value = hw_hash64(3, l->text.p + o.at, o.len - o.at);
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
	w->late += hw_cut_is_late(&d->cut, s->ms);
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

/* The free words before `until` in the masked text, from the k-th on. */
static size_t put_free(struct hw_digest *d, size_t n, int *k, size_t until)
{
	const struct hw_group *g = &d->group;

	for (; *k < g->n_free && g->free[*k].from < until; ++*k)
		d->spans[n++] = (struct hw_span){
		    .from = hw_mask_where(d->mask, g->free[*k].from),
		    .to = hw_mask_where(d->mask, g->free[*k].to),
		    .slot = HW_MASK_SLOTS + g->free[*k].word % HW_WORD_SLOTS};
	return n;
}

/* What varies in the record, in order: what was masked, and its free words,
 * which are a value as a whole. */
static size_t find_spans(struct hw_digest *d)
{
	size_t n_masks, n = 0;
	const struct hw_span *m = hw_mask_spans(d->mask, &n_masks);
	const struct hw_group *g = &d->group;
	int k = 0;

	for (size_t i = 0; i < n_masks; i++) {
		bool inside;

		n = put_free(d, n, &k, m[i].out_from + 1);
		inside = k > 0 && m[i].out_to <= g->free[k - 1].to;
		d->spans[n] = m[i];
		d->spans[n++].slot = i < HW_MASK_SLOTS && !inside ?
		    (int)i : -1;
	}
	return put_free(d, n, &k, SIZE_MAX);
}

void hw_digest_tally(struct hw_digest *d)
{
	struct hw_staged *s = &d->rec;
	struct hw_line l = {.vocab = d->vocab, .text = {s->text, s->n_text},
	    .ids = s->ids, .n = s->n, .bits = s->scored ? s->bits : NULL,
	    .entropy = s->scored ? s->entropy : NULL, .spans = d->spans};
	struct hw_view masked = hw_mask_text(d->mask, l.text);
	size_t n;
	const struct hw_span *spans = hw_mask_spans(d->mask, &n);
	struct hw_entry *x;
	struct hw_slots slots;
	struct odd odd;

	hw_group_place(&d->groups, masked, spans, n, true, &d->group);
	x = hw_table_find(&d->table, d->group.id);
	l.n_spans = find_spans(d);
	hw_news_slots(&l, &slots);
	odd = highest(&slots);
	s->pending = false;
	if (x == NULL)
		x = meet(d, &l, &odd);
	count(d, x, &l, &odd);
	weigh_values(d, x, &l, &slots);
	count_window(d, x, &l);
	hw_cut_add(&d->cut, s->tokens, s->bytes, s->ms, s->log_clock,
	    s->now_ms);
}
