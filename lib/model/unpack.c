/* SPDX-License-Identifier: MIT
 * What only this file knows: how a model comes out of an archive.  It is gone
 * through twice, as the files that say which weights are wanted may stand
 * behind them.  What is wanted is read into private memory: nothing packed can
 * be mapped.  The archive's formats are enabled one by one; "all" might start
 * programs. */
#include "model/safetensors.h"

#include "base/archive.h"

#include <stdio.h>
#include <string.h>

#define MAX_ENTRIES 100000
/* Weights hardly shrink, and JSON to a tenth: who claims more than this lies,
 * or wants to fill the disk of a careless reader. */
#define MAX_UNPACKED(bytes) (((uint64_t)1 << 20) + 32 * (uint64_t)(bytes))

struct unpacking;
typedef enum hw_status take_fn(struct unpacking *u,
    struct archive_entry *entry, const char *name, struct hw_err *e);

struct unpacking {
	struct hw_parts *parts;
	take_fn *take; /* what to do with each file that may be wanted */
	bool heads;    /* of weights nothing else */
	const struct hw_archive *la;
	struct archive *a;
	const char *path;
	uint64_t left; /* bytes that may still come out of it */
};

bool hw_parts_is_archive(struct hw_view f)
{
	static const struct {
		size_t at, n;
		const char *bytes;
	} magic[] = {{0, 2, "\x1f\x8b"}, {0, 4, "\x28\xb5\x2f\xfd"},
	    {0, 4, "PK\x03\x04"}, {257, 5, "ustar"}};

	for (size_t i = 0; i < sizeof(magic) / sizeof(*magic); i++)
		if (f.n >= magic[i].at + magic[i].n &&
		    memcmp(f.p + magic[i].at, magic[i].bytes, magic[i].n) == 0)
			return true;
	return f.n >= HW_TAR_HEADER && hw_tar_sum_is_right(f.p);
}

/* A refusal, with the place in the archive that was come to. */
static enum hw_status refuse(const struct unpacking *u, enum hw_status status,
    const char *name, const char *why, struct hw_err *e)
{
	return hw_fail(e, status, "%s: byte %lld: %.80s%s%.80s", u->path,
	    (long long)u->la->archive_filter_bytes(u->a, -1), name,
	    *name != '\0' ? ": " : "", why);
}

static enum hw_status damaged(const struct unpacking *u, const char *name,
    struct hw_err *e)
{
	const char *why = u->la->archive_error_string(u->a);

	return refuse(u, HW_CORRUPT, name, why != NULL ? why :
	    "a damaged archive", e);
}

/* The next bytes of an entry. */
static enum hw_status fill(const struct unpacking *u, unsigned char *to,
    size_t size, const char *name, struct hw_err *e)
{
	la_ssize_t got;

	for (size_t n = 0; n < size; n += (size_t)got) {
		got = u->la->archive_read_data(u->a, to + n, size - n);
		if (got < 0)
			return damaged(u, name, e);
		if (got == 0)
			return refuse(u, HW_CORRUPT, name, "it ends early",
			    e);
	}
	return HW_OK;
}

static enum hw_status new_bytes(const struct unpacking *u,
    struct hw_part *part, unsigned char **to, size_t n, struct hw_err *e)
{
	HW_TRY(hw_new_aligned(u->parts->alloc, to, n, 1, part->name, e));
	part->bytes = (struct hw_view){*to, n};
	return HW_OK;
}

/* All of an entry; behind it there is nothing more, and its checksum, if it has
 * one, is right. */
static enum hw_status read_all(const struct unpacking *u,
    struct hw_part *part, struct hw_err *e)
{
	size_t size = (size_t)part->size;
	unsigned char *to, more;
	la_ssize_t got;

	HW_TRY(new_bytes(u, part, &to, size, e));
	HW_TRY(fill(u, to, size, part->name, e));
	got = u->la->archive_read_data(u->a, &more, 1);
	if (got < 0)
		return damaged(u, part->name, e);
	return got == 0 ? HW_OK : refuse(u, HW_CORRUPT, part->name,
	    "it is longer than it says", e);
}

/* Of weights what stands before the tensors' data. */
static enum hw_status read_head(const struct unpacking *u,
    struct hw_part *part, struct hw_err *e)
{
	unsigned char first[HW_SAFE_LENGTH], *to;
	size_t n = part->size < sizeof(first) ? (size_t)part->size :
	    sizeof(first), head;

	HW_TRY(fill(u, first, n, part->name, e));
	head = hw_safe_head((struct hw_view){first, n}, part->size);
	HW_TRY(new_bytes(u, part, &to, head, e));
	memcpy(to, first, n);
	return fill(u, to + n, head - n, part->name, e);
}

/* Is one of the names between the slashes ".."? */
static bool climbs(const char *name)
{
	for (; name != NULL; name = strchr(name, '/')) {
		name += *name == '/';
		if (strncmp(name, "..", 2) == 0 &&
		    (name[2] == '/' || name[2] == '\0'))
			return true;
	}
	return false;
}

/* What is said of an entry that is a link to a file; NULL: it is none. */
static const char *link_of(const struct unpacking *u,
    struct archive_entry *entry)
{
	if (u->la->archive_entry_hardlink(entry) != NULL)
		return "a hard link; pack with tar --hard-dereference";
	return u->la->archive_entry_filetype(entry) == AE_IFLNK ?
	    "a symbolic link; pack with tar -h" : NULL;
}

