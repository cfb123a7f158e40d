/* SPDX-License-Identifier: MIT
 * What only this file knows: how a digest looks to a person (detokenize(1),
 * THE DIGEST).  Everything in it was counted or is verbatim; nothing is
 * worded here that the window does not say. */
#include <inttypes.h>
#include <string.h>

#include "digest/line.h"

#define DAY_MS 86400000

/* ---- the rule and the counts --------------------------------------------- */

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

#define LEAST_NAME 9 /* columns of a name that is cut, with its dots */

/* What tokenize(1) calls its standard input says nothing. */
static bool is_stdin(struct hw_view name)
{
	static const char said[] = "standard input";

	return name.n == sizeof(said) - 1 && memcmp(name.p, said, name.n) == 0;
}

static void put_source(struct line *l, const char *marks)
{
	struct hw_view name = {NULL, 0};
	struct hw_buf *b = &l->r->text;

	b->n = 0;
	for (size_t i = 0; i < RENDER_SOURCES && l->r->n_sources == 1; i++)
		if (l->r->names[i].p != NULL)
			name = (struct hw_view){l->r->names[i].p,
			    l->r->names[i].n};
	if (name.n > 0 && !is_stdin(name)) {
		/* There is room for the marks and a bit of the rule; the end
		 * of a name tells more. */
		int room = l->left - (int)strlen(marks) -
		    (int)strlen(GAP " ==");
		int over = columns_of(name) - room;

		if (over > 0 && room < LEAST_NAME)
			return;
		put_ascii(l, over > 0 ? GAP "..." : GAP);
		if (over > 0)
			name = skip(name, behind_columns(name, over + 3));
		put_verbatim(l, name, (struct mark){0, 0}, false);
	} else if (l->r->n_sources > 1) {
		hw_buf_fmt(b, GAP "%" PRIu64 " sources", l->r->n_sources);
		put_ascii(l, word_of(b).text);
	}
}

static void put_rule(struct hw_render *r, const struct hw_window *w)
{
	static const char *const marks[2][2] = {
		{"", GAP "(partial)"},
		{GAP "(learning)", GAP "(learning)" GAP "(partial)"},
	};
	const char *said = marks[w->learning][w->partial];
	struct line l = begin_line(r);
	struct hw_buf *b = &r->text;

	paint(&l, "1");
	put_ascii(&l, "== ");
	b->n = 0;
	if (w->start_ms != 0 && w->end_ms != 0)
		put_span(b, w->start_ms, w->end_ms);
	else
		hw_buf_fmt(b, "window %" PRIu64 ", lines %" PRIu64 "..%"
		    PRIu64, w->index, w->first_line, w->last_line);
	put_ascii(&l, word_of(b).text);
	if (w->start_ms != 0)
		put_ascii(&l, w->log_clock ? " UTC" : " UTC, by arrival");
	put_source(&l, said);
	put_ascii(&l, said);
	put_ascii(&l, " ");
	put_fill(&l, '=', l.left);
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

/* Rates of logs that say little are told by a longer time than a second. */
static const struct unit {
	const char *name;
	double seconds;
} units[] = {{"/s", 1}, {"/min", 60}, {"/h", 3600}, {"/day", 86400}};

static struct unit unit_of(double a_second)
{
	size_t i = 0;

	while (i + 1 < sizeof(units) / sizeof(*units) &&
	    a_second * units[i].seconds < 0.5)
		i++;
	return units[i];
}

/* "12,431 lines  41.4/s (was 35.1, +18%)" */
static void put_lines(struct hw_buf *b, const struct hw_window *w)
{
	double now = rate(w->records, w->end_ms - w->start_ms);
	double was = rate(w->prev_records, w->prev_ms);
	struct unit unit = unit_of(now);

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
	put_rate(b, now * unit.seconds);
	hw_buf_str(b, unit.name);
	if (was <= 0)
		return;
	hw_buf_str(b, " (was ");
	put_rate(b, was * unit.seconds);
	hw_buf_str(b, now < was ? ", " : ", +");
	put_fixed(b, (now / was - 1) * 100, 0);
	hw_buf_str(b, "%)");
}

/* The next thing that was counted: in another line where this one has no room,
 * since all of them are said. */
static void put_item(struct line *l, const char *sgr, const char *what)
{
	if (l->left < l->r->width) {
		if ((int)strlen(GAP) + (int)strlen(what) > l->left) {
			end_line(l);
			*l = begin_line(l->r);
		} else {
			put_ascii(l, GAP);
		}
	}
	if (sgr != NULL)
		paint(l, sgr);
	put_ascii(l, what);
	if (sgr != NULL)
		paint(l, "0");
}

static void put_severities(struct line *l, const struct hw_window *w)
{
	static const struct {
		enum hw_severity s;
		const char *name, *sgr;
	} said[] = {
		{HW_SEV_FATAL, " fatal", "1;31"},
		{HW_SEV_ERROR, " error", "31"},
		{HW_SEV_WARN, " warn", "33"},
	};
	struct hw_buf *b = &l->r->text;

	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
		if (w->severity[said[i].s] == 0)
			continue;
		b->n = 0;
		put_grouped(b, w->severity[said[i].s]);
		hw_buf_str(b, said[i].name);
		put_item(l, said[i].sgr, word_of(b).text);
	}
}

