/* SPDX-License-Identifier: MIT
 * What only this file knows: how what must not leave is found and what stands
 * in its place.
 *
 * It fails closed: a record that cannot be searched to its end (a pattern
 * reached its limit, there are too many matches) is hidden as a whole. */
#include <string.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/find.h"
#include "base/hash.h"
#include "base/regex.h"
#include "base/sha256.h"
#include "stream/pem.h"

#define MAX_RULES 256
#define MAX_SPANS 1024
#define NAME_MAX_BYTES 32
#define HASH_BYTES 6 /* shown of a keyed hash, in hex */

/* PEM: the pattern is what a key begins behind. */
enum check { NO_CHECK, LUHN, IBAN, PEM };

static const struct builtin {
	const char *name, *needs;
	enum check check;
	const char *pattern;
} builtins[] = {
#define REDACT(name, needs, check, pattern) {#name, needs, check, pattern},
#include "stream/redacts.def"
#undef REDACT
};
#define N_BUILTINS (sizeof(builtins) / sizeof(builtins[0]))

struct rule {
	struct hw_regex re;
	const char *needs;
	enum check check;
	size_t class; /* whose name it has */
};

struct class {
	char name[NAME_MAX_BYTES + 1];
	uint64_t count;
};

struct span {
	size_t from, to, class;
};

struct hw_redact {
	const struct hw_alloc *alloc;
	struct rule rule[MAX_RULES];
	size_t n_rules;
	struct rule *pem; /* NULL: keys may leave */
	struct class class[MAX_RULES];
	size_t n_classes;
	bool keyed;
	struct hw_hmac key;
	struct span span[MAX_SPANS];
	size_t n_spans;
	struct hw_buf out;
	uint64_t hidden;
};

enum hw_status hw_redact_open(struct hw_redact **out, struct hw_view key,
    const struct hw_alloc *a, struct hw_err *e)
{
	struct hw_redact *r = NULL;

	HW_TRY(hw_new(a, &r, 1, sizeof(*r), "redaction", e));
	r->alloc = a;
	r->keyed = key.n > 0;
	hw_hmac_init(&r->key, key.p, key.n);
	/* A value of one byte may become a name and a hash. */
	hw_buf_init(&r->out, a, 64 * HW_TOK_MAX);
	*out = r;
	return HW_OK;
}

void hw_redact_close(struct hw_redact *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n_rules; i++)
		hw_regex_release(&r->rule[i].re);
	hw_buf_release(&r->out);
	hw_del(r->alloc, r);
}

/* ---- rules --------------------------------------------------------------- */

/* The class of this name, a new one if there is none. */
static size_t class_of(struct hw_redact *r, const char *name, size_t n)
{
	size_t i = 0;

	while (i < r->n_classes && (strlen(r->class[i].name) != n ||
	    memcmp(r->class[i].name, name, n) != 0))
		i++;
	if (i == r->n_classes) {
		memcpy(r->class[i].name, name, n);
		r->n_classes++;
	}
	return i;
}

static bool is_name(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((p[i] < 'a' || p[i] > 'z') && (p[i] < '0' || p[i] > '9') &&
		    p[i] != '_' && p[i] != '-')
			return false;
	return n > 0 && n <= NAME_MAX_BYTES;
}

static enum hw_status add(struct hw_redact *r, const char *name, size_t n,
    const struct builtin *b, const char *where, struct hw_err *e)
{
	struct rule *rule = &r->rule[r->n_rules];

	if (r->n_rules == MAX_RULES)
		return hw_fail(e, HW_LIMIT, "%s: more than %d rules", where,
		    MAX_RULES);
	HW_TRY(hw_regex_init(&rule->re, b->pattern, where, r->alloc, e));
	rule->needs = b->needs;
	rule->check = b->check;
	rule->class = class_of(r, name, n);
	if (b->check == PEM && r->pem == NULL)
		r->pem = rule;
	r->n_rules++;
	return HW_OK;
}

bool hw_redact_is_class(const char *name, size_t n)
{
	for (size_t i = 0; i < N_BUILTINS; i++)
		if (strlen(builtins[i].name) == n &&
		    memcmp(builtins[i].name, name, n) == 0)
			return true;
	return n == 3 && memcmp(name, "all", 3) == 0;
}

static enum hw_status add_class(struct hw_redact *r, const char *name,
    size_t n, const char *where, struct hw_err *e)
{
	bool all = n == 3 && memcmp(name, "all", 3) == 0;

	if (!hw_redact_is_class(name, n))
		return hw_fail(e, HW_USAGE, "%s: '%.*s' is no class (all, key,"
		    " password, token, mail, iban, card, mac, ip, user)",
		    where, n < 64 ? (int)n : 64, name);
	for (size_t i = 0; i < N_BUILTINS; i++)
		if (all || (strlen(builtins[i].name) == n &&
		    memcmp(builtins[i].name, name, n) == 0))
			HW_TRY(add(r, builtins[i].name,
			    strlen(builtins[i].name), &builtins[i], where, e));
	return HW_OK;
}

