/* SPDX-License-Identifier: MIT
 * classes [MODEL]...: how long texts of one class of characters take to become
 * tokens, by every pre-tokenizer of the table with a small vocabulary, and by
 * the models given: 512 KiB, 1 MiB, and 26,000 letters.  Processor time, the
 * best of some rounds; of what twice as much takes the median of their ratios,
 * since a shared core changes its speed between rounds more than within one.
 * The last lines are the largest of all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"
#include "fixtures/pretok_names.h"
#include "fixtures/recipe.h"
#include "model/arch.h"

#define HALF ((size_t)512 << 10)
#define LETTERS ((size_t)26000)
#define ROUNDS 7

static const char *const classes[] = {"a", "Z", "0", " ", "\n", "\r\n", "\t",
    ".", "'", "\xc3\xa9", "e\xcc\x81", "\xcc\x81", "\xe4\xb8\xad",
    "\xe3\x81\x82", "\xed\x95\x9c", "\xd8\xa7", "\xe2\x82\xac",
    "\xf0\x9f\x98\x80", "\xc2\xa0", "\xff", "a1", "aB", " .", "\xe2\x96\x81"};
#define N_CLASSES (sizeof(classes) / sizeof(*classes))

static unsigned char text[2 * HALF];
static struct worst {
	double value;
	char what[96];
} longest, letters, growth;

static void raise_to(struct worst *w, double value, const char *what, size_t k)
{
	int n = 0;

	if (value <= w->value)
		return;
	w->value = value;
	n = snprintf(w->what, sizeof(w->what), "%s,", what);
	for (const char *p = classes[k]; n > 0 && *p != '\0'; p++)
		n += snprintf(w->what + n, sizeof(w->what) - (size_t)n,
		    " %02x", (unsigned)(unsigned char)*p);
}

static void fill(size_t k)
{
	size_t n = strlen(classes[k]);

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)classes[k][i % n];
}

/* What the first n bytes take; *best becomes it, if that is less. */
static double encode(struct hw_tok *t, size_t n, double *best)
{
	double from = now(CLOCK_PROCESS_CPUTIME_ID), took;
	const uint32_t *ids;
	size_t count;

	if (hw_tok_encode(t, text, n, &ids, &count, NULL) != HW_OK) {
		fprintf(stderr, "classes: a text is not encoded\n");
		exit(1);
	}
	took = now(CLOCK_PROCESS_CPUTIME_ID) - from;
	*best = took < *best ? took : *best;
	return took;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct hw_model *m, const char *what)
{
	struct hw_tok_opts o = {0};
	struct hw_tok *t = NULL;
	struct hw_err e = {0};
	double most = 0, grows = 0;

	if (hw_tok_open(&t, m, &o, &e) != HW_OK) {
		printf("%s: %s\n", what, e.msg);
		return;
	}
	for (size_t k = 0; k < N_CLASSES; k++) {
		double half = 1e9, whole = 1e9, few = 1e9, ratio[ROUNDS];

		fill(k);
		for (int i = 0; i < ROUNDS; i++) {
			double once = encode(t, HALF, &half);

			ratio[i] = encode(t, 2 * HALF, &whole) / once;
			(void)encode(t, LETTERS, &few);
		}
		qsort(ratio, ROUNDS, sizeof(*ratio), by_size);
		raise_to(&longest, half, what, k);
		raise_to(&letters, few, what, k);
		raise_to(&growth, ratio[ROUNDS / 2], what, k);
		most = half > most ? half : most;
		grows = ratio[ROUNDS / 2] > grows ? ratio[ROUNDS / 2] : grows;
	}
	printf("%-40s %6.1f ms, doubling %.2f times\n", what, most * 1e3,
	    grows);
	hw_tok_close(t);
}

static void small(const char *name)
{
	struct recipe r = {.vocab = 290, .d = 4, .layers = 1, .heads = 1,
	    .kv = 1, .ffn = 4, .context = 16, .theta = 10000, .words = true,
	    .tied = true, .name = "small"};
	struct hw_model_opts o = {.vocab_only = true};
	struct hw_model *m = NULL;
	struct hw_err e = {0};
	struct hw_buf b;

	hw_buf_init(&b, NULL, (size_t)16 << 20);
	r.pre = name;
	if (recipe_check(&r) != NULL)
		abort();
	recipe_file(&r, &b);
	if (hw_model_open_bytes(&m, (struct hw_view){b.p, b.n}, name, &o,
	    &e) == HW_OK)
		measure(m, name);
	else
		printf("%s\n", e.msg);
	hw_model_close(m);
	hw_buf_release(&b);
}

int main(int argc, char **argv)
{
	struct hw_model_opts o = {.vocab_only = true};

	for (size_t i = 0; i < PRETOK_NAMES; i++)
		small(pretok_names[i]);
	for (int i = 1; i < argc; i++) {
		struct hw_model *m = NULL;
		struct hw_err e = {0};
		const char *slash = strrchr(argv[i], '/');

		if (hw_model_open(&m, argv[i], &o, &e) == HW_OK)
			measure(m, slash != NULL ? slash + 1 : argv[i]);
		else
			printf("%s\n", e.msg);
		hw_model_close(m);
	}
	printf("512 KiB: at most %.1f ms (%s)\n", longest.value * 1e3,
	    longest.what);
	printf("26,000 bytes: at most %.1f ms (%s)\n", letters.value * 1e3,
	    letters.what);
	printf("twice as much: at most %.2f times (%s)\n", growth.value,
	    growth.what);
	return 0;
}
