/* SPDX-License-Identifier: MIT
 * What only this file knows: what the options may be, how a stream begins, and
 * how what is fed is cut into chunks. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cpu.h"
#include "engine/engine.h"

#define MAX_SINKS (1 << 20)
#define MAX_WINDOW (1 << 24)
#define MAX_CHUNK (1 << 14)
/* Measured: kernels are at their best from 128 tokens a thread on, and weights
 * are unpacked less often; of wide models, a token takes too much memory. */
#define CHUNK 512
#define CHUNK_WIDE 256
#define WIDE 1024
#define WINDOW 2048 /* of a model that advises none */

/* Of what this processor has, up to a level. */
static uint32_t processor(const char *level, int *known)
{
	bool blas = level != NULL && strcmp(level, "blas") == 0;
	uint32_t cpu = hw_cpu_detect();

	*known = hw_cpu_limit(&cpu, blas ? NULL : level) == 0;
	return cpu;
}

static const struct {
	const char *name;
	enum hw_kv kv; /* but of AUTO */
} kv_types[] = {
	[HW_KVT_AUTO] = {"auto", HW_KV_I16},
	[HW_KVT_I16] = {"i16", HW_KV_I16},
	[HW_KVT_F16] = {"f16", HW_KV_F16},
	[HW_KVT_F32] = {"f32", HW_KV_F32},
	[HW_KVT_BF16] = {"bf16", HW_KV_BF16},
	[HW_KVT_Q8_0] = {"q8_0", HW_KV_Q8_0},
};
#define KV_TYPES (sizeof(kv_types) / sizeof(*kv_types))

const char *hw_kv_name(enum hw_kv_type type)
{
	return (size_t)type < KV_TYPES ? kv_types[type].name : NULL;
}

bool hw_kv_named(enum hw_kv_type *type, const char *name)
{
	for (size_t i = 0; i < KV_TYPES; i++)
		if (strcmp(kv_types[i].name, name) == 0) {
			*type = (enum hw_kv_type)i;
			return true;
		}
	return false;
}

/* AUTO becomes the faster type: BF16 where that is multiplied as it is. */
static enum hw_kv_type chosen(enum hw_kv_type t, uint32_t cpu)
{
	const char *variant = hw_kernels_variant("attn_bf16", cpu);

	if (t != HW_KVT_AUTO)
		return t;
	return strcmp(variant, "amx") == 0 || strcmp(variant, "bf16") == 0 ?
	    HW_KVT_BF16 : HW_KVT_I16;
}

void hw_stream_defaults(struct hw_stream_opts *o, const struct hw_model *m)
{
	const struct hw_net *net = hw_model_net(m);
	int left, known;

	o->kv = chosen(o->kv, processor(o->cpu, &known));
	if (o->sinks < 0)
		o->sinks = o->mode != HW_CACHE_SINK ? 0 :
		    net != NULL && net->own_sink ? 1 : 4;
	if (o->window <= 0) {
		left = net != NULL ? net->n_ctx - o->sinks - 1 : 0;
		if (o->mode != HW_CACHE_DENSE && net != NULL &&
		    net->advised > 0)
			left = net->advised;
		else if (o->mode != HW_CACHE_DENSE && left > WINDOW)
			left = WINDOW;
		o->window = left < 1 ? 1 : left;
	}
	if (o->chunk <= 0)
		o->chunk = net != NULL && net->d_model > WIDE ? CHUNK_WIDE :
		    CHUNK;
	if (o->threads <= 0)
		o->threads = hw_processors();
}

static enum hw_status in_range(const char *what, int x, int min, int max,
    struct hw_err *e)
{
	if (x >= min && x <= max)
		return HW_OK;
	return hw_fail(e, HW_USAGE, "%s: %d is not between %d and %d", what, x,
	    min, max);
}

/* The level comes from the environment, as a rule, where nobody looks first. */
static enum hw_status unknown_level(const char *level, struct hw_err *e)
{
	char names[96] = "";

