/* SPDX-License-Identifier: MIT
 * What only this file knows: how generated tokens become records. */
#include "generate.h"

#include <string.h>

#include "io.h"

#define MAX_TOKENS 1024
#define MAX_BYTES ((size_t)32768)

/* The line that is being written. */
struct line {
	uint32_t ids[MAX_TOKENS];
	float bits[MAX_TOKENS], entropy[MAX_TOKENS];
	size_t n, n_bytes;
	unsigned char bytes[MAX_BYTES]; /* what the tokens spell */
	uint64_t offset, number;
	unsigned flags;
	bool ended;
};

static struct hw_view spelled(const struct generate *g, uint32_t id)
{
	const struct hw_vocab *v = hw_model_vocab(g->model);
	struct hw_view b = hw_vocab_bytes(v, id);

	if (hw_vocab_kind(v, id) == HW_TOKEN_SPECIAL)
		b.n = 0;
	return b;
}

/* A record's first space is taken for the tokenizer's own where that puts one
 * before every text; here it is the model's, between two words of a line. */
static bool lacks_space(const struct generate *g, const struct line *l)
{
	const struct hw_vocab *v = hw_model_vocab(g->model);
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += hw_vocab_text(v, l->ids, i).n;
	return n < l->n_bytes;
}

/* Write what is there; `more`: its line goes on. */
static enum hw_status put(const struct generate *g, struct line *l, bool more,
    struct hw_err *e)
{
	struct hw_scores s = {l->n, l->bits, l->entropy};
	struct hw_record r = {.source = g->source, .offset = l->offset,
	    .line = l->number, .arrival_ms = io_now_ms(), .n = l->n,
	    .ids = l->ids, .flags = l->flags | HW_RECORD_SCORED |
	    (more ? HW_RECORD_MORE : 0)};
	bool same_line = l->flags != 0 || (l->number == 1 && g->mid_line);
	enum hw_status st = HW_OK;

	if (l->n == 0)
		return HW_OK;
	if (same_line && lacks_space(g, l))
		st = hw_enc_text(g->enc, (struct hw_view){l->bytes,
		    l->n_bytes}, e);
	if (st == HW_OK)
		st = hw_enc_record(g->enc, &r, e);
	if (st == HW_OK)
		st = hw_enc_scores(g->enc, &s, e);
	if (st != HW_OK)
		return st;
	g->scored(g->ctx, &r, &s);
	io_flush(g->enc);
	l->offset += l->n_bytes;
	l->number += !more;
	l->flags = more ? HW_RECORD_CONT : 0;
	l->n = l->n_bytes = 0;
	return HW_OK;
}

/* One token more.  A line is written once it is whole; what fills a record,
 * once there is a token for the next part, as the last part must not say that
 * there is one. */
static enum hw_status step(const struct generate *g, struct line *l,
    struct hw_err *e)
{
	const struct hw_vocab *v = hw_model_vocab(g->model);
	float bits, entropy;
	struct hw_view b;
	uint32_t id;
	enum hw_status st = hw_stream_next(g->stream, &g->how, &id, &bits,
	    &entropy, e);

	if (st == HW_OK && (l->n == MAX_TOKENS || l->n_bytes > MAX_BYTES / 2))
		st = put(g, l, true, e);
	if (st != HW_OK)
		return st;
	l->ids[l->n] = id;
	l->bits[l->n] = bits;
	l->entropy[l->n++] = entropy;
	l->ended = hw_vocab_is_end(v, id);
	b = spelled(g, id);
	if (b.n > MAX_BYTES - l->n_bytes)
		b.n = MAX_BYTES - l->n_bytes;
	memcpy(l->bytes + l->n_bytes, b.p, b.n);
	l->n_bytes += b.n;
	if (b.n > 0 && b.p[b.n - 1] == '\n')
		return put(g, l, false, e);
	return HW_OK;
}

enum hw_status generate(const struct generate *g, int n, struct hw_err *e)
{
	static struct line l;
	struct hw_source_note source = {g->source,
	    {(const unsigned char *)"generated", 9}};
	enum hw_status st = hw_enc_source(g->enc, &source, e), rest;
	struct hw_err second = {0};

	l = (struct line){.number = 1};
	for (int i = 0; i < n && st == HW_OK && !l.ended &&
	    io_stopping() == 0; i++)
		st = step(g, &l, e);
	if (st == HW_OK)
		return put(g, &l, false, e);
	/* What was there before a failure is worth having. */
	rest = put(g, &l, false, &second);
	(void)rest; /* the first failure is what is told */
	return st;
}
