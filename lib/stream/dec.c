/* SPDX-License-Identifier: MIT
 * What only this file knows: how frames are found in bytes that arrive in any
 * pieces, and what makes a stream whole: order, sequence numbers, checksums
 * and the counts in END. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/hash.h"
#include "stream/dec.h"

/* Less room than this is not worth a read(). */
#define ROOM ((size_t)64 * 1024)

enum hw_status hw_dec_open(struct hw_dec **out, const struct hw_dec_opts *o,
    struct hw_err *e)
{
	struct hw_dec *d = NULL;

	if (o->text && o->vocab == NULL)
		return hw_fail(e, HW_USAGE, "the text form of a token stream "
		    "is read with a vocabulary");
	HW_TRY(hw_new(o->alloc, &d, 1, sizeof(*d), "decoder", e));
	d->alloc = o->alloc;
	d->lens.alloc = o->alloc;
	d->is_text = o->text;
	d->text.vocab = o->vocab;
	hw_buf_init(&d->text.payload, o->alloc, FRAME_MAX);
	hw_buf_init(&d->text.scores, o->alloc, FRAME_MAX);
	snprintf(d->name, sizeof(d->name), "%s",
	    o->name != NULL ? o->name : "token stream");
	*out = d;
	return HW_OK;
}

void hw_dec_close(struct hw_dec *d)
{
	if (d == NULL)
		return;
	frame_hello_release(&d->hello, d->alloc);
	frame_lens_release(&d->lens);
	hw_buf_release(&d->text.payload);
	hw_buf_release(&d->text.scores);
	hw_del(d->alloc, d->buf);
	hw_del(d->alloc, d->ids);
	hw_del(d->alloc, d->bits);
	hw_del(d->alloc, d->rows);
	hw_del(d->alloc, d->row_ids);
	hw_del(d->alloc, d);
}

/* Room grows with what has really arrived, never with what a length claims:
 * a hostile length costs nothing. */
enum hw_status hw_dec_space(struct hw_dec *d, void **p, size_t *cap,
    struct hw_err *e)
{
	unsigned char *bigger = NULL;
	size_t want;

	if (d->at > 0 && d->cap - d->n < ROOM) {
		memmove(d->buf, d->buf + d->at, d->n - d->at);
		d->base += d->at;
		d->n -= d->at;
		d->at = 0;
	}
	if (d->cap - d->n < ROOM) {
		want = d->cap > 0 ? 2 * d->cap : ROOM;
		HW_TRY(hw_new(d->alloc, &bigger, want, 1, "input buffer", e));
		if (d->n > 0)
			memcpy(bigger, d->buf, d->n);
		hw_del(d->alloc, d->buf);
		d->buf = bigger;
		d->cap = want;
	}
	*p = d->buf + d->n;
	*cap = d->cap - d->n;
	return HW_OK;
}

void hw_dec_added(struct hw_dec *d, size_t n)
{
	d->n += n;
}

bool hw_dec_done(const struct hw_dec *d)
{
	return d->done;
}

const struct hw_vocab *hw_dec_vocab(const struct hw_dec *d)
{
	return d->hello.vocab;
}

enum hw_status dec_corrupt(const struct hw_dec *d, uint64_t offset,
    struct hw_err *e, const char *what)
{
	return d->is_text ? hw_fail(e, HW_CORRUPT, "%s: line %" PRIu64 ": %s",
	    d->name, d->text.line, what) : hw_fail(e, HW_CORRUPT,
	    "%s: damaged at byte %" PRIu64 ": %s", d->name, offset, what);
}

/* ---- finding frames ------------------------------------------------------ */

/* Whether what is there can be the beginning of a HELLO frame. */
static bool may_be_hello(const unsigned char *p, size_t n)
{
	static const unsigned char head[4] = {HW_FRAME_HELLO, 0, 0, 0};
	static const unsigned char seq[8];
	const unsigned char *magic = (const unsigned char *)FRAME_MAGIC;

#define SAME(at, want, size) \
	(n <= (at) || memcmp(p + (at), want, \
	    n - (at) < (size) ? n - (at) : (size)) == 0)
	return SAME(0, head, 4) && SAME(8, seq, 8) &&
	    SAME(FRAME_HEAD, magic, FRAME_MAGIC_N);
#undef SAME
}

