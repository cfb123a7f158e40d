/* SPDX-License-Identifier: MIT
 * checkkernels [bench [OP]]: every row of kernels.def against its oracle, or
 * against the clock.
 *
 * What only this file knows: which rows to run.  It expands kernels.def with
 * check_<op>, so a new row is tested with no more ado, and an operation that
 * has no check does not compile. */
#include <sys/types.h>
#include <unistd.h>

#include "tap.h"

#include "check.h"

#ifdef HAVE_AMX
/* The rows that use tiles, on tiles in C. */
#define TILES(op) hw_##op##_fn hw_##op##_amx_soft;
#include "amx.def"
#undef TILES
#endif

static uint32_t cpu;

void verdict(bool good, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	ok(good, "%s", line);
}

void note(const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	diag("%s", line);
}

static bool can_run(const char *name, uint32_t needs)
{
	if ((cpu & needs) == needs)
		return true;
	skip("%s: not on this processor", name);
	return false;
}

static void check(void)
{
#define KERNEL(op, variant, needs) \
	if (can_run(#op "_" #variant, needs)) { \
		reseed(); \
		check_##op(hw_##op##_##variant, #op "_" #variant); \
	}
#include "kernels.def"
#undef KERNEL
#ifdef HAVE_AMX
#define TILES(op) \
	if (can_run(#op "_amx_soft", HW_CPU_BF16)) { \
		reseed(); \
		check_##op(hw_##op##_amx_soft, #op "_amx_soft"); \
	}
#include "amx.def"
#undef TILES
#endif
}

/* What each level of this processor reaches in registers. */
static void print_peaks(const char *what, double (*peak)(const char *level))
{
	static const struct {
		const char *level;
		uint32_t needs;
	} at[] = {{"avx2", HW_CPU_AVX2}, {"avxvnni", HW_CPU_AVXVNNI},
	    {"avx512", HW_CPU_AVX512}, {"amx", HW_CPU_AMX},
	    {"neon", HW_CPU_NEON}, {"i8mm", HW_CPU_I8MM}};

	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++)
		if ((cpu & at[i].needs) != 0)
			printf("peak: %s %s %.1f GOP/s\n", what, at[i].level,
			    peak(at[i].level));
}

static void bench(const char *only)
{
#define OP(op, params) static double base_##op[BENCH_SHAPES];
#include "ops.def"
#undef OP

	printf("%-12s %-7s %-16s %15s %14s %12s %8s %6s\n", "operation",
	    "variant", "shape", "best time", "speed", "traffic", "to c",
	    "peak");
#define KERNEL(op, variant, needs) \
	if ((cpu & (needs)) == (needs) && \
	    (only == NULL || strncmp(only, #op, strlen(only)) == 0)) { \
		reseed(); \
		bench_##op(hw_##op##_##variant, #variant, base_##op); \
	}
#include "kernels.def"
#undef KERNEL
	print_peaks("fma", peak_fma);
	print_peaks("dot", peak_dot);
	printf("peak: read %.1f GB/s\n", peak_read());
}

int main(int argc, char **argv)
{
	const char *seed = getenv("HW_SEED");
	const char *level = getenv("HEADWATER_CPU");

	check_seed = seed != NULL ? strtoull(seed, NULL, 0) :
	    (uint64_t)now_ns() ^ (uint64_t)getpid();
	cpu = hw_cpu_detect();
	if (level != NULL && hw_cpu_limit(&cpu, level) != 0) {
		fprintf(stderr, "HEADWATER_CPU: no such level\n");
		return 2;
	}
	if (argc > 1 && strcmp(argv[1], "bench") == 0) {
		bench(argc > 2 ? argv[2] : NULL);
		return 0;
	}
	diag("HW_SEED=%" PRIu64, check_seed);
	check();
	return tap_done();
}
