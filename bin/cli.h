/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_CLI_H
#define HW_BIN_CLI_H

/* Options from one table: parsing, --help, messages, exit statuses.  Only the
 * programs include this; here (and only here) it is right to print and exit. */
#include "headwater.h"

/* Exit statuses, by cause (headwater(7)). */
enum {
	CLI_OK = 0,
	CLI_NO_NEWS = 1,   /* only where it is asked for */
	CLI_USAGE = 2,
	CLI_LOSS = 3,      /* only where it is asked for */
	CLI_DATA = 65,     /* broken model, archive or token stream */
	CLI_NOINPUT = 66,  /* a named file is missing or unreadable */
	CLI_UNAVAILABLE = 69, /* asks for what this version lacks */
	CLI_OS = 71,       /* no memory, no thread */
	CLI_IO = 74,       /* reading or writing failed */
};

struct cli_opt {
	int letter;       /* 'x', or 0: long form only */
	const char *name; /* long form, without dashes */
	const char *arg;  /* what its argument is called; NULL: takes none */
	const char *help; /* one line */
	/* Store arg at to; returns NULL or what is wrong with it. */
	const char *(*parse)(const struct cli_opt *o, const char *arg);
	void *to;
	long long min, max; /* for cli_int and cli_bytes */
};
#define CLI_END {0, NULL, NULL, NULL, NULL, NULL, 0, 0}

const char *cli_flag(const struct cli_opt *o, const char *arg);   /* bool */
const char *cli_string(const struct cli_opt *o, const char *arg); /* char * */
const char *cli_int(const struct cli_opt *o, const char *arg);    /* int */
const char *cli_bytes(const struct cli_opt *o, const char *arg);
	/* size_t; takes 64k, 1m */
const char *cli_kv(const struct cli_opt *o, const char *arg);
	/* enum hw_kv_type, by its name: */
#define CLI_KV_NAMES "auto, i16, f32, f16, bf16 or q8_0"
#define CLI_KV_HELP "cache type: " CLI_KV_NAMES

struct cli {
	const char *name;      /* "tokenize" */
	const char *operands;  /* "[FILE]...", or NULL: takes none */
	const char *about;     /* one line */
	const struct cli_opt *opts; /* ends with CLI_END; -h and --version are
	                               understood everywhere */
	const char *more;      /* printed at the end of --help, or NULL */
};

/* Parse; returns the index of the first operand.  -h and --version print and
 * exit 0; a usage error prints one line and exits 2. */
int cli_parse(const struct cli *c, int argc, char **argv);

const char *cli_name(void); /* of the program, once parsed */
/* The environment's variable, or NULL where it is empty, too. */
const char *cli_env(const char *name);
/* `NAME: message` on stderr. */
void cli_warn(const char *fmt, ...) HW_PRINTF(1, 2);
void cli_die(int exit_status, const char *fmt, ...) HW_PRINTF(2, 3)
    __attribute__((noreturn));
/* The exit status that a failure stands for, and dying of it. */
int cli_status(const struct hw_err *e);
void cli_fail(const struct hw_err *e) __attribute__((noreturn));

#endif
