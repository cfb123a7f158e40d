/* SPDX-License-Identifier: MIT
 * What only this file knows: as much of JSON (RFC 8259) as a line of a log
 * needs. */
#include "stream/member.h"

#include <string.h>

#include "base/ascii.h"

#define DEEPEST 32

static void blanks(struct member_cur *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' ||
	    *c->p == '\n' || *c->p == '\r'))
		c->p++;
}

static bool take(struct member_cur *c, unsigned char want)
{
	blanks(c);
	if (c->p == c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

/* Over a string; c is behind its first quote. */
static bool skip_string(struct member_cur *c)
{
	while (c->p < c->end && *c->p != '"')
		c->p += *c->p == '\\' && c->end - c->p > 1 ? 2 : 1;
	if (c->p == c->end)
		return false;
	c->p++;
	return true;
}

/* Over any value: brackets are counted, not matched by kind; what is wrong
 * inside of one is nobody's concern here. */
static bool skip_value(struct member_cur *c)
{
	int depth = 0;

	do {
		blanks(c);
		if (c->p == c->end)
			return false;
		if (*c->p == '"') {
			c->p++;
			if (!skip_string(c))
				return false;
		} else if (*c->p == '{' || *c->p == '[') {
			c->p++;
			if (++depth > DEEPEST)
				return false;
		} else if (*c->p == '}' || *c->p == ']') {
			c->p++;
			if (--depth < 0)
				return false;
		} else if (*c->p == ',' || *c->p == ':') {
			if (depth == 0)
				return false;
			c->p++;
		} else {
			const unsigned char *from = c->p;

			while (c->p < c->end && *c->p > ' ' &&
			    strchr(",:{}[]\"", *c->p) == NULL)
				c->p++;
			if (c->p == from)
				return false; /* a control character */
		}
	} while (depth > 0);
	return true;
}

bool member_begin(struct member_cur *c, struct hw_view line)
{
	*c = (struct member_cur){line.p, line.p + line.n, false};
	return take(c, '{');
}

bool member_next(struct member_cur *c, struct member *m)
{
	const unsigned char *from;

	if (c->bad || take(c, '}'))
		return false;
	c->bad = true;
	(void)take(c, ',');
	if (!take(c, '"'))
		return false;
	from = c->p;
	if (!skip_string(c))
		return false;
	m->name = (struct hw_view){from, (size_t)(c->p - from) - 1};
	if (!take(c, ':'))
		return false;
	blanks(c);
	from = c->p;
	if (!skip_value(c) || c->p == from)
		return false;
	m->value = (struct hw_view){from, (size_t)(c->p - from)};
	c->bad = false;
	return true;
}

bool member_good(const struct member_cur *c)
{
	struct member_cur rest = *c;

	blanks(&rest);
	return !c->bad && rest.p == rest.end && c->p[-1] == '}';
}

bool member_is(const struct member *m, const char *name)
{
	return strlen(name) == m->name.n &&
	    memcmp(name, m->name.p, m->name.n) == 0;
}

/* ---- values -------------------------------------------------------------- */

static int hex4(const unsigned char *p)
{
	int x = 0;

	for (int i = 0; i < 4; i++) {
		int c = p[i], d = c >= '0' && c <= '9' ? c - '0' :
		    (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 :
		    -1;

		if (d < 0)
			return -1;
		x = x << 4 | d;
	}
	return x;
}

static void put_utf8(struct hw_buf *b, uint32_t c)
{
	if (c < 0x80) {
		hw_buf_u8(b, (uint8_t)c);
		return;
	}
	if (c < 0x800) {
		hw_buf_u8(b, (uint8_t)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		hw_buf_u8(b, (uint8_t)(0xe0 | c >> 12));
		hw_buf_u8(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	} else {
		hw_buf_u8(b, (uint8_t)(0xf0 | c >> 18));
		hw_buf_u8(b, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		hw_buf_u8(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	}
	hw_buf_u8(b, (uint8_t)(0x80 | (c & 0x3f)));
}

/* \uXXXX, also a pair of them; half of a pair alone is U+FFFD.  Returns the
 * bytes behind the backslash, 0: broken. */
static size_t escaped_utf16(const unsigned char *p, size_t n,
    struct hw_buf *out)
{
	int c = n >= 5 ? hex4(p + 1) : -1, low = -1;

	if (c < 0)
		return 0;
	if (c >= 0xd800 && c < 0xdc00 && n >= 11 && p[5] == '\\' &&
	    p[6] == 'u')
		low = hex4(p + 7);
	if (low >= 0xdc00 && low < 0xe000) {
		put_utf8(out, 0x10000 + ((uint32_t)(c - 0xd800) << 10) +
		    (uint32_t)(low - 0xdc00));
		return 11;
	}
	put_utf8(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : (uint32_t)c);
	return 5;
}

/* The text of a string without its quotes. */
static bool string(struct hw_view s, struct hw_buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	size_t i = 0;

	while (i < s.n) {
		const unsigned char *stop = memchr(s.p + i, '\\', s.n - i);
		size_t plain = stop != NULL ? (size_t)(stop - s.p) - i :
		    s.n - i, used;
		const char *known;

		hw_buf_put(out, s.p + i, plain);
		i += plain + 1;
		if (stop == NULL)
			return true;
		if (i >= s.n)
			return false;
		known = s.p[i] != 0 ? strchr(from, s.p[i]) : NULL;
		if (known != NULL)
			hw_buf_u8(out, (uint8_t)to[known - from]);
		used = known != NULL ? 1 :
		    s.p[i] == 'u' ? escaped_utf16(s.p + i, s.n - i, out) : 0;
		if (used == 0)
			return false;
		i += used;
	}
	return true;
}

/* [65, 66]: the bytes. */
static bool bytes(struct hw_view a, struct hw_buf *out)
{
	unsigned x = 0;
	bool digit = false;

	for (size_t i = 1; i < a.n; i++) {
		if (hw_is_digit(a.p[i])) {
			x = x * 10 + a.p[i] - '0';
			digit = true;
			if (x > 255)
				return false;
		} else if (a.p[i] == ',' || a.p[i] == ']') {
			if (digit)
				hw_buf_u8(out, (uint8_t)x);
			x = 0;
			digit = false;
		} else if (a.p[i] != ' ') {
			return false;
		}
	}
	return true;
}

bool member_text(struct hw_view v, struct hw_buf *out)
{
	if (v.n >= 2 && v.p[0] == '"')
		return string((struct hw_view){v.p + 1, v.n - 2}, out);
	if (v.n >= 2 && v.p[0] == '[') {
		struct member_cur c = {v.p + 1, v.p + v.n, false};
		const unsigned char *from;

		blanks(&c);
		from = c.p;
		if (c.p == c.end || *c.p != '"')
			return bytes(v, out);
		c.p++;
		return skip_string(&c) &&
		    string((struct hw_view){from + 1,
		    (size_t)(c.p - from) - 2}, out);
	}
	if (v.n == 0 || v.p[0] == '{')
		return false;
	if (v.n != 4 || memcmp(v.p, "null", 4) != 0)
		hw_buf_put(out, v.p, v.n);
	return true;
}
