/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_GOLDEN_SHA256_H
#define HW_TESTS_GOLDEN_SHA256_H

/* SHA-256 (FIPS 180-4), to compare tensors with recorded digests. */
#include <stddef.h>

/* The digest in hexadecimal, with its NUL. */
void sha256(const void *p, size_t n, char hex[65]);

#endif
