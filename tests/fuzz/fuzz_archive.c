/* SPDX-License-Identifier: MIT
 * Fuzz target: an archive of a model.  Refused with one line, or open, and
 * never larger than can have gone in. */
#include <archive.h>
#include <archive_entry.h>

#include "fuzz.h"
#include "fuzz/model.h"

const char fuzz_name[] = "archive";

static void use(const struct hw_model *m)
{
	(void)m;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct hw_view file = {p, n};

	if (!hw_parts_is_archive(file))
		return 0; /* other targets are for other files */
	fuzz_model(file, true, ((size_t)64 << 20) + 64 * n, use);
	return 0;
}

static const char json[] = "{\"model\":{\"type\":\"BPE\",\"unk_token\":\"?\","
    "\"vocab\":{\"?\":0,\"a\":1},\"merges\":[]}}";

static void add(struct archive *a, const char *name, mode_t type)
{
	struct archive_entry *e = archive_entry_new();
	size_t n = type == AE_IFREG ? strlen(json) : 0;

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)n);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(e, "x");
	archive_write_header(a, e);
	if (n > 0 && archive_write_data(a, json, n) != (la_ssize_t)n)
		abort();
	archive_entry_free(e);
}

bool fuzz_seed(int i, struct hw_buf *b)
{
	struct archive *a;
	static char out[1 << 16];
	size_t n = 0;

	if (i > 3)
		return false;
	a = archive_write_new();
	if (a == NULL)
		abort();
	if (i >= 2)
		archive_write_set_format_zip(a);
	else
		archive_write_set_format_ustar(a);
	if (i == 1)
		archive_write_add_filter_gzip(a);
	if (i == 2)
		archive_write_set_options(a, "compression=store");
	archive_write_set_bytes_in_last_block(a, 1);
	if (archive_write_open_memory(a, out, sizeof(out), &n) != ARCHIVE_OK)
		abort();
	if (i != 0)
		add(a, "m/link", AE_IFLNK);
	add(a, "m/tokenizer.json", AE_IFREG);
	if (archive_write_close(a) != ARCHIVE_OK)
		abort();
	archive_write_free(a);
	hw_buf_put(b, out, n);
	return true;
}