static enum hw_status no_hello(const struct hw_dec *d, struct hw_err *e)
{
	const unsigned char *p = d->buf + d->at;

	if (d->ended)
		return dec_corrupt(d, d->base + d->at, e,
		    "something follows the END frame");
	return hw_fail(e, HW_FORMAT, "%s: not a token stream%s", d->name,
	    *p == '#' || hw_is_digit(*p) ?
	    " (its text form is read with --ids)" :
	    " (they are made by tokenize)");
}

/* The next frame with its checksum tested; HW_END: not all of it is here. */
static enum hw_status find(struct hw_dec *d, struct hw_frame *f,
    struct hw_err *e)
{
	size_t have = d->n - d->at, n;
	const unsigned char *p;

	if (have == 0)
		return HW_END;
	p = d->buf + d->at;
	if ((d->hello.vocab == NULL || d->ended) && !may_be_hello(p, have))
		return no_hello(d, e);
	if (have < FRAME_HEAD)
		return HW_END;
	*f = (struct hw_frame){.type = p[0], .flags = p[1],
	    .channel = (uint16_t)frame_u16(p + 2), .seq = frame_u64(p + 8),
	    .offset = d->base + d->at};
	n = frame_u32(p + 4);
	if (n > FRAME_MAX)
		return dec_corrupt(d, f->offset, e, "an impossible length");
	if (f->seq != (d->ended ? 0 : d->seq))
		return dec_corrupt(d, f->offset, e,
		    "a frame is missing or out of order");
	if (have - FRAME_HEAD < n + FRAME_TAIL)
		return HW_END;
	if (hw_crc32c(0, p, FRAME_HEAD + n) != frame_u32(p + FRAME_HEAD + n))
		return dec_corrupt(d, f->offset, e,
		    "a checksum does not match");
	f->payload = (struct hw_view){p + FRAME_HEAD, n};
	d->at += FRAME_HEAD + n + FRAME_TAIL;
	d->seq = f->seq + 1;
	return HW_OK;
}

/* ---- what the order of frames says --------------------------------------- */

/* The first HELLO, or that of a stream concatenated to the one that ended,
 * which then simply goes on. */
static enum hw_status on_hello(struct hw_dec *d, const struct hw_frame *f,
    struct hw_err *e)
{
	struct frame_hello h;
	bool same;

	if (d->hello.vocab != NULL && !d->ended)
		return dec_corrupt(d, f->offset, e, "a second HELLO");
	HW_TRY(frame_unpack_hello(f->payload, &h, d->alloc, d->name,
	    f->offset, e));
	if (d->hello.vocab == NULL) {
		d->hello = h;
		return frame_lens_init(&d->lens, h.vocab, d->alloc, e);
	}
	same = h.vocab->fingerprint == d->hello.vocab->fingerprint;
	frame_hello_release(&h, d->alloc);
	if (!same)
		return dec_corrupt(d, f->offset, e, "the stream that begins "
		    "here has another vocabulary than the one before it");
	d->before.records += d->count.records;
	d->before.tokens += d->count.tokens;
	d->before.bytes += d->count.bytes;
	d->count = (struct hw_end){0};
	d->ended = false;
	return HW_END; /* not shown to the caller */
}

static enum hw_status on_record(struct hw_dec *d, const struct hw_frame *f,
    struct hw_err *e)
{
	struct frame_counts c;

	if (!frame_record_counts(f->payload, d->lens.n, &c))
		return dec_corrupt(d, f->offset, e, "a malformed RECORD");
	d->count.records++;
	d->count.tokens += c.n;
	d->count.bytes += c.bytes;
	d->last_n = c.n;
	d->owed_scores = (c.flags & HW_RECORD_SCORED) != 0;
	return HW_OK;
}

static enum hw_status on_end(struct hw_dec *d, const struct hw_frame *f,
    struct hw_err *e)
{
	struct hw_end n;

	if (!frame_unpack_end(f->payload, &n) ||
	    n.records != d->count.records || n.tokens != d->count.tokens ||
	    n.bytes != d->count.bytes)
		return dec_corrupt(d, f->offset, e,
		    "END does not agree with what came before it");
	d->ended = true;
	d->end = *f;
	return HW_END; /* shown when the input has ended */
}

