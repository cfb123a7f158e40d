/* SPDX-License-Identifier: MIT
 * What only this file knows: what in a folder is a model, to be listed. */
#include "listing.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "find.h"
#include "say.h"

/* What was listed, so that nothing is twice: folders overlap, and a build
 * tree's model is a link to the source's. */
static struct {
	dev_t dev;
	ino_t ino;
} seen[4096];
static size_t n_seen;

static bool is_new(const struct stat *st)
{
	for (size_t i = 0; i < n_seen; i++)
		if (seen[i].dev == st->st_dev && seen[i].ino == st->st_ino)
			return false;
	if (n_seen < sizeof(seen) / sizeof(*seen)) {
		seen[n_seen].dev = st->st_dev;
		seen[n_seen++].ino = st->st_ino;
	}
	return true;
}

static bool holds(const char *dir, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	return n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0;
}

static void row(const char *name, const char *path)
{
	struct hw_model *m = NULL;
	struct hw_model_type t = {.name = "-"};
	const struct hw_model_info *i;
	struct hw_err e = {0};
	char b[SAY_SIZE], c[SAY_SIZE];

	if (hw_model_open(&m, path, NULL, &e) != HW_OK) {
		say("%-20s cannot be run: %s", name, e.msg);
		return;
	}
	i = hw_model_info(m);
	hw_model_type(m, 0, &t);
	say("%-20s %-8s %6s %-6s %10s  %s", name, i->arch,
	    say_count(b, i->n_params), t.name, say_bytes(c, i->bytes), path);
	hw_model_close(m);
}

/* An archive is not unpacked only to be listed. */
static void packed(const char *name, const char *path, const struct stat *st)
{
	char b[SAY_SIZE];

	say("%-20s %-8s %6s %-6s %10s  %s", name, "packed", "", "",
	    say_bytes(b, (uint64_t)st->st_size), path);
}

static void entry(const char *dir, const char *file)
{
	char path[PATH_MAX], name[NAME_MAX + 1];
	int len = snprintf(path, sizeof(path), "%s/%s", dir, file);
	struct stat st;
	size_t n;

	if (len < 0 || (size_t)len >= sizeof(path) || stat(path, &st) != 0 ||
	    (S_ISDIR(st.st_mode) && !holds(path, "config.json")) ||
	    (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)))
		return;
	n = find_name(file, S_ISDIR(st.st_mode));
	if (n == 0 || n >= sizeof(name) || !is_new(&st))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)n, file);
	if (S_ISDIR(st.st_mode) || strcmp(file + n, ".gguf") == 0)
		row(name, path);
	else
		packed(name, path, &st);
}

static bool folder(void *ctx, const char *dir)
{
	struct dirent **files;
	int n = scandir(dir, &files, NULL, alphasort);

	(void)ctx;
	for (int i = 0; i < n; i++) {
		entry(dir, files[i]->d_name);
		free(files[i]);
	}
	if (n >= 0)
		free(files);
	return false;
}

void listing(void)
{
	find_folders(folder, NULL);
}
