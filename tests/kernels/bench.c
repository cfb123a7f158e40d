/* SPDX-License-Identifier: MIT
 * What only this file knows: how to time a call, and what the processor does
 * at most.  The best of several runs counts: noise only ever adds. */
#include <time.h>

#include "check.h"

#if defined(HAVE_AVX2) || defined(HAVE_AVX512)
#include <immintrin.h>
#endif
#ifdef HAVE_NEON
#include <arm_neon.h>
#endif
#ifdef HAVE_AMX
#include "simd/amx.h"
#endif

double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* A round doubles its calls until it lasts 2 ms; then five rounds count. */
int bench_more(struct bench *b)
{
	static long done;
	double dt;

	if (b->runs == 0) {
		b->runs = 1;
		b->best = (double)INFINITY;
	} else if (done < b->runs) {
		done++;
		return 1;
	} else {
		dt = now_ns() - b->t0;
		if (b->round == 0 && dt < 2e6) {
			b->runs *= 2;
		} else {
			b->best = fmin(b->best, dt / (double)b->runs);
			if (++b->round == 6)
				return 0;
		}
	}
	done = 1;
	b->t0 = now_ns();
	return 1;
}

void bench_line(const char *op, const char *name, const char *shape,
    const struct bench *b, double work, double bytes, enum peak peak,
    double *base)
{
	double top = peak == PEAK_FMA ? peak_fma(name) :
	    peak == PEAK_DOT ? peak_dot(name) :
	    peak == PEAK_READ ? peak_read() : 0;
	double speed = peak == PEAK_READ ? bytes : work;

	if (*base == 0)
		*base = b->best;
	printf("%-12s %-7s %-16s %12.1f ns", op, name, shape, b->best);
	if (work > 0)
		printf(" %8.2f GOP/s", work / b->best);
	else
		printf(" %14s", "");
	if (bytes > 0)
		printf(" %7.2f GB/s", bytes / b->best);
	else
		printf(" %12s", "");
	printf(" %7.2fx", *base / b->best);
	if (top > 0)
		printf(" %5.1f%%", 100 * speed / b->best / top);
	putchar('\n');
	fflush(stdout);
}

/* ---- peaks: independent chains in registers, long enough for any latency */

enum { CHAINS = 10, STEPS = 1000 };
#ifndef UNROLL
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#endif
/* Volatile, so that no chain is known before it runs. */
static volatile float sink;

#ifdef HAVE_AVX2
__attribute__((target("avx2,fma"))) static void fma_avx2(void)
{
	__m256 a[CHAINS], x = _mm256_set1_ps(sink);

	UNROLL for (int c = 0; c < CHAINS; c++)
		a[c] = _mm256_set1_ps((float)c + sink);
	for (int i = 0; i < STEPS; i++)
		UNROLL for (int c = 0; c < CHAINS; c++)
			a[c] = _mm256_fmadd_ps(a[c], x, x);
	UNROLL for (int c = 1; c < CHAINS; c++)
		a[0] = _mm256_add_ps(a[0], a[c]);
	sink = _mm256_cvtss_f32(a[0]) * 1e-30f;
}

/* Without a dot instruction the unit of work is the pair of multiplies that
 * add into 32 bits. */
__attribute__((target("avx2"))) static void dot_avx2(void)
{
	__m256i a[CHAINS], x = _mm256_set1_epi8((char)sink);
	__m256i w = _mm256_set1_epi16(1);

	UNROLL for (int c = 0; c < CHAINS; c++)
		a[c] = _mm256_set1_epi32(c + (int)sink);
	for (int i = 0; i < STEPS; i++)
		UNROLL for (int c = 0; c < CHAINS; c++)
			a[c] = _mm256_add_epi32(a[c], _mm256_madd_epi16(
			    _mm256_maddubs_epi16(a[c], x), w));
	UNROLL for (int c = 1; c < CHAINS; c++)
		a[0] = _mm256_add_epi32(a[0], a[c]);
	sink = (float)(_mm256_cvtsi256_si32(a[0]) & 1);
}
#endif

