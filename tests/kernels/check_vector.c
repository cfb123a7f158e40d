/* SPDX-License-Identifier: MIT
 * What only this file knows: the contracts of operations on one row, and how
 * far rounding may carry them. */
#include "check.h"

/* Sizes: every tail, then the widths of real models. */
static const size_t widths[] = {384, 512, 576, 1024, 2048, 8192};
#define N_SIZES (258 + sizeof(widths) / sizeof(*widths))
#define EACH_N(n, i) \
	for (size_t i = 0, n; \
	    i < N_SIZES && (n = i < 258 ? i : widths[i - 258], true); i++)

/* One line for a property that was looked at in many places. */
static void report(double worst, const char *name, const char *what)
{
	verdict(worst <= 1, "%s: %s", name, what);
	if (!(worst <= 1))
		note("%.3g times the bound", worst);
}

static double ratio(double got, double want, double bound)
{
	double err = fabs(got - want);

	return err == 0 ? 0 : isnan(err) ? (double)INFINITY : err / bound;
}

void check_add(hw_add_fn *f, const char *name)
{
	double worst = 0;

	EACH_N(n, i) {
		float *y = guarded(0, n * 4, i & 1);
		float *x = guarded(1, n * 4, i & 1), *y0;

		fill(y, n, MIXED);
		fill(x, n, MIXED);
		y0 = guarded_copy(2, y, n * 4, AT_END);
		f(y, x, n);
		for (size_t j = 0; j < n; j++) {
			double want = (double)y0[j] + (double)x[j];

			worst = fmax(worst, ratio((double)y[j], want,
			    U * fabs(want)));
		}
	}
	report(worst, name, "adds");
}

void check_scale(hw_scale_fn *f, const char *name)
{
	double worst = 0;
	float by;

	EACH_N(n, i) {
		float *x = guarded(0, n * 4, i & 1);
		float *y = guarded(1, n * 4, i & 1);

		fill(x, n, MIXED);
		fill(&by, 1, MIXED);
		f(y, x, by, n);
		for (size_t j = 0; j < n; j++) {
			double want = (double)x[j] * (double)by;

			/* A product may be denormal. */
			worst = fmax(worst, ratio((double)y[j], want,
			    U * fabs(want) + 0x1p-150));
		}
		f(x, x, by, n);
		worst = fmax(worst, memcmp(x, y, n * 4) == 0 ? 0 : INFINITY);
	}
	report(worst, name, "multiplies, in place too");
}

/* n additions, a root, a division and two products. */
static double rmsnorm_worst(hw_rmsnorm_fn *f, size_t n, enum place place,
    bool in_place)
{
	float *x = guarded(0, n * 4, place), *w = guarded(1, n * 4, place);
	float *y = in_place ? x : guarded(2, n * 4, place);
	float *x0, eps = 1e-5f;
	double sum = 0, worst = 0, scale;

	fill(x, n, MIXED);
	fill(w, n, POSITIVE);
	x0 = guarded_copy(3, x, n * 4, AT_END);
	for (size_t j = 0; j < n; j++)
		sum += (double)x[j] * (double)x[j];
	scale = 1 / sqrt(sum / (double)n + (double)eps);
	f(y, x, w, n, eps);
	for (size_t j = 0; j < n; j++) {
		double want = (double)x0[j] * scale * (double)w[j];

		worst = fmax(worst, ratio((double)y[j], want,
		    ((double)n / 2 + 8) * U * fabs(want)));
	}
	return worst;
}

void check_rmsnorm(hw_rmsnorm_fn *f, const char *name)
{
	double worst = 0;

	EACH_N(n, i)
		worst = fmax(worst, rmsnorm_worst(f, n, i & 1, i & 2));
	report(worst, name, "is within its bound, in place too");
}

/* The mean carries n additions, each x - mean that and its own rounding; what
 * cancels there is bounded by the size of x. */
