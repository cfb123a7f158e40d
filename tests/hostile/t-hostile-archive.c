/* SPDX-License-Identifier: MIT
 * Archives that want to hurt: rows A01 to A20 of the list.  They are packed by
 * libarchive, as anybody may, and some bytes are changed after that. */
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostile/hostile.h"

/* A tokenizer by itself is the smallest model. */
#define JSON \
	"{\"model\":{\"type\":\"BPE\",\"unk_token\":\"?\",\"vocab\":{\"?\":0," \
	"\"a\":1},\"merges\":[]}}"
#define NAME "tokenizer.json"

static unsigned char out[(size_t)4 << 20];
static size_t n_out;

enum kind { TAR, TAR_GZ, TAR_ZST, ZIP, ZIP_STORED };

static struct archive *start(enum kind kind)
{
	struct archive *a = archive_write_new();

	if (a == NULL)
		abort();
	if (kind >= ZIP)
		archive_write_set_format_zip(a);
	else
		archive_write_set_format_gnutar(a);
	if (kind == ZIP_STORED)
		archive_write_set_options(a, "compression=store");
	if (kind == TAR_GZ)
		archive_write_add_filter_gzip(a);
	if (kind == TAR_ZST)
		archive_write_add_filter_zstd(a);
	archive_write_set_bytes_in_last_block(a, 1);
	if (archive_write_open_memory(a, out, sizeof(out), &n_out) !=
	    ARCHIVE_OK)
		abort();
	return a;
}

/* An entry of `size` bytes, which begin with `text`. */
static void add(struct archive *a, const char *name, mode_t type,
    const char *link, const char *text, size_t size)
{
	struct archive_entry *e = archive_entry_new();
	static char block[65536];
	size_t n = strlen(text);

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)size);
	if (link != NULL && type == AE_IFLNK)
		archive_entry_set_symlink(e, link);
	else if (link != NULL)
		archive_entry_set_hardlink(e, link);
	archive_write_header(a, e);
	for (size_t at = 0; at < size;) {
		size_t k = size - at < sizeof(block) ? size - at :
		    sizeof(block);

		memset(block, ' ', k);
		if (at == 0)
			memcpy(block, text, n < k ? n : k);
		if (archive_write_data(a, block, k) <= 0)
			abort();
		at += k;
	}
	archive_entry_free(e);
}

static void end(struct archive *a)
{
	if (archive_write_close(a) != ARCHIVE_OK)
		abort();
	archive_write_free(a);
}

static void file(struct archive *a, const char *name)
{
	add(a, name, AE_IFREG, NULL, JSON, strlen(JSON));
}

static void one(enum kind kind, const char *name)
{
	struct archive *a = start(kind);

	file(a, name);
	end(a);
}

/* `path` is what the archive at hand is given as. */
static void try(const char *id, const char *what, int exit, const char *says)
{
	hostile_write("./a", out, n_out);
	hostile_try(&(struct row){id, what, TOKENIZE, exit, says}, "./a");
}

/* ---- what is in it ------------------------------------------------------- */

static void bombs(void)
{
	struct archive *a = start(TAR_GZ);

	add(a, NAME, AE_IFREG, NULL, JSON, (size_t)30 << 20);
	end(a);
	try("A01", "30 MiB of blanks in 30 KiB", 65, "can have gone in");
	a = start(ZIP);
	add(a, NAME, AE_IFREG, NULL, JSON, (size_t)30 << 20);
	end(a);
	try("A01", "likewise, in a zip file", 65, "can have gone in");
	a = start(TAR_GZ);
	add(a, "unwanted", AE_IFREG, NULL, "", (size_t)200 << 20);
	file(a, NAME);
	end(a);
	try("A01", "200 MiB of what is not wanted", 65, "can have gone in");
	one(ZIP, "42.zip");
	try("A02", "an archive in it", 65, "!no config.json");
	a = start(TAR_GZ);
	for (int i = 0; i < 30000; i++)
		add(a, "x", AE_IFREG, NULL, "", 0);
	file(a, NAME);
	end(a);
	try("A08", "30,000 entries", 0, "");
	a = start(TAR_GZ);
	for (int i = 0; i < 100001; i++)
		add(a, "x", AE_IFREG, NULL, "", 0);
	file(a, NAME);
	end(a);
	try("A08", "100,001 entries", 65, "too many entries");
}

