/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_SAY_H
#define HW_BIN_SAY_H

/* Lines for people on standard output, and numbers in them. */
#include "headwater.h"

/* A line; control characters, which a file may have brought, become '?'. */
void say(const char *fmt, ...) HW_PRINTF(1, 2);
void say_flush(void);
/* "25.3 MiB", "1.10G": three digits of it, written to buf. */
#define SAY_SIZE 32
const char *say_bytes(char buf[SAY_SIZE], uint64_t n);
const char *say_count(char buf[SAY_SIZE], uint64_t n);

#endif
