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

/* ---- the bytes themselves, as tokstream(5) has them ---------------------- */

static void wire(void)
{
	static const unsigned char want[] = {
		3, 0, 0, 0, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		2, 0, 0, 0, 3, 0, 0, 0, 0x78, 0x56, 0x34, 0x12, 2, 0, 0, 0,
		8, 7, 6, 5, 4, 3, 2, 1, 42, 0, 0, 0, 0, 0, 0, 0,
		0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01,
		1, 0, 2, 0, /* then the checksum, made by another program */
		0xc6, 0x96, 0xf9, 0xc9,
	};
	static const uint32_t ids[2] = {1, 2};
	struct hw_record r = {0x12345678, HW_RECORD_MORE, 0x0102030405060708,
	    42, -2, 0x0123456789abcdef, 2, ids};
	struct hw_vocab *v = stream_vocab(6);
	struct hw_hello h = {v, STREAM_MODEL, STREAM_DIGEST};
	struct hw_view b;
	size_t hello;

	enc = stream_enc(NULL, false);
	is_int(hw_enc_hello(enc, &h, NULL), HW_OK, "HELLO");
	b = hw_enc_bytes(enc);
	hello = b.n;
	is_int(hello, 16 + 48 + 10 + 6 * 3 + 8 + 4, "is as long as the manual "
	    "says");
	ok(memcmp(b.p + 16, "HWTOKENS\1\0\1\0\6\0\0\0\10\0\0\0\0\0\0\0"
	    "\377\377\377\377\12\0\0\0", 32) == 0, "with the fields there");
	ok(memcmp(b.p + 16 + 48, STREAM_MODEL "\1\0\0\2\3\0\3\0\2\0\1\0\1\0"
	    "\0\0\1\0<s>ab\n\377x", 10 + 6 + 12 + 8) == 0,
	    "name, kinds, lengths and bytes");
	is_int(hw_enc_record(enc, &r, NULL), HW_OK, "RECORD");
	b = hw_enc_bytes(enc);
	ok(b.n - hello == sizeof(want) &&
	    memcmp(b.p + hello, want, sizeof(want)) == 0, "byte for byte");
	hw_enc_close(enc);
	hw_vocab_close(v);
}

/* ---- what a writer may not do -------------------------------------------- */

static void misuse(void)
{
	static const uint32_t ids[1] = {6};
	struct hw_vocab *v = stream_vocab(6);
	struct hw_hello h = {v, STREAM_MODEL, STREAM_DIGEST};
	struct hw_scores s = {1, stream_scores.bits, stream_scores.entropy};
	struct hw_record r = {.n = 1, .ids = ids};
	struct hw_frame f = {.type = HW_FRAME_RECORD};

	enc = stream_enc(NULL, false);
	is_int(hw_enc_end(enc, NULL), HW_USAGE, "nothing before HELLO");
	is_int(hw_enc_hello(enc, &h, NULL), HW_OK, "HELLO");
	is_int(hw_enc_hello(enc, &h, NULL), HW_USAGE, "not twice");
	is_int(hw_enc_record(enc, &r, NULL), HW_USAGE,
	    "no id outside the vocabulary");
	r.ids = (const uint32_t[]){1};
	is_int(hw_enc_scores(enc, &s, NULL), HW_USAGE, "no scores of nothing");
	is_int(hw_enc_record(enc, &r, NULL), HW_OK, "a record");
	is_int(hw_enc_scores(enc, &s, NULL), HW_USAGE,
	    "no scores that were not promised");
	r.flags = HW_RECORD_SCORED;
	is_int(hw_enc_record(enc, &r, NULL), HW_OK, "a promise");
	is_int(hw_enc_record(enc, &r, NULL), HW_USAGE, "is to be kept");
	s.n = 2;
	is_int(hw_enc_scores(enc, &s, NULL), HW_USAGE, "in full");
	s.n = 1;
	is_int(hw_enc_scores(enc, &s, NULL), HW_OK, "as here");
	is_int(hw_enc_frame(enc, &f, NULL), HW_USAGE,
	    "no frame of another vocabulary");
	is_int(hw_enc_end(enc, NULL), HW_OK, "END");
	is_int(hw_enc_note(enc, (struct hw_view){NULL, 0}, NULL), HW_USAGE,
	    "nothing after it");
	hw_enc_close(enc);
	hw_vocab_close(v);
}

int main(void)
{
	struct hw_vocab *small = stream_vocab(6), *large = stream_vocab(70000);

	round_trip(small, "ids of 2 bytes");
	round_trip(large, "ids of 4 bytes");
	hw_vocab_close(small);
	hw_vocab_close(large);
	wire();
	misuse();
	return tap_done();
}
