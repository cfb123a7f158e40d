/* SPDX-License-Identifier: MIT
 * What only this file knows: activations in the forms that products read. */
#include "check.h"

/* Some rows of k numbers, and what f makes of them. */
struct rows {
	size_t m, row; /* how many; bytes of what was made of one */
	const float *x;
	const char *p;
};

static struct rows prepared(hw_prep_f32_fn *f, enum hw_prep form, size_t k)
{
	struct rows r = {.m = 1 + below(4), .row = hw_prep_bytes(form, k)};
	enum place place = k & 1 ? AT_START : AT_END;
	float *x = guarded(0, r.m * k * 4, place);
	char *p = guarded(1, r.m * r.row, place);

	fill(x, r.m * k, MIXED);
	f(p, x, r.m, k);
	r.x = x;
	r.p = p;
	return r;
}

void check_prep_f32(hw_prep_f32_fn *f, const char *name)
{
	bool same = true;

	for (size_t k = 0; k <= 257; k++) {
		struct rows r = prepared(f, HW_PREP_F32, k);

		for (size_t i = 0; i < r.m; i++)
			same &= memcmp(r.p + i * r.row, r.x + i * k,
			    k * 4) == 0;
	}
	verdict(same, "%s: copies", name);
}

void check_prep_bf16(hw_prep_bf16_fn *f, const char *name)
{
	bool same = true;

	for (size_t k = 0; k <= 257; k++) {
		struct rows r = prepared(f, HW_PREP_BF16, k);

		for (size_t i = 0; i < r.m; i++) {
			const uint16_t *p = (const void *)(r.p + i * r.row);

			for (size_t j = 0; j < (k + 31) / 32 * 32; j++)
				same &= p[j] == (j < k ? bf16_nearest((double)
				    r.x[i * k + j]) : 0);
		}
	}
	verdict(same, "%s: the nearest, and zeros to a multiple of 32", name);
}

/* Within half a step of the input, and the largest uses the whole range. */
static bool good_block(const struct hw_prep_block *b, const float *x)
{
	double max = 0;
	int sum = 0, first = 0, top = 0;

	for (int i = 0; i < 32; i++)
		max = fmax(max, fabs((double)x[i]));
	for (int i = 0; i < 32; i++) {
		double err = fabs((double)x[i] - (double)b->d * b->q[i]);

		/* The quotient is off by three roundings of up to 127. */
		if (!(err <= (double)b->d * (0.5 + 127 * 4 * U)))
			return false;
		sum += b->q[i];
		first += i < 16 ? b->q[i] : 0;
		top = abs(b->q[i]) > top ? abs(b->q[i]) : top;
	}
	return fabs((double)b->d - max / 127) <= 2 * U * max / 127 &&
	    top == (max > 0 ? 127 : 0) && b->bias == -128 * sum &&
	    b->half == -128 * first;
}

void check_prep_q8_0(hw_prep_q8_0_fn *f, const char *name)
{
	bool good = true, broken = true;

	for (size_t k = 0; k <= 2048; k += k < 256 ? 32 : 256) {
		size_t m = 1 + below(9), row = hw_prep_bytes(HW_PREP_Q8_0, k);
		enum place place = k & 32 ? AT_START : AT_END;
		float *x = guarded(0, m * k * 4, place);
		char *p = guarded(1, m * row, place);
		size_t bad = below(m * k + 1);

		for (size_t b = 0; b < m * k / 32; b++) {
			float scale = b % 7 == 0 ? 0 :
			    (float)ldexp(1, (int)below(60) - 30);

			fill(x + b * 32, 32, MIXED);
			for (size_t i = 0; i < 32; i++)
				x[b * 32 + i] *= scale;
		}
		f(p, x, m, k);
		for (size_t i = 0; i < m; i++)
			for (size_t b = 0; b < k / 32; b++)
				good &= good_block((struct hw_prep_block *)
				    (void *)(p + i * row) + b,
				    x + i * k + b * 32);
		if (bad == m * k)
			continue;
		x[bad] = below(2) == 0 ? NAN : -INFINITY;
		f(p, x, m, k);
		broken &= !isfinite(((struct hw_prep_block *)(void *)
		    (p + bad / k * row))[bad % k / 32].d);
	}
	verdict(good, "%s: nearest steps of max / 127, and their sum", name);
	verdict(broken, "%s: NaN and infinity show in the scale", name);
}

#define BENCH_PREP(op, form) \
	void bench_##op(hw_##op##_fn *f, const char *name, double *base) \
	{ \
		static float x[64 * 384]; \
		struct bench b = {0}; \
		void *p = guarded(0, 64 * hw_prep_bytes(form, 384), AT_END); \
		fill(x, 64 * 384, MIXED); \
		while (bench_more(&b)) \
			f(p, x, 64, 384); \
		bench_line(#op, name, "64x384", &b, 0, 4. * 64 * 384, \
		    PEAK_NONE, base); \
	}
BENCH_PREP(prep_bf16, HW_PREP_BF16)
BENCH_PREP(prep_f32, HW_PREP_F32)
BENCH_PREP(prep_q8_0, HW_PREP_Q8_0)
