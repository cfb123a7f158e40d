/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_TAP_H
#define HW_TESTS_TAP_H

/* Test Anything Protocol, the little that the unit tests need.  A test
 * program calls ok() and friends, and ends with `return tap_done();`. */
#include <inttypes.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_n, tap_bad;

__attribute__((format(printf, 2, 3), unused)) static bool ok(bool good,
    const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	if (!good)
		tap_bad++;
	return good;
}

__attribute__((format(printf, 1, 2), unused)) static void diag(
    const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* Integers of any type. */
#define is_int(got, want, ...) \
	do { \
		intmax_t got_ = (intmax_t)(got), want_ = (intmax_t)(want); \
		if (!ok(got_ == want_, __VA_ARGS__)) \
			diag("line %d: got %jd, want %jd", __LINE__, got_, \
			    want_); \
	} while (0)

#define is_str(got, want, ...) \
	do { \
		const char *got_ = (got), *want_ = (want); \
		if (!ok(strcmp(got_, want_) == 0, __VA_ARGS__)) \
			diag("line %d: got \"%s\", want \"%s\"", __LINE__, \
			    got_, want_); \
	} while (0)

__attribute__((format(printf, 1, 2), unused, noreturn)) static void skip_all(
    const char *fmt, ...)
{
	va_list ap;

	printf("1..0 # SKIP ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(0);
}

__attribute__((format(printf, 1, 2), unused)) static void skip(
    const char *fmt, ...)
{
	va_list ap;

	printf("ok %d # SKIP ", ++tap_n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

__attribute__((unused)) static int tap_done(void)
{
	printf("1..%d\n", tap_n);
	return tap_bad != 0;
}

/* Who asks for the same memory thousands of times keeps it, where the C library
 * would give it back to the system and take it anew. */
__attribute__((unused)) static void tap_keep_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 128 << 20);
#endif
}

/* A failing allocator and a counter: `fail_at` = n makes the n-th allocation
 * (from 1) fail, 0 none; `count` counts them, `live` those not released. */
struct tap_alloc {
	long count, fail_at, live;
};
__attribute__((unused)) static void *tap_alloc_get(void *ctx, size_t n)
{
	struct tap_alloc *a = ctx;

	if (++a->count == a->fail_at)
		return NULL;
	a->live++;
	return malloc(n);
}
__attribute__((unused)) static void tap_alloc_put(void *ctx, void *p)
{
	struct tap_alloc *a = ctx;

	if (p != NULL)
		a->live--;
	free(p);
}

#endif
