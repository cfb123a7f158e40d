/* SPDX-License-Identifier: MIT
 * What only this file knows: PCRE2's interface.  Patterns see bytes, not
 * UTF-8: logs hold broken sequences, and no pattern here needs characters. */
#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Enough for any sane pattern on a 64 KiB record; a hostile one gives up in
 * some milliseconds. */
#define MATCH_LIMIT 200000u
#define DEPTH_LIMIT 1000u

static void *get(PCRE2_SIZE n, void *ctx)
{
	const struct hw_alloc *a = ctx;
	void *p = NULL;

	return hw_new(a, &p, n, 1, "pattern", NULL) == HW_OK ? p : NULL;
}

static void put(void *p, void *ctx)
{
	hw_del(ctx, p);
}

/* PCRE2's callbacks take a plain pointer; ours is only read through. */
static void *as_context(const struct hw_alloc *a)
{
	union {
		const struct hw_alloc *in;
		void *out;
	} u = {a};

	return u.out;
}

static enum hw_status compile(struct hw_regex *r, const char *pattern,
    const char *what, struct hw_err *e)
{
	pcre2_compile_context *c = pcre2_compile_context_create(r->general);
	PCRE2_UCHAR msg[128];
	PCRE2_SIZE at = 0;
	int err = 0;

	if (c == NULL)
		return hw_fail(e, HW_NOMEM, "%s: no memory", what);
	r->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
	    PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C, &err, &at, c);
	pcre2_compile_context_free(c);
	if (r->code != NULL)
		return HW_OK;
	if (err == PCRE2_ERROR_HEAP_FAILED)
		return hw_fail(e, HW_NOMEM, "%s: no memory", what);
	pcre2_get_error_message(err, msg, sizeof(msg));
	return hw_fail(e, HW_USAGE, "%s: %s at character %zu", what,
	    (const char *)msg, (size_t)at + 1);
}

enum hw_status hw_regex_init(struct hw_regex *r, const char *pattern,
    const char *what, const struct hw_alloc *a, struct hw_err *e)
{
	enum hw_status st;

	*r = (struct hw_regex){.alloc = a};
	r->general = pcre2_general_context_create(get, put, as_context(a));
	st = r->general != NULL ? compile(r, pattern, what, e) :
	    hw_fail(e, HW_NOMEM, "%s: no memory", what);
	if (st == HW_OK) {
		/* Without JIT (some systems forbid it) matching is slower and
		 * the same. */
		(void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
		r->match = pcre2_match_data_create(8, r->general);
		r->context = pcre2_match_context_create(r->general);
		if (r->match == NULL || r->context == NULL)
			st = hw_fail(e, HW_NOMEM, "%s: no memory", what);
	}
	if (st != HW_OK) {
		hw_regex_release(r);
		return st;
	}
	pcre2_set_match_limit(r->context, MATCH_LIMIT);
	pcre2_set_depth_limit(r->context, DEPTH_LIMIT);
	return HW_OK;
}

void hw_regex_release(struct hw_regex *r)
{
	pcre2_match_context_free(r->context);
	pcre2_match_data_free(r->match);
	pcre2_code_free(r->code);
	pcre2_general_context_free(r->general);
	*r = (struct hw_regex){0};
}

bool hw_regex_find(struct hw_regex *r, struct hw_view v, size_t at,
    struct hw_match *m)
{
	int n = pcre2_match(r->code, v.p, v.n, at, PCRE2_NO_UTF_CHECK,
	    r->match, r->context);
	PCRE2_SPTR mark;
	PCRE2_SIZE *o;

	if (n < 0) {
		if (n != PCRE2_ERROR_NOMATCH)
			r->limited++;
		return false;
	}
	o = pcre2_get_ovector_pointer(r->match);
	mark = pcre2_get_mark(r->match);
	*m = (struct hw_match){o[0], o[1],
	    mark != NULL ? (const char *)mark : ""};
	return true;
}
