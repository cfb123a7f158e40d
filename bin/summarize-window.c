/* SPDX-License-Identifier: MIT
 * What only this file knows: the options of summarize-window, and when it
 * writes: each window at once, and all else before it waits. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "file.h"
#include "find.h"
#include "io.h"
#include "merge.h"
#include "metrics.h"
#include "notify.h"
#include "page.h"
#include "zone.h"

#define MASKS_MAX ((size_t)1 << 20)
#define STATE_MAX ((size_t)256 << 20)
#define SAVE_EACH_MS 60000 /* a state, at most */

static struct hw_digest_opts opts;
static bool keep, ids, quiet, tell_news, tell_loss;
static const char *model, *masks_file, *state_file, *baseline_file;
static const char *metrics_file, *html_file;
static bool merge;

/* "500", "500l", "64kt", "1mb", "5m": a number and what it counts. */
static const char *every(const struct cli_opt *o, const char *arg)
{
	static const struct unit {
		const char *name;
		uint64_t *to;
		int64_t *ms, times;
	} units[] = {
	    {"", &opts.every_records, NULL, 1},
	    {"l", &opts.every_records, NULL, 1},
	    {"kl", &opts.every_records, NULL, 1000},
	    {"t", &opts.every_tokens, NULL, 1},
	    {"kt", &opts.every_tokens, NULL, 1000},
	    {"mt", &opts.every_tokens, NULL, 1000000},
	    {"b", &opts.every_bytes, NULL, 1},
	    {"kb", &opts.every_bytes, NULL, 1 << 10},
	    {"mb", &opts.every_bytes, NULL, 1 << 20},
	    {"gb", &opts.every_bytes, NULL, 1 << 30},
	    {"s", NULL, &opts.every_ms, 1000},
	    {"m", NULL, &opts.every_ms, 60000},
	    {"h", NULL, &opts.every_ms, 3600000},
	    {"d", NULL, &opts.every_ms, 86400000},
	};
	char *end = NULL;
	long long n;

	(void)o;
	errno = 0;
	n = strtoll(arg, &end, 10);
	if (end == arg || errno != 0 || n < 1 || n > LLONG_MAX >> 32)
		return "is not a number of 1 or more, with a unit";
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		if (units[i].to != NULL)
			*units[i].to = (uint64_t)(n * units[i].times);
		else
			*units[i].ms = n * units[i].times;
		return NULL;
	}
	return "has an unknown unit (l, kl, t, kt, b, kb, mb, s, m, h, d)";
}

static const char *idle(const struct cli_opt *o, const char *arg)
{
	struct hw_digest_opts kept = opts;
	const char *why = every(o, arg);
	int64_t ms = opts.every_ms;
	bool time = strpbrk(arg, "smhd") != NULL;

	opts = kept;
	if (why == NULL && !time)
		why = "is not a time (s, m, h, d)";
	if (why == NULL)
		opts.idle_ms = ms;
	return why;
}

static const char *which_clock(const struct cli_opt *o, const char *arg)
{
	(void)o;
	opts.arrival_clock = strcmp(arg, "arrival") == 0;
	return opts.arrival_clock || strcmp(arg, "log") == 0 ? NULL :
	    "is neither log nor arrival";
}

static const char *time_zone(const struct cli_opt *o, const char *arg)
{
	(void)o;
	opts.utc_of = zone_utc_of;
	return zone_set(arg);
}

