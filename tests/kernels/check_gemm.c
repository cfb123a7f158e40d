/* SPDX-License-Identifier: MIT
 * What only this file knows: products and what they are made of.  Oracle: a
 * sum in double.  Bound: k roundings of at most sum |x w| each; of quantized
 * weights a rounding or two for each part of 32, and the terms of a weight
 * count by themselves, since they may cancel.  Quantized weights that become
 * bf16 are off by half a step of it. */
#include "check.h"

#include "fixtures/quants.h"

typedef void gemm_fn(float *y, size_t ldy, const void *p, size_t m,
    const void *w, size_t n, size_t k, void *scratch);

/* What the weights are: quantized, or floats of a width. */
enum kind { F32, F16, BF16, QUANT };
struct type {
	enum kind kind;
	const struct quant *q;
	enum hw_prep form; /* of the activations */
};

static struct type type_of(const char *name)
{
	enum kind kind = strcmp(name, "f32") == 0 ? F32 :
	    strcmp(name, "f16") == 0 ? F16 :
	    strcmp(name, "bf16") == 0 ? BF16 : QUANT;

	return (struct type){kind, quant_named(name), kind == QUANT ?
	    HW_PREP_Q8_0 : HW_PREP_F32};
}

static struct type in_pairs(const char *name)
{
	struct type t = type_of(name);

	t.form = HW_PREP_BF16;
	return t;
}

/* How far, as a part of it, a number may be from the nearest bf16. */
#define BF16_HALF_STEP 0x1p-8

struct product {
	gemm_fn *f;
	struct type type;
	size_t m, n, k, ldy;
	size_t x_row, w_row; /* bytes */
	unsigned char *p, *w;
	void *scratch;
	float *y;
};

static size_t weight_bytes(struct type type, size_t k)
{
	return type.kind == F32 ? k * 4 : type.kind == QUANT ?
	    k / type.q->elems * type.q->bytes : k * 2;
}

static uint64_t rnd_of(void *ctx)
{
	(void)ctx;
	return rnd();
}

/* All bits set are weights of one sign, where the second scale is small. */
static void fill_quants(unsigned char *w, const struct quant *q, size_t n,
    enum sign sign)
{
	for (size_t i = 0; i < n / q->elems; i++, w += q->bytes) {
		quant_random(q, w, 1, rnd_of, NULL);
		if (sign == MIXED)
			continue;
		memset(w, 0xff, q->bytes);
		if (q->f16[0] < 0)
			w[0] = 124;
		for (int s = 0; s < 2 && q->f16[s] >= 0; s++)
			quant_put_f16(w, q->f16[s], quant_to_f16((float)(
			    uniform(0.5, 1) / q->top[s] / (s * 63 + 1))));
	}
}

static void fill_weights(void *to, struct type type, size_t n, enum sign sign)
{
	unsigned char *w = to;

	if (type.kind == QUANT) {
		fill_quants(w, type.q, n, sign);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		uint16_t h = type.kind == BF16 ? bf16_random(sign) :
		    f16_random(sign);
		float v;

		fill(&v, 1, sign);
		if (type.kind == F32)
			memcpy(w + i * 4, &v, 4);
		else
			memcpy(w + i * 2, &h, 2);
	}
}

/* Weight i of a row; adds the magnitudes of what it is a sum of to *size. */
static double weight(const void *from, struct type type, size_t i,
    double *size)
{
	const unsigned char *w = from;
	uint16_t h;
	float v;

	if (type.kind == QUANT)
		return (double)type.q->weight(w + i / type.q->elems *
		    type.q->bytes, i % type.q->elems, size);
	if (type.kind == F32) {
		memcpy(&v, w + i * 4, 4);
	} else {
		memcpy(&h, w + i * 2, 2);
		v = (float)(type.kind == F16 ? f16_value(h) : bf16_value(h));
	}
	*size += fabs((double)v);
	return (double)v;
}

static void fill_block(struct hw_prep_block *b, enum sign sign)
{
	b->d = (float)uniform(sign == MIXED ? -1 : 0.5, 1) / 127;
	b->bias = b->half = 0;
	for (int i = 0; i < 32; i++) {
		int q = sign == POSITIVE ? 64 + (int)below(64) :
		    below(4) == 0 ? 127 - 254 * (int)below(2) :
		    (int)below(255) - 127;

		b->q[i] = (int8_t)q;
		b->bias -= 128 * q;
		b->half -= i < 16 ? 128 * q : 0;
	}
}

