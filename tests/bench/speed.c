/* SPDX-License-Identifier: MIT
 * speed [-t THREADS] [-r ROUNDS] [-k KV] [-s SINKS] [-w WINDOW] [-c CHUNK]
 *       MODEL...
 *
 * How fast a stream reads and writes: for each model a row for an empty cache
 * and a row for a full one.
 *
 * What only this file knows: what is measured.  Reading: chunks of 512
 * tokens, each with its surprisal.  Writing: one token after the other, the
 * likeliest, chosen and fed.
 * Rounds are spread over the whole of a model's time and their median counts:
 * other work on the machine comes and goes.  Memory is what the formula says,
 * and what became resident. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "headwater.h"

#include "bench/clock.h"

enum { CHUNK = 512, TOKENS = 32, MAX_ROUNDS = 99 };

struct speed {
	struct hw_stream_opts o;
	struct hw_model *model;
	struct hw_stream *stream;
	uint64_t state;
	int rounds;
};

static void die(const char *what)
{
	fprintf(stderr, "speed: %s\n", what);
	exit(2);
}

/* What is resident; own: of no file. */
static double resident_mib(bool own)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long all = 0, pages = 0, mapped = 0;

	if (f == NULL || fscanf(f, "%ld %ld %ld", &all, &pages, &mapped) != 3)
		pages = mapped = 0;
	if (f != NULL)
		fclose(f);
	return (double)(own ? pages - mapped : pages) *
	    (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static void open_stream(struct speed *b)
{
	struct hw_err e = {0};

	if (hw_stream_open(&b->stream, b->model, &b->o, &e) != HW_OK)
		die(e.msg);
}

/* n tokens, `step` a call. */
static struct span feed(struct speed *b, size_t n, size_t step)
{
	static uint32_t ids[CHUNK];
	static float bits[CHUNK], entropy[CHUNK];
	struct span begin = span_begin();
	struct hw_err e = {0};

	for (size_t i = 0; i < n; i += step) {
		size_t m = n - i < step ? n - i : step;

		random_ids(ids, m, &b->state, hw_model_info(b->model)->n_vocab);
		if (hw_stream_score(b->stream, ids, m, bits, entropy, &e) !=
		    HW_OK)
			die(e.msg);
	}
	return span_since(begin);
}

/* n tokens that the model writes. */
static struct span go_on(struct speed *b, size_t n)
{
	struct span begin = span_begin();
	struct hw_choice how = {0, 0};
	struct hw_err e = {0};
	float bits, entropy;
	uint32_t id;

	for (size_t i = 0; i < n; i++)
		if (hw_stream_next(b->stream, &how, &id, &bits, &entropy,
		    &e) != HW_OK)
			die(e.msg);
	return span_since(begin);
}

struct figures {
	double wall[MAX_ROUNDS], cpu[MAX_ROUNDS];
};

static void note(struct figures *f, int round, struct span took, size_t n)
{
	f->wall[round] = took.wall / (double)n;
	f->cpu[round] = took.cpu / (double)n;
}

static void print(const struct speed *b, const char *fill,
    struct figures *read, struct figures *write)
{
	size_t n = (size_t)b->rounds;

	printf("%-16s %2d %-6s %10.0f %10.1f %10.1f %10.1f\n",
	    hw_model_info(b->model)->name, b->o.threads, fill,
	    1 / quantile(read->wall, n, 0.5),
	    quantile(read->cpu, n, 0.5) * 1e6,
	    1 / quantile(write->wall, n, 0.5),
	    quantile(write->cpu, n, 0.5) * 1e6);
	fflush(stdout);
}

static void empty(struct speed *b)
{
	struct figures read, write;

	for (int i = 0; i < b->rounds; i++) {
		open_stream(b);
		feed(b, 1, 1);
		go_on(b, 1); /* touch what is there */
		note(&write, i, go_on(b, TOKENS), TOKENS);
		hw_stream_close(b->stream);
		open_stream(b);
		note(&read, i, feed(b, CHUNK, CHUNK), CHUNK);
		hw_stream_close(b->stream);
	}
	print(b, "empty", &read, &write);
}

/* before: memory that was resident before there was any stream; what one has
 * given back may stay resident for the next. */
static void full(struct speed *b, double before)
{
	struct figures read, write;
	struct hw_stream_stats st;

	open_stream(b);
	feed(b, (size_t)(b->o.sinks + b->o.window) + CHUNK, CHUNK);
	for (int i = 0; i < b->rounds; i++) {
		note(&read, i, feed(b, CHUNK, CHUNK), CHUNK);
		note(&write, i, go_on(b, TOKENS), TOKENS);
	}
	print(b, "full", &read, &write);
	hw_stream_stats(b->stream, &st);
	printf("# %s: stream %.1f MiB, resident %.1f more (with the weights: "
	    "%.1f); %s\n", hw_model_info(b->model)->name,
	    (double)st.memory / (1 << 20), resident_mib(true) - before,
	    resident_mib(false), st.kernels);
	hw_stream_close(b->stream);
}

static void options(struct speed *b, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "t:r:k:s:w:c:")) != -1) {
		int x = c == 'k' || c == '?' ? 0 :
		    (int)strtol(optarg, NULL, 10);

		switch (c) {
		case 't': b->o.threads = x; break;
		case 'r': b->rounds = x; break;
		case 'k':
			if (!hw_kv_named(&b->o.kv, optarg))
				die("-k: no such type");
			break;
		case 's': b->o.sinks = x; break;
		case 'w': b->o.window = x; break;
		case 'c': b->o.chunk = x; break;
		default: exit(2);
		}
	}
	if (b->rounds < 1 || b->rounds > MAX_ROUNDS)
		die("-r: 1 to 99 rounds");
}

int main(int argc, char **argv)
{
	struct speed given = {.rounds = 5, .o = {.sinks = -1}};

	given.o.cpu = getenv("HEADWATER_CPU");
	options(&given, argc, argv);
	printf("# %-14s %2s %-6s %10s %10s %10s %10s\n", "model", "t", "cache",
	    "read tok/s", "CPU us", "write t/s", "CPU us");
	for (int i = optind; i < argc; i++) {
		struct speed b = given;
		struct hw_err e = {0};
		double before;

		if (hw_model_open(&b.model, argv[i], NULL, &e) != HW_OK)
			die(e.msg);
		hw_stream_defaults(&b.o, b.model);
		before = resident_mib(true);
		empty(&b);
		full(&b, before);
		hw_model_close(b.model);
	}
	return 0;
}
