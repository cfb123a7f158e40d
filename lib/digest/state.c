/* SPDX-License-Identifier: MIT
 * What only this file knows: the format of a state: what a digest knows of its
 * stream, so that another one goes on from there.
 *
 * "HWSTATE" and a version, sizes, how much the last window had (not in version
 * 5), how far off rates were, the places of words that are in use, the
 * trigrams, what is usual at the places of tokens and in fields, the templates
 * and the families from the oldest to the newest, a CRC-32C of all that.
 * It is as large as the table lets it be, and is read with the mistrust that
 * any file deserves: a damaged one is refused as a whole. */
#include <math.h>
#include <string.h>

#include "base/cur.h"
#include "base/hash.h"
#include "digest/digest.h"

#define MAGIC "HWSTATE\6"
#define MAGIC_SIZE 8
#define OLDEST 5 /* version that is read */
#define STATE_MAX ((size_t)256 << 20)

/* ---- write --------------------------------------------------------------- */

static void put_rate(struct hw_buf *b, const struct hw_rate *r)
{
	hw_buf_f64(b, r->seen.ms);
	hw_buf_f64(b, r->seen.records);
	for (int i = 0; i < 2; i++) {
		hw_buf_f64(b, r->count[i]);
		hw_buf_f64(b, r->known[i]);
		hw_buf_f64(b, r->wild_n[i]);
		hw_buf_f64(b, r->wild[i]);
		hw_buf_f64(b, r->last_error[i]);
		hw_buf_f64(b, r->worst[i]);
		hw_buf_f64(b, r->worst_n[i]);
	}
	hw_buf_f64(b, r->present);
	hw_buf_f64(b, r->windows);
}

static void put_usual(struct hw_buf *b, const struct hw_usual *u)
{
	for (int i = 0; i < HW_VALUE_BITS / 64; i++)
		hw_buf_u64(b, u->value[i]);
	hw_rings_save(&u->fresh, b);
	hw_rings_save(&u->token, b);
	hw_buf_u32(b, u->seen);
	hw_buf_u32(b, u->digits);
	hw_buf_u32(b, u->since);
	hw_buf_u32(b, u->number);
	hw_buf_u32(b, u->rest);
}

/* Only the slots that have seen anything; a mask says which. */
static void put_slots(struct hw_buf *b, const struct hw_usual *u)
{
	uint16_t used = 0;

	for (int k = 0; k < HW_SLOTS; k++)
		if (u[k].seen > 0)
			used = (uint16_t)(used | 1u << k);
	hw_buf_u16(b, used);
	for (int k = 0; k < HW_SLOTS; k++)
		if (u[k].seen > 0)
			put_usual(b, &u[k]);
}

static void put_fields(struct hw_buf *b, const struct hw_field *f)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < HW_FIELDS; i++)
		used += f[i].usual.seen > 0;
	hw_buf_u32(b, used);
	for (uint32_t i = 0; i < HW_FIELDS; i++) {
		if (f[i].usual.seen == 0)
			continue;
		hw_buf_u32(b, i);
		hw_buf_u32(b, f[i].tag);
		put_usual(b, &f[i].usual);
	}
}

static void put_entry(struct hw_digest *d, struct hw_buf *b,
    const struct hw_entry *x)
{
	size_t n = hw_samples_get(&d->samples, &x->sample, d->sample_ids);

	hw_buf_u64(b, x->id);
	hw_buf_u8(b, (uint8_t)x->severity);
	hw_buf_u8(b, x->trouble);
	hw_buf_u8(b, x->sample.cut);
	hw_buf_u64(b, x->words[0]);
	hw_buf_u64(b, x->words[1]);
	hw_buf_u64(b, x->total);
	hw_buf_u64(b, x->first_window);
	hw_buf_u64(b, x->last_window);
	hw_buf_u64(b, x->windows);
	hw_buf_u64(b, x->count);
	hw_buf_u64(b, x->first_line);
	hw_buf_u64(b, x->last_line);
	hw_buf_u64(b, (uint64_t)x->first_ms);
	hw_buf_u64(b, (uint64_t)x->last_ms);
	put_rate(b, &x->rate);
	put_slots(b, x->usual);
	hw_buf_u64(b, x->sample.line);
	hw_buf_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		hw_buf_u32(b, d->sample_ids[i]);
}

static void put_table(struct hw_digest *d, struct hw_buf *b,
    const struct hw_table *t)
{
	hw_buf_u32(b, t->n);
	for (uint32_t i = t->oldest; i != HW_NONE; i = t->entry[i].newer)
		put_entry(d, b, &t->entry[i]);
}

enum hw_status hw_digest_save(struct hw_digest *d, struct hw_view *out,
    struct hw_err *e)
{
	struct hw_buf *b = &d->saved;

