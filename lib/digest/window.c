/* SPDX-License-Identifier: MIT
 * What only this file knows: how a window becomes a digest, and what of it the
 * next window needs. */
#include <math.h>
#include <string.h>

#include "digest/digest.h"

#define ENOUGH 100    /* records before anything can be called new */
#define STEADY 5.0    /* expected: fewer tell nothing of the others */
/* Records that came in less than this, by arrival, came as fast as they could
 * be read, and so did those that came in larger pieces than programs write: of
 * the time between them the reader had need.  That tells nothing of the log. */
#define AT_ONCE 1000
#define PIECE 8192 /* bytes */
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

/* The template's text, or the family's and its id, made again from the sample:
 * keeping the texts of all templates would cost more than masking a few. */
static void tell_text(struct hw_digest *d, struct hw_row *r, bool family,
    unsigned char *to)
{
	struct hw_group g;
	size_t n;

	hw_digest_place(d, hw_digest_spell(d, r->ids, r->n), family, &g);
	n = g.text.n < HW_ROW_TEXT ? g.text.n : HW_ROW_TEXT;
	if (n > 0)
		memcpy(to, g.text.p, n);
	r->template_text = (struct hw_view){to, n};
	if (family)
		r->template_id = g.id;
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
	/* What is new may be odd as well. */
	if (k->kind == HW_ROW_ODD ||
	    (k->kind == HW_ROW_NEW && x->oddness > 0)) {
		r->odd_at = x->sample.odd_at;
		r->odd_len = x->sample.odd_len;
	}
	r->n = hw_samples_get(&d->samples, &x->sample, ids);
	tell_text(d, r, k->family, d->row_text + i * HW_ROW_TEXT);
}

/* The share of usual counts, by the square roots of them, at which templates
 * came x times as often as usual or less; -1: nothing is usual yet.  What did
 * not come at all is gone, and tells nothing of the others. */
static double share_below(const struct hw_table *t, uint64_t index,
    double records, double x)
{
	double below = 0, all = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct hw_entry *k = &t->entry[i];
		double mean = hw_rate_share(&k->rate, records);

		if (mean < STEADY || k->last_window != index)
			continue;
		all += sqrt(mean);
		if ((double)k->count <= x * mean)
			below += sqrt(mean);
	}
	return all > 0 ? below / all : -1;
}

/* How many records a window would have had if nothing had flooded it, nor left
 * a gap that others fill: by the median of what came of what was expected. */
static double usual_records(const struct hw_table *t, uint64_t index,
    double records)
{
	double low = 1.0 / 64, high = 64;

	if (share_below(t, index, records, low) < 0)
		return records;
	for (int i = 0; i < 20; i++) {
		double x = sqrt(low * high);

		if (share_below(t, index, records, x) < 0.5)
			low = x;
		else
			high = x;
	}
	return records * high;
}

static struct hw_exposure exposure(const struct hw_digest *d)
{
	const struct hw_window *w = &d->w;
	int64_t ms = w->end_ms - w->start_ms;
	bool timed = w->log_clock ||
	    (ms >= AT_ONCE && w->bytes <= d->pieces * PIECE);

	return (struct hw_exposure){timed ? (double)ms : 0,
	    usual_records(&d->table, w->index, (double)w->records)};
}

static void rank(struct hw_digest *d, struct hw_exposure now)
{
	struct hw_window *w = &d->w;
	struct hw_rank_window rw = {.index = w->index,
	    .learning = w->learning, .records = w->records,
	    .first_line = w->first_line, .last_line = w->last_line,
	    .exposure = now, .pool = d->rates, .families = &d->families};
	struct hw_ranked top[HW_RANK_TOP];

	w->n_rows = hw_rank(&d->table, &rw, d->top, w->kinds, top);
	for (size_t i = 0; i < w->n_rows; i++)
		fill_row(d, i, &top[i]);
	w->rows = d->row;
}

/* What this window teaches the next. */
static void learn(struct hw_digest *d, struct hw_exposure now)
{
	struct hw_rate_pool none = {{0}, {0}};

	hw_rate_pool_age(&d->rates);
	for (uint32_t i = 0; i < d->table.n; i++) {
		struct hw_entry *x = &d->table.entry[i];

		hw_rate_add(&x->rate, x->last_window == d->w.index ?
		    x->count : 0, now, &d->rates);
	}
	for (uint32_t i = 0; i < d->families.n; i++) {
		struct hw_entry *x = &d->families.entry[i];

		hw_rate_add(&x->rate, x->last_window == d->w.index ?
		    x->count : 0, now, &none);
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
	struct hw_exposure now;

	settle_span(d, why);
	hw_digest_merge(d);
	hw_digest_families(d);
	w->closed_by = why;
	w->partial = why == HW_CLOSED_SIGNAL ||
	    (why == HW_CLOSED_END && d->sized);
	w->learning = learning(d);
	w->templates = d->table.n;
	w->forgotten = d->table.forgotten;
	now = exposure(d);
	rank(d, now);
	learn(d, now);
	d->shown = *w;
	begin_next(d, why);
	return &d->shown;
}