static void names(void)
{
	static const char *const climbing[] = {"../" NAME, "a/../" NAME,
	    "/../" NAME};
	struct archive *a;

	for (size_t i = 0; i < 3; i++) {
		one(TAR, climbing[i]);
		try("A05", climbing[i], 65, "leaves the archive");
	}
	one(ZIP, "../" NAME);
	try("A05", "../ in a zip file", 65, "leaves the archive");
	one(TAR, "/" NAME);
	try("A05", "a name at the root: its last part counts", 0, "");
	one(TAR, "C:\\" NAME);
	try("A05", "a name of another system", 65, "!no config.json");
	a = start(TAR);
	add(a, NAME, AE_IFLNK, "/etc/passwd", "", 0);
	end(a);
	try("A06", "a symbolic link", 69, "!it is a symbolic link");
	a = start(TAR);
	file(a, "b");
	add(a, NAME, AE_IFREG, "b", "", 0);
	end(a);
	try("A06", "a link to another entry", 69, "!it is a hard link");
	a = start(TAR);
	file(a, NAME);
	file(a, "./" NAME);
	end(a);
	try("A07", "a name twice", 65, "comes twice");
	a = start(TAR);
	file(a, "x/" NAME);
	file(a, "y/" NAME);
	end(a);
	try("A07", "in two folders", 65, "!more than one model");
	a = start(TAR);
	file(a, "x/y/" NAME);
	file(a, "z/" NAME);
	end(a);
	try("A07", "in a deeper folder: that one is not looked at", 0, "");
	a = start(TAR);
	add(a, NAME, AE_IFCHR, NULL, "", 0);
	add(a, "config.json", AE_IFIFO, NULL, "", 0);
	end(a);
	try("A11", "a device and a FIFO", 65, "!no config.json");
	one(TAR, "\033[2J/" NAME);
	try("A18", "a name with ESC", 0, "");
	a = start(TAR);
	add(a, "\033[2J\xff\xfe/../" NAME, AE_IFREG, NULL, "", 3);
	end(a);
	try("A18", "one that must be told", 65, "\\x1b[2J");
	one(TAR, "README");
	try("A19", "no model", 65, "!no config.json");
}

/* ---- what is wrong with its bytes ---------------------------------------- */

static unsigned char *find(const char *text)
{
	for (size_t i = 0; i + strlen(text) <= n_out; i++)
		if (memcmp(out + i, text, strlen(text)) == 0)
			return out + i;
	abort();
}

