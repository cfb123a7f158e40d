/* SPDX-License-Identifier: MIT
 * What only this file knows: the envelope of a frame as it is written, the
 * order a stream must keep, and the counts that END reports. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "stream/frame.h"
#include "stream/text.h"

struct hw_enc {
	const struct hw_alloc *alloc;
	struct hw_buf out;      /* what the caller is to write */
	struct frame_lens lens; /* of the vocabulary in HELLO */
	bool greeted, ended;
	bool owes_scores;       /* the last record promised them */
	uint32_t last_n;        /* its tokens */
	uint64_t seq;
	struct hw_end count;
	bool is_text;
	struct hw_buf payload;  /* text form: of the frame to be printed */
	struct text_out text;
};

enum hw_status hw_enc_open(struct hw_enc **out, const struct hw_enc_opts *o,
    struct hw_err *e)
{
	struct hw_enc *c = NULL;

	HW_TRY(hw_new(o->alloc, &c, 1, sizeof(*c), "encoder", e));
	c->alloc = o->alloc;
	c->lens.alloc = o->alloc;
	c->is_text = o->text;
	/* As text, a token with its scores takes up to 40 bytes. */
	hw_buf_init(&c->out, o->alloc, 8 * FRAME_MAX);
	hw_buf_init(&c->payload, o->alloc, FRAME_MAX);
	hw_buf_init(&c->text.held, o->alloc, FRAME_MAX);
	*out = c;
	return HW_OK;
}

void hw_enc_close(struct hw_enc *c)
{
	if (c == NULL)
		return;
	frame_lens_release(&c->lens);
	hw_buf_release(&c->out);
	hw_buf_release(&c->payload);
	hw_buf_release(&c->text.held);
	hw_del(c->alloc, c);
}

struct hw_view hw_enc_bytes(const struct hw_enc *c)
{
	return (struct hw_view){c->out.p, c->out.n};
}

void hw_enc_drop(struct hw_enc *c, size_t n)
{
	assert(n <= c->out.n);
	hw_buf_drop(&c->out, n);
}

/* ---- the envelope -------------------------------------------------------- */

/* May a frame of this type come now? */
static enum hw_status in_order(const struct hw_enc *c, int type,
    struct hw_err *e)
{
	if (c->ended)
		return hw_fail(e, HW_USAGE, "a frame after the END frame");
	if (c->greeted == (type == HW_FRAME_HELLO))
		return hw_fail(e, HW_USAGE, "a stream begins with one HELLO");
	if (c->owes_scores != (type == HW_FRAME_SCORES))
		return hw_fail(e, HW_USAGE, "SCORES come right after a record "
		    "that is flagged HW_RECORD_SCORED, and only there");
	return HW_OK;
}

/* A frame is packed in place: begin() leaves room for its head, and the
 * payload is appended to the buffer that it returns.  What is to be printed is
 * packed apart. */
static struct hw_buf *begin(struct hw_enc *c, size_t *start)
{
	static const unsigned char head[FRAME_HEAD];

	*start = c->out.n;
	c->payload.n = 0;
	if (c->is_text)
		return &c->payload;
	hw_buf_put(&c->out, head, sizeof(head));
	return &c->out;
}

static void store(unsigned char *p, uint64_t x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(x >> (8 * i));
}

static enum hw_status sealed(struct hw_enc *c, size_t start,
    const struct hw_frame *like, struct hw_err *e)
{
	size_t n = c->out.n - start;
	unsigned char *p;

	hw_buf_u32(&c->out, 0); /* where the checksum goes */
	HW_TRY(hw_buf_status(&c->out, "token stream", e));
	if (n - FRAME_HEAD > FRAME_MAX)
		return hw_fail(e, HW_LIMIT, "a frame of %zu bytes is over the "
		    "limit of %zu", n - FRAME_HEAD, FRAME_MAX);
	p = c->out.p + start;
	p[0] = like->type;
	p[1] = like->flags;
	store(p + 2, like->channel, 2);
	store(p + 4, n - FRAME_HEAD, 4);
	store(p + 8, c->seq, 8);
	store(p + n, hw_crc32c(0, p, n), 4);
	return HW_OK;
}