	b->n = 0;
	hw_buf_put(b, MAGIC, MAGIC_SIZE);
	hw_buf_u64(b, d->vocab->fingerprint);
	hw_buf_u64(b, d->w.index);
	hw_buf_u64(b, d->records_before);
	hw_buf_u64(b, d->w.prev_records);
	hw_buf_u64(b, (uint64_t)d->w.prev_ms);
	for (int i = 0; i < 2; i++) {
		hw_buf_f64(b, d->rates.error[i]);
		hw_buf_f64(b, d->rates.n[i]);
	}
	hw_group_save(&d->groups, b);
	hw_trigram_save(&d->trigrams, b);
	hw_places_save(&d->places, b);
	put_fields(b, d->fields);
	put_table(d, b, &d->table);
	put_table(d, b, &d->families);
	hw_buf_u32(b, hw_crc32c(0, b->p, b->n));
	HW_TRY(hw_buf_status(b, "state", e));
	*out = (struct hw_view){b->p, b->n};
	return HW_OK;
}

/* ---- read ---------------------------------------------------------------- */

static double positive(struct hw_cur *c)
{
	double x = hw_cur_f64(c);

	c->bad = c->bad || !isfinite(x) || x < 0;
	return x;
}

static void get_rate(struct hw_cur *c, struct hw_rate *r)
{
	r->seen.ms = positive(c);
	r->seen.records = positive(c);
	for (int i = 0; i < 2; i++) {
		r->count[i] = positive(c);
		r->known[i] = positive(c);
		r->wild_n[i] = positive(c);
		r->wild[i] = positive(c);
		r->last_error[i] = positive(c);
		r->worst[i] = positive(c);
		r->worst_n[i] = positive(c);
	}
	r->present = positive(c);
	r->windows = positive(c);
}

static void get_usual(struct hw_cur *c, struct hw_usual *u)
{
	for (int i = 0; i < HW_VALUE_BITS / 64; i++)
		u->value[i] = hw_cur_u64(c);
	hw_rings_load(&u->fresh, c);
	hw_rings_load(&u->token, c);
	u->seen = hw_cur_u32(c);
	u->digits = hw_cur_u32(c);
	u->since = hw_cur_u32(c);
	u->number = hw_cur_u32(c);
	u->rest = hw_cur_u32(c);
	c->bad = c->bad || u->seen == 0;
}

static void get_fields(struct hw_cur *c, struct hw_field *f)
{
	uint32_t used = hw_cur_u32(c);

	c->bad = c->bad || used > HW_FIELDS;
	for (uint32_t k = 0; k < used && !c->bad; k++) {
		uint32_t i = hw_cur_u32(c);

		c->bad = c->bad || i >= HW_FIELDS;
		if (c->bad)
			return;
		f[i].tag = hw_cur_u32(c);
		get_usual(c, &f[i].usual);
	}
}

/* What is new to a baseline is new, whatever window it ended with. */
static void settle(struct hw_usual *u)
{
	hw_rings_settle(&u->fresh);
	hw_rings_settle(&u->token);
}

static void get_slots(struct hw_cur *c, struct hw_usual *u)
{
	unsigned used = hw_cur_u16(c);

	for (int k = 0; k < HW_SLOTS; k++)
		if ((used >> k & 1) != 0)
			get_usual(c, &u[k]);
}

static void get_sample(struct hw_digest *d, struct hw_cur *c,
    struct hw_entry *x, bool cut)
{
	uint64_t line = hw_cur_u64(c);
	uint32_t n = hw_cur_u32(c);

	c->bad = c->bad || n > HW_SAMPLE_MAX || n > d->rec.max ||
	    n > hw_cur_left(c) / 4;
	for (uint32_t i = 0; i < n && !c->bad; i++) {
		d->sample_ids[i] = hw_cur_u32(c);
		c->bad = d->sample_ids[i] >= hw_vocab_size(d->vocab);
	}
	if (c->bad)
		return;
	hw_samples_set(&d->samples, &x->sample, d->sample_ids, n);
	x->sample.places = (struct hw_group_set){{0}};
	x->sample.cut = x->sample.cut || cut;
	x->sample.line = line;
	x->sample.bits = x->sample.odd = NAN;
	x->sample.odd_at = x->sample.odd_len = 0;
}

static bool is_time(uint64_t ms)
{
	return (int64_t)ms >= 0 && (int64_t)ms < INT64_C(253402300800000);
}

static void get_entry(struct hw_digest *d, struct hw_cur *c,
    struct hw_table *t, bool baseline)
{
	uint64_t id = hw_cur_u64(c), first_ms, last_ms;
	unsigned severity = hw_cur_u8(c), trouble = hw_cur_u8(c);
	unsigned cut = hw_cur_u8(c);
	struct hw_entry *x;