#ifdef HAVE_AVXVNNI
__attribute__((target("avx2,avxvnni"))) static void dot_avxvnni(void)
{
	__m256i a[CHAINS], x = _mm256_set1_epi8((char)sink);

	UNROLL for (int c = 0; c < CHAINS; c++)
		a[c] = _mm256_set1_epi32(c + (int)sink);
	for (int i = 0; i < STEPS; i++)
		UNROLL for (int c = 0; c < CHAINS; c++)
			a[c] = _mm256_dpbusd_avx_epi32(a[c], x, x);
	UNROLL for (int c = 1; c < CHAINS; c++)
		a[0] = _mm256_add_epi32(a[0], a[c]);
	sink = (float)(_mm256_cvtsi256_si32(a[0]) & 1);
}
#endif

#ifdef HAVE_AVX512
__attribute__((target("avx512f"))) static void fma_avx512(void)
{
	__m512 a[CHAINS], x = _mm512_set1_ps(sink);

	UNROLL for (int c = 0; c < CHAINS; c++)
		a[c] = _mm512_set1_ps((float)c + sink);
	for (int i = 0; i < STEPS; i++)
		UNROLL for (int c = 0; c < CHAINS; c++)
			a[c] = _mm512_fmadd_ps(a[c], x, x);
	UNROLL for (int c = 1; c < CHAINS; c++)
		a[0] = _mm512_add_ps(a[0], a[c]);
	sink = _mm512_cvtss_f32(a[0]) * 1e-30f;
}

__attribute__((target("avx512f,avx512vnni"))) static void dot_avx512(void)
{
	__m512i a[CHAINS], x = _mm512_set1_epi8((char)sink);

	UNROLL for (int c = 0; c < CHAINS; c++)
		a[c] = _mm512_set1_epi32(c + (int)sink);
	for (int i = 0; i < STEPS; i++)
		UNROLL for (int c = 0; c < CHAINS; c++)
			a[c] = _mm512_dpbusd_epi32(a[c], x, x);
	UNROLL for (int c = 1; c < CHAINS; c++)
		a[0] = _mm512_add_epi32(a[0], a[c]);
	sink = (float)(_mm512_reduce_add_epi32(a[0]) & 1);
}
#endif

#ifdef HAVE_AMX
/* Five tiles of sums, twice each: as many products as there are chains. */
static void tiles_bf16(void)
{
	amx_begin();
	for (int i = 0; i < STEPS; i++) {
		amx_dp_bf16(0, 6, 7);
		amx_dp_bf16(1, 6, 7);
		amx_dp_bf16(2, 6, 7);
		amx_dp_bf16(3, 6, 7);
		amx_dp_bf16(4, 6, 7);
		amx_dp_bf16(0, 6, 7);
		amx_dp_bf16(1, 6, 7);
		amx_dp_bf16(2, 6, 7);
		amx_dp_bf16(3, 6, 7);
		amx_dp_bf16(4, 6, 7);
	}
	amx_end();
}
#endif

#ifdef HAVE_NEON
static void fma_neon(void)
{
	float32x4_t a[CHAINS], x = vdupq_n_f32(sink);

	UNROLL for (int c = 0; c < CHAINS; c++)
		a[c] = vdupq_n_f32((float)c + sink);
	for (int i = 0; i < STEPS; i++)
		UNROLL for (int c = 0; c < CHAINS; c++)
			a[c] = vfmaq_f32(x, a[c], x);
	UNROLL for (int c = 1; c < CHAINS; c++)
		a[0] = vaddq_f32(a[0], a[c]);
	sink = vgetq_lane_f32(a[0], 0) * 1e-30f;
}