enum hw_status hw_redact_classes(struct hw_redact *r, const char *list,
    const char *where, struct hw_err *e)
{
	for (;;) {
		size_t n = strcspn(list, ",");

		HW_TRY(add_class(r, list, n, where, e));
		if (list[n] == '\0')
			return HW_OK;
		list += n + 1;
	}
}

/* "NAME PATTERN", "use CLASS,...", "# remark" or nothing. */
static enum hw_status rule_line(struct hw_redact *r, char *line,
    const char *where, struct hw_err *e)
{
	size_t n, gap;
	struct builtin b = {.needs = ""};

	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return HW_OK;
	n = strcspn(line, " \t");
	gap = strspn(line + n, " \t");
	b.pattern = line + n + gap;
	if (*b.pattern == '\0')
		return hw_fail(e, HW_USAGE, "%s: not a name and a pattern",
		    where);
	if (n == 3 && memcmp(line, "use", 3) == 0)
		return hw_redact_classes(r, b.pattern, where, e);
	if (!is_name(line, n))
		return hw_fail(e, HW_USAGE, "%s: a name is a-z 0-9 _ -, at "
		    "most %d", where, NAME_MAX_BYTES);
	return add(r, line, n, &b, where, e);
}

enum hw_status hw_redact_rules(struct hw_redact *r, char *text,
    const char *name, struct hw_err *e)
{
	struct hw_buf where;
	enum hw_status st = HW_OK;

	hw_buf_init(&where, r->alloc, 8192);
	for (unsigned n = 1; st == HW_OK && *text != '\0'; n++) {
		size_t len = strcspn(text, "\n");
		bool last = text[len] == '\0';

		text[len] = '\0';
		if (len > 0 && text[len - 1] == '\r')
			text[len - 1] = '\0';
		where.n = 0;
		hw_buf_fmt(&where, "%s:%u", name, n);
		hw_buf_u8(&where, 0);
		st = hw_buf_status(&where, name, e);
		if (st == HW_OK)
			st = rule_line(r, text, (const char *)where.p, e);
		text += last ? len : len + 1;
	}
	hw_buf_release(&where);
	return st;
}

/* ---- checks -------------------------------------------------------------- */

/* The check digit of card numbers (ISO/IEC 7812-1). */
static bool luhn(const unsigned char *p, size_t n)
{
	unsigned sum = 0, place = 0;

	while (n-- > 0) {
		unsigned d = (unsigned)p[n] - '0';

		if (d > 9)
			continue;
		d *= 1 + (place++ & 1);
		sum += d > 9 ? d - 9 : d;
	}
	return place >= 13 && sum % 10 == 0;
}

/* The check digits of account numbers (ISO 13616): modulo 97, read from the
 * fifth character on and round, a letter as two digits. */
static bool iban(const unsigned char *p, size_t n)
{
	unsigned rest = 0;
	size_t seen = 0;

	for (size_t i = 0; i < n + 4; i++) {
		unsigned char c = p[i < n - 4 ? i + 4 : i < n ? i + 4 - n :
		    n - 1];

		if (i >= n || c == ' ')
			continue;
		seen++;
		if (c >= 'A')
			rest = (rest * 100 + (unsigned)(c - 'A') + 10) % 97;
		else
			rest = (rest * 10 + (unsigned)(c - '0')) % 97;
	}
	return seen >= 15 && rest == 1;
}

static bool checked(enum check check, const unsigned char *p, size_t n)
{
	switch (check) {
	case LUHN:
		return luhn(p, n);
	case IBAN:
		return iban(p, n);
	case NO_CHECK:
	case PEM:
		break;
	}
	return true;
}

/* How much of it has the right check digits: all, or what is before a blank or
 * hyphen, as what it was taken for may be two numbers.  0: nothing has. */
static size_t right(enum check check, const unsigned char *p, size_t n)
{
	while (n > 0 && !checked(check, p, n))
		do
			n--;
		while (n > 0 && hw_is_alnum(p[n]));
	return n;
}

/* ---- records ------------------------------------------------------------- */

/* Keep spans in order and apart: what an earlier rule took stays its own.
 * False: there is no room for more. */
static bool take(struct hw_redact *r, size_t from, size_t to, size_t class)
{
	size_t i = r->n_spans;

	while (i > 0 && r->span[i - 1].from >= from)
		i--;
	if ((i > 0 && r->span[i - 1].to > from) ||
	    (i < r->n_spans && r->span[i].from < to))
		return true;
	if (r->n_spans == MAX_SPANS)
		return false;
	memmove(r->span + i + 1, r->span + i,
	    (r->n_spans - i) * sizeof(*r->span));
	r->span[i] = (struct span){from, to, class};
	r->n_spans++;
	return true;
}

