/* SPDX-License-Identifier: MIT
 * What only this file knows: which files are read, and in which order. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "file.h"
#include "find.h"
#include "follow.h"
#include "io.h"
#include "notify.h"

static struct {
	const char *model;
	bool null, plain, follow, no_progress;
	const char *redact[16], *redact_key;
	size_t n_redact;
	struct intake_opts in;
	struct follow_opts late;
} opt = {.in = {.max_record = 64 * 1024}, .late = {.lines = -1}};

static const char *wrap(const struct cli_opt *o, const char *arg)
{
	static const char *const names[] = {[HW_WRAP_NONE] = "plain",
	    [HW_WRAP_TAIL] = "tail", [HW_WRAP_JOURNAL] = "journal",
	    [HW_WRAP_DOCKER] = "docker", [HW_WRAP_CRI] = "cri",
	    [HW_WRAP_AUTO] = "auto"};

	(void)o;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(arg, names[i]) == 0) {
			opt.in.wrap = (enum hw_wrap)i;
			return NULL;
		}
	return "is not plain, tail, journal, docker, cri or auto";
}

static const char *redact(const struct cli_opt *o, const char *arg)
{
	(void)o;
	if (opt.n_redact == sizeof(opt.redact) / sizeof(opt.redact[0]))
		return "is one too many";
	opt.redact[opt.n_redact++] = arg;
	return NULL;
}

static const struct cli_opt opts[] = {
	{'m', "model", "FILE|NAME", "the model, or a tokenizer.json by itself",
	    cli_string, &opt.model, 0, 0},
	{'F', "follow", NULL, "go on with what is appended, by name, for ever",
	    cli_flag, &opt.follow, 0, 0},
	{0, "lines", "N", "with -F: begin with the last N lines (all)",
	    cli_int, &opt.late.lines, 0, INT_MAX},
	{0, "poll", "MS", "with -F: look so often, without inotify",
	    cli_int, &opt.late.poll_ms, 1, 3600000},
	{'z', "null", NULL, "a record ends with NUL, not newline",
	    cli_flag, &opt.null, 0, 0},
	{0, "max-record", "BYTES", "split records longer than this (64k)",
	    cli_bytes, &opt.in.max_record, 16, HW_TOK_MAX},
	{0, "input", "plain|tail|journal|docker|cri|auto",
	    "what is wrapped around lines", wrap, NULL, 0, 0},
	{0, "multiline", "auto|off|RE", "join lines: stack traces, or up to RE",
	    cli_string, &opt.in.multiline, 0, 0},
	{0, "redact", "CLASS,...|FILE", "replace what must not leave",
	    redact, NULL, 0, 0},
	{0, "redact-key", "FILE", "with a hash by this key: equal stays equal",
	    cli_string, &opt.redact_key, 0, 0},
	{0, "special", NULL, "text that spells a special token is that token",
	    cli_flag, &opt.in.special, 0, 0},
	{0, "plain", NULL, "take the input as it is, never unpack it",
	    cli_flag, &opt.plain, 0, 0},
	{0, "ids", NULL, "write the text form of the stream",
	    cli_flag, &opt.in.ids, 0, 0},
	{0, "confirm", "FD", "answer OK there for every record (rsyslog)",
	    cli_int, &opt.in.confirm, 3, 1 << 20},
	{0, "no-progress", NULL, "never show how far it is on stderr",
	    cli_flag, &opt.no_progress, 0, 0},
	{'v', "verbose", NULL, "name the model and each source on stderr",
	    cli_flag, &opt.in.verbose, 0, 0},
	CLI_END,
};

static const struct cli cli = {
	"tokenize", "[FILE]...",
	"Cut FILEs (standard input by default) into records of token ids.",
	opts,
	"FILE may be compressed (gzip, xz, zstd, bzip2, lz4) or an archive "
	"(tar, zip);\n- is standard input.\n\n" FIND_HELP,
};

struct run {
	struct intake in;
	struct lane lane;
	struct progress progress;
	int fd;
	int status;
};

static void must(enum hw_status status, const struct hw_err *e)
{
	if (status != HW_OK)
		cli_fail(e);
}

/* A file that cannot be read on does not stop the others. */
static void complain(struct run *r, const struct hw_err *e)
{
	cli_warn("%s", e->msg);
	r->status = cli_status(e);
}

static bool before_block(void *ctx)
{
	struct run *r = ctx;

	intake_flush(&r->in);
	if (lane_holds(&r->lane)) {
		if (io_wait(r->fd, LANE_LINE_MS) == IO_READY)
			return true;
		if (io_stopping() != 0)
			return false;
		lane_pause(&r->lane);
		intake_flush(&r->in);
	}
	while (io_stopping() == 0 && io_wait(r->fd, -1) == IO_SIGNAL)
		intake_status(&r->in);
	return io_stopping() == 0;
}

/* All that one entry holds.  False: nothing more of this file. */
static bool entry(struct run *r, struct hw_source *src, const char *name)
{
	enum hw_status status = HW_OK;
	struct hw_err e = {0};

	lane_begin(&r->lane, name, false);
	while (status == HW_OK && io_stopping() == 0) {
		size_t cap, n = 0;
		void *space = lane_space(&r->lane, &cap);

		status = hw_source_read(src, space, cap, &n, &e);
		lane_added(&r->lane, n);
		progress_at(&r->progress, r->fd);
	}
	lane_end(&r->lane);
	if (status != HW_OK && status != HW_END && io_stopping() == 0)
		complain(r, &e);
	return status == HW_END || status == HW_CORRUPT;
}

