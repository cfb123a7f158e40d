/* SPDX-License-Identifier: MIT
 * A model in each quantized type against its twin, whose F32 matrices hold the
 * very same weights: what is left between their scores is the rounding of
 * activations to 8 bits, or of both to bf16.
 *
 * What only this file knows: how large that may be.  It does not depend on the
 * type, and so the bound does not either.
 *
 * With HW_AMX_SOFT it is t-tiles: see soft.c. */
#include "tap.h"

#include <math.h>

#include "cpu.h"
#include "fixtures/quants.h"
#include "fixtures/recipe.h"
#include "headwater.h"
#include "kernels.h"
#include "model/arch.h"

/* Bits, of some 8: in the mean, and of one token, whose state may be ill
 * conditioned. */
#define MEAN 0.05
#define MOST 0.5
enum { N = 100 };

static uint32_t ids[N];
static float got[N], want[N], other[N], entropy[N];

/* Tiles in C take their time: each way that weights come, once. */
#ifdef HW_AMX_SOFT
static const char *const only_types[] = {"F16", "BF16", "Q8_0",
    "Q2_K", "Q4_K"};
static const char only_level[] = "amx";
#else
static const char *const only_types[] = {NULL};
static const char only_level[] = "";
#endif

/* Read all but the last `written` tokens, or write those, the likeliest. */
static bool score(const struct recipe *recipe, const char *level, int chunk,
    size_t written, float *bits)
{
	struct hw_stream_opts o = {.sinks = 2, .window = 40, .chunk = chunk,
	    .threads = 1, .kv = HW_KVT_F32, .cpu = level, .no_bos = true};
	struct hw_choice how = {0, 0};
	struct recipe r = *recipe;
	const char *wrong = recipe_check(&r);
	struct hw_model *m = NULL;
	struct hw_stream *s = NULL;
	struct hw_err e = {0};
	struct hw_buf b;
	bool good;

	hw_buf_init(&b, NULL, (size_t)64 << 20);
	recipe_file(&r, &b);
	good = wrong == NULL && hw_model_open_bytes(&m, (struct hw_view){b.p,
	    b.n}, "model", NULL, &e) == HW_OK &&
	    hw_stream_open(&s, m, &o, &e) == HW_OK &&
	    hw_stream_score(s, ids, N - written, bits, entropy, &e) == HW_OK;
	for (size_t i = N - written; good && i < N; i++)
		good = hw_stream_next(s, &how, &ids[i], &bits[i], &entropy[i],
		    &e) == HW_OK;
	if (!good)
		diag("%s", wrong != NULL ? wrong : e.msg);
	hw_stream_close(s);
	hw_model_close(m);
	hw_buf_release(&b);
	return good;
}

struct distance {
	double mean, most;
};

static struct distance distance(const float *a, const float *b)
{
	struct distance d = {0, 0};

	for (size_t i = 1; i < N; i++) {
		double x = fabs((double)a[i] - (double)b[i]);

		d.mean += x / (N - 1);
		if (!(x <= d.most))
			d.most = x;
	}
	return d;
}

static bool near(struct distance d)
{
	return d.mean <= MEAN && d.most <= MOST;
}

static bool same(const float *a, const float *b)
{
	return memcmp(a + 1, b + 1, (N - 1) * sizeof(*a)) == 0;
}

/* Whether a row of this level serves op, on tiles in C too. */
static bool is_of(const char *level, const char *op, uint32_t cpu)
{
	return strncmp(hw_kernels_variant(op, cpu), level, strlen(level)) ==
	    0;
}

/* What is written scores as it does when it is read.  Tiles are not for one
 * row, and weights that are floats have sums of their own for it: there it is
 * to rounding. */
static void writing(const struct recipe *r, const char *level,
    const char *name)
{
	uint32_t text[N];
	struct distance d = {(double)NAN, (double)NAN};

	memcpy(text, ids, sizeof(text));
	if (score(r, level, 16, N / 2, other) && score(r, level, 16, 0, got))
		d = distance(other, got);
	ok(strcmp(level, "amx") == 0 || quant_of(r->type) == NULL ? near(d) :
	    same(other, got),
	    "%s, %s: written and read alike (mean difference %.4f, largest "
	    "%.3f)", name, level, d.mean, d.most);
	memcpy(ids, text, sizeof(text));
}

static void twins(uint32_t type, const char *name)
{
	struct recipe r = {.vocab = 270, .d = 256, .layers = 2, .heads = 4,
	    .kv = 2, .ffn = 512, .context = 100, .theta = 10000, .seed = 3,
	    .name = name, .pre = "gpt-2", .type = type,
	    .twin = quant_of(type) != NULL};

	/* Of floats: itself, by portable kernels. */
	if (!ok(score(&r, r.twin ? NULL : "c", 16, 0, want),
	    "%s: the twin is scored", name))
		return;
	r.twin = false;
	for (size_t i = 0; hw_cpu_level(i) != NULL; i++) {
		const char *level = hw_cpu_level(i);
		uint32_t cpu = hw_cpu_detect();
		struct distance d = {(double)NAN, (double)NAN};

		if (only_level[0] != '\0' && strcmp(level, only_level) != 0)
			continue;
		if (hw_cpu_limit(&cpu, level) != 0 ||
		    (!is_of(level, "gemm_q8_0", cpu) &&
		    !is_of(level, "gemm_q8_0_pairs", cpu))) {
			skip("%s: no products of %s here", name, level);
			continue;
		}
		if (score(&r, level, 16, 0, got))
			d = distance(got, want);
		ok(near(d), "%s, %s: near its twin (mean difference %.4f, "
		    "largest %.3f)", name, level, d.mean, d.most);
		ok(score(&r, level, 1, 0, other) && same(other, got),
		    "%s, %s: token by token the same bits", name, level);
		writing(&r, level, name);
	}
}

static bool wanted(const char *name)
{
	bool found = only_types[0] == NULL;

	for (size_t i = 0; i < sizeof(only_types) / sizeof(*only_types) &&
	    only_types[i] != NULL; i++)
		found |= strcmp(only_types[i], name) == 0;
	return found;
}

int main(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < N; i++) {
		x = x * 1664525 + 1013904223;
		ids[i] = (x >> 16) % 270;
	}
#define QUANT(name, id, elems, bytes, gemm, prep) \
	if (HW_##name != HW_F32 && wanted(#name)) \
		twins(id, #name);
#include "model/quants.def"
#undef QUANT
	return tap_done();
}