static double layernorm_worst(hw_layernorm_fn *f, size_t n, enum place place,
    bool bias, bool in_place)
{
	float *x = guarded(0, n * 4, place), *w = guarded(1, n * 4, place);
	float *b = bias ? guarded(4, n * 4, place) : NULL;
	float *y = in_place ? x : guarded(2, n * 4, place);
	float *x0, eps = 1e-5f;
	double mean = 0, size = 0, sum = 0, worst = 0, scale;

	fill(x, n, MIXED);
	fill(w, n, POSITIVE);
	if (bias)
		fill(b, n, MIXED);
	for (size_t j = 0; j < n; j++)
		x[j] += 3; /* a mean that matters */
	x0 = guarded_copy(3, x, n * 4, AT_END);
	for (size_t j = 0; j < n; j++) {
		mean += (double)x[j] / (double)n;
		size += fabs((double)x[j]) / (double)n;
	}
	for (size_t j = 0; j < n; j++)
		sum += ((double)x[j] - mean) * ((double)x[j] - mean);
	scale = 1 / sqrt(sum / (double)n + (double)eps);
	f(y, x, w, b, n, eps);
	for (size_t j = 0; j < n; j++) {
		double off = bias ? (double)b[j] : 0;
		double want = ((double)x0[j] - mean) * scale * (double)w[j];
		double rel = ((double)n / 16 + 40) * U;

		worst = fmax(worst, ratio((double)y[j], want + off,
		    rel * (fabs(want) + size * scale * (double)w[j]) +
		    U * fabs(want + off)));
	}
	return worst;
}

void check_layernorm(hw_layernorm_fn *f, const char *name)
{
	double worst = 0;

	EACH_N(n, i)
		worst = fmax(worst, layernorm_worst(f, n, i & 1, i & 2,
		    i & 4));
	report(worst, name, "is within its bound, with and without bias");
}

void check_swiglu(hw_swiglu_fn *f, const char *name)
{
	double worst = 0;

	EACH_N(n, i) {
		double range = i % 3 == 0 ? 120 : i % 3 == 1 ? 10 : 0.01;
		float *g = guarded(0, n * 4, i & 1);
		float *up = guarded(1, n * 4, i & 1), *g0;
		float *y = i & 2 ? g : guarded(2, n * 4, i & 1);

		for (size_t j = 0; j < n; j++)
			g[j] = (float)uniform(-range, range);
		fill(up, n, MIXED);
		g0 = guarded_copy(3, g, n * 4, AT_END);
		f(y, g, up, n);
		for (size_t j = 0; j < n; j++) {
			double x = (double)g0[j];
			double want = x / (1 + exp(-x)) * (double)up[j];

			/* exp(-x) carries the roundings of x log2(e), of
			 * the product and the constant; beyond its range
			 * the result is as good as 0. */
			worst = fmax(worst, ratio((double)y[j], want,
			    (2 * fabs(x) + 8) * U * fabs(want) + 1e-35));
		}
	}
	report(worst, name, "is within its bound, in place too");
}

/* A gated activation g(x) * h(up); `steep`: how much the argument of its
 * exponential grows with x, at most. */
static void check_gated(hw_swiglu_fn *f, const char *name,
    double (*g)(double x), double (*h)(double up), double (*steep)(double x))
{
	double worst = 0;

	EACH_N(n, i) {
		double range = i % 3 == 0 ? 120 : i % 3 == 1 ? 10 : 0.01;
		float *x = guarded(0, n * 4, i & 1);
		float *up = guarded(1, n * 4, i & 1), *x0, *up0;
		float *y = i & 2 ? x : guarded(2, n * 4, i & 1);

		for (size_t j = 0; j < n; j++) {
			x[j] = (float)uniform(-range, range);
			up[j] = (float)uniform(-range, range);
		}
		x0 = guarded_copy(3, x, n * 4, AT_END);
		up0 = guarded_copy(4, up, n * 4, AT_END);
		f(y, x, up, n);
		for (size_t j = 0; j < n; j++) {
			double want = g((double)x0[j]) * h((double)up0[j]);

			worst = fmax(worst, ratio((double)y[j], want,
			    (4 * steep((double)x0[j]) + 12) * U * fabs(want) +
			    1e-33));
		}
	}
	report(worst, name, "is within its bound, in place too");
}

