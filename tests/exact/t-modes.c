/* SPDX-License-Identifier: MIT
 * lib/engine: the schemes that a cache with sinks is compared with, against the
 * oracle: window attention, dense attention, the window with re-computation;
 * each with a token that begins the stream, and without. */
#include "tap.h"

#include "headwater.h"
#include "net.h"
#include "oracle.h"

#define N 120
#define BOUND 1e-4 /* bits */
#define VOCAB 61
#define BOS 7

static const struct net_shape shapes[] = {
	{VOCAB, 32, 2, 4, 2, 8, 48, 8, 10000, false, false, 1, 0, NET_LLAMA},
	{VOCAB, 32, 3, 4, 2, 8, 48, 8, 10000, false, false, 5, 6, NET_LLAMA},
	{VOCAB, 32, 2, 4, 2, 8, 48, 0, 10000, true, false, 8, 0, NET_MPT},
	{VOCAB, 32, 3, 4, 2, 8, 48, 8, 1e6, true, true, 9, 6, NET_GEMMA},
};
static const char *const names[] = {"as Llama", "windows of 6", "as MPT",
	"as Gemma"};

/* ids[0] is BOS: what follows it is fed. */
static uint32_t ids[N + 1];
static float bits[N], entropy[N];
static double want[N + 1], want_h[N + 1];

static struct hw_stream_opts mode(enum hw_cache_mode m, int window)
{
	return (struct hw_stream_opts){.mode = m, .window = window,
	    .chunk = 8, .threads = 2, .kv = HW_KVT_F32};
}

/* Feed n tokens in two calls; what the second one said. */
static enum hw_status feed(const struct hw_model *m,
    const struct hw_stream_opts *o, size_t n, uint64_t *took,
    struct hw_err *e)
{
	struct hw_stream *s = NULL;
	struct hw_stream_stats stats;
	enum hw_status st = hw_stream_open(&s, m, o, e);
	size_t part = n / 3;

	if (st != HW_OK)
		return st;
	st = hw_stream_score(s, ids + 1, part, bits, entropy, e);
	if (st == HW_OK)
		st = hw_stream_score(s, ids + 1 + part, n - part,
		    bits + part, entropy + part, e);
	hw_stream_stats(s, &stats);
	*took = stats.tokens;
	hw_stream_close(s);
	return st;
}

/* Tokens from .. n against want[1 + i]; NaN sticks. */
static double worst(size_t from, size_t n)
{
	double d = 0;

	for (size_t i = from; i < n; i++) {
		double b = fabs((double)bits[i] - want[i + 1]);
		double h = fabs((double)entropy[i] - want_h[i + 1]);

		d = b <= d ? d : b;
		d = h <= d ? d : h;
	}
	return d;
}

/* What the oracle says of the whole stream, from its BOS or without. */
static void oracle(const struct hw_model *m, bool bos, size_t window)
{
	size_t from = bos ? 0 : 1;

	oracle_score(hw_model_net(m), ORACLE_RULE, 0, window, ids + from,
	    N + 1 - from, want + from, want_h + from);
}

static void window_attention(const struct hw_model *m, bool bos,
    const char *name)
{
	struct hw_stream_opts o = mode(HW_CACHE_SINK, 9);
	uint64_t took = 0;
	struct hw_err e = {0};
	size_t from = bos ? 0 : 1;

	oracle(m, bos, 9);
	is_int(feed(m, &o, N, &took, &e), HW_OK, "%s, no sinks: %s", name,
	    e.msg);
	ok(worst(from, N) <= BOUND, "%s, no sinks: within %g bits (%.2g)",
	    name, BOUND, worst(from, N));
}

static void dense(const struct hw_model *m, bool bos, const char *name)
{
	struct hw_stream_opts o = mode(HW_CACHE_DENSE, 99);
	uint64_t took = 0;
	struct hw_err e = {0};
	size_t from = bos ? 0 : 1, fits = bos ? 99 : 100;

	oracle(m, bos, N);
	is_int(feed(m, &o, fits, &took, &e), HW_OK, "%s, dense: %s", name,
	    e.msg);
	ok(worst(from, fits) <= BOUND, "%s, dense: within %g bits (%.2g)",
	    name, BOUND, worst(from, fits));
	is_int(feed(m, &o, N, &took, &e), HW_LIMIT, "%s, %d tokens: %s", name,
	    N, e.msg);
	is_int(took, fits, "it took those that fit");
	ok(worst(from, fits) <= BOUND && isnan(bits[fits]) &&
	    isnan(entropy[N - 1]), "they are scored, and no others are");
}

/* Each token from what the oracle says of the few before it alone. */
static void recompute(const struct hw_model *m, bool bos, int sample,
    const char *name)
{
	struct hw_stream_opts o = mode(HW_CACHE_RECOMPUTE, 9);
	double b[12], h[12], d = 0;
	uint64_t took = 0;
	struct hw_err e = {0};
	size_t scored = 0;

	o.sample = sample;
	is_int(feed(m, &o, N, &took, &e), HW_OK, "%s, anew: %s", name, e.msg);
	for (size_t i = bos ? 0 : 1; i < N; i++) {
		/* BOS and 9 tokens, or 10 tokens; and token i. */
		size_t most = bos ? 9 : 10, n = i < most ? i : most;
		uint32_t part[12] = {BOS};

		if (isnan(bits[i]))
			continue;
		scored++;
		memcpy(part + bos, ids + 1 + i - n, (n + 1) * sizeof(*part));
		oracle_score(hw_model_net(m), ORACLE_RULE, 0, N, part,
		    bos + n + 1, b, h);
		d = fmax(d, fabs((double)bits[i] - b[bos + n]));
		d = fmax(d, fabs((double)entropy[i] - h[bos + n]));
	}
	ok(d <= BOUND, "%s, anew: within %g bits (%.2g)", name, BOUND, d);
	is_int(scored, sample > 0 ? N / sample : bos ? N : N - 1,
	    "%s, anew: as many are scored as were asked for", name);
	ok(!isnan(bits[N - 1]) && isnan(bits[0]) == (sample > 0 || !bos),
	    "the last of each sample, and none that nothing predicts");
}

static void refused(const struct hw_model *m)
{
	struct hw_stream_opts o = mode(HW_CACHE_DENSE, 9);
	uint64_t took;
	struct hw_err e = {0};

	o.sinks = 1;
	is_int(feed(m, &o, 1, &took, &e), HW_USAGE, "%s", e.msg);
	o = (struct hw_stream_opts){.mode = HW_CACHE_DENSE, .sinks = -1};
	hw_stream_defaults(&o, m);
	ok(o.sinks == 0 && o.window == 127,
	    "a dense cache is for the model's context by itself");
}

int main(void)
{
	for (size_t i = 0; i <= N; i++)
		ids[i] = i > 0 ? (uint32_t)(net_random(i) % VOCAB) : BOS;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		struct hw_model *m = net_open(&shapes[i]);

		for (int bos = 0; bos < 2; bos++) {
			char name[64];

			snprintf(name, sizeof(name), "%s%s", names[i],
			    bos > 0 ? ", BOS" : "");
			if (bos > 0)
				net_begin_with(m, BOS);
			window_attention(m, bos > 0, name);
			dense(m, bos > 0, name);
			recompute(m, bos > 0, 0, name);
			recompute(m, bos > 0, 8, name);
		}
		refused(m);
		net_close(m);
	}
	return tap_done();
}
