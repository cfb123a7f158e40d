/* SPDX-License-Identifier: MIT
 * What only this file knows: how a window becomes a digest, and what of it the
 * next window needs. */
#include <string.h>

#include "digest/digest.h"

#define ENOUGH 100    /* records before anything can be called new */
#define LEARN_AT_MOST 3 /* windows, however few records they have */

static bool learning(const struct hw_digest *d)
{
	return !d->taught && (d->w.index == 1 ||
	    (d->records_before < ENOUGH &&
	    d->w.index <= LEARN_AT_MOST));
}

/* A window of time spans its interval, also where no record lies. */
static void settle_span(struct hw_digest *d, enum hw_closed_by why)
{
	struct hw_window *w = &d->w;

	if (why != HW_CLOSED_TIME || d->cut.boundary_ms == 0)
		return;
	if (w->records == 0)
		w->log_clock = d->cut.log_clock;
	if (w->records == 0 || d->prev_why == HW_CLOSED_TIME)
		w->start_ms = d->cut.begin_ms;
	w->end_ms = d->cut.boundary_ms;
}

/* The template's text, made again from its sample: keeping the texts of all
 * templates would cost more than masking a few. */
static struct hw_view template_text(struct hw_digest *d,
    const struct hw_row *r, unsigned char *to)
{
	uint64_t id;
	struct hw_view v = hw_digest_template(d, hw_digest_spell(d, r->ids,
	    r->n), &id);
	size_t n = v.n < HW_ROW_TEXT ? v.n : HW_ROW_TEXT;

	if (n > 0)
		memcpy(to, v.p, n);
	return (struct hw_view){to, n};
}

static void fill_row(struct hw_digest *d, size_t i, const struct hw_ranked *k)
{
	const struct hw_entry *x = k->x;
	struct hw_row *r = &d->row[i];
	uint32_t *ids = d->row_ids + i * HW_SAMPLE_MAX;
	bool here = x->last_window == d->w.index;

	*r = (struct hw_row){
		.kind = k->kind,
		.severity = x->severity,
		.source = x->sample.source,
		.template_id = x->id,
		.count = here ? x->count : 0,
		.prev_count = here ? x->prev_count : x->count,
		.first_ms = x->first_ms,
		.last_ms = x->last_ms,
		.first_line = x->first_line,
		.last_line = x->last_line,
		.line = x->sample.line,
		.score = k->score,
		.bits = x->sample.bits,
		.odd = x->sample.odd,
		.sample_cut = x->sample.cut,
		.ids = ids,
	};
	if (k->kind == HW_ROW_ODD) {
		r->odd_at = x->sample.odd_at;
		r->odd_len = x->sample.odd_len;
	}
	r->n = hw_samples_get(&d->samples, &x->sample, ids);
	r->template_text = template_text(d, r, d->row_text + i * HW_ROW_TEXT);
}

static struct hw_exposure exposure(const struct hw_window *w)
{
	return (struct hw_exposure){(double)(w->end_ms - w->start_ms),
	    (double)w->records};
}

static void rank(struct hw_digest *d)
{
	struct hw_window *w = &d->w;
	struct hw_rank_window rw = {.index = w->index,
	    .learning = w->learning, .records = w->records,
	    .first_line = w->first_line, .last_line = w->last_line,
	    .exposure = exposure(w)};
	struct hw_ranked top[HW_RANK_TOP];

	w->n_rows = hw_rank(&d->table, &rw, d->top, w->kinds, top);
	for (size_t i = 0; i < w->n_rows; i++)
		fill_row(d, i, &top[i]);
	w->rows = d->row;
}

/* What this window teaches the next. */
static void learn(struct hw_digest *d)
{
	struct hw_exposure now = exposure(&d->w);

	for (uint32_t i = 0; i < d->table.n; i++) {
		struct hw_entry *x = &d->table.entry[i];

		hw_rate_add(&x->rate, x->last_window == d->w.index ?
		    x->count : 0, now);
	}
}

static void begin_next(struct hw_digest *d, enum hw_closed_by why)
{
	struct hw_window *w = &d->w;

	d->records_before += w->records;
	d->prev_why = why;
	*w = (struct hw_window){.index = w->index + 1,
	    .prev_records = w->records, .prev_ms = w->end_ms - w->start_ms};
	hw_cut_begin(&d->cut, why);
}

const struct hw_window *hw_digest_finish(struct hw_digest *d,
    enum hw_closed_by why)
{
	struct hw_window *w = &d->w;

	settle_span(d, why);
	hw_digest_merge(d);
	w->closed_by = why;
	w->partial = why == HW_CLOSED_SIGNAL ||
	    (why == HW_CLOSED_END && d->sized);
	w->learning = learning(d);
	w->templates = d->table.n;
	w->forgotten = d->table.forgotten;
	rank(d);
	learn(d);
	d->shown = *w;
	begin_next(d, why);
	return &d->shown;
}