static enum hw_status printed(struct hw_enc *c, size_t n_vocab,
    const struct hw_frame *like, struct hw_err *e)
{
	struct hw_frame f = *like;

	HW_TRY(hw_buf_status(&c->payload, "token stream", e));
	f.payload = (struct hw_view){c->payload.p, c->payload.n};
	text_out_frame(&c->text, &c->out, n_vocab, &f);
	return hw_buf_status(&c->out, "token stream", e);
}

/* Complete the frame; what was refused is taken back, so that a failed call
 * changes nothing.  `like` gives type, flags and channel. */
static enum hw_status finish(struct hw_enc *c, size_t start,
    const struct hw_frame *like, struct hw_err *e)
{
	enum hw_status st = c->is_text ? printed(c, c->lens.n, like, e) :
	    sealed(c, start, like, e);

	if (st == HW_OK)
		c->seq++;
	else
		c->out.n = start;
	return st;
}

static enum hw_status finish_type(struct hw_enc *c, size_t start, int type,
    struct hw_err *e)
{
	struct hw_frame like = {.type = (uint8_t)type};

	return finish(c, start, &like, e);
}

static void count(struct hw_enc *c, const struct frame_counts *r)
{
	c->count.records++;
	c->count.tokens += r->n;
	c->count.bytes += r->bytes;
	c->owes_scores = (r->flags & HW_RECORD_SCORED) != 0;
	c->last_n = r->n;
}

/* ---- typed frames -------------------------------------------------------- */

enum hw_status hw_enc_hello(struct hw_enc *c, const struct hw_hello *h,
    struct hw_err *e)
{
	struct frame_lens lens;
	enum hw_status st;
	size_t start;

	HW_TRY(in_order(c, HW_FRAME_HELLO, e));
	HW_TRY(frame_lens_init(&lens, h->vocab, c->alloc, e));
	frame_pack_hello(begin(c, &start), h);
	st = finish_type(c, start, HW_FRAME_HELLO, e);
	if (st != HW_OK) {
		frame_lens_release(&lens);
		return st;
	}
	c->lens = lens;
	c->greeted = true;
	return HW_OK;
}

enum hw_status hw_enc_source(struct hw_enc *c, const struct hw_source_note *s,
    struct hw_err *e)
{
	struct hw_buf *b;
	size_t start;

	HW_TRY(in_order(c, HW_FRAME_SOURCE, e));
	b = begin(c, &start);
	hw_buf_u32(b, s->source);
	hw_buf_put(b, s->name.p, s->name.n);
	return finish_type(c, start, HW_FRAME_SOURCE, e);
}

enum hw_status hw_enc_record(struct hw_enc *c, const struct hw_record *r,
    struct hw_err *e)
{
	struct frame_counts counts = {.flags = r->flags};
	uint64_t bytes = 0;
	size_t start;

	HW_TRY(in_order(c, HW_FRAME_RECORD, e));
	if ((r->flags & ~RECORD_FLAGS) != 0 || r->n > HW_TOK_MAX ||
	    !frame_lens_sum(&c->lens, r->ids, r->n, &bytes))
		return hw_fail(e, HW_USAGE, "a record with an unknown flag, "
		    "too many tokens or an id outside the vocabulary");
	if (bytes > UINT32_MAX)
		return hw_fail(e, HW_LIMIT, "a record that spells %" PRIu64
		    " bytes is over the limit", bytes);
	counts.n = (uint32_t)r->n;
	counts.bytes = (uint32_t)bytes;
	frame_pack_record(begin(c, &start), c->lens.n, counts.bytes, r);
	HW_TRY(finish_type(c, start, HW_FRAME_RECORD, e));
	count(c, &counts);
	return HW_OK;
}

enum hw_status hw_enc_scores(struct hw_enc *c, const struct hw_scores *s,
    struct hw_err *e)
{
	size_t start;