static double activation(const struct product *t, size_t i, size_t c)
{
	const void *row = t->p + i * t->x_row;
	const struct hw_prep_block *b = row;

	if (t->type.form == HW_PREP_BF16)
		return bf16_value(((const uint16_t *)row)[c]);
	if (t->type.form == HW_PREP_F32)
		return (double)((const float *)row)[c];
	return (double)b[c / 32].d * b[c / 32].q[c % 32];
}

static struct product product(gemm_fn *f, struct type type, size_t m, size_t n,
    size_t k, enum sign sign, enum place place)
{
	struct product t = {.f = f, .type = type, .m = m, .n = n, .k = k,
	    .ldy = n + below(3)};

	t.x_row = hw_prep_bytes(type.form, k);
	t.w_row = weight_bytes(type, k);
	t.p = guarded(0, m * t.x_row, place);
	/* At the start of a page the weights get an odd address. */
	t.w = guarded(1, n * t.w_row + (place == AT_START), place);
	t.w += place == AT_START;
	t.scratch = guarded(3, HW_GEMM_SCRATCH(k), place);
	t.y = guarded(2, m == 0 ? 0 : ((m - 1) * t.ldy + n) * 4, place);
	fill_weights(t.w, type, n * k, sign);
	for (size_t i = 0; i < m; i++) {
		void *row = t.p + i * t.x_row;

		if (type.form == HW_PREP_Q8_0)
			for (size_t b = 0; b < k / 32; b++)
				fill_block((struct hw_prep_block *)row + b,
				    sign);
		else if (type.form == HW_PREP_BF16)
			for (size_t c = 0; c < (k + 31) / 32 * 32; c++)
				((uint16_t *)row)[c] = c < k ?
				    bf16_random(sign) : 0;
		else
			fill(row, k, sign);
	}
	return t;
}

static void run(const struct product *t)
{
	t->f(t->y, t->ldy, t->p, t->m, t->w, t->n, t->k, t->scratch);
}

/* Large products take most of the time, above all under an emulator. */
static bool is_large(const struct product *t)
{
	return t->n * t->k > 100000;
}

/* The largest error, in units of what rounding may do.  Of a large product the
 * last columns and a fifth of the others, so that each place among 2^i columns
 * that are computed together has its turn. */
static double worst_error(const struct product *t)
{
	size_t step = is_large(t) ? 5 : 1;
	double worst = 0, *w = calloc(t->k + 1, 2 * sizeof(*w));
	double *x = malloc((t->m * t->k + 1) * sizeof(*x));
	double *sizes = w + t->k; /* of what a weight is a sum of */
	double roundings = t->type.kind == QUANT ? (double)t->k / 32 * 2 *
	    t->type.q->roundings + 4 : (double)t->k + 1;

	double off = 0; /* of a weight */

	/* Two products of a weight, or two chains and their sums. */
	if (t->type.form == HW_PREP_BF16)
		roundings = 2 * (double)t->k + 2;
	if (t->type.form == HW_PREP_BF16 && t->type.kind != BF16)
		off = BF16_HALF_STEP;

	for (size_t i = 0; i < t->m; i++)
		for (size_t c = 0; c < t->k; c++)
			x[i * t->k + c] = activation(t, i, c);
	for (size_t j = 0; j < t->n; j += j + 32 < t->n ? step : 1) {
		for (size_t c = 0; c < t->k; c++) {
			sizes[c] = 0;
			w[c] = weight(t->w + j * t->w_row, t->type, c,
			    &sizes[c]);
		}
		for (size_t i = 0; i < t->m; i++) {
			double sum = 0, may = 0, err;

			for (size_t c = 0; c < t->k; c++) {
				double a = x[i * t->k + c];

				sum += a * w[c];
				may += fabs(a) * (roundings * U * sizes[c] +
				    off * fabs(w[c]));
			}
			err = fabs((double)t->y[i * t->ldy + j] - sum);
			if (!(err <= may))
				worst = fmax(worst, isnan(err) ? 1e9 :
				    err / may);
		}
	}
	free(w);
	free(x);
	return worst;
}

static bool gaps_untouched(const struct product *t)
{
	for (size_t i = 0; i + 1 < t->m; i++)
		for (size_t j = t->n; j < t->ldy; j++)
			if (!isnan(t->y[i * t->ldy + j]))
				return false;
	return true;
}

