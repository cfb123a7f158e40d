/* SPDX-License-Identifier: MIT
 * lib/engine/stream: options, memory, failures; on models made in memory. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* madvise */
#endif
#include "tap.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "headwater.h"
#include "net.h"

static const struct net_shape small = {61, 32, 2, 4, 2, 8, 48, 8, 10000,
	false, false, 1, 0, NET_LLAMA};
static uint32_t ids[300];
static float bits[300], entropy[300];

/* The library's calls come here. */
static atomic_long advised;
int madvise(void *p, size_t n, int advice)
{
	(void)p;
	(void)n;
	(void)advice;
	advised++;
	return 0;
}

static struct hw_stream_opts some(void)
{
	return (struct hw_stream_opts){.sinks = 4, .window = 50, .chunk = 16,
	    .threads = 2};
}

static void memory(const struct hw_model *m)
{
	static const enum hw_kv_type kv[] = {HW_KVT_I16, HW_KVT_F16,
	    HW_KVT_F32, HW_KVT_BF16};
	struct tap_alloc count = {0, 0, 0};
	struct hw_alloc a = {tap_alloc_get, tap_alloc_put, &count};

	for (size_t i = 0; i < 4; i++) {
		struct hw_stream_opts o = some();
		struct hw_stream_stats st;
		struct hw_stream *s = NULL;
		size_t bytes = 0;
		long after;

		o.alloc = &a;
		o.kv = kv[i];
		is_int(hw_stream_memory(m, &o, &bytes, NULL), HW_OK,
		    "memory can be asked for before");
		is_int(hw_stream_open(&s, m, &o, NULL), HW_OK, "opened");
		hw_stream_stats(s, &st);
		is_int(st.memory, bytes, "it is what opening takes");
		after = count.count;
		ok(hw_stream_score(s, ids, 300, bits, entropy, NULL) == HW_OK,
		    "scored");
		is_int(count.count, after, "nothing is allocated after "
		    "opening");
		hw_stream_stats(s, &st);
		ok(st.tokens == 300 && st.cached_sinks == 4 &&
		    st.cached_window == 50, "the cache is full");
		hw_stream_close(s);
		is_int(count.live, 0, "closing releases all");
	}
}

static size_t asked; /* bytes */

static void *sum_alloc(void *ctx, size_t n)
{
	(void)ctx;
	asked += n;
	return malloc(n);
}