/* Behind what is damaged in an archive there may be what is not. */
static void entries(struct run *r, const char *name)
{
	struct hw_source_opts o = {.before_block = before_block, .ctx = r,
	    .plain = opt.plain, .nul_ends = opt.null};
	struct hw_source *src = NULL;
	struct hw_err e = {0};
	enum hw_status status;
	bool more;

	must(hw_source_open(&src, r->fd, name, &o, &e), &e);
	do {
		e = (struct hw_err){0};
		status = hw_source_next(src, &name, &e);
		more = status == HW_OK ? entry(r, src, name) :
		    status == HW_CORRUPT;
		if (status != HW_OK && status != HW_END && io_stopping() == 0)
			complain(r, &e);
	} while (more && io_stopping() == 0);
	hw_source_close(src);
}

static void file(struct run *r, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;

	r->fd = is_stdin ? 0 : open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0) {
		cli_warn("%s: %s", path, strerror(errno));
		r->status = CLI_NOINPUT;
		return;
	}
	entries(r, is_stdin ? "standard input" : path);
	progress_file_done(&r->progress, r->fd);
	if (!is_stdin)
		close(r->fd);
}

/* Each FILE in turn, to its end; standard input if there is none. */
static void read_all(struct run *r, char **paths, int n)
{
	progress_open(&r->progress, paths, n, opt.no_progress);
	r->in.progress = &r->progress;
	lane_open(&r->lane, &r->in);
	if (n == 0)
		file(r, "-");
	for (int i = 0; i < n && io_stopping() == 0; i++)
		file(r, paths[i]);
	lane_close(&r->lane);
	progress_clear(&r->progress);
}

/* Classes, or else a file of rules. */
static void add_rules(struct hw_redact *r, const char *what)
{
	struct hw_err e = {0};
	size_t n;
	char *text;

	if (hw_redact_is_class(what, strcspn(what, ","))) {
		must(hw_redact_classes(r, what, "--redact", &e), &e);
		return;
	}
	text = file_read(what, 1 << 20, false, &n);
	must(hw_redact_rules(r, text, what, &e), &e);
	free(text);
}

static void set_up_redaction(void)
{
	struct hw_redact *r = NULL;
	struct hw_err e = {0};
	char *key = NULL;
	size_t n = 0;

	if (opt.redact_key != NULL)
		key = file_read(opt.redact_key, 4096, false, &n);
	if (key != NULL && n < 16)
		cli_die(CLI_USAGE, "%s: a key of less than 16 bytes can be "
		    "guessed", opt.redact_key);
	must(hw_redact_open(&r, (struct hw_view){(unsigned char *)key, n},
	    NULL, &e), &e);
	for (size_t i = 0; i < opt.n_redact; i++)
		add_rules(r, opt.redact[i]);
	opt.in.redact = r;
	free(key);
}

static void check_usage(char **paths, int n)
{
	if (!opt.follow && (opt.late.poll_ms > 0 || opt.late.lines >= 0))
		cli_die(CLI_USAGE, "--poll and --lines go with --follow");
	if (opt.follow && n == 0)
		cli_die(CLI_USAGE, "--follow needs a FILE");
	if (opt.redact_key != NULL && opt.n_redact == 0)
		cli_die(CLI_USAGE, "--redact-key goes with --redact");
	if (opt.null && opt.in.wrap != HW_WRAP_NONE)
		cli_die(CLI_USAGE, "--input is of lines, not of records that "
		    "end with NUL");
	for (int i = 0; opt.follow && i < n; i++)
		if (strcmp(paths[i], "-") == 0)
			cli_die(CLI_USAGE, "standard input has no name to "
			    "follow");
}

int main(int argc, char **argv)
{
	int first = cli_parse(&cli, argc, argv);
	struct run r = {.status = CLI_OK};
	struct hw_model *m;

	check_usage(argv + first, argc - first);
	io_setup();
	if (!opt.in.ids)
		io_refuse_tty();
	io_catch(SIGINT);
	io_catch(SIGTERM);
	io_catch(SIGUSR1);
	signal(SIGUSR2, SIG_IGN); /* it is for summarize-window */
	if (opt.follow)
		io_catch(SIGHUP);
	m = find_and_open_model(opt.model, true);
	if (opt.in.verbose)
		cli_warn("%s: %zu tokens", hw_model_info(m)->name,
		    hw_vocab_size(hw_model_vocab(m)));
	if (opt.in.multiline != NULL &&
	    strcmp(opt.in.multiline, "off") == 0)
		opt.in.multiline = NULL;
	if (opt.n_redact > 0)
		set_up_redaction();
	opt.in.delim = opt.null ? '\0' : '\n';
	intake_open(&r.in, m, &opt.in);
	notify_ready("reading");
	if (opt.follow)
		follow(&r.in, argv + first, argc - first, &opt.late);
	else
		read_all(&r, argv + first, argc - first);
	intake_finish(&r.in);
	io_close_out();
	if (hw_tok_replaced(r.in.tok) > 0)
		cli_warn("%" PRIu64 " bytes that the vocabulary cannot spell "
		    "are '?' to the model", hw_tok_replaced(r.in.tok));
	intake_close(&r.in);
	hw_model_close(m);
	io_exit(r.status);
}
