/* SPDX-License-Identifier: MIT
 * What only this file knows: the life of a digest, and how records in parts
 * become whole before anything looks at them. */
#include <string.h>

#include "digest/digest.h"

#define MAX_RECORD ((size_t)64 << 10)

static enum hw_status open_staged(struct hw_staged *s, size_t max,
    const struct hw_alloc *a, struct hw_err *e)
{
	s->max = max;
	HW_TRY(hw_new(a, &s->text, max, 1, "record", e));
	HW_TRY(hw_new(a, &s->ids, max, sizeof(uint32_t), "record", e));
	HW_TRY(hw_new(a, &s->bits, max, sizeof(float), "scores", e));
	return hw_new(a, &s->entropy, max, sizeof(float), "scores", e);
}

static void release_staged(struct hw_staged *s, const struct hw_alloc *a)
{
	hw_del(a, s->entropy);
	hw_del(a, s->bits);
	hw_del(a, s->ids);
	hw_del(a, s->text);
}

static enum hw_status open_parts(struct hw_digest *d,
    const struct hw_digest_opts *o, struct hw_err *e)
{
	const struct hw_alloc *a = d->alloc;
	size_t max = o->max_record > 0 ? o->max_record : MAX_RECORD;
	size_t templates = o->max_templates > 0 ? o->max_templates :
	    HW_DIGEST_TEMPLATES;

	HW_TRY(open_staged(&d->rec, max, a, e));
	HW_TRY(open_staged(&d->held, max, a, e));
	HW_TRY(hw_new(a, &d->row_ids, d->top * HW_SAMPLE_MAX,
	    sizeof(uint32_t), "rows", e));
	HW_TRY(hw_new(a, &d->row_text, d->top, HW_ROW_TEXT, "rows", e));
	HW_TRY(hw_new(a, &d->sample_ids, HW_SAMPLE_MAX, sizeof(uint32_t),
	    "rows", e));
	HW_TRY(hw_new(a, &d->sample_text, max, 1, "rows", e));
	HW_TRY(hw_mask_open(&d->mask, max, o->masks, a, e));
	HW_TRY(hw_group_init(&d->groups, 3 * max + 16, a, e));
	HW_TRY(hw_trigram_init(&d->trigrams, a, e));
	HW_TRY(hw_new(a, &d->fields, HW_FIELDS, sizeof(*d->fields), "fields",
	    e));
	HW_TRY(hw_places_init(&d->places, HW_PLACES, max, a, e));
	HW_TRY(hw_table_init(&d->table, templates, a, e));
	HW_TRY(hw_table_init(&d->families, templates, a, e));
	HW_TRY(hw_samples_init(&d->samples, 2 * templates, a, e));
	return o->on == NULL ? HW_OK :
	    hw_regex_init(&d->on, o->on, "pattern", a, e);
}

static enum hw_status check(const struct hw_digest_opts *o, struct hw_err *e)
{
	if (o->vocab == NULL)
		return hw_fail(e, HW_USAGE, "a digest needs a vocabulary");
	if (o->top < 0 || o->top > HW_RANK_TOP)
		return hw_fail(e, HW_USAGE, "%d rows: 1 to %d are possible",
		    o->top, HW_RANK_TOP);
	if (o->every_ms < 0 || o->idle_ms < 0)
		return hw_fail(e, HW_USAGE, "a negative time");
	if (o->max_record > HW_TOK_MAX)
		return hw_fail(e, HW_USAGE, "records of %zu bytes: at most "
		    "%zu", o->max_record, HW_TOK_MAX);
	return HW_OK;
}

