/* SPDX-License-Identifier: MIT
 * What only this file knows: how to ask the processor, and whether the
 * operating system saves the wide registers (without that, using them traps).
 */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* syscall */
#endif
#include "cpu.h"

#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

static uint64_t xgetbv(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

/* Whether this process may use tiles.  Linux wants to be asked, since their 8
 * KiB are saved for each thread that does. */
static int may_use_tiles(void)
{
#if defined(__linux__) && defined(SYS_arch_prctl)
	enum { ARCH_REQ_XCOMP_PERM = 0x1023, XTILEDATA = 18 };

	return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XTILEDATA) == 0;
#else
	return 0;
#endif
}

/* Of a processor that has AVX-512: what it has beyond.  c7, d7: of leaf 7,
 * a71: of the one after it. */
static uint32_t detect_more(uint64_t saved, uint32_t c7, uint32_t d7,
    uint32_t a71)
{
	const uint32_t tiles_bf16 = 1u << 24 | 1u << 22, vbmi = 1u << 1;

	if ((a71 & 1u << 5) == 0 || (c7 & vbmi) == 0)
		return 0;
	if ((saved & 0x60000) != 0x60000 ||
	    (d7 & tiles_bf16) != tiles_bf16 || !may_use_tiles())
		return HW_CPU_BF16;
	return HW_CPU_BF16 | HW_CPU_AMX;
}

uint32_t hw_cpu_detect(void)
{
	const uint32_t fma_osxsave_avx_f16c = 1u << 12 | 1u << 27 | 1u << 28 |
	    1u << 29;
	const uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
	const uint32_t vnni = 1u << 11;
	uint32_t a, b, c, d, most, b7, c7, d7, a71;
	uint32_t cpu = 0;
	uint64_t saved;

	if (!__get_cpuid(1, &a, &b, &c, &d) ||
	    (c & fma_osxsave_avx_f16c) != fma_osxsave_avx_f16c)
		return 0;
	if (!__get_cpuid_count(7, 0, &most, &b7, &c7, &d7))
		return 0;
	if (most < 1 || !__get_cpuid_count(7, 1, &a71, &b, &c, &d))
		a71 = 0;
	saved = xgetbv();
	if ((saved & 0x06) == 0x06 && (b7 & 1u << 5) != 0)
		cpu |= HW_CPU_AVX2 | (a71 & 1u << 4 ? HW_CPU_AVXVNNI : 0);
	if ((saved & 0xe6) == 0xe6 && (b7 & avx512) == avx512 &&
	    (c7 & vnni) != 0)
		cpu |= HW_CPU_AVX512 | detect_more(saved, c7, d7, a71);
	return cpu;
}
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>

uint32_t hw_cpu_detect(void)
{
	const unsigned long dot = 1ul << 20;  /* HWCAP_ASIMDDP */
	const unsigned long i8mm = 1ul << 13; /* HWCAP2_I8MM */

	if ((getauxval(AT_HWCAP) & dot) == 0)
		return 0;
	return HW_CPU_NEON | (getauxval(AT_HWCAP2) & i8mm ? HW_CPU_I8MM : 0);
}
#else
uint32_t hw_cpu_detect(void)
{
	return 0;
}
#endif

/* Each level has those below it. */
#define AVXVNNI (HW_CPU_AVX2 | HW_CPU_AVXVNNI)
#define AVX512 (AVXVNNI | HW_CPU_AVX512)

static const struct {
	const char *name;
	uint32_t bits;
} levels[] = {
	{"c", 0},
	{"avx2", HW_CPU_AVX2},
	{"avxvnni", AVXVNNI},
	{"avx512", AVX512},
	{"bf16", AVX512 | HW_CPU_BF16},
	{"amx", AVX512 | HW_CPU_BF16 | HW_CPU_AMX},
	{"neon", HW_CPU_NEON},
	{"i8mm", HW_CPU_NEON | HW_CPU_I8MM},
};
#define LEVELS (sizeof(levels) / sizeof(*levels))

const char *hw_cpu_level(size_t i)
{
	return i < LEVELS ? levels[i].name : NULL;
}

int hw_cpu_limit(uint32_t *cpu, const char *level)
{
	if (level == NULL)
		return 0;
	for (size_t i = 0; i < LEVELS; i++)
		if (strcmp(level, levels[i].name) == 0) {
			*cpu &= levels[i].bits;
			return 0;
		}
	return -1;
}
