/* SPDX-License-Identifier: MIT
 * A digest on a vocabulary whose tokens are bytes, fed line by line: what the
 * tests of lib/digest as a whole share. */
#ifndef HW_TESTS_BED_H
#define HW_TESTS_BED_H

#include "tap.h"

#include "base/vocab.h"

#define NOW INT64_C(1795575900000) /* 2026-11-25 03:05:00 UTC */

struct bed {
	struct hw_vocab *vocab;
	struct hw_digest *d;
	const struct hw_window *w; /* the last that ended */
	int windows;
	uint64_t line;
	int64_t now;
	unsigned flags;
	struct hw_err e;
};

static inline struct hw_vocab *bytes_vocab(void)
{
	struct hw_vocab *v = NULL;

	if (hw_vocab_open(&v, 257, 259, NULL, NULL) != HW_OK)
		exit(1);
	for (int c = 0; c < 256; c++)
		hw_vocab_add(v, &(unsigned char){(unsigned char)c}, 1,
		    HW_TOKEN_NORMAL);
	hw_vocab_add(v, "<s>", 3, HW_TOKEN_SPECIAL);
	hw_vocab_seal(v);
	return v;
}

static inline struct bed bed(struct hw_digest_opts o)
{
	struct bed b = {.vocab = bytes_vocab(), .now = NOW};

	o.vocab = b.vocab;
	if (hw_digest_open(&b.d, &o, &b.e) != HW_OK)
		printf("Bail out! %s\n", b.e.msg);
	return b;
}

static inline void done(struct bed *b)
{
	hw_digest_close(b->d);
	hw_vocab_close(b->vocab);
}

static inline void drain(struct bed *b)
{
	const struct hw_window *w;

	while (hw_digest_next(b->d, b->now, &w, &b->e) == HW_OK) {
		b->w = w;
		b->windows++;
	}
}

/* A record of n bytes; odd_at >= 0: scored, with a surprise of 40 bits there
 * and little elsewhere. */
static inline void put(struct bed *b, const void *p, size_t n, int odd_at)
{
	static uint32_t ids[70000];
	static float bits[70000], entropy[70000];
	struct hw_record r = {.line = ++b->line, .n = n, .ids = ids,
	    .flags = b->flags, .arrival_ms = b->now};
	struct hw_scores s = {n, bits, entropy};

	for (size_t i = 0; i < n; i++) {
		ids[i] = ((const unsigned char *)p)[i];
		bits[i] = (int)i == odd_at ? 40 : 1;
		entropy[i] = 1;
	}
	if (hw_digest_record(b->d, &r, odd_at >= 0 ? &s : NULL, b->now,
	    &b->e) != HW_OK)
		printf("Bail out! %s\n", b->e.msg);
	drain(b);
}

static inline void say(struct bed *b, const char *text)
{
	put(b, text, strlen(text), -1);
}

static inline const struct hw_row *row(const struct hw_window *w,
    enum hw_row_kind kind, const char *text)
{
	for (size_t i = 0; i < w->n_rows; i++)
		if (w->rows[i].kind == kind && w->rows[i].template_text.n ==
		    strlen(text) && memcmp(w->rows[i].template_text.p, text,
		    strlen(text)) == 0)
			return &w->rows[i];
	return NULL;
}

/* n windows of 100 ordinary records, a second each. */
static inline void ordinary(struct bed *b, int n)
{
	char s[128];

	for (int i = 0; i < 100 * n; i++, b->now += 1000) {
		snprintf(s, sizeof(s), i % 5 == 0 ?
		    "INFO heartbeat of worker-%d is fine\n" :
		    "INFO served request %d in good time\n", i);
		say(b, s);
	}
}

static inline struct hw_digest_opts hundred(void)
{
	return (struct hw_digest_opts){.every_records = 100,
	    .max_templates = 500};
}

#endif
