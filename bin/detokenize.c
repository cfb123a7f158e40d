/* SPDX-License-Identifier: MIT
 * What only this file knows: which frames of a token stream are shown, and in
 * which form.  It is the only program that shows any. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"
#include "find.h"
#include "io.h"
#include "notify.h"

#define WORTH_WRITING ((size_t)32 * 1024)

static bool json, ids, raw;
static const char *model;
static const char *color = "auto";
static int width;

static const struct cli_opt opts[] = {
	{0, "ids", NULL, "the input is a stream's text form: token ids",
	    cli_flag, &ids, 0, 0},
	{'m', "model", "MODEL", "with --ids: whose ids they are (a file or a "
	    "name)", cli_string, &model, 0, 0},
	{0, "json", NULL, "JSON Lines: an object a record or window",
	    cli_flag, &json, 0, 0},
	{0, "color", "auto|always|never", "colour in digests (auto)",
	    cli_string, &color, 0, 0},
	{0, "raw", NULL, "exact bytes also to a terminal, whatever they do",
	    cli_flag, &raw, 0, 0},
	{0, "width", "N", "columns of a digest (the terminal's, or 80)",
	    cli_int, &width, 60, 1000},
	CLI_END,
};

static const struct cli cli = {
	.name = "detokenize",
	.about = "Show what a token stream on standard input says: the exact "
	    "bytes of its\nrecords, and digests as text.",
	.opts = opts,
};

struct show {
	struct hw_dec *dec;
	struct hw_render *out;
	/* A record whose scores come next (its ids stay until then). */
	bool pending;
	struct hw_record record;
	uint64_t records, windows; /* shown */
	uint64_t lost; /* left out upstream, by what GAP frames say */
};

static void flush(void *ctx)
{
	struct show *s = ctx;
	struct hw_view v = hw_render_bytes(s->out);

	io_write(v);
	hw_render_drop(s->out, v.n);
}

/* ---- what standard output is --------------------------------------------- */

