/* SPDX-License-Identifier: MIT
 * What only this file knows: the contents of the stream that the tests of
 * lib/stream write and read. */
#include "stream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vocab.h"

static void must(enum hw_status st, const struct hw_err *e)
{
	if (st == HW_OK)
		return;
	printf("Bail out! %s\n", e->msg);
	exit(1);
}

struct hw_vocab *stream_vocab(size_t n)
{
	struct hw_err e = {0};
	struct hw_vocab *v = NULL;

	must(hw_vocab_open(&v, n, n + 8, NULL, &e), &e);
	hw_vocab_add(v, "<s>", 3, HW_TOKEN_SPECIAL);
	hw_vocab_add(v, "ab", 2, HW_TOKEN_NORMAL);
	hw_vocab_add(v, "\n", 1, HW_TOKEN_NORMAL);
	hw_vocab_add(v, "\xff", 1, HW_TOKEN_USER);
	hw_vocab_add(v, "", 0, HW_TOKEN_UNUSED);
	for (size_t i = 5; i < n; i++)
		hw_vocab_add(v, "x", 1, HW_TOKEN_NORMAL);
	v->bos = 0;
	v->add_bos = true;
	hw_vocab_seal(v);
	return v;
}

static const float bits[4] = {NAN, 0.0f, 17.25f, 0x1.fffffep-20f};
static const float entropy[4] = {NAN, 1e-30f, 3.3333333f, 9.0f};
const struct hw_scores stream_scores = {4, bits, entropy};

static const uint32_t sample[3] = {1, 3, 2};
static const struct hw_row rows[2] = {
	{HW_ROW_ODD, HW_SEV_ERROR, 3, 0xdeadbeefcafef00d,
	    {(const unsigned char *)"ab <N>\n", 7}, 12, 9, 1000, 2000, 5, 900,
	    77, 3.5, 41.25, 12.5, 2, 1, true, 3, sample},
	{.kind = HW_ROW_GONE, .prev_count = 60, .bits = NAN, .odd = NAN},
};
const struct hw_window stream_window = {
	.index = 4, .closed_by = HW_CLOSED_TIME, .partial = true,
	.learning = false, .log_clock = true, .start_ms = -5, .end_ms = 300000,
	.records = 12431, .bytes = 1719882, .tokens = 800000, .scored = 61,
	.bits = 1234.5, .first_line = 77591, .last_line = 90021,
	.prev_records = 10000, .prev_ms = 299999,
	.severity = {1, 2, 3, 4, 5, 6}, .groups = 213,
	.kinds = {9, 8, 7, 6, 5, 4}, .templates = 500, .forgotten = 2,
	.cut = 3, .lost = 7, .n_rows = 2, .rows = rows,
};

void stream_records(struct hw_record r[2], const struct hw_vocab *v)
{
	static const uint32_t first[4] = {0, 1, 3, 2};
	static uint32_t second[2] = {0, 2};

	second[0] = (uint32_t)v->n - 1; /* the widest id */
	r[0] = (struct hw_record){3, HW_RECORD_SCORED | HW_RECORD_MORE,
	    0x123456789a, 42, 1764000000123, 0xfedcba9876543210, 4, first};
	r[1] = (struct hw_record){.source = 3, .flags = HW_RECORD_CONT,
	    .offset = 7, .line = 42, .arrival_ms = -1, .n = 2, .ids = second};
}

static bool same_double(double a, double b)
{
	return (isnan(a) && isnan(b)) || a == b;
}

static bool same_row(const struct hw_row *a, const struct hw_row *b)
{
	return a->kind == b->kind && a->severity == b->severity &&
	    a->source == b->source && a->template_id == b->template_id &&
	    a->template_text.n == b->template_text.n &&
	    (a->template_text.n == 0 || memcmp(a->template_text.p,
	    b->template_text.p, a->template_text.n) == 0) &&
	    a->count == b->count && a->prev_count == b->prev_count &&
	    a->first_ms == b->first_ms && a->last_ms == b->last_ms &&
	    a->first_line == b->first_line && a->last_line == b->last_line &&
	    a->line == b->line && same_double(a->score, b->score) &&
	    same_double(a->bits, b->bits) && same_double(a->odd, b->odd) &&
	    a->odd_at == b->odd_at && a->odd_len == b->odd_len &&
	    a->sample_cut == b->sample_cut && a->n == b->n &&
	    (a->n == 0 || memcmp(a->ids, b->ids, a->n * 4) == 0);
}

