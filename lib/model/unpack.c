/* SPDX-License-Identifier: MIT
 * What only this file knows: how a model comes out of an archive.  Weights are
 * read once, into private memory: nothing packed can be mapped.  The
 * archive's formats are enabled one by one; "all" might start programs. */
#include "model/parts.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>

#define MAX_ENTRIES 100000

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
	return false;
}

static enum hw_status damaged(struct archive *a, const char *path,
    struct hw_err *e)
{
	const char *why = archive_error_string(a);

	return hw_fail(e, HW_CORRUPT, "%s: %s", path, why != NULL ? why :
	    "a damaged archive");
}

/* The whole of an entry.  It is as long as its header says, and no longer than
 * a model can be. */
static enum hw_status read_entry(struct hw_parts *p, struct archive *a,
    struct archive_entry *entry, const char *name, const char *path,
    struct hw_err *e)
{
	int64_t size = archive_entry_size(entry);
	struct hw_part *part;
	unsigned char *to = NULL;
	size_t n = 0;

	if (!archive_entry_size_is_set(entry) || size <= 0)
		return hw_fail(e, HW_UNSUPPORTED, "%s: %s does not say how "
		    "long it is", path, name);
	if ((uint64_t)size > SIZE_MAX / 2 ||
	    (strstr(name, ".json") != NULL && (uint64_t)size > HW_MAX_JSON))
		return hw_fail(e, HW_LIMIT, "%s: %s: %lld bytes", path, name,
		    (long long)size);
	HW_TRY(hw_parts_add(p, &part, name, e));
	HW_TRY(hw_new_aligned(p->alloc, &to, (size_t)size, 1, name, e));
	part->bytes = (struct hw_view){to, (size_t)size};
	while (n < (size_t)size) {
		la_ssize_t got = archive_read_data(a, to + n,
		    (size_t)size - n);

		if (got < 0)
			return damaged(a, path, e);
		if (got == 0)
			return hw_fail(e, HW_CORRUPT, "%s: %s ends after %zu "
			    "of %lld bytes", path, name, n, (long long)size);
		n += (size_t)got;
	}
	return HW_OK;
}

static enum hw_status read_entries(struct hw_parts *p, struct archive *a,
    const char *path, struct hw_err *e)
{
	struct archive_entry *entry;

	for (int i = 0; i < MAX_ENTRIES; i++) {
		int r = archive_read_next_header(a, &entry);
		const char *name, *slash;

		if (r == ARCHIVE_EOF)
			return HW_OK;
		if (r < ARCHIVE_WARN)
			return damaged(a, path, e);
		name = archive_entry_pathname(entry);
		if (name == NULL || archive_entry_filetype(entry) != AE_IFREG)
			continue;
		slash = strrchr(name, '/');
		name = slash != NULL ? slash + 1 : name;
		if (hw_parts_wanted(name))
			HW_TRY(read_entry(p, a, entry, name, path, e));
	}
	return hw_fail(e, HW_LIMIT, "%s: more than %d entries", path,
	    MAX_ENTRIES);
}

enum hw_status hw_parts_from_archive(struct hw_parts *p, struct hw_view file,
    const char *path, struct hw_err *e)
{
	struct archive *a = archive_read_new();
	enum hw_status st;

	if (a == NULL)
		return hw_fail(e, HW_NOMEM, "%s: no memory to unpack it",
		    path);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_zip_seekable(a);
	st = archive_read_open_memory(a, file.p, file.n) == ARCHIVE_OK ?
	    read_entries(p, a, path, e) : damaged(a, path, e);
	archive_read_free(a);
	return st;
}
