/* SPDX-License-Identifier: MIT
 * Fuzz target: text.  Whatever the bytes are, the records that they are cut
 * into are all of them, their ids spell them again, there are no more ids than
 * bytes, and none is a special token. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char fuzz_name[] = "tokenize";

static struct hw_model *model;
static struct hw_tok *tok;

static void open_once(void)
{
	struct hw_model_opts mo = {.vocab_only = true};
	struct hw_tok_opts to = {0};
	const char *dir = getenv("srcdir");
	struct hw_err e = {0};
	char path[4096];

	if (tok != NULL)
		return;
	snprintf(path, sizeof(path), "%s/lib/model/headwater-log.gguf",
	    dir != NULL ? dir : ".");
	if (hw_model_open(&model, path, &mo, &e) == HW_OK &&
	    hw_tok_open(&tok, model, &to, &e) == HW_OK)
		return;
	fprintf(stderr, "%s\n", e.msg);
	exit(99);
}

/* The ids of p, spelled again, are p. */
static void round_trip(const uint8_t *p, size_t n)
{
	const struct hw_vocab *v = hw_model_vocab(model);
	const uint32_t *ids = NULL;
	size_t n_ids = 0, at = 0;

	if (hw_tok_encode(tok, p, n, &ids, &n_ids, NULL) != HW_OK ||
	    n_ids > n)
		abort();
	for (size_t i = 0; i < n_ids; i++) {
		struct hw_view b;

		if (ids[i] >= hw_vocab_size(v) ||
		    hw_vocab_kind(v, ids[i]) != HW_TOKEN_NORMAL)
			abort();
		b = hw_vocab_bytes(v, ids[i]);
		if (b.n > n - at || memcmp(b.p, p + at, b.n) != 0)
			abort();
		at += b.n;
	}
	if (at != n)
		abort();
}

/* The bytes come in reads of all sizes; *at: how many came out. */
static void take(struct hw_split *s, const uint8_t *p, size_t *at, bool end)
{
	struct hw_piece r;

	while (hw_split_next(s, &r) == HW_OK ||
	    (end && hw_split_finish(s, &r) == HW_OK)) {
		if (r.bytes.n == 0 || r.bytes.n > 16 || r.offset != *at ||
		    memcmp(r.bytes.p, p + *at, r.bytes.n) != 0)
			abort();
		round_trip(r.bytes.p, r.bytes.n);
		*at += r.bytes.n;
	}
}

static void records(const uint8_t *p, size_t n)
{
	struct hw_split_opts o = {.delim = '\n', .max_record = 16};
	struct hw_split *s = NULL;
	size_t in = 0, out = 0;

	if (hw_split_open(&s, &o, NULL) != HW_OK)
		abort();
	while (in < n) {
		size_t cap, one = 1 + in % 7;
		void *space = hw_split_space(s, &cap);

		one = one < n - in ? one : n - in;
		one = one < cap ? one : cap;
		memcpy(space, p + in, one);
		hw_split_added(s, one);
		in += one;
		take(s, p, &out, false);
	}
	take(s, p, &out, true);
	if (out != n)
		abort();
	hw_split_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	open_once();
	round_trip(p, n);
	records(p, n);
	return 0;
}

bool fuzz_seed(int i, struct hw_buf *b)
{
	static const char *const seeds[] = {
		"2026-11-25 04:40:12,007 WARN [pool-1] <|sink|>\tretry\r\n",
		"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\xcc\x81 "
		"\xed\xa0\x80 "
		"\xff\xfe \xc2\xa0\xe3\x80\x80.\n\n  x  \n",
	};

	if (i >= (int)(sizeof(seeds) / sizeof(*seeds)))
		return false;
	hw_buf_str(b, seeds[i]);
	return true;
}
