/* SPDX-License-Identifier: MIT
 * What only this file knows: what is done to a record between its bytes and
 * its frame. */
#include "intake.h"

#include <string.h>

#include "cli.h"
#include "io.h"

static void must(enum hw_status status, const struct hw_err *e)
{
	if (status != HW_OK)
		cli_fail(e);
}

void intake_open(struct intake *in, const struct hw_model *m,
    const struct intake_opts *opts)
{
	struct hw_tok_opts to = {.special = opts->special};
	struct hw_enc_opts eo = {.text = opts->ids};
	const struct hw_model_info *info = hw_model_info(m);
	struct hw_hello hello = {hw_model_vocab(m), info->name, info->digest};
	struct hw_err e = {0};

	*in = (struct intake){.opts = *opts};
	must(hw_tok_open(&in->tok, m, &to, &e), &e);
	must(hw_enc_open(&in->enc, &eo, &e), &e);
	must(hw_enc_hello(in->enc, &hello, &e), &e);
}

void intake_finish(struct intake *in)
{
	struct hw_err e = {0};

	must(hw_enc_end(in->enc, &e), &e);
	io_flush(in->enc);
}

void intake_close(struct intake *in)
{
	hw_enc_close(in->enc);
	hw_tok_close(in->tok);
}

static void put(struct lane *l, const struct hw_piece *p)
{
	struct intake *in = l->in;
	struct hw_record rec = {.source = l->source, .flags = p->flags,
	    .offset = p->offset, .line = p->line,
	    .arrival_ms = l->arrival_ms};
	struct hw_err e = {0};

	must(hw_tok_encode(in->tok, p->bytes.p, p->bytes.n, &rec.ids, &rec.n,
	    &e), &e);
	if (!hw_tok_exact(in->tok))
		must(hw_enc_text(in->enc, p->bytes, &e), &e);
	must(hw_enc_record(in->enc, &rec, &e), &e);
	in->records += (p->flags & HW_RECORD_MORE) == 0;
	in->bytes += p->bytes.n;
	io_flush_some(in->enc);
}

/* ---- lanes --------------------------------------------------------------- */

void lane_open(struct lane *l, struct intake *in)
{
	struct hw_split_opts so = {.delim = in->opts.delim,
	    .max_record = in->opts.max_record};
	struct hw_err e = {0};

	*l = (struct lane){.in = in};
	must(hw_split_open(&l->split, &so, &e), &e);
}

void lane_close(struct lane *l)
{
	hw_split_close(l->split);
	l->split = NULL;
}

void lane_begin(struct lane *l, const char *name, bool again)
{
	struct hw_source_note note = {.name =
	    {(const unsigned char *)name, strlen(name)}};
	struct hw_err e = {0};

	if (!again)
		l->source = l->in->sources++;
	note.source = l->source;
	must(hw_enc_source(l->in->enc, &note, &e), &e);
	if (l->in->opts.verbose && !again)
		cli_warn("source %u: %s", (unsigned)l->source, name);
}

void *lane_space(struct lane *l, size_t *cap)
{
	return hw_split_space(l->split, cap);
}

void lane_added(struct lane *l, size_t n)
{
	struct hw_piece p;

	hw_split_added(l->split, n);
	l->arrival_ms = io_now_ms();
	while (hw_split_next(l->split, &p) == HW_OK)
		put(l, &p);
}

void lane_skip(struct lane *l, uint64_t n)
{
	hw_split_skip(l->split, n);
}

void lane_end(struct lane *l)
{
	struct hw_piece p;

	while (hw_split_finish(l->split, &p) == HW_OK)
		put(l, &p);
}
