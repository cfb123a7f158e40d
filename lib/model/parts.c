/* SPDX-License-Identifier: MIT
 * What only this file knows: which files of a directory belong to a model. */
#include "model/parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/map.h"

static void release(const struct hw_parts *p, struct hw_part *part)
{
	if (part->mapped)
		hw_map_close(&part->bytes);
	else
		hw_del_aligned(p->alloc, (void *)(uintptr_t)part->bytes.p);
	hw_del(p->alloc, part->name);
}

void hw_parts_release(struct hw_parts *p)
{
	for (size_t i = 0; i < p->n; i++)
		release(p, &p->part[i]);
	hw_del(p->alloc, p->part);
	hw_del(p->alloc, p->folder);
	*p = (struct hw_parts){.alloc = p->alloc};
}

static struct hw_part *find(const struct hw_parts *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->part[i].name, name) == 0)
			return &p->part[i];
	return NULL;
}

const struct hw_view *hw_parts_find(const struct hw_parts *p,
    const char *name)
{
	const struct hw_part *part = find(p, name);

	return part != NULL ? &part->bytes : NULL;
}

bool hw_parts_use(struct hw_parts *p, const char *name)
{
	struct hw_part *part = find(p, name);

	if (part != NULL)
		part->used = true;
	return part != NULL;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

bool hw_parts_is_weights(const char *name)
{
	return ends_with(name, ".safetensors");
}

bool hw_parts_wanted(const char *name)
{
	static const char *const texts[] = {"config.json", "tokenizer.json",
	    "tokenizer_config.json", "generation_config.json",
	    "model.safetensors.index.json"};

	if (hw_parts_is_weights(name))
		return true;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(name, texts[i]) == 0)
			return true;
	return false;
}

enum hw_status hw_parts_add(struct hw_parts *p, struct hw_part **out,
    const char *name, struct hw_err *e)
{
	size_t n = strlen(name);

	if (p->part == NULL)
		HW_TRY(hw_new(p->alloc, &p->part, HW_MAX_PARTS,
		    sizeof(*p->part), "files", e));
	if (p->n == HW_MAX_PARTS)
		return hw_fail(e, HW_LIMIT, "%s: a model of more than %d "
		    "files", name, HW_MAX_PARTS);
	if (hw_parts_find(p, name) != NULL)
		return hw_fail(e, HW_CORRUPT, "%s: it comes twice", name);
	*out = &p->part[p->n];
	HW_TRY(hw_new(p->alloc, &(*out)->name, n + 1, 1, "files", e));
	memcpy((*out)->name, name, n);
	p->n++;
	return HW_OK;
}

/* ---- of one folder in an archive ----------------------------------------- */

/* Bytes of a path before the name. */
static size_t folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? (size_t)(slash + 1 - path) : 0;
}

static size_t depth(const char *path)
{
	size_t n = 0;

	while ((path = strchr(path, '/')) != NULL) {
		path++;
		n++;
	}
	return n;
}

/* The path to a file of this name that lies least deep, and another that does,
 * too; or NULL. */
static const char *least_deep(const struct hw_parts *p, const char *name,
    const char **other)
{
	const char *best = NULL;

	*other = NULL;
	for (size_t i = 0; i < p->n; i++) {
		const char *at = p->part[i].name;

		if (strcmp(at + folder_of(at), name) != 0)
			continue;
		if (best == NULL || depth(at) < depth(best)) {
			best = at;
			*other = NULL;
		} else if (depth(at) == depth(best)) {
			*other = at;
		}
	}
	return best;
}

enum hw_status hw_parts_choose(struct hw_parts *p, const char *path,
    struct hw_err *e)
{
	const char *other, *best = least_deep(p, "config.json", &other);
	size_t k, n = p->n;

	if (best == NULL)
		best = least_deep(p, "tokenizer.json", &other);
	if (other != NULL)
		return hw_fail(e, HW_CORRUPT, "%s: more than one model: %.80s "
		    "and %.80s", path, best, other);
	k = best != NULL ? folder_of(best) : 0;
	HW_TRY(hw_new(p->alloc, &p->folder, k + 1, 1, "files", e));
	if (k > 0)
		memcpy(p->folder, best, k);
	p->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct hw_part part = p->part[i];

		if (strncmp(part.name, p->folder, k) != 0 ||
		    strchr(part.name + k, '/') != NULL) {
			release(p, &part);
			continue;
		}
		memmove(part.name, part.name + k, strlen(part.name + k) + 1);
		p->part[p->n++] = part;
	}
	return HW_OK;
}

/* ---- of a directory ------------------------------------------------------ */

static enum hw_status map_part(const char *dir, struct hw_part *part,
    struct hw_err *e)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, part->name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return hw_fail(e, HW_LIMIT, "%s: the path is too long", dir);
	part->mapped = true;
	HW_TRY(hw_map_open(&part->bytes, path, e));
	part->size = part->bytes.n;
	return HW_OK;
}

enum hw_status hw_parts_map_weights(struct hw_parts *p, const char *path,
    struct hw_err *e)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->part[i].used && !p->part[i].mapped)
			HW_TRY(map_part(path, &p->part[i], e));
	return HW_OK;
}

enum hw_status hw_parts_from_dir(struct hw_parts *p, const char *path,
    struct hw_err *e)
{
	DIR *d = opendir(path);
	enum hw_status st = HW_OK;
	struct dirent *entry;
	struct hw_part *part;

	if (d == NULL)
		return hw_fail_sys(e, errno, "%s", path);
	while (st == HW_OK && (entry = readdir(d)) != NULL) {
		if (!hw_parts_wanted(entry->d_name))
			continue;
		st = hw_parts_add(p, &part, entry->d_name, e);
		if (st == HW_OK && !hw_parts_is_weights(entry->d_name))
			st = map_part(path, part, e);
	}
	closedir(d);
	return st;
}
