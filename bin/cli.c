/* SPDX-License-Identifier: MIT
 * What only this file knows: how the option table becomes getopt_long's, and
 * how a program speaks on stderr. */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OPTS 48
enum { KEY_VERSION = 256, KEY_LONG };

static const char *program = "headwater";

const char *cli_name(void)
{
	return program;
}

const char *cli_env(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

void cli_warn(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void cli_die(int exit_status, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(exit_status);
}

int cli_status(const struct hw_err *e)
{
	switch (e->status) {
	case HW_OK:
	case HW_END:
		return CLI_OK;
	case HW_NOMEM:
		return CLI_OS;
	case HW_IO:
		return e->sys_errno == ENOENT || e->sys_errno == EACCES ||
		    e->sys_errno == EISDIR || e->sys_errno == ENOTDIR ?
		    CLI_NOINPUT : CLI_IO;
	case HW_FORMAT:
	case HW_CORRUPT:
	case HW_LIMIT:
		return CLI_DATA;
	case HW_UNSUPPORTED:
		return CLI_UNAVAILABLE;
	case HW_USAGE:
		return CLI_USAGE;
	}
	return CLI_DATA;
}

void cli_fail(const struct hw_err *e)
{
	cli_die(cli_status(e), "%s", e->msg);
}

const char *cli_flag(const struct cli_opt *o, const char *arg)
{
	(void)arg;
	*(bool *)o->to = true;
	return NULL;
}

const char *cli_string(const struct cli_opt *o, const char *arg)
{
	*(const char **)o->to = arg;
	return NULL;
}

/* A whole decimal number with an optional k, m or g (1024s) if `scaled`. */
static const char *number(const struct cli_opt *o, const char *arg,
    bool scaled, long long *out)
{
	static char why[96];
	char *end = NULL;
	long long x;

	errno = 0;
	x = strtoll(arg, &end, 10);
	if (end == arg || errno != 0)
		return "is not a number";
	if (scaled && *end != '\0' && end[1] == '\0') {
		const char *units = "kmg", *u = strchr(units, *end | 0x20);
		int shift = u != NULL ? 10 * (int)(u - units + 1) : 0;

		if (shift == 0)
			return "has an unknown unit (k, m or g)";
		if (x > LLONG_MAX >> shift || x < 0)
			return "is too large";
		x <<= shift;
		end++;
	}
	if (*end != '\0')
		return "is not a number";
	if (x < o->min || x > o->max) {
		snprintf(why, sizeof(why), "is not between %lld and %lld",
		    o->min, o->max);
		return why;
	}
	*out = x;
	return NULL;
}

const char *cli_int(const struct cli_opt *o, const char *arg)
{
	long long x = 0;
	const char *why = number(o, arg, false, &x);

	if (why == NULL)
		*(int *)o->to = (int)x;
	return why;
}

const char *cli_bytes(const struct cli_opt *o, const char *arg)
{
	long long x = 0;
	const char *why = number(o, arg, true, &x);

	if (why == NULL)
		*(size_t *)o->to = (size_t)x;
	return why;
}

const char *cli_kv(const struct cli_opt *o, const char *arg)
{
	return hw_kv_named(o->to, arg) ? NULL : "is not " CLI_KV_NAMES;
}

static void help_line(int letter, const char *name, const char *arg,
    const char *help)
{
	char left[64];
	int n;

	if (letter != 0)
		n = snprintf(left, sizeof(left), "  -%c, --%s", letter, name);
	else
		n = snprintf(left, sizeof(left), "      --%s", name);
	if (arg != NULL)
		snprintf(left + n, sizeof(left) - (size_t)n, "=%s", arg);
	if (strlen(left) > 24)
		printf("%s\n%26s%s\n", left, "", help);
	else
		printf("%-26s%s\n", left, help);
}

static void help(const struct cli *c)
{
	printf("Usage: %s [OPTION]...%s%s\n%s\n\n", c->name,
	    c->operands != NULL ? " " : "",
	    c->operands != NULL ? c->operands : "", c->about);
	for (const struct cli_opt *o = c->opts; o->name != NULL; o++)
		help_line(o->letter, o->name, o->arg, o->help);
	help_line('h', "help", NULL, "print this help and exit");
	help_line(0, "version", NULL, "print the version and exit");
	if (c->more != NULL)
		printf("\n%s\n", c->more);
	exit(fflush(stdout) == 0 ? CLI_OK : CLI_IO);
}

static void version(const struct cli *c)
{
	printf("%s (headwater) %s\n", c->name, hw_version());
	exit(fflush(stdout) == 0 ? CLI_OK : CLI_IO);
}

static void usage(const struct cli *c)
{
	fprintf(stderr, "Try '%s --help'.\n", c->name);
	exit(CLI_USAGE);
}

int cli_parse(const struct cli *c, int argc, char **argv)
{
	struct option longs[MAX_OPTS + 3] = {{0}};
	char shorts[2 * MAX_OPTS + 2] = "h";
	size_t n = 0, s = 1;
	int key;

	program = c->name;
	for (const struct cli_opt *o = c->opts; o->name != NULL; o++, n++) {
		if (n == MAX_OPTS)
			abort(); /* our own table outgrew this file */
		longs[n] = (struct option){o->name,
		    o->arg != NULL ? required_argument : no_argument, NULL,
		    KEY_LONG + (int)n};
		if (o->letter == 0)
			continue;
		shorts[s++] = (char)o->letter;
		if (o->arg != NULL)
			shorts[s++] = ':';
	}
	longs[n] = (struct option){"help", no_argument, NULL, 'h'};
	longs[n + 1] = (struct option){"version", no_argument, NULL,
	    KEY_VERSION};
	while ((key = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct cli_opt *o = c->opts;
		const char *why;

		if (key == 'h')
			help(c);
		if (key == KEY_VERSION)
			version(c);
		if (key == '?')
			usage(c);
		if (key >= KEY_LONG)
			o += key - KEY_LONG;
		else
			while (o->letter != key)
				o++;
		why = o->parse(o, optarg);
		if (why != NULL)
			cli_die(CLI_USAGE, "--%s: '%s' %s", o->name,
			    optarg != NULL ? optarg : "", why);
	}
	if (c->operands == NULL && optind < argc) {
		cli_warn("unexpected operand '%s'", argv[optind]);
		usage(c);
	}
	return optind;
}
