/* SPDX-License-Identifier: MIT
 * What only this file knows: how a digest looks to a person (detokenize(1),
 * THE DIGEST).  Everything in it was counted or is verbatim; nothing is
 * worded here that the window does not say. */
#include <inttypes.h>
#include <string.h>

#include "digest/render.h"

#define DAY_MS 86400000
#define GAP "  " /* between columns */

/* A line under construction: parts are appended while they fit. */
struct line {
	struct hw_render *r;
	struct hw_buf *b;
	int left; /* columns */
};

static struct line begin_line(struct hw_render *r)
{
	return (struct line){r, &r->out, r->width};
}

/* Colour takes no columns. */
static void paint(struct line *l, const char *sgr)
{
	if (l->r->color)
		hw_buf_fmt(l->b, "\033[%sm", sgr);
}

static void ascii(struct line *l, const char *s)
{
	size_t n = strlen(s);

	n = l->left <= 0 ? 0 : n < (size_t)l->left ? n : (size_t)l->left;
	hw_buf_put(l->b, s, n);
	l->left -= (int)n;
}

static void fill(struct line *l, int c, int n)
{
	for (; n > 0 && l->left > 0; n--, l->left--)
		hw_buf_u8(l->b, (uint8_t)c);
}

/* Small texts that are put together before it is known how they align. */
struct word {
	char text[64];
	int n;
};

static struct word word_of(struct hw_buf *b)
{
	struct word w = {{0}, 0};

	w.n = b->n < sizeof(w.text) - 1 ? (int)b->n : (int)sizeof(w.text) - 1;
	if (w.n > 0)
		memcpy(w.text, b->p, (size_t)w.n);
	b->n = 0;
	return w;
}

/* ---- verbatim text -------------------------------------------------------- */

static int columns_of(struct hw_view v)
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

static struct hw_view skip(struct hw_view v, size_t n)
{
	return (struct hw_view){v.p + n, v.n - n};
}

/* The bytes of v that are marked as odd. */
struct mark {
	size_t at, len;
};

static void open_mark(struct line *l)
{
	if (l->r->color)
		paint(l, "1;7");
	else
		ascii(l, "[");
}

static void close_mark(struct line *l)
{
	if (l->r->color)
		paint(l, "0");
	else
		ascii(l, "]");
}

/* Put v, which is cut where the line ends; `more`: v goes on anyway.  The mark
 * is whole characters, since it is whole tokens' text or nearly so. */
static void put_text(struct line *l, struct hw_view v, struct mark m,
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
		ascii(l, "...");
}

/* A row shows when; the timestamp at the start of its sample would say so
 * again, in the columns that are needed for what happened.  Where the template
 * begins with a masked time, the plain text behind that is looked for. */
static size_t leading_time(const struct hw_row *row, struct hw_view v)
{
	static const char mask[] = "<time>";
	const size_t m = sizeof(mask) - 1, far = 48;
	struct hw_view t = row->template_text;
	size_t n = 0, word = 0;

	if (row->first_ms == 0 || t.n < m || memcmp(t.p, mask, m) != 0)
		return 0;
	t = skip(t, m);
	while (n < t.n && n < 16 && t.p[n] != '<') {
		word += t.p[n] > ' ';
		n++;
	}
	if (word < 2)
		return 0;
	for (size_t at = 0; at < far && at + n <= v.n; at++) {
		if (memcmp(v.p + at, t.p, n) != 0)
			continue;
		while (at < v.n && v.p[at] == ' ')
			at++;
		return at;
	}
	return 0;
}

/* What is odd must be seen: begin nearer to it if need be. */
static size_t begin_near(struct line *l, struct hw_view v, size_t from,
    struct mark m)
{
	struct hw_view upto = {v.p + from, m.at + m.len - from};
	int need = columns_of(upto) + 5; /* brackets, and "..." behind */

	if (need <= l->left)
		return from;
	ascii(l, "...");
	while (from < m.at && need > l->left) {
		struct shown s = show_next(skip(v, from));

		need -= (int)s.columns;
		from += s.used;
	}
	return from < m.at ? from : m.at;
}

