/* SPDX-License-Identifier: MIT
 * What only this file knows: the handle behind hw_render_*, which form each
 * frame takes, and that a special token spells nothing. */
#include "digest/render.h"

#include <assert.h>
#include <string.h>

/* A record of the longest kind, each byte of it escaped, twice over. */
#define OUT_MAX (16 * HW_TOK_MAX)
#define WIDTH_LEAST 60

enum hw_status hw_render_open(struct hw_render **out,
    const struct hw_render_opts *o, struct hw_err *e)
{
	struct hw_render *r = NULL;

	HW_TRY(hw_new(o->alloc, &r, 1, sizeof(*r), "renderer", e));
	r->alloc = o->alloc;
	r->json = o->json;
	r->visible = o->visible;
	r->color = o->color;
	r->width = o->width <= 0 ? 80 :
	    o->width < WIDTH_LEAST ? WIDTH_LEAST : o->width;
	hw_buf_init(&r->out, o->alloc, OUT_MAX);
	hw_buf_init(&r->text, o->alloc, OUT_MAX);
	hw_buf_init(&r->exact, o->alloc, HW_TOK_MAX);
	*out = r;
	return HW_OK;
}

void hw_render_close(struct hw_render *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < RENDER_SOURCES; i++)
		hw_del(r->alloc, r->names[i].p);
	hw_buf_release(&r->out);
	hw_buf_release(&r->text);
	hw_buf_release(&r->exact);
	hw_del(r->alloc, r);
}

struct hw_view hw_render_bytes(const struct hw_render *r)
{
	return (struct hw_view){r->out.p, r->out.n};
}

void hw_render_drop(struct hw_render *r, size_t n)
{
	assert(n <= r->out.n);
	hw_buf_drop(&r->out, n);
}

void hw_render_vocab(struct hw_render *r, const struct hw_vocab *v)
{
	r->vocab = v;
}

struct hw_view render_name(const struct hw_render *r, uint32_t source)
{
	const struct render_name *name = r->names + source % RENDER_SOURCES;

	if (name->p == NULL || name->source != source)
		return (struct hw_view){NULL, 0};
	return (struct hw_view){name->p, name->n};
}

static void spell(struct hw_buf *b, const struct hw_vocab *v,
    const uint32_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct hw_view t = hw_vocab_text(v, ids, i);

		hw_buf_put(b, t.p, t.n);
	}
}

struct hw_view render_spell(struct hw_render *r, const uint32_t *ids, size_t n)
{
	r->text.n = 0;
	spell(&r->text, r->vocab, ids, n);
	return (struct hw_view){r->text.p, r->text.n};
}

struct hw_view render_record_text(struct hw_render *r,
    const struct hw_record *rec)
{
	return r->exact.n > 0 ? (struct hw_view){r->exact.p, r->exact.n} :
	    render_spell(r, rec->ids, rec->n);
}

/* Keep what was rendered, or take all of it back. */
static enum hw_status done(struct hw_render *r, size_t start,
    struct hw_err *e)
{
	/* Both are asked, since asking clears the refusal. */
	enum hw_status spelt = hw_buf_status(&r->text, "output", e);
	enum hw_status st = hw_buf_status(&r->out, "output", e);

	st = spelt != HW_OK ? spelt : st;
	if (st != HW_OK)
		r->out.n = start;
	return st;
}

/* A source is named again where its lines begin anew; in streams that were
 * joined, its number may have become another's. */
static bool is_known(const struct hw_render *r, uint32_t source,
    const unsigned char *p, size_t n)
{
	struct hw_view was = render_name(r, source);

	return was.p != NULL && was.n == n &&
	    (n == 0 || memcmp(was.p, p, n) == 0);
}

enum hw_status hw_render_source(struct hw_render *r,
    const struct hw_source_note *s, struct hw_err *e)
{
	struct render_name *to = r->names + s->source % RENDER_SOURCES;
	size_t n = s->name.n < RENDER_NAME ? s->name.n : RENDER_NAME;
	unsigned char *p = NULL;

	HW_TRY(hw_new(r->alloc, &p, n, 1, "name of a source", e));
	if (n > 0)
		memcpy(p, s->name.p, n);
	r->n_sources += !is_known(r, s->source, p, n);
	hw_del(r->alloc, to->p);
	*to = (struct render_name){s->source, n, p};
	return HW_OK;
}

enum hw_status hw_render_text(struct hw_render *r, struct hw_view text,
    struct hw_err *e)
{
	r->exact.n = 0;
	hw_buf_put(&r->exact, text.p, text.n);
	return hw_buf_status(&r->exact, "record", e);
}

enum hw_status hw_render_record(struct hw_render *r,
    const struct hw_record *rec, const struct hw_scores *s, struct hw_err *e)
{
	size_t start = r->out.n;

	assert(r->vocab != NULL);
	r->n_records++;
	if (r->json)
		json_record(r, rec, s);
	else if (r->visible)
		show_record(&r->out, render_record_text(r, rec));
	else if (r->exact.n > 0)
		hw_buf_put(&r->out, r->exact.p, r->exact.n);
	else
		spell(&r->out, r->vocab, rec->ids, rec->n);
	r->exact.n = 0;
	return done(r, start, e);
}

enum hw_status hw_render_window(struct hw_render *r,
    const struct hw_window *w, struct hw_err *e)
{
	size_t start = r->out.n;

	assert(r->vocab != NULL);
	r->in_windows.records += w->records;
	r->in_windows.tokens += w->tokens;
	r->in_windows.bytes += w->bytes;
	if (r->json)
		json_window(r, w);
	else
		text_window(r, w);
	return done(r, start, e);
}

enum hw_status hw_render_gap(struct hw_render *r, const struct hw_gap *g,
    struct hw_err *e)
{
	size_t start = r->out.n;

	if (r->json)
		json_gap(r, g);
	return done(r, start, e);
}

enum hw_status hw_render_note(struct hw_render *r, struct hw_view text,
    struct hw_err *e)
{
	size_t start = r->out.n;

	if (r->json)
		json_note(r, text);
	return done(r, start, e);
}

enum hw_status hw_render_end(struct hw_render *r, const struct hw_end *n,
    struct hw_err *e)
{
	size_t start = r->out.n;

	/* Of most digests the records themselves stayed behind. */
	if (r->json)
		json_end(r, n->records < r->in_windows.records ?
		    &r->in_windows : n);
	return done(r, start, e);
}
