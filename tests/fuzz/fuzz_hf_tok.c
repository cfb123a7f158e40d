/* SPDX-License-Identifier: MIT
 * Fuzz target: tokenizer.json.  Whatever it says, it is refused, or a text is
 * encoded by it to ids of its vocabulary, which spell the text or are said not
 * to. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/vocab.h"
#include "model/arch.h"

const char fuzz_name[] = "hf_tok";

static void encode(struct hw_tok *t, const struct hw_vocab *v)
{
	static const char text[] = " ab  a\xc3\xa9[X]b</s>\xff\xe2\x96\x81"
	    "12e\xcc\x81\xe1\x84\x80\xe1\x85\xa1\n";
	size_t n = 0, at = 0, same = 0, max = strlen(text);
	struct hw_err e = {0};
	const uint32_t *ids;

	if (hw_tok_encode(t, text, max, &ids, &n, &e) != HW_OK) {
		if (e.msg[0] == '\0')
			abort();
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct hw_view b;

		if (ids[i] >= hw_vocab_size(v))
			abort();
		b = hw_vocab_text(v, ids, i);
		if (b.n > 0 && b.n <= max - at)
			same += memcmp(b.p, text + at, b.n) == 0 ? b.n : 0;
		at = b.n <= max - at ? at + b.n : max;
	}
	if (hw_tok_exact(t) && same != max)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct hw_model_opts mo = {.vocab_only = true};
	struct hw_tok_opts to = {0};
	struct hw_model *m = NULL;
	struct hw_tok *t = NULL;
	struct hw_err e = {0};

	if (hw_model_open_bytes(&m, (struct hw_view){p, n}, "fuzz", &mo,
	    &e) != HW_OK) {
		if (e.msg[0] == '\0')
			abort();
		return 0;
	}
	if (hw_tok_open(&t, m, &to, &e) == HW_OK)
		encode(t, hw_model_vocab(m));
	else if (e.msg[0] == '\0')
		abort();
	hw_tok_close(t);
	hw_model_close(m);
	return 0;
}

bool fuzz_seed(int i, struct hw_buf *b)
{
	static const char *const seeds[] = {
		"{\"normalizer\":{\"type\":\"NFC\"},\"pre_tokenizer\":{"
		"\"type\":\"Split\",\"pattern\":{\"String\":\"a\"},"
		"\"behavior\":\"MergedWithNext\"},\"added_tokens\":[{"
		"\"id\":4,\"content\":\"[X]\"}],\"model\":{\"type\":\"BPE\","
		"\"byte_fallback\":true,\"unk_token\":\"u\",\"vocab\":"
		"{\"u\":0,\"a\":1,\"b\":2,\"ab\":3,\"<0x0A>\":5},"
		"\"merges\":[\"a b\"]}}",
		"{\"pre_tokenizer\":{\"type\":\"Metaspace\"},\"model\":{"
		"\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"u\",0],"
		"[\"a\",-1],[\"ab\",-1.5],[\"b\",-2]]}}",
		"{\"pre_tokenizer\":{\"type\":\"ByteLevel\"},\"model\":{"
		"\"vocab\":{\"?\":0,\"a\":1,\"b\":2,\"ab\":3},"
		"\"merges\":[[\"a\",\"b\"]],\"ignore_merges\":true}}",
	};

	if (i >= (int)(sizeof(seeds) / sizeof(*seeds)))
		return false;
	hw_buf_str(b, seeds[i]);
	return true;
}
