/* SPDX-License-Identifier: MIT
 * What only this file knows: normalization (utf8proc, by the Unicode standard's
 * annex 15) and replacement in text.  Bytes that are no UTF-8 stay as they
 * are.  In a SentencePiece vocabulary U+2581 in the text is a space, as it is
 * in the vocabulary itself. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "tok/rules.h"

#define MAX_RULES 16
#define MATCH_LIMIT 1000000u
/* Combining marks in a row that are put in order together; sorting more would
 * take the square of their number.  (Annex 15 calls 30 enough for text.) */
#define MARKS 256
#define CHUNK 1024 /* characters that are normalized at a time, at least */
/* What a text and one byte more may grow to: a form multiplies by 11 at most
 * (NFKC, U+FDFA), real replacements by 3, and hostile ones by as much as they
 * like, each of them. */
#define GROWTH 64
#define MOST (4 * HW_TOK_MAX)

struct rule {
	utf8proc_option_t form; /* 0: a replacement */
	pcre2_code *code;
	struct hw_view to;
};

struct hw_rules {
	const struct hw_alloc *alloc;
	const char *path;       /* the model's, for messages */
	pcre2_match_context *context;
	pcre2_match_data *data;
	struct rule rule[MAX_RULES];
	size_t n;
	bool underline;         /* U+2581 is a space */
	struct hw_buf out[2];   /* from one to the other, rule by rule */
	int32_t *points;        /* (cap_points) decomposed characters */
	size_t cap_points;
};

/* ---- opening ------------------------------------------------------------- */

static const struct {
	const char *name;
	utf8proc_option_t form;
} forms[] = {
	{"nfc", UTF8PROC_STABLE | UTF8PROC_COMPOSE},
	{"nfd", UTF8PROC_STABLE | UTF8PROC_DECOMPOSE},
	{"nfkc", UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT},
	{"nfkd", UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT},
};

static enum hw_status add_replacement(struct hw_rules *r, struct hw_view v,
    struct hw_err *e)
{
	const unsigned char *nul = memchr(v.p, '\0', v.n);
	struct rule *to = &r->rule[r->n];
	PCRE2_SIZE at = 0;
	int code = 0;

	if (nul == NULL)
		return hw_fail(e, HW_CORRUPT, "a replacement by nothing");
	to->code = pcre2_compile(v.p, (size_t)(nul - v.p), PCRE2_UTF |
	    PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
	if (to->code == NULL)
		return hw_fail(e, HW_UNSUPPORTED, "PCRE2 refuses a pattern "
		    "that the tokenizer replaces, at %zu (error %d)",
		    (size_t)at, code);
	to->to = (struct hw_view){nul + 1, v.n - (size_t)(nul + 1 - v.p)};
	pcre2_jit_compile(to->code, PCRE2_JIT_COMPLETE);
	r->n++;
	return HW_OK;
}

static bool is(struct hw_view v, const char *s)
{
	return v.n == strlen(s) && memcmp(v.p, s, v.n) == 0;
}

static enum hw_status add_rule(struct hw_rules *r, struct hw_view v,
    struct hw_err *e)
{
	static const char replace[] = "replace ";
	size_t n = strlen(replace);

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (is(v, forms[i].name)) {
			r->rule[r->n++].form = forms[i].form;
			return HW_OK;
		}
	if (v.n > n && memcmp(v.p, replace, n) == 0)
		return add_replacement(r, (struct hw_view){v.p + n, v.n - n},
		    e);
	return hw_fail(e, HW_CORRUPT, "an unknown rule on the text");
}

/* Tokenizers that begin with NFC, which a GGUF file does not say: by the
 * pre-tokenizer, or, in files from before there was that key, by the model. */
static bool begins_with_nfc(const struct hw_model *m)
{
	static const char *const known[][2] = {{"qwen2", NULL}, {"mpt", NULL},
	    {"olmo", NULL}, {"", "gptneox"}, {"", "mpt"},
	    {"default", "gptneox"}};
	const struct hw_tok_spec *s = hw_model_tok_spec(m);
	const char *arch = hw_model_info(m)->arch;

	if (s->steps || strcmp(s->kind, "gpt2") != 0)
		return false;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(s->pre, known[i][0]) == 0 && (known[i][1] == NULL ||
		    strcmp(arch, known[i][1]) == 0))
			return true;
	return false;
}