	for (size_t i = 0, n = 0; hw_cpu_level(i) != NULL &&
	    n < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s",
		    i > 0 ? ", " : "", hw_cpu_level(i));
	return hw_fail(e, HW_USAGE, "kernel level '%.64s' (HEADWATER_CPU) is "
	    "not %s or blas", level, names);
}

/* The kernels that the processor has and the options allow. */
static enum hw_status choose_kernels(struct hw_stream *s,
    const struct hw_stream_opts *o, struct hw_err *e)
{
	int known;

	s->cpu = processor(o->cpu, &known);
	if (!known)
		return unknown_level(o->cpu, e);
	hw_kernels_select(&s->k, s->cpu);
	hw_gemm_plan(&s->gemm, s->cpu, o->cpu);
	return HW_OK;
}

/* Check the options and begin *s with what the layout has to know. */
static enum hw_status shape(struct hw_stream *s, struct hw_cache_shape *c,
    const struct hw_model *m, const struct hw_stream_opts *o,
    struct hw_err *e)
{
	const struct hw_net *net = hw_model_net(m);

	memset(s, 0, sizeof(*s));
	if (net == NULL)
		return hw_fail(e, HW_USAGE, "%s was opened for its vocabulary "
		    "only", hw_model_info(m)->name);
	HW_TRY(in_range("sinks", o->sinks, 0, MAX_SINKS, e));
	HW_TRY(in_range("window", o->window, 1, MAX_WINDOW, e));
	HW_TRY(in_range("sample", o->sample, 0, INT32_MAX, e));
	if (o->mode != HW_CACHE_SINK && o->sinks > 0)
		return hw_fail(e, HW_USAGE, "this cache has no sinks");
	HW_TRY(in_range("chunk", o->chunk, 1, MAX_CHUNK, e));
	HW_TRY(in_range("threads", o->threads, 1, HW_MAX_THREADS, e));
	if (o->start_index > (uint64_t)1 << 62)
		return hw_fail(e, HW_USAGE, "the start index is too large");
	HW_TRY(in_range("kv", (int)o->kv, 0, (int)KV_TYPES - 1, e));
	if (o->kv == HW_KVT_Q8_0 && net->d_head % 32 != 0)
		return hw_fail(e, HW_UNSUPPORTED, "q8_0 keys and values: "
		    "heads of %d dimensions are no multiple of 32",
		    net->d_head);
	HW_TRY(choose_kernels(s, o, e));
	s->alloc = o->alloc;
	s->net = net;
	s->vocab = hw_model_vocab(m);
	s->path = hw_model_info(m)->path;
	s->chunk = o->chunk;
	s->threads = o->threads;
	s->mode = o->mode;
	s->sample = o->sample > 0 ? (uint64_t)o->sample : 1;
	*c = (struct hw_cache_shape){
		.sinks = (size_t)o->sinks,
		.window = (size_t)o->window,
		.chunk = (size_t)o->chunk,
		.n_layers = (size_t)net->n_layers,
		.n_heads = (size_t)net->n_kv_heads,
		.d = (size_t)net->d_head,
		.kv = kv_types[chosen(o->kv, s->cpu)].kv,
		.start = o->start_index,
		.own = net->windows,
	};
	return HW_OK;
}

static enum hw_status measure(struct hw_stream *s, struct hw_cache_shape *c,
    uint64_t *bytes, struct hw_err *e)
{
	if (!hw_layout(s, c, NULL, bytes) || *bytes > SIZE_MAX / 2)
		return hw_fail(e, HW_NOMEM, "a cache of %zu + %zu tokens does "
		    "not fit in memory", c->sinks, c->window);
	return HW_OK;
}

enum hw_status hw_stream_memory(const struct hw_model *m,
    const struct hw_stream_opts *o, size_t *bytes, struct hw_err *e)
{
	struct hw_cache_shape c;
	struct hw_stream s;
	uint64_t n = 0;

	HW_TRY(shape(&s, &c, m, o, e));
	HW_TRY(measure(&s, &c, &n, e));
	*bytes = (size_t)n + HW_ALIGNED_EXTRA;
	return HW_OK;
}

