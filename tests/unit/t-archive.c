/* SPDX-License-Identifier: MIT
 * lib/model/unpack.c: what opening a model in an archive costs, which with its
 * weights is what they hold, and without them what stands before their data. */
#include "tap.h"

#include "fixtures/watch.h"
#include "fuzz/tar.h"
#include "model/arch.h"

#define ROWS 40
#define WIDTH 65536
#define WEIGHTS ((size_t)ROWS * WIDTH * 4)

static const char config[] = "{\"model_type\":\"llama\",\"hidden_size\":65536,"
    "\"num_hidden_layers\":1,\"num_attention_heads\":512}";
static const char vocabulary[] = "{\"model\":{\"type\":\"BPE\",\"unk_token\":"
    "\"?\",\"vocab\":{\"?\":0,\"a\":1},\"merges\":[]}}";

/* An embedding, and nothing else. */
static void weights(struct hw_buf *b)
{
	static const char header[] = "{\"model.embed_tokens.weight\":{"
	    "\"dtype\":\"F32\",\"shape\":[40,65536],\"data_offsets\":[0,"
	    "10485760]}}";
	static const char zeros[WIDTH];

	hw_buf_u64(b, sizeof(header) - 1);
	hw_buf_str(b, header);
	for (size_t n = 0; n < WEIGHTS; n += sizeof(zeros))
		hw_buf_put(b, zeros, sizeof(zeros));
}

/* A model, and other weights beside its own. */
static void pack(struct hw_buf *b, const char *beside)
{
	struct hw_err e = {0};
	struct hw_buf w;

	hw_buf_init(&w, NULL, (size_t)32 << 20);
	hw_buf_init(b, NULL, (size_t)64 << 20);
	weights(&w);
	tar_add(b, "m/model.safetensors", w.p, w.n);
	tar_add(b, "m/config.json", config, strlen(config));
	tar_add(b, "m/tokenizer.json", vocabulary, strlen(vocabulary));
	if (beside != NULL)
		tar_add(b, beside, w.p, w.n);
	tar_end(b);
	ok(hw_buf_status(b, "tar", &e) == HW_OK, "an archive of %zu bytes",
	    b->n);
	hw_buf_release(&w);
}

/* The most memory that opening it took. */
static size_t cost(const struct hw_buf *b, bool vocab_only, size_t *tokens,
    uint64_t *digest)
{
	struct watch w = {0, 0};
	struct hw_alloc a = {watch_get, watch_put, &w};
	struct hw_model_opts o = {.alloc = &a, .vocab_only = vocab_only};
	struct hw_model *m = NULL;
	struct hw_err e = {0};

	*tokens = 0;
	*digest = 0;
	if (hw_model_open_bytes(&m, (struct hw_view){b->p, b->n}, "a", &o,
	    &e) == HW_OK) {
		*tokens = hw_vocab_size(hw_model_vocab(m));
		*digest = hw_model_info(m)->digest;
	} else {
		diag("%s", e.msg);
	}
	hw_model_close(m);
	is_int((long long)w.now, 0, "all of it is released");
	return w.most;
}

int main(void)
{
	uint64_t digest, same;
	struct hw_buf b;
	size_t tokens;

	pack(&b, "m/consolidated.safetensors");
	ok(cost(&b, true, &tokens, &digest) < (size_t)2 << 20,
	    "without the weights: less than 2 MiB");
	is_int((long long)tokens, ROWS, "the rows are counted all the same");
	/* There is too little in it to run. */
	ok(cost(&b, false, &tokens, &same) >= WEIGHTS, "with them: all");
	ok(cost(&b, false, &tokens, &same) < WEIGHTS + ((size_t)2 << 20),
	    "and no others that lie beside them");
	hw_buf_release(&b);
	pack(&b, NULL);
	cost(&b, true, &tokens, &same);
	ok(digest != 0 && digest == same, "of which the digest knows nothing");
	hw_buf_release(&b);
	return tap_done();
}
