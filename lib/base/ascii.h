/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_ASCII_H
#define HW_BASE_ASCII_H

/* Classes of bytes, whatever the locale is. */
#include <stdbool.h>
#include <stddef.h>

static inline bool hw_is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static inline bool hw_is_letter(unsigned char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static inline bool hw_is_alnum(unsigned char c)
{
	return hw_is_letter(c) || hw_is_digit(c);
}

/* What words are made of: all of a character that is not ASCII, too. */
static inline bool hw_is_wordy(unsigned char c)
{
	return hw_is_alnum(c) || c >= 128;
}

/* How many of these bytes are what tells a terminal its colours, or where to
 * write (ESC [ numbers and a letter); 0: they begin with another. */
static inline size_t hw_csi(const unsigned char *p, size_t n)
{
	size_t i = 2;

	if (n < 3 || p[0] != 27 || p[1] != '[')
		return 0;
	while (i < n && p[i] >= 0x30 && p[i] < 0x40)
		i++;
	return i < n && p[i] >= 0x40 && p[i] < 0x7f ? i + 1 : 0;
}

#endif