/* Take note of a frame; HW_END: it is not for the caller. */
static enum hw_status note(struct hw_dec *d, const struct hw_frame *f,
    struct hw_err *e)
{
	bool known = f->type >= HW_FRAME_HELLO && f->type <= HW_FRAME_END;

	if (d->ended && f->type != HW_FRAME_HELLO)
		return dec_corrupt(d, f->offset, e,
		    "something follows the END frame");
	if (d->owed_scores != (f->type == HW_FRAME_SCORES))
		return dec_corrupt(d, f->offset, e, d->owed_scores ?
		    "SCORES were promised here" : "SCORES without a record");
	d->owed_scores = false;
	if ((!known && (f->flags & HW_FRAME_OPTIONAL) == 0) ||
	    (known && (f->flags & ~HW_FRAME_OPTIONAL) != 0))
		return hw_fail(e, HW_UNSUPPORTED, "%s: byte %" PRIu64 ": a "
		    "frame of type %u, flags %u: written by a later version",
		    d->name, f->offset, f->type, f->flags);
	switch (f->type) {
	case HW_FRAME_HELLO:
		return on_hello(d, f, e);
	case HW_FRAME_RECORD:
		return on_record(d, f, e);
	case HW_FRAME_SCORES:
		return frame_is_scores_of(f->payload, d->last_n) ? HW_OK :
		    dec_corrupt(d, f->offset, e,
		    "SCORES of another number of tokens than their record");
	case HW_FRAME_END:
		return on_end(d, f, e);
	default:
		return HW_OK;
	}
}

/* The END frame that closes all concatenated streams, with their sums. */
static void give_end(struct hw_dec *d, struct hw_frame *f)
{
	struct hw_end all = {d->before.records + d->count.records,
	    d->before.tokens + d->count.tokens,
	    d->before.bytes + d->count.bytes};
	struct hw_buf b;

	/* A buffer over our own bytes: it has room and never grows. */
	hw_buf_init(&b, d->alloc, END_SIZE);
	b.p = d->end_bytes;
	b.cap = END_SIZE;
	frame_pack_end(&b, &all);
	*f = d->end;
	f->payload = (struct hw_view){d->end_bytes, END_SIZE};
	d->done = true;
}

/* Why there is nothing more: more input is needed, or there was too little. */
static enum hw_status starved(struct hw_dec *d, struct hw_err *e)
{
	uint64_t size = d->base + d->n;

	if (!d->finished || d->done)
		return HW_END;
	if (size == 0)
		return hw_fail(e, HW_CORRUPT, "%s: empty; not even the "
		    "beginning of a token stream", d->name);
	if (d->at < d->n && !d->is_text)
		return hw_fail(e, HW_CORRUPT, "%s: cut off at byte %" PRIu64
		    ", inside the frame that begins at byte %" PRIu64,
		    d->name, size, d->base + d->at);
	return hw_fail(e, HW_CORRUPT, "%s: cut off at byte %" PRIu64
	    ", after %" PRIu64 " records and before its END frame", d->name,
	    size, d->before.records + d->count.records);
}

enum hw_status hw_dec_next(struct hw_dec *d, struct hw_frame *f,
    struct hw_err *e)
{
	enum hw_status st;

	if (d->dead != HW_OK)
		return hw_fail(e, d->dead, "%s: was damaged before", d->name);
	/* No text begins with the byte that HELLO begins with. */
	if (d->is_text && d->base == 0 && d->at == 0 && d->n > 0 &&
	    d->buf[0] == HW_FRAME_HELLO)
		d->is_text = false;
	do {
		st = d->is_text ? text_find(d, f, e) : find(d, f, e);
		if (st == HW_OK)
			st = note(d, f, e);
		else if (st == HW_END && d->finished && d->ended &&
		    d->at == d->n && !d->done) {
			give_end(d, f);
			return HW_OK;
		} else if (st == HW_END)
			return starved(d, e);
	} while (st == HW_END);
	if (st != HW_OK)
		d->dead = st;
	return st;
}

void hw_dec_finish(struct hw_dec *d)
{
	d->finished = true;
}