static enum hw_status set_up(struct hw_rules *r, const struct hw_model *m,
    struct hw_err *e)
{
	const struct hw_tok_spec *s = hw_model_tok_spec(m);

	r->context = pcre2_match_context_create(NULL);
	r->data = pcre2_match_data_create(1, NULL);
	if (r->context == NULL || r->data == NULL)
		return hw_fail(e, HW_NOMEM, "no memory for rules");
	pcre2_set_match_limit(r->context, MATCH_LIMIT);
	if (begins_with_nfc(m))
		r->rule[r->n++].form = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
	for (size_t i = 0; i < s->n_rules && i < MAX_RULES; i++)
		HW_TRY(add_rule(r, s->rule(m, i), e));
	return HW_OK;
}

enum hw_status hw_rules_open(struct hw_rules **out, const struct hw_model *m,
    const struct hw_alloc *a, struct hw_err *e)
{
	bool underline = strcmp(hw_model_tok_spec(m)->kind, "gpt2") != 0;
	struct hw_rules *r = NULL;
	enum hw_status status;

	*out = NULL;
	if (hw_model_tok_spec(m)->n_rules == 0 && !underline &&
	    !begins_with_nfc(m))
		return HW_OK;
	HW_TRY(hw_new(a, &r, 1, sizeof(*r), "rules", e));
	r->alloc = a;
	r->path = hw_model_info(m)->path;
	r->underline = underline;
	for (int i = 0; i < 2; i++)
		hw_buf_init(&r->out[i], a, 0);
	status = set_up(r, m, e);
	if (status != HW_OK)
		hw_rules_close(r);
	else
		*out = r;
	return status;
}

void hw_rules_close(struct hw_rules *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		pcre2_code_free(r->rule[i].code);
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->context);
	hw_buf_release(&r->out[0]);
	hw_buf_release(&r->out[1]);
	hw_del(r->alloc, r->points);
	hw_del(r->alloc, r);
}

/* ---- normal forms -------------------------------------------------------- */

/* Bytes of v that can be normalized apart from the rest: at least CHUNK
 * characters, then up to an ASCII one, which joins nothing before it. */
static size_t chunk(struct hw_view v)
{
	size_t at = 0, chars = 0, marks = 0;
	uint32_t c;

	for (; at < v.n; chars++) {
		size_t n = hw_utf8_decode(v.p + at, v.n - at, &c);

		if (chars >= CHUNK && c < 0x80)
			break;
		/* It joins nothing, but utf8proc loses it after Hangul. */
		if (c == 0x11a7 && at > 0)
			break;
		marks = c < 0x300 || utf8proc_get_property(
		    (utf8proc_int32_t)c)->combining_class == 0 ? 0 : marks + 1;
		if (marks > MARKS)
			break;
		at += n;
	}
	return at;
}

static enum hw_status room(struct hw_rules *r, size_t n, struct hw_err *e)
{
	if (n <= r->cap_points)
		return HW_OK;
	hw_del(r->alloc, r->points);
	r->points = NULL;
	r->cap_points = 0;
	HW_TRY(hw_new(r->alloc, &r->points, n, sizeof(*r->points),
	    "characters", e));
	r->cap_points = n;
	return HW_OK;
}

static enum hw_status normalize(struct hw_rules *r, utf8proc_option_t form,
    struct hw_view v, struct hw_buf *out, struct hw_err *e)
{
	utf8proc_ssize_t n = 0;

	/* One more, as utf8proc ends what it makes with a NUL. */
	HW_TRY(room(r, 4 * v.n + 64, e));
	n = utf8proc_decompose(v.p, (utf8proc_ssize_t)v.n, r->points,
	    (utf8proc_ssize_t)r->cap_points - 1, form);
	if (n > (utf8proc_ssize_t)r->cap_points - 1) {
		HW_TRY(room(r, (size_t)n + 1, e));
		n = utf8proc_decompose(v.p, (utf8proc_ssize_t)v.n, r->points,
		    n, form);
	}
	if (n >= 0)
		n = utf8proc_reencode(r->points, n, form);
	if (n < 0)
		return hw_fail(e, HW_CORRUPT, "utf8proc: %s",
		    utf8proc_errmsg(n));
	hw_buf_put(out, r->points, (size_t)n);
	return HW_OK;
}

/* Below U+0300 all is in normal form, unless it is decomposed. */
static bool is_low(struct hw_view v, bool compose)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] >= (compose ? 0xcc : 0x80))
			return false;
	return true;
}

