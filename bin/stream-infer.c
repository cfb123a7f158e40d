/* SPDX-License-Identifier: MIT
 * stream-infer: score every token of an endless stream with a language model,
 * and let it go on by itself where the stream ends.
 *
 * What only this file knows: its options, which frames go to the model and
 * which pass by, and how the program ends. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "cli.h"
#include "find.h"
#include "generate.h"
#include "io.h"
#include "lag.h"
#include "meter.h"
#include "notify.h"
#include "say.h"

struct infer {
	struct hw_model *model;
	struct hw_stream *stream;
	struct hw_dec *dec;
	struct hw_enc *enc;
	struct batch batch;
	struct meter meter;
	struct lag lag;
	bool text, greeted;
	bool mid_line;        /* the last record did not end its line */
	uint32_t next_source; /* a number that no source has */
	uint64_t stats_every, next_stats; /* tokens; 0: not asked */
};

static const char *model_name;
static const char *cache_name = "sink";
static struct hw_stream_opts stream_opts = {.sinks = -1};
static bool ids, stats, verbose;
static int stats_every;
static int generated, seed = -1; /* tokens; 0, -1: not asked */
static double temperature = -1;  /* likewise */
static struct lag lag_opts = {.after_ms = -1}; /* likewise */
static bool lag_chosen;

static const char *on_lag(const struct cli_opt *o, const char *arg)
{
	static const char *const names[] = {[LAG_BLOCK] = "block",
	    [LAG_COLLAPSE] = "collapse", [LAG_SKIP] = "skip"};

	(void)o;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(arg, names[i]) == 0) {
			lag_opts.policy = (enum lag_policy)i;
			lag_chosen = true;
			return NULL;
		}
	return "is not block, collapse or skip";
}

static const char *temp(const struct cli_opt *o, const char *arg)
{
	char *end;
	double x = strtod(arg, &end);

	if (end == arg || *end != '\0' || !(x >= 0 && x <= 100))
		return "is not a number between 0 and 100";
	*(double *)o->to = x;
	return NULL;
}

static const struct cli_opt options[] = {
	{'m', "model", "FILE|NAME", "the model (default: the bundled one)",
	    cli_string, &model_name, 0, 0},
	{'s', "sinks", "N", "keep the first N tokens for ever", cli_int,
	    &stream_opts.sinks, 0, 1 << 20},
	{'w', "window", "N", "keep the N most recent tokens", cli_int,
	    &stream_opts.window, 1, 1 << 24},
	{0, "cache", "sink|window|dense|recompute", "its kind (sink)",
	    cli_string, &cache_name, 0, 0},
	{0, "sample", "N", "of recompute: score each N-th token only",
	    cli_int, &stream_opts.sample, 1, 2147483647},
	{0, "kv", "TYPE", CLI_KV_HELP, cli_kv, &stream_opts.kv, 0, 0},
	{0, "chunk", "N", "run at most N tokens at once", cli_int,
	    &stream_opts.chunk, 1, 1 << 14},
	{'t', "threads", "N", "use N threads (default: one a processor)",
	    cli_int, &stream_opts.threads, 1, 256},
	{0, "generate", "N", "where the stream ends, go on for N tokens",
	    cli_int, &generated, 1, 2147483647},
	{0, "temp", "T", "choose them by chance, as p^(1/T) (0: the likeliest)",
	    temp, &temperature, 0, 0},
	{0, "seed", "N", "of chance (0)", cli_int, &seed, 0, 2147483647},
	{0, "on-lag", "block|collapse|skip",
	    "when the model is behind: wait, or what to leave out", on_lag,
	    NULL, 0, 0},
	{0, "lag", "MS", "so long without a pause is behind (1000)", cli_int,
	    &lag_opts.after_ms, 0, 3600000},
	{0, "ids", NULL, "read and write the text form", cli_flag, &ids, 0,
	    0},
	{0, "stats", NULL, "print statistics at the end", cli_flag, &stats, 0,
	    0},
	{0, "stats-every", "N", "print statistics every N tokens", cli_int,
	    &stats_every, 1, 2147483647},
	{'v', "verbose", NULL, "say which model, cache and kernels are used",
	    cli_flag, &verbose, 0, 0},
	CLI_END,
};
static const struct cli cli = {"stream-infer", "[FILE]",
	"Score every token of a token stream with a language model.", options,
	FIND_HELP "\n\nSIGUSR1 prints statistics at any time."};

static void must(enum hw_status st, const struct hw_err *e)
{
	if (st != HW_OK)
		cli_fail(e);
}

/* ---- statistics ---------------------------------------------------------- */