/* The same product, each row by itself and the columns cut anywhere; of a
 * large one only the first row and the last. */
static bool same_when_cut(const struct product *t)
{
	size_t step = t->m > 1 && is_large(t) ? t->m - 1 : 1;
	float *y = malloc((t->n + 1) * 4);
	bool same = true;

	for (size_t i = 0; i < t->m; i += step) {
		for (size_t j = 0, n; j < t->n; j += n) {
			n = 1 + below(below(2) == 0 ? 3 : 100);
			n = n < t->n - j ? n : t->n - j;
			t->f(y + j, n, t->p + i * t->x_row, 1,
			    t->w + j * t->w_row, n, t->k, t->scratch);
		}
		same &= memcmp(y, t->y + i * t->ldy, t->n * 4) == 0;
	}
	free(y);
	return same;
}

/* The same product, some rows at a time, by weights that stay unpacked. */
static bool same_by_rows(const struct product *t)
{
	float *y = malloc((t->m * t->n + 1) * 4);
	const unsigned char *w = t->w;
	bool same = true;

	for (size_t i = 0, m; i < t->m; i += m, w = NULL) {
		m = i == 0 ? HW_FEW + 1 : 1 + below(4);
		m = t->m - i < m ? t->m - i : m;
		t->f(y + i * t->n, t->n, t->p + i * t->x_row, m, w, t->n,
		    t->k, t->scratch);
	}
	for (size_t i = 0; i < t->m; i++)
		same &= memcmp(y + i * t->n, t->y + i * t->ldy, t->n * 4) == 0;
	free(y);
	return same;
}

static const struct shape {
	size_t m, n, k;
} shapes[] = {
	{5, 384, 384}, {7, 1024, 384}, {3, 384, 1024}, {2, 8192, 384},
	{33, 33, 704}, {3, 70, 1408}, {2, 100, 1536}, {9, 256, 2048},
	{1, 70, 8192},
};
enum { N_SHAPES = sizeof(shapes) / sizeof(*shapes) };

static void check_gemm(gemm_fn *f, struct type type, const char *name)
{
	double worst[2] = {0};
	bool gaps = true, same = true, by_rows = true;
	size_t step = type.kind == QUANT ? type.q->elems : 1;
	size_t small = step == 1 ? 258 : step == 32 ? 14 : 4;

	for (size_t s = 0; s < 2 * (small + N_SHAPES); s++) {
		enum sign sign = s & 1 ? POSITIVE : MIXED;
		struct shape z = {below(20), below(70), s / 2 * step};
		struct product t;
		double err;

		if (s / 2 >= small)
			z = shapes[s / 2 - small];
		z.k -= z.k % step;
		t = product(f, type, z.m, z.n, z.k, sign,
		    s / 2 & 1 ? AT_START : AT_END);
		run(&t);
		err = worst_error(&t);
		if (err > 1)
			note("m=%zu n=%zu k=%zu: %.3g times the bound", z.m,
			    z.n, z.k, err);
		worst[sign] = fmax(worst[sign], err);
		gaps &= gaps_untouched(&t);
		if (s < 200 || s / 2 >= small)
			same &= same_when_cut(&t);
		if (type.form == HW_PREP_BF16 && t.n <= HW_PAIRS_N &&
		    t.m > HW_FEW)
			by_rows &= same_by_rows(&t);
	}
	verdict(worst[MIXED] <= 1, "%s: within its bound, mixed signs", name);
	verdict(worst[POSITIVE] <= 1, "%s: within its bound, one sign", name);
	verdict(gaps, "%s: writes nothing between rows", name);
	verdict(same, "%s: the same bits however the work is cut", name);
	if (type.form == HW_PREP_BF16)
		verdict(by_rows, "%s: by weights of the call before", name);
}

