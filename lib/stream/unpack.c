/* SPDX-License-Identifier: MIT
 * What only this file knows: libarchive.  Filters and formats are switched on
 * one by one, the one that was recognised and no other: some would run an
 * external program, and a compressed file of zeros looks like the end of a
 * tar archive. */
#include "stream/unpack.h"

#include "base/archive.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct hw_unpack {
	const struct hw_alloc *alloc;
	const struct hw_archive *la;
	struct archive *a;
	enum hw_packing kind;
	const char *name;
	hw_feed *feed;
	void *ctx;
	struct hw_view last; /* the block fed last */
	uint64_t fed;        /* bytes in all */
	bool empty;          /* the stream was, and so is its only file */
	bool begun;
	bool suspect;        /* libarchive has warned of what the file held */
	bool over;           /* it can read no further */
	la_int64_t pos;      /* where the last block ended in the file */
	struct hw_err below; /* what the feed failed with */
};

static la_ssize_t feed(struct archive *a, void *ctx, const void **p)
{
	struct hw_unpack *u = ctx;
	enum hw_status st = u->feed(u->ctx, &u->last, &u->below);

	*p = u->last.p;
	if (st == HW_END)
		u->last.n = 0;
	else if (st != HW_OK)
		u->la->archive_set_error(a, EIO, "cannot read");
	u->fed += u->last.n;
	return st == HW_OK || st == HW_END ? (la_ssize_t)u->last.n : -1;
}

static enum hw_status failed(struct hw_unpack *u, struct hw_err *e)
{
	const char *why = u->la->archive_error_string(u->a);

	if (why == NULL)
		why = "no reason given";
	if (u->below.status != HW_OK && u->below.status != HW_END) {
		if (e != NULL && e->status == HW_OK)
			*e = u->below;
		return u->below.status;
	}
	if (u->la->archive_errno(u->a) == ENOMEM)
		return hw_fail(e, HW_NOMEM, "%s: no memory to unpack it",
		    u->name);
	return hw_fail(e, HW_CORRUPT, "%s: damaged %s, before byte %" PRIu64
	    " of it: %.*s", u->name, hw_packing_name(u->kind), u->fed,
	    (int)strcspn(why, "\n"), why);
}

static int enable(const struct hw_unpack *u)
{
	const struct hw_archive *la = u->la;
	int (*const how[])(struct archive *) = {
		[HW_PACK_GZIP] = la->archive_read_support_filter_gzip,
		[HW_PACK_XZ] = la->archive_read_support_filter_xz,
		[HW_PACK_ZSTD] = la->archive_read_support_filter_zstd,
		[HW_PACK_BZIP2] = la->archive_read_support_filter_bzip2,
		[HW_PACK_LZ4] = la->archive_read_support_filter_lz4,
		[HW_PACK_TAR] = la->archive_read_support_format_tar,
		[HW_PACK_ZIP] = la->archive_read_support_format_zip_streamable,
	};

	/* ARCHIVE_WARN: it would run a program. */
	if (how[u->kind](u->a) != ARCHIVE_OK)
		return -1;
	if (u->kind < HW_PACK_TAR &&
	    la->archive_read_support_format_raw(u->a) != ARCHIVE_OK)
		return -1;
	return la->archive_read_support_format_empty(u->a) == ARCHIVE_OK ? 0 :
	    -1;
}

enum hw_status hw_unpack_open(struct hw_unpack **out, enum hw_packing kind,
    const char *name, hw_feed *f, void *ctx, const struct hw_alloc *a,
    struct hw_err *e)
{
	const struct hw_archive *la;
	struct hw_unpack *u = NULL;
	enum hw_status st = HW_OK;

	HW_TRY(hw_archive_load(&la, e));
	HW_TRY(hw_new(a, &u, 1, sizeof(*u), "unpacker", e));
	*u = (struct hw_unpack){.alloc = a, .kind = kind, .name = name,
	    .feed = f, .ctx = ctx, .la = la, .a = la->archive_read_new()};
	if (u->a == NULL)
		st = hw_fail(e, HW_NOMEM, "%s: no memory to unpack it", name);
	else if (enable(u) != 0)
		st = hw_fail(e, HW_UNSUPPORTED, "%s: this libarchive cannot "
		    "unpack %s", name, hw_packing_name(kind));
	else if (la->archive_read_open(u->a, u, NULL, feed, NULL) !=
	    ARCHIVE_OK)
		st = failed(u, e);
	if (st != HW_OK) {
		hw_unpack_close(u);
		return st;
	}
	*out = u;
	return HW_OK;
}

