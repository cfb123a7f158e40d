/* SPDX-License-Identifier: MIT
 * lib/stream, lib/digest/render.c: whichever allocation fails, the caller
 * hears HW_NOMEM, nothing leaks, and what was refused can be tried again. */
#include "tap.h"

#include "base/buf.h"
#include "base/vocab.h"
#include "unit/stream.h"

static struct hw_vocab *v;
static struct tap_alloc count;
static const struct hw_alloc counting = {tap_alloc_get, tap_alloc_put, &count};

static bool fine(enum hw_status st)
{
	return st == HW_OK || st == HW_END || st == HW_NOMEM;
}

/* ---- one run of each: its last status ------------------------------------ */

static enum hw_status encode(bool text)
{
	struct hw_enc_opts o = {&counting, text};
	struct hw_enc *c = NULL;
	struct hw_err e = {0};
	enum hw_status st = hw_enc_open(&c, &o, &e);

	if (st == HW_OK)
		st = stream_try_write(c, v, &e);
	hw_enc_close(c);
	return st;
}

static enum hw_status feed(struct hw_dec *d, struct hw_view in,
    struct hw_err *e)
{
	while (in.n > 0) {
		void *p = NULL;
		size_t cap = 0;
		enum hw_status st = hw_dec_space(d, &p, &cap, e);

		if (st != HW_OK)
			return st;
		cap = in.n < cap ? in.n : cap;
		memcpy(p, in.p, cap);
		hw_dec_added(d, cap);
		in = (struct hw_view){in.p + cap, in.n - cap};
	}
	hw_dec_finish(d);
	return HW_OK;
}

static enum hw_status decode(bool text, struct hw_view in)
{
	struct hw_dec_opts o = {&counting, "t", text, v};
	struct hw_dec *d = NULL;
	struct hw_err e = {0};
	struct hw_frame f;
	enum hw_status st = hw_dec_open(&d, &o, &e);

	if (st == HW_OK)
		st = feed(d, in, &e);
	while (st == HW_OK) {
		st = hw_dec_next(d, &f, &e);
		if (st == HW_OK)
			st = stream_look(d, &f, &e);
	}
	if (st == HW_END && !hw_dec_done(d))
		st = HW_CORRUPT;
	hw_dec_close(d);
	return st;
}

static enum hw_status render(bool json)
{
	struct hw_render_opts o = {.alloc = &counting, .json = json,
	    .visible = true};
	struct hw_source_note s = {0, {(const unsigned char *)"a", 1}};
	struct hw_render *r = NULL;
	struct hw_err e = {0};
	struct hw_record rec[2];
	enum hw_status st = hw_render_open(&r, &o, &e);

	stream_records(rec, v);
	if (st == HW_OK) {
		hw_render_vocab(r, v);
		st = hw_render_source(r, &s, &e);
	}
	if (st == HW_OK)
		st = hw_render_record(r, rec, &stream_scores, &e);
	if (st == HW_OK)
		st = hw_render_window(r, &stream_window, &e);
	hw_render_close(r);
	return st;
}

/* ---- all allocations in turn --------------------------------------------- */

static struct hw_view good[2]; /* binary, text */

static enum hw_status run(int what)
{
	bool second = what % 2 == 1;

	return what < 2 ? encode(second) : what < 4 ?
	    decode(second, good[second]) : render(second);
}

static void each(int what, const char *name)
{
	size_t wrong = 0, leaks = 0, refused = 0;

	for (long n = 1;; n++) {
		enum hw_status st;

		count = (struct tap_alloc){.fail_at = n};
		st = run(what);
		wrong += !fine(st) || (count.count >= n) != (st == HW_NOMEM);
		leaks += count.live != 0;
		refused += st == HW_NOMEM;
		if (count.count < n)
			break;
	}
	ok(refused > 0 && wrong == 0 && leaks == 0, "%s: each of %zu "
	    "allocations may fail", name, refused);
}

/* A refused record leaves the encoder as it was. */
static void again(bool text)
{
	struct hw_enc_opts o = {&counting, text};
	struct hw_hello h = {v, STREAM_MODEL, STREAM_DIGEST};
	struct hw_enc *c = NULL;
	struct hw_record r[2];
	size_t tried = 0, wrong = 0;

	count = (struct tap_alloc){0};
	stream_records(r, v);
	if (hw_enc_open(&c, &o, NULL) != HW_OK ||
	    hw_enc_hello(c, &h, NULL) != HW_OK)
		ok(false, "cannot begin");
	while (tried < 3) {
		size_t before = hw_enc_bytes(c).n;
		enum hw_status st;

		count.fail_at = count.count + 1;
		st = hw_enc_record(c, &r[1], NULL);
		count.fail_at = 0;
		if (st == HW_OK)
			continue;
		wrong += st != HW_NOMEM || hw_enc_bytes(c).n != before;
		wrong += hw_enc_record(c, &r[1], NULL) != HW_OK;
		tried++;
	}
	if (!text) { /* and the stream is whole */
		struct hw_dec *d = stream_dec(NULL, false, NULL);
		struct hw_frame f;

		wrong += hw_enc_end(c, NULL) != HW_OK;
		stream_feed(d, hw_enc_bytes(c));
		hw_dec_finish(d);
		while (hw_dec_next(d, &f, NULL) == HW_OK)
			;
		wrong += !hw_dec_done(d);
		hw_dec_close(d);
	}
	ok(wrong == 0, "a record that was refused may be written again");
	hw_enc_close(c);
}

int main(void)
{
	struct hw_enc *binary, *text;

	v = stream_vocab(6);
	binary = stream_enc(NULL, false);
	text = stream_enc(NULL, true);
	stream_write(binary, v);
	stream_write(text, v);
	good[0] = hw_enc_bytes(binary);
	good[1] = hw_enc_bytes(text);
	each(0, "writing frames");
	each(1, "writing text");
	each(2, "reading frames");
	each(3, "reading text");
	each(4, "rendering text");
	each(5, "rendering JSON");
	again(false);
	again(true);
	hw_enc_close(binary);
	hw_enc_close(text);
	hw_vocab_close(v);
	return tap_done();
}
