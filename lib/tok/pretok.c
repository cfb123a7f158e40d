/* SPDX-License-Identifier: MIT
 * What only this file knows: how PCRE2 cuts text.  The text is first cut into
 * runs of valid UTF-8 and runs of other bytes; the patterns see only the
 * former, so they need no checks of their own.  Then each pattern cuts what
 * the one before it gave. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "tok/pretok.h"

#define MAX_STAGES 16
#define MATCH_LIMIT 1000000u
#define KNOWN_SLOTS ((size_t)1024)
#define KNOWN_BYTES 14

struct stage {
	pcre2_code *code;
	char how;             /* 'I', 'R', 'P', 'N', 'C': see model.h */
	bool inverted;        /* its matches are what lies between */
	struct hw_view all;   /* the text, which a pattern may look back on */
	struct hw_view text;  /* what is left to cut */
	struct hw_view match; /* found, and not yet given: text before it is */
	bool found;
};

/* A piece that no stage from this one on cuts; the newest in its slot wins. */
struct known {
	uint8_t n, stage; /* n = 0: empty */
	unsigned char bytes[KNOWN_BYTES];
};

struct hw_pretok {
	const struct hw_alloc *alloc;
	pcre2_general_context *general;
	pcre2_match_context *context;
	pcre2_match_data *data;
	struct stage stage[MAX_STAGES];
	size_t n_stages;
	bool removes; /* a stage may swallow a piece */
	bool whole;
	struct hw_view text; /* not yet given to the first stage */
	struct known known[KNOWN_SLOTS];
};

#define P1(a) {a}
#define P2(a, b) {a, b}
#define P3(a, b, c) {a, b, c}
#define P5(a, b, c, d, e) {a, b, c, d, e}
#define P6(a, b, c, d, e, f) {a, b, c, d, e, f}
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

static enum hw_status add_stage(struct hw_pretok *t, char how, bool inverted,
    struct hw_view pattern, pcre2_compile_context *cc, struct hw_err *e)
{
	struct stage *s = &t->stage[t->n_stages];
	PCRE2_SIZE at = 0;
	int code = 0;

