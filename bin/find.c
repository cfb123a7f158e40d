/* SPDX-License-Identifier: MIT
 * What only this file knows: where models are looked for. */
#include "find.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define BUNDLED "headwater-log"

static char path[PATH_MAX];

static bool try_path(const char *dir, const char *sub, const char *name)
{
	int n = snprintf(path, sizeof(path), "%s%s/%s.gguf", dir, sub, name);

	return n > 0 && (size_t)n < sizeof(path) && access(path, R_OK) == 0;
}

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

const char *find_model(const char *wanted)
{
	const char *dir;

	if (wanted == NULL)
		wanted = getenv("HEADWATER_MODEL");
	if (wanted == NULL || *wanted == '\0')
		wanted = BUNDLED;
	else if (strchr(wanted, '/') != NULL || access(wanted, F_OK) == 0)
		return wanted;
	dir = getenv("HEADWATER_PKGDATADIR");
	if (dir != NULL && *dir != '\0' && try_path(dir, "", wanted))
		return path;
	dir = above_program();
	if (*dir != '\0' && (try_path(dir, "/lib/model", wanted) ||
	    try_path(dir, "/share/headwater", wanted)))
		return path;
	if (try_path(PKGDATADIR, "", wanted))
		return path;
	return wanted;
}

struct hw_model *find_and_open_model(const char *wanted, bool vocab_only)
{
	struct hw_model_opts opts = {.vocab_only = vocab_only};
	struct hw_err e = {0};
	struct hw_model *m = NULL;

	if (hw_model_open(&m, find_model(wanted), &opts, &e) != HW_OK)
		cli_fail(&e);
	return m;
}