__attribute__((target("arch=armv8.2-a+dotprod"))) static void dot_neon(void)
{
	int32x4_t a[CHAINS];
	int8x16_t x = vdupq_n_s8((int8_t)sink);

	UNROLL for (int c = 0; c < CHAINS; c++)
		a[c] = vdupq_n_s32(c + (int)sink);
	for (int i = 0; i < STEPS; i++)
		UNROLL for (int c = 0; c < CHAINS; c++)
			a[c] = vdotq_s32(a[c], x, x);
	UNROLL for (int c = 1; c < CHAINS; c++)
		a[0] = vaddq_s32(a[0], a[c]);
	sink = (float)(vaddvq_s32(a[0]) & 1);
}
#endif

#ifdef HAVE_I8MM
__attribute__((target("arch=armv8.2-a+i8mm"))) static void dot_i8mm(void)
{
	int32x4_t a[CHAINS];
	int8x16_t x = vdupq_n_s8((int8_t)sink);

	UNROLL for (int c = 0; c < CHAINS; c++)
		a[c] = vdupq_n_s32(c + (int)sink);
	for (int i = 0; i < STEPS; i++)
		UNROLL for (int c = 0; c < CHAINS; c++)
			a[c] = vmmlaq_s32(a[c], x, x);
	UNROLL for (int c = 1; c < CHAINS; c++)
		a[0] = vaddq_s32(a[0], a[c]);
	sink = (float)(vaddvq_s32(a[0]) & 1);
}
#endif

static double rate(void (*f)(void), double work)
{
	struct bench b = {0};

	while (bench_more(&b))
		f();
	return work * CHAINS * STEPS / b.best;
}

/* A level's best loop, and its operations a step; measured once. */
struct limit {
	const char *level;
	void (*f)(void);
	double work, best;
};

static double peak(struct limit *p, const char *level)
{
	for (; p->level != NULL; p++)
		if (strcmp(p->level, level) == 0) {
			if (p->best == 0)
				p->best = rate(p->f, p->work);
			return p->best;
		}
	return 0;
}

double peak_fma(const char *level)
{
	static struct limit all[] = {
#ifdef HAVE_AVX2
		{"avx2", fma_avx2, 16, 0},
		{"avxvnni", fma_avx2, 16, 0},
#endif
#ifdef HAVE_AVX512
		{"avx512", fma_avx512, 32, 0},
#endif
#ifdef HAVE_AMX
		{"amx", tiles_bf16, 2 * 16 * 16 * 32, 0},
#endif
#ifdef HAVE_NEON
		{"neon", fma_neon, 8, 0},
		{"i8mm", fma_neon, 8, 0},
#endif
		{NULL, NULL, 0, 0},
	};

	return peak(all, level);
}

double peak_dot(const char *level)
{
	static struct limit all[] = {
#ifdef HAVE_AVX2
		{"avx2", dot_avx2, 64, 0},
#endif
#ifdef HAVE_AVXVNNI
		{"avxvnni", dot_avxvnni, 64, 0},
#endif
#ifdef HAVE_AVX512
		{"avx512", dot_avx512, 128, 0},
#endif
#ifdef HAVE_NEON
		{"neon", dot_neon, 32, 0},
#endif
#ifdef HAVE_I8MM
		{"i8mm", dot_i8mm, 64, 0},
#endif
		{NULL, NULL, 0, 0},
	};

	return peak(all, level);
}

double peak_read(void)
{
	static double best;
	const size_t n = GUARD_BYTES / sizeof(uint64_t);
	struct bench b = {0};
	uint64_t *p, sum = 0;

	if (best > 0)
		return best;
	p = guarded(GUARD_SLOTS - 1, n * sizeof(*p), AT_END);
	while (bench_more(&b))
		for (size_t i = 0; i < n; i += 8)
			UNROLL for (size_t j = 0; j < 8; j++)
				sum += p[i + j];
	sink = (float)(sum & 1);
	return best = (double)(n * sizeof(*p)) / b.best;
}
