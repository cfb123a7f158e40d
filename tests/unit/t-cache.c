/* SPDX-License-Identifier: MIT
 * lib/cache: which tokens a query sees, and at which phases.  Keys here are
 * one-hot by token and values the token's number, so that attention with equal
 * weights answers with the mean of the numbers that it saw, and a query that
 * points at one token answers whether that one was there. */
#include "tap.h"

#include "cache/cache.h"
#include "cpu.h"

enum { D = 4 };
/* Layers: without a window of its own, with one, with one wider than R. */
enum { ALL, NATIVE, WIDE };
static int own[3];

static struct hw_kernels kernels;
static _Alignas(64) unsigned char memory[1 << 20];
static _Alignas(64) unsigned char scratch[HW_ATTN_SCRATCH];

static struct hw_cache_shape shape(size_t sinks, size_t window, size_t chunk,
    uint64_t start)
{
	return (struct hw_cache_shape){.sinks = sinks, .window = window,
	    .chunk = chunk, .n_layers = 3, .n_heads = 3, .d = D,
	    .kv = HW_KV_F32, .start = start, .own = own};
}

/* Number of tokens that token c->n + i sees, and the sum of their numbers. */
static void sees(struct hw_cache *c, size_t layer, size_t i, double *count,
    double *sum)
{
	static const float zero[D];
	float max[1] = {-INFINITY}, total[1] = {0}, acc[D] = {0};
	struct hw_attn a = {.m = 1, .d = D, .max = max, .sum = total,
	    .acc = acc};
	struct hw_cache_rows r = {.first = i, .group = 1, .sink_q = zero,
	    .window_q = zero};

	hw_cache_attend(c, layer, 2, &r, &a, scratch);
	/* Value (1, number, ...): equal weights of e^0. */
	*count = (double)total[0] * exp2((double)max[0]);
	*sum = (double)acc[1] * exp2((double)max[0]);
}

/* Whether token u + i sees what it has to in one layer. */
static bool right(struct hw_cache *c, size_t layer, size_t u, size_t i)
{
	size_t s = layer == NATIVE ? 0 : c->is.sinks;
	size_t w = layer == NATIVE ? (size_t)own[NATIVE] - 1 : c->is.window;
	double count, sum, want = 0, want_sum = 0;

	for (size_t t = 0; t <= u + i; t++)
		if (t < s || t + w >= u + i) {
			want++;
			want_sum += (double)t;
		}
	sees(c, layer, i, &count, &sum);
	if (fabs(count - want) <= 1e-3 &&
	    fabs(sum - want_sum) <= 1e-3 * (1 + want_sum))
		return true;
	diag("layer %zu: token %zu sees %g (sum %g), not %g (%g)", layer,
	    u + i, count, sum, want, want_sum);
	return false;
}

/* Feed n tokens in chunks; every query must see just what the rule says. */
static bool follows_rule(struct hw_cache *c, size_t n, size_t chunk)
{
	for (size_t u = 0, m; u < n; u += m) {
		m = n - u < chunk ? n - u : chunk;
		for (size_t i = 0; i < m; i++) {
			float key[D] = {0}, value[D] = {1, (float)(u + i)};

			for (size_t layer = 0; layer < 3; layer++)
				hw_cache_put(c, layer, 2, i, key, value);
		}
		for (size_t i = 0; i < 3 * m; i++)
			if (!right(c, i % 3, u, i / 3))
				return false;
		hw_cache_advance(c, m);
	}
	return true;
}

static void bands(void)
{
	static const struct {
		size_t s, w, chunk;
		uint64_t start;
	} p[] = {{0, 1, 1, 0}, {0, 16, 16, 0}, {4, 28, 5, 0}, {1, 7, 40, 0},
	    {17, 33, 16, 0}, {20, 3, 7, 0}, {4, 16, 16, 5},
	    {4, 31, 9, ((uint64_t)1 << 40) + 11}};

	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
		struct hw_cache_shape is = shape(p[i].s, p[i].w, p[i].chunk,
		    p[i].start);
		struct hw_cache c;

		own[NATIVE] = (int)p[i].w / 3 + 1;
		own[WIDE] = (int)p[i].w + 1;
		memset(memory, 0xff, sizeof(memory)); /* NaN everywhere */
		hw_cache_init(&c, &is, &kernels, memory);
		ok(follows_rule(&c, 10 * (p[i].s + p[i].w), p[i].chunk),
		    "S %zu, R %zu, chunks of %zu from %" PRIu64 ": each token "
		    "sees the sinks, R before it, and itself; or %d in all",
		    p[i].s, p[i].w, p[i].chunk, p[i].start, own[NATIVE]);
	}
}

static void phases(void)
{
	struct hw_cache_shape is = shape(4, 10, 2, 1000);
	struct hw_cache c;
	struct hw_phases at;

	own[NATIVE] = 10;
	hw_cache_init(&c, &is, &kernels, memory);
	at = hw_cache_phases(&c, 1);
	ok(hw_cache_is_sink(&c, ALL, 1) && at.sink == 1, "a sink's key stands "
	    "at its own number");
	ok(!hw_cache_is_sink(&c, NATIVE, 1) && at.window == 1001, "where there "
	    "are no sinks, at its true index");
	hw_cache_advance(&c, 4);
	at = hw_cache_phases(&c, 0);
	ok(!hw_cache_is_sink(&c, ALL, 0) && at.window == 1004, "a window's key "
	    "at its true index");
	is_int(at.sink, 4, "for the sinks a query stands at its number,");
	hw_cache_advance(&c, 500);
	is_int(hw_cache_phases(&c, 0).sink, 14, "at last at S + R");
	is_int(hw_cache_phases(&c, 1).window, 1505, "for the window at its "
	    "true index");
}

static void sizes(void)
{
	struct hw_cache_shape is = shape(4, 10, 7, 0);
	uint64_t bytes = 0;

	own[NATIVE] = 10;
	own[WIDE] = 11;
	ok(hw_cache_bytes(&is, &bytes), "the size of a cache");
	/* One tile of sinks, 17 tokens in a run of tiles; or 9 + 7 tokens in
	 * one; K and V. */
	is_int(bytes - (3 * sizeof(struct hw_cache_layer) + 63) / 64 * 64,
	    (2 * (1 + HW_RUN) + HW_RUN) * 3 * 2 * HW_TILE * D * 4,
	    "in whole tiles, and runs of them");
	is.own = NULL;
	is.n_heads = SIZE_MAX / 8;
	ok(!hw_cache_bytes(&is, &bytes), "one that cannot be counted");
}

int main(void)
{
	hw_kernels_select(&kernels, hw_cpu_detect());
	bands();
	phases();
	sizes();
	return tap_done();
}
