/* SPDX-License-Identifier: MIT
 * kernels/cpu.c and select.c: HEADWATER_CPU's levels pick the rows they say.
 */
#include "tap.h"

#include "cpu.h"
#include "kernels.h"

#define AVXVNNI (HW_CPU_AVX2 | HW_CPU_AVXVNNI)
#define ARM (HW_CPU_NEON | HW_CPU_I8MM)
static const uint32_t avx512 = AVXVNNI | HW_CPU_AVX512;
static const uint32_t all = AVXVNNI | HW_CPU_AVX512 | HW_CPU_BF16 |
    HW_CPU_AMX;

/* An oracle for the detection that is not cpuid: what Linux prints. */
static void detection(void)
{
	static char line[8192];
	FILE *f = fopen("/proc/cpuinfo", "r");
	uint32_t cpu = hw_cpu_detect();
	bool found = false;
#ifdef __aarch64__
	const char *name = "Features";
#else
	const char *name = "flags";
#endif

	while (f != NULL && !found && fgets(line, sizeof(line) - 1, f) != NULL)
		found = strncmp(line, name, strlen(name)) == 0;
	if (f != NULL)
		fclose(f);
	if (!found) {
		skip("/proc/cpuinfo has no %s", name);
		return;
	}
	line[strcspn(line, "\n")] = ' ';
#define HAS(flag) (strstr(line, " " flag " ") != NULL)
#ifdef __aarch64__
	is_int((cpu & HW_CPU_NEON) != 0, HAS("asimddp"),
	    "NEON is found iff the system lists its dot product");
	is_int((cpu & HW_CPU_I8MM) != 0, HAS("asimddp") && HAS("i8mm"),
	    "so are its products of matrices");
#else
	is_int((cpu & HW_CPU_AVX2) != 0, HAS("avx2") && HAS("fma") &&
	    HAS("f16c"), "AVX2 is found iff the system lists it");
	is_int((cpu & HW_CPU_AVXVNNI) != 0, (cpu & HW_CPU_AVX2) != 0 &&
	    HAS("avx_vnni"), "so are its dot products");
	is_int((cpu & HW_CPU_AVX512) != 0, HAS("avx512f") && HAS("avx512bw") &&
	    HAS("avx512dq") && HAS("avx512vl") && HAS("avx512_vnni"),
	    "AVX-512 is found iff the system lists it");
	is_int((cpu & HW_CPU_BF16) != 0, (cpu & HW_CPU_AVX512) != 0 &&
	    HAS("avx512_bf16") && HAS("avx512vbmi"),
	    "so are its products of BF16");
	/* Listed they may be, and still refused. */
	ok((cpu & HW_CPU_AMX) == 0 || ((cpu & HW_CPU_BF16) != 0 &&
	    HAS("amx_tile") && HAS("amx_bf16")),
	    "tiles are found only if the system lists them");
#endif
}

static void limits(void)
{
	uint32_t cpu = all;

	is_int(hw_cpu_limit(&cpu, "sse9"), -1, "an unknown level is refused");
	is_int(cpu, all, "and changes nothing");
	is_int(hw_cpu_limit(&cpu, NULL), 0, "no level");
	is_int(cpu, all, "keeps all");
	is_int(hw_cpu_limit(&cpu, "amx"), 0, "amx");
	is_int(cpu, all, "keeps all");
	is_int(hw_cpu_limit(&cpu, "bf16"), 0, "bf16");
	is_int(cpu, avx512 | HW_CPU_BF16, "drops AMX");
	is_int(hw_cpu_limit(&cpu, "avx512"), 0, "avx512");
	is_int(cpu, avx512, "drops BF16");
	is_int(hw_cpu_limit(&cpu, "avxvnni"), 0, "avxvnni");
	is_int(cpu, AVXVNNI, "drops AVX-512");
	is_int(hw_cpu_limit(&cpu, "avx2"), 0, "avx2");
	is_int(cpu, HW_CPU_AVX2, "drops AVX-VNNI");
	is_int(hw_cpu_limit(&cpu, "avx512"), 0, "a level above");
	is_int(cpu, HW_CPU_AVX2, "adds nothing");
	is_int(hw_cpu_limit(&cpu, "c"), 0, "c");
	is_int(cpu, 0, "drops everything");
	cpu = all | ARM;
	is_int(hw_cpu_limit(&cpu, "i8mm"), 0, "i8mm");
	is_int(cpu, ARM, "drops what another processor has");
	is_int(hw_cpu_limit(&cpu, "neon"), 0, "neon");
	is_int(cpu, HW_CPU_NEON, "drops products of matrices");
	is_int(hw_cpu_limit(&cpu, "amx"), 0, "a level of another processor");
	is_int(cpu, 0, "drops everything");
}

/* Of each operation: the row that a level must give, by its name. */
static void selection(const char *level)
{
	uint32_t cpu = all | ARM;
	struct hw_kernels k;
	long bad = 0, ops = 0;

	is_int(hw_cpu_limit(&cpu, level), 0, "level %s", level);
	memset(&k, 0, sizeof(k));
	hw_kernels_select(&k, cpu);
#define OP(op, params) \
	ops++; \
	bad += k.op == NULL || hw_kernels_variant(#op, cpu) == NULL;
#include "ops.def"
#undef OP
	is_int(bad, 0, "%s: each of %ld operations has a function", level,
	    ops);
	bad = 0;
	/* A row named like the level wins wherever there is one; a row that
	 * needs more than the level allows never does. */
#define KERNEL(op, variant, needs) \
	if (strcmp(level, #variant) == 0) \
		bad += k.op != hw_##op##_##variant || \
		    strcmp(hw_kernels_variant(#op, cpu), level) != 0; \
	else if ((needs & ~cpu) != 0) \
		bad += k.op == hw_##op##_##variant;
#include "kernels.def"
#undef KERNEL
	is_int(bad, 0, "%s: its rows win, higher ones are left out", level);
}

int main(void)
{
	detection();
	limits();
	for (size_t i = 0; hw_cpu_level(i) != NULL; i++)
		selection(hw_cpu_level(i));
	ok(hw_kernels_variant("gemm_q9", all) == NULL, "no such operation");
	return tap_done();
}
