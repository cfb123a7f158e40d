/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_UTF8_H
#define HW_BASE_UTF8_H

/* UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above
 * U+10FFFF.  Logs hold anything, so each function takes any bytes. */
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at p: 1 to 4, or 0 if it is not whole and valid. */
size_t hw_utf8_char(const unsigned char *p, size_t n);
/* The same, and which one it is. */
size_t hw_utf8_decode(const unsigned char *p, size_t n, uint32_t *c);
/* Bytes of the longest valid prefix. */
size_t hw_utf8_valid(const unsigned char *p, size_t n);
/* Where to cut p[0 .. n) at or just before `at` (at <= n) so that no valid
 * character is cut; `at` itself where that would leave nothing. */
size_t hw_utf8_cut(const unsigned char *p, size_t n, size_t at);

#endif
