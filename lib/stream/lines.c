/* SPDX-License-Identifier: MIT
 * What only this file knows: when a record that is made of several lines is
 * complete, and how one that is too long comes in parts.
 *
 * A line is put, and looked at once; then next gives what it completes, and
 * copies as much of it as fits.  So the only bound is that of a record, of
 * which there is one for each of the two streams of a container. */
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "stream/join.h"
#include "stream/unwrap.h"

#define MOST_LINES 1024 /* of a record: what is longer is no report */

struct hw_lines {
	const struct hw_alloc *alloc;
	struct unwrap unwrap;
	size_t max;
	/* The record that is being made; and one of the writer's other stream
	 * whose last line has not ended and of which nothing was given. */
	struct record {
		unsigned char *buf; /* (max) its bytes not given yet */
		size_t n;
		struct hw_piece piece; /* its place; flags of the next part */
		size_t lines;          /* 0: there is none */
		bool open;             /* its last line has not ended */
		char stream;
		struct join join;
	} rec, aside; /* aside.buf: NULL where lines have no streams */
	/* The line that is being done, and how much of it is. */
	struct item {
		struct hw_piece in;
		struct unwrap_line line;
		bool blank; /* it may belong to a header that follows */
	} now, after; /* a blank line waits for the one after it */
	enum { NOTHING, WAIT, DECIDE, HEAD, TEXT } todo;
	bool has_after;
	size_t at;
	enum { GO_ON, PAUSE, FINISH } ending;
};

enum hw_status hw_lines_open(struct hw_lines **out,
    const struct hw_lines_opts *o, struct hw_err *e)
{
	struct hw_lines *l = NULL;
	enum hw_status st;

	if (o->max_record < 16 || o->max_record > HW_TOK_MAX)
		return hw_fail(e, HW_USAGE, "a record of at most %zu bytes: "
		    "not within 16..%zu", o->max_record, HW_TOK_MAX);
	HW_TRY(hw_new(o->alloc, &l, 1, sizeof(*l), "records", e));
	l->alloc = o->alloc;
	l->max = o->max_record;
	unwrap_init(&l->unwrap, o->wrap, o->alloc);
	st = join_init(&l->rec.join, o->multiline, o->alloc, e);
	l->aside.join = l->rec.join; /* one pattern, two states */
	if (st == HW_OK)
		st = hw_new(o->alloc, &l->rec.buf, l->max, 1, "records", e);
	if (st == HW_OK && o->wrap >= HW_WRAP_DOCKER)
		st = hw_new(o->alloc, &l->aside.buf, l->max, 1, "records", e);
	if (st != HW_OK) {
		hw_lines_close(l);
		return st;
	}
	*out = l;
	return HW_OK;
}

void hw_lines_close(struct hw_lines *l)
{
	if (l == NULL)
		return;
	unwrap_release(&l->unwrap);
	join_release(&l->rec.join);
	hw_del(l->alloc, l->rec.buf);
	hw_del(l->alloc, l->aside.buf);
	hw_del(l->alloc, l);
}

static const unsigned char newline[] = "\n";

enum hw_status hw_lines_put(struct hw_lines *l, const struct hw_piece *p,
    struct hw_err *e)
{
	struct item *i = l->todo == WAIT ? &l->after : &l->now;

	/* Parts of a line that was too long are text of that line. */
	*i = (struct item){.in = *p, .line = {.text = p->bytes,
	    .open = (p->flags & HW_RECORD_MORE) != 0, .stream = l->rec.stream}};
	if ((p->flags & (HW_RECORD_CONT | HW_RECORD_MORE)) == 0)
		HW_TRY(unwrap_line(&l->unwrap, p->bytes, &i->line, e));
	i->blank = unwrap_before_header(&l->unwrap, p->bytes);
	if (i->blank)
		i->line.text.p = newline; /* it outlives its place */
	l->at = 0;
	l->has_after = l->todo == WAIT;
	l->todo = i->blank && !l->has_after ? WAIT : DECIDE;
	return HW_OK;
}

void hw_lines_flush(struct hw_lines *l, bool end)
{
	l->ending = end ? FINISH : PAUSE;
	if (l->todo == WAIT)
		l->todo = DECIDE;
}

bool hw_lines_holds(const struct hw_lines *l)
{
	return (l->rec.lines > 0 && !l->rec.open) || l->todo == WAIT;
}

/* Give what is in the buffer, as the last part or with more to come. */
static enum hw_status give(struct hw_lines *l, bool more,
    struct hw_lines_out *out)
{
	out->piece = l->rec.piece;
	out->piece.bytes = (struct hw_view){l->rec.buf, l->rec.n};
	out->piece.flags |= more ? HW_RECORD_MORE : 0;
	l->rec.piece.flags = HW_RECORD_CONT;
	l->rec.piece.offset += l->rec.n;
	l->rec.n = 0;
	if (!more)
		l->rec.lines = 0;
	return HW_OK;
}

