/* SPDX-License-Identifier: MIT
 * exact [--full]: the engine against the oracle, token by token.
 *
 * What only this file knows: which models, sinks, windows, chunks, threads,
 * kernel levels and start indices are tried.  Without --full a subset that
 * takes seconds.  For each model, S and R the oracle runs once, and every
 * run of the engine is held against it; runs on the same kernels with the
 * same start must moreover agree bit for bit, however the tokens came. */
#include "tap.h"

#include "cpu.h"
#include "headwater.h"
#include "net.h"
#include "oracle.h"

#define BOUND 1e-4 /* bits */
#define MOST_LEVELS 8
#define WRAPS 9
#define MAX_TOKENS (WRAPS * 512 + 128)

static const struct net_shape shapes[] = {
	/* grouped queries, untied output */
	{61, 32, 2, 4, 2, 8, 48, 8, 10000, false, false, 1, 0, NET_LLAMA},
	/* one key/value head, tied output, frequency factors */
	{47, 24, 2, 3, 1, 16, 40, 16, 500000, true, true, 2, 0, NET_LLAMA},
	/* every head its own keys, half of its dimensions rotated */
	{53, 32, 3, 2, 2, 16, 32, 8, 10000, false, false, 3, 0, NET_LLAMA},
	/* two of three layers with a window of 6 */
	{61, 32, 3, 4, 2, 8, 48, 8, 10000, false, false, 5, 6, NET_LLAMA},
	/* with a window of 50: a layer as the others when R < 50 */
	{61, 32, 2, 4, 2, 8, 48, 8, 10000, false, false, 6, 50, NET_LLAMA},
	{61, 32, 2, 4, 4, 8, 48, 4, 10000, false, false, 7, 0, NET_NEOX},
	{61, 32, 2, 4, 2, 8, 48, 0, 10000, true, false, 8, 0, NET_MPT},
	{61, 32, 3, 4, 2, 8, 48, 8, 1e6, true, true, 9, 6, NET_GEMMA},
	{61, 32, 2, 4, 2, 8, 48, 8, 10000, false, false, 10, 0, NET_OLMO},
	{61, 32, 3, 4, 2, 8, 40, 8, 10000, false, true, 11, 6, NET_OSS},
	{61, 32, 3, 4, 2, 8, 48, 8, 10000, true, false, 12, 0, NET_SMOL},
};
static const char *const shape_names[] = {"GQA", "MQA, tied, factors",
	"MHA, partial rotary", "windows of 6", "windows of 50",
	"as GPT-NeoX", "as MPT", "as Gemma", "as OLMo", "as gpt-oss",
	"as SmolLM3"};

static const int all_sinks[] = {0, 1, 4, 17};
static const int all_windows[] = {1, 7, 64, 508};
static const uint64_t starts[] = {(uint64_t)1 << 24, (uint64_t)1 << 31,
	((uint64_t)1 << 40) + 5};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool full;
static uint32_t ids[MAX_TOKENS];
static double want[MAX_TOKENS], want_h[MAX_TOKENS], other[MAX_TOKENS];
static float bits[2][MAX_TOKENS], entropy[2][MAX_TOKENS];

/* Feed n tokens in calls of uneven sizes. */
static bool run(const struct hw_model *m, const struct hw_stream_opts *o,
    size_t n, int to)
{
	struct hw_stream *s = NULL;
	struct hw_err e = {0};
	bool good = hw_stream_open(&s, m, o, &e) == HW_OK;

	for (size_t i = 0, c, k = 0; good && i < n; i += c) {
		c = net_random(k++ + (uint64_t)o->chunk) %
		    (2 * (size_t)o->chunk + 3);
		c = c > n - i ? n - i : c;
		good = hw_stream_score(s, ids + i, c, bits[to] + i,
		    entropy[to] + i, &e) == HW_OK;
	}
	if (!good)
		diag("%s", e.msg);
	hw_stream_close(s);
	return good;
}

/* Largest difference to the oracle; NaN sticks. */
static double distance(size_t n, int of)
{
	double worst = 0;

	for (size_t i = 1; i < n; i++) {
		double d = fabs((double)bits[of][i] - want[i]);
		double h = fabs((double)entropy[of][i] - want_h[i]);

		if (!(d <= worst))
			worst = d;
		if (!(h <= worst))
			worst = h;
	}
	return worst;
}

static bool same(size_t n)
{
	return memcmp(bits[0] + 1, bits[1] + 1, (n - 1) * sizeof(float)) == 0 &&
	    memcmp(entropy[0] + 1, entropy[1] + 1, (n - 1) * sizeof(float)) ==
	    0 && isnan(bits[1][0]) && isnan(entropy[1][0]);
}

