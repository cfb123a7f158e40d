/* SPDX-License-Identifier: MIT
 * What only this file knows: quantized weights come out as floats to the bit,
 * whatever their blocks hold. */
#include "check.h"

#include "fixtures/quants.h"

typedef void to_f32_fn(float *y, const void *w, size_t n);

static uint64_t rnd_of(void *ctx)
{
	(void)ctx;
	return rnd();
}

/* How many of a block's weights are not what its definition says. */
static long wrong(to_f32_fn *f, const struct quant *q, const void *block,
    bool odd)
{
	unsigned char *w = guarded(0, q->bytes + odd, odd ? AT_START : AT_END);
	float *y = guarded(1, q->elems * 4, AT_END);
	double size;
	long bad = 0;

	w = memcpy(w + odd, block, q->bytes);
	f(y, w, q->elems);
	for (size_t i = 0; i < q->elems; i++) {
		float want = q->weight(w, i, &size);

		bad += isnan(want) ? !isnan(y[i]) :
		    memcmp(&y[i], &want, sizeof(want)) != 0;
	}
	return bad;
}

/* Infinity, NaN, the largest, 0, the least, denormals; both signs. */
static const uint16_t odd_scales[] = {0x7c00, 0x7e01, 0x7c01, 0x7bff, 0, 1,
    0x03ff, 0x0400, 0x3c00, 0xfc00, 0xfe00, 0xfbff, 0x8000, 0x8001, 0x83ff,
    0x8400, 0xbc00};
enum { N_ODD = sizeof(odd_scales) / sizeof(*odd_scales) };

static long extreme_blocks(to_f32_fn *f, const struct quant *q)
{
	static const int fills[] = {0x00, 0xff, 0x80, 0x7f, 0x0f, 0xf0, 0x55,
	    0xaa};
	unsigned char b[256];
	long bad = 0;

	for (size_t i = 0; i < sizeof(fills) / sizeof(*fills); i++) {
		memset(b, fills[i], q->bytes);
		bad += wrong(f, q, b, false);
		if (q->f16[0] < 0)
			for (int e = 0; e < 256; e++) {
				b[0] = (unsigned char)e;
				bad += wrong(f, q, b, e & 1);
			}
		for (int s = 0; q->f16[0] >= 0 && s < N_ODD * N_ODD; s++) {
			quant_put_f16(b, q->f16[0], odd_scales[s % N_ODD]);
			if (q->f16[1] >= 0)
				quant_put_f16(b, q->f16[1],
				    odd_scales[s / N_ODD]);
			bad += wrong(f, q, b, s & 1);
		}
	}
	return bad;
}

static void check_to_f32(to_f32_fn *f, const struct quant *q,
    const char *name)
{
	unsigned char b[256];
	long bad = 0;

	f(NULL, NULL, 0);
	for (int i = 0; i < 2000; i++) {
		quant_random(q, b, 1, rnd_of, NULL);
		/* And with any scale at all. */
		for (int s = 0; i & 1 && s < 2 && q->f16[s] >= 0; s++)
			quant_put_f16(b, q->f16[s], (uint16_t)rnd());
		bad += wrong(f, q, b, i & 2);
	}
	verdict(bad == 0, "%s: random blocks, to the bit", name);
	verdict(extreme_blocks(f, q) == 0, "%s: extreme blocks too", name);
}

#define TYPE(type, n, size, form) \
	void check_##type##_to_f32(hw_##type##_to_f32_fn *f, \
	    const char *name) \
	{ \
		const struct quant *q = quant_named(#type); \
		verdict(q->elems == (n) && q->bytes == (size), \
		    "%s: %zu weights in %zu bytes", name, q->elems, \
		    q->bytes); \
		check_to_f32(f, q, name); \
	} \
	void bench_##type##_to_f32(hw_##type##_to_f32_fn *f, \
	    const char *name, double *base) \
	{ \
		static float y[4096]; \
		struct bench b = {0}; \
		void *w = guarded(0, 4096 / (n) * (size), AT_END); \
		while (bench_more(&b)) \
			f(y, w, 4096); \
		bench_line(#type "_to_f32", name, "4096", &b, 0, \
		    4096. / (n) * (size), PEAK_NONE, base); \
	}
#include "types.def"
#undef TYPE

void check_f32_to_f32(hw_f32_to_f32_fn *f, const char *name)
{
	bool same = true;

	for (size_t n = 0; n < 70; n++) {
		char *x = guarded(0, n * 4 + 1, AT_START);
		float *y = guarded(1, n * 4, AT_END);

		for (size_t i = 0; i < n * 4; i++)
			x[i + 1] = (char)rnd();
		f(y, x + 1, n);
		same &= memcmp(y, x + 1, n * 4) == 0;
	}
	verdict(same, "%s: copies, from an odd address too", name);
}

void bench_f32_to_f32(hw_f32_to_f32_fn *f, const char *name, double *base)
{
	static float y[4096], x[4096];
	struct bench b = {0};

	while (bench_more(&b))
		f(y, x, 4096);
	bench_line("f32_to_f32", name, "4096", &b, 0, 4096 * 8, PEAK_NONE,
	    base);
}
