/* SPDX-License-Identifier: MIT
 * lib/stream: every frame comes back field by field, in any pieces; every
 * damaged or cut stream is refused. */
#include "tap.h"

#include "base/vocab.h"
#include "stream.h"

static struct hw_enc *enc;
static struct hw_dec *dec;

/* ---- the round trip ------------------------------------------------------ */

static void next_is(int type, struct hw_frame *f)
{
	struct hw_err e = {0};
	enum hw_status st = hw_dec_next(dec, f, &e);

	if (!ok(st == HW_OK && f->type == type, "a frame of type %d comes "
	    "next", type))
		diag("status %d, type %d: %s", st, f->type, e.msg);
}

static void check_record(const struct hw_record *want)
{
	struct hw_frame f;
	struct hw_record r = {0};

	next_is(HW_FRAME_RECORD, &f);
	is_int(hw_dec_record(dec, &f, &r, NULL), HW_OK, "a record");
	ok(r.source == want->source && r.flags == want->flags &&
	    r.offset == want->offset && r.line == want->line &&
	    r.arrival_ms == want->arrival_ms &&
	    r.template_id == want->template_id, "with all its fields");
	ok(r.n == want->n && memcmp(r.ids, want->ids,
	    r.n * sizeof(*r.ids)) == 0, "and its ids");
}

static void check_scores(const struct hw_scores *want)
{
	struct hw_frame f;
	struct hw_scores s = {0};

	next_is(HW_FRAME_SCORES, &f);
	is_int(hw_dec_scores(dec, &f, &s, NULL), HW_OK, "scores");
	ok(s.n == want->n &&
	    memcmp(s.bits, want->bits, s.n * sizeof(float)) == 0 &&
	    memcmp(s.entropy, want->entropy, s.n * sizeof(float)) == 0,
	    "bit for bit, NaN included");
}

static void check_hello(const struct hw_vocab *v)
{
	struct hw_frame f;
	struct hw_hello h = {0};
	const struct hw_vocab *got;

	next_is(HW_FRAME_HELLO, &f);
	is_int(hw_dec_hello(dec, &f, &h, NULL), HW_OK, "hello");
	got = h.vocab;
	is_str(h.model_name, STREAM_MODEL, "the model's name");
	is_int(h.model_digest, STREAM_DIGEST, "and digest");
	ok(got == hw_dec_vocab(dec) && got->n == v->n &&
	    got->n_bytes == v->n_bytes &&
	    memcmp(got->bytes, v->bytes, v->n_bytes) == 0 &&
	    memcmp(got->off, v->off, v->n * sizeof(*v->off)) == 0 &&
	    memcmp(got->kind, v->kind, v->n) == 0, "the vocabulary");
	ok(got->bos == v->bos && got->eos == v->eos &&
	    got->add_bos == v->add_bos &&
	    got->fingerprint == v->fingerprint, "and what is special in it");
}

static bool same_text(struct hw_view v, const char *s)
{
	return v.n == strlen(s) && memcmp(v.p, s, v.n) == 0;
}

static void check_rest(void)
{
	struct hw_frame f;
	struct hw_gap g = {0};
	struct hw_end n = {0};

	next_is(HW_FRAME_GAP, &f);
	is_int(hw_dec_gap(dec, &f, &g, NULL), HW_OK, "gap");
	ok(g.records == 7 && same_text(g.reason, "too fast"), "with reason");
	next_is(HW_FRAME_NOTE, &f);
	ok(same_text(f.payload, "tokens/s 5"), "a note");
	next_is(99, &f);
	ok(f.flags == HW_FRAME_OPTIONAL && f.channel == 513 &&
	    same_text(f.payload, "future"), "an unknown optional frame");
	next_is(HW_FRAME_END, &f);
	is_int(hw_dec_end(dec, &f, &n, NULL), HW_OK, "end");
	ok(n.records == 2 && n.tokens == 6 && n.bytes == 6, "with counts");
	is_int(hw_dec_next(dec, &f, NULL), HW_END, "then nothing");
	ok(hw_dec_done(dec), "and the decoder knows");
}

static void round_trip(struct hw_vocab *v, const char *what)
{
	struct hw_frame f;
	struct hw_source_note s = {0};
	struct hw_window w = {0};
	struct hw_record r[2];

	stream_records(r, v);
	enc = stream_enc(NULL, false);
	dec = stream_dec(NULL, false, NULL);
	stream_write(enc, v);
	diag("%s", what);
	stream_feed(dec, hw_enc_bytes(enc));
	hw_dec_finish(dec);
	check_hello(v);
	next_is(HW_FRAME_SOURCE, &f);
	is_int(hw_dec_source(dec, &f, &s, NULL), HW_OK, "source");
	ok(s.source == 3 && same_text(s.name, "app.log"), "with its name");
	check_record(&r[0]);
	check_scores(&stream_scores);
	check_record(&r[1]);
	next_is(HW_FRAME_WINDOW, &f);
	is_int(hw_dec_window(dec, &f, &w, NULL), HW_OK, "window");
	ok(stream_same_window(&w, &stream_window), "with every field");
	check_rest();
	hw_enc_close(enc);
	hw_dec_close(dec);
}

int main(void)
{
	struct hw_vocab *small = stream_vocab(6), *large = stream_vocab(70000);

	round_trip(small, "ids of 2 bytes");
	round_trip(large, "ids of 4 bytes");
	hw_vocab_close(small);
	hw_vocab_close(large);
	return tap_done();
}
