/* SPDX-License-Identifier: MIT
 * What only this file knows: how text is cut to columns, and how what is odd
 * in it is marked. */
#include "digest/line.h"

#include <string.h>

struct line begin_line(struct hw_render *r)
{
	return (struct line){r, &r->out, r->width};
}

void paint(struct line *l, const char *sgr)
{
	if (l->r->color)
		hw_buf_fmt(l->b, "\033[%sm", sgr);
}

void put_ascii(struct line *l, const char *s)
{
	size_t n = strlen(s);

	n = l->left <= 0 ? 0 : n < (size_t)l->left ? n : (size_t)l->left;
	hw_buf_put(l->b, s, n);
	l->left -= (int)n;
}

void put_fill(struct line *l, char c, int n)
{
	for (; n > 0 && l->left > 0; n--, l->left--)
		hw_buf_u8(l->b, (uint8_t)c);
}

struct word word_of(struct hw_buf *b)
{
	struct word w = {{0}, 0};

	w.n = b->n < sizeof(w.text) - 1 ? (int)b->n : (int)sizeof(w.text) - 1;
	if (w.n > 0)
		memcpy(w.text, b->p, (size_t)w.n);
	b->n = 0;
	return w;
}

void end_line(struct line *l)
{
	while (l->b->n > 0 && l->b->p[l->b->n - 1] == ' ')
		l->b->n--;
	hw_buf_u8(l->b, '\n');
}

int columns_of(struct hw_view v)
{
	int n = 0;

	while (v.n > 0) {
		struct shown s = show_next(v);

		n += (int)s.columns;
		v.p += s.used;
		v.n -= s.used;
	}
	return n;
}

size_t behind_columns(struct hw_view v, int columns)
{
	size_t at = 0;

	while (at < v.n && columns > 0) {
		struct shown s = show_next(skip(v, at));

		columns -= (int)s.columns;
		at += s.used;
	}
	return at;
}

static void open_mark(struct line *l)
{
	if (l->r->color)
		paint(l, "1;7");
	else
		put_ascii(l, "[");
}

static void close_mark(struct line *l)
{
	if (l->r->color)
		paint(l, "0");
	else
		put_ascii(l, "]");
}

/* As much of v as these columns take. */
static void put_columns(struct line *l, struct hw_view v, int columns)
{
	while (v.n > 0) {
		struct shown s = show_next(v);

		if ((int)s.columns > columns)
			break;
		hw_buf_put(l->b, s.text, s.n);
		l->left -= (int)s.columns;
		columns -= (int)s.columns;
		v = skip(v, s.used);
	}
}

/* Does v end within something that begins before it: a JSON object, a browser's
 * long name for itself? */
static bool ends_within(struct hw_view v)
{
	static const char closing[] = "\")]}", opening[] = "\"([{";
	const char *c = v.n > 0 && v.p[v.n - 1] != '\0' ?
	    strchr(closing, v.p[v.n - 1]) : NULL;
	int depth = 1;

	if (c == NULL)
		return false;
	for (size_t i = v.n - 1; i-- > 0;) {
		depth -= v.p[i] == (unsigned char)opening[c - closing];
		if (depth == 0)
			return false;
		depth += v.p[i] == (unsigned char)*c;
	}
	return true;
}

/* The mark is whole characters, since it is whole tokens' text or nearly so. */
static void put_marked(struct line *l, struct hw_view v, struct mark m,
    bool more)
{
	int need = columns_of(v) + (m.len > 0 && !l->r->color ? 2 : 0);
	bool cut = need > l->left || more, marked = false;
	int room = cut ? l->left - 3 : l->left;
	size_t at = 0;

	while (at < v.n) {
		struct shown s = show_next(skip(v, at));
		int extra;

		if (m.len > 0 && at >= m.at + m.len && marked) {
			close_mark(l);
			room -= !l->r->color;
			marked = false;
			m.len = 0;
		}
		if (m.len > 0 && at >= m.at && !marked) {
			extra = (int)s.columns + (l->r->color ? 0 : 2);
			if (extra > room)
				break;
			open_mark(l);
			room -= !l->r->color;
			marked = true;
		}
		extra = (int)s.columns + (marked && !l->r->color);
		if (extra > room)
			break;
		hw_buf_put(l->b, s.text, s.n);
		l->left -= (int)s.columns;
		room -= (int)s.columns;
		at += s.used;
	}
	if (marked)
		close_mark(l);
	if (cut)
		put_ascii(l, "...");
}

/* What does not fit loses its middle: where a line begins it says what it is,
 * where it ends, more often than not, what went wrong. */
static bool put_ends(struct line *l, struct hw_view v)
{
	int head = (l->left - 3) * 3 / 5, tail = l->left - 3 - head;
	struct hw_view end = skip(v, behind_columns(v, columns_of(v) - tail));

	if (ends_within(end))
		return false;
	put_columns(l, v, head);
	put_ascii(l, "...");
	put_columns(l, end, l->left);
	return true;
}

void put_verbatim(struct line *l, struct hw_view v, struct mark m, bool more)
{
	if (m.len > 0 || more || columns_of(v) <= l->left || !put_ends(l, v))
		put_marked(l, v, m, more);
}
