/* SPDX-License-Identifier: MIT
 * lib/stream/source: what is unpacked, what is passed on, and how soon.  The
 * packed input is made here, by libarchive's writers. */
#include "tap.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <unistd.h>

#include "headwater.h"

static unsigned char packed[1 << 20];
static size_t n_packed;
static char got[1 << 20];

static FILE *file_of(const void *p, size_t n)
{
	FILE *f = tmpfile();

	if (f == NULL || fwrite(p, 1, n, f) != n || fflush(f) != 0)
		exit(99);
	lseek(fileno(f), 0, SEEK_SET);
	return f;
}

/* All entries as "name=bytes;", or how it failed after them. */
static enum hw_status unpack(const void *p, size_t n, bool plain)
{
	struct hw_source_opts o = {.plain = plain};
	FILE *f = file_of(p, n);
	struct hw_source *s = NULL;
	struct hw_err e = {0};
	const char *name;
	enum hw_status st = hw_source_open(&s, fileno(f), "in", &o, &e);
	size_t used = 0;

	while (st == HW_OK && (st = hw_source_next(s, &name, &e)) == HW_OK) {
		size_t one;

		used += (size_t)snprintf(got + used, sizeof(got) - used,
		    "%s=", name);
		while ((st = hw_source_read(s, got + used, 7, &one, &e)) ==
		    HW_OK)
			used += one;
		got[used++] = ';';
		if (st == HW_END)
			st = HW_OK;
	}
	got[used] = '\0';
	if (st != HW_END)
		diag("%s", e.msg);
	hw_source_close(s);
	fclose(f);
	return st;
}

static void add(struct archive *a, const char *name, int type,
    const char *text)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, (unsigned)type);
	archive_entry_set_size(entry, (la_int64_t)strlen(text));
	archive_entry_set_perm(entry, 0644);
	if (archive_write_header(a, entry) != ARCHIVE_OK)
		exit(99);
	archive_write_data(a, text, strlen(text));
	archive_entry_free(entry);
}

/* Pack into packed[]; false: this libarchive cannot. */
static bool pack(int (*format)(struct archive *),
    int (*filter)(struct archive *), int n_files)
{
	struct archive *a = archive_write_new();
	bool can = format(a) == ARCHIVE_OK &&
	    (filter == NULL || filter(a) == ARCHIVE_OK);

	archive_write_set_bytes_in_last_block(a, 1);
	if (can && archive_write_open_memory(a, packed, sizeof(packed),
	    &n_packed) == ARCHIVE_OK) {
		add(a, "a.log", AE_IFREG, "first\nfile\n");
		if (n_files > 1) {
			add(a, "dir", AE_IFDIR, "");
			add(a, "dir/b.log", AE_IFREG, "");
			add(a, "dir/c.log", AE_IFREG, "third\n");
		}
		archive_write_close(a);
	}
	archive_write_free(a);
	return can;
}

#define THREE "in:a.log=first\nfile\n;in:dir/b.log=;in:dir/c.log=third\n;"

static void archives(void)
{
	static const struct {
		const char *name;
		int (*filter)(struct archive *);
	} filters[] = {
		{"nothing", NULL},
		{"gzip", archive_write_add_filter_gzip},
		{"xz", archive_write_add_filter_xz},
		{"zstd", archive_write_add_filter_zstd},
		{"bzip2", archive_write_add_filter_bzip2},
		{"lz4", archive_write_add_filter_lz4},
	};

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		if (!pack(archive_write_set_format_ustar, filters[i].filter,
		    3)) {
			skip("%s: not in this libarchive", filters[i].name);
			continue;
		}
		is_int(unpack(packed, n_packed, false), HW_END,
		    "tar packed by %s is read", filters[i].name);
		is_str(got, THREE, "each regular file is an entry");
		if (!pack(archive_write_set_format_raw, filters[i].filter, 1))
			continue;
		is_int(unpack(packed, n_packed, false), HW_END,
		    "a file packed by %s is read", filters[i].name);
		is_str(got, "in=first\nfile\n;", "under its own name");
	}
	pack(archive_write_set_format_zip, NULL, 3);
	is_int(unpack(packed, n_packed, false), HW_END, "zip is read");
	is_str(got, THREE, "likewise");
	is_int(unpack(packed, n_packed, true), HW_END, "if not told otherwise");
	ok(memcmp(got, "in=PK", 5) == 0, "then its bytes are passed on");
}

static void damage(void)
{
	pack(archive_write_set_format_raw, archive_write_add_filter_gzip, 1);
	is_int(unpack(packed, n_packed - 12, false), HW_CORRUPT,
	    "a cut gzip file is damaged");
	if (pack(archive_write_set_format_raw, archive_write_add_filter_xz,
	    1)) {
		packed[n_packed / 2] ^= 0x10;
		is_int(unpack(packed, n_packed, false), HW_CORRUPT,
		    "and so is an xz file with a wrong bit");
	}
	pack(archive_write_set_format_ustar, NULL, 3);
	is_int(unpack(packed, 700, false), HW_CORRUPT, "a cut tar archive");
	ok(strncmp(got, "in:a.log=first\nfile\n", 20) == 0,
	    "gives what it holds all the same");
}

static void plain(void)
{
	static const char *const texts[] = {"", "a", "BZh9 is no bzip2\n",
		"PK\n", "\x1f\x8b", "\xfd" "7zXY\n", "BZ", "\x28\xb5\x2f",
		"name without an end"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char want[64];

		snprintf(want, sizeof(want), "in=%s;", texts[i]);
		is_int(unpack(texts[i], strlen(texts[i]), false), HW_END,
		    "plain input %zu", i);
		is_str(got, want, "is passed on as it is");
	}
}

static int waits;

static bool give_up(void *ctx)
{
	(void)ctx;
	waits++;
	return false;
}

/* What has come must be handed on before anybody waits for more. */
static void live(const char *text, bool at_once)
{
	struct hw_source_opts o = {.before_block = give_up};
	struct hw_source *s = NULL;
	struct hw_err e = {0};
	const char *name;
	char buf[64] = "";
	int fds[2];
	size_t n = 0;
	bool good;

	if (pipe(fds) != 0 ||
	    write(fds[1], text, strlen(text)) != (ssize_t)strlen(text) ||
	    hw_source_open(&s, fds[0], "in", &o, &e) != HW_OK)
		exit(99);
	waits = 0;
	good = hw_source_next(s, &name, &e) == HW_OK &&
	    hw_source_read(s, buf, sizeof(buf), &n, &e) == HW_OK &&
	    n == strlen(text) && waits == 0;
	ok(good == at_once, "%s: \"%.10s...\"", at_once ? "not held back" :
	    "without a newline it may be a header", text);
	if (good) {
		is_int(hw_source_read(s, buf, sizeof(buf), &n, &e), HW_IO,
		    "then, with nothing to read, the caller is asked");
		is_int(e.sys_errno, EINTR, "and may give up");
	}
	hw_source_close(s);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	archives();
	damage();
	plain();
	live("one line\n", true);
	live("BZh\n", true);
	live("PK is how it begins\n", true);
	live("could be a name", false);
	return tap_done();
}