static void stats_line(struct infer *in, char *line, size_t size)
{
	size_t n;

	meter_line(&in->meter, in->stream, line, size);
	n = strlen(line);
	if (in->lag.policy != LAG_BLOCK)
		snprintf(line + n, size - n, " collapsed=%" PRIu64
		    " skipped=%" PRIu64, in->lag.passed, in->lag.dropped);
}

static void print_stats(struct infer *in)
{
	char line[512];

	stats_line(in, line, sizeof(line));
	cli_warn("%s", line);
}

static void scored(void *ctx, const struct hw_record *r,
    const struct hw_scores *s)
{
	const struct hw_vocab *v;
	struct infer *in = ctx;
	struct hw_view b = {NULL, 0};

	v = hw_model_vocab(in->model);
	meter_add(&in->meter, v, r, s);
	if (r->n > 0)
		b = hw_vocab_bytes(v, r->ids[r->n - 1]);
	in->mid_line = b.n > 0 && b.p[b.n - 1] != '\n' &&
	    b.p[b.n - 1] != '\0';
	if (in->stats_every == 0 || in->meter.tokens < in->next_stats)
		return;
	print_stats(in);
	while (in->next_stats <= in->meter.tokens)
		in->next_stats += in->stats_every;
}

static void say_what(const struct hw_stream *s, const struct hw_model *m)
{
	const struct hw_model_info *i = hw_model_info(m);
	struct hw_stream_stats st;
	char n[SAY_SIZE], size[SAY_SIZE];

	hw_stream_stats(s, &st);
	cli_warn("model %s (%s, %s parameters, %s)", i->name, i->arch,
	    say_count(n, i->n_params), say_bytes(size, i->bytes));
	cli_warn("cache %d sinks + %d recent (%s, %s), chunks of %d, "
	    "%d threads, %s", st.sinks, st.window, cache_name,
	    hw_kv_name(stream_opts.kv), st.chunk, st.threads,
	    say_bytes(size, st.memory));
	cli_warn("kernels %s", st.kernels);
}

/* ---- frames -------------------------------------------------------------- */

/* All that is owed is scored and written. */
static void settle(struct infer *in)
{
	struct hw_err e = {0};
	enum hw_status st = batch_run(&in->batch, true, &e);

	io_flush(in->enc);
	must(st, &e);
}

static void before_block(void *ctx)
{
	struct infer *in = ctx;

	settle(in);
	lag_pause(&in->lag);
}

/* The text form may come without HELLO. */
static enum hw_status greet(struct infer *in, struct hw_err *e)
{
	const struct hw_model_info *i = hw_model_info(in->model);
	struct hw_hello h = {hw_model_vocab(in->model), i->name, i->digest};

	in->greeted = true;
	return hw_enc_hello(in->enc, &h, e);
}

static enum hw_status take_hello(struct infer *in, const struct hw_frame *f,
    struct hw_err *e)
{
	const struct hw_vocab *ours = hw_model_vocab(in->model);
	struct hw_hello h = {0};
	enum hw_status st = hw_dec_hello(in->dec, f, &h, e);

	if (st != HW_OK)
		return st;
	if (hw_vocab_fingerprint(h.vocab) != hw_vocab_fingerprint(ours))
		cli_die(CLI_DATA, "the stream has the vocabulary of '%s', the "
		    "model is '%s': give both programs the same -m",
		    h.model_name, hw_model_info(in->model)->name);
	if (in->greeted)
		return HW_OK;
	/* Text written by hand names no model. */
	if (h.model_name[0] == '\0')
		return greet(in, e);
	in->greeted = true;
	return hw_enc_frame(in->enc, f, e);
}

/* What was left out is told where it was. */
static enum hw_status tell_gap(struct infer *in, struct hw_err *e)
{
	static const char why[] = "the model was behind (--on-lag=skip)";
	unsigned char payload[8 + sizeof(why) - 1];
	struct hw_frame f = {.type = HW_FRAME_GAP,
	    .payload = {payload, sizeof(payload)}};

	for (int i = 0; i < 8; i++)
		payload[i] = (unsigned char)(in->lag.gap >> 8 * i);
	memcpy(payload + 8, why, sizeof(why) - 1);
	in->lag.gap = 0;
	return batch_frame(&in->batch, &f, e);
}

static enum hw_status take_record(struct infer *in, const struct hw_frame *f,
    struct hw_err *e)
{
	struct hw_record r = {0};
	enum hw_status st = hw_dec_record(in->dec, f, &r, e);
	enum lag_verdict verdict = LAG_SCORE;