	c->bad = c->bad || id == 0 || severity >= HW_N_SEVERITIES ||
	    trouble > 1 || cut > 1 || hw_table_peek(t, id) != NULL;
	if (c->bad)
		return;
	x = hw_table_add(t, id);
	x->severity = (enum hw_severity)severity;
	x->trouble = trouble != 0;
	x->words[0] = hw_cur_u64(c);
	x->words[1] = hw_cur_u64(c);
	x->total = hw_cur_u64(c);
	x->first_window = hw_cur_u64(c);
	x->last_window = hw_cur_u64(c);
	x->windows = hw_cur_u64(c);
	x->count = hw_cur_u64(c);
	x->first_line = hw_cur_u64(c);
	x->last_line = hw_cur_u64(c);
	first_ms = hw_cur_u64(c);
	last_ms = hw_cur_u64(c);
	c->bad = c->bad || x->last_window >= d->w.index || !is_time(first_ms) ||
	    !is_time(last_ms);
	x->first_ms = (int64_t)first_ms;
	x->last_ms = (int64_t)last_ms;
	get_rate(c, &x->rate);
	get_slots(c, x->usual);
	get_sample(d, c, x, cut != 0);
	if (!baseline)
		return;
	/* Of another time: it is known, so never rare, and that is all. */
	x->first_window = x->last_window = 0;
	x->windows = UINT32_MAX;
	x->count = 0;
	x->rate = (struct hw_rate){0};
	for (int k = 0; k < HW_SLOTS; k++)
		settle(&x->usual[k]);
}

static void get_table(struct hw_digest *d, struct hw_cur *c,
    struct hw_table *t, bool baseline)
{
	uint32_t n = hw_cur_u32(c);

	for (uint32_t i = 0; i < n && !c->bad; i++)
		get_entry(d, c, t, baseline);
	t->forgotten = 0;
}

static enum hw_status check(struct hw_digest *d, struct hw_view v,
    struct hw_err *e)
{
	struct hw_cur c = hw_cur((struct hw_view){v.p, v.n});

	if (v.n < MAGIC_SIZE + 4 || memcmp(v.p, MAGIC, MAGIC_SIZE - 1) != 0)
		return hw_fail(e, HW_FORMAT, "this is no state of a digest");
	if (v.p[MAGIC_SIZE - 1] < OLDEST ||
	    v.p[MAGIC_SIZE - 1] > MAGIC[MAGIC_SIZE - 1])
		return hw_fail(e, HW_UNSUPPORTED, "a state of version %u; "
		    "this program reads versions %d to %d",
		    v.p[MAGIC_SIZE - 1], OLDEST, MAGIC[MAGIC_SIZE - 1]);
	c.at = v.n - 4;
	if (hw_cur_u32(&c) != hw_crc32c(0, v.p, v.n - 4))
		return hw_fail(e, HW_CORRUPT, "the state is damaged (its "
		    "checksum does not fit)");
	c = hw_cur((struct hw_view){v.p + MAGIC_SIZE, v.n - MAGIC_SIZE});
	if (hw_cur_u64(&c) != d->vocab->fingerprint)
		return hw_fail(e, HW_USAGE, "the state is of a stream with "
		    "another vocabulary");
	return HW_OK;
}

enum hw_status hw_digest_load(struct hw_digest *d, struct hw_view v,
    bool baseline, struct hw_err *e)
{
	struct hw_cur c;
	uint64_t index, prev_ms = 0;

	HW_TRY(check(d, v, e));
	c = hw_cur((struct hw_view){v.p, v.n - 4});
	c.at = MAGIC_SIZE + 8;
	index = hw_cur_u64(&c);
	d->records_before = hw_cur_u64(&c);
	if (v.p[MAGIC_SIZE - 1] > OLDEST) {
		d->w.prev_records = hw_cur_u64(&c);
		prev_ms = hw_cur_u64(&c);
	}
	d->w.prev_ms = (int64_t)prev_ms;
	for (int i = 0; i < 2; i++) {
		d->rates.error[i] = positive(&c);
		d->rates.n[i] = positive(&c);
	}
	d->w.index = index;
	c.bad = c.bad || index < 1 || !is_time(prev_ms);
	hw_group_load(&d->groups, &c);
	hw_trigram_load(&d->trigrams, &c);
	hw_places_load(&d->places, &c);
	get_fields(&c, d->fields);
	get_table(d, &c, &d->table, baseline);
	get_table(d, &c, &d->families, baseline);
	if (c.bad || hw_cur_left(&c) != 0)
		return hw_fail(e, HW_CORRUPT, "the state is malformed at byte "
		    "%zu", c.at);
	d->taught = true;
	if (baseline) {
		for (uint32_t i = 0; i < HW_FIELDS; i++)
			settle(&d->fields[i].usual);
		hw_places_settle(&d->places);
		/* Other windows: their clock may be better, or worse. */
		d->rates = (struct hw_rate_pool){{0}, {0}};
		d->w = (struct hw_window){.index = 1};
		d->records_before = 0;
	}
	return HW_OK;
}

void hw_state_init(struct hw_digest *d)
{
	hw_buf_init(&d->saved, d->alloc, STATE_MAX);
}
