/* SPDX-License-Identifier: MIT
 * Fuzz target: a model file.  Refused with one line and a status that says
 * why, or open and sound; never 64 MiB of memory, never a leak. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "fixtures/recipe.h"
#include "fixtures/watch.h"
#include "model/arch.h"

const char fuzz_name[] = "gguf";
static volatile unsigned char touched; /* so that reads are not removed */

static void touch(struct hw_view v)
{
	for (size_t i = 0; i < v.n; i++)
		touched ^= v.p[i];
}

static void touch_matrix(const struct hw_matrix *m)
{
	touch((struct hw_view){m->data, m->rows * m->row_bytes});
}

static void touch_net(const struct hw_net *n)
{
	size_t d = (size_t)n->d_model * sizeof(float);

	touch_matrix(&n->embd);
	touch_matrix(&n->out);
	touch((struct hw_view){(const void *)n->out_norm, d});
	for (int i = 0; i < n->n_layers; i++) {
		const struct hw_layer *l = &n->layers[i];
		const struct hw_matrix *all[] = {&l->q, &l->k, &l->v, &l->o,
		    &l->gate, &l->up, &l->down};

		for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++)
			touch_matrix(all[k]);
		touch((struct hw_view){(const void *)l->attn_norm, d});
		touch((struct hw_view){(const void *)l->ffn_norm, d});
	}
}

/* Use everything that a model offers. */
static void use(const struct hw_model *m)
{
	const struct hw_tok_spec *s = hw_model_tok_spec(m);
	const struct hw_vocab *v = hw_model_vocab(m);

	for (size_t i = 0; i < hw_vocab_size(v); i++) {
		touch(hw_vocab_bytes(v, (uint32_t)i));
		touch(s->token(m, i));
	}
	for (size_t i = 0; i < s->n_merges; i++)
		touch(s->merge(m, i));
	if (v->bos >= (int64_t)v->n || v->eos >= (int64_t)v->n)
		abort();
	if (hw_model_net(m) != NULL)
		touch_net(hw_model_net(m));
}

static void open_and_use(const uint8_t *p, size_t n, bool vocab_only)
{
	struct watch w = {0, 0};
	struct hw_alloc a = {watch_get, watch_put, &w};
	struct hw_model_opts o = {.alloc = &a, .vocab_only = vocab_only};
	struct hw_model *m = NULL;
	struct hw_err e = {0};
	enum hw_status s = hw_model_open_bytes(&m, (struct hw_view){p, n},
	    "f", &o, &e);

	if (s == HW_OK)
		use(m);
	else if (s != HW_FORMAT && s != HW_CORRUPT && s != HW_UNSUPPORTED &&
	    s != HW_LIMIT)
		abort();
	else if (e.status != s || strncmp(e.msg, "f: ", 3) != 0 ||
	    strchr(e.msg, '\n') != NULL)
		abort();
	hw_model_close(m);
	if (w.now != 0 || w.most > (size_t)64 << 20)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	open_and_use(p, n, false);
	open_and_use(p, n, true);
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
