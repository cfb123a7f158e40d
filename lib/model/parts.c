/* SPDX-License-Identifier: MIT
 * What only this file knows: which files of a directory belong to a model. */
#include "model/parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/map.h"

void hw_parts_release(struct hw_parts *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct hw_part *part = &p->part[i];

		if (part->mapped)
			hw_map_close(&part->bytes);
		else
			hw_del_aligned(p->alloc,
			    (void *)(uintptr_t)part->bytes.p);
		hw_del(p->alloc, part->name);
	}
	hw_del(p->alloc, p->part);
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

bool hw_parts_wanted(const char *name)
{
	static const char *const texts[] = {"config.json", "tokenizer.json",
	    "tokenizer_config.json", "generation_config.json",
	    "model.safetensors.index.json"};

	if (ends_with(name, ".safetensors"))
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

static enum hw_status map_part(struct hw_parts *p, const char *dir,
    const char *name, struct hw_err *e)
{
	struct hw_part *part;
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return hw_fail(e, HW_LIMIT, "%s: the path is too long", dir);
	HW_TRY(hw_parts_add(p, &part, name, e));
	part->mapped = true;
	HW_TRY(hw_map_open(&part->bytes, path, e));
	if (ends_with(name, ".json") && part->bytes.n > HW_MAX_JSON)
		return hw_fail(e, HW_LIMIT, "%s: more than %zu bytes", path,
		    HW_MAX_JSON);
	return HW_OK;
}

enum hw_status hw_parts_from_dir(struct hw_parts *p, const char *path,
    struct hw_err *e)
{
	DIR *d = opendir(path);
	enum hw_status st = HW_OK;
	struct dirent *entry;

	if (d == NULL)
		return hw_fail_sys(e, errno, "%s", path);
	while (st == HW_OK && (entry = readdir(d)) != NULL)
		if (hw_parts_wanted(entry->d_name))
			st = map_part(p, path, entry->d_name, e);
	closedir(d);
	return st;
}
