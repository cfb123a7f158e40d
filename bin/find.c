/* SPDX-License-Identifier: MIT
 * What only this file knows: where models are looked for. */
#include "find.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define BUNDLED "headwater-log"

typedef bool folder_fn(void *ctx, const char *dir);

/* What may follow a NAME; first that of a folder. */
static const char *const ends[] = {"", ".gguf", ".tar", ".tar.gz", ".tar.zst",
	".zip"};

static char path[PATH_MAX];

/* The folder that holds the folder this program is in; "" if unknown. */
static const char *above_program(void)
{
	static char dir[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);

	dir[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(dir, '/');

		if (slash != NULL)
			*slash = '\0';
	}
	return dir;
}

/* f of DIR/SUB; nothing for an empty DIR, nor for one that is too long. */
static bool below(const char *dir, size_t n, const char *sub, folder_fn *f,
    void *ctx)
{
	char whole[PATH_MAX];
	int k = snprintf(whole, sizeof(whole), "%.*s%s", (int)n, dir, sub);

	return n > 0 && k > 0 && (size_t)k < sizeof(whole) && f(ctx, whole);
}

/* ... of each DIR in a list with colons. */
static bool each_below(const char *list, const char *sub, folder_fn *f,
    void *ctx)
{
	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, ":");

		if (n < PATH_MAX && below(list, n, sub, f, ctx))
			return true;
		list += n + (list[n] == ':');
	}
	return false;
}

static bool user_folders(folder_fn *f, void *ctx)
{
	const char *home = cli_env("XDG_DATA_HOME");
	const char *dirs = cli_env("XDG_DATA_DIRS");
	const char *sub = "/headwater/models";

	if (each_below(cli_env("HEADWATER_MODELS"), "", f, ctx))
		return true;
	if (home == NULL) {
		home = cli_env("HOME");
		sub = "/.local/share/headwater/models";
	}
	if (home != NULL && below(home, strlen(home), sub, f, ctx))
		return true;
	return each_below(dirs != NULL ? dirs : "/usr/local/share:/usr/share",
	    "/headwater/models", f, ctx);
}

static bool own_folders(folder_fn *f, void *ctx)
{
	const char *dir = cli_env("HEADWATER_PKGDATADIR");

	if (dir != NULL && f(ctx, dir))
		return true;
	dir = above_program();
	return below(dir, strlen(dir), "/lib/model", f, ctx) ||
	    below(dir, strlen(dir), "/share/headwater", f, ctx) ||
	    f(ctx, PKGDATADIR);
}

bool find_folders(folder_fn *f, void *ctx)
{
	return user_folders(f, ctx) || own_folders(f, ctx);
}

/* n, but 0 for a file of a split model that is not its first. */
static size_t unless_later_part(const char *file, size_t n)
{
	static const char like[] = "-#####-of-#####";
	size_t k = sizeof(like) - 1;
	const char *p = file + n - k;

	if (n <= k)
		return n;
	for (size_t i = 0; i < k; i++)
		if (like[i] == '#' ? p[i] < '0' || p[i] > '9' :
		    p[i] != like[i])
			return n;
	return strncmp(p, "-00001", 6) == 0 ? n : 0;
}

size_t find_name(const char *file, bool dir)
{
	size_t n = strlen(file);

	if (dir)
		return file[0] != '.' ? n : 0;
	for (size_t i = 1; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t k = strlen(ends[i]);

		if (n > k && strcmp(file + n - k, ends[i]) == 0)
			return unless_later_part(file, n - k);
	}
	return 0;
}

/* Sets path if a model of this name is in dir. */
static bool is_in(void *ctx, const char *dir)
{
	const char *name = ctx;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		int n = snprintf(path, sizeof(path), "%s/%s%s", dir, name,
		    ends[i]);

		if (n > 0 && (size_t)n < sizeof(path) &&
		    access(path, R_OK) == 0)
			return true;
	}
	return false;
}

const char *find_model(const char *wanted)
{
	static char bundled[] = BUNDLED;

	if (wanted == NULL)
		wanted = cli_env("HEADWATER_MODEL");
	if (wanted == NULL || *wanted == '\0')
		return own_folders(is_in, bundled) ? path : bundled;
	if (strchr(wanted, '/') != NULL || access(wanted, F_OK) == 0)
		return wanted;
	return find_folders(is_in, (void *)(uintptr_t)wanted) ? path : wanted;
}

/* The model's file was cut short while it is mapped, or its disk fails: the
 * pages that are gone cannot be read, and nothing else can be said of it. */
static char lost[PATH_MAX + 128];

static void say_lost(int sig)
{
	ssize_t n = write(STDERR_FILENO, lost, strlen(lost));

	(void)n;
	(void)sig;
	_exit(CLI_IO);
}

static void watch_for_loss(const char *model)
{
	struct sigaction act = {.sa_handler = say_lost};

	snprintf(lost, sizeof(lost), "%s: %s: the file was cut short while it "
	    "was in use, or cannot be read\n", cli_name(), model);
	sigaction(SIGBUS, &act, NULL);
}

struct hw_model *find_and_open_model(const char *wanted, bool vocab_only)
{
	struct hw_model_opts opts = {.vocab_only = vocab_only};
	struct hw_err e = {0};
	const char *file = find_model(wanted);
	struct hw_model *m = NULL;

	watch_for_loss(file);
	if (hw_model_open(&m, file, &opts, &e) != HW_OK)
		cli_fail(&e);
	return m;
}
