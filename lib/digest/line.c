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

/* The mark is whole characters, since it is whole tokens' text or nearly so. */
void put_verbatim(struct line *l, struct hw_view v, struct mark m,
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
