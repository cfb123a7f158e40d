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

/* All entries as "name=bytes;", one that is damaged as "name=bytes!", or how
 * it failed after them. */
static enum hw_status unpack(const void *p, size_t n, bool plain)
{
	struct hw_source_opts o = {.plain = plain};
	FILE *f = file_of(p, n);
	struct hw_source *s = NULL;
	struct hw_err e = {0};
	const char *name;
	enum hw_status st = hw_source_open(&s, fileno(f), "in", &o, &e);
	bool damaged = false;
	size_t used = 0;

	while (st == HW_OK && (st = hw_source_next(s, &name, &e)) == HW_OK) {
		size_t one;

		used += (size_t)snprintf(got + used, sizeof(got) - used,
		    "%s=", name);
		while ((st = hw_source_read(s, got + used, 7, &one, &e)) ==
		    HW_OK)
			used += one;
		damaged |= st == HW_CORRUPT;
		got[used++] = st == HW_CORRUPT ? '!' : ';';
		if (st == HW_END || st == HW_CORRUPT)
			st = HW_OK;
	}
	got[used] = '\0';
	if (st == HW_END && damaged)
		st = HW_CORRUPT;
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

/* Packed by libarchive into `to`, at most 4096 bytes; returns how many. */
static size_t packed_stream(int (*filter)(struct archive *), const char *text,
    size_t n, unsigned char *to)
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	size_t used = 0;

	archive_write_set_bytes_in_last_block(a, 1);
	archive_entry_set_filetype(entry, AE_IFREG);
	if (filter(a) != ARCHIVE_OK || archive_write_set_format_raw(a) !=
	    ARCHIVE_OK || archive_write_open_memory(a, to, 4096, &used) !=
	    ARCHIVE_OK || archive_write_header(a, entry) != ARCHIVE_OK ||
	    archive_write_data(a, text, n) != (la_ssize_t)n)
		exit(99);
	archive_entry_free(entry);
	archive_write_close(a);
	archive_write_free(a);
	return used;
}

/* What is inside of a packed file is looked at too. */
static void layers(void)
{
	static char zeros[1500];
	unsigned char inner[4096], tar[16384];
	size_t n = packed_stream(archive_write_add_filter_gzip, zeros,
	    sizeof(zeros), inner), n_tar;
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	is_int(unpack(inner, n, false), HW_END, "a packed file of zeros");
	ok(memcmp(got, "in=\0\0", 5) == 0 && got[3 + 1499] == 0 &&
	    got[3 + 1500] == ';', "is no empty tar archive");
	n = packed_stream(archive_write_add_filter_gzip, "old\n", 4, inner);
	archive_write_set_format_gnutar(a);
	archive_write_open_memory(a, tar, sizeof(tar), &n_tar);
	archive_entry_set_pathname(entry, "log.1.gz");
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_size(entry, (la_int64_t)n);
	archive_entry_set_uid(entry, 4000000); /* more than octal can say */
	archive_write_header(a, entry);
	archive_write_data(a, inner, n);
	archive_entry_free(entry);
	archive_write_close(a);
	archive_write_free(a);
	is_int(unpack(tar, n_tar, false), HW_END, "a packed file in a tar");
	is_str(got, "in:log.1.gz=old\n;", "is unpacked as well");
}

/* Any byte but NUL may be in a name. */
static void names(void)
{
	static const char *const name[] = {"\x1b[1m", "a\nb", "\n", "\t",
		"\377"};

	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++) {
		struct archive *a = archive_write_new();
		char want[64];

		archive_write_set_format_ustar(a);
		archive_write_open_memory(a, packed, sizeof(packed),
		    &n_packed);
		add(a, name[i], AE_IFREG, "x\n");
		archive_write_close(a);
		archive_write_free(a);
		snprintf(want, sizeof(want), "in:%s=x\n;", name[i]);
		is_int(unpack(packed, n_packed, false), HW_END,
		    "a tar archive whose first name is odd (%zu)", i);
		ok(strcmp(got, want) == 0, "is one");
	}
}

