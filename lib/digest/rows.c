/* SPDX-License-Identifier: MIT
 * What only this file knows: how a row of a digest looks: its columns, and how
 * much of the sample is shown. */
#include <inttypes.h>
#include <string.h>

#include "digest/clock.h"
#include "digest/line.h"

/* A row shows when; the time stamp of its sample says so again, in columns that
 * are needed for what happened.  Where it is, or nothing. */
static struct mark stamp_of(const struct hw_row *row, struct hw_view v)
{
	static const char mask[] = "<time>";
	const size_t m = sizeof(mask) - 1;
	struct hw_view t = row->template_text;
	struct mark stamp = {0, 0};
	bool masked = false;
	size_t to;

	for (; t.n >= m && !masked; t = skip(t, 1))
		masked = memcmp(t.p, mask, m) == 0;
	if (row->first_ms != 0 && masked && hw_clock_find(v, &stamp.at, &to))
		stamp.len = to - stamp.at;
	return stamp;
}

/* What is odd must be seen: begin nearer to it if need be.  5 columns: the
 * brackets, and "..." where the line ends. */
static size_t begin_near(struct line *l, struct hw_view v, size_t from,
    struct mark m)
{
	size_t end = m.at + m.len;
	/* With a little of what follows it. */
	size_t upto = v.n - end < 16 ? v.n : end + 16;
	int need = columns_of((struct hw_view){v.p + from, upto - from}) + 5;

	if (need <= l->left)
		return from;
	put_ascii(l, "...");
	from += behind_columns(skip(v, from), need - l->left);
	return from < m.at ? from : m.at;
}

/* What of a row's sample is shown. */
struct sample {
	struct hw_view v;
	struct mark m; /* of an ODD row, or a NEW one */
	size_t from;   /* behind the time that it begins with */
	struct mark stamp; /* the time, where it does not begin with it */
};

static struct sample sample_of(struct hw_render *r, const struct hw_row *row)
{
	struct sample s = {render_spell(r, row->ids, row->n),
	    {row->odd_at, row->odd_len}, 0, {0, 0}};

	/* The template stands in when the sample was not kept. */
	if (s.v.n == 0) {
		s.v = row->template_text;
		s.m.len = 0;
	}
	while (s.v.n > 0 && (s.v.p[s.v.n - 1] == '\n' ||
	    s.v.p[s.v.n - 1] == '\r'))
		s.v.n--;
	if (s.m.at >= s.v.n || s.m.len > s.v.n - s.m.at)
		s.m.len = 0;
	s.stamp = stamp_of(row, s.v);
	if (s.stamp.at > 0 || s.stamp.len == 0)
		return s;
	s.from = s.stamp.len;
	while (s.from < s.v.n && memchr(" :]|,", s.v.p[s.from], 5) != NULL)
		s.from++;
	if (s.from == s.v.n || (s.m.len > 0 && s.from > s.m.at))
		s.from = 0;
	s.stamp.len = 0;
	return s;
}

static int sample_columns(struct hw_render *r, const struct hw_row *row)
{
	struct sample s = sample_of(r, row);

	return columns_of(skip(s.v, s.from)) + (s.m.len > 0 ? 2 : 0) +
	    (row->sample_cut ? 3 : 0);
}

static void put_sample(struct line *l, const struct hw_row *row)
{
	struct sample s = sample_of(l->r, row);

	if (s.m.len > 0) {
		s.from = begin_near(l, s.v, s.from, s.m);
		s.m.at -= s.from;
	} else if (s.stamp.len > 3 && columns_of(s.v) > l->left) {
		put_verbatim(l, (struct hw_view){s.v.p, s.stamp.at}, s.m,
		    false);
		put_ascii(l, "...");
		s.from = s.stamp.at + s.stamp.len;
	}
	put_verbatim(l, skip(s.v, s.from), s.m, row->sample_cut);
}

/* ---- rows ---------------------------------------------------------------- */

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

struct shape {
	int count, when, place; /* columns of each */
	bool apart; /* samples do not fit behind these: a line for each */
};

static struct shape measure(struct hw_render *r, const struct hw_window *w)
{
	struct shape x = {3, 0, 0, false};
	int sample = 0, before;

	for (size_t i = 0; i < w->n_rows; i++) {
		const struct hw_row *row = w->rows + i;
		int n = count_of(&r->text, row).n;

		x.count = n > x.count ? n : x.count;
		n = when(&r->text, row).n;
		x.when = n > x.when ? n : x.when;
		n = place_of(&r->text, row).n;
		x.place = n > x.place ? n : x.place;
		n = sample_columns(r, row);
		sample = n > sample ? n : sample;
	}
	before = TAG + 1 + x.count + (x.when > 0 ? 2 + x.when : 0) +
	    (x.place > 0 ? 2 + x.place : 0) + 2;
	x.apart = before + sample > r->width;
	return x;
}

static const char *row_color(const struct hw_row *row)
{
	if (row->kind == HW_ROW_GONE || row->kind == HW_ROW_DOWN)
		return "36";
	return row->severity >= HW_SEV_ERROR ? "1;31" :
	    row->severity == HW_SEV_WARN ? "1;33" : "1";
}

static void put_column(struct line *l, struct word w, int columns)
{
	if (columns == 0)
		return;
	put_ascii(l, GAP);
	put_ascii(l, w.text);
	put_fill(l, ' ', columns - w.n);
}

static void put_row(struct hw_render *r, const struct hw_row *row,
    struct shape x)
{
	static const char *const tags[HW_N_ROW_KINDS] = {
		"NEW ", "UP  ", "DOWN", "ODD ", "RARE", "GONE",
	};
	struct line l = begin_line(r);
	struct word count = count_of(&r->text, row);
	struct word at = when(&r->text, row);
	struct word place = place_of(&r->text, row);
	const char *severity = row->severity >= HW_SEV_WARN ?
	    hw_severity_names[row->severity] : NULL;

	paint(&l, row_color(row));
	put_ascii(&l, tags[row->kind]);
	paint(&l, "0");
	put_fill(&l, ' ', 1 + x.count - count.n);
	put_ascii(&l, count.text);
	put_column(&l, at, x.when);
	put_column(&l, place, x.place);
	put_ascii(&l, GAP);
	if (x.apart) {
		put_ascii(&l, severity != NULL ? severity : "");
		end_line(&l);
		l = begin_line(r);
		put_fill(&l, ' ', TAG + 1);
	}
	put_sample(&l, row);
	end_line(&l);
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
		hw_buf_fmt(&r->text, " more %s", hw_row_kind_names[i]);
		if (!any)
			put_fill(&l, ' ', TAG + 1);
		put_ascii(&l, word_of(&r->text).text);
		sep = ", ";
		any = true;
	}
	if (any)
		hw_buf_u8(l.b, '\n');
}

void put_rows(struct hw_render *r, const struct hw_window *w)
{
	struct shape x = measure(r, w);

	for (size_t i = 0; i < w->n_rows; i++)
		put_row(r, w->rows + i, x);
	if (w->n_rows > 0)
		put_more(r, w);
}