enum hw_status hw_digest_open(struct hw_digest **out,
    const struct hw_digest_opts *o, struct hw_err *e)
{
	struct hw_digest *d = NULL;
	enum hw_status st;

	HW_TRY(check(o, e));
	HW_TRY(hw_new(o->alloc, &d, 1, sizeof(*d), "digest", e));
	d->alloc = o->alloc;
	d->vocab = o->vocab;
	d->arrival_clock = o->arrival_clock;
	d->clock.utc_of = o->utc_of;
	d->top = o->top > 0 ? (size_t)o->top : HW_DIGEST_TOP;
	d->cut.every_records = o->every_records;
	d->cut.every_tokens = o->every_tokens;
	d->cut.every_bytes = o->every_bytes;
	d->cut.every_ms = o->every_ms;
	d->cut.idle_ms = o->idle_ms;
	d->sized = o->every_records > 0 || o->every_tokens > 0 ||
	    o->every_bytes > 0 || o->every_ms > 0;
	d->w.index = 1;
	hw_state_init(d);
	st = open_parts(d, o, e);
	if (st != HW_OK) {
		hw_digest_close(d);
		return st;
	}
	*out = d;
	return HW_OK;
}

void hw_digest_close(struct hw_digest *d)
{
	if (d == NULL)
		return;
	hw_buf_release(&d->saved);
	hw_regex_release(&d->on);
	hw_samples_release(&d->samples);
	hw_table_release(&d->families);
	hw_table_release(&d->table);
	hw_places_release(&d->places);
	hw_del(d->alloc, d->fields);
	hw_trigram_release(&d->trigrams);
	hw_group_release(&d->groups);
	hw_mask_close(d->mask);
	hw_del(d->alloc, d->sample_text);
	hw_del(d->alloc, d->sample_ids);
	hw_del(d->alloc, d->row_text);
	hw_del(d->alloc, d->row_ids);
	release_staged(&d->held, d->alloc);
	release_staged(&d->rec, d->alloc);
	hw_del(d->alloc, d);
}

/* ---- records ------------------------------------------------------------- */

static void begin(struct hw_staged *s, const struct hw_record *r,
    bool scored, int64_t now_ms)
{
	s->open = true;
	s->source = r->source;
	s->line = r->line;
	s->arrival_ms = r->arrival_ms != 0 ? r->arrival_ms : now_ms;
	s->bytes = s->tokens = 0;
	s->n = s->n_text = 0;
	s->parts = s->cut = false;
	s->scored = scored;
}

static void append(struct hw_digest *d, const struct hw_record *r,
    const struct hw_scores *sc)
{
	struct hw_staged *s = &d->rec;

	for (size_t i = 0; i < r->n; i++) {
		struct hw_view t = hw_vocab_text(d->vocab, r->ids, i);

		s->bytes += t.n;
		s->tokens++;
		if (s->cut || s->n == s->max || t.n > s->max - s->n_text) {
			s->cut = true;
			continue;
		}
		if (t.n > 0)
			memcpy(s->text + s->n_text, t.p, t.n);
		s->n_text += t.n;
		s->ids[s->n] = r->ids[i];
		if (sc != NULL) {
			s->bits[s->n] = sc->bits[i];
			s->entropy[s->n] = sc->entropy[i];
		}
		s->n++;
	}
}

/* What decides where the record belongs. */
static void complete(struct hw_digest *d)
{
	struct hw_staged *s = &d->rec;
	struct hw_view text = {s->text, s->n_text};
	struct hw_match m;

	s->open = false;
	s->pending = true;
	s->log_clock = !d->arrival_clock && hw_clock_read(&d->clock,
	    s->source, text, s->arrival_ms, &s->ms);
	if (!s->log_clock)
		s->ms = s->arrival_ms;
	s->jump = s->log_clock && d->clock.jump;
	s->strange = d->arrival_clock ? 0 : d->clock.strange;
	s->stamp_at = d->clock.from;
	s->stamp_to = d->clock.to;
	s->match = d->on.code != NULL && hw_regex_find(&d->on, text, 0, &m);
}

/* ---- jumps ----------------------------------------------------------------
 * A stamp far from those before it is wrong, or there was a silence, or another
 * log begins: the next record tells.  Until then, or until time has passed, the
 * record waits in d->held, and no window ends for it. */

static void swap(struct hw_digest *d)
{
	struct hw_staged s = d->rec;

	d->rec = d->held;
	d->held = s;
}

/* Does a record wait no longer?  Then it is in d->rec, and in d->held the one
 * after it.  At the end nothing more will tell. */
