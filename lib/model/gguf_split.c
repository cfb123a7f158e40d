/* SPDX-License-Identifier: MIT
 * What only this file knows: a GGUF model that was split into several files.
 * The first has all the metadata; each names its own number, and its tensors
 * as if they were all.  Every part is mapped, and stays so. */
#include "model/gguf.h"

#include <stdio.h>
#include <string.h>

#include "model/map.h"

#define NUMBER "-00001-of-00002.gguf"
#define MAX_PATH 4096

struct join {
	struct hw_container *c;   /* of the first file, which all go into */
	struct hw_names names;    /* (c's split.tensors.count) */
	struct hw_tensor *tensors;
	size_t n;                 /* so far */
	int count;                /* of files */
};

static enum hw_status read_number(const struct hw_container *p, int count,
    int want, struct hw_err *e)
{
	int no = -1, of = 0;

	HW_TRY(hw_meta_int(p, "split.no", 0, HW_MAX_PARTS - 1, &no, e));
	HW_TRY(hw_meta_int(p, "split.count", 1, HW_MAX_PARTS, &of, e));
	if (want == 0 && no != 0)
		return hw_fail(e, HW_FORMAT, "%s: part %d of a split model; "
		    "give its first, -00001-of-%05d.gguf", p->path, no + 1,
		    of);
	if (no != want || of != count)
		return hw_fail(e, HW_CORRUPT, "%s: it says that it is part %d "
		    "of %d, not part %d of %d", p->path, no + 1, of, want + 1,
		    count);
	return HW_OK;
}

/* The path of part i from that of the first. */
static enum hw_status part_path(const struct join *j, int i,
    char out[MAX_PATH], struct hw_err *e)
{
	const char *first = j->c->path;
	size_t n = strlen(first), k = sizeof(NUMBER) - 1;
	char end[sizeof(NUMBER)];

	snprintf(end, sizeof(end), "-00001-of-%05u.gguf",
	    (unsigned)j->count % 100000);
	if (n < k || n >= MAX_PATH || strcmp(first + n - k, end) != 0)
		return hw_fail(e, HW_CORRUPT, "%s: part 1 of %d, whose name "
		    "does not end in %s", first, j->count, end);
	snprintf(out, MAX_PATH, "%.*s-%05u-of-%05u.gguf", (int)(n - k), first,
	    (unsigned)(i + 1) % 100000, (unsigned)j->count % 100000);
	return HW_OK;
}

static enum hw_status take(struct join *j, const struct hw_container *p,
    struct hw_err *e)
{
	if (p->names.n > j->names.n - j->n)
		return hw_fail(e, HW_CORRUPT, "%s: there are more tensors than"
		    " the %zu of split.tensors.count", p->path, j->names.n);
	for (size_t i = 0; i < p->names.n; i++) {
		j->names.name[j->n] = p->names.name[i];
		j->tensors[j->n++] = p->tensors[i];
	}
	return HW_OK;
}

/* p: a container for part i by itself, which the caller releases. */
static enum hw_status read_part(struct join *j, struct hw_container *p, int i,
    struct hw_err *e)
{
	const char *slash = strrchr(p->path, '/');
	struct hw_part *part;

	HW_TRY(hw_parts_add(&j->c->parts, &part, slash != NULL ? slash + 1 :
	    p->path, e));
	part->mapped = true;
	HW_TRY(hw_map_open(&part->bytes, p->path, e));
	j->c->bytes += part->bytes.n;
	p->file = part->bytes;
	HW_TRY(hw_gguf_read(p, e));
	HW_TRY(read_number(p, j->count, i, e));
	return take(j, p, e);
}

static enum hw_status read_parts(struct join *j, struct hw_err *e)
{
	HW_TRY(take(j, j->c, e));
	j->c->bytes = j->c->file.n;
	for (int i = 1; i < j->count; i++) {
		char path[MAX_PATH];
		struct hw_container p = {.alloc = j->c->alloc, .path = path};
		enum hw_status st = part_path(j, i, path, e);

		hw_buf_init(&p.made_names, p.alloc, 0);
		if (st == HW_OK)
			st = read_part(j, &p, i, e);
		hw_container_release(&p);
		if (st != HW_OK)
			return st;
	}
	if (j->n != j->names.n)
		return hw_fail(e, HW_CORRUPT, "%s: there are %zu tensors in "
		    "its parts, not the %zu of split.tensors.count",
		    j->c->path, j->n, j->names.n);
	return HW_OK;
}

static enum hw_status join(struct join *j, struct hw_err *e)
{
	struct hw_container *c = j->c;
	struct hw_view twice;
	int total = 0;

	HW_TRY(hw_meta_int(c, "split.tensors.count", 0, HW_GGUF_MAX_TENSORS,
	    &total, e));
	HW_TRY(hw_names_open(&j->names, (size_t)total, c->alloc, e));
	HW_TRY(hw_new(c->alloc, &j->tensors, (size_t)total,
	    sizeof(*j->tensors), "tensors", e));
	HW_TRY(read_parts(j, e));
	if (!hw_names_sort(&j->names, &twice))
		return hw_fail(e, HW_CORRUPT, "%s: the tensor %.*s comes "
		    "twice in its parts", c->path,
		    twice.n < 64 ? (int)twice.n : 64, (const char *)twice.p);
	return HW_OK;
}

enum hw_status hw_gguf_join(struct hw_container *c, struct hw_err *e)
{
	struct join j = {.c = c, .count = 1, .names = {.alloc = c->alloc}};
	enum hw_status st;

	HW_TRY(hw_meta_int_or(c, "split.count", 0, HW_MAX_PARTS, &j.count,
	    e));
	if (j.count <= 1)
		return HW_OK;
	HW_TRY(read_number(c, j.count, 0, e));
	st = join(&j, e);
	if (st == HW_OK) {
		struct hw_names names = c->names;
		struct hw_tensor *tensors = c->tensors;

		c->names = j.names;
		c->tensors = j.tensors;
		j.names = names;
		j.tensors = tensors;
	}
	hw_names_release(&j.names);
	hw_del(c->alloc, j.tensors);
	return st;
}