/* The size of a tar entry, and its header's checksum made right. */
static void set_size(const char *twelve)
{
	unsigned sum = 0;
	char text[8];

	memcpy(out + 124, twelve, 12);
	memset(out + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += out[i];
	snprintf(text, sizeof(text), "%06o", sum & 0777777);
	memcpy(out + 148, text, 7);
}

static void sizes(void)
{
	one(TAR, NAME);
	set_size("00000000004");
	try("A09", "fewer bytes than there are", 65, "");
	one(TAR, NAME);
	set_size("00000100000");
	try("A09", "more bytes than there are", 65, "");
	one(TAR, NAME);
	set_size("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff");
	try("A10", "8 EiB", 65, "");
	one(TAR, NAME);
	set_size("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
	try("A09", "-1 bytes", 65, "");
	one(ZIP_STORED, NAME);
	find("\"a\":1")[1] = 'b';
	try("A13", "a checksum that is not right", 65, "CRC");
	one(TAR_GZ, NAME);
	n_out -= 12;
	try("A13", "cut short", 65, "");
	one(ZIP_STORED, NAME);
	find("PK\1\2")[8] |= 1;
	find("PK\3\4")[6] |= 1;
	try("A12", "a locked entry", 65, "");
	one(ZIP_STORED, NAME);
	memset(find("PK\1\2") + 20, 0xff, 8);
	memset(find("PK\3\4") + 18, 0xff, 8);
	try("A17", "lengths that stand elsewhere, and do not", 65, "");
	one(ZIP_STORED, NAME);
	memmove(out + 16, out, n_out);
	memset(out, 'x', 16);
	n_out += 16;
	try("A17", "bytes before it", 65, "!not a model");
}

/* Other kinds of packing, by how they begin. */
static void kinds(void)
{
	static const struct {
		const char *id, *what, *bytes;
		size_t n;
	} magic[] = {
		{"A03", "xz", "\xfd" "7zXZ\0\0\1\x69\x22\xde\x36\2\0!\1", 16},
		{"A14", "RAR", "Rar!\x1a\7\0", 7},
		{"A14", "RAR5", "Rar!\x1a\7\1\0", 8},
		{"A14", "7z", "7z\xbc\xaf\x27\x1c\0\4", 8},
		{"A14", "CAB", "MSCF\0\0\0\0", 8},
		{"A14", "LHA", "\x1c\0-lh5-", 7},
		{"A14", "XAR", "xar!\0\x1c\0\1", 8},
		{"A14", "mtree", "#mtree\n", 7},
		{"A14", "cpio", "070701", 6},
		{"A14", "WARC", "WARC/1.0\r\n", 10},
		{"A15", "grzip", "GRZipII\0\2\4:)", 12},
		{"A15", "lrzip", "LRZI\0\6", 6},
		{"A15", "lzop", "\x89LZO\0\r\n\x1a\n", 9},
		{"A15", "compress", "\x1f\x9d\x90", 3},
		{"A15", "bzip2", "BZh91AY&SY", 10},
	};

	for (size_t i = 0; i < sizeof(magic) / sizeof(*magic); i++) {
		memset(out, 0, 1024);
		memcpy(out, magic[i].bytes, magic[i].n);
		n_out = 1024;
		try(magic[i].id, magic[i].what, 65, "!not a model");
	}
	/* A frame whose window is 2 GiB. */
	memset(out, 0, 1024);
	memcpy(out, "\x28\xb5\x2f\xfd\0\xa8", 6);
	try("A04", "zstd that wants 2 GiB", 65, "");
}

/* gzip in gzip in gzip ... */
static void layers(void)
{
	static unsigned char in[(size_t)1 << 20];

	one(TAR_GZ, NAME);
	for (int i = 0; i < 25; i++) {
		struct archive_entry *e = archive_entry_new();
		struct archive *a = archive_write_new();
		size_t n = n_out;

		memcpy(in, out, n);
		archive_write_set_format_raw(a);
		archive_write_add_filter_gzip(a);
		archive_write_set_bytes_in_last_block(a, 1);
		if (archive_write_open_memory(a, out, sizeof(out), &n_out) !=
		    ARCHIVE_OK)
			abort();
		archive_entry_set_filetype(e, AE_IFREG);
		archive_write_header(a, e);
		if (archive_write_data(a, in, n) != (la_ssize_t)n)
			abort();
		archive_entry_free(e);
		end(a);
	}
	try("A16", "25 layers of gzip", 65, "");
}

int main(void)
{
	static const enum kind all[] = {TAR, TAR_GZ, TAR_ZST, ZIP};

	hostile_begin();
	one(TAR, NAME);
	try("---", "a sound one", 0, "");
	bombs();
	names();
	sizes();
	kinds();
	layers();
	if (mkfifo("./pipe", 0600) == 0)
		hostile_try(&(struct row){"A20", "a pipe", TOKENIZE, 65,
		    "!not a regular file"}, "./pipe");
	for (int i = 0; i < 4; i++) {
		one(all[i], NAME);
		hostile_write("./a", out, n_out);
		/* Two blocks of zeros end a tar file. */
		hostile_cuts("./a", "./a", all[i] == TAR ? n_out - 512 -
		    strlen(JSON) : all[i] == ZIP ? 0 : 24);
	}
	return hostile_end();
}
