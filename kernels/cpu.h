/* SPDX-License-Identifier: MIT */
#ifndef HW_CPU_H
#define HW_CPU_H

/* What the processor *and the operating system* allow (cpuid and xgetbv). */
#include <stddef.h>
#include <stdint.h>

enum {
	HW_CPU_AVX2 = 1 << 0,   /* AVX2, FMA, F16C */
	HW_CPU_AVX512 = 1 << 1, /* AVX-512 F, BW, DQ, VL and VNNI */
	HW_CPU_BF16 = 1 << 2,   /* the same and AVX-512 BF16 and VBMI */
	HW_CPU_AMX = 1 << 3,    /* the same and AMX: tiles, bf16 */
	HW_CPU_NEON = 1 << 4,   /* 64-bit Arm with the dot product of bytes */
	HW_CPU_AVXVNNI = 1 << 5, /* AVX2 and AVX-VNNI: its dot products */
	HW_CPU_I8MM = 1 << 6,   /* NEON and products of matrices of bytes */
};

/* Bits of this machine.  Tiles are asked of the system, which gives them to
 * the process for good, or does not. */
uint32_t hw_cpu_detect(void);

/* Level i: "c", "avx2", "avxvnni", "avx512", "bf16", "amx", "neon",
 * "i8mm"; NULL beyond. */
const char *hw_cpu_level(size_t i);
/* *cpu loses the bits above the level of that name.  NULL: none.  Returns 0,
 * or -1 for an unknown level. */
int hw_cpu_limit(uint32_t *cpu, const char *level);

#endif
