/* SPDX-License-Identifier: MIT
 * What only this file knows: where a record ends, and where one that is too
 * long is cut.  One buffer, sized at open: a record's bytes are moved at most
 * once, to its front, and searched for the delimiter once. */
#include <string.h>

#include "base/mem.h"

#define READ_AHEAD ((size_t)64 * 1024)
#define MIN_RECORD ((size_t)16)

struct hw_split {
	const struct hw_alloc *alloc;
	size_t max;
	unsigned char delim;
	unsigned char *buf;
	size_t cap, at, n;   /* bytes at .. n are not given out yet */
	size_t searched;     /* no delimiter before this one */
	uint64_t offset, line;
	bool inside;         /* the record has begun in the part before */
};

enum hw_status hw_split_open(struct hw_split **out,
    const struct hw_split_opts *o, struct hw_err *e)
{
	struct hw_split *s = NULL;

	if (o->max_record < MIN_RECORD || o->max_record > HW_TOK_MAX)
		return hw_fail(e, HW_USAGE, "a record of at most %zu bytes: "
		    "not within %zu..%zu", o->max_record, MIN_RECORD,
		    HW_TOK_MAX);
	HW_TRY(hw_new(o->alloc, &s, 1, sizeof(*s), "records", e));
	*s = (struct hw_split){.alloc = o->alloc, .max = o->max_record,
	    .delim = o->delim, .cap = o->max_record + READ_AHEAD, .line = 1};
	if (hw_new(o->alloc, &s->buf, s->cap, 1, "records", e) != HW_OK) {
		hw_del(o->alloc, s);
		return HW_NOMEM;
	}
	*out = s;
	return HW_OK;
}

void hw_split_close(struct hw_split *s)
{
	if (s == NULL)
		return;
	hw_del(s->alloc, s->buf);
	hw_del(s->alloc, s);
}

void *hw_split_space(struct hw_split *s, size_t *cap)
{
	if (s->at > 0)
		memmove(s->buf, s->buf + s->at, s->n - s->at);
	s->n -= s->at;
	s->searched -= s->at;
	s->at = 0;
	*cap = s->cap - s->n;
	return s->buf + s->n;
}

void hw_split_added(struct hw_split *s, size_t n)
{
	s->n += n;
}

static void give(struct hw_split *s, size_t n, bool more, struct hw_piece *p)
{
	*p = (struct hw_piece){.bytes = {s->buf + s->at, n},
	    .offset = s->offset, .line = s->line,
	    .flags = (s->inside ? HW_RECORD_CONT : 0) |
	    (more ? HW_RECORD_MORE : 0)};
	s->at += n;
	if (s->searched < s->at)
		s->searched = s->at;
	s->offset += n;
	s->inside = more;
	if (!more)
		s->line++;
}

/* At most max bytes, without cutting a UTF-8 sequence in two (if it is one:
 * bytes that only look like it are cut somewhere too). */
static size_t cut(const struct hw_split *s)
{
	const unsigned char *p = s->buf + s->at;
	size_t n = s->max;

	while (n > s->max - 3 && (p[n] & 0xc0) == 0x80)
		n--;
	return (p[n] & 0xc0) == 0x80 ? s->max : n;
}

enum hw_status hw_split_next(struct hw_split *s, struct hw_piece *p)
{
	size_t end = s->n - s->at > s->max ? s->at + s->max : s->n;
	const unsigned char *d = NULL;

	if (s->searched < end)
		d = memchr(s->buf + s->searched, s->delim, end - s->searched);
	if (d != NULL) {
		give(s, (size_t)(d - (s->buf + s->at)) + 1, false, p);
		return HW_OK;
	}
	if (s->searched < end)
		s->searched = end;
	/* Only with a byte beyond it is a record known to go on. */
	if (s->n - s->at <= s->max)
		return HW_END;
	give(s, cut(s), true, p);
	/* The cut may have gone back before what was searched: that holds no
	 * delimiter either. */
	return HW_OK;
}

void hw_split_skip(struct hw_split *s, uint64_t n)
{
	s->offset += n;
}

enum hw_status hw_split_finish(struct hw_split *s, struct hw_piece *p)
{
	bool left = s->n > s->at;

	if (left)
		give(s, s->n - s->at, false, p);
	s->offset = 0;
	s->line = 1;
	s->inside = false;
	return left ? HW_OK : HW_END;
}
