/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_INLINE_H
#define HW_KERNELS_SIMD_INLINE_H

/* What only this file knows: how to ask both compilers for code that stays in
 * registers. */
#if defined(__aarch64__)
#include <arm_neon.h>
#else
#include <immintrin.h>
#endif
#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#define ONCE _Pragma("clang loop unroll(disable)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#define ONCE _Pragma("GCC unroll 1")
#endif

/* X of each number of rows that a block may have, and of what it is about:
 * where the number is known the block stays in registers. */
#define UP_TO_2(X, of) X(1, of) X(2, of)
#define UP_TO_3(X, of) UP_TO_2(X, of) X(3, of)
#define UP_TO_4(X, of) UP_TO_3(X, of) X(4, of)
#define UP_TO_6(X, of) UP_TO_4(X, of) X(5, of) X(6, of)
#define UP_TO_12(X, of) UP_TO_6(X, of) X(7, of) X(8, of) X(9, of) X(10, of) \
	X(11, of) X(12, of)
/* For a body whose loop bounds are constants only once it is inlined. */
#define INLINE static inline __attribute__((always_inline))

/* Of m rows that are left, those of the next block, at most `most`: in as few
 * blocks as can be, and as even ones. */
INLINE size_t rows_of_block(size_t m, size_t most)
{
	size_t blocks = (m + most - 1) / most;

	return (m + blocks - 1) / blocks;
}

/* Ask for the lines of n bytes at p, which need not be mapped, to the second
 * level.  Weights and keys are read once, from memory, in pieces from 16 places
 * at a time: a pattern that no processor foresees.  A single token then runs
 * at the speed of memory, not at half of it, and panels are unpacked up to
 * four times as fast. */
INLINE void soon(const void *p, size_t n)
{
	for (size_t i = 0; i < n; i += 64)
		__builtin_prefetch((const char *)p + i, 0, 2);
}

#endif
