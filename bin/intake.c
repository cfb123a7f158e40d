/* SPDX-License-Identifier: MIT
 * What only this file knows: what is done to a record between its bytes and
 * its frame. */
#include "intake.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	in->unconfirmed = 1; /* we are ready */
}

/* An answer a record, and one at the start: the protocol of rsyslog's omprog.
 * Who asked for answers and does not read them has left. */
void intake_flush(struct intake *in)
{
	static const char oks[] = "OK\nOK\nOK\nOK\nOK\nOK\nOK\nOK\n";

	io_flush(in->enc);
	while (in->opts.confirm > 0 && in->unconfirmed > 0) {
		size_t n = in->unconfirmed < 8 ? (size_t)in->unconfirmed : 8;

		if (write(in->opts.confirm, oks, 3 * n) != (ssize_t)(3 * n))
			cli_die(CLI_IO, "--confirm: %s", strerror(errno));
		in->unconfirmed -= n;
	}
}

/* What was redacted, how often; never what it was. */
static void note_redacted(struct intake *in)
{
	char line[1024] = "redacted:";
	size_t n = strlen(line), start = n;
	const char *name;
	uint64_t count;
	struct hw_err e = {0};

	for (size_t i = 0; n < sizeof(line) &&
	    hw_redact_count(in->opts.redact, i, &name, &count); i++)
		if (count > 0)
			n += (size_t)snprintf(line + n, sizeof(line) - n,
			    " %s=%" PRIu64, name, count);
	if (n == start)
		n += (size_t)snprintf(line + n, sizeof(line) - n, " nothing");
	must(hw_enc_note(in->enc, (struct hw_view){
	    (const unsigned char *)line, n < sizeof(line) ? n :
	    sizeof(line) - 1}, &e), &e);
	if (in->opts.verbose)
		cli_warn("%s", line);
}

void intake_finish(struct intake *in)
{
	struct hw_err e = {0};

	if (in->opts.redact != NULL)
		note_redacted(in);
	must(hw_enc_end(in->enc, &e), &e);
	intake_flush(in);
}

void intake_close(struct intake *in)
{
	hw_redact_close(in->opts.redact);
	hw_enc_close(in->enc);
	hw_tok_close(in->tok);
}

/* at: NULL where it is no record. */
static struct hw_view redacted(struct intake *in, struct hw_redact_at *at,
    struct hw_view v)
{
	struct hw_err e = {0};

	if (in->opts.redact != NULL)
		must(hw_redact(in->opts.redact, at, v, &v, &e), &e);
	return v;
}

static void put(struct lane *l, const struct hw_piece *p)
{
	struct intake *in = l->in;
	struct hw_view text = redacted(in, &l->redact, p->bytes);
	struct hw_record rec = {.source = l->source, .flags = p->flags,
	    .offset = p->offset, .line = p->line,
	    .arrival_ms = l->arrival_ms};
	struct hw_err e = {0};

	must(hw_tok_encode(in->tok, text.p, text.n, &rec.ids, &rec.n, &e),
	    &e);
	if (!hw_tok_exact(in->tok))
		must(hw_enc_text(in->enc, text, &e), &e);
	must(hw_enc_record(in->enc, &rec, &e), &e);
	in->records += (p->flags & HW_RECORD_MORE) == 0;
	in->unconfirmed += (p->flags & HW_RECORD_MORE) == 0;
	in->bytes += p->bytes.n;
	io_flush_some(in->enc);
}

static void announce(struct lane *l, struct hw_view name)
{
	struct hw_source_note note = {l->source,
	    redacted(l->in, NULL, name)};
	struct hw_err e = {0};

	must(hw_enc_source(l->in->enc, &note, &e), &e);
	if (l->in->opts.verbose)
		cli_warn("source %u: %.*s", (unsigned)l->source,
		    (int)name.n, (const char *)name.p);
}

/* ---- lanes --------------------------------------------------------------- */

/* A line of JSON is unwrapped as a whole. */
#define WRAPPED_LINE ((size_t)1 << 20)

void lane_open(struct lane *l, struct intake *in)
{
	const struct intake_opts *o = &in->opts;
	struct hw_split_opts so = {.delim = o->delim,
	    .max_record = o->max_record};
	struct hw_lines_opts lo = {.max_record = o->max_record,
	    .wrap = o->wrap, .multiline = o->multiline};
	struct hw_err e = {0};

	*l = (struct lane){.in = in};
	if (o->wrap != HW_WRAP_NONE && so.max_record < WRAPPED_LINE)
		so.max_record = WRAPPED_LINE;
	must(hw_split_open(&l->split, &so, &e), &e);
	if (o->wrap != HW_WRAP_NONE || o->multiline != NULL)
		must(hw_lines_open(&l->lines, &lo, &e), &e);
}

void lane_close(struct lane *l)
{
	hw_split_close(l->split);
	hw_lines_close(l->lines);
	l->split = NULL;
	l->lines = NULL;
}

void lane_begin(struct lane *l, const char *name, bool again)
{
	if (!again) {
		l->source = l->in->sources++;
		l->redact = (struct hw_redact_at){0, 0};
	}
	announce(l, (struct hw_view){(const unsigned char *)name,
	    strlen(name)});
}

/* A source that a line names: one of its own, each time that it is named.  A
 * key does not end here: the source before may go on with it. */
static void switch_source(struct lane *l, struct hw_view name)
{
	l->source = l->in->sources++;
	announce(l, name);
}

static void take_lines(struct lane *l)
{
	struct hw_lines_out out;

	while (hw_lines_next(l->lines, &out) == HW_OK) {
		if (out.source.p != NULL)
			switch_source(l, out.source);
		else
			put(l, &out.piece);
	}
}

static void take(struct lane *l, const struct hw_piece *p)
{
	struct hw_err e = {0};

	if (l->lines == NULL) {
		put(l, p);
		return;
	}
	must(hw_lines_put(l->lines, p, &e), &e);
	take_lines(l);
}

void intake_status(struct intake *in)
{
	char text[128] = "";

	if (!io_took(SIGUSR1))
		return;
	if (in->progress != NULL)
		progress_text(in->progress, text, sizeof(text));
	cli_warn("%" PRIu64 " records, %" PRIu64 " bytes, %u source%s%s%s",
	    in->records, in->bytes, (unsigned)in->sources,
	    in->sources != 1 ? "s" : "", *text != '\0' ? ": " : "", text);
}

void *lane_space(struct lane *l, size_t *cap)
{
	return hw_split_space(l->split, cap);
}

void lane_added(struct lane *l, size_t n)
{
	struct hw_piece p;

	hw_split_added(l->split, n);
	intake_status(l->in);
	l->arrival_ms = io_now_ms();
	while (hw_split_next(l->split, &p) == HW_OK)
		take(l, &p);
}

void lane_skip(struct lane *l, uint64_t n)
{
	hw_split_skip(l->split, n);
}

bool lane_holds(const struct lane *l)
{
	return l->lines != NULL && hw_lines_holds(l->lines);
}

void lane_pause(struct lane *l)
{
	if (l->lines == NULL)
		return;
	hw_lines_flush(l->lines, false);
	take_lines(l);
}

void lane_end(struct lane *l)
{
	struct hw_piece p;

	while (hw_split_finish(l->split, &p) == HW_OK)
		take(l, &p);
	if (l->lines == NULL)
		return;
	hw_lines_flush(l->lines, true);
	take_lines(l);
}
