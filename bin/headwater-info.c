/* SPDX-License-Identifier: MIT
 * headwater-info: which models there are, what one consists of, what memory
 * it will need.
 *
 * What only this file knows: what is told of a model. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "find.h"
#include "io.h"
#include "listing.h"
#include "say.h"

static bool list;
static struct hw_stream_opts stream_opts = {.sinks = -1};

static const struct cli_opt options[] = {
	{'l', "list", NULL, "list the models that are found by name", cli_flag,
	    &list, 0, 0},
	{'s', "sinks", "N", "for a cache with N sinks", cli_int,
	    &stream_opts.sinks, 0, 1 << 20},
	{'w', "window", "N", "and the N most recent tokens", cli_int,
	    &stream_opts.window, 1, 1 << 24},
	{0, "kv", "TYPE", CLI_KV_HELP, cli_kv, &stream_opts.kv, 0, 0},
	{'t', "threads", "N", "for N threads (default: one a processor)",
	    cli_int, &stream_opts.threads, 1, 256},
	CLI_END,
};
static const struct cli cli = {"headwater-info", "[FILE|NAME]...",
	"Say what a model consists of and what memory it will need.", options,
	FIND_HELP "  Without any, it is the default one."};

static void tell_types(const struct hw_model *m)
{
	struct hw_model_type t;
	char text[512], b[SAY_SIZE];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; n < sizeof(text) && hw_model_type(m, i, &t); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%s%s %s in %" PRIu64, i > 0 ? ", " : "", t.name,
		    say_count(b, t.params), t.tensors);
	if (n > 0)
		say("types         %s tensors", text);
}

static void tell_tokenizer(const struct hw_model *m)
{
	static const char *const kinds[][2] = {{"gpt2", "byte-level BPE"},
	    {"llama", "SentencePiece BPE"}, {"t5", "unigram"}};
	const struct hw_model_info *i = hw_model_info(m);
	const char *kind = i->tokenizer;

	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
		if (strcmp(kinds[k][0], kind) == 0)
			kind = kinds[k][1];
	say("tokenizer     %s%s%s", kind, *i->pretokenizer != '\0' ?
	    ", pre-tokenizer " : "", i->pretokenizer);
	say("vocabulary    %zu tokens", hw_vocab_size(hw_model_vocab(m)));
}

static void tell_shape(const struct hw_model_info *i)
{
	if (i->n_layers == 0)
		return; /* not bound: these are not known */
	say("layers        %d", i->n_layers);
	say("width         %d, feed-forward %d", i->d_model, i->d_ffn);
	say("heads         %d of %d, %d of keys and values", i->n_heads,
	    i->d_head, i->n_kv_heads);
	say("context       %d tokens", i->n_ctx);
	if (i->n_windowed > 0)
		say("windows       %d layers see %d tokens", i->n_windowed,
		    i->native_window);
}

static void tell(const struct hw_model *m, const char *path)
{
	const struct hw_model_info *i = hw_model_info(m);
	char b[SAY_SIZE];

	say("file          %s", path);
	say("name          %s", i->name);
	say("format        %s", i->format);
	say("architecture  %s", i->arch);
	say("size          %s", say_bytes(b, i->bytes));
	if (i->n_params > 0)
		say("parameters    %s", say_count(b, i->n_params));
	tell_types(m);
	tell_shape(i);
	tell_tokenizer(m);
	say("digest        %016" PRIx64, i->digest);
}

static enum hw_status tell_memory(const struct hw_model *m, struct hw_err *e)
{
	const struct hw_model_info *i = hw_model_info(m);
	struct hw_stream_opts o = stream_opts;
	char b[SAY_SIZE], c[SAY_SIZE];
	enum hw_status st;
	size_t n = 0;

	o.cpu = cli_env("HEADWATER_CPU");
	hw_stream_defaults(&o, m);
	st = hw_stream_memory(m, &o, &n, e);
	if (st != HW_OK)
		return st;
	say("cache         %d sink%s + %d recent (%s)", o.sinks,
	    o.sinks != 1 ? "s" : "", o.window, hw_kv_name(o.kv));
	say("memory        %s, weights: %s unpacked, %s mapped",
	    say_bytes(b, n), say_bytes(c, i->unpacked),
	    i->unpacked < i->bytes ? "the rest" : "none");
	return HW_OK;
}

/* Will tokenize take it?  (stream-infer needs no more than the weights.) */
static enum hw_status try_tokenizer(const struct hw_model *m,
    struct hw_err *e)
{
	const struct hw_tok_opts o = {0};
	struct hw_tok *t = NULL;
	enum hw_status st;

	if (strcmp(hw_model_info(m)->tokenizer, "none") == 0)
		return HW_OK;
	st = hw_tok_open(&t, m, &o, e);
	hw_tok_close(t);
	return st;
}

/* Of a model that cannot be run, what its header says is still told. */
static enum hw_status about(const char *wanted, struct hw_err *e)
{
	const char *path = find_model(wanted);
	struct hw_model_opts o = {0};
	struct hw_model *m = NULL;
	enum hw_status st = hw_model_open(&m, path, &o, e);
	struct hw_err again = {0};

	o.vocab_only = true;
	if (st != HW_OK && hw_model_open(&m, path, &o, &again) != HW_OK)
		return st;
	if (st != HW_OK && hw_model_info(m)->n_params == 0) {
		tell(m, path);
		say("use           tokenize only: there are no weights in it");
		*e = again; /* nothing is wrong with it */
		st = HW_OK;
	} else if (st == HW_OK || st == HW_UNSUPPORTED) {
		tell(m, path);
		st = st == HW_OK ? tell_memory(m, e) : st;
	}
	if (st == HW_OK)
		st = try_tokenizer(m, e);
	hw_model_close(m);
	return st;
}

/* One after the other: what one lacks keeps no other from being told. */
static int about_all(char **wanted)
{
	int status = CLI_OK;

	for (int i = 0; i == 0 || wanted[i] != NULL; i++) {
		struct hw_err e = {0};

		if (i > 0 && status == CLI_OK)
			say("%s", "");
		if (about(wanted[i], &e) != HW_OK) {
			say_flush();
			cli_warn("%s", e.msg);
			status = cli_status(&e);
		}
		if (wanted[i] == NULL)
			break;
	}
	return status;
}

int main(int argc, char **argv)
{
	int first = cli_parse(&cli, argc, argv), status = CLI_OK;

	if (list && first < argc)
		cli_die(CLI_USAGE, "--list takes no operand");
	io_setup();
	if (list)
		listing();
	else
		status = about_all(argv + first);
	say_flush();
	io_close_out();
	return status;
}