static double same(double x)
{
	return x;
}

static double gelu_exponent(double x)
{
	return 2 * sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x *
	    x);
}

static double gelu_tanh(double x)
{
	return x / (1 + exp(-gelu_exponent(x)));
}

static double gelu_steep(double x)
{
	return fabs(gelu_exponent(x));
}

void check_geglu(hw_geglu_fn *f, const char *name)
{
	check_gated(f, name, gelu_tanh, same, gelu_steep);
}

static double oai(double x)
{
	x = fmin(x, 7);
	return x / (1 + exp(-1.702 * x));
}

static double oai_up(double up)
{
	return fmax(-7, fmin(7, up)) + 1;
}

static double oai_steep(double x)
{
	return 1.702 * fabs(x);
}

void check_swiglu_oai(hw_swiglu_oai_fn *f, const char *name)
{
	check_gated(f, name, oai, oai_up, oai_steep);
}

/* In the lower tail 1 + erf cancels: what is lost there is a unit of 1. */
void check_gelu(hw_gelu_fn *f, const char *name)
{
	double worst = 0;

	EACH_N(n, i) {
		double range = i % 2 ? 8 : 0.5;
		float *x = guarded(0, n * 4, i & 1), *x0;
		float *y = i & 2 ? x : guarded(2, n * 4, i & 1);

		for (size_t j = 0; j < n; j++)
			x[j] = (float)uniform(-range, range);
		x0 = guarded_copy(3, x, n * 4, AT_END);
		f(y, x, n);
		for (size_t j = 0; j < n; j++) {
			double v = (double)x0[j];
			double want = v * erfc(-v / sqrt(2)) / 2;

			worst = fmax(worst, ratio((double)y[j], want,
			    8 * U * (fabs(want) + fabs(v))));
		}
	}
	report(worst, name, "is within its bound, in place too");
}

void check_rope_halves(hw_rope_halves_fn *f, const char *name)
{
	double worst = 0;

	for (size_t d = 0; d <= 260; d += 2) {
		float *x = guarded(0, d * 4, d / 2 & 1);
		float *cs = guarded(1, d * 4, d / 2 & 1), *x0;
		float *y = d & 4 ? x : guarded(2, d * 4, d / 2 & 1);

		fill(x, d, MIXED);
		fill(cs, d, MIXED);
		x0 = guarded_copy(3, x, d * 4, AT_END);
		f(y, x, cs, d);
		for (size_t j = 0, k = d / 2; j < d / 2; j++, k++) {
			double a = (double)x0[j], b = (double)x0[k];
			double c = (double)cs[j], s = (double)cs[k];

			worst = fmax(worst, ratio((double)y[j], a * c - b * s,
			    3 * U * (fabs(a * c) + fabs(b * s))));
			worst = fmax(worst, ratio((double)y[k], a * s + b * c,
			    3 * U * (fabs(a * s) + fabs(b * c))));
		}
	}
	report(worst, name, "rotates halves, in place too");
}

void check_rope_pairs(hw_rope_pairs_fn *f, const char *name)
{
	double worst = 0;

	for (size_t d = 0; d <= 260; d += 2) {
		float *x = guarded(0, d * 4, d / 2 & 1);
		float *cs = guarded(1, d * 4, d / 2 & 1), *x0;
		float *y = d & 4 ? x : guarded(2, d * 4, d / 2 & 1);

		fill(x, d, MIXED);
		fill(cs, d, MIXED);
		x0 = guarded_copy(3, x, d * 4, AT_END);
		f(y, x, cs, d);
		for (size_t j = 0; j < d; j += 2) {
			double a = (double)x0[j], b = (double)x0[j + 1];
			double c = (double)cs[j], s = (double)cs[j + 1];

			worst = fmax(worst, ratio((double)y[j], a * c - b * s,
			    3 * U * (fabs(a * c) + fabs(b * s))));
			worst = fmax(worst, ratio((double)y[j + 1],
			    a * s + b * c,
			    3 * U * (fabs(a * s) + fabs(b * c))));
		}
	}
	report(worst, name, "rotates pairs, in place too");
}

