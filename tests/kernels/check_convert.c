/* SPDX-License-Identifier: MIT
 * What only this file knows: conversions are right for every 16-bit pattern,
 * and for each float that lies on, or next to, a rounding boundary. */
#include "check.h"

static bool same16(uint16_t got, uint16_t want)
{
	return got == want;
}

/* Widening: all 65536 patterns, in pieces of every length. */
static void widen(void (*f)(float *, const uint16_t *, size_t),
    double (*value)(uint16_t), const char *name)
{
	long bad = 0;
	size_t n, most = 257;

	for (uint32_t at = 0, piece = 0; at < 0x10000; at += (uint32_t)n) {
		uint16_t *x;
		float *y;

		n = piece++ % (most + 1);
		n = n > 0x10000 - at ? 0x10000 - at : n;
		x = guarded(0, n * 2, piece & 1);
		y = guarded(1, n * 4, piece & 1);
		for (size_t i = 0; i < n; i++)
			x[i] = (uint16_t)(at + i);
		f(y, x, n);
		for (size_t i = 0; i < n; i++) {
			double want = value(x[i]);

			bad += isnan(want) ? !isnan(y[i]) :
			    (double)y[i] != want ||
			    !signbit(y[i]) != !signbit(want);
		}
	}
	verdict(bad == 0, "%s: every pattern widens exactly", name);
}

/* Narrowing: around every 16-bit value and the middle to its neighbour. */
static void narrow(void (*f)(uint16_t *, const float *, size_t),
    double (*value)(uint16_t), uint16_t (*nearest)(double),
    const char *name)
{
	/* NaNs that rounding would turn into infinity or zero. */
	static const uint32_t nans[] = {0x7f800001, 0x7fffffff, 0xff800001,
	    0xffffffff, 0x7fa00001, 0x7fc00000, 0x7f80ffff, 0xff808000};
	long bad = 0, bad_nan = 0;
	float in_nan[8];
	uint16_t out_nan[8];

	memcpy(in_nan, nans, sizeof(nans));
	f(out_nan, in_nan, 8);
	for (int i = 0; i < 8; i++)
		bad_nan += !isnan(value(out_nan[i]));
	for (uint32_t h = 0; h < 0x10000; h++) {
		float v = (float)value((uint16_t)h);
		float w = (float)value((uint16_t)(h + 1));
		float mid = v + (w - v) / 2;
		float in[6] = {v, nextafterf(v, w), nextafterf(mid, v), mid,
		    nextafterf(mid, w), nextafterf(w, v)};
		float *x = guarded_copy(0, in, sizeof(in), h & 1);
		uint16_t *y = guarded(1, 12, h & 1);

		f(y, x, 6);
		for (int i = 0; i < 6; i++)
			if (isnan(in[i]))
				bad_nan += !isnan(value(y[i]));
			else
				bad += !same16(y[i], nearest((double)in[i]));
	}
	verdict(bad == 0, "%s: rounds to nearest, ties to even, at every "
	    "boundary", name);
	verdict(bad_nan == 0, "%s: NaN stays NaN", name);
	bad = 0;
	for (size_t n = 0; n <= 257; n++) {
		float *x = guarded(0, n * 4, n & 1);
		uint16_t *y = guarded(1, n * 2, n & 1);

		for (size_t i = 0; i < n; i++)
			x[i] = (float)ldexp(uniform(-2, 2),
			    (int)below(60) - 40);
		f(y, x, n);
		for (size_t i = 0; i < n; i++)
			bad += !same16(y[i], nearest((double)x[i]));
	}
	verdict(bad == 0, "%s: for n = 0 .. 257", name);
}

void check_f16_to_f32(hw_f16_to_f32_fn *f, const char *name)
{
	widen(f, f16_value, name);
}

void check_bf16_to_f32(hw_bf16_to_f32_fn *f, const char *name)
{
	widen(f, bf16_value, name);
}

void check_f32_to_f16(hw_f32_to_f16_fn *f, const char *name)
{
	narrow(f, f16_value, f16_nearest, name);
}

void check_f32_to_bf16(hw_f32_to_bf16_fn *f, const char *name)
{
	narrow(f, bf16_value, bf16_nearest, name);
}

enum { N = 4096 };
static float wide[N];
static uint16_t half[N];

#define BENCH_WIDEN(op) \
	void bench_##op(hw_##op##_fn *f, const char *name, double *base) \
	{ \
		struct bench b = {0}; \
		for (int i = 0; i < N; i++) \
			half[i] = (uint16_t)(i * 7); \
		while (bench_more(&b)) \
			f(wide, half, N); \
		bench_line(#op, name, "4096", &b, 0, 6. * N, PEAK_NONE, base); \
	}
#define BENCH_NARROW(op) \
	void bench_##op(hw_##op##_fn *f, const char *name, double *base) \
	{ \
		struct bench b = {0}; \
		fill(wide, N, MIXED); \
		while (bench_more(&b)) \
			f(half, wide, N); \
		bench_line(#op, name, "4096", &b, 0, 6. * N, PEAK_NONE, base); \
	}
BENCH_WIDEN(f16_to_f32)
BENCH_WIDEN(bf16_to_f32)
BENCH_NARROW(f32_to_f16)
BENCH_NARROW(f32_to_bf16)