struct point {
	const struct hw_model *m;
	int sinks, window;
	size_t n;
	const char *level, *name;
};

static struct hw_stream_opts opts(const struct point *p, int chunk,
    int threads)
{
	return (struct hw_stream_opts){.sinks = p->sinks, .window = p->window,
	    .chunk = chunk, .threads = threads, .kv = HW_KVT_F32,
	    .cpu = p->level, .no_bos = true};
}

/* Every chunk size and number of threads: the same bits. */
static void chunks_and_threads(const struct point *p)
{
	const int chunks[] = {2, 7, 64, p->window, p->window + 1,
	    3 * p->window};
	struct hw_stream_opts o = opts(p, 1, 1);
	int runs = 0, bad = 0;
	double worst;

	if (!ok(run(p->m, &o, p->n, 0), "%s: one by one", p->name))
		return;
	worst = distance(p->n, 0);
	ok(worst <= BOUND, "%s: %zu tokens within %g bits of the oracle "
	    "(largest difference %.2g)", p->name, p->n, BOUND, worst);
	for (size_t c = 0; c < COUNT(chunks); c++)
		for (int t = 1; t <= 3; t++) {
			if (!full && (c + (size_t)t) % 3 != 0)
				continue;
			o = opts(p, chunks[c], t);
			runs++;
			if (run(p->m, &o, p->n, 1) && same(p->n))
				continue;
			bad++;
			diag("chunk %d, %d threads differ", chunks[c], t);
		}
	ok(bad == 0, "%s: %d chunkings and thread counts, bit for bit the "
	    "same", p->name, runs);
}

static void start_indices(const struct point *p)
{
	struct hw_stream_opts o = opts(p, 64, 2);

	for (size_t i = 0; i < COUNT(starts); i++) {
		double worst;

		o.start_index = starts[i];
		worst = run(p->m, &o, p->n, 1) ? distance(p->n, 1) : NAN;
		ok(worst <= BOUND, "%s: from index %" PRIu64 ", within %g "
		    "bits (%.2g)", p->name, starts[i], BOUND, worst);
	}
}

/* Keys and values in fewer bits, and with bf16 queries and weights, too: how
 * far that may go, and that chunking still changes nothing. */
static void cache_types(const struct point *p, bool q8_0)
{
	static const struct {
		enum hw_kv_type type;
		double bound;
	} kv[] = {{HW_KVT_I16, 0.02}, {HW_KVT_F16, 0.02},
	    {HW_KVT_BF16, 0.3}, {HW_KVT_Q8_0, 0.6}};

	for (size_t i = 0; i < (q8_0 ? 4 : 3); i++) {
		const char *name = hw_kv_name(kv[i].type);
		struct hw_stream_opts o = opts(p, 1, 1);
		double worst;

		o.kv = kv[i].type;
		worst = run(p->m, &o, p->n, 0) ? distance(p->n, 0) : NAN;
		ok(worst <= kv[i].bound, "%s: cache in %s within %g bits "
		    "(%.2g)", p->name, name, kv[i].bound, worst);
		o.chunk = 61;
		o.threads = 3;
		ok(run(p->m, &o, p->n, 1) && same(p->n),
		    "%s: cache in %s, chunks of 61, the same bits", p->name,
		    name);
	}
}

/* That a mistake in the rule would be seen. */
static void mistakes(const struct point *p)
{
	static const char *const names[] = {NULL, "true positions",
	    "S + R keys", "sinks one place off", "sinks in every window"};

	for (int r = 1; r < ORACLE_N_RULES; r++) {
		static double h[MAX_TOKENS];
		double worst = 0;

		if (r == ORACLE_SINKS_IN_WINDOWS &&
		    hw_model_net(p->m)->windows == NULL)
			continue;
		oracle_score(hw_model_net(p->m), (enum oracle_rule)r,
		    (size_t)p->sinks, (size_t)p->window, ids, p->n, other, h);
		for (size_t i = 1; i < p->n; i++)
			worst = fmax(worst, fabs(other[i] - want[i]));
		ok(worst > 100 * BOUND, "%s: with %s it would fail (%.2g)",
		    p->name, names[r], worst);
	}
}

/* Levels that this machine has, "c" always. */
static size_t levels(const char *out[MOST_LEVELS])
{
	uint32_t before = 0, best = hw_cpu_detect();
	const char *level;
	size_t n = 0;

	for (size_t i = 0; (level = hw_cpu_level(i)) != NULL; i++) {
		uint32_t bits_of = best;

		if (hw_cpu_limit(&bits_of, level) == 0 && n < MOST_LEVELS &&
		    (i == 0 || (bits_of != before && bits_of != 0)))
			out[n++] = level;
		before = bits_of;
	}
	return n;
}