static void sum_release(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

/* Every allocation fails once; and the bytes are those foretold. */
static void no_memory(const struct hw_model *m)
{
	struct tap_alloc count = {0, 0, 0};
	struct hw_alloc failing = {tap_alloc_get, tap_alloc_put, &count};
	struct hw_alloc adding = {sum_alloc, sum_release, NULL};
	struct hw_stream_opts o = some();
	struct hw_stream *s = NULL;
	enum hw_status st = HW_NOMEM;
	size_t bytes = 0;
	long at = 0;

	o.alloc = &failing;
	while (st == HW_NOMEM && at < 100) {
		struct hw_err e = {0};

		count = (struct tap_alloc){0, ++at, 0};
		st = hw_stream_open(&s, m, &o, &e);
		if (st == HW_NOMEM && (count.live != 0 || e.msg[0] == '\0'))
			break;
	}
	ok(st == HW_OK && at > 1, "each of %ld allocations may fail, and "
	    "leaves nothing behind", at - 1);
	hw_stream_close(s);
	o.alloc = &adding;
	ok(hw_stream_memory(m, &o, &bytes, NULL) == HW_OK &&
	    hw_stream_open(&s, m, &o, NULL) == HW_OK && asked == bytes,
	    "%zu bytes were foretold, %zu taken", bytes, asked);
	hw_stream_close(s);
}

static void refused(const struct hw_model *m, struct hw_stream_opts o,
    enum hw_status want, const char *what)
{
	struct hw_stream *s = NULL;
	struct hw_err e = {0};

	is_int(hw_stream_open(&s, m, &o, &e), want, "%s: %s", what, e.msg);
	ok(s == NULL && e.msg[0] != '\0', "and says why");
}

static void bad_options(const struct hw_model *m)
{
	struct hw_stream_opts o = some();

	o.window = 0;
	refused(m, o, HW_USAGE, "no window");
	o = some();
	o.sinks = -1;
	refused(m, o, HW_USAGE, "fewer than no sinks");
	o = some();
	o.cpu = "z80";
	refused(m, o, HW_USAGE, "an unknown level");
	o = some();
	o.kv = HW_KVT_Q8_0;
	refused(m, o, HW_UNSUPPORTED, "q8_0 for heads of 8");
	o.kv = (enum hw_kv_type)(HW_KVT_Q8_0 + 1);
	ok(hw_kv_name(o.kv) == NULL, "a cache type without a name");
	refused(m, o, HW_USAGE, "which there is not");
	o = some();
	o.start_index = UINT64_MAX;
	refused(m, o, HW_USAGE, "a start beyond all indices");
}

static void defaults(const struct hw_model *m)
{
	struct hw_stream_opts o = {.sinks = -1};

	hw_stream_defaults(&o, m);
	is_int(o.sinks, 4, "four sinks");
	is_int(o.window, 123, "the rest of a context of 128 is the window");
	ok(o.chunk >= 1 && o.threads >= 1, "chunk and threads are filled in");
	o = (struct hw_stream_opts){.sinks = 0, .window = 9, .chunk = 3,
	    .threads = 5};
	hw_stream_defaults(&o, m);
	ok(o.sinks == 0 && o.window == 9 && o.chunk == 3 && o.threads == 5,
	    "what was set stays");
}

static void bad_ids(const struct hw_model *m)
{
	struct hw_stream_opts o = some();
	const uint32_t bad[] = {1, 61};
	struct hw_stream *s = NULL;
	struct hw_stream_stats st;
	struct hw_err e = {0};

	is_int(hw_stream_open(&s, m, &o, &e), HW_OK, "opened");
	is_int(hw_stream_score(s, bad, 2, bits, entropy, &e), HW_USAGE,
	    "%s", e.msg);
	hw_stream_stats(s, &st);
	is_int(st.tokens, 0, "then nothing was fed");
	is_int(hw_stream_score(s, ids, 0, bits, entropy, NULL), HW_OK,
	    "no tokens are fine");
	is_int(hw_stream_score(s, ids, 2, bits, entropy, NULL), HW_OK,
	    "and the stream goes on");
	ok(isnan(bits[0]) && isnan(entropy[0]), "nothing predicted the first");
	ok(isfinite(bits[1]) && bits[1] > 0 && entropy[1] > 0, "the next was");
	hw_stream_close(s);
}

static void broken_model(void)
{
	struct hw_model *m = net_open(&small);
	struct hw_stream_opts o = some();
	struct hw_stream *s = NULL;
	struct hw_err e = {0};

	net_spoil(m);
	is_int(hw_stream_open(&s, m, &o, NULL), HW_OK, "a model with a NaN");
	is_int(hw_stream_score(s, ids, 20, bits, entropy, &e), HW_CORRUPT,
	    "%s", e.msg);
	is_int(hw_stream_score(s, ids, 1, bits, entropy, NULL), HW_CORRUPT,
	    "and nothing comes after it");
	hw_stream_close(s);
	net_close(m);
}

/* How often pages are asked for ahead while n tokens are scored. */
static long advised_for(const struct hw_model *m, size_t n)
{
	struct hw_stream_opts o = some();
	struct hw_stream *s = NULL;
	long before = advised;

	if (hw_stream_open(&s, m, &o, NULL) != HW_OK ||
	    hw_stream_score(s, ids, n, bits, entropy, NULL) != HW_OK)
		return -1;
	hw_stream_close(s);
	return advised - before;
}

static void pages(const struct hw_model *m)
{
	long once = advised_for(m, 16);

#ifdef MADV_POPULATE_READ
	ok(once > 0, "the pages of weights are asked for");
#endif
	is_int(advised_for(m, 300), once, "by the first chunk and no other");
}

int main(void)
{
	struct hw_model *m = net_open(&small);

	for (size_t i = 0; i < 300; i++)
		ids[i] = (uint32_t)(net_random(i) % 61);
	memory(m);
	no_memory(m);
	bad_options(m);
	defaults(m);
	bad_ids(m);
	broken_model();
	pages(m);
	net_close(m);
	return tap_done();
}
