/* SPDX-License-Identifier: MIT
 * What only this file knows: how packed files begin.  A line of text must
 * neither be mistaken for one nor be held back for long: the patterns go on
 * until a byte that text does not have, and a newline ends the search for a
 * tar header. */
#include "stream/magic.h"

#include <stdint.h>
#include <string.h>

#include "base/archive.h"

/* A byte of a pattern: =: this one; d: '1' to '9'; p: 0x50 to 0x5f; <: less
 * than 8; f: less than 32; .: any. */
struct pattern {
	enum hw_packing kind;
	const char *rule, *bytes;
};

static const struct pattern patterns[] = {
	/* Deflate, and no reserved flag. */
	{HW_PACK_GZIP, "===f", "\x1f\x8b\x08"},
	{HW_PACK_XZ, "======", "\xfd" "7zXZ\0"},
	{HW_PACK_ZSTD, "====", "\x28\xb5\x2f\xfd"},
	/* A skippable frame, which parallel writers put first. */
	{HW_PACK_ZSTD, "p===", ".\x2a\x4d\x18"},
	/* All of its magic is text.  A checksum follows, then a bit that is 0
	 * and a number of 24 bits below 900000: a byte less than 8. */
	{HW_PACK_BZIP2, "===d======....<", "BZh.1AY&SY"},
	{HW_PACK_BZIP2, "===d==========", "BZh.\x17rE8P\x90\0\0\0\0"},
	{HW_PACK_LZ4, "====", "\x04\x22\x4d\x18"},
	{HW_PACK_LZ4, "====", "\x02\x21\x4c\x18"}, /* its first form */
	{HW_PACK_ZIP, "====", "PK\x03\x04"},
	{HW_PACK_ZIP, "====", "PK\x05\x06"}, /* an empty one */
};

static bool fits(char rule, char want, unsigned char c)
{
	switch (rule) {
	case '=':
		return c == (unsigned char)want;
	case 'd':
		return c >= '1' && c <= '9';
	case 'p':
		return c >= 0x50 && c <= 0x5f;
	case '<':
		return c < 8;
	case 'f':
		return c < 32;
	}
	return true;
}

/* How many of the n bytes agree, at most the length of the pattern. */
static size_t agree(const struct pattern *m, const unsigned char *p, size_t n)
{
	size_t i = 0;

	while (i < n && m->rule[i] != '\0' &&
	    fits(m->rule[i], m->rule[i] == '=' ? m->bytes[i] : 0, p[i]))
		i++;
	return i;
}

/* A tar header begins with a name of up to 100 bytes, filled up with NULs, and
 * an octal mode of 8.  A newline may be in the name, but only all of a header
 * says so: who waits for a line has it as it comes. */
static bool maybe_tar(const unsigned char *p, size_t n)
{
	size_t i = 0;

	while (i < n && i < 100 && p[i] != '\0' &&
	    (p[i] != '\n' || n >= HW_MAGIC_MAX))
		i++;
	if (i == 0)
		return n == 0;
	for (; i < n && i < 100; i++)
		if (p[i] != '\0')
			return false;
	for (; i < n && i < 108; i++)
		if ((p[i] < '0' || p[i] > '7') && p[i] != ' ' && p[i] != '\0')
			return false;
	return n < HW_MAGIC_MAX || hw_tar_sum_is_right(p);
}

enum hw_packing hw_magic(const unsigned char *p, size_t n, bool *undecided)
{
	*undecided = false;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		size_t len = strlen(patterns[i].rule);
		size_t good = agree(&patterns[i], p, n);

		if (good == len)
			return patterns[i].kind;
		*undecided |= good == n;
	}
	if (!maybe_tar(p, n))
		return HW_PACK_NONE;
	if (n >= HW_MAGIC_MAX)
		return HW_PACK_TAR;
	*undecided = true;
	return HW_PACK_NONE;
}

const char *hw_packing_name(enum hw_packing kind)
{
	static const char *const names[] = {"plain", "gzip", "xz", "zstd",
	    "bzip2", "lz4", "tar", "zip"};

	return names[kind];
}