static void settle(struct hw_digest *d, bool end)
{
	struct hw_staged *first = &d->held, *second = &d->rec;

	if (!d->waits || (!second->pending && !end &&
	    hw_cut_leaves(&d->cut, first->ms)))
		return;
	if (second->pending && !hw_cut_leaves(&d->cut, second->ms))
		first->ms = second->ms; /* it was wrong */
	first->jump = d->waits = false;
	swap(d);
}

/* Is there a record to be counted, in d->rec? */
static bool take_turn(struct hw_digest *d)
{
	if (!d->rec.pending && !d->waits &&
	    (d->held.pending || d->held.open))
		swap(d);
	if (!d->rec.pending || !d->rec.jump ||
	    !hw_cut_leaves(&d->cut, d->rec.ms))
		return d->rec.pending;
	swap(d);
	d->waits = true;
	return false;
}

/* Nobody asks which windows end before them. */
static void tally_all(struct hw_digest *d)
{
	settle(d, true);
	while (take_turn(d))
		hw_digest_tally(d);
}

enum hw_status hw_digest_record(struct hw_digest *d,
    const struct hw_record *r, const struct hw_scores *sc, int64_t now_ms,
    struct hw_err *e)
{
	struct hw_staged *s = &d->rec;

	if (sc != NULL && sc->n != r->n)
		return hw_fail(e, HW_USAGE, "%zu scores for %zu tokens",
		    sc->n, r->n);
	for (size_t i = 0; i < r->n; i++)
		if (r->ids[i] >= hw_vocab_size(d->vocab))
			return hw_fail(e, HW_USAGE, "token %u is not in the "
			    "vocabulary", (unsigned)r->ids[i]);
	if (s->pending)
		tally_all(d);
	if (s->open && !(r->flags & HW_RECORD_CONT)) {
		/* Its end was lost upstream; what came is still a record. */
		complete(d);
		tally_all(d);
	}
	if (!s->open)
		begin(s, r, sc != NULL, now_ms);
	s->now_ms = now_ms;
	s->scored = s->scored && sc != NULL;
	s->parts = s->parts ||
	    (r->flags & (HW_RECORD_CONT | HW_RECORD_MORE)) != 0;
	append(d, r, sc);
	if (!(r->flags & HW_RECORD_MORE))
		complete(d);
	return HW_OK;
}

void hw_digest_gap(struct hw_digest *d, uint64_t records)
{
	d->w.lost += records;
}

/* ---- windows ------------------------------------------------------------- */

/* Count the record in d->rec, and those that come behind it; true: a window
 * ends before one, or with it. */
static bool ends_window(struct hw_digest *d, enum hw_closed_by *why)
{
	do {
		if (hw_cut_before(&d->cut, d->rec.ms, d->rec.match, why))
			return true;
		hw_digest_tally(d);
		if (hw_cut_after(&d->cut, why))
			return true;
	} while (take_turn(d));
	return false;
}

enum hw_status hw_digest_next(struct hw_digest *d, int64_t now_ms,
    const struct hw_window **w, struct hw_err *e)
{
	enum hw_closed_by why;

	(void)e;
	settle(d, false);
	if (take_turn(d) ? !ends_window(d, &why) :
	    !hw_cut_due(&d->cut, now_ms, &why))
		return HW_END;
	*w = hw_digest_finish(d, why);
	return HW_OK;
}

int hw_digest_wait(const struct hw_digest *d, int64_t now_ms)
{
	return hw_cut_wait(&d->cut, now_ms);
}

enum hw_status hw_digest_cut(struct hw_digest *d, enum hw_closed_by why,
    const struct hw_window **w, struct hw_err *e)
{
	enum hw_closed_by before;

	(void)e;
	if (d->rec.open)
		complete(d);
	settle(d, true);
	while (take_turn(d)) {
		/* A silence that nothing confirms is not told. */
		d->cut.watch = d->cut.watch && d->w.records > 0;
		if (hw_cut_before(&d->cut, d->rec.ms, d->rec.match, &before)) {
			*w = hw_digest_finish(d, before);
			return HW_OK;
		}
		hw_digest_tally(d);
	}
	/* What was left out behind the last record is told as well. */
	if (d->w.records == 0 && d->w.lost == 0)
		return HW_END;
	*w = hw_digest_finish(d, why);
	return HW_OK;
}
