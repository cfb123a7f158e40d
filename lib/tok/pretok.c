/* SPDX-License-Identifier: MIT
 * What only this file knows: how PCRE2 cuts text.  The text is first cut into
 * runs of valid UTF-8 and runs of other bytes; the patterns see only the
 * former, so they need no checks of their own.  Then each pattern cuts what
 * the one before it gave. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "base/utf8.h"
#include "tok/pretok.h"

#define MAX_STAGES 5
#define MATCH_LIMIT 1000000u

struct stage {
	pcre2_code *code;
	struct hw_view text; /* what is left to cut */
	struct hw_view match; /* found, and not yet given: text before it is */
	bool found;
};

struct hw_pretok {
	const struct hw_alloc *alloc;
	pcre2_general_context *general;
	pcre2_match_context *context;
	pcre2_match_data *data;
	struct stage stage[MAX_STAGES];
	size_t n_stages;
	bool whole;
	struct hw_view text; /* not yet given to the first stage */
};

#define P1(a) {a, NULL, NULL, NULL, NULL}
#define P2(a, b) {a, b, NULL, NULL, NULL}
#define P3(a, b, c) {a, b, c, NULL, NULL}
#define P5(a, b, c, d, e) {a, b, c, d, e}
/* A row's braces would be split at their commas by a plain parameter. */
#define PRETOK(name, whole, ...) {name, whole, __VA_ARGS__},
static const struct pretok_row {
	const char *name;
	bool whole;
	const char *patterns[MAX_STAGES];
} rows[] = {
#include "tok/pretoks.def"
};
#undef PRETOK

static const struct pretok_row *find(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

/* ---- PCRE2's memory is the caller's -------------------------------------- */

static void *get(size_t n, void *ctx)
{
	const struct hw_pretok *t = ctx;
	void *p = NULL;

	return hw_new(t->alloc, &p, n, 1, "pattern", NULL) == HW_OK ? p : NULL;
}

static void put(void *p, void *ctx)
{
	const struct hw_pretok *t = ctx;

	hw_del(t->alloc, p);
}

static enum hw_status add_stage(struct hw_pretok *t, const char *pattern,
    pcre2_compile_context *cc, struct hw_err *e)
{
	struct stage *s = &t->stage[t->n_stages];
	PCRE2_SIZE at = 0;
	int code = 0;

	s->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
	    PCRE2_UTF | PCRE2_UCP, &code, &at, cc);
	if (s->code == NULL && code == PCRE2_ERROR_HEAP_FAILED)
		return hw_fail(e, HW_NOMEM, "no memory for a pattern");
	if (s->code == NULL)
		return hw_fail(e, HW_UNSUPPORTED, "PCRE2 refuses a "
		    "pre-tokenizer's pattern at %zu (error %d)", (size_t)at,
		    code);
	t->n_stages++;
	/* Without a compiler for this machine it is interpreted. */
	pcre2_jit_compile(s->code, PCRE2_JIT_COMPLETE);
	return HW_OK;
}

static enum hw_status set_up(struct hw_pretok *t,
    const struct pretok_row *row, struct hw_err *e)
{
	pcre2_compile_context *cc;
	enum hw_status status = HW_OK;

	t->whole = row->whole;
	t->general = pcre2_general_context_create(get, put, t);
	if (t->general == NULL)
		return hw_fail(e, HW_NOMEM, "no memory for patterns");
	t->context = pcre2_match_context_create(t->general);
	t->data = pcre2_match_data_create(1, t->general);
	cc = pcre2_compile_context_create(t->general);
	if (t->context == NULL || t->data == NULL || cc == NULL)
		status = hw_fail(e, HW_NOMEM, "no memory for patterns");
	else
		pcre2_set_match_limit(t->context, MATCH_LIMIT);
	for (size_t i = 0; status == HW_OK && i < MAX_STAGES &&
	    row->patterns[i] != NULL; i++)
		status = add_stage(t, row->patterns[i], cc, e);
	pcre2_compile_context_free(cc);
	return status;
}

