/* SPDX-License-Identifier: MIT
 * What only this file knows: how input is unpacked by libarchive, and how a
 * look at its first bytes tells whether it has to be.
 *
 * Plain input never passes through libarchive, which reads in blocks: its
 * bytes are handed on as read() gives them.  And the look itself holds no
 * line back: a newline, or any byte that no header has at that place, decides
 * at once (see could_be_tar).  Filters and formats are switched on one by
 * one: those that libarchive would run an external program for stay off. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define BLOCK ((size_t)64 * 1024)
#define TAR_HEADER ((size_t)512)
#define NAME_MAX_BYTES ((size_t)4096)

struct hw_source {
	const struct hw_alloc *alloc;
	struct hw_source_opts opts;
	int fd;
	const char *name;
	struct archive *archive; /* NULL: plain */
	bool begun, in_entry;
	bool ended;              /* read() gave 0 */
	unsigned char *block;    /* (BLOCK) */
	size_t at, n;            /* of it, read and not yet passed on */
	uint64_t taken;          /* bytes that libarchive got */
	int errnum;              /* why the archive's reader failed */
	struct hw_view data;     /* a block of the entry: what is left of it */
	la_int64_t zeros, pos;   /* before it; where it ends in the entry */
	char entry_name[NAME_MAX_BYTES];
};

enum hw_status hw_source_open(struct hw_source **out, int fd,
    const char *name, const struct hw_source_opts *opts, struct hw_err *e)
{
	struct hw_source *s = NULL;

	HW_TRY(hw_new(opts->alloc, &s, 1, sizeof(*s), name, e));
	s->alloc = opts->alloc;
	s->opts = *opts;
	s->fd = fd;
	s->name = name;
	if (hw_new(s->alloc, &s->block, BLOCK, 1, name, e) != HW_OK) {
		hw_del(s->alloc, s);
		return HW_NOMEM;
	}
	*out = s;
	return HW_OK;
}

void hw_source_close(struct hw_source *s)
{
	if (s == NULL)
		return;
	if (s->archive != NULL)
		archive_read_free(s->archive);
	hw_del(s->alloc, s->block);
	hw_del(s->alloc, s);
}

/* read() once, letting the caller flush and wait first where it would block.
 * Returns 0 at the end, else an errno with *n = 0. */
static int read_some(struct hw_source *s, void *p, size_t cap, size_t *n)
{
	*n = 0;
	for (;;) {
		struct pollfd ready = {s->fd, POLLIN, 0};
		ssize_t got;

		if (poll(&ready, 1, 0) == 0) {
			if (s->opts.before_block != NULL &&
			    !s->opts.before_block(s->opts.ctx))
				return EINTR;
			if (poll(&ready, 1, -1) <= 0)
				continue;
		}
		got = read(s->fd, p, cap);
		if (got >= 0) {
			*n = (size_t)got;
			s->ended = got == 0;
			return 0;
		}
		if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
			return errno;
	}
}

/* ---- what is it? --------------------------------------------------------- */

struct magic {
	const char *name;
	size_t n;
	const char *bytes;
	int (*filter)(struct archive *); /* NULL: an archive, not packed */
};

static const struct magic magics[] = {
	{"gzip", 3, "\x1f\x8b\x08", archive_read_support_filter_gzip},
	{"xz", 6, "\xfd" "7zXZ\0", archive_read_support_filter_xz},
	{"zstd", 4, "\x28\xb5\x2f\xfd", archive_read_support_filter_zstd},
	{"bzip2", 10, "BZh9\x31\x41\x59\x26\x53\x59",
	    archive_read_support_filter_bzip2},
	{"lz4", 4, "\x04\x22\x4d\x18", archive_read_support_filter_lz4},
	{"zip", 4, "PK\x03\x04", NULL},
};
#define N_MAGICS (sizeof(magics) / sizeof(*magics))
static const struct magic tar_magic = {"tar", 0, "", NULL};

