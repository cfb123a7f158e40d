/* SPDX-License-Identifier: MIT
 * Fuzz target: a model file.  Refused with one line and a status that says
 * why, or open and sound; never 64 MiB of memory, never a leak. */
#include "fuzz.h"

#include "fixtures/recipe.h"
#include "fuzz/model.h"

const char fuzz_name[] = "gguf";

/* Use everything that a model offers. */
static void use(const struct hw_model *m)
{
	const struct hw_tok_spec *s = hw_model_tok_spec(m);
	const struct hw_vocab *v = hw_model_vocab(m);

	for (size_t i = 0; i < hw_vocab_size(v); i++) {
		fuzz_touch(hw_vocab_bytes(v, (uint32_t)i));
		fuzz_touch(s->token(m, i));
	}
	for (size_t i = 0; i < s->n_merges; i++)
		fuzz_touch(s->merge(m, i));
	if (v->bos >= (int64_t)v->n || v->eos >= (int64_t)v->n)
		abort();
	for (size_t i = 0; i < v->n_ends; i++)
		if (v->end[i] >= v->n)
			abort();
	if (hw_model_net(m) != NULL)
		fuzz_touch_net(hw_model_net(m));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	fuzz_model((struct hw_view){p, n}, false, (size_t)64 << 20, use);
	fuzz_model((struct hw_view){p, n}, true, (size_t)64 << 20, use);
	return 0;
}

bool fuzz_seed(int i, struct hw_buf *b)
{
	struct recipe r = {.vocab = 4, .d = 8, .layers = 1, .heads = 2,
	    .kv = 1, .ffn = 8, .context = 16, .theta = 10000, .seed = 1,
	    .name = "seed", .pre = "gpt-2"};

	if (i == 0) /* weights, and no words */
		r.factors = 64;
	else if (i == 1) /* words, and few weights */
		r = (struct recipe){.vocab = 260, .d = 4, .layers = 1,
		    .heads = 1, .kv = 1, .ffn = 4, .context = 16,
		    .theta = 10000, .words = true, .sink = true,
		    .tied = true, .name = "seed", .pre = "gpt-2"};
	else
		return false;
	if (recipe_check(&r) != NULL)
		abort();
	recipe_file(&r, b);
	return true;
}
