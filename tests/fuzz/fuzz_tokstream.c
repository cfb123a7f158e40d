/* SPDX-License-Identifier: MIT
 * Fuzz target: a token stream, binary and as text.  It is refused with one
 * line, or whole; however it arrives it says the same; forwarded it says the
 * same; nothing of it can drive a terminal; never 64 MiB, never a leak. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vocab.h"
#include "fixtures/watch.h"
#include "unit/stream.h"

const char fuzz_name[] = "tokstream";

static void must(bool promise)
{
	if (!promise)
		abort();
}

/* What a reader saw: equal inputs, equal outcomes. */
struct seen {
	uint64_t frames; /* a hash of all of them */
	enum hw_status end;
};

static bool same(struct seen a, struct seen b)
{
	return a.frames == b.frames && a.end == b.end;
}

/* A line may hold a tab; all else that controls a terminal is spelt out. */
static void harmless(struct hw_view v)
{
	for (size_t i = 0; i < v.n; i++) {
		must(v.p[i] >= 0x20 || v.p[i] == '\n' || v.p[i] == '\t');
		must(v.p[i] != 0x7f);
		must(i == 0 || v.p[i - 1] != 0xc2 || v.p[i] >= 0xa0);
	}
}

static void show(struct hw_render *r, struct hw_dec *d,
    const struct hw_frame *f)
{
	struct hw_err e = {0};
	struct hw_record rec;
	struct hw_window w;
	enum hw_status st = HW_OK;

	if (f->type == HW_FRAME_HELLO)
		hw_render_vocab(r, hw_dec_vocab(d));
	if (f->type == HW_FRAME_RECORD &&
	    hw_dec_record(d, f, &rec, &e) == HW_OK)
		st = hw_render_record(r, &rec, NULL, &e);
	if (f->type == HW_FRAME_WINDOW &&
	    hw_dec_window(d, f, &w, &e) == HW_OK)
		st = hw_render_window(r, &w, &e);
	must(st == HW_OK);
	harmless(hw_render_bytes(r));
	hw_render_drop(r, hw_render_bytes(r).n);
}

static void note(struct seen *s, const struct hw_frame *f)
{
	uint64_t head = f->type | (uint64_t)f->flags << 8 |
	    (uint64_t)f->channel << 16;

	s->frames = hw_hash64(s->frames ^ head, f->payload.p, f->payload.n);
}

static void push(struct hw_dec *d, const uint8_t *p, size_t n)
{
	void *to = NULL;
	size_t cap = 0;

	must(hw_dec_space(d, &to, &cap, NULL) == HW_OK && cap >= n);
	if (n > 0)
		memcpy(to, p, n);
	hw_dec_added(d, n);
}

/* Read p[0..n) in pieces of `step` bytes; forward into c, render into r, where
 * these are given. */
static struct seen read_all(const uint8_t *p, size_t n, size_t step,
    const struct hw_dec_opts *o, struct hw_enc *c, struct hw_render *r)
{
	struct seen s = {0, HW_END};
	struct hw_dec *d = NULL;
	struct hw_err e = {0};
	struct hw_frame f;

	must(hw_dec_open(&d, o, &e) == HW_OK);
	for (size_t at = 0; at <= n && s.end == HW_END;) {
		size_t k = n - at < step ? n - at : step;

		push(d, p + at, k);
		at += k > 0 ? k : 1;
		if (k == 0)
			hw_dec_finish(d);
		while ((s.end = hw_dec_next(d, &f, &e)) == HW_OK) {
			s.end = stream_look(d, &f, &e);
			if (s.end != HW_OK)
				break;
			note(&s, &f);
			if (c != NULL)
				must(hw_enc_frame(c, &f, &e) == HW_OK);
			if (r != NULL)
				show(r, d, &f);
		}
	}
	must(s.end == HW_END ? hw_dec_done(d) : e.status == s.end &&
	    strncmp(e.msg, "f: ", 3) == 0 && strchr(e.msg, '\n') == NULL);
	must(s.end == HW_END || s.end == HW_FORMAT || s.end == HW_CORRUPT ||
	    s.end == HW_UNSUPPORTED || s.end == HW_LIMIT);
	hw_dec_close(d);
	return s;
}

static void check(const uint8_t *p, size_t n, bool text,
    const struct hw_vocab *v)
{
	struct watch w = {0, 0};
	struct hw_alloc a = {watch_get, watch_put, &w};
	struct hw_dec_opts o = {&a, "f", text, v};
	struct hw_enc_opts binary = {&a, false};
	struct hw_render_opts visible = {.alloc = &a, .visible = true};
	struct hw_enc *c = NULL;
	struct hw_render *r = NULL;
	struct seen first, again;

	must(hw_enc_open(&c, &binary, NULL) == HW_OK);
	must(hw_render_open(&r, &visible, NULL) == HW_OK);
	first = read_all(p, n, 4096, &o, c, r);
	again = read_all(p, n, 61, &o, NULL, NULL);
	must(same(first, again));
	if (first.end == HW_END) {
		struct hw_view b = hw_enc_bytes(c);

		o.text = false;
		must(same(first, read_all(b.p, b.n, 4096, &o, NULL, NULL)));
	}
	hw_enc_close(c);
	hw_render_close(r);
	must(w.now == 0 && w.most <= (size_t)64 << 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct hw_vocab *v;

	if (v == NULL)
		v = stream_vocab(6);
	if (n > 0 && p[0] == 1)
		check(p, n, false, v);
	else
		check(p, n, true, v);
	return 0;
}

bool fuzz_seed(int i, struct hw_buf *b)
{
	struct hw_vocab *v = stream_vocab(6);
	struct hw_enc *c = stream_enc(NULL, i == 1);

	if (i < 2) {
		stream_write(c, v);
		hw_buf_put(b, hw_enc_bytes(c).p, hw_enc_bytes(c).n);
	}
	hw_enc_close(c);
	hw_vocab_close(v);
	return i < 2;
}
