/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_ASCII_H
#define HW_BASE_ASCII_H

/* Classes of bytes, whatever the locale is. */
#include <stdbool.h>

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

#endif
