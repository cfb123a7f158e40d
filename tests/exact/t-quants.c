/* SPDX-License-Identifier: MIT
 * A model in each quantized type against its twin, whose F32 matrices hold the
 * very same weights: what is left between their scores is the rounding of
 * activations to 8 bits.
 *
 * What only this file knows: how large that may be.  It does not depend on the
 * type, and so the bound does not either. */
#include "tap.h"

#include <math.h>

#include "cpu.h"
#include "fixtures/quants.h"
#include "fixtures/recipe.h"
#include "headwater.h"
#include "kernels.h"
#include "model/arch.h"

#define BOUND 0.25 /* bits; of some 8 */
enum { N = 100 };

static uint32_t ids[N];
static float got[N], want[N], entropy[N];

static bool score(const struct recipe *recipe, const char *level, int chunk,
    float *bits)
{
	struct hw_stream_opts o = {.sinks = 2, .window = 40, .chunk = chunk,
	    .threads = 1, .kv = HW_KVT_F32, .cpu = level, .no_bos = true};
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
	    hw_stream_score(s, ids, N, bits, entropy, &e) == HW_OK;
	if (!good)
		diag("%s", wrong != NULL ? wrong : e.msg);
	hw_stream_close(s);
	hw_model_close(m);
	hw_buf_release(&b);
	return good;
}

static double distance(const float *a, const float *b)
{
	double worst = 0;

	for (size_t i = 1; i < N; i++) {
		double d = fabs((double)a[i] - (double)b[i]);

		if (!(d <= worst))
			worst = d;
	}
	return worst;
}

static void twins(uint32_t type, const char *name)
{
	struct recipe r = {.vocab = 270, .d = 256, .layers = 2, .heads = 4,
	    .kv = 2, .ffn = 512, .context = 100, .theta = 10000, .seed = 3,
	    .name = name, .pre = "gpt-2", .type = type, .twin = true};
	float single[N];

	if (!ok(score(&r, NULL, 16, want), "%s: the twin is scored", name))
		return;
	r.twin = false;
	for (size_t i = 0; hw_cpu_level(i) != NULL; i++) {
		const char *level = hw_cpu_level(i);
		uint32_t cpu = hw_cpu_detect();
		double worst;

		if (hw_cpu_limit(&cpu, level) != 0 || strcmp(level,
		    hw_kernels_variant("gemm_q8_0", cpu)) != 0) {
			skip("%s: no products of %s here", name, level);
			continue;
		}
		worst = score(&r, level, 16, got) ? distance(got, want) :
		    (double)NAN;
		ok(worst <= BOUND, "%s, %s: within %.2g bits of its twin "
		    "(largest difference %.3f)", name, level, BOUND,
		    worst);
		ok(score(&r, level, 1, single) && memcmp(single + 1,
		    got + 1, sizeof(single) - sizeof(*single)) == 0,
		    "%s, %s: token by token the same bits", name, level);
	}
}

int main(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < N; i++) {
		x = x * 1664525 + 1013904223;
		ids[i] = (x >> 16) % 270;
	}
#define QUANT(name, id, elems, bytes, gemm, prep) \
	if (quant_of(id) != NULL) \
		twins(id, #name);
#include "model/quants.def"
#undef QUANT
	return tap_done();
}
