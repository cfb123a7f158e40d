/* SPDX-License-Identifier: MIT
 * What only this file knows: what the parts of a digest's text are made with.
 * A line is built left to right and never grows wider than it may. */
#ifndef HW_DIGEST_LINE_H
#define HW_DIGEST_LINE_H

#include "digest/render.h"

#define GAP "  " /* between columns */
#define TAG 4    /* "NEW " */

struct line {
	struct hw_render *r;
	struct hw_buf *b;
	int left; /* columns */
};
struct line begin_line(struct hw_render *r);
void end_line(struct line *l); /* without blanks at its end */
/* Colour (parameters of SGR) takes no columns; nothing if none is wanted. */
void paint(struct line *l, const char *sgr);
/* What does not fit is cut off. */
void put_ascii(struct line *l, const char *s);
void put_fill(struct line *l, char c, int n);

/* Small texts that are put together before it is known how they align: taken
 * out of a buffer, which is emptied. */
struct word {
	char text[128];
	int n;
};
struct word word_of(struct hw_buf *b);

/* Columns that v takes when it is shown. */
int columns_of(struct hw_view v);
/* Where in v so many columns, or a few more, have been shown. */
size_t behind_columns(struct hw_view v, int columns);
static inline struct hw_view skip(struct hw_view v, size_t n)
{
	/* An empty view may have no address. */
	return n == 0 ? v : (struct hw_view){v.p + n, v.n - n};
}

/* The bytes of a text that are odd; len = 0: none are. */
struct mark {
	size_t at, len;
};
/* Put v.  If it does not fit, its middle is left out; with a mark, or with
 * `more` (it goes on anyway), its end.  The mark is in brackets, or in
 * colour. */
void put_verbatim(struct line *l, struct hw_view v, struct mark m, bool more);

/* The rows of a window. */
void put_rows(struct hw_render *r, const struct hw_window *w);

#endif