/* Activations that are 0 but for a single 1 give a weight back, to the bit. */
static void check_units(gemm_fn *f, struct type type, const char *name)
{
	struct product t = product(f, type, 11, 37, 256, MIXED, AT_END);
	double size = 0;
	long bad = 0;

	for (size_t c = 0; c < t.k; c++) {
		t.m = c % 2 == 0 ? 11 : 1;
		for (size_t i = 0; i < t.m; i++) {
			struct hw_prep_block *b = (void *)(t.p + i * t.x_row);
			size_t at = (c + i) % t.k;

			memset(b, 0, t.k / 32 * sizeof(*b));
			b[at / 32].d = 1;
			b[at / 32].q[at % 32] = 1;
			b[at / 32].bias = -128;
			b[at / 32].half = at % 32 < 16 ? -128 : 0;
		}
		run(&t);
		for (size_t i = 0; i < t.m; i++)
			for (size_t j = 0; j < t.n; j++)
				bad += (double)t.y[i * t.ldy + j] != weight(
				    t.w + j * t.w_row, type, (c + i) % t.k,
				    &size);
	}
	verdict(bad == 0, "%s: times unit vectors, the weights", name);
}

/* Whether x is the nearest bf16 to w, which may be off by this much. */
static bool nearest_to(double x, double w, double off)
{
	return x == bf16_value(bf16_nearest(w)) ||
	    x == bf16_value(bf16_nearest(w - off)) ||
	    x == bf16_value(bf16_nearest(w + off));
}

/* The same in bf16: each weight as it is, or rounded. */
static void check_units_pairs(gemm_fn *f, struct type type, const char *name)
{
	struct product t = product(f, type, 11, 37, 256, MIXED, AT_END);
	long bad = 0;

	for (size_t c = 0; c < t.k; c++) {
		t.m = c % 2 == 0 ? 11 : 1;
		memset(t.p, 0, t.m * t.x_row);
		for (size_t i = 0; i < t.m; i++)
			((uint16_t *)(void *)(t.p + i * t.x_row))
			    [(c + i) % t.k] = 0x3f80;
		run(&t);
		for (size_t i = 0; i < t.m; i++)
			for (size_t j = 0; j < t.n; j++) {
				double size = 0, y = (double)
				    t.y[i * t.ldy + j], w = weight(t.w + j *
				    t.w_row, type, (c + i) % t.k, &size);

				bad += y != w && !nearest_to(y, w,
				    2 * U * size);
			}
	}
	verdict(bad == 0, "%s: times unit vectors, the weights, or in bf16",
	    name);
}

/* The mean square of what a product of x, prepared, is off by. */
static double square_error(const struct product *t, const float *x)
{
	double sum = 0, size = 0, *w = malloc(t->k * sizeof(*w));

	run(t);
	for (size_t j = 0; j < t->n; j++) {
		for (size_t c = 0; c < t->k; c++)
			w[c] = weight(t->w + j * t->w_row, t->type, c, &size);
		for (size_t i = 0; i < t->m; i++) {
			double y = (double)t->y[i * t->ldy + j];

			for (size_t c = 0; c < t->k; c++)
				y -= (double)x[i * t->k + c] * w[c];
			sum += y * y;
		}
	}
	free(w);
	return sum / (double)(t->m * t->n);
}

/* With both kinds of rounding in it, and against that of bytes: a third of the
 * mean square is usual.  Offsets make the errors of a row alike, so that it
 * takes many rows to know. */
static void check_better(gemm_fn *f, gemm_fn *bytes, struct type type,
    const char *name)
{
	struct product t = product(f, type, 300, 30, 256, MIXED, AT_END);
	float *x = malloc(t.m * t.k * sizeof(*x));
	double pairs, ratio;

	fill(x, t.m * t.k, MIXED);
	hw_prep_bf16_c(t.p, x, t.m, t.k);
	pairs = square_error(&t, x);
	t.f = bytes;
	t.x_row = hw_prep_bytes(HW_PREP_Q8_0, t.k);
	t.p = guarded(0, t.m * t.x_row, AT_END);
	hw_prep_q8_0_c(t.p, x, t.m, t.k);
	ratio = pairs / square_error(&t, x);
	verdict(ratio < 0.75, "%s: less off than products of bytes: %.2f of "
	    "their mean square error", name, ratio);
	free(x);
}

/* With all scales 1 the result is an integer below 2^24: no rounding. */
static void check_exact(gemm_fn *f, struct type type, const char *name)
{
	struct product t = product(f, type, 11, 37, 128, MIXED, AT_END);
	double size = 0;
	long bad = 0;

	for (size_t j = 0; j < t.n * t.k / 32; j++)
		quant_put_f16(t.w + j * type.q->bytes, 0, 0x3c00);
	for (size_t i = 0; i < t.m; i++)
		for (size_t b = 0; b < t.k / 32; b++)
			((struct hw_prep_block *)(void *)(t.p +
			    i * t.x_row))[b].d = 1;
	run(&t);
	for (size_t i = 0; i < t.m; i++)
		for (size_t j = 0; j < t.n; j++) {
			double sum = 0;

			for (size_t c = 0; c < t.k; c++)
				sum += activation(&t, i, c) *
				    weight(t.w + j * t.w_row, type, c, &size);
			bad += (double)t.y[i * t.ldy + j] != sum;
		}
	verdict(bad == 0, "%s: integer sums are exact, -128 among them", name);
}