/* Of the first n bytes: those that can still differ (bzip2's level) aside. */
static bool agrees(const struct magic *m, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n && i < m->n; i++) {
		bool level = m->filter == archive_read_support_filter_bzip2 &&
		    i == 3;

		if (level ? p[i] < '1' || p[i] > '9' :
		    p[i] != (unsigned char)m->bytes[i])
			return false;
	}
	return true;
}

/* The header of a tar archive begins with a name of up to 100 bytes, filled up
 * with NULs, and three octal numbers of 8 bytes; "ustar" stands at 257. */
static bool could_be_tar(const unsigned char *p, size_t n)
{
	size_t i = 0;

	for (; i < n && i < 100 && p[i] != '\0'; i++)
		if (p[i] < ' ')
			return false;
	if (i == 0 && n > 0)
		return false;
	for (; i < n && i < 100; i++)
		if (p[i] != '\0')
			return false;
	for (; i < n && i < 124; i++)
		if ((p[i] < '0' || p[i] > '7') && p[i] != ' ' && p[i] != '\0')
			return false;
	return n < 262 || memcmp(p + 257, "ustar", 5) == 0;
}

/* NULL: plain, as far as n bytes tell; *open: more bytes may say otherwise. */
static const struct magic *recognise(const unsigned char *p, size_t n,
    bool *undecided)
{
	*undecided = could_be_tar(p, n);
	if (*undecided && n >= TAR_HEADER) {
		*undecided = false;
		return &tar_magic;
	}
	for (size_t i = 0; i < N_MAGICS; i++) {
		if (!agrees(&magics[i], p, n))
			continue;
		*undecided = n < magics[i].n;
		return *undecided ? NULL : &magics[i];
	}
	return NULL;
}

static enum hw_status look(struct hw_source *s, const struct magic **m,
    struct hw_err *e)
{
	bool undecided = true;

	*m = NULL;
	if (s->opts.plain)
		return HW_OK;
	while (undecided && !s->ended && s->n < TAR_HEADER) {
		size_t n;
		int errnum = read_some(s, s->block + s->n, BLOCK - s->n, &n);

		if (errnum != 0)
			return hw_fail_sys(e, errnum, "%s", s->name);
		s->n += n;
		*m = recognise(s->block, s->n, &undecided);
	}
	return HW_OK;
}

/* ---- libarchive ---------------------------------------------------------- */

/* Its read callback: the bytes of the look first. */
static la_ssize_t feed(struct archive *a, void *ctx, const void **p)
{
	struct hw_source *s = ctx;
	size_t n = s->n;

	*p = s->block;
	s->n = 0;
	if (n == 0)
		s->errnum = read_some(s, s->block, BLOCK, &n);
	s->taken += n;
	if (s->errnum == 0)
		return (la_ssize_t)n;
	archive_set_error(a, s->errnum, "cannot read");
	return -1;
}

static enum hw_status archive_failed(struct hw_source *s, const char *name,
    struct hw_err *e)
{
	const char *why = archive_error_string(s->archive);

	if (s->errnum != 0)
		return hw_fail_sys(e, s->errnum, "%s", s->name);
	return hw_fail(e, HW_CORRUPT, "%s: before byte %llu of the packed "
	    "input: %s", name, (unsigned long long)s->taken,
	    why != NULL ? why : "damaged");
}

static enum hw_status begin_archive(struct hw_source *s,
    const struct magic *m, struct hw_err *e)
{
	struct archive *a = archive_read_new();

	if (a == NULL)
		return hw_fail(e, HW_NOMEM, "%s: no memory", s->name);
	s->archive = a;
	/* ARCHIVE_WARN: it would run a program. */
	if (m->filter != NULL && m->filter(a) != ARCHIVE_OK)
		return hw_fail(e, HW_UNSUPPORTED, "%s: this libarchive cannot "
		    "unpack %s", s->name, m->name);
	if (archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_support_format_zip_streamable(a) != ARCHIVE_OK ||
	    archive_read_support_format_empty(a) != ARCHIVE_OK ||
	    archive_read_support_format_raw(a) != ARCHIVE_OK)
		return hw_fail(e, HW_UNSUPPORTED, "%s: libarchive lacks tar "
		    "or zip", s->name);
	if (archive_read_open(a, s, NULL, feed, NULL) != ARCHIVE_OK)
		return archive_failed(s, s->name, e);
	return HW_OK;
}