/* Each file that a model may have becomes a part, by its whole name. */
static enum hw_status find_file(struct unpacking *u,
    struct archive_entry *entry, const char *name, struct hw_err *e)
{
	int64_t size = u->la->archive_entry_size(entry);
	struct hw_part *part;

	if (hw_parts_find(u->parts, name) != NULL)
		return refuse(u, HW_CORRUPT, name, "it comes twice", e);
	HW_TRY(hw_parts_add(u->parts, &part, name, e));
	part->link = link_of(u, entry);
	if (part->link != NULL)
		return HW_OK;
	if (!u->la->archive_entry_size_is_set(entry))
		return refuse(u, HW_UNSUPPORTED, name, "it does not say how "
		    "long it is", e);
	part->size = (uint64_t)size;
	if (hw_parts_is_weights(name))
		return HW_OK;
	if (part->size > HW_MAX_JSON) {
		char why[64];

		snprintf(why, sizeof(why), "more than %zu bytes", HW_MAX_JSON);
		return refuse(u, HW_LIMIT, name, why, e);
	}
	return read_all(u, part, e);
}

static enum hw_status read_weights(struct unpacking *u,
    struct archive_entry *entry, const char *name, struct hw_err *e)
{
	const char *folder = u->parts->folder;
	size_t k = strlen(folder);

	(void)entry;
	if (strncmp(name, folder, k) != 0)
		return HW_OK;
	for (size_t i = 0; i < u->parts->n; i++) {
		struct hw_part *part = &u->parts->part[i];

		if (part->used && strcmp(part->name, name + k) == 0)
			return u->heads ? read_head(u, part, e) :
			    read_all(u, part, e);
	}
	return HW_OK;
}

static enum hw_status take_entry(struct unpacking *u,
    struct archive_entry *entry, struct hw_err *e)
{
	const char *name = u->la->archive_entry_pathname(entry), *slash;
	int64_t size = u->la->archive_entry_size(entry);

	/* What is not wanted must be read, too, to get past it. */
	if (size < 0 || (uint64_t)size > u->left)
		return refuse(u, HW_LIMIT, name != NULL ? name : "", "more "
		    "comes out of it than can have gone in", e);
	u->left -= (uint64_t)size;
	if (name == NULL ||
	    (u->la->archive_entry_filetype(entry) != AE_IFREG &&
	    link_of(u, entry) == NULL))
		return HW_OK;
	slash = strrchr(name, '/');
	if (!hw_parts_wanted(slash != NULL ? slash + 1 : name))
		return HW_OK;
	if (climbs(name))
		return refuse(u, HW_CORRUPT, name, "a name that leaves the "
		    "archive", e);
	while (*name == '/' || (name[0] == '.' && name[1] == '/'))
		name++;
	return u->take(u, entry, name, e);
}

static enum hw_status read_entries(struct unpacking *u, struct hw_err *e)
{
	struct archive_entry *entry;

	for (int i = 0; i < MAX_ENTRIES; i++) {
		int r = u->la->archive_read_next_header(u->a, &entry);

		if (r == ARCHIVE_EOF)
			return HW_OK;
		if (r < ARCHIVE_WARN)
			return damaged(u, "", e);
		HW_TRY(take_entry(u, entry, e));
	}
	return refuse(u, HW_LIMIT, "", "too many entries", e);
}

static enum hw_status go_through(struct unpacking *u, struct hw_view file,
    struct hw_err *e)
{
	enum hw_status st;

	u->left = MAX_UNPACKED(file.n);
	HW_TRY(hw_archive_load(&u->la, e));
	u->a = u->la->archive_read_new();
	if (u->a == NULL)
		return hw_fail(e, HW_NOMEM, "%s: no memory to unpack it",
		    u->path);
	u->la->archive_read_support_filter_gzip(u->a);
	u->la->archive_read_support_filter_zstd(u->a);
	u->la->archive_read_support_format_tar(u->a);
	u->la->archive_read_support_format_zip_seekable(u->a);
	st = u->la->archive_read_open_memory(u->a, file.p, file.n) ==
	    ARCHIVE_OK ? read_entries(u, e) : damaged(u, "", e);
	u->la->archive_read_free(u->a);
	return st;
}

/* Where a link leads is not looked at: it may lead out of the archive.  Of the
 * weights only what is used must be there. */
static enum hw_status refuse_links(const struct hw_parts *p, bool weights,
    const char *path, struct hw_err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct hw_part *part = &p->part[i];

		if (part->link != NULL && (weights ? part->used :
		    !hw_parts_is_weights(part->name)))
			return hw_fail(e, HW_UNSUPPORTED, "%s: %.80s: it is "
			    "%s", path, part->name, part->link);
	}
	return HW_OK;
}

enum hw_status hw_parts_from_archive(struct hw_parts *p, struct hw_view file,
    const char *path, struct hw_err *e)
{
	struct unpacking u = {.parts = p, .path = path, .take = find_file};

	HW_TRY(go_through(&u, file, e));
	HW_TRY(hw_parts_choose(p, path, e));
	return refuse_links(p, false, path, e);
}

enum hw_status hw_parts_unpack_weights(struct hw_parts *p,
    struct hw_view file, const char *path, bool heads, struct hw_err *e)
{
	struct unpacking u = {.parts = p, .path = path, .take = read_weights,
	    .heads = heads};

	HW_TRY(refuse_links(p, true, path, e));
	return go_through(&u, file, e);
}
