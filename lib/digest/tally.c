/* SPDX-License-Identifier: MIT
 * What only this file knows: what is counted when a record comes, and which
 * record of a template becomes its sample. */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "digest/digest.h"

#define UNUSUAL 3.0  /* of a token's score: one untouched line in 400 */
#define NEARLY 2.0   /* a place that comes so far by itself comes farther */
#define CLOCK 1      /* for the hash of what is odd in a stamp */
#define FAMILIAR 8   /* records of a template, before a token can be odd */
#define ANYWHERE 5.0 /* bits of a field: as odd as this, in any template */
#define BY_CHANCE 3  /* bytes: shorter values have come somewhere */

/* What is odd in a record, and how much so; len 0: nothing. */
struct odd {
	double score;
	size_t at, len;
};

static void keep_sample(struct hw_digest *d, struct hw_entry *x,
    const struct hw_line *l, const struct odd *odd)
{
	struct hw_sample *s = &x->sample;

	hw_samples_set(&d->samples, s, l->ids, l->n);
	hw_group_stood(&d->groups, &s->places);
	s->cut = s->cut || d->rec.cut;
	s->source = d->rec.source;
	s->line = d->rec.line;
	s->ms = d->rec.ms;
	s->bits = hw_news_bits(l);
	s->odd = odd->len > 0 ?
	    hw_news_excess(l, odd->at, odd->at + odd->len) :
	    hw_news_excess(l, 0, SIZE_MAX);
	s->odd_at = (uint32_t)odd->at;
	s->odd_len = (uint32_t)odd->len;
	/* A priority is masked as any number: records of one template differ in
	 * it, and a row tells that of the one it shows. */
	if (d->rec.head != HW_SEV_NONE)
		x->severity = d->rec.head;
}

/* A template that is not in the table: see what is new of it. */
static struct hw_entry *meet(struct hw_digest *d, const struct hw_line *l)
{
	const struct hw_group *g = &d->group;
	struct hw_entry *x = hw_table_add(&d->table, g->id);
	struct odd word = {0};

	x->severity = hw_severity_read(g->text, &x->trouble);
	x->words[0] = g->set[0];
	x->words[1] = g->set[1];
	x->sight = g->sight;
	x->seldom = g->seldom;
	x->alarming = g->alarming;
	x->unforeseen = g->unforeseen;
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
    const struct hw_line *l)
{
	const struct hw_staged *s = &d->rec;

	if (x->last_window != d->w.index) {
		uint64_t since = d->w.index - x->last_window;

		x->prev_count = since == 1 ? x->count : 0;
		x->absent = x->total > 0 ? since - 1 : 0;
		x->last_window = d->w.index;
		x->windows++;
		x->count = 0;
		x->oddness = 0;
		x->first_ms = x->last_ms = s->ms;
		x->first_line = s->line;
		d->w.groups++;
		if (x->total > 0)
			keep_sample(d, x, l, &(struct odd){0});
	}
	x->count++;
	x->total++;
	x->last_line = s->line;
	if (s->ms < x->first_ms)
		x->first_ms = s->ms;
	if (s->ms > x->last_ms)
		x->last_ms = s->ms;
}

/* How odd a masked part is, by its place in the template and by its field: what
 * another template has had there is not new, and what none has had is odd where
 * the template alone does not know it yet.  Short numbers come by chance.  What
 * cannot be foreseen (a process, a hash) is odd where it never was another, and
 * so is what is part of a free word, or beyond the places of the template. */
static double weigh_span(struct hw_digest *d, struct hw_entry *x,
    const struct hw_line *l, struct hw_view masked, const struct hw_span *v)
{
	struct hw_view value = {l->text.p + v->from, v->to - v->from};
	struct hw_usual *place = v->slot < 0 ? NULL : &x->usual[v->slot];
	bool word = v->slot >= HW_MASK_SLOTS; /* a free one */
	bool varies = word || (v->unique && place != NULL &&
	    place->fresh.n > 0);
	double bits = place == NULL ? 0 :
	    hw_usual_weigh(place, value, varies, d->w.index);
	double all;
	struct hw_usual *field = word ? NULL : hw_digest_field(d, masked, v);
	bool had, steady;

	if (field == NULL)
		return bits;
	had = hw_usual_has(field, value);
	steady = hw_usual_is_steady(field);
	all = hw_usual_weigh(field, value, false, d->w.index);
	if (varies || (place == NULL && !steady))
		return bits;
	/* A number can be too long for a field that is full of values. */
	if (had)
		return value.n >= BY_CHANCE ? fmin(bits, all) : bits;
	return all >= ANYWHERE && x->total >= 2 ? fmax(bits, all) : bits;
}

/* The bytes [from, to) are odd by so many bits; on the scale of the other
 * scores. */