static void name_entry(struct hw_source *s, struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry);

	if (path == NULL)
		path = archive_entry_pathname_utf8(entry);
	if (archive_format(s->archive) == ARCHIVE_FORMAT_RAW)
		snprintf(s->entry_name, sizeof(s->entry_name), "%s", s->name);
	else
		snprintf(s->entry_name, sizeof(s->entry_name), "%s:%s",
		    s->name, path != NULL ? path : "?");
}

/* The next regular file. */
static enum hw_status next_entry(struct hw_source *s, struct hw_err *e)
{
	struct archive_entry *entry = NULL;

	for (;;) {
		int r = archive_read_next_header(s->archive, &entry);

		if (r == ARCHIVE_EOF)
			return HW_END;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return archive_failed(s, s->name, e);
		if (archive_entry_filetype(entry) == AE_IFREG &&
		    archive_entry_hardlink(entry) == NULL)
			break;
	}
	name_entry(s, entry);
	s->data = (struct hw_view){NULL, 0};
	s->zeros = s->pos = 0;
	return HW_OK;
}

/* ---- entries ------------------------------------------------------------- */

enum hw_status hw_source_next(struct hw_source *s, const char **name,
    struct hw_err *e)
{
	const struct magic *m;

	if (!s->begun) {
		HW_TRY(look(s, &m, e));
		s->begun = true;
		if (m != NULL)
			HW_TRY(begin_archive(s, m, e));
	} else if (s->archive == NULL) {
		return HW_END;
	}
	*name = s->name;
	if (s->archive != NULL) {
		HW_TRY(next_entry(s, e));
		*name = s->entry_name;
	}
	return HW_OK;
}

static enum hw_status read_plain(struct hw_source *s, void *buf, size_t cap,
    size_t *n, struct hw_err *e)
{
	int errnum;

	if (s->at < s->n) { /* what was looked at */
		*n = s->n - s->at < cap ? s->n - s->at : cap;
		memcpy(buf, s->block + s->at, *n);
		s->at += *n;
		return HW_OK;
	}
	if (s->ended)
		return HW_END;
	errnum = read_some(s, buf, cap, n);
	if (errnum != 0)
		return hw_fail_sys(e, errnum, "%s", s->name);
	return *n > 0 ? HW_OK : HW_END;
}

/* The next block of the entry, and how many zeros stand before it (files may
 * have holes).  Not archive_read_data: that forgets what it has already
 * copied when the next block is damaged. */
static enum hw_status next_block(struct hw_source *s, struct hw_err *e)
{
	la_int64_t offset = 0;
	const void *p = NULL;
	size_t n = 0;
	int r;

	do {
		r = archive_read_data_block(s->archive, &p, &n, &offset);
	} while (r == ARCHIVE_RETRY);
	if (r == ARCHIVE_EOF)
		return HW_END;
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return archive_failed(s, s->entry_name, e);
	s->data = (struct hw_view){p, n};
	s->zeros = offset > s->pos ? offset - s->pos : 0;
	s->pos += s->zeros + (la_int64_t)n;
	return HW_OK;
}

static size_t from_block(struct hw_source *s, void *buf, size_t cap)
{
	size_t n;

	if (s->zeros > 0) {
		n = s->zeros < (la_int64_t)cap ? (size_t)s->zeros : cap;
		memset(buf, 0, n);
		s->zeros -= (la_int64_t)n;
		return n;
	}
	n = s->data.n < cap ? s->data.n : cap;
	memcpy(buf, s->data.p, n);
	s->data.p += n;
	s->data.n -= n;
	return n;
}

enum hw_status hw_source_read(struct hw_source *s, void *buf, size_t cap,
    size_t *n, struct hw_err *e)
{
	*n = 0;
	if (s->archive == NULL)
		return read_plain(s, buf, cap, n, e);
	while (s->zeros == 0 && s->data.n == 0)
		HW_TRY(next_block(s, e));
	*n = from_block(s, buf, cap);
	return HW_OK;
}