static const struct cli_opt table[] = {
	{0, "every", "N[UNIT]", "close a window after so much (lines: 500l)",
	    every, NULL, 0, 0},
	{0, "idle", "TIME", "close it after so long without input", idle,
	    NULL, 0, 0},
	{0, "on", "RE", "close it before a record that matches", cli_string,
	    &opts.on, 0, 0},
	{'n', "top", "N", "rows in a digest (8)", cli_int, &opts.top, 1, 32},
	{0, "max-templates", "N", "remember so many templates (8192)",
	    cli_bytes, &opts.max_templates, 1, 1 << 24},
	{0, "mask", "FILE", "more to be masked: a name and a pattern a line",
	    cli_string, &masks_file, 0, 0},
	{0, "clock", "log|arrival", "the time to go by: the log's (default)",
	    which_clock, NULL, 0, 0},
	{0, "tz", "ZONE", "of stamps without one: UTC, local, +01:00, a name",
	    time_zone, NULL, 0, 0},
	{0, "state", "FILE", "go on from this state, and keep it up to date",
	    cli_string, &state_file, 0, 0},
	{0, "baseline", "FILE", "what this state knows is not new",
	    cli_string, &baseline_file, 0, 0},
	{0, "quiet-if-normal", NULL, "no digest of a window without news",
	    cli_flag, &quiet, 0, 0},
	{'e', "exit-status", NULL, "exit 1 if there was no news",
	    cli_flag, &tell_news, 0, 0},
	{0, "strict", NULL, "exit 3 if records were lost or cut", cli_flag,
	    &tell_loss, 0, 0},
	{0, "metrics", "FILE", "keep totals there, for Prometheus",
	    cli_string, &metrics_file, 0, 0},
	{0, "merge", NULL, "join the JSON Lines of many hosts",
	    cli_flag, &merge, 0, 0},
	{0, "html", "FILE", "with --merge: write a page, no JSON Lines",
	    cli_string, &html_file, 0, 0},
	{0, "ids", NULL, "the input is a stream's text form: token ids",
	    cli_flag, &ids, 0, 0},
	{'m', "model", "MODEL", "with --ids: whose ids they are (a file or a "
	    "name)", cli_string, &model, 0, 0},
	{'k', "keep", NULL, "pass the records on, too", cli_flag, &keep, 0, 0},
	CLI_END};

static const struct cli cli = {
    "summarize-window", "[--merge [FILE]...]",
    "Cut a token stream into windows, and write a digest of each.", table,
    "UNIT is l, kl (lines), t, kt, mt (tokens), b, kb, mb, gb (bytes), or\n"
    "s, m, h, d (time).  Several conditions: the first that is met."};

struct state {
	struct io_in in;
	struct hw_enc *enc;
	struct hw_digest *digest;
	struct hw_model *model; /* of --ids; else the stream says it all */
	struct hw_record rec; /* whose scores are awaited */
	bool waiting;
	uint64_t records, windows; /* taken, written */
	bool news, loss;           /* in any window */
	struct metrics metrics;
	int64_t saved_ms; /* by the monotonic clock */
	struct hw_err err;
};

static void must(enum hw_status st, const struct hw_err *e)
{
	if (st != HW_OK)
		cli_fail(e);
}

static void flush(void *ctx)
{
	struct state *s = ctx;

	io_flush(s->enc);
}

/* False: there is no such file. */
static bool load(struct state *s, const char *path, bool baseline)
{
	size_t n;
	char *p = file_read(path, STATE_MAX, !baseline, &n);

	if (p == NULL)
		return false;
	if (hw_digest_load(s->digest, (struct hw_view){(unsigned char *)p, n},
	    baseline, &s->err) != HW_OK)
		cli_die(cli_status(&s->err), "%s: %s", path, s->err.msg);
	free(p);
	return true;
}

/* Between two windows. */
static void save(struct state *s, bool now)
{
	int64_t ms = io_monotonic_ms();
	struct hw_view v;

	if (state_file == NULL || s->digest == NULL ||
	    (!now && ms - s->saved_ms < SAVE_EACH_MS))
		return;
	s->saved_ms = ms;
	must(hw_digest_save(s->digest, &v, &s->err), &s->err);
	/* There are lines of the log in it. */
	if (!file_replace(state_file, v, 0600) && now)
		cli_die(CLI_IO, "the state was not saved");
}

static void start(struct state *s, const struct hw_vocab *v)
{
	if (s->digest != NULL)
		return;
	opts.vocab = v;
	must(hw_digest_open(&s->digest, &opts, &s->err), &s->err);
	s->saved_ms = io_monotonic_ms();
	if ((state_file == NULL || !load(s, state_file, false)) &&
	    baseline_file != NULL)
		(void)load(s, baseline_file, true);
}