	if (st == HW_OK && in->lag.policy != LAG_BLOCK)
		verdict = lag_record(&in->lag, &r);
	if (st == HW_OK && verdict != LAG_DROP && in->lag.gap > 0)
		st = tell_gap(in, e);
	if (st != HW_OK || verdict == LAG_DROP)
		return st;
	return verdict == LAG_PASS ? batch_frame(&in->batch, f, e) :
	    batch_record(&in->batch, &r, e);
}

/* Frames that are not for the model pass by; but the text of a record shares
 * its fate. */
static enum hw_status take_other(struct infer *in, const struct hw_frame *f,
    struct hw_err *e)
{
	struct hw_source_note note = {0};
	enum hw_status st = HW_OK;

	if (f->type == HW_FRAME_SOURCE) {
		st = hw_dec_source(in->dec, f, &note, e);
		if (note.source >= in->next_source)
			in->next_source = note.source + 1;
	}
	if (st != HW_OK)
		return st;
	if (f->type == HW_FRAME_TEXT && lag_before(&in->lag) == LAG_DROP)
		return HW_OK;
	if (in->lag.gap > 0)
		st = tell_gap(in, e);
	return st == HW_OK ? batch_frame(&in->batch, f, e) : st;
}

static enum hw_status take(struct infer *in, const struct hw_frame *f,
    struct hw_err *e)
{
	enum hw_status st = HW_OK;

	if (f->type == HW_FRAME_HELLO)
		return take_hello(in, f, e);
	if (!in->greeted)
		st = greet(in, e);
	if (st != HW_OK)
		return st;
	if (f->type == HW_FRAME_RECORD)
		st = take_record(in, f, e);
	else if (f->type != HW_FRAME_SCORES && f->type != HW_FRAME_END)
		st = take_other(in, f, e);
	/* SCORES are of another model: ours come instead.  Our END follows
	 * when the input has ended. */
	if (st == HW_OK && batch_is_due(&in->batch)) {
		int64_t began = io_monotonic_ms();
		size_t before = in->batch.n_ids - in->batch.done;

		st = batch_run(&in->batch, false, e);
		lag_ran(&in->lag, before - (in->batch.n_ids -
		    in->batch.done), began);
	}
	io_flush_some(in->enc);
	return st;
}

/* Until the input ends, or a signal and its grace have passed.  What was
 * valid before a failure is scored and written all the same. */
static void pump(struct infer *in, int fd, const char *name)
{
	struct io_in input = {fd, name, in->dec, before_block, in};
	enum io_got got = IO_NONE;
	struct hw_err e = {0};

	do {
		struct hw_frame f;
		enum hw_status st = io_frame(&input, &f, -1, &got, &e);

		if (st == HW_OK && got == IO_FRAME)
			st = take(in, &f, &e);
		if (st != HW_OK) {
			settle(in);
			cli_fail(&e);
		}
		if (io_took(SIGUSR1))
			print_stats(in);
	} while (got != IO_END && !(got == IO_NONE && io_stopping() != 0));
	settle(in);
}

static void go_on(struct infer *in)
{
	struct generate g = {.model = in->model, .stream = in->stream,
	    .enc = in->enc, .source = in->next_source,
	    .mid_line = in->mid_line, .scored = scored, .ctx = in,
	    .how = {.temperature = temperature > 0 ? temperature : 0,
	    .seed = seed > 0 ? (uint64_t)seed : 0}};
	struct hw_err e = {0};
	enum hw_status st = generate(&g, generated, &e);

	io_flush(in->enc);
	/* Options were seen to: it is the stream that has nothing in it. */
	if (st == HW_USAGE)
		cli_die(CLI_DATA, "%s", e.msg);
	must(st, &e);
}

static void finish(struct infer *in)
{
	struct hw_err e = {0};
	char line[512];

	if (!in->greeted)
		must(greet(in, &e), &e);
	if (in->lag.gap > 0)
		must(tell_gap(in, &e), &e);
	if (generated > 0 && io_stopping() == 0)
		go_on(in);
	if (stats) {
		stats_line(in, line, sizeof(line));
		cli_warn("%s", line);
		must(hw_enc_note(in->enc, (struct hw_view){
		    (const unsigned char *)line, strlen(line)}, &e), &e);
	}
	must(hw_enc_end(in->enc, &e), &e);
	io_flush(in->enc);
	io_close_out();
}

/* ---- start --------------------------------------------------------------- */

/* What --cache and --sample say, into stream_opts; and whether each option has
 * the one that it goes with. */