void hw_unpack_close(struct hw_unpack *u)
{
	if (u == NULL)
		return;
	u->la->archive_read_free(u->a);
	hw_del(u->alloc, u);
}

enum hw_status hw_unpack_next(struct hw_unpack *u, const char **path,
    struct hw_err *e)
{
	bool stream = u->kind < HW_PACK_TAR, first = !u->begun;
	struct archive_entry *entry = NULL;

	u->begun = true;
	u->suspect = false;
	u->pos = 0;
	*path = NULL;
	if (u->over)
		return HW_END;
	for (;;) {
		int r = u->la->archive_read_next_header(u->a, &entry);

		if (r == ARCHIVE_EOF && stream && first) {
			u->empty = true;
			return HW_OK;
		}
		if (r == ARCHIVE_EOF)
			return HW_END;
		u->over = r != ARCHIVE_OK && r != ARCHIVE_WARN;
		if (u->over)
			return failed(u, e);
		if (u->la->archive_entry_filetype(entry) == AE_IFREG &&
		    u->la->archive_entry_hardlink(entry) == NULL)
			break;
	}
	if (stream)
		return HW_OK;
	*path = u->la->archive_entry_pathname(entry);
	if (*path == NULL)
		*path = u->la->archive_entry_pathname_utf8(entry);
	if (*path == NULL)
		*path = "?";
	return HW_OK;
}

static bool all_zero(struct hw_view v)
{
	while (v.n > 0 && v.p[v.n - 1] == 0)
		v.n--;
	return v.n == 0;
}

/* After a compressed stream only zeros may come (blocks are filled up with
 * them); libarchive would drop what else does without a word. */
static enum hw_status nothing_follows(struct hw_unpack *u, struct hw_err *e)
{
	uint64_t used = (uint64_t)u->la->archive_filter_bytes(u->a, -1);
	uint64_t left = u->fed > used ? u->fed - used : 0;
	bool good = left <= u->last.n;
	enum hw_status st = HW_OK;

	if (good && left > 0)
		good = all_zero((struct hw_view){
		    u->last.p + u->last.n - left, (size_t)left});
	while (good && (st = u->feed(u->ctx, &u->last, e)) == HW_OK)
		good = all_zero(u->last);
	if (!good)
		return hw_fail(e, HW_CORRUPT, "%s: something else follows the "
		    "%s data at byte %" PRIu64, u->name,
		    hw_packing_name(u->kind), used);
	return st;
}

enum hw_status hw_unpack_block(struct hw_unpack *u, uint64_t *zeros,
    struct hw_view *block, struct hw_err *e)
{
	la_int64_t offset = 0;
	const void *p = NULL;
	size_t n = 0;
	int r = u->empty ? ARCHIVE_EOF : ARCHIVE_RETRY;

	if (u->suspect)
		return failed(u, e);
	/* Not archive_read_data: that forgets what it has already copied when
	 * the next block is damaged. */
	while (r == ARCHIVE_RETRY)
		r = u->la->archive_read_data_block(u->a, &p, &n, &offset);
	if (r == ARCHIVE_EOF && u->kind < HW_PACK_TAR)
		return nothing_follows(u, e);
	if (r == ARCHIVE_EOF)
		return HW_END;
	/* Of a size or a checksum that is wrong it only warns, and may give
	 * the file's last bytes with that. */
	u->suspect = r == ARCHIVE_WARN;
	u->over = r == ARCHIVE_FATAL;
	if (r != ARCHIVE_OK && (r != ARCHIVE_WARN || n == 0))
		return failed(u, e);
	*zeros = offset > u->pos ? (uint64_t)(offset - u->pos) : 0;
	*block = (struct hw_view){p, n};
	u->pos = offset + (la_int64_t)n;
	return HW_OK;
}