bool stream_same_window(const struct hw_window *a, const struct hw_window *b)
{
	bool same = a->index == b->index && a->closed_by == b->closed_by &&
	    a->partial == b->partial && a->learning == b->learning &&
	    a->log_clock == b->log_clock && a->start_ms == b->start_ms &&
	    a->end_ms == b->end_ms && a->records == b->records &&
	    a->bytes == b->bytes && a->tokens == b->tokens &&
	    a->scored == b->scored && same_double(a->bits, b->bits) &&
	    a->first_line == b->first_line && a->last_line == b->last_line &&
	    a->prev_records == b->prev_records && a->prev_ms == b->prev_ms &&
	    memcmp(a->severity, b->severity, sizeof(a->severity)) == 0 &&
	    memcmp(a->kinds, b->kinds, sizeof(a->kinds)) == 0 &&
	    a->groups == b->groups && a->templates == b->templates &&
	    a->forgotten == b->forgotten && a->cut == b->cut &&
	    a->lost == b->lost && a->n_rows == b->n_rows;

	for (size_t i = 0; same && i < a->n_rows; i++)
		same = same_row(a->rows + i, b->rows + i);
	return same;
}

struct hw_enc *stream_enc(const struct hw_alloc *a, bool text)
{
	struct hw_enc_opts o = {a, text};
	struct hw_err e = {0};
	struct hw_enc *c = NULL;

	must(hw_enc_open(&c, &o, &e), &e);
	return c;
}

struct hw_dec *stream_dec(const struct hw_alloc *a, bool text,
    const struct hw_vocab *v)
{
	struct hw_dec_opts o = {a, "t", text, v};
	struct hw_err e = {0};
	struct hw_dec *d = NULL;

	must(hw_dec_open(&d, &o, &e), &e);
	return d;
}

enum hw_status stream_try_write(struct hw_enc *c, struct hw_vocab *v,
    struct hw_err *e)
{
#define TEXT(s) {(const unsigned char *)(s), sizeof(s) - 1}
	struct hw_hello h = {v, STREAM_MODEL, STREAM_DIGEST};
	struct hw_source_note s = {3, TEXT("app.log")};
	struct hw_gap g = {7, TEXT("too fast")};
	struct hw_view note = TEXT("tokens/s 5");
	struct hw_frame future = {.type = 99, .flags = HW_FRAME_OPTIONAL,
	    .channel = 513, .payload = TEXT("future")};
#undef TEXT
	struct hw_record r[2];
	enum hw_status st = hw_enc_hello(c, &h, e);

	stream_records(r, v);
#define THEN(call) if (st == HW_OK) st = (call)
	THEN(hw_enc_source(c, &s, e));
	THEN(hw_enc_record(c, &r[0], e));
	THEN(hw_enc_scores(c, &stream_scores, e));
	THEN(hw_enc_record(c, &r[1], e));
	THEN(hw_enc_window(c, &stream_window, e));
	THEN(hw_enc_gap(c, &g, e));
	THEN(hw_enc_note(c, note, e));
	THEN(hw_enc_frame(c, &future, e));
	THEN(hw_enc_end(c, e));
#undef THEN
	return st;
}

void stream_write(struct hw_enc *c, struct hw_vocab *v)
{
	struct hw_err e = {0};

	must(stream_try_write(c, v, &e), &e);
}

enum hw_status stream_look(struct hw_dec *d, const struct hw_frame *f,
    struct hw_err *e)
{
	struct hw_hello h;
	struct hw_source_note s;
	struct hw_record r;
	struct hw_scores x;
	struct hw_window w;
	struct hw_gap g;
	struct hw_end n;

	switch (f->type) {
	case HW_FRAME_HELLO:
		return hw_dec_hello(d, f, &h, e);
	case HW_FRAME_SOURCE:
		return hw_dec_source(d, f, &s, e);
	case HW_FRAME_RECORD:
		return hw_dec_record(d, f, &r, e);
	case HW_FRAME_SCORES:
		return hw_dec_scores(d, f, &x, e);
	case HW_FRAME_WINDOW:
		return hw_dec_window(d, f, &w, e);
	case HW_FRAME_GAP:
		return hw_dec_gap(d, f, &g, e);
	case HW_FRAME_END:
		return hw_dec_end(d, f, &n, e);
	default:
		return HW_OK;
	}
}

void stream_feed(struct hw_dec *d, struct hw_view v)
{
	struct hw_err e = {0};

	while (v.n > 0) {
		void *p = NULL;
		size_t cap = 0;

		must(hw_dec_space(d, &p, &cap, &e), &e);
		cap = v.n < cap ? v.n : cap;
		memcpy(p, v.p, cap);
		hw_dec_added(d, cap);
		v.p += cap;
		v.n -= cap;
	}
}