/* As much as fits; false: the record has to come in parts. */
static bool copy(struct hw_lines *l, struct hw_view v)
{
	size_t room = l->max - l->rec.n, left = v.n - l->at;

	if (left <= room)
		room = left;
	else if (room < 4 && l->rec.n > 0)
		room = 0; /* perhaps not enough for a character */
	else
		room = hw_utf8_cut(v.p + l->at, left, room);
	if (room > 0)
		memcpy(l->rec.buf + l->rec.n, v.p + l->at, room);
	l->rec.n += room;
	l->at += room;
	return l->at == v.n;
}

static bool goes_on(struct hw_lines *l)
{
	if (l->rec.lines == 0)
		return false;
	if ((l->now.in.flags & HW_RECORD_CONT) != 0)
		return true;
	if (l->rec.lines >= MOST_LINES)
		return false;
	if (l->rec.open)
		return l->now.line.stream == l->rec.stream;
	return join_goes_on(&l->rec.join, l->now.line.text);
}

/* The line is done. */
static void done(struct hw_lines *l)
{
	l->todo = NOTHING;
	if (!l->has_after)
		return;
	l->now = l->after;
	l->has_after = false;
	l->at = 0;
	l->todo = l->now.blank ? WAIT : DECIDE;
}

/* A blank line before a header belongs to it. */
static void drop_blank(struct hw_lines *l)
{
	if (l->has_after && l->after.line.name.p != NULL)
		done(l);
}

static void swap(struct hw_lines *l)
{
	struct record r = l->rec;

	l->rec = l->aside;
	l->aside = r;
}

/* Parts of a record are given one after another: once the first was, the
 * record cannot be put aside. */
static bool movable(const struct record *r)
{
	return r->open && (r->piece.flags & HW_RECORD_CONT) == 0;
}

/* Turn to the record of the line's stream.  False: first give the one that is
 * being made. */
static bool turn(struct hw_lines *l)
{
	char stream = l->now.line.stream;
	bool there = l->aside.lines > 0 && l->aside.stream == stream;

	if ((l->now.in.flags & HW_RECORD_CONT) != 0)
		return true;
	if (l->rec.lines == 0 || (movable(&l->rec) &&
	    l->rec.stream != stream && l->aside.buf != NULL)) {
		if (there || (l->rec.lines > 0 && l->aside.lines == 0))
			swap(l);
		return true;
	}
	return !there;
}

/* Nothing more comes for any record: turn to the one that began first.
 * False: there is none. */
static bool turn_to_first(struct hw_lines *l)
{
	if (l->aside.lines > 0 && (l->rec.lines == 0 || (l->aside.piece.line <
	    l->rec.piece.line && (l->rec.piece.flags & HW_RECORD_CONT) == 0)))
		swap(l);
	return l->rec.lines > 0;
}

/* What becomes of the line?  False: first give the record before it. */
static bool decide(struct hw_lines *l)
{
	drop_blank(l);
	if (l->now.line.name.p != NULL)
		return !turn_to_first(l);
	if (!turn(l))
		return false;
	if (goes_on(l)) {
		l->todo = TEXT;
		return true;
	}
	if (l->rec.lines > 0)
		return false;
	l->rec.piece = l->now.in;
	l->rec.piece.flags = 0;
	l->rec.stream = l->now.line.stream;
	join_begins(&l->rec.join, l->now.line.text);
	l->todo = HEAD;
	return true;
}

/* One step with the line; HW_OK: something is to be given out. */
static enum hw_status step(struct hw_lines *l, struct hw_lines_out *out)
{
	if (l->todo == DECIDE) {
		if (!decide(l))
			return give(l, false, out);
		if (l->todo == DECIDE) {
			out->source = l->now.line.name;
			done(l);
			return HW_OK;
		}
	}
	if (l->todo == HEAD) {
		if (!copy(l, l->now.line.head))
			return give(l, true, out);
		l->todo = TEXT;
		l->at = 0;
	}
	if (!copy(l, l->now.line.text))
		return give(l, true, out);
	l->rec.open = l->now.line.open;
	l->rec.lines++;
	done(l);
	return l->rec.join.on || l->rec.open ? HW_END : give(l, false, out);
}

enum hw_status hw_lines_next(struct hw_lines *l, struct hw_lines_out *out)
{
	*out = (struct hw_lines_out){0};
	while (l->todo > WAIT)
		if (step(l, out) == HW_OK)
			return HW_OK;
	if (l->ending == FINISH ? turn_to_first(l) :
	    l->ending == PAUSE && l->rec.lines > 0 && !l->rec.open)
		return give(l, false, out);
	l->ending = GO_ON;
	return HW_END;
}
