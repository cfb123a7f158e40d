/* SPDX-License-Identifier: MIT
 * What only this file knows: how to ask the processor, and whether the
 * operating system saves the wide registers (without that, using them traps).
 */
#include "cpu.h"

#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

static uint64_t xgetbv(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

uint32_t hw_cpu_detect(void)
{
	const uint32_t fma_osxsave_avx_f16c = 1u << 12 | 1u << 27 | 1u << 28 |
	    1u << 29;
	const uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
	const uint32_t vnni = 1u << 11;
	uint32_t a, b, c, d, b7, c7;
	uint32_t cpu = 0;
	uint64_t saved;

	if (!__get_cpuid(1, &a, &b, &c, &d) ||
	    (c & fma_osxsave_avx_f16c) != fma_osxsave_avx_f16c)
		return 0;
	if (!__get_cpuid_count(7, 0, &a, &b7, &c7, &d))
		return 0;
	saved = xgetbv();
	if ((saved & 0x06) == 0x06 && (b7 & 1u << 5) != 0)
		cpu |= HW_CPU_AVX2;
	if ((saved & 0xe6) == 0xe6 && (b7 & avx512) == avx512 &&
	    (c7 & vnni) != 0)
		cpu |= HW_CPU_AVX512;
	return cpu;
}
#else
uint32_t hw_cpu_detect(void)
{
	return 0;
}
#endif

int hw_cpu_limit(uint32_t *cpu, const char *level)
{
	if (level == NULL || strcmp(level, "avx512") == 0)
		return 0;
	if (strcmp(level, "avx2") == 0)
		*cpu &= HW_CPU_AVX2;
	else if (strcmp(level, "c") == 0)
		*cpu = 0;
	else
		return -1;
	return 0;
}
