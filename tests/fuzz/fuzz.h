/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_FUZZ_H
#define HW_TESTS_FUZZ_H

/* A fuzz target is one file with these three.  Linked with driver.c it is a
 * test of `make check`; linked with libFuzzer it is a fuzzer:
 *   configure CC=clang CFLAGS='-g -O1 -fsanitize=fuzzer-no-link' \
 *       --enable-sanitize, make check TESTS=, and then
 *   clang -g -fsanitize=fuzzer,address,undefined ... fuzz_X.c
 * It starts best from what fuzz_X --seeds DIR writes.
 * A target calls abort() when a promise is broken. */
#include "base/buf.h"

extern const char fuzz_name[];
/* Read p[0..n) as the untrusted input; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
/* Append a well-formed input number i to b; false: there is no such. */
bool fuzz_seed(int i, struct hw_buf *b);

#endif