/* "gemm_q8_0=avx512 ...", for the operations that matter here. */
static void name_kernels(struct hw_stream *s, enum hw_kv_type kv)
{
	enum hw_quant type = s->net->layers[0].q.type;
	char attn[16];

	snprintf(attn, sizeof(attn), "attn_%s", hw_kv_name(kv));
	snprintf(s->kernels, sizeof(s->kernels), "gemm_%s=%s %s=%s rmsnorm=%s "
	    "swiglu=%s lse=%s", hw_quant_name(type),
	    hw_gemm_variant(&s->gemm, type, s->cpu), attn,
	    hw_kernels_variant(attn, s->cpu),
	    hw_kernels_variant("rmsnorm", s->cpu),
	    hw_kernels_variant("swiglu", s->cpu),
	    hw_kernels_variant("lse", s->cpu));
}

static enum hw_status begin_ropes(struct hw_stream *s,
    const struct hw_cache_shape *c, struct hw_err *e)
{
	for (int r = 0; r < HW_ROPES; r++)
		HW_TRY(hw_rope_init(&s->rope[r], s->net,
		    (enum hw_layer_rope)r, c->sinks + c->window + 1, e));
	return HW_OK;
}

enum hw_status hw_stream_open(struct hw_stream **out,
    const struct hw_model *m, const struct hw_stream_opts *o,
    struct hw_err *e)
{
	struct hw_stream plan, *s = NULL;
	struct hw_cache_shape c;
	unsigned char *block = NULL;
	enum hw_status st;
	uint64_t bytes = 0;

	HW_TRY(shape(&plan, &c, m, o, e));
	HW_TRY(measure(&plan, &c, &bytes, e));
	HW_TRY(hw_new_aligned(o->alloc, &block, (size_t)bytes, 1, "stream",
	    e));
	s = (struct hw_stream *)(void *)block;
	*s = plan;
	s->block_bytes = (size_t)bytes + HW_ALIGNED_EXTRA;
	if (!hw_layout(s, &c, block, &bytes))
		st = hw_fail(e, HW_NOMEM, "stream"); /* it fitted above */
	else
		st = begin_ropes(s, &c, e);
	if (st == HW_OK)
		st = hw_gemm_open(&s->gemm, &s->k, s->cpu, o->cpu, e);
	if (st == HW_OK)
		st = hw_pool_start(&s->pool, s->threads, s->workers, e);
	if (st != HW_OK) {
		hw_stream_close(s);
		return st;
	}
	name_kernels(s, chosen(o->kv, s->cpu));
	s->begins = !o->no_bos && s->vocab->add_bos && s->vocab->bos >= 0;
	*out = s;
	return HW_OK;
}

void hw_stream_close(struct hw_stream *s)
{
	if (s == NULL)
		return;
	hw_pool_stop(&s->pool);
	hw_gemm_close(&s->gemm);
	hw_del_aligned(s->alloc, s);
}

/* Whether the next chunk is led by the token that begins the stream. */
static bool owes_bos(const struct hw_stream *s)
{
	return s->begins && !s->begun;
}

/* A chunk of m tokens, and what leads it. */
static bool run_chunk(struct hw_stream *s, const uint32_t *ids, size_t m,
    float *bits, float *entropy)
{
	s->ids = ids;
	s->m = m;
	if (owes_bos(s)) {
		s->first[0] = (uint32_t)s->vocab->bos;
		if (m > 0)
			memcpy(s->first + 1, ids, m * sizeof(*ids));
		s->ids = s->first;
		s->m++;
	}
	s->begun = true;
	hw_block_run(s);
	return hw_score_run(s, bits, entropy);
}

static enum hw_status broken(const struct hw_stream *s, struct hw_err *e)
{
	return hw_fail(e, HW_CORRUPT, "%s: a score came out that is not a "
	    "finite number: its weights are broken", s->path);
}

