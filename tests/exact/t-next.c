/* SPDX-License-Identifier: MIT
 * lib/engine/next: a chosen token is the likeliest, or comes as often as its
 * probability says; and its scores are those of a token that was read. */
#include "tap.h"

#include "headwater.h"
#include "net.h"

#define V 61    /* tokens */
#define READ 30 /* of a text, before it goes on */
#define LONG 6000
#define DRAWS 1500

static const struct net_shape small = {V, 32, 2, 4, 2, 8, 48, 8, 10000,
	false, false, 1, 0, NET_LLAMA};
/* Several blocks of the vocabulary, and a soft-cap. */
static const struct net_shape wide = {700, 32, 3, 4, 2, 8, 48, 8, 10000,
	true, false, 2, 6, NET_GEMMA};
static uint32_t ids[READ + LONG];
static float bits[READ + LONG], entropy[READ + LONG], b2[READ + LONG],
    h2[READ + LONG];

static struct hw_stream *begun(const struct hw_model *m, int threads)
{
	struct hw_stream_opts o = {.sinks = 4, .window = 50, .chunk = 16,
	    .threads = threads};
	struct hw_stream *s = NULL;

	if (hw_stream_open(&s, m, &o, NULL) != HW_OK ||
	    hw_stream_score(s, ids, READ, bits, entropy, NULL) != HW_OK)
		abort();
	return s;
}

/* n tokens more; false: it could not. */
static bool go_on(struct hw_stream *s, struct hw_choice how, size_t n)
{
	for (size_t i = READ; i < READ + n; i++)
		if (hw_stream_next(s, &how, &ids[i], &bits[i], &entropy[i],
		    NULL) != HW_OK)
			return false;
	return true;
}

/* -log2 p of every token after the first n. */
static void surprisals(const struct hw_model *m, size_t n, double *out,
    uint32_t n_vocab)
{
	struct hw_stream_opts o = {.sinks = 4, .window = 50, .chunk = 64,
	    .threads = 1};
	uint32_t last = ids[n];

	for (uint32_t id = 0; id < n_vocab; id++) {
		struct hw_stream *s = NULL;

		ids[n] = id;
		if (hw_stream_open(&s, m, &o, NULL) != HW_OK ||
		    hw_stream_score(s, ids, n + 1, b2, h2, NULL) != HW_OK)
			abort();
		out[id] = (double)b2[n];
		hw_stream_close(s);
	}
	ids[n] = last;
}

static void greedy(const struct net_shape *shape, const char *what)
{
	struct hw_model *m = net_open(shape);
	struct hw_stream *s = begun(m, 2);
	static double all[700];
	size_t best = 0, n = 12;

	ok(go_on(s, (struct hw_choice){0, 0}, n), "%s: goes on", what);
	hw_stream_close(s);
	for (size_t i = READ; i < READ + n; i++) {
		uint32_t id = 0;

		surprisals(m, i, all, (uint32_t)shape->vocab);
		for (uint32_t j = 1; j < (uint32_t)shape->vocab; j++)
			if (all[j] < all[id])
				id = j;
		best += id == ids[i];
	}
	is_int(best, n, "each is the likeliest of all");
	net_close(m);
}

static void same_scores(void)
{
	struct hw_model *m = net_open(&small);
	struct hw_choice how = {1, 7};
	struct hw_stream *s = begun(m, 3);
	double worst = 0;
	size_t n = 300;
	uint32_t first[300];

	ok(go_on(s, how, n), "by chance");
	hw_stream_close(s);
	s = begun(m, 1);
	is_int(hw_stream_score(s, ids + READ, n, b2, h2, NULL), HW_OK,
	    "read again");
	for (size_t i = 0; i < n; i++)
		worst = fmax(worst, fmax(fabs((double)(b2[i] -
		    bits[READ + i])), fabs((double)(h2[i] -
		    entropy[READ + i]))));
	ok(worst < 3e-3, "the same scores as when it is read, to rounding: "
	    "%.1e bits", worst);
	hw_stream_close(s);

	memcpy(first, ids + READ, sizeof(first));
	s = begun(m, 1);
	ok(go_on(s, how, n) && memcmp(first, ids + READ, sizeof(first)) == 0,
	    "the same seed, the same tokens, with other threads");
	hw_stream_close(s);
	s = begun(m, 1);
	how.seed = 8;
	ok(go_on(s, how, n) && memcmp(first, ids + READ, sizeof(first)) != 0,
	    "another seed, others");
	hw_stream_close(s);
	net_close(m);
}

