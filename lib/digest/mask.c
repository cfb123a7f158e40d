/* SPDX-License-Identifier: MIT
 * What only this file knows: how the masks become one pattern, and which row
 * of it matched (a PCRE2 mark carries the row's name). */
#include "digest/mask.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/regex.h"

/* One alternation: the search for the next variable part is one pass over the
 * plain text before it, whatever the number of rows.  "(?|" numbers the groups
 * of each row anew. */
static const char head[] = "(?|(?!)";
static const char rows[] =
#define MASK(name, re) "|" re "(*MARK:" name ".)"
#include "digest/masks.def"
#undef MASK
    ")";

#define RULES_MAX ((size_t)1 << 20) /* bytes of a user's masks */
#define LONGEST_NAME 16

struct hw_mask {
	const struct hw_alloc *alloc;
	struct hw_regex re;
	unsigned char *out;
	size_t max, cap, n;
	struct hw_span span[HW_MASK_SPANS];
	size_t n_spans;
	unsigned char *plain; /* (max): a coloured record without colours */
	struct hw_view text;  /* it, as it is; n = 0: it has none */
};

static size_t name_bytes(const char *s)
{
	size_t n = 0;

	while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= '0' && s[n] <= '9') ||
	    s[n] == '-' || s[n] == '_')
		n++;
	return n;
}

/* A line of the rules, without what stands behind it. */
static enum hw_status copy_line(struct hw_buf *one, const char *line, size_t n,
    struct hw_err *e)
{
	while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == ' '))
		n--;
	one->n = 0;
	hw_buf_put(one, line, n);
	hw_buf_u8(one, 0);
	return hw_buf_status(one, "masks", e);
}

static enum hw_status add_rule(struct hw_buf *all, const char *row, int line,
    const struct hw_alloc *a, struct hw_err *e)
{
	struct hw_regex alone;
	size_t n = name_bytes(row);
	const char *re = row + n + strspn(row + n, " \t");
	char what[32];

	if (n == 0 || n > LONGEST_NAME || re == row + n || *re == '\0')
		return hw_fail(e, HW_USAGE, "masks: line %d: not a name (a-z, "
		    "0-9, at most %d) and a pattern", line, LONGEST_NAME);
	(void)snprintf(what, sizeof(what), "masks: line %d", line);
	/* Alone first: what is wrong with it is told of its own line. */
	HW_TRY(hw_regex_init(&alone, re, what, a, e));
	hw_regex_release(&alone);
	hw_buf_fmt(all, "|(?:%s)(*MARK:", re);
	if (n != 1 || row[0] != '-')
		hw_buf_fmt(all, "<%.*s>", (int)n, row);
	hw_buf_str(all, ".)");
	return HW_OK;
}

static enum hw_status add_rules(struct hw_buf *all, const char *rules,
    const struct hw_alloc *a, struct hw_err *e)
{
	enum hw_status st = HW_OK;
	struct hw_buf one;

	hw_buf_init(&one, a, RULES_MAX);
	for (int line = 1; st == HW_OK && rules != NULL && *rules != '\0';
	    line++) {
		size_t n = strcspn(rules, "\n");

		st = copy_line(&one, rules, n, e);
		if (st == HW_OK && one.p[0] != '\0' && one.p[0] != '#')
			st = add_rule(all, (const char *)one.p, line, a, e);
		rules += n + (rules[n] == '\n');
	}
	hw_buf_release(&one);
	return st;
}

/* The user's rows, then ours. */
static enum hw_status compile(struct hw_mask *m, const char *rules,
    struct hw_err *e)
{
	struct hw_buf all;
	enum hw_status st;

	hw_buf_init(&all, m->alloc, 4 * RULES_MAX);
	hw_buf_str(&all, head);
	st = add_rules(&all, rules, m->alloc, e);
	hw_buf_str(&all, rows);
	hw_buf_u8(&all, 0);
	if (st == HW_OK)
		st = hw_buf_status(&all, "masks", e);
	if (st == HW_OK)
		st = hw_regex_init(&m->re, (const char *)all.p, "masks",
		    m->alloc, e);
	hw_buf_release(&all);
	return st;
}

enum hw_status hw_mask_open(struct hw_mask **out, size_t max,
    const char *rules, const struct hw_alloc *a, struct hw_err *e)
{
	struct hw_mask *m = NULL;
	enum hw_status st;

	HW_TRY(hw_new(a, &m, 1, sizeof(*m), "masks", e));
	m->alloc = a;
	m->max = max;
	/* The worst growth: digits between spaces, "1 1 1" to "<num> <num>".
	 * What a user's longer names need beyond that is cut off. */
	m->cap = 3 * max + 16;
	st = compile(m, rules, e);
	if (st == HW_OK)
		st = hw_new(a, &m->out, m->cap, 1, "masked text", e);
	if (st == HW_OK)
		st = hw_new(a, &m->plain, max, 1, "masked text", e);
	if (st != HW_OK) {
		hw_mask_close(m);
		return st;
	}
	*out = m;
	return HW_OK;
}

void hw_mask_close(struct hw_mask *m)
{
	if (m == NULL)
		return;
	hw_regex_release(&m->re);
	hw_del(m->alloc, m->plain);
	hw_del(m->alloc, m->out);
	hw_del(m->alloc, m);
}