static void put_sample(struct line *l, const struct hw_row *row)
{
	struct hw_view v = render_spell(l->r, row->ids, row->n);
	struct mark m = {row->odd_at, row->odd_len};
	size_t from;

	/* The template stands in when the sample was not kept. */
	if (v.n == 0) {
		v = row->template_text;
		m.len = 0;
	}
	while (v.n > 0 && (v.p[v.n - 1] == '\n' || v.p[v.n - 1] == '\r'))
		v.n--;
	if (row->kind != HW_ROW_ODD || m.at >= v.n || m.len > v.n - m.at)
		m.len = 0;
	from = leading_time(row, v);
	if (m.len > 0 && from > m.at)
		from = 0;
	if (m.len > 0)
		from = begin_near(l, v, from, m);
	m.at -= m.len > 0 ? from : 0;
	put_text(l, skip(v, from), m, row->sample_cut);
}

/* ---- the rule and the counts ---------------------------------------------- */

static void put_span(struct hw_buf *b, int64_t from, int64_t to)
{
	bool same_day = from / DAY_MS == to / DAY_MS;

	put_date(b, from);
	hw_buf_u8(b, ' ');
	put_clock(b, from);
	hw_buf_str(b, " .. ");
	if (!same_day) {
		put_date(b, to);
		hw_buf_u8(b, ' ');
	}
	put_clock(b, to);
}

/* What tokenize(1) calls its standard input says nothing. */
static bool is_stdin(struct hw_view name)
{
	static const char said[] = "standard input";

	return name.n == sizeof(said) - 1 && memcmp(name.p, said, name.n) == 0;
}

static void put_source(struct line *l)
{
	struct hw_view name = {NULL, 0};
	struct hw_buf *b = &l->r->text;

	b->n = 0;
	for (size_t i = 0; i < RENDER_SOURCES && l->r->n_sources == 1; i++)
		if (l->r->names[i].p != NULL)
			name = (struct hw_view){l->r->names[i].p,
			    l->r->names[i].n};
	if (name.n > 0 && !is_stdin(name)) {
		int over = columns_of(name) - (l->left - 30); /* for the marks */

		ascii(l, GAP);
		while (name.n > 0 && over > 0) { /* the end tells more */
			struct shown s = show_next(name);

			over -= (int)s.columns;
			name = skip(name, s.used);
		}
		put_text(l, name, (struct mark){0, 0}, false);
	} else if (l->r->n_sources > 1) {
		hw_buf_fmt(b, GAP "%" PRIu64 " sources", l->r->n_sources);
		ascii(l, word_of(b).text);
	}
}

static void put_rule(struct hw_render *r, const struct hw_window *w)
{
	struct line l = begin_line(r);
	struct hw_buf *b = &r->text;

	paint(&l, "1");
	ascii(&l, "== ");
	b->n = 0;
	if (w->start_ms != 0 && w->end_ms != 0)
		put_span(b, w->start_ms, w->end_ms);
	else
		hw_buf_fmt(b, "window %" PRIu64 ", lines %" PRIu64 "..%"
		    PRIu64, w->index, w->first_line, w->last_line);
	ascii(&l, word_of(b).text);
	if (w->start_ms != 0 && !w->log_clock)
		ascii(&l, " UTC, by arrival");
	put_source(&l);
	if (w->learning)
		ascii(&l, GAP "(learning)");
	if (w->partial)
		ascii(&l, GAP "(partial)");
	ascii(&l, " ");
	fill(&l, '=', l.left);
	paint(&l, "0");
	hw_buf_u8(l.b, '\n');
}

static double rate(uint64_t records, int64_t ms)
{
	return ms > 0 ? (double)records * 1000 / (double)ms : 0;
}

static void put_rate(struct hw_buf *b, double x)
{
	put_fixed(b, x, x < 10 ? 2 : x < 1000 ? 1 : 0);
}

/* "12,431 lines  41.4/s (was 35.1, +18%)" */
static void put_lines(struct hw_buf *b, const struct hw_window *w)
{
	double now = rate(w->records, w->end_ms - w->start_ms);
	double was = rate(w->prev_records, w->prev_ms);

	put_grouped(b, w->records);
	hw_buf_str(b, w->records == 1 ? " line" : " lines");
	if (w->start_ms == 0 || now <= 0) {
		if (w->index > 1) {
			hw_buf_str(b, " (was ");
			put_grouped(b, w->prev_records);
			hw_buf_str(b, ")");
		}
		return;
	}
	hw_buf_str(b, GAP);
	put_rate(b, now);
	hw_buf_str(b, "/s");
	if (was <= 0)
		return;
	hw_buf_str(b, " (was ");
	put_rate(b, was);
	hw_buf_str(b, now < was ? ", " : ", +");
	put_fixed(b, (now / was - 1) * 100, 0);
	hw_buf_str(b, "%)");
}