/* ---- bench --------------------------------------------------------------- */

static void bench_gemm(gemm_fn *f, struct type type, const char *op,
    const char *name, double *base)
{
	static const struct shape at[] = {
		{512, 384, 384}, {512, 1024, 384}, {512, 384, 1024},
		{64, 1024, 384}, {64, 8192, 384}, {128, 1408, 512},
		{128, 2048, 2048}, {64, 2048, 8192},
		{1, 1024, 384}, {1, 8192, 384}, {1, 2048, 2048},
		{1, 1 << 18, 512}, /* as many as there is room for: from
		                      memory */
	};
	bool slow = strcmp(name, "c") == 0;

	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		struct bench b = {0};
		size_t m = at[i].m, n = at[i].n, k = at[i].k;
		struct product t;
		char shape[32];

		/* The C version gets a shorter turn: it is linear in m. */
		if (slow && m > 4)
			m = 4;
		k -= type.kind == QUANT ? k % type.q->elems : 0;
		if (n * weight_bytes(type, k) > GUARD_BYTES)
			n = GUARD_BYTES / weight_bytes(type, k);
		t = product(f, type, m, n, k, MIXED, AT_END);
		while (bench_more(&b))
			run(&t);
		b.best *= (double)at[i].m / (double)m;
		snprintf(shape, sizeof(shape), "%zux%zux%zu", at[i].m, n, k);
		bench_line(op, name, shape, &b,
		    2. * (double)(at[i].m * n) * (double)k,
		    (double)(n * t.w_row), at[i].n > 100000 ? PEAK_READ :
		    type.form == HW_PREP_Q8_0 ? PEAK_DOT : PEAK_FMA, base + i);
	}
}

/* ---- what is checked of each type --------------------------------------- */

#define FLOATS(op, type) \
	void check_##op(hw_##op##_fn *f, const char *name) \
	{ \
		check_gemm(f, type_of(#type), name); \
	} \
	void bench_##op(hw_##op##_fn *f, const char *name, double *base) \
	{ \
		bench_gemm(f, type_of(#type), #op, name, base); \
	}
FLOATS(gemm_f32, f32)
FLOATS(gemm_f16, f16)
FLOATS(gemm_bf16, bf16)
FLOATS(gemm_f32_dots, f32)
FLOATS(gemm_f16_dots, f16)
FLOATS(gemm_bf16_dots, bf16)

#define PAIRS(type, more) \
	void check_gemm_##type##_pairs(hw_gemm_##type##_pairs_fn *f, \
	    const char *name) \
	{ \
		check_gemm(f, in_pairs(#type), name); \
		more; \
	} \
	void bench_gemm_##type##_pairs(hw_gemm_##type##_pairs_fn *f, \
	    const char *name, double *base) \
	{ \
		bench_gemm(f, in_pairs(#type), "gemm_" #type "_pairs", name, \
		    base); \
	}
PAIRS(f16, (void)0)
PAIRS(bf16, (void)0)
#define TYPE(type, ...) \
	PAIRS(type, (check_units_pairs(f, in_pairs(#type), name), \
	    check_better(f, hw_gemm_##type##_c, in_pairs(#type), name)))
#include "types.def"
#undef TYPE

#define TYPE(type, elems, bytes, form) \
	void check_gemm_##type(hw_gemm_##type##_fn *f, const char *name) \
	{ \
		check_gemm(f, type_of(#type), name); \
		check_units(f, type_of(#type), name); \
		if ((elems) == 32 && (form) == HW_PLAIN && (bytes) != 17) \
			check_exact(f, type_of(#type), name); \
	} \
	void bench_gemm_##type(hw_gemm_##type##_fn *f, const char *name, \
	    double *base) \
	{ \
		bench_gemm(f, type_of(#type), "gemm_" #type, name, base); \
	}
#include "types.def"
#undef TYPE
