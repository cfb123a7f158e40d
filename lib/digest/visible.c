/* SPDX-License-Identifier: MIT
 * What only this file knows: which bytes must not reach a terminal as they
 * are, and how many columns a character takes. */
#include <string.h>

#include "digest/render.h"

unsigned utf8_next(struct hw_view v, uint32_t *code)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char c = v.p[0];
	unsigned n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 :
	    c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	uint32_t x = n == 1 ? c : c & (0xffu >> (n + 1));

	if (n == 0 || n > v.n)
		return 0;
	for (unsigned i = 1; i < n; i++) {
		if ((v.p[i] & 0xc0) != 0x80)
			return 0;
		x = x << 6 | (v.p[i] & 0x3f);
	}
	if (x < least[n] || x > 0x10ffff || (x >= 0xd800 && x < 0xe000))
		return 0;
	*code = x;
	return n;
}

struct range {
	uint32_t first, last;
};

static bool within(const struct range *r, size_t n, uint32_t x)
{
	for (size_t i = 0; i < n; i++)
		if (x >= r[i].first && x <= r[i].last)
			return true;
	return false;
}
#define WITHIN(table, x) within(table, sizeof(table) / sizeof(*table), x)

/* C1 controls, and what hides or reorders the text around it: a log line must
 * not look like another. */
static const struct range unsafe[] = {
	{0x80, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c}, {0x180e, 0x180e},
	{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
	{0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
};
static const struct range combining[] = {
	{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x610, 0x61a},
	{0x64b, 0x65f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff},
	{0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
};
static const struct range wide[] = {
	{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xa960, 0xa97f},
	{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60},
	{0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
	{0x1f900, 0x1faff}, {0x20000, 0x3fffd},
};

static void spell_hex(struct shown *s, char kind, uint32_t x, unsigned digits)
{
	static const char hex[] = "0123456789abcdef";

	s->text[0] = '\\';
	s->text[1] = kind;
	for (unsigned i = 0; i < digits; i++)
		s->text[2 + i] = hex[x >> 4 * (digits - 1 - i) & 15];
	s->n = s->columns = 2 + digits;
}

struct shown show_next(struct hw_view v)
{
	struct shown s = {.used = 1};
	unsigned char c = v.p[0];
	uint32_t x = 0;
	unsigned n = utf8_next(v, &x);

	if (n == 0) {
		spell_hex(&s, 'x', c, 2);
	} else if (x < 0x20 || x == 0x7f) {
		s.text[0] = '^';
		s.text[1] = (char)(c ^ 0x40);
		s.n = s.columns = 2;
	} else if (WITHIN(unsafe, x)) {
		s.used = n;
		spell_hex(&s, x > 0xffff ? 'U' : 'u', x, x > 0xffff ? 8 : 4);
	} else {
		s.used = s.n = n;
		memcpy(s.text, v.p, n);
		s.columns = x < 0x300 ? 1 : WITHIN(combining, x) ? 0 :
		    WITHIN(wide, x) ? 2 : 1;
	}
	return s;
}

void show_record(struct hw_buf *b, struct hw_view v)
{
	while (v.n > 0) {
		struct shown s;
		size_t plain = 0;

		while (plain < v.n && ((v.p[plain] >= 0x20 &&
		    v.p[plain] < 0x7f) || v.p[plain] == '\n' ||
		    v.p[plain] == '\t'))
			plain++;
		hw_buf_put(b, v.p, plain);
		v.p += plain;
		v.n -= plain;
		if (v.n == 0)
			return;
		s = show_next(v);
		hw_buf_put(b, s.text, s.n);
		v.p += s.used;
		v.n -= s.used;
	}
}