static bool run(struct hw_stream *s, const uint32_t *ids, size_t n,
    float *bits, float *entropy)
{
	bool good = true;

	for (size_t i = 0, m; i < n && good; i += m) {
		size_t room = (size_t)s->chunk - owes_bos(s);

		m = n - i < room ? n - i : room;
		good = run_chunk(s, ids + i, m, bits + i, entropy + i);
		s->tokens += m;
	}
	return good;
}

/* How many of n tokens the cache takes; the others have no scores. */
static size_t fitting(const struct hw_stream *s, size_t n, float *bits,
    float *entropy)
{
	uint64_t used = s->cache.n + owes_bos(s);
	uint64_t left = s->cache.is.window + 1 - used;
	size_t fits = s->mode != HW_CACHE_DENSE || n < left ? n :
	    (size_t)left;

	for (size_t i = fits; i < n; i++)
		bits[i] = entropy[i] = NAN;
	return fits;
}

enum hw_status hw_stream_score(struct hw_stream *s, const uint32_t *ids,
    size_t n, float *bits, float *entropy, struct hw_err *e)
{
	size_t fits;

	for (size_t i = 0; i < n; i++)
		if (ids[i] >= (uint32_t)s->net->n_vocab)
			return hw_fail(e, HW_USAGE, "token %" PRIu32 " is not "
			    "in the vocabulary of %d", ids[i],
			    s->net->n_vocab);
	fits = fitting(s, n, bits, entropy);
	if (!s->broken && fits > 0)
		s->broken = !(s->mode == HW_CACHE_RECOMPUTE ? hw_anew_score :
		    run)(s, ids, fits, bits, entropy);
	if (s->broken)
		return broken(s, e);
	if (fits < n)
		return hw_fail(e, HW_LIMIT, "a dense cache of %zu tokens is "
		    "full", s->cache.is.window + 1);
	return HW_OK;
}

static enum hw_status may_go_on(struct hw_stream *s,
    const struct hw_choice *how, struct hw_err *e)
{
	float bits, entropy;

	if (!isfinite(how->temperature) || how->temperature < 0)
		return hw_fail(e, HW_USAGE, "a temperature is 0 or more");
	if (s->mode == HW_CACHE_RECOMPUTE)
		return hw_fail(e, HW_USAGE, "a cache that is read anew cannot "
		    "go on by itself");
	if (fitting(s, 1, &bits, &entropy) == 0)
		return hw_fail(e, HW_LIMIT, "a dense cache of %zu tokens is "
		    "full", s->cache.is.window + 1);
	if (!s->broken && owes_bos(s))
		s->broken = !run_chunk(s, NULL, 0, NULL, NULL);
	if (!s->broken && !s->has_last)
		return hw_fail(e, HW_USAGE, "nothing was read that a text "
		    "could go on from");
	return s->broken ? broken(s, e) : HW_OK;
}

enum hw_status hw_stream_next(struct hw_stream *s,
    const struct hw_choice *how, uint32_t *id, float *bits, float *entropy,
    struct hw_err *e)
{
	HW_TRY(may_go_on(s, how, e));
	s->gemm.writing = true;
	s->broken = !hw_next_choose(s, how, id, bits, entropy);
	if (!s->broken) {
		s->ids = id;
		s->m = 1;
		hw_block_run(s);
		hw_score_skip(s);
		s->tokens++;
	}
	s->gemm.writing = s->gemm.fresh = false;
	return s->broken ? broken(s, e) : HW_OK;
}

void hw_stream_stats(const struct hw_stream *s, struct hw_stream_stats *st)
{
	const struct hw_cache_shape *c = &s->cache.is;
	uint64_t n = s->cache.n;
	uint64_t sinks = n < c->sinks ? n : c->sinks;
	uint64_t window = n - sinks < c->window ? n - sinks : c->window;

	*st = (struct hw_stream_stats){
		.tokens = s->tokens,
		.sinks = (int)c->sinks,
		.window = (int)c->window,
		.chunk = s->chunk,
		.threads = s->threads,
		.cached_sinks = (int)sinks,
		.cached_window = (int)window,
		.memory = s->block_bytes,
		.kernels = s->kernels,
	};
}
