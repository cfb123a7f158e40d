/* SPDX-License-Identifier: MIT
 * recompute [-t THREADS] MODEL [CACHE]...: time a token, streaming beside the
 * sliding window with re-computation, for caches of so many tokens.
 *
 * What only this file knows: what is compared.  Both score one token at a
 * time, as who generates has to.  Streaming runs it through the layers once;
 * re-computation runs the whole window through them, in chunks, and wants the
 * logits of its end only: what the paper of StreamingLLM compares with.  In
 * processor time, by threads: other work on the machine comes and goes. */
#include <stdio.h>
#include <unistd.h>

#include "headwater.h"

#include "bench/clock.h"

enum { MOST = 1 << 16, ROUNDS = 5, TOKENS = 32 };

static void die(const char *what)
{
	fprintf(stderr, "recompute: %s\n", what);
	exit(2);
}

static void feed(struct hw_stream *s, int vocab, size_t n)
{
	static uint32_t ids[MOST];
	static float bits[MOST], entropy[MOST];
	static uint64_t state;
	struct hw_err e = {0};

	random_ids(ids, n, &state, vocab);
	if (hw_stream_score(s, ids, n, bits, entropy, &e) != HW_OK)
		die(e.msg);
}

/* Seconds of n tokens fed in calls of `step`, the middle of some rounds. */
static double seconds(struct hw_stream *s, int vocab, size_t n, size_t step)
{
	double took[ROUNDS];

	for (int r = 0; r < ROUNDS; r++) {
		struct span begin = span_begin();

		for (size_t i = 0; i < n; i += step)
			feed(s, vocab, step);
		took[r] = span_since(begin).cpu;
	}
	return quantile(took, ROUNDS, 0.5);
}

/* A token's milliseconds with a cache of n. */
static double measure(const struct hw_model *m, enum hw_cache_mode mode,
    int n, int threads)
{
	struct hw_stream_opts o = {.mode = mode, .window = n,
	    .threads = threads, .cpu = getenv("HEADWATER_CPU")};
	int vocab = hw_model_info(m)->n_vocab;
	struct hw_stream *s = NULL;
	struct hw_err e = {0};
	double t;

	/* The token itself takes a place, too. */
	if (mode == HW_CACHE_RECOMPUTE) {
		o.sample = n; /* of as many tokens, the last is read anew */
		o.window = n - 1;
	} else {
		o.sinks = 4;
		o.window = n - 5;
	}
	hw_stream_defaults(&o, m);
	if (hw_stream_open(&s, m, &o, &e) != HW_OK)
		die(e.msg);
	feed(s, vocab, (size_t)n);
	t = mode == HW_CACHE_RECOMPUTE ?
	    seconds(s, vocab, (size_t)n, (size_t)n) :
	    seconds(s, vocab, TOKENS, 1) / TOKENS;
	hw_stream_close(s);
	return t / threads * 1e3;
}

int main(int argc, char **argv)
{
	static char *const usual[] = {"256", "512", "1024", "2048", "4096"};
	int threads = 1, c, n = (int)(sizeof(usual) / sizeof(*usual));
	char *const *cache = usual;
	struct hw_model *m = NULL;
	struct hw_err e = {0};

	while ((c = getopt(argc, argv, "t:")) != -1)
		if (c == 't')
			threads = (int)strtol(optarg, NULL, 10);
		else
			return 2;
	if (optind >= argc || threads < 1)
		die("which model?");
	if (hw_model_open(&m, argv[optind], NULL, &e) != HW_OK)
		die(e.msg);
	if (optind + 1 < argc) {
		cache = argv + optind + 1;
		n = argc - optind - 1;
	}
	printf("# %s, %d threads: milliseconds a token\n"
	    "# %6s %12s %12s %8s\n", hw_model_info(m)->name, threads,
	    "cache", "streaming", "recomputed", "ratio");
	for (int i = 0; i < n; i++) {
		int size = (int)strtol(cache[i], NULL, 10);
		double once, anew;

		if (size < 16 || size > MOST)
			die("a cache of 16 to 65536 tokens");
		once = measure(m, HW_CACHE_SINK, size, threads);
		anew = measure(m, HW_CACHE_RECOMPUTE, size, threads);
		printf("%8d %12.3f %12.2f %8.1f\n", size, once, anew,
		    anew / once);
		fflush(stdout);
	}
	hw_model_close(m);
	return 0;
}