/* What was left out is told even of a window without news. */
static void emit(struct state *s, const struct hw_window *w)
{
	s->news = s->news || w->n_rows > 0;
	s->loss = s->loss || w->lost > 0 || w->cut > 0;
	metrics_add(&s->metrics, w);
	if (metrics_file != NULL)
		metrics_write(&s->metrics, metrics_file, false);
	if (quiet && w->n_rows == 0 && w->lost == 0)
		return;
	must(hw_enc_window(s->enc, w, &s->err), &s->err);
	s->windows++;
	io_flush(s->enc);
}

/* All windows that have ended by now. */
static void emit_due(struct state *s)
{
	const struct hw_window *w;

	while (s->digest != NULL &&
	    hw_digest_next(s->digest, io_now_ms(), &w, &s->err) == HW_OK) {
		emit(s, w);
		save(s, false);
	}
}

/* The window now, and before it what waited for a record to tell. */
static void cut(struct state *s, enum hw_closed_by why)
{
	const struct hw_window *w;

	while (s->digest != NULL &&
	    hw_digest_cut(s->digest, why, &w, &s->err) == HW_OK)
		emit(s, w);
}

static void count(struct state *s, const struct hw_scores *sc)
{
	s->waiting = false;
	s->records += (s->rec.flags & HW_RECORD_MORE) == 0;
	must(hw_digest_record(s->digest, &s->rec, sc, io_now_ms(), &s->err),
	    &s->err);
	emit_due(s);
}

static void take(struct state *s, const struct hw_frame *f)
{
	struct hw_scores sc;
	struct hw_hello h;
	struct hw_gap g;
	bool pass = true;

	switch (f->type) {
	case HW_FRAME_HELLO:
		must(hw_dec_hello(s->in.dec, f, &h, &s->err), &s->err);
		start(s, h.vocab);
		break;
	case HW_FRAME_RECORD:
		start(s, hw_dec_vocab(s->in.dec));
		must(hw_dec_record(s->in.dec, f, &s->rec, &s->err), &s->err);
		s->waiting = (s->rec.flags & HW_RECORD_SCORED) != 0;
		pass = keep;
		break;
	case HW_FRAME_SCORES:
		must(hw_dec_scores(s->in.dec, f, &sc, &s->err), &s->err);
		pass = keep;
		break;
	case HW_FRAME_GAP:
		must(hw_dec_gap(s->in.dec, f, &g, &s->err), &s->err);
		if (s->digest != NULL)
			hw_digest_gap(s->digest, g.records);
		break;
	case HW_FRAME_TEXT:
		pass = keep; /* it belongs to its record */
		break;
	case HW_FRAME_END:
		pass = false; /* ours counts what we passed on */
		break;
	default:
		break;
	}
	/* The record goes out before a window that it closes. */
	if (pass)
		must(hw_enc_frame(s->enc, f, &s->err), &s->err);
	if (f->type == HW_FRAME_RECORD && !s->waiting)
		count(s, NULL);
	else if (f->type == HW_FRAME_SCORES && s->waiting)
		count(s, &sc);
	io_flush_some(s->enc);
}

static int timeout(const struct state *s)
{
	return s->digest != NULL ? hw_digest_wait(s->digest, io_now_ms()) : -1;
}

/* Until the input ends or a signal asked us to; false: it is broken. */
static bool run(struct state *s)
{
	struct hw_frame f;
	enum io_got got = IO_NONE;

	while (got != IO_END) {
		if (io_frame(&s->in, &f, timeout(s), &got, &s->err) != HW_OK)
			return false;
		if (io_took(SIGUSR2))
			cut(s, HW_CLOSED_SIGNAL);
		if (io_took(SIGUSR1))
			cli_warn("%" PRIu64 " records, %" PRIu64 " windows",
			    s->records, s->windows);
		if (got == IO_FRAME)
			take(s, &f);
		else if (got == IO_NONE)
			emit_due(s);
		/* What the stages before us still say belongs to it. */
		if (got == IO_NONE && io_grace_left() == 0)
			break;
	}
	return true;
}