enum hw_status hw_pretok_open(struct hw_pretok **out, const char *name,
    const struct hw_alloc *a, struct hw_err *e)
{
	const struct pretok_row *row = find(name);
	struct hw_pretok *t = NULL;
	enum hw_status status;

	if (row == NULL)
		return hw_fail(e, HW_UNSUPPORTED, "pre-tokenizer \"%s\"",
		    name);
	HW_TRY(hw_new(a, &t, 1, sizeof(*t), "pre-tokenizer", e));
	t->alloc = a;
	status = set_up(t, row, e);
	if (status != HW_OK)
		hw_pretok_close(t);
	else
		*out = t;
	return status;
}

void hw_pretok_close(struct hw_pretok *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n_stages; i++)
		pcre2_code_free(t->stage[i].code);
	pcre2_match_data_free(t->data);
	pcre2_match_context_free(t->context);
	pcre2_general_context_free(t->general);
	hw_del(t->alloc, t);
}

bool hw_pretok_whole(const struct hw_pretok *t)
{
	return t->whole;
}

void hw_pretok_start(struct hw_pretok *t, struct hw_view text)
{
	t->text = text;
	for (size_t i = 0; i < t->n_stages; i++) {
		t->stage[i].text.n = 0;
		t->stage[i].found = false;
	}
}

/* ---- cutting ------------------------------------------------------------- */

/* The first n bytes of v, and v without them. */
static struct hw_view take(struct hw_view *v, size_t n)
{
	struct hw_view first = {v->p, n};

	v->p += n;
	v->n -= n;
	return first;
}

/* The next run of characters, or of bytes that are none (*text false). */
static bool next_run(struct hw_pretok *t, struct hw_view *run, bool *text)
{
	size_t n = hw_utf8_valid(t->text.p, t->text.n);

	*text = n > 0;
	if (t->text.n == 0)
		return false;
	if (n == 0)
		while (n < t->text.n &&
		    hw_utf8_char(t->text.p + n, t->text.n - n) == 0)
			n++;
	*run = take(&t->text, n);
	return true;
}

/* A match that is not empty.  One that PCRE2 gives up on is none: the text is
 * then one piece, which is still all of its bytes. */
static bool match(struct hw_pretok *t, struct stage *s)
{
	const PCRE2_SIZE *at;
	int n = pcre2_match(s->code, s->text.p, s->text.n, 0,
	    PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, t->data, t->context);

	if (n == PCRE2_ERROR_JIT_STACKLIMIT)
		n = pcre2_match(s->code, s->text.p, s->text.n, 0,
		    PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY | PCRE2_NO_JIT,
		    t->data, t->context);
	if (n < 0)
		return false;
	at = pcre2_get_ovector_pointer(t->data);
	s->match = (struct hw_view){s->text.p + at[0], at[1] - at[0]};
	return true;
}

/* The next piece of a stage's text, which is not empty. */
static struct hw_view cut(struct hw_pretok *t, struct stage *s)
{
	size_t before;

	if (!s->found)
		s->found = match(t, s);
	if (!s->found)
		return take(&s->text, s->text.n);
	before = (size_t)(s->match.p - s->text.p);
	if (before > 0)
		return take(&s->text, before);
	s->found = false;
	return take(&s->text, s->match.n);
}

bool hw_pretok_next(struct hw_pretok *t, struct hw_view *piece)
{
	size_t i = t->n_stages;
	bool text = true;

	/* The last stage that still has something. */
	while (i > 0 && t->stage[i - 1].text.n == 0)
		i--;
	if (i == 0 && !next_run(t, piece, &text))
		return false;
	if (i == 0 && !text)
		return true;
	if (i > 0)
		*piece = cut(t, &t->stage[i - 1]);
	for (; i < t->n_stages; i++) {
		t->stage[i].text = *piece;
		t->stage[i].found = false;
		*piece = cut(t, &t->stage[i]);
	}
	return true;
}