/* The state after all of x, and how far rounding may move sum and dot: the
 * argument t of an exponential is off by |t| U, a partial sum holds at most
 * 64 terms before it goes to double, and each piece rounds the state.  A term
 * below 1e-37 may count as that. */
struct lse_oracle {
	double max, sum, dot, sum_bound, dot_bound;
};

static struct lse_oracle lse_oracle(const float *x, size_t n, size_t pieces)
{
	struct lse_oracle o = {.max = -(double)INFINITY};

	for (size_t i = 0; i < n; i++)
		o.max = fmax(o.max, (double)x[i]);
	for (size_t i = 0; i < n && isfinite(o.max); i++) {
		double t = (double)x[i] - o.max, e = exp(t);
		double rel = (2 * fabs(t) + 72 + 4 * (double)pieces) * U;

		if (!isfinite(t))
			continue;
		o.sum_bound += 1e-37;
		o.dot_bound += 1e-35;
		o.sum += e;
		o.dot += e * t;
		o.sum_bound += e * rel;
		o.dot_bound += e * (fabs(t) + 1) * rel;
	}
	return o;
}

static double lse_worst(hw_lse_fn *f, size_t n, double range, enum place place)
{
	float *x = guarded(0, n * 4, place);
	struct hw_lse s = {-INFINITY, 0, 0};
	struct lse_oracle o;
	size_t pieces = 0;
	double worst;

	for (size_t i = 0; i < n; i++)
		x[i] = below(20) == 0 ? -INFINITY :
		    (float)uniform(-range, range);
	for (size_t i = 0, k; i < n; i += k, pieces++) {
		k = below(3) == 0 ? 1 + below(40) : n;
		k = k < n - i ? k : n - i;
		f(&s, x + i, k);
		f(&s, x + i, 0); /* nothing changes nothing */
	}
	o = lse_oracle(x, n, pieces);
	if (!isfinite(o.max))
		return isinf(s.max) && s.sum == 0 && s.dot == 0 ? 0 : 9;
	worst = (double)s.max == o.max ? 0 : 9;
	worst = fmax(worst, ratio((double)s.sum, o.sum, o.sum_bound));
	return fmax(worst, ratio((double)s.dot, o.dot, o.dot_bound));
}

void check_lse(hw_lse_fn *f, const char *name)
{
	double worst = 0;

	EACH_N(n, i)
		for (int r = 0; r < 3; r++)
			worst = fmax(worst, lse_worst(f, n,
			    (double[]){0.5, 10, 300}[r], i & 1));
	report(worst, name, "maximum, sum and entropy sum, in any pieces");
}

enum { N = 8192 };
static float a[N], b[N], c[N];

#define BENCH(op, n, bytes, call) \
	void bench_##op(hw_##op##_fn *f, const char *name, double *base) \
	{ \
		struct bench t = {0}; \
		fill(a, N, MIXED); \
		fill(b, N, MIXED); \
		while (bench_more(&t)) \
			call; \
		bench_line(#op, name, #n, &t, 0, bytes, PEAK_NONE, base); \
	}
static struct hw_lse state;
BENCH(add, 384, 12. * 384, f(c, a, 384))
BENCH(scale, 384, 8. * 384, f(c, a, 2, 384))
BENCH(rmsnorm, 384, 12. * 384, f(c, a, b, 384, 1e-5f))
BENCH(layernorm, 384, 12. * 384, f(c, a, b, b, 384, 1e-5f))
BENCH(geglu, 1024, 12. * 1024, f(c, a, b, 1024))
BENCH(swiglu_oai, 1024, 12. * 1024, f(c, a, b, 1024))
BENCH(gelu, 1024, 8. * 1024, f(c, a, 1024))
BENCH(swiglu, 1024, 12. * 1024, f(c, a, b, 1024))
BENCH(rope_halves, 64, 12. * 64, f(c, a, b, 64))
BENCH(rope_pairs, 64, 12. * 64, f(c, a, b, 64))
BENCH(lse, 8192, 4. * 8192, f(&state, a, 8192))
