/* SPDX-License-Identifier: MIT
 * What only this file knows: how each frame is written as text
 * (tokstream(5), TEXT FORM). */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream/text.h"

struct text_at text_at_begin(uint32_t source, int64_t arrival_ms)
{
	return (struct text_at){.source = source, .line = 1,
	    .arrival_ms = arrival_ms};
}

struct text_at text_at_next(struct text_at at, uint32_t bytes)
{
	at.offset += bytes;
	at.line += (at.flags & HW_RECORD_MORE) == 0;
	at.flags = 0;
	at.template_id = 0;
	return at;
}

/* Printable ASCII as it is; anything else as \xHH. */
static void escaped(struct hw_buf *b, struct hw_view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] >= 0x20 && v.p[i] < 0x7f && v.p[i] != '\\')
			hw_buf_u8(b, v.p[i]);
		else
			hw_buf_fmt(b, "\\x%02x", v.p[i]);
	}
}

/* The fewest digits that give the same float back; "-" where there is none. */
static void put_float(struct hw_buf *b, float x)
{
	char text[32] = "-";

	for (int digits = 6; digits <= 9 && !isnan(x); digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)x);
		if (strtof(text, NULL) == x)
			break;
	}
	hw_buf_str(b, text);
}

static void put_at(struct text_out *t, struct hw_buf *b,
    const struct text_at *at)
{
	struct text_at next = t->next;
	bool cont = (at->flags & HW_RECORD_CONT) != 0;
	bool more = (at->flags & HW_RECORD_MORE) != 0;
	size_t start = b->n;

	if (at->source != next.source)
		next = text_at_begin(at->source, next.arrival_ms);
	if (at->source != t->next.source)
		hw_buf_fmt(b, " source=%" PRIu32, at->source);
	if (at->line != next.line)
		hw_buf_fmt(b, " line=%" PRIu64, at->line);
	if (at->offset != next.offset)
		hw_buf_fmt(b, " offset=%" PRIu64, at->offset);
	if (at->arrival_ms != next.arrival_ms)
		hw_buf_fmt(b, " arrival=%" PRId64, at->arrival_ms);
	if (at->template_id != 0)
		hw_buf_fmt(b, " template=%016" PRIx64, at->template_id);
	if (cont || more)
		hw_buf_fmt(b, " part=%s", !more ? "last" : cont ? "middle" :
		    "first");
	if (b->n == start)
		return;
	hw_buf_u8(b, '\n');
	if (!hw_buf_room(b, 3))
		return;
	memmove(b->p + start + 3, b->p + start, b->n - start);
	memcpy(b->p + start, "#at", 3);
	b->n += 3;
}

static uint32_t id_at(const unsigned char *p, size_t i, size_t size)
{
	return size == 2 ? frame_u16(p + 2 * i) : frame_u32(p + 4 * i);
}

static float float_at(const unsigned char *p, size_t i)
{
	uint32_t u = frame_u32(p + 4 * i);
	float x;

	memcpy(&x, &u, sizeof(x));
	return x;
}

/* scores: the payload of SCORES, or NULL. */
static void put_ids(struct hw_buf *b, size_t n_vocab, struct hw_view record,
    const unsigned char *scores)
{
	const unsigned char *ids = record.p + RECORD_HEAD;
	size_t n = frame_u32(record.p), size = frame_id_size(n_vocab);

	if (n == 0)
		hw_buf_u8(b, '-');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			hw_buf_u8(b, ' ');
		hw_buf_fmt(b, "%" PRIu32, id_at(ids, i, size));
		if (scores == NULL)
			continue;
		hw_buf_u8(b, ':');
		put_float(b, float_at(scores + SCORES_HEAD, i));
		hw_buf_u8(b, ':');
		put_float(b, float_at(scores + SCORES_HEAD + 4 * n, i));
	}
	hw_buf_u8(b, '\n');
}

static void put_record(struct text_out *t, struct hw_buf *b, size_t n_vocab,
    struct hw_view v)
{
	uint32_t flags = frame_u32(v.p + 12);
	struct text_at at = {.source = frame_u32(v.p + 8),
	    .flags = flags & ~HW_RECORD_SCORED, .offset = frame_u64(v.p + 16),
	    .line = frame_u64(v.p + 24),
	    .arrival_ms = (int64_t)frame_u64(v.p + 32),
	    .template_id = frame_u64(v.p + 40)};

	put_at(t, b, &at);
	if ((flags & HW_RECORD_SCORED) != 0) {
		t->held.n = 0;
		hw_buf_put(&t->held, v.p, v.n);
		/* What refuses the copy refuses the frame. */
		b->nomem |= t->held.nomem;
		b->full |= t->held.full;
		t->held.nomem = t->held.full = false;
	} else {
		put_ids(b, n_vocab, v, NULL);
	}
	if (!b->nomem && !b->full)
		t->next = text_at_next(at, frame_u32(v.p + 4));
}

static void put_hello(struct text_out *t, struct hw_buf *b, struct hw_view v)
{
	size_t name = frame_u32(v.p + 28);

	t->next = text_at_begin(0, 0);
	hw_buf_fmt(b, "#tokstream %u vocab=%016" PRIx64 " digest=%016" PRIx64
	    " model=", frame_u16(v.p + 8), frame_u64(v.p + 32),
	    frame_u64(v.p + 40));
	escaped(b, (struct hw_view){v.p + 48, name});
	hw_buf_u8(b, '\n');
}

/* A number and text: SOURCE and GAP. */
static void put_named(struct hw_buf *b, const char *word, uint64_t x,
    struct hw_view text)
{
	hw_buf_fmt(b, "#%s %" PRIu64 " ", word, x);
	escaped(b, text);
	hw_buf_u8(b, '\n');
}

/* Whatever has no form of its own. */
static void put_any(struct hw_buf *b, const struct hw_frame *f)
{
	hw_buf_fmt(b, "#frame type=%u flags=%u channel=%u payload=", f->type,
	    f->flags, f->channel);
	for (size_t i = 0; i < f->payload.n; i++)
		hw_buf_fmt(b, "%02x", f->payload.p[i]);
	hw_buf_u8(b, '\n');
}

void text_out_frame(struct text_out *t, struct hw_buf *b, size_t n_vocab,
    const struct hw_frame *f)
{
	struct hw_view v = f->payload;
	bool plain = f->flags == 0 && f->channel == 0;

	if (f->type == HW_FRAME_HELLO)
		put_hello(t, b, v);
	else if (f->type == HW_FRAME_RECORD)
		put_record(t, b, n_vocab, v);
	else if (f->type == HW_FRAME_SCORES)
		put_ids(b, n_vocab, (struct hw_view){t->held.p, t->held.n},
		    v.p);
	else if (plain && f->type == HW_FRAME_SOURCE && v.n >= 4)
		put_named(b, "source", frame_u32(v.p),
		    (struct hw_view){v.p + 4, v.n - 4});
	else if (plain && f->type == HW_FRAME_GAP && v.n >= 8)
		put_named(b, "gap", frame_u64(v.p),
		    (struct hw_view){v.p + 8, v.n - 8});
	else if (plain && f->type == HW_FRAME_NOTE) {
		hw_buf_str(b, "#note ");
		escaped(b, v);
		hw_buf_u8(b, '\n');
	} else if (f->type == HW_FRAME_END)
		hw_buf_fmt(b, "#end records=%" PRIu64 " tokens=%" PRIu64
		    " bytes=%" PRIu64 "\n", frame_u64(v.p),
		    frame_u64(v.p + 8), frame_u64(v.p + 16));
	else
		put_any(b, f);
}