	HW_TRY(in_order(c, HW_FRAME_SCORES, e));
	if (s->n != c->last_n)
		return hw_fail(e, HW_USAGE, "%zu scores for a record of %u "
		    "tokens", s->n, c->last_n);
	frame_pack_scores(begin(c, &start), s);
	HW_TRY(finish_type(c, start, HW_FRAME_SCORES, e));
	c->owes_scores = false;
	return HW_OK;
}

enum hw_status hw_enc_window(struct hw_enc *c, const struct hw_window *w,
    struct hw_err *e)
{
	size_t start;

	HW_TRY(in_order(c, HW_FRAME_WINDOW, e));
	frame_pack_window(begin(c, &start), c->lens.n, w);
	return finish_type(c, start, HW_FRAME_WINDOW, e);
}

enum hw_status hw_enc_gap(struct hw_enc *c, const struct hw_gap *g,
    struct hw_err *e)
{
	struct hw_buf *b;
	size_t start;

	HW_TRY(in_order(c, HW_FRAME_GAP, e));
	b = begin(c, &start);
	hw_buf_u64(b, g->records);
	hw_buf_put(b, g->reason.p, g->reason.n);
	return finish_type(c, start, HW_FRAME_GAP, e);
}

enum hw_status hw_enc_note(struct hw_enc *c, struct hw_view text,
    struct hw_err *e)
{
	size_t start;

	HW_TRY(in_order(c, HW_FRAME_NOTE, e));
	hw_buf_put(begin(c, &start), text.p, text.n);
	return finish_type(c, start, HW_FRAME_NOTE, e);
}

enum hw_status hw_enc_text(struct hw_enc *c, struct hw_view bytes,
    struct hw_err *e)
{
	struct hw_frame like = {.type = HW_FRAME_TEXT,
	    .flags = HW_FRAME_OPTIONAL};
	size_t start;

	HW_TRY(in_order(c, HW_FRAME_TEXT, e));
	hw_buf_put(begin(c, &start), bytes.p, bytes.n);
	return finish(c, start, &like, e);
}

enum hw_status hw_enc_end(struct hw_enc *c, struct hw_err *e)
{
	size_t start;

	HW_TRY(in_order(c, HW_FRAME_END, e));
	frame_pack_end(begin(c, &start), &c->count);
	HW_TRY(finish_type(c, start, HW_FRAME_END, e));
	c->ended = true;
	return HW_OK;
}

/* ---- forwarding ---------------------------------------------------------- */

/* A HELLO that passes through is read all the same: what follows it needs the
 * vocabulary. */
static enum hw_status forward_hello(struct hw_enc *c, const struct hw_frame *f,
    struct hw_err *e)
{
	struct frame_hello h = {0};
	struct hw_hello out;
	enum hw_status st;

	HW_TRY(frame_unpack_hello(f->payload, &h, c->alloc, "token stream",
	    f->offset, e));
	out = (struct hw_hello){h.vocab, h.name, h.digest};
	st = hw_enc_hello(c, &out, e);
	frame_hello_release(&h, c->alloc);
	return st;
}

enum hw_status hw_enc_frame(struct hw_enc *c, const struct hw_frame *f,
    struct hw_err *e)
{
	struct frame_counts r = {0};
	size_t start;

	if (f->type == HW_FRAME_HELLO)
		return forward_hello(c, f, e);
	/* Its counts are of what went in, not of what goes out. */
	if (f->type == HW_FRAME_END)
		return hw_enc_end(c, e);
	HW_TRY(in_order(c, f->type, e));
	if ((f->type == HW_FRAME_RECORD &&
	    !frame_record_counts(f->payload, c->lens.n, &r)) ||
	    (f->type == HW_FRAME_SCORES &&
	    !frame_is_scores_of(f->payload, c->last_n)))
		return hw_fail(e, HW_USAGE, "a frame of another vocabulary or "
		    "of another record");
	hw_buf_put(begin(c, &start), f->payload.p, f->payload.n);
	HW_TRY(finish(c, start, f, e));
	if (f->type == HW_FRAME_RECORD)
		count(c, &r);
	else if (f->type == HW_FRAME_SCORES)
		c->owes_scores = false;
	return HW_OK;
}