static void finish_files(struct state *s)
{
	save(s, true);
	if (metrics_file != NULL)
		metrics_write(&s->metrics, metrics_file, true);
}

static void open_codecs(struct state *s)
{
	struct hw_dec_opts d = {.name = "standard input", .text = ids};

	if (ids) {
		s->model = find_and_open_model(model, true);
		d.vocab = hw_model_vocab(s->model);
	}
	must(hw_dec_open(&s->in.dec, &d, &s->err), &s->err);
	must(hw_enc_open(&s->enc, &(struct hw_enc_opts){0}, &s->err),
	    &s->err);
	s->in.name = d.name;
	s->in.before_block = flush;
	s->in.ctx = s;
}

/* JSON Lines in, JSON Lines out, or a page. */
static void join(char **files, int n)
{
	json_t *all = merge_files(files, n,
	    opts.top > 0 ? opts.top : HW_DIGEST_TOP), *w;
	size_t i;

	/* It may be standard output, which io_setup moves. */
	if (html_file != NULL) {
		bool good = page_write(html_file, all);

		json_decref(all);
		exit(good ? CLI_OK : CLI_IO);
	}
	io_setup();
	json_array_foreach(all, i, w) {
		/* Sums of numbers with four places keep them. */
		char *line = json_dumps(w, JSON_COMPACT |
		    JSON_REAL_PRECISION(12));

		if (line == NULL)
			cli_die(CLI_OS, "no memory to merge");
		io_write((struct hw_view){(unsigned char *)line,
		    strlen(line)});
		io_write((struct hw_view){(const unsigned char *)"\n", 1});
		free(line);
	}
	json_decref(all);
	io_close_out();
	io_exit(CLI_OK);
}

int main(int argc, char **argv)
{
	struct state s = {0};
	char *masks = NULL;
	size_t n_masks;
	bool whole;
	int first = cli_parse(&cli, argc, argv);

	if (html_file != NULL && !merge)
		cli_die(CLI_USAGE, "--html goes with --merge");
	if (merge)
		join(argv + first, argc - first);
	if (first < argc)
		cli_die(CLI_USAGE, "unexpected operand");
	if (opts.every_records == 0 && opts.every_tokens == 0 &&
	    opts.every_bytes == 0 && opts.every_ms == 0 &&
	    opts.idle_ms == 0 && opts.on == NULL)
		opts.every_records = 500;
	io_setup();
	io_refuse_tty();
	io_catch(SIGINT);
	io_catch(SIGTERM);
	io_catch(SIGUSR1);
	io_catch(SIGUSR2);
	if (masks_file != NULL)
		opts.masks = masks = file_read(masks_file, MASKS_MAX, false,
		    &n_masks);
	open_codecs(&s);
	notify_ready("counting");
	whole = run(&s);
	if (!whole) {
		struct hw_err later = s.err;

		/* What came is told, and left without an END, so that who
		 * reads it knows that there should have been more. */
		s.err = (struct hw_err){0};
		cut(&s, io_stopping() ? HW_CLOSED_SIGNAL : HW_CLOSED_END);
		io_flush(s.enc);
		finish_files(&s);
		cli_fail(&later);
	}
	cut(&s, io_stopping() ? HW_CLOSED_SIGNAL : HW_CLOSED_END);
	finish_files(&s);
	must(hw_enc_end(s.enc, &s.err), &s.err);
	io_flush(s.enc);
	io_close_out();
	hw_digest_close(s.digest);
	hw_enc_close(s.enc);
	hw_dec_close(s.in.dec);
	hw_model_close(s.model);
	free(masks);
	io_exit(tell_loss && s.loss ? CLI_LOSS :
	    tell_news && !s.news ? CLI_NO_NEWS : CLI_OK);
}
