/* SPDX-License-Identifier: MIT
 * Fuzz target: a packed file.  It is unpacked, or passed on, or refused with
 * one line that names it; told that it is plain, all of its bytes come. */
#include "fuzz.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char fuzz_name[] = "source";

#define ENOUGH ((size_t)1 << 20) /* bytes of a bomb */

static int file_of(const uint8_t *p, size_t n)
{
	static FILE *f;

	if (f == NULL)
		f = tmpfile();
	if (f == NULL || ftruncate(fileno(f), 0) != 0 ||
	    pwrite(fileno(f), p, n, 0) != (ssize_t)n)
		exit(99);
	lseek(fileno(f), 0, SEEK_SET);
	return fileno(f);
}

/* Bytes of all entries; with `want`, which they must be. */
static size_t all_entries(struct hw_source *s, const uint8_t *want,
    enum hw_status *st, struct hw_err *e)
{
	unsigned char buf[500];
	const char *name;
	size_t total = 0, n;

	while ((*st = hw_source_next(s, &name, e)) == HW_OK) {
		while (total < ENOUGH && (*st = hw_source_read(s, buf,
		    sizeof(buf), &n, e)) == HW_OK) {
			if (n == 0 || n > sizeof(buf) || (want != NULL &&
			    memcmp(buf, want + total, n) != 0))
				abort();
			total += n;
		}
		if (*st != HW_END)
			break;
	}
	return total;
}

static void use(const uint8_t *p, size_t n, bool plain)
{
	struct hw_source_opts o = {.plain = plain};
	struct hw_source *s = NULL;
	struct hw_err e = {0};
	enum hw_status st;
	size_t total;

	if (hw_source_open(&s, file_of(p, n), "f", &o, &e) != HW_OK)
		abort();
	total = all_entries(s, plain ? p : NULL, &st, &e);
	hw_source_close(s);
	if (plain && (st != HW_END || total != n))
		abort();
	if (st != HW_OK && st != HW_END && st != HW_CORRUPT &&
	    st != HW_UNSUPPORTED && st != HW_NOMEM)
		abort();
	if (st > HW_END && (e.status != st || e.msg[0] != 'f' ||
	    strchr(e.msg, '\n') != NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	use(p, n, false);
	use(p, n, true);
	return 0;
}

static void put(struct archive *a, const char *name, const char *text)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_size(entry, (la_int64_t)strlen(text));
	archive_entry_set_perm(entry, 0644);
	if (archive_write_header(a, entry) != ARCHIVE_OK ||
	    archive_write_data(a, text, strlen(text)) < 0)
		exit(99);
	archive_entry_free(entry);
}

bool fuzz_seed(int i, struct hw_buf *b)
{
	static const struct {
		int (*format)(struct archive *), (*filter)(struct archive *);
	} seeds[] = {
		{archive_write_set_format_ustar, archive_write_add_filter_gzip},
		{archive_write_set_format_zip, archive_write_add_filter_none},
		{archive_write_set_format_raw, archive_write_add_filter_bzip2},
	};
	static unsigned char packed[65536];
	size_t n = 0;
	struct archive *a;

	if (i >= (int)(sizeof(seeds) / sizeof(*seeds)))
		return false;
	a = archive_write_new();
	archive_write_set_bytes_in_last_block(a, 1);
	if (seeds[i].format(a) != ARCHIVE_OK ||
	    seeds[i].filter(a) != ARCHIVE_OK ||
	    archive_write_open_memory(a, packed, sizeof(packed), &n) !=
	    ARCHIVE_OK)
		exit(99);
	put(a, "a.log", "one line\nand another line, and one line more\n");
	archive_write_close(a);
	archive_write_free(a);
	hw_buf_put(b, packed, n);
	return true;
}
