/* SPDX-License-Identifier: MIT
 * soak [-m MODEL] [-n TOKENS] [-k EVERY] [-w WINDOW] [-c CHUNK] [-t THREADS]
 *
 * A long stream through a model: a line of the curve every EVERY tokens, and
 * at the end whether memory stood still.  Fails if anything was allocated
 * after the start, or if resident memory grew by more than 1 MiB after the
 * first line.
 *
 * What only this file knows: what is measured.  `CPU us` is processor time a
 * token, on all threads together, which other work on the machine disturbs
 * less than `tokens/s`.  `slowest` is the worst time a token of any call in
 * the interval: a cache that stalls would show there, and in the last lines:
 * the processor time a token of all calls, once the cache is full. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#include "headwater.h"

#include "bench/clock.h"

#define MAX_GROWTH_KIB 1024

struct soak {
	const char *model;
	long tokens, every;
	struct hw_stream_opts o;
	struct tap_alloc count;
	double *took; /* (calls) processor seconds a token */
	size_t calls;
};

static long rss_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	char line[128] = "", *p;
	long pages = 0;

	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) != NULL &&
	    (p = strchr(line, ' ')) != NULL)
		pages = strtol(p, NULL, 10);
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void options(struct soak *k, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "m:n:k:w:c:t:")) != -1) {
		long x = c == 'm' ? 0 : strtol(optarg, NULL, 10);

		if (c == 'm')
			k->model = optarg;
		else if (c == 'n')
			k->tokens = x;
		else if (c == 'k')
			k->every = x;
		else if (c == 'w')
			k->o.window = (int)x;
		else if (c == 'c')
			k->o.chunk = (int)x;
		else if (c == 't')
			k->o.threads = (int)x;
		else
			exit(2);
	}
}

/* One interval; returns false if the stream failed. */
static bool interval(struct soak *k, struct hw_stream *s, long n,
    uint64_t *state, int vocab, double *slowest, double *bits_sum,
    struct hw_err *e)
{
	static uint32_t ids[1 << 14];
	static float bits[1 << 14], entropy[1 << 14];

	*slowest = *bits_sum = 0;
	for (long i = 0, m; i < n; i += m) {
		struct span took = span_begin();

		m = n - i < k->o.chunk ? n - i : k->o.chunk;
		random_ids(ids, (size_t)m, state, vocab);
		if (hw_stream_score(s, ids, (size_t)m, bits, entropy, e) !=
		    HW_OK)
			return false;
		took = span_since(took);
		*slowest = fmax(*slowest, took.wall / (double)m);
		k->took[k->calls++] = took.cpu / (double)m;
		for (long j = 0; j < m; j++)
			*bits_sum += isnan(bits[j]) ? 0 : (double)bits[j];
	}
	return true;
}

/* Of all calls but those that filled the cache. */
static void print_spread(const struct soak *k)
{
	size_t first = (size_t)((k->o.sinks + k->o.window) / k->o.chunk + 2);
	double *t = k->took + first, median;
	size_t n = k->calls - first;

	if (k->calls <= first)
		return;
	median = quantile(t, n, 0.5);
	printf("# CPU us a token of %zu calls: median %.1f, p99 %.1f, "
	    "p99.9 %.1f (%.2f times the median), most %.1f\n", n,
	    median * 1e6, quantile(t, n, 0.99) * 1e6,
	    quantile(t, n, 0.999) * 1e6, quantile(t, n, 0.999) / median,
	    quantile(t, n, 1) * 1e6);
}

static bool soak(struct soak *k, struct hw_stream *s, int vocab)
{
	long before = k->count.count, rss0 = 0, rss = 0;
	uint64_t state = 1;
	struct hw_err e = {0};

	printf("# %10s %10s %10s %12s %10s %12s %10s\n", "tokens",
	    "tokens/s", "CPU us", "slowest us", "RSS KiB", "allocations",
	    "bits/token");
	for (long done = 0, n; done < k->tokens; done += n) {
		double t = now(CLOCK_MONOTONIC), slowest, bits;
		double cpu = now(CLOCK_PROCESS_CPUTIME_ID);

		n = k->tokens - done < k->every ? k->tokens - done : k->every;
		if (!interval(k, s, n, &state, vocab, &slowest, &bits, &e))
			return ok(false, "%s", e.msg);
		rss = rss_kib();
		if (done == 0)
			rss0 = rss;
		cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		printf("# %10ld %10.0f %10.1f %12.1f %10ld %12ld %10.4f\n",
		    done + n, (double)n / (now(CLOCK_MONOTONIC) - t),
		    cpu / (double)n * 1e6, slowest * 1e6, rss,
		    k->count.count - before, bits / (double)n);
		fflush(stdout);
	}
	print_spread(k);
	ok(k->count.count == before, "nothing was allocated after the start");
	return ok(rss - rss0 <= MAX_GROWTH_KIB, "resident memory is flat "
	    "(%+ld KiB since the first line)", rss - rss0);
}

int main(int argc, char **argv)
{
	struct soak k = {.model = NULL, .tokens = 5000000, .every = 100000,
	    .o = {.sinks = -1}};
	struct hw_alloc alloc = {tap_alloc_get, tap_alloc_put, &k.count};
	struct hw_stream_stats st;
	struct hw_model *m = NULL;
	struct hw_stream *s = NULL;
	struct hw_err e = {0};
	char bundled[4096];
	size_t bytes;

	options(&k, argc, argv);
	if (k.model == NULL) {
		const char *src = getenv("srcdir");

		snprintf(bundled, sizeof(bundled),
		    "%s/lib/model/headwater-log.gguf", src != NULL ? src : ".");
		k.model = bundled;
	}
	if (hw_model_open(&m, k.model, NULL, &e) != HW_OK) {
		fprintf(stderr, "soak: %s\n", e.msg);
		return 2;
	}
	k.o.alloc = &alloc;
	k.o.cpu = getenv("HEADWATER_CPU");
	hw_stream_defaults(&k.o, m);
	/* All its pages are touched now: they are no growth. */
	bytes = (size_t)(k.tokens / k.o.chunk + k.tokens / k.every + 2) *
	    sizeof(*k.took);
	k.took = malloc(bytes);
	if (k.took == NULL)
		return 2;
	memset(k.took, 1, bytes);
	if (hw_stream_open(&s, m, &k.o, &e) != HW_OK) {
		fprintf(stderr, "soak: %s\n", e.msg);
		return 2;
	}
	hw_stream_stats(s, &st);
	printf("# %s: %d + %d tokens, chunks of %d, %d threads, %.1f MiB\n"
	    "# %s\n", hw_model_info(m)->name, st.sinks, st.window, st.chunk,
	    st.threads, (double)st.memory / (1 << 20), st.kernels);
	soak(&k, s, hw_model_info(m)->n_vocab);
	hw_stream_close(s);
	hw_model_close(m);
	free(k.took);
	return tap_done();
}
