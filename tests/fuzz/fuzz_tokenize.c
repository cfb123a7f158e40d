/* SPDX-License-Identifier: MIT
 * Fuzz target: text.  Whatever the bytes are, the records that they are cut
 * into are all of them, their ids spell them again, there are no more ids than
 * bytes, and none is a special token.  By the bundled vocabulary, and by small
 * ones of characters and of scores. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/arch.h"

const char fuzz_name[] = "tokenize";

/* Tokens of the small vocabularies behind those of all bytes. */
#define U "\xe2\x96\x81" /* a space */
static const char *const words[] = {U, "a", "b", "e", "1", "\\n", U U, "ab",
    U "a", U "ab", "aa", "aaaa", "\xc3\xa9", "e\xcc\x81", "11",
    "1a", "\\n\\n", U U U U};

static struct kind {
	struct hw_model *model;
	struct hw_tok *tok;
} bundled, chars, scores;

static void open_bundled(void)
{
	struct hw_model_opts mo = {.vocab_only = true};
	struct hw_tok_opts to = {0};
	const char *dir = getenv("srcdir");
	struct hw_err e = {0};
	char path[4096];

	snprintf(path, sizeof(path), "%s/lib/model/headwater-log.gguf",
	    dir != NULL ? dir : ".");
	if (hw_model_open(&bundled.model, path, &mo, &e) == HW_OK &&
	    hw_tok_open(&bundled.tok, bundled.model, &to, &e) == HW_OK)
		return;
	fprintf(stderr, "%s\n", e.msg);
	exit(99);
}

static void write_small(struct hw_buf *b, bool unigram)
{
	const char *entry = unigram ? "%s[\"%s\",-%d]" : "%s\"%s\":%d";
	char text[64], word[16];
	int n = 0;

	hw_buf_str(b, unigram ? "{\"model\":{\"type\":\"Unigram\","
	    "\"byte_fallback\":true,\"unk_id\":0,\"vocab\":[" :
	    "{\"model\":{\"type\":\"BPE\",\"byte_fallback\":true,"
	    "\"unk_token\":\"<0x00>\",\"vocab\":{");
	for (; n < 256; n++) {
		snprintf(word, sizeof(word), "<0x%02X>", (unsigned)n);
		snprintf(text, sizeof(text), entry, n > 0 ? "," : "", word, n);
		hw_buf_str(b, text);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		snprintf(text, sizeof(text), entry, ",", words[i], unigram ?
		    (int)(5 * i % 17) : n++);
		hw_buf_str(b, text);
	}
	hw_buf_str(b, unigram ? "]}" : "},\"merges\":[\"a b\",\"" U " a\","
	    "\"" U " " U "\",\"" U " ab\",\"a a\",\"aa aa\",\"1 1\",\"1 a\","
	    "\"\\n \\n\",\"" U U " " U U "\"]}");
	hw_buf_str(b, ",\"normalizer\":{\"type\":\"Replace\",\"pattern\":"
	    "{\"String\":\" \"},\"content\":\"" U "\"}}");
}

static void open_small(struct kind *k, bool unigram)
{
	struct hw_model_opts mo = {.vocab_only = true};
	struct hw_tok_opts to = {0};
	struct hw_err e = {0};
	struct hw_buf b;

	hw_buf_init(&b, NULL, 1 << 16);
	write_small(&b, unigram);
	if (hw_model_open_bytes(&k->model, (struct hw_view){b.p, b.n}, "small",
	    &mo, &e) != HW_OK || hw_tok_open(&k->tok, k->model, &to, &e) !=
	    HW_OK) {
		fprintf(stderr, "%s\n", e.msg);
		exit(99);
	}
	hw_buf_release(&b);
}

/* The ids of p, spelled again, are p, if the tokenizer says that they are. */
static void round_trip(const struct kind *k, const uint8_t *p, size_t n,
    bool always)
{
	const struct hw_vocab *v = hw_model_vocab(k->model);
	const uint32_t *ids = NULL;
	size_t n_ids = 0, at = 0;
	bool exact;

	if (hw_tok_encode(k->tok, p, n, &ids, &n_ids, NULL) != HW_OK ||
	    n_ids > n)
		abort();
	exact = always || hw_tok_exact(k->tok);
	for (size_t i = 0; i < n_ids; i++) {
		struct hw_view b;

		if (ids[i] >= hw_vocab_size(v) ||
		    hw_vocab_kind(v, ids[i]) != HW_TOKEN_NORMAL)
			abort();
		b = hw_vocab_bytes(v, ids[i]);
		if (exact && (b.n > n - at || memcmp(b.p, p + at, b.n) != 0))
			abort();
		at += b.n;
	}
	if (exact && at != n)
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
		round_trip(&bundled, r.bytes.p, r.bytes.n, true);
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
	if (bundled.tok == NULL) {
		open_bundled();
		open_small(&chars, false);
		open_small(&scores, true);
	}
	round_trip(&bundled, p, n, true);
	round_trip(&chars, p, n, false);
	round_trip(&scores, p, n, false);
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
		" aab 11a \n\n\n     e\xcc\x81\xe2\x96\x81xaaaaaaaa\n",
	};

	if (i >= (int)(sizeof(seeds) / sizeof(*seeds)))
		return false;
	hw_buf_str(b, seeds[i]);
	return true;
}