static void choose_cache(void)
{
	static const struct {
		const char *name;
		enum hw_cache_mode mode;
		bool sinks;
	} kinds[] = {{"sink", HW_CACHE_SINK, true},
	    {"window", HW_CACHE_SINK, false},
	    {"dense", HW_CACHE_DENSE, false},
	    {"recompute", HW_CACHE_RECOMPUTE, false}};
	size_t i = 0, n = sizeof(kinds) / sizeof(kinds[0]);

	while (i < n && strcmp(cache_name, kinds[i].name) != 0)
		i++;
	if (i == n)
		cli_die(CLI_USAGE, "--cache: '%s' is not sink, window, dense "
		    "or recompute", cache_name);
	if (!kinds[i].sinks && stream_opts.sinks > 0)
		cli_die(CLI_USAGE, "--cache=%s has no sinks", cache_name);
	if (!kinds[i].sinks)
		stream_opts.sinks = 0;
	stream_opts.mode = kinds[i].mode;
	if (stream_opts.sample > 0 && stream_opts.mode != HW_CACHE_RECOMPUTE)
		cli_die(CLI_USAGE, "--sample is for --cache=recompute");
	if (generated > 0 && stream_opts.mode == HW_CACHE_RECOMPUTE)
		cli_die(CLI_USAGE, "--generate is not for --cache=recompute");
	if (generated == 0 && (temperature >= 0 || seed >= 0))
		cli_die(CLI_USAGE, "--temp and --seed are for --generate");
	if (lag_opts.after_ms >= 0 && !lag_chosen)
		cli_die(CLI_USAGE, "--lag goes with --on-lag");
}

static int open_input(const char *name)
{
	int fd = 0;

	if (name == NULL || strcmp(name, "-") == 0)
		return 0;
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		cli_die(CLI_NOINPUT, "%s: %s", name, strerror(errno));
	return fd;
}

static void open_all(struct infer *in, const char *input,
    const struct hw_alloc *alloc)
{
	struct hw_dec_opts d = {.alloc = alloc, .name = input, .text = ids};
	struct hw_enc_opts c = {.alloc = alloc, .text = ids};
	struct hw_err e = {0};

	in->model = find_and_open_model(model_name, false);
	stream_opts.alloc = alloc;
	choose_cache();
	stream_opts.cpu = cli_env("HEADWATER_CPU");
	hw_stream_defaults(&stream_opts, in->model);
	must(hw_stream_open(&in->stream, in->model, &stream_opts, &e), &e);
	d.vocab = hw_model_vocab(in->model);
	must(hw_dec_open(&in->dec, &d, &e), &e);
	must(hw_enc_open(&in->enc, &c, &e), &e);
	in->batch = (struct batch){.alloc = alloc, .stream = in->stream,
	    .enc = in->enc, .chunk = (size_t)stream_opts.chunk,
	    .scored = scored, .ctx = in};
	in->meter.sample = (uint64_t)stream_opts.sample;
	in->lag = lag_opts;
	if (in->lag.after_ms < 0)
		in->lag.after_ms = 1000;
	in->lag.vocab = d.vocab;
	in->lag.window = (uint64_t)stream_opts.window;
	must(lag_open(&in->lag, alloc, &e), &e);
	in->stats_every = in->next_stats = (uint64_t)stats_every;
	if (verbose)
		say_what(in->stream, in->model);
}

int main(int argc, char **argv)
{
	static struct infer in;
	struct hw_alloc alloc = meter_alloc(&in.meter);
	int first = cli_parse(&cli, argc, argv), fd;
	const char *name = first < argc ? argv[first] : NULL;

	if (argc - first > 1)
		cli_die(CLI_USAGE, "more than one input");
	io_setup();
	if (!ids)
		io_refuse_tty();
	io_catch(SIGUSR1);
	signal(SIGUSR2, SIG_IGN); /* it is for summarize-window */
	io_catch(SIGINT);
	io_catch(SIGTERM);
	/* Should OpenBLAS be loaded: our threads are enough. */
	setenv("OPENBLAS_NUM_THREADS", "1", 1);
	in.meter.begin_ms = in.meter.last_ms = io_monotonic_ms();
	fd = open_input(name);
	if (fd == 0)
		name = "standard input";
	open_all(&in, name, &alloc);
	notify_ready(hw_model_info(in.model)->name);
	pump(&in, fd, name);
	finish(&in);
	batch_release(&in.batch);
	lag_close(&in.lag, &alloc);
	hw_dec_close(in.dec);
	hw_enc_close(in.enc);
	hw_stream_close(in.stream);
	hw_model_close(in.model);
	io_exit(CLI_OK);
}