static void put(struct hw_mask *m, const void *p, size_t n)
{
	if (n > m->cap - m->n)
		n = m->cap - m->n;
	memcpy(m->out + m->n, p, n);
	m->n += n;
}

/* A list of like things is one thing, whatever its length. */
static bool only_comma(const unsigned char *p, size_t n)
{
	return n > 0 && n <= 2 && p[0] == ',' && (n == 1 || p[1] == ' ');
}

static struct hw_view without_newline(struct hw_view v)
{
	if (v.n > 0 && v.p[v.n - 1] == '\n')
		v.n--;
	if (v.n > 0 && v.p[v.n - 1] == '\r')
		v.n--;
	return v;
}

/* Kinds of which no value can be foreseen. */
static bool is_unique(const char *mark)
{
	static const char *const kinds[] = {"<time>.", "<pid>.", "<uuid>.",
	    "<hex>.", "<url>.", "<hash>.", "<id>."};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(mark, kinds[i]) == 0)
			return true;
	return false;
}

static void note(struct hw_mask *m, size_t from, size_t to, size_t out,
    const char *mark)
{
	if (m->n_spans < HW_MASK_SPANS)
		m->span[m->n_spans++] = (struct hw_span){from, to, out, m->n,
		    strcmp(mark, "<time>.") == 0, is_unique(mark), 0};
}

/* ---- colours --------------------------------------------------------------
 * They are no part of what a record says, so it is masked without them, and
 * what was found is looked up in it. */

static struct hw_view without_colours(struct hw_mask *m, struct hw_view v)
{
	size_t n = 0, csi;

	m->text.n = 0;
	if (v.n == 0 || memchr(v.p, 27, v.n) == NULL)
		return v;
	m->text = v;
	for (size_t at = 0; at < v.n; at += csi > 0 ? csi : 1) {
		csi = hw_csi(v.p + at, v.n - at);
		if (csi == 0)
			m->plain[n++] = v.p[at];
	}
	return (struct hw_view){m->plain, n};
}

/* The byte of the record that comes n bytes behind `at`, without colours. */
static size_t behind(const struct hw_mask *m, size_t at, size_t n)
{
	const struct hw_view v = m->text;
	size_t csi;

	for (; at < v.n; at++) {
		while ((csi = hw_csi(v.p + at, v.n - at)) > 0)
			at += csi;
		if (n-- == 0)
			break;
	}
	return at < v.n ? at : v.n;
}

static void find_spans(struct hw_mask *m)
{
	size_t at = 0, plain = 0;

	for (size_t i = 0; i < m->n_spans; i++) {
		struct hw_span *s = &m->span[i];
		size_t n = s->to - s->from, next = s->to;

		s->from = behind(m, at, s->from - plain);
		s->to = at = n > 0 ? behind(m, s->from, n - 1) + 1 : s->from;
		plain = next;
	}
}

size_t hw_mask_where(const struct hw_mask *m, size_t out)
{
	size_t low = 0, high = m->n_spans;
	const struct hw_span *s;

	while (low < high) { /* the last that begins at or before it */
		size_t mid = (low + high) / 2;

		if (m->span[mid].out_from <= out)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return m->text.n > 0 ? behind(m, 0, out) : out;
	s = &m->span[low - 1];
	if (out < s->out_to)
		return s->from;
	return m->text.n > 0 ? behind(m, s->to, out - s->out_to) :
	    s->to + (out - s->out_to);
}

/* What stands for a match at [from, x->to), where all before `at` is done. */
static void put_match(struct hw_mask *m, struct hw_view v, size_t at,
    const struct hw_match *x, const char *last)
{
	/* Nothing is marked when a user's pattern accepts early. */
	size_t name = x->mark[0] != '\0' ? strlen(x->mark) - 1 : 0, out;
	size_t from = x->from > at ? x->from : at;

	if (name == 0) {
		put(m, v.p + at, x->to - at);
		return;
	}
	if (at > 0 && strcmp(x->mark, last) == 0 &&
	    only_comma(v.p + at, from - at) && m->n_spans > 0) {
		m->span[m->n_spans - 1].to = x->to;
		return;
	}
	put(m, v.p + at, from - at);
	out = m->n;
	put(m, x->mark, name);
	note(m, from, x->to, out, x->mark);
}

struct hw_view hw_mask_text(struct hw_mask *m, struct hw_view text)
{
	struct hw_view v = without_newline(text);
	struct hw_match x;
	const char *last = "";
	size_t at = 0;

	if (v.n > m->max)
		v.n = m->max;
	v = without_colours(m, v);
	m->n = m->n_spans = 0;
	/* A match error (a limit) ends the masking of this record, no more:
	 * the rest is kept as it is. */
	while (at < v.n && hw_regex_find(&m->re, v, at, &x)) {
		if (x.to <= at) { /* a user's mask of nothing */
			put(m, v.p + at++, 1);
			continue;
		}
		put_match(m, v, at, &x, last);
		last = x.mark;
		at = x.to;
	}
	put(m, v.p + at, v.n - at);
	if (m->text.n > 0)
		find_spans(m);
	return (struct hw_view){m->out, m->n};
}

const struct hw_span *hw_mask_spans(const struct hw_mask *m, size_t *n)
{
	*n = m->n_spans;
	return m->span;
}

uint64_t hw_mask_id(struct hw_view masked)
{
	uint64_t id = hw_hash64(0, masked.p, masked.n);

	return id != 0 ? id : 1;
}