/* UTF-8, in chunks. */
static enum hw_status form_run(struct hw_rules *r, utf8proc_option_t form,
    struct hw_view v, struct hw_buf *out, struct hw_err *e)
{
	bool compose = (form & UTF8PROC_COMPOSE) != 0 &&
	    (form & UTF8PROC_COMPAT) == 0;

	while (v.n > 0) {
		struct hw_view part = {v.p, chunk(v)};

		if (is_low(part, compose))
			hw_buf_put(out, part.p, part.n);
		else
			HW_TRY(normalize(r, form, part, out, e));
		v.p += part.n;
		v.n -= part.n;
	}
	return HW_OK;
}

static enum hw_status to_form(struct hw_rules *r, utf8proc_option_t form,
    struct hw_view v, struct hw_buf *out, struct hw_err *e)
{
	while (v.n > 0) {
		size_t n = hw_utf8_valid(v.p, v.n);

		if (n == 0) {
			hw_buf_u8(out, *v.p);
			n = 1;
		} else {
			HW_TRY(form_run(r, form, (struct hw_view){v.p, n},
			    out, e));
		}
		v.p += n;
		v.n -= n;
	}
	return HW_OK;
}

/* ---- replacing ----------------------------------------------------------- */

static void replace_run(struct hw_rules *r, const struct rule *rule,
    struct hw_view v, struct hw_buf *out)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(r->data);
	size_t from = 0;

	while (from < v.n && !out->full && pcre2_match(rule->code, v.p, v.n,
	    from, PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, r->data,
	    r->context) >= 0) {
		if (at[0] < from || at[1] <= at[0])
			break;
		hw_buf_put(out, v.p + from, at[0] - from);
		hw_buf_put(out, rule->to.p, rule->to.n);
		from = at[1];
	}
	hw_buf_put(out, v.p + from, v.n - from);
}

static void replace(struct hw_rules *r, const struct rule *rule,
    struct hw_view v, struct hw_buf *out)
{
	while (v.n > 0 && !out->full) {
		size_t n = hw_utf8_valid(v.p, v.n);

		if (n == 0)
			hw_buf_u8(out, *v.p);
		else
			replace_run(r, rule, (struct hw_view){v.p, n}, out);
		n += n == 0;
		v.p += n;
		v.n -= n;
	}
}

static const unsigned char *find_underline(struct hw_view v)
{
	const unsigned char *p = v.p, *end = v.p + v.n;

	while (end - p >= 3 &&
	    (p = memchr(p, 0xe2, (size_t)(end - p) - 2)) != NULL) {
		if (p[1] == 0x96 && p[2] == 0x81)
			return p;
		p++;
	}
	return NULL;
}

static bool spaces(struct hw_view v, struct hw_buf *out)
{
	const unsigned char *p = find_underline(v);

	if (p == NULL)
		return false;
	for (; p != NULL; p = find_underline(v)) {
		hw_buf_put(out, v.p, (size_t)(p - v.p));
		hw_buf_u8(out, ' ');
		v.n -= (size_t)(p - v.p) + 3;
		v.p = p + 3;
	}
	hw_buf_put(out, v.p, v.n);
	return true;
}

static enum hw_status too_long(const struct hw_rules *r, struct hw_buf *out,
    size_t n, struct hw_err *e)
{
	out->full = false;
	return hw_fail(e, HW_CORRUPT, "%s: the normalizers make more than %zu "
	    "bytes of a text of %zu", r->path, out->max, n);
}

enum hw_status hw_rules_apply(struct hw_rules *r, struct hw_view *text,
    struct hw_err *e)
{
	size_t n = text->n, max = GROWTH * (n + 1);
	int side = 0;

	max = max < MOST ? max : MOST;
	r->out[0].n = r->out[1].n = 0;
	r->out[0].max = r->out[1].max = max;
	for (size_t i = 0; i < r->n + r->underline; i++) {
		struct hw_buf *out = &r->out[side];

		out->n = 0;
		if (i == r->n) {
			if (!spaces(*text, out))
				break;
		} else if (r->rule[i].form == 0) {
			replace(r, &r->rule[i], *text, out);
		} else {
			HW_TRY(to_form(r, r->rule[i].form, *text, out, e));
		}
		if (out->full)
			return too_long(r, out, n, e);
		HW_TRY(hw_buf_status(out, "text", e));
		*text = (struct hw_view){out->p, out->n};
		side = !side;
	}
	return HW_OK;
}