/* Keys come before all rules, each record once: their lines go as a whole, and
 * what they say of the next record must not depend on the others.  False: it
 * could not be searched to its end. */
static bool search_keys(struct hw_redact *r, struct hw_redact_at *at,
    struct hw_view v)
{
	struct pem p = {.at = at, .begin = &r->pem->re, .v = v};
	uint64_t limited = r->pem->re.limited;
	struct hw_match m;
	bool room = true;

	if (at->lines == 0 && hw_find(v, r->pem->needs) == v.n)
		return true;
	while (pem_next(&p, &m))
		room = take(r, m.from, m.to, r->pem->class) && room;
	return room && r->pem->re.limited == limited;
}

/* What ends a record is never replaced: another would become a part of it. */
static size_t text_end(struct hw_view v)
{
	size_t n = v.n;

	if (n > 0 && v.p[n - 1] == '\0')
		return n - 1;
	if (n > 0 && v.p[n - 1] == '\n')
		n--;
	return n < v.n && n > 0 && v.p[n - 1] == '\r' ? n - 1 : n;
}

/* False: it could not be searched to its end. */
static bool search(struct hw_redact *r, struct rule *rule, struct hw_view v)
{
	uint64_t limited = rule->re.limited;
	struct hw_match m;
	size_t at = 0, end = text_end(v);

	if (*rule->needs != '\0' && hw_find(v, rule->needs) == v.n)
		return true;
	while (at <= v.n && hw_regex_find(&rule->re, v, at, &m)) {
		size_t next = m.to > at ? m.to : at + 1, n;

		m.to = m.to < end ? m.to : end;
		n = m.to > m.from ? right(rule->check, v.p + m.from,
		    m.to - m.from) : 0;
		if (n > 0 && !take(r, m.from, m.from + n, rule->class))
			return false;
		/* What was not taken of it may be part of the next. */
		if (rule->check != NO_CHECK)
			for (next = m.from + (n > 0 ? n : 1); next < m.to &&
			    hw_is_alnum(v.p[next]); next++)
				;
		at = next;
	}
	return rule->re.limited == limited;
}

static void put_span(struct hw_redact *r, struct hw_view v,
    const struct span *s)
{
	unsigned char hash[HW_SHA256_SIZE];

	r->class[s->class].count++;
	hw_buf_fmt(&r->out, "<%s", r->class[s->class].name);
	if (r->keyed) {
		hw_hmac(&r->key, v.p + s->from, s->to - s->from, hash);
		hw_buf_u8(&r->out, ':');
		for (size_t i = 0; i < HASH_BYTES; i++)
			hw_buf_fmt(&r->out, "%02x", hash[i]);
	}
	hw_buf_u8(&r->out, '>');
}

/* False: a record could not be searched to its end. */
static bool find_spans(struct hw_redact *r, struct hw_redact_at *at,
    struct hw_view in)
{
	struct hw_redact_at alone = {0, 0};

	r->n_spans = 0;
	if (r->pem != NULL && !search_keys(r, at != NULL ? at : &alone, in))
		return false;
	for (size_t i = 0; i < r->n_rules; i++)
		if (r->rule[i].check != PEM && !search(r, &r->rule[i], in))
			return false;
	return true;
}

enum hw_status hw_redact(struct hw_redact *r, struct hw_redact_at *source,
    struct hw_view in, struct hw_view *out, struct hw_err *e)
{
	bool whole = find_spans(r, source, in);
	size_t at = 0;

	*out = in;
	if (whole && r->n_spans == 0)
		return HW_OK;
	r->out.n = 0;
	if (!whole) {
		r->hidden++;
		hw_buf_fmt(&r->out, "<hidden: %zu bytes>%s", in.n,
		    in.n > 0 && in.p[in.n - 1] == '\n' ? "\n" : "");
	}
	for (size_t i = 0; whole && i < r->n_spans; i++) {
		hw_buf_put(&r->out, in.p + at, r->span[i].from - at);
		put_span(r, in, &r->span[i]);
		at = r->span[i].to;
	}
	if (whole)
		hw_buf_put(&r->out, in.p + at, in.n - at);
	HW_TRY(hw_buf_status(&r->out, "redaction", e));
	*out = (struct hw_view){r->out.p, r->out.n};
	return HW_OK;
}

bool hw_redact_count(const struct hw_redact *r, size_t i, const char **name,
    uint64_t *count)
{
	if (i > r->n_classes || (i == r->n_classes && r->hidden == 0))
		return false;
	*name = i < r->n_classes ? r->class[i].name : "hidden";
	*count = i < r->n_classes ? r->class[i].count : r->hidden;
	return true;
}
