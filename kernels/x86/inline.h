/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_X86_INLINE_H
#define HW_KERNELS_X86_INLINE_H

/* What only this file knows: how to ask both compilers for code that stays in
 * registers. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#define ONCE _Pragma("clang loop unroll(disable)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#define ONCE _Pragma("GCC unroll 1")
#endif
/* For a body whose loop bounds are constants only once it is inlined. */
#define INLINE static inline __attribute__((always_inline))

#endif