static void put_severities(struct line *l, const struct hw_window *w)
{
	static const struct {
		enum hw_severity s;
		const char *name, *sgr;
	} said[] = {
		{HW_SEV_FATAL, " fatal", "1;31"}, {HW_SEV_ERROR, " error", "31"},
		{HW_SEV_WARN, " warn", "33"},
	};
	struct hw_buf *b = &l->r->text;

	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
		if (w->severity[said[i].s] == 0)
			continue;
		b->n = 0;
		put_grouped(b, w->severity[said[i].s]);
		hw_buf_str(b, said[i].name);
		ascii(l, GAP);
		paint(l, said[i].sgr);
		ascii(l, word_of(b).text);
		paint(l, "0");
	}
}

static const char *const kind_words[HW_N_ROW_KINDS] = {
	[HW_ROW_NEW] = "new", [HW_ROW_UP] = "up", [HW_ROW_DOWN] = "down",
	[HW_ROW_ODD] = "odd", [HW_ROW_RARE] = "rare", [HW_ROW_GONE] = "gone",
};

/* "213 patterns: 4 new, 1 gone" */
static void put_patterns(struct hw_buf *b, const struct hw_window *w)
{
	const char *sep = ": ";

	put_grouped(b, w->groups);
	hw_buf_str(b, w->groups == 1 ? " pattern" : " patterns");
	for (int i = 0; i < HW_N_ROW_KINDS; i++) {
		if (w->kinds[i] == 0)
			continue;
		hw_buf_str(b, sep);
		put_grouped(b, w->kinds[i]);
		hw_buf_fmt(b, " %s", kind_words[i]);
		sep = ", ";
	}
	if (w->n_rows == 0 && *sep == ':' && !w->learning)
		hw_buf_str(b, ", nothing new");
}

static void put_part(struct line *l, uint64_t n, const char *what)
{
	struct hw_buf *b = &l->r->text;

	if (n == 0)
		return;
	b->n = 0;
	hw_buf_str(b, GAP);
	put_grouped(b, n);
	hw_buf_fmt(b, " %s", what);
	ascii(l, word_of(b).text);
}

/* What the digest does not cover is said, always. */
static void put_coverage(struct line *l, const struct hw_window *w)
{
	struct hw_buf *b = &l->r->text;

	b->n = 0;
	if (w->scored == 0)
		hw_buf_str(b, GAP "no model");
	else if (w->scored < w->records) {
		hw_buf_str(b, GAP "model read ");
		put_grouped(b, w->scored);
		hw_buf_str(b, " of ");
		put_grouped(b, w->records);
	}
	ascii(l, word_of(b).text);
	put_part(l, w->lost, "lost");
	put_part(l, w->cut, "cut");
	put_part(l, w->forgotten, "forgotten");
}

static void put_counts(struct hw_render *r, const struct hw_window *w)
{
	struct line l = begin_line(r);
	bool quiet = w->n_rows == 0;

	r->text.n = 0;
	put_lines(&r->text, w);
	ascii(&l, word_of(&r->text).text);
	put_severities(&l, w);
	/* A quiet window takes two lines in all. */
	if (quiet) {
		ascii(&l, GAP);
	} else {
		hw_buf_u8(l.b, '\n');
		l = begin_line(r);
	}
	r->text.n = 0;
	put_patterns(&r->text, w);
	ascii(&l, word_of(&r->text).text);
	put_coverage(&l, w);
	hw_buf_u8(l.b, '\n');
}

/* ---- rows ------------------------------------------------------------------ */

/* "21:42:10-43:51", "was 9": what goes in the column after the count. */
static struct word when(struct hw_buf *b, const struct hw_row *row)
{
	int64_t from = row->first_ms, to = row->last_ms;
	struct word end;

