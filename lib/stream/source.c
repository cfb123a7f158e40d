/* SPDX-License-Identifier: MIT
 * What only this file knows: how layers of packing are found and stacked.
 *
 * Level 0 is the file descriptor.  The first bytes of what a level gives are
 * looked at; if they say that it is packed, another level unpacks it, and its
 * bytes are looked at in turn.  So a tar.gz is two levels over the file, and a
 * file.gz inside of it a third.
 *
 * Plain input never passes through libarchive, which reads in blocks: its
 * bytes are handed on as read() gives them. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "stream/magic.h"
#include "stream/unpack.h"

#define BLOCK ((size_t)64 * 1024)
#define NAME_MAX_BYTES ((size_t)4096)
#define MAX_LEVELS 4 /* what is packed deeper is passed on as it is */

struct level {
	struct hw_source *source;
	struct hw_unpack *unpack; /* of level 0: none */
	bool archive;             /* it has entries */
	size_t name_len;          /* of the source's name, without the entry */
	unsigned char look[HW_MAGIC_MAX];
	size_t at, n;             /* of look: not passed on yet */
	uint64_t zeros;           /* then so many zeros */
	struct hw_view data;      /* then these */
	enum hw_status status;    /* then this: HW_OK for more */
	struct hw_err err;
};

struct hw_source {
	const struct hw_alloc *alloc;
	struct hw_source_opts opts;
	int fd;
	bool begun, regular;
	bool damaged; /* something that was read so far */
	struct level level[MAX_LEVELS];
	size_t top;
	unsigned char *block;     /* (BLOCK) level 0's bytes */
	char name[NAME_MAX_BYTES];
};

enum hw_status hw_source_open(struct hw_source **out, int fd,
    const char *name, const struct hw_source_opts *opts, struct hw_err *e)
{
	struct hw_source *s = NULL;

	HW_TRY(hw_new(opts->alloc, &s, 1, sizeof(*s), name, e));
	s->alloc = opts->alloc;
	s->opts = *opts;
	s->fd = fd;
	s->regular = lseek(fd, 0, SEEK_CUR) >= 0;
	snprintf(s->name, sizeof(s->name), "%s", name);
	for (size_t i = 0; i < MAX_LEVELS; i++)
		s->level[i].source = s;
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
	for (size_t i = MAX_LEVELS; i-- > 0;)
		hw_unpack_close(s->level[i].unpack);
	hw_del(s->alloc, s->block);
	hw_del(s->alloc, s);
}

/* read() once, letting the caller flush and wait first where it would block.
 * HW_END at the end. */
static enum hw_status read_fd(struct hw_source *s, void *p, size_t cap,
    size_t *n, struct hw_err *e)
{
	for (;;) {
		struct pollfd ready = {s->fd, POLLIN, 0};
		ssize_t got;

		if (poll(&ready, 1, 0) == 0) {
			if (s->opts.before_block != NULL &&
			    !s->opts.before_block(s->opts.ctx))
				return hw_fail_sys(e, EINTR, "%s", s->name);
			if (poll(&ready, 1, -1) <= 0)
				continue;
		}
		got = read(s->fd, p, cap);
		if (got > 0)
			*n = (size_t)got;
		if (got >= 0)
			return got > 0 ? HW_OK : HW_END;
		if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
			return hw_fail_sys(e, errno, "%s", s->name);
	}
}

/* ---- levels -------------------------------------------------------------- */

/* More of what a level gives, when all before is used up. */
static void refill(struct level *l)
{
	struct hw_source *s = l->source;
	size_t n = 0;

	l->err = (struct hw_err){0};
	if (l->unpack != NULL) {
		l->status = hw_unpack_block(l->unpack, &l->zeros, &l->data,
		    &l->err);
		return;
	}
	l->status = read_fd(s, s->block, BLOCK, &n, &l->err);
	l->data = (struct hw_view){s->block, n};
}

/* Up to cap bytes that nobody has looked at; 0: it has to be refilled. */
static size_t fresh(struct level *l, void *buf, size_t cap)
{
	size_t n = 0;

	if (l->zeros > 0) {
		n = l->zeros < cap ? (size_t)l->zeros : cap;
		memset(buf, 0, n);
		l->zeros -= n;
	} else if (l->data.n > 0) {
		n = l->data.n < cap ? l->data.n : cap;
		memcpy(buf, l->data.p, n);
		l->data.p += n;
		l->data.n -= n;
	}
	return n;
}

/* What ended a level.  Of the file itself, reading may be tried again. */
static enum hw_status why(struct level *l, struct hw_err *e)
{
	enum hw_status status = l->status;

	if (status != HW_END && e != NULL && e->status == HW_OK)
		*e = l->err;
	l->source->damaged |= status == HW_CORRUPT;
	if (status == HW_IO && l->unpack == NULL)
		l->status = HW_OK;
	return status;
}

/* What a level gives, to the level above it: in place, but for zeros. */
static enum hw_status feed(void *ctx, struct hw_view *block, struct hw_err *e)
{
	struct level *l = ctx;