static void ends(void)
{
	unsigned char two[8192];
	size_t n = packed_stream(archive_write_add_filter_gzip, "a\n", 2, two);

	n += packed_stream(archive_write_add_filter_gzip, "b\n", 2, two + n);
	is_int(unpack(two, n, false), HW_END, "gzip files in a row");
	is_str(got, "in=a\nb\n;", "are one");
	memset(two + n, 0, 512);
	is_int(unpack(two, n + 512, false), HW_END, "zeros may follow");
	is_str(got, "in=a\nb\n;", "and are dropped");
	two[n + 300] = 'x';
	is_int(unpack(two, n + 512, false), HW_CORRUPT, "other bytes are not "
	    "dropped in silence");
	ok(strncmp(got, "in=a\nb\n", 7) == 0, "what came before is given");
	n = packed_stream(archive_write_add_filter_gzip, "", 0, two);
	is_int(unpack(two, n, false), HW_END, "a packed file of nothing");
	is_str(got, "in=;", "is a file of nothing");
	memset(two, 0, 22);
	memcpy(two, "PK\5\6", 4);
	is_int(unpack(two, 22, false), HW_END, "an archive of no files");
	is_str(got, "", "has none");
}

/* Of a wrong checksum libarchive only warns, when all has been read. */
static void damaged_entry(void)
{
	size_t at = 0;

	pack(archive_write_set_format_zip, NULL, 3);
	while (at + 8 < n_packed && memcmp(packed + at, "PK\7\10", 4) != 0)
		at++;
	packed[at + 4] ^= 1; /* what follows a.log */
	is_int(unpack(packed, n_packed, false), HW_CORRUPT,
	    "a file in a zip archive that its checksum is not of is damaged");
	is_str(got, "in:a.log=first\nfile\n!in:dir/b.log=;"
	    "in:dir/c.log=third\n;", "and the others are read");
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
		"PK\n", "\x1f\x8b", "\3757zXY\n", "BZ", "\x28\xb5\x2f",
		"name without an end", "BZh91AY&SYhello, line\n",
		"\x1f\x8b\x08\xff no flags like these"};

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
static void live_opts(const char *text, size_t len, bool at_once,
    struct hw_source_opts o)
{
	struct hw_source *s = NULL;
	struct hw_err e = {0};
	const char *name;
	char buf[64] = "";
	int fds[2];
	size_t n = 0;
	bool good;

	o.before_block = give_up;
	if (pipe(fds) != 0 ||
	    write(fds[1], text, len) != (ssize_t)len ||
	    hw_source_open(&s, fds[0], "in", &o, &e) != HW_OK)
		exit(99);
	waits = 0;
	good = hw_source_next(s, &name, &e) == HW_OK &&
	    hw_source_read(s, buf, sizeof(buf), &n, &e) == HW_OK &&
	    n == len;
	ok(good && (waits == 0) == at_once, "%s: \"%.10s...\"", at_once ?
	    "not held back" : "without a newline it may be a header, and is "
	    "given when told to stop", text);
	if (good && at_once) {
		is_int(hw_source_read(s, buf, sizeof(buf), &n, &e), HW_IO,
		    "then, with nothing to read, the caller is asked");
		is_int(e.sys_errno, EINTR, "and may give up");
	}
	hw_source_close(s);
	close(fds[0]);
	close(fds[1]);
}

static void live(const char *text, bool at_once)
{
	live_opts(text, strlen(text), at_once, (struct hw_source_opts){0});
}

int main(void)
{
	archives();
	layers();
	names();
	ends();
	damage();
	damaged_entry();
	plain();
	live("one line\n", true);
	live("BZh\n", true);
	live("PK is how it begins\n", true);
	live("BZh91AY&SYhello\n", true);
	live("could be a name", false);
	live_opts("could be a name", 16, false, (struct hw_source_opts){0});
	live_opts("a record", 9, true, (struct hw_source_opts){.nul_ends = 1});
	return tap_done();
}