	b->n = 0;
	if (row->kind == HW_ROW_UP || row->kind == HW_ROW_DOWN ||
	    row->kind == HW_ROW_GONE) {
		hw_buf_str(b, "was ");
		put_grouped(b, row->prev_count);
		return word_of(b);
	}
	if (from == 0)
		return word_of(b);
	put_clock(b, to);
	end = word_of(b);
	put_clock(b, from);
	if (to / 1000 > from / 1000 && to - from < 3600000 &&
	    memcmp(b->p, end.text, 3) == 0)
		hw_buf_fmt(b, "-%s", end.text + 3); /* the hour is the same */
	else if (to / 1000 > from / 1000)
		hw_buf_fmt(b, "-%s", end.text);
	return word_of(b);
}

static struct word count_of(struct hw_buf *b, const struct hw_row *row)
{
	b->n = 0;
	put_grouped(b, row->count);
	return word_of(b);
}

static struct word place_of(struct hw_buf *b, const struct hw_row *row)
{
	b->n = 0;
	if (row->line != 0)
		hw_buf_fmt(b, "L%" PRIu64, row->line);
	return word_of(b);
}

struct widths {
	int count, when, place;
};

static struct widths measure(struct hw_render *r, const struct hw_window *w)
{
	struct widths x = {3, 0, 0};

	for (size_t i = 0; i < w->n_rows; i++) {
		const struct hw_row *row = w->rows + i;
		int n = count_of(&r->text, row).n;

		x.count = n > x.count ? n : x.count;
		n = when(&r->text, row).n;
		x.when = n > x.when ? n : x.when;
		n = place_of(&r->text, row).n;
		x.place = n > x.place ? n : x.place;
	}
	return x;
}

static const char *row_color(const struct hw_row *row)
{
	if (row->kind == HW_ROW_GONE || row->kind == HW_ROW_DOWN)
		return "36";
	return row->severity >= HW_SEV_ERROR ? "1;31" :
	    row->severity == HW_SEV_WARN ? "1;33" : "1";
}

static void put_row(struct hw_render *r, const struct hw_row *row,
    struct widths x)
{
	static const char *const tags[HW_N_ROW_KINDS] = {
		"NEW ", "UP  ", "DOWN", "ODD ", "RARE", "GONE",
	};
	struct line l = begin_line(r);
	struct word count = count_of(&r->text, row);
	struct word at = when(&r->text, row);
	struct word place = place_of(&r->text, row);

	paint(&l, row_color(row));
	ascii(&l, tags[row->kind]);
	paint(&l, "0");
	fill(&l, ' ', 1 + x.count - count.n);
	ascii(&l, count.text);
	if (x.when > 0) {
		ascii(&l, GAP);
		ascii(&l, at.text);
		fill(&l, ' ', x.when - at.n);
	}
	if (x.place > 0) {
		ascii(&l, GAP);
		ascii(&l, place.text);
		fill(&l, ' ', x.place - place.n);
	}
	ascii(&l, GAP);
	put_sample(&l, row);
	hw_buf_u8(l.b, '\n');
}

/* Groups of a kind that the cap on rows left out. */
static void put_more(struct hw_render *r, const struct hw_window *w)
{
	struct line l = begin_line(r);
	uint64_t shown[HW_N_ROW_KINDS] = {0};
	const char *sep = "and ";
	bool any = false;

	for (size_t i = 0; i < w->n_rows; i++)
		shown[w->rows[i].kind]++;
	for (int i = 0; i < HW_N_ROW_KINDS; i++) {
		if (w->kinds[i] <= shown[i])
			continue;
		r->text.n = 0;
		hw_buf_str(&r->text, sep);
		put_grouped(&r->text, w->kinds[i] - shown[i]);
		hw_buf_fmt(&r->text, " more %s", kind_words[i]);
		if (!any)
			fill(&l, ' ', 5);
		ascii(&l, word_of(&r->text).text);
		sep = ", ";
		any = true;
	}
	if (any)
		hw_buf_u8(l.b, '\n');
}

void text_window(struct hw_render *r, const struct hw_window *w)
{
	struct widths x;

	put_rule(r, w);
	put_counts(r, w);
	x = measure(r, w);
	for (size_t i = 0; i < w->n_rows; i++)
		put_row(r, w->rows + i, x);
	if (w->n_rows > 0)
		put_more(r, w);
}