static void combination(const struct hw_model *m, size_t shape, int sinks,
    int window)
{
	const char *level[MOST_LEVELS];
	size_t n_levels = levels(level);
	struct point p = {.m = m, .sinks = sinks, .window = window};
	uint32_t vocab = (uint32_t)hw_model_net(m)->n_vocab;
	char name[96];

	p.n = (size_t)sinks + WRAPS * (size_t)window + 40;
	/* Another token where experts tie: from there on the two may differ,
	 * and both be right. */
	for (int try = 0; try < 4; try++) {
		size_t sure = oracle_score(hw_model_net(m), ORACLE_RULE,
		    (size_t)sinks, (size_t)window, ids, p.n, want, want_h);

		if (sure == p.n)
			break;
		diag("experts tie at token %zu", sure);
		ids[sure - 1] = (ids[sure - 1] + 1) % vocab;
	}
	for (size_t l = 0; l < n_levels; l++) {
		if (!full && window == 508 && l + 1 < n_levels)
			continue;
		snprintf(name, sizeof(name), "%s, S %d, R %d, %s",
		    shape_names[shape], sinks, window, level[l]);
		p.level = level[l];
		p.name = name;
		chunks_and_threads(&p);
		if (full || (sinks == 4 && window != 508))
			start_indices(&p);
	}
	if (sinks == 4 && window == 64) {
		mistakes(&p);
		/* A router may choose other experts for rounded keys. */
		if (hw_model_net(m)->n_experts == 0)
			cache_types(&p, hw_model_net(m)->d_head % 32 == 0);
	}
}

/* A model of one shape with heads of 32, for the q8_0 cache. */
static void wide_heads(void)
{
	static const struct net_shape wide = {61, 64, 2, 4, 2, 32, 64, 32,
	    10000, false, false, 4, 0, NET_LLAMA};
	struct hw_model *m = net_open(&wide);
	const char *level[MOST_LEVELS];
	size_t n_levels = levels(level);
	struct point p = {.m = m, .sinks = 4, .window = 64, .n = 700};
	char name[96];

	oracle_score(hw_model_net(m), ORACLE_RULE, 4, 64, ids, p.n, want,
	    want_h);
	for (size_t l = 0; l < n_levels; l++) {
		snprintf(name, sizeof(name), "heads of 32, %s", level[l]);
		p.level = level[l];
		p.name = name;
		cache_types(&p, true);
	}
	net_close(m);
}

/* OpenBLAS: near the oracle, though not bit for bit. */
static void with_blas(const struct hw_model *m)
{
	struct point p = {.m = m, .sinks = 4, .window = 64, .n = 700,
	    .level = "blas"};
	struct hw_stream_opts o = opts(&p, 64, 2);
	struct hw_stream *s = NULL;
	struct hw_err e = {0};
	double worst;

	setenv("OPENBLAS_NUM_THREADS", "1", 0);
	if (hw_stream_open(&s, m, &o, &e) == HW_UNSUPPORTED) {
		skip("%s", e.msg);
		return;
	}
	hw_stream_close(s);
	oracle_score(hw_model_net(m), ORACLE_RULE, 4, 64, ids, p.n, want,
	    want_h);
	worst = run(m, &o, p.n, 0) ? distance(p.n, 0) : NAN;
	ok(worst <= BOUND, "OpenBLAS, chunks of 64: within %g bits (%.2g)",
	    BOUND, worst);
}

int main(int argc, char **argv)
{
	full = argc > 1 && strcmp(argv[1], "--full") == 0;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct hw_model *m = net_open(&shapes[i]);

		for (size_t j = 0; j < MAX_TOKENS; j++)
			ids[j] = (uint32_t)(net_random(j) %
			    (uint64_t)shapes[i].vocab);
		for (size_t s = 0; s < COUNT(all_sinks); s++)
			for (size_t w = 0; w < COUNT(all_windows); w++) {
				bool big = all_windows[w] == 508;

				if (!full && big && (i != 0 || s != 1))
					continue;
				/* Other kinds: two windows say enough. */
				if (!full && shapes[i].kind != NET_LLAMA &&
				    (s != 2 || w == 0 || big))
					continue;
				combination(m, i, all_sinks[s],
				    all_windows[w]);
			}
		if (i == 0)
			with_blas(m);
		net_close(m);
	}
	for (size_t j = 0; j < MAX_TOKENS; j++)
		ids[j] = (uint32_t)(net_random(j) % 61);
	wide_heads();
	return tap_done();
}
