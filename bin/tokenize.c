/* SPDX-License-Identifier: MIT
 * What only this file knows: how files become records of token ids. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "find.h"
#include "io.h"

static struct {
	const char *model;
	bool null, special, plain, ids, verbose;
	size_t max_record;
} opt = {.max_record = 64 * 1024};

static const struct cli_opt opts[] = {
	{'m', "model", "FILE|NAME", "the model, or a tokenizer.json by itself",
	    cli_string, &opt.model, 0, 0},
	{'z', "null", NULL, "a record ends with NUL, not newline",
	    cli_flag, &opt.null, 0, 0},
	{0, "max-record", "BYTES", "split records longer than this (64k)",
	    cli_bytes, &opt.max_record, 16, HW_TOK_MAX},
	{0, "special", NULL, "text that spells a special token is that token",
	    cli_flag, &opt.special, 0, 0},
	{0, "plain", NULL, "take the input as it is, never unpack it",
	    cli_flag, &opt.plain, 0, 0},
	{0, "ids", NULL, "write the text form of the stream",
	    cli_flag, &opt.ids, 0, 0},
	{'v', "verbose", NULL, "name the model and each source on stderr",
	    cli_flag, &opt.verbose, 0, 0},
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
	struct hw_tok *tok;
	struct hw_split *split;
	struct hw_enc *enc;
	int fd;
	uint32_t source;   /* number of the entry */
	int64_t arrival_ms;
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

	io_flush(r->enc);
	return io_stopping() == 0 &&
	    (io_wait(r->fd, -1) != IO_SIGNAL || io_stopping() == 0);
}

static void put(struct run *r, const struct hw_piece *p)
{
	struct hw_record rec = {.source = r->source, .flags = p->flags,
	    .offset = p->offset, .line = p->line,
	    .arrival_ms = r->arrival_ms};
	struct hw_err e = {0};

	must(hw_tok_encode(r->tok, p->bytes.p, p->bytes.n, &rec.ids, &rec.n,
	    &e), &e);
	if (!hw_tok_exact(r->tok))
		must(hw_enc_text(r->enc, p->bytes, &e), &e);
	must(hw_enc_record(r->enc, &rec, &e), &e);
	io_flush_some(r->enc);
}

/* All that one entry holds.  False: nothing more of this file. */
static bool entry(struct run *r, struct hw_source *src, const char *name)
{
	struct hw_source_note note = {r->source,
	    {(const unsigned char *)name, strlen(name)}};
	enum hw_status status = HW_OK;
	struct hw_err e = {0};
	struct hw_piece p;

	must(hw_enc_source(r->enc, &note, &e), &e);
	if (opt.verbose)
		cli_warn("source %u: %s", (unsigned)r->source, name);
	while (status == HW_OK && io_stopping() == 0) {
		size_t cap, n = 0;
		void *space = hw_split_space(r->split, &cap);

		status = hw_source_read(src, space, cap, &n, &e);
		hw_split_added(r->split, n);
		r->arrival_ms = io_now_ms();
		while (hw_split_next(r->split, &p) == HW_OK)
			put(r, &p);
	}
	while (hw_split_finish(r->split, &p) == HW_OK)
		put(r, &p);
	r->source++;
	if (status != HW_OK && status != HW_END && io_stopping() == 0)
		complain(r, &e);
	return status == HW_END;
}

static void entries(struct run *r, const char *name)
{
	struct hw_source_opts o = {.before_block = before_block, .ctx = r,
	    .plain = opt.plain, .nul_ends = opt.null};
	struct hw_source *src = NULL;
	struct hw_err e = {0};
	enum hw_status status;

	must(hw_source_open(&src, r->fd, name, &o, &e), &e);
	do {
		status = hw_source_next(src, &name, &e);
	} while (status == HW_OK && entry(r, src, name));
	if (status != HW_OK && status != HW_END && io_stopping() == 0)
		complain(r, &e);
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
	if (!is_stdin)
		close(r->fd);
}

static void set_up(struct run *r, struct hw_model *m)
{
	struct hw_tok_opts to = {.special = opt.special};
	struct hw_split_opts so = {.delim = opt.null ? '\0' : '\n',
	    .max_record = opt.max_record};
	struct hw_enc_opts eo = {.text = opt.ids};
	const struct hw_model_info *info = hw_model_info(m);
	struct hw_hello hello = {hw_model_vocab(m), info->name, info->digest};
	struct hw_err e = {0};

	must(hw_tok_open(&r->tok, m, &to, &e), &e);
	must(hw_split_open(&r->split, &so, &e), &e);
	must(hw_enc_open(&r->enc, &eo, &e), &e);
	must(hw_enc_hello(r->enc, &hello, &e), &e);
	if (opt.verbose)
		cli_warn("%s: %zu tokens", info->name,
		    hw_vocab_size(hello.vocab));
}

int main(int argc, char **argv)
{
	int first = cli_parse(&cli, argc, argv);
	struct run r = {.status = CLI_OK};
	struct hw_err e = {0};
	struct hw_model *m;

	io_setup();
	if (!opt.ids)
		io_refuse_tty();
	io_catch(SIGINT);
	io_catch(SIGTERM);
	m = find_and_open_model(opt.model, true);
	set_up(&r, m);
	if (first == argc)
		file(&r, "-");
	for (int i = first; i < argc && io_stopping() == 0; i++)
		file(&r, argv[i]);
	must(hw_enc_end(r.enc, &e), &e);
	io_flush(r.enc);
	io_close_out();
	if (hw_tok_replaced(r.tok) > 0)
		cli_warn("%" PRIu64 " bytes that the vocabulary cannot spell "
		    "are '?' to the model", hw_tok_replaced(r.tok));
	hw_enc_close(r.enc);
	hw_split_close(r.split);
	hw_tok_close(r.tok);
	hw_model_close(m);
	io_exit(r.status);
}