	while (l->at == l->n && l->zeros == 0 && l->data.n == 0) {
		if (l->status != HW_OK)
			return why(l, e);
		refill(l);
	}
	if (l->at == l->n && l->zeros > 0) {
		l->at = 0;
		l->n = fresh(l, l->look, sizeof(l->look));
	}
	if (l->at < l->n) {
		*block = (struct hw_view){l->look + l->at, l->n - l->at};
		l->at = l->n;
	} else {
		*block = l->data;
		l->data.n = 0;
	}
	return HW_OK;
}

/* ---- what is it? --------------------------------------------------------- */

/* Look at the first bytes that a level gives; they stay in it. */
static enum hw_packing look(struct level *l)
{
	const struct hw_source *s = l->source;
	enum hw_packing kind = HW_PACK_NONE;
	bool undecided = true;

	while (undecided) {
		size_t n = fresh(l, l->look + l->n, sizeof(l->look) - l->n);

		if (n == 0 && l->status != HW_OK)
			break;
		if (n == 0)
			refill(l);
		l->n += n;
		kind = hw_magic(l->look, l->n, &undecided);
		/* "abc\0" may be a record that somebody waits for, or the
		 * beginning of a tar header, which comes in one piece. */
		if (undecided && s->opts.nul_ends && l->unpack == NULL &&
		    !s->regular && memchr(l->look, 0, l->n) != NULL)
			break;
	}
	return kind;
}

/* Put another level on top, to unpack what the one below gives. */
static enum hw_status enter(struct hw_source *s, enum hw_packing kind,
    struct hw_err *e)
{
	struct level *below = &s->level[s->top], *l = below + 1;

	*l = (struct level){.source = s, .archive = kind >= HW_PACK_TAR,
	    .name_len = strlen(s->name)};
	HW_TRY(hw_unpack_open(&l->unpack, kind, s->name, feed, below,
	    s->alloc, e));
	s->top++;
	return HW_OK;
}

static void leave(struct hw_source *s)
{
	struct level *l = &s->level[s->top--];

	hw_unpack_close(l->unpack);
	s->name[l->name_len] = '\0';
	*l = (struct level){.source = s};
}

/* The next file of the level on top. */
static enum hw_status next_file(struct hw_source *s, struct hw_err *e)
{
	struct level *l = &s->level[s->top];
	const char *path;

	l->at = l->n = 0;
	l->zeros = 0;
	l->data.n = 0;
	l->status = HW_OK;
	s->name[l->name_len] = '\0';
	HW_TRY(hw_unpack_next(l->unpack, &path, e));
	if (path != NULL)
		snprintf(s->name + l->name_len, sizeof(s->name) - l->name_len,
		    ":%s", path);
	return HW_OK;
}

/* Leave an archive.  It may end before what it is packed in, and only at the
 * end of that it shows whether it was sound. */
static enum hw_status finish(struct hw_source *s, struct hw_err *e)
{
	struct level *below = &s->level[s->top - 1];
	enum hw_status st = HW_END;
	struct hw_view rest;

	leave(s);
	while (below->unpack != NULL && below->status == HW_OK)
		st = feed(below, &rest, e);
	return st;
}

/* Unpack until what is on top is not packed. */
static enum hw_status settle(struct hw_source *s, struct hw_err *e)
{
	while (!s->opts.plain) {
		enum hw_packing kind = look(&s->level[s->top]);
		enum hw_status st;

		if (kind == HW_PACK_NONE || s->top + 1 == MAX_LEVELS)
			break;
		HW_TRY(enter(s, kind, e));
		st = next_file(s, e);
		if (st == HW_END) /* an archive of nothing */
			st = finish(s, e);
		if (st != HW_OK)
			return st;
	}
	return HW_OK;
}

/* Read a pipe to its end, lest its writer die of what an archive has after
 * its end.  What is damaged may have none, and is not waited for. */
static enum hw_status drain(struct hw_source *s, struct hw_err *e)
{
	enum hw_status st = s->regular || s->damaged ? HW_END :
	    s->level[0].status;
	size_t n;

	while (st == HW_OK)
		st = read_fd(s, s->block, BLOCK, &n, e);
	s->level[0].status = HW_END;
	return st;
}

enum hw_status hw_source_next(struct hw_source *s, const char **name,
    struct hw_err *e)
{
	enum hw_status st = HW_END;

	if (!s->begun)
		st = settle(s, e);
	s->begun = true;
	while (st == HW_END) {
		while (s->top > 0 && !s->level[s->top].archive)
			leave(s);
		if (s->top == 0)
			return drain(s, e);
		st = next_file(s, e);
		if (st == HW_OK)
			st = settle(s, e);
		else if (st == HW_END)
			st = finish(s, e);
	}
	s->damaged |= st == HW_CORRUPT;
	*name = s->name;
	return st;
}

enum hw_status hw_source_read(struct hw_source *s, void *buf, size_t cap,
    size_t *n, struct hw_err *e)
{
	struct level *l = &s->level[s->top];

	*n = l->n - l->at < cap ? l->n - l->at : cap;
	memcpy(buf, l->look + l->at, *n);
	l->at += *n;
	while (*n == 0) {
		*n = fresh(l, buf, cap);
		if (*n == 0 && l->status != HW_OK)
			return why(l, e);
		if (*n == 0 && l->unpack == NULL) {
			enum hw_status st = read_fd(s, buf, cap, n, e);

			if (st == HW_END)
				l->status = HW_END;
			return st;
		}
		if (*n == 0)
			refill(l);
	}
	return HW_OK;
}