	s->how = how;
	s->inverted = inverted;
	t->removes = t->removes || how == 'R';
	/* \C would end a match within a character. */
	s->code = pcre2_compile(pattern.p, pattern.n, PCRE2_UTF | PCRE2_UCP |
	    PCRE2_NEVER_BACKSLASH_C, &code, &at, cc);
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

/* The cuts of a row, or, without one, of the model. */
static enum hw_status add_stages(struct hw_pretok *t,
    const struct pretok_row *row, const struct hw_model *m,
    pcre2_compile_context *cc, struct hw_err *e)
{
	size_t n = row != NULL ? MAX_STAGES : hw_model_tok_spec(m)->n_cuts;

	for (size_t i = 0; i < n && i < MAX_STAGES; i++) {
		struct hw_view v;
		char how = 'I';

		if (row != NULL && row->patterns[i] == NULL)
			break;
		if (row != NULL) {
			v.p = (const unsigned char *)row->patterns[i];
			v.n = strlen(row->patterns[i]);
		} else {
			v = hw_model_tok_spec(m)->cut(m, i);
			if (v.n < 2)
				return hw_fail(e, HW_CORRUPT, "a cut without "
				    "a pattern");
			how = (char)v.p[0];
			v = (struct hw_view){v.p + 2, v.n - 2};
		}
		HW_TRY(add_stage(t, (char)(how & ~0x20), (how & 0x20) != 0,
		    v, cc, e));
	}
	return HW_OK;
}

static enum hw_status set_up(struct hw_pretok *t,
    const struct pretok_row *row, const struct hw_model *m, struct hw_err *e)
{
	pcre2_compile_context *cc;
	enum hw_status status;

	t->whole = row != NULL ? row->whole : hw_model_tok_spec(m)->whole;
	t->general = pcre2_general_context_create(get, put, t);
	if (t->general == NULL)
		return hw_fail(e, HW_NOMEM, "no memory for patterns");
	t->context = pcre2_match_context_create(t->general);
	t->data = pcre2_match_data_create(1, t->general);
	cc = pcre2_compile_context_create(t->general);
	if (t->context == NULL || t->data == NULL || cc == NULL) {
		status = hw_fail(e, HW_NOMEM, "no memory for patterns");
	} else {
		pcre2_set_match_limit(t->context, MATCH_LIMIT);
		status = add_stages(t, row, m, cc, e);
	}
	pcre2_compile_context_free(cc);
	return status;
}

static enum hw_status open_either(struct hw_pretok **out,
    const struct pretok_row *row, const struct hw_model *m,
    const struct hw_alloc *a, struct hw_err *e)
{
	struct hw_pretok *t = NULL;
	enum hw_status status;

	HW_TRY(hw_new(a, &t, 1, sizeof(*t), "pre-tokenizer", e));
	t->alloc = a;
	status = set_up(t, row, m, e);
	if (status != HW_OK)
		hw_pretok_close(t);
	else
		*out = t;
	return status;
}

enum hw_status hw_pretok_open(struct hw_pretok **out, const char *name,
    const struct hw_alloc *a, struct hw_err *e)
{
	const struct pretok_row *row = find(name);

	return row != NULL ? open_either(out, row, NULL, a, e) :
	    hw_fail(e, HW_UNSUPPORTED, "pre-tokenizer \"%s\"", name);
}

enum hw_status hw_pretok_open_cuts(struct hw_pretok **out,
    const struct hw_model *m, const struct hw_alloc *a, struct hw_err *e)
{
	return open_either(out, NULL, m, a, e);
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
	size_t from = (size_t)(s->text.p - s->all.p);
	const PCRE2_SIZE *at;
	int n = pcre2_match(s->code, s->all.p, s->all.n, from,
	    PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, t->data, t->context);

	if (n == PCRE2_ERROR_JIT_STACKLIMIT)
		n = pcre2_match(s->code, s->all.p, s->all.n, from,
		    PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY | PCRE2_NO_JIT,
		    t->data, t->context);
	if (n < 0)
		return false;
	at = pcre2_get_ovector_pointer(t->data);
	/* (\K could make it begin before the place where we are.) */
	if (at[0] < from || at[1] <= at[0])
		return false;
	s->match = (struct hw_view){s->all.p + at[0], at[1] - at[0]};
	return true;
}

/* How long the next match, or what lies before it, is; the text is not
 * empty. */
static size_t peek(struct hw_pretok *t, struct stage *s, bool *is_match)
{
	size_t n = s->text.n;

	if (!s->found)
		s->found = match(t, s);
	*is_match = s->found && s->match.p == s->text.p;
	if (*is_match)
		n = s->match.n;
	else if (s->found)
		n = (size_t)(s->match.p - s->text.p);
	*is_match ^= s->inverted;
	return n;
}

static void skip(struct stage *s, size_t n)
{
	s->text.p += n;
	s->text.n -= n;
	if (s->found && s->text.p > s->match.p)
		s->found = false;
}

/* The next piece of a stage; false: it has no more. */
static bool cut(struct hw_pretok *t, struct stage *s, struct hw_view *piece)
{
	bool is_match, next;
	size_t n;

	do {
		if (s->text.n == 0)
			return false;
		n = peek(t, s, &is_match);
		*piece = (struct hw_view){s->text.p, n};
		skip(s, n);
	} while (is_match && s->how == 'R');
	while (s->text.n > 0 && s->how != 'I' && s->how != 'R') {
		n = peek(t, s, &next);
		if (s->how == 'C' ? next != is_match :
		    s->how == 'P' ? is_match || !next : !is_match || next)
			break;
		piece->n += n;
		skip(s, n);
		if (s->how != 'C')
			break;
	}
	return true;
}

static void begin(struct stage *s, struct hw_view text)
{
	s->all = s->text = text;
	s->found = false;
}

static struct known *slot(struct hw_pretok *t, size_t stage,
    struct hw_view piece)
{
	return &t->known[hw_hash64(stage, piece.p, piece.n) % KNOWN_SLOTS];
}

/* What a stage makes of a piece depends on that piece alone, and text repeats
 * itself: most of it need not be matched again.  One character cannot be
 * cut. */
static bool stays_whole(struct hw_pretok *t, size_t stage,
    struct hw_view piece)
{
	const struct known *k;

	if (stage == t->n_stages)
		return true;
	if (!t->removes && hw_utf8_char(piece.p, piece.n) == piece.n)
		return true;
	if (piece.n > KNOWN_BYTES)
		return false;
	k = slot(t, stage, piece);
	return k->n == piece.n && k->stage == stage &&
	    memcmp(k->bytes, piece.p, piece.n) == 0;
}

/* The last stages gave this piece; those that were given no more than it did
 * not cut it. */
static void remember(struct hw_pretok *t, struct hw_view piece)
{
	size_t i = t->n_stages;
	struct known *k;

	while (i > 0 && t->stage[i - 1].all.n == piece.n)
		i--;
	if (i == t->n_stages || piece.n > KNOWN_BYTES)
		return;
	k = slot(t, i, piece);
	k->n = (uint8_t)piece.n;
	k->stage = (uint8_t)i;
	memcpy(k->bytes, piece.p, piece.n);
}

/* Every stage cuts what the one before it gives; the last that still has
 * something is asked first. */
bool hw_pretok_next(struct hw_pretok *t, struct hw_view *piece)
{
	size_t i = t->n_stages;
	bool text;

	for (;;) {
		while (i > 0 && !cut(t, &t->stage[i - 1], piece))
			i--;
		if (i == 0) {
			if (!next_run(t, piece, &text))
				return false;
			if (!text)
				return true;
		}
		if (stays_whole(t, i, *piece))
			break;
		begin(&t->stage[i++], *piece);
	}
	if (i == t->n_stages)
		remember(t, *piece);
	return true;
}