static bool want_color(void)
{
	const char *term = getenv("TERM");

	if (strcmp(color, "always") == 0)
		return true;
	if (strcmp(color, "never") == 0)
		return false;
	if (strcmp(color, "auto") != 0)
		cli_die(CLI_USAGE, "--color: '%s' is not auto, always or "
		    "never", color);
	return io_out_is_tty() && cli_env("NO_COLOR") == NULL &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

static int columns(void)
{
	struct winsize w;

	if (width > 0)
		return width;
	if (io_out_is_tty() && ioctl(io_out_fd(), TIOCGWINSZ, &w) == 0 &&
	    w.ws_col > 0)
		return w.ws_col;
	return 80;
}

/* ---- frames -------------------------------------------------------------- */

static enum hw_status on_record(struct show *s, const struct hw_frame *f,
    struct hw_err *e)
{
	enum hw_status st = hw_dec_record(s->dec, f, &s->record, e);

	if (st != HW_OK)
		return st;
	s->pending = json && (s->record.flags & HW_RECORD_SCORED) != 0;
	return s->pending ? HW_OK :
	    hw_render_record(s->out, &s->record, NULL, e);
}

static enum hw_status on_scores(struct show *s, const struct hw_frame *f,
    struct hw_err *e)
{
	struct hw_scores scores;
	enum hw_status st;

	if (!s->pending)
		return HW_OK;
	s->pending = false;
	st = hw_dec_scores(s->dec, f, &scores, e);
	return st != HW_OK ? st :
	    hw_render_record(s->out, &s->record, &scores, e);
}

static enum hw_status on_source(struct show *s, const struct hw_frame *f,
    struct hw_err *e)
{
	struct hw_source_note n;
	enum hw_status st = hw_dec_source(s->dec, f, &n, e);

	return st != HW_OK ? st : hw_render_source(s->out, &n, e);
}

static enum hw_status on_window(struct show *s, const struct hw_frame *f,
    struct hw_err *e)
{
	struct hw_window w;
	enum hw_status st = hw_dec_window(s->dec, f, &w, e);

	return st != HW_OK ? st : hw_render_window(s->out, &w, e);
}

static enum hw_status on_gap(struct show *s, const struct hw_frame *f,
    struct hw_err *e)
{
	struct hw_gap g;
	enum hw_status st = hw_dec_gap(s->dec, f, &g, e);

	if (st == HW_OK)
		s->lost += g.records;
	return st != HW_OK ? st : hw_render_gap(s->out, &g, e);
}

static enum hw_status on_end(struct show *s, const struct hw_frame *f,
    struct hw_err *e)
{
	struct hw_end n;
	enum hw_status st = hw_dec_end(s->dec, f, &n, e);

	return st != HW_OK ? st : hw_render_end(s->out, &n, e);
}

static enum hw_status on_frame(struct show *s, const struct hw_frame *f,
    struct hw_err *e)
{
	switch (f->type) {
	case HW_FRAME_HELLO:
		hw_render_vocab(s->out, hw_dec_vocab(s->dec));
		return HW_OK;
	case HW_FRAME_SOURCE:
		return on_source(s, f, e);
	case HW_FRAME_RECORD:
		return on_record(s, f, e);
	case HW_FRAME_SCORES:
		return on_scores(s, f, e);
	case HW_FRAME_WINDOW:
		return on_window(s, f, e);
	case HW_FRAME_GAP:
		return on_gap(s, f, e);
	case HW_FRAME_NOTE:
		return hw_render_note(s->out, f->payload, e);
	case HW_FRAME_TEXT:
		return hw_render_text(s->out, f->payload, e);
	case HW_FRAME_END:
		return on_end(s, f, e);
	default:
		return HW_OK; /* optional: not for us */
	}
}

/* Until the stream ends; what was valid before a failure is still shown. */
static void run(struct show *s)
{
	struct io_in in = {0, "standard input", s->dec, flush, s};
	struct hw_frame f;
	struct hw_err e = {0};
	enum io_got got = IO_NONE;

	for (;;) {
		enum hw_status st = io_frame(&in, &f, -1, &got, &e);

		if (st == HW_OK && got == IO_FRAME) {
			s->records += f.type == HW_FRAME_RECORD;
			s->windows += f.type == HW_FRAME_WINDOW;
			st = on_frame(s, &f, &e);
		}
		if (io_took(SIGUSR1))
			cli_warn("%" PRIu64 " records, %" PRIu64 " windows",
			    s->records, s->windows);
		if (st != HW_OK) {
			flush(s);
			cli_fail(&e);
		}
		/* IO_NONE: asked to stop, and the grace is over. */
		if (got == IO_END || got == IO_NONE)
			break;
		if (hw_render_bytes(s->out).n >= WORTH_WRITING)
			flush(s);
	}
	flush(s);
	/* Text has no place for it among exact bytes, but nothing is left out
	 * silently. */
	if (s->lost > 0 && !json)
		cli_warn("%" PRIu64 " records were left out upstream",
		    s->lost);
}

int main(int argc, char **argv)
{
	struct hw_dec_opts dec = {.name = "standard input"};
	struct hw_render_opts how = {0};
	struct hw_err e = {0};
	struct show s = {0};
	struct hw_model *m = NULL;

	cli_parse(&cli, argc, argv);
	io_setup();
	/* Text brings no vocabulary along. */
	if (ids) {
		m = find_and_open_model(model, true);
		dec.text = true;
		dec.vocab = hw_model_vocab(m);
	}
	how.json = json;
	how.color = want_color();
	how.visible = io_out_is_tty() && !raw;
	how.width = columns();
	if (hw_dec_open(&s.dec, &dec, &e) != HW_OK ||
	    hw_render_open(&s.out, &how, &e) != HW_OK)
		cli_fail(&e);
	/* Control-C stops all of a pipeline: what the stages before us still
	 * say about it is to be seen. */
	io_catch(SIGINT);
	io_catch(SIGTERM);
	io_catch(SIGUSR1);
	signal(SIGUSR2, SIG_IGN); /* it is for summarize-window */
	notify_ready("showing");
	run(&s);
	io_close_out();
	hw_render_close(s.out);
	hw_dec_close(s.dec);
	hw_model_close(m);
	io_exit(CLI_OK);
}