static void at_least(struct odd *o, double bits, size_t from, size_t to)
{
	double score = 1.5 * log2(1 + bits);

	if (score > o->score)
		*o = (struct odd){score, from, to - from};
}

/* A value that is new to its place in the template, or too long, or a part of
 * one that never was another: no model is asked. */
static struct odd odd_value(struct hw_digest *d, struct hw_entry *x,
    const struct hw_line *l, struct hw_view masked)
{
	struct odd o = {0};

	for (size_t i = 0; i < l->n_spans; i++) {
		const struct hw_span *v = &l->spans[i];
		size_t from = v->from, to = v->to;
		double part = 0;

		if (!v->time)
			at_least(&o, weigh_span(d, x, l, masked, v), from,
			    to);
		if (v->slot < HW_MASK_SLOTS)
			part = hw_digest_parts(d, l->text, masked, v, &from,
			    &to);
		if (part >= ANYWHERE)
			at_least(&o, part, from, to);
	}
	return o;
}

/* Did nothing ring in the last windows where this token stands: behind the same
 * tokens in any template, nor in this part of this one? */
static bool tells(struct hw_digest *d, struct hw_entry *x,
    const struct hw_line *l, const struct hw_oddest *k)
{
	bool tell = hw_places_tell(&d->places, k, d->w.index);

	for (size_t i = 0; i < l->n_spans; i++) {
		const struct hw_span *v = &l->spans[i];

		if (v->slot >= 0 && v->from < k->to && k->from < v->to &&
		    !hw_rings_tell(&x->usual[v->slot].token, d->w.index))
			tell = false;
	}
	return tell;
}

/* A token that the model did not expect at its place, in a familiar record or
 * in one that differs from those in a word or two. */
static struct odd odd_token(struct hw_digest *d, struct hw_entry *x,
    const struct hw_line *l)
{
	struct hw_oddest k = hw_places_see(&d->places, l);
	bool variant = x->total == 1 && x->sight == HW_SIGHT_VARIANT;

	if (k.score < NEARLY || (x->total < FAMILIAR && !variant) ||
	    !tells(d, x, l, &k) || k.score < UNUSUAL)
		return (struct odd){0};
	return (struct odd){k.score, k.from, k.to - k.from};
}

/* A time stamp that does not follow from those before it.  It is the clock's,
 * whatever the template. */
static struct odd odd_stamp(const struct hw_staged *s)
{
	return s->strange > 0 ? (struct odd){1.5 * log2(1 + s->strange),
	    s->stamp_at, s->stamp_to - s->stamp_at} : (struct odd){0};
}

/* Is this record odd, for its template? */
static void weigh(struct hw_digest *d, struct hw_entry *x,
    const struct hw_line *l, struct hw_view masked)
{
	struct odd o = odd_value(d, x, l, masked);
	struct odd token = odd_token(d, x, l);
	struct odd stamp = odd_stamp(&d->rec);
	size_t to;

	/* A new template is shown by its first record. */
	if (x->first_window == d->w.index && d->w.index > 1 && x->total > 1)
		return;
	if (token.score > o.score)
		o = token;
	if (!(fmax(o.score, stamp.score) > x->oddness))
		return;
	if (stamp.score > o.score) {
		o = stamp;
		x->odd_value = CLOCK; /* one row a window is enough */
	} else {
		to = o.at + o.len;
		hw_news_word(l->text, &o.at, &to);
		o.len = to - o.at;
		x->odd_value = hw_hash64(3, l->text.p + o.at, o.len);
	}
	x->oddness = o.score;
	keep_sample(d, x, l, &o);
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
	if (w->records == 0) {
		w->first_line = s->line;
		d->pieces = 0;
	}
	/* What is read at once arrives at once. */
	d->pieces += d->pieces == 0 || s->arrival_ms != d->arrival_ms;
	d->arrival_ms = s->arrival_ms;
	w->late += hw_cut_is_late(&d->cut, s->ms);
	w->last_line = s->line;
	w->records++;
	w->bytes += s->bytes;
	w->tokens += s->tokens;
	w->cut += s->parts;
	w->severity[s->head != HW_SEV_NONE ? s->head : x->severity]++;
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

	s->head = hw_severity_head(l.text);
	hw_group_place(&d->groups, masked, spans, n, true, &d->group);
	x = hw_table_find(&d->table, d->group.id);
	l.n_spans = find_spans(d);
	s->pending = false;
	if (x == NULL)
		x = meet(d, &l);
	x->family = d->group.family;
	count(d, x, &l);
	weigh(d, x, &l, masked);
	count_window(d, x, &l);
	hw_cut_add(&d->cut, s->tokens, s->bytes, s->ms, s->log_clock,
	    s->now_ms);
}