const char *const hw_row_kind_names[HW_N_ROW_KINDS] = {
	[HW_ROW_NEW] = "new", [HW_ROW_UP] = "up", [HW_ROW_DOWN] = "down",
	[HW_ROW_ODD] = "odd", [HW_ROW_RARE] = "rare", [HW_ROW_GONE] = "gone",
};
const char *const hw_severity_names[HW_N_SEVERITIES] = {
	[HW_SEV_NONE] = "none", [HW_SEV_DEBUG] = "debug",
	[HW_SEV_INFO] = "info", [HW_SEV_WARN] = "warn",
	[HW_SEV_ERROR] = "error", [HW_SEV_FATAL] = "fatal",
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
		hw_buf_fmt(b, " %s", hw_row_kind_names[i]);
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
	put_grouped(b, n);
	hw_buf_fmt(b, " %s", what);
	put_item(l, NULL, word_of(b).text);
}

/* What the digest does not cover is said, always. */
static void put_coverage(struct line *l, const struct hw_window *w)
{
	struct hw_buf *b = &l->r->text;

	b->n = 0;
	if (w->scored == 0) {
		put_item(l, NULL, "no model");
	} else if (w->scored < w->records) {
		hw_buf_str(b, "model read ");
		put_grouped(b, w->scored);
		hw_buf_str(b, " of ");
		put_grouped(b, w->records);
		put_item(l, NULL, word_of(b).text);
	}
	put_part(l, w->lost, "lost");
	put_part(l, w->late, "late");
	put_part(l, w->cut, "cut");
	put_part(l, w->forgotten, "forgotten");
}

static void put_counts(struct hw_render *r, const struct hw_window *w,
    bool together)
{
	struct line l = begin_line(r);

	r->text.n = 0;
	put_lines(&r->text, w);
	put_ascii(&l, word_of(&r->text).text);
	put_severities(&l, w);
	if (!together) {
		end_line(&l);
		l = begin_line(r);
	}
	r->text.n = 0;
	put_patterns(&r->text, w);
	put_item(&l, NULL, word_of(&r->text).text);
	put_coverage(&l, w);
	end_line(&l);
}

/* A quiet window takes two lines in all, if they have room. */
static void put_quiet(struct hw_render *r, const struct hw_window *w)
{
	size_t begin = r->out.n;

	put_counts(r, w, true);
	if (memchr(r->out.p + begin, '\n', r->out.n - begin - 1) == NULL)
		return;
	r->out.n = begin;
	put_counts(r, w, false);
}

void text_window(struct hw_render *r, const struct hw_window *w)
{
	put_rule(r, w);
	if (w->n_rows == 0)
		put_quiet(r, w);
	else
		put_counts(r, w, false);
	put_rows(r, w);
}