/* A token's surprisal is, on the average, the entropy. */
static void average(void)
{
	struct hw_model *m = net_open(&small);
	struct hw_stream *s = begun(m, 1);
	double sum = 0, squares = 0;

	ok(go_on(s, (struct hw_choice){1, 1}, LONG), "%d tokens", LONG);
	for (size_t i = READ; i < READ + LONG; i++) {
		double x = (double)bits[i] - (double)entropy[i];

		sum += x;
		squares += x * x;
	}
	ok(fabs(sum) < 4 * sqrt(squares), "they surprise as expected: %.2f "
	    "deviations from it", sum / sqrt(squares));
	hw_stream_close(s);
	net_close(m);
}

/* How often each token follows the same text: as p^(1/T) says. */
static void frequencies(double temperature)
{
	static double all[V];
	struct hw_model *m = net_open(&small);
	unsigned count[V] = {0};
	double sum = 0, chi = 0, rest = 0, seen = 0;
	int cells = 0;

	surprisals(m, READ, all, V);
	for (size_t id = 0; id < V; id++)
		sum += all[id] = exp2(-all[id] / temperature);
	for (uint64_t seed = 0; seed < DRAWS; seed++) {
		struct hw_stream *s = begun(m, 1);

		if (!go_on(s, (struct hw_choice){temperature, seed}, 1))
			abort();
		count[ids[READ]]++;
		hw_stream_close(s);
	}
	for (size_t id = 0; id < V; id++) {
		double want = DRAWS * all[id] / sum, got = count[id];

		if (want < 5) {
			rest += want;
			seen += got;
			continue;
		}
		chi += (got - want) * (got - want) / want;
		cells++;
	}
	if (rest >= 5) {
		chi += (seen - rest) * (seen - rest) / rest;
		cells++;
	}
	ok(cells > 5 && chi < cells + 5 * sqrt(2.0 * cells),
	    "T = %g: chi-squared %.1f over %d", temperature, chi, cells);
	net_close(m);
}

static void refused(void)
{
	struct hw_model *m = net_open(&small);
	struct hw_stream_opts o = {.window = 50, .chunk = 16, .threads = 1};
	struct hw_choice how = {0, 0};
	struct hw_stream *s = NULL;
	struct hw_err e = {0};

	is_int(hw_stream_open(&s, m, &o, NULL), HW_OK, "an empty stream");
	is_int(hw_stream_next(s, &how, ids, bits, entropy, &e), HW_USAGE,
	    "%s", e.msg);
	is_int(hw_stream_score(s, ids, 3, bits, entropy, NULL), HW_OK, "fed");
	how.temperature = -1;
	is_int(hw_stream_next(s, &how, ids, bits, entropy, NULL), HW_USAGE,
	    "a negative temperature");
	how.temperature = (double)NAN;
	is_int(hw_stream_next(s, &how, ids, bits, entropy, NULL), HW_USAGE,
	    "none at all");
	hw_stream_close(s);
	s = NULL;
	o.mode = HW_CACHE_RECOMPUTE;
	how.temperature = 0;
	is_int(hw_stream_open(&s, m, &o, NULL), HW_OK, "re-computation");
	e = (struct hw_err){0};
	is_int(hw_stream_next(s, &how, ids, bits, entropy, &e), HW_USAGE,
	    "%s", e.msg);
	hw_stream_close(s);
	s = NULL;
	o.mode = HW_CACHE_DENSE;
	o.window = 4;
	is_int(hw_stream_open(&s, m, &o, NULL), HW_OK, "a dense cache");
	is_int(hw_stream_score(s, ids, 4, bits, entropy, NULL), HW_OK, "of 5");
	is_int(hw_stream_next(s, &how, ids, bits, entropy, NULL), HW_OK,
	    "takes the fifth");
	e = (struct hw_err){0};
	is_int(hw_stream_next(s, &how, ids, bits, entropy, &e), HW_LIMIT,
	    "%s", e.msg);
	hw_stream_close(s);
	net_spoil(m);
	o.mode = HW_CACHE_SINK;
	s = NULL;
	is_int(hw_stream_open(&s, m, &o, NULL), HW_OK, "a model with a NaN");
	net_begin_with(m, 1);
	is_int(hw_stream_next(s, &how, ids, bits, entropy, &e), HW_USAGE,
	    "still nothing to go on from");
	hw_stream_close(s);
	s = NULL;
	is_int(hw_stream_open(&s, m, &o, NULL), HW_OK, "one with BOS");
	e = (struct hw_err){0};
	is_int(hw_stream_next(s, &how, ids, bits, entropy, &e), HW_CORRUPT,
	    "%s", e.msg);
	hw_stream_close(s);
	net_close(m);
}

int main(void)
{
	for (size_t i = 0; i < READ; i++)
		ids[i] = (uint32_t)(net_random(i) % V);
	greedy(&small, "a small vocabulary");
	greedy(&wide, "one of three blocks");
	same_scores();
	average();
	frequencies(1);
	frequencies(0.5);
	frequencies(2);
	refused();
	return tap_done();
}
