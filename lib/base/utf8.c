/* SPDX-License-Identifier: MIT
 * What only this file knows: which byte sequences are UTF-8. */
#include "base/utf8.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

size_t hw_utf8_decode(const unsigned char *p, size_t n, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len;
	uint32_t x;

	if (n == 0)
		return 0;
	*c = p[0];
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len > n)
		return 0;
	x = p[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		x = x << 6 | (p[i] & 0x3fu);
	}
	if (x < least[len] || x > 0x10ffff || (x >= 0xd800 && x < 0xe000))
		return 0;
	*c = x;
	return len;
}

size_t hw_utf8_char(const unsigned char *p, size_t n)
{
	uint32_t c;

	return hw_utf8_decode(p, n, &c);
}

size_t hw_utf8_valid(const unsigned char *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		uint64_t w;
		size_t len;

		/* Most of a log is ASCII: eight bytes a step. */
		if (n - at >= sizeof(w)) {
			memcpy(&w, p + at, sizeof(w));
			if ((w & HIGH_BITS) == 0) {
				at += sizeof(w);
				continue;
			}
		}
		len = hw_utf8_char(p + at, n - at);
		if (len == 0)
			break;
		at += len;
	}
	return at;
}

size_t hw_utf8_cut(const unsigned char *p, size_t n, size_t at)
{
	for (size_t back = 1; back <= 3 && back < at; back++) {
		size_t len;

		if ((p[at - back] & 0xc0) == 0x80)
			continue;
		len = hw_utf8_char(p + at - back, n - (at - back));
		return len > back ? at - back : at;
	}
	return at;
}
