/* SPDX-License-Identifier: MIT */
#ifndef HW_STREAM_MEMBER_H
#define HW_STREAM_MEMBER_H

/* The members of a flat JSON object that is one line, without a tree of it:
 * records come in such lines by the million, and a few members of each are
 * wanted. */
#include "base/buf.h"

struct member_cur {
	const unsigned char *p, *end;
	bool bad; /* it is not JSON, or deeper than is followed */
};

struct member {
	struct hw_view name;  /* as it is written, without quotes */
	struct hw_view value; /* as it is written: "text", 12, [1,2], null */
};

/* False: the line is no object; else member_next gives its members, until
 * there is no more, or something is bad. */
bool member_begin(struct member_cur *c, struct hw_view line);
bool member_next(struct member_cur *c, struct member *m);
/* After the last member: nothing but blanks may follow. */
bool member_good(const struct member_cur *c);
bool member_is(const struct member *m, const char *name);

/* Append what a value says: the text of a string; the bytes of an array of
 * numbers (as journald writes what is no UTF-8); of an array of strings, the
 * first; numbers and words as they are; nothing for null.  False: an object,
 * or broken. */
bool member_text(struct hw_view value, struct hw_buf *out);

#endif
