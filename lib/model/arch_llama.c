/* SPDX-License-Identifier: MIT
 * What only this file knows: how the llama family (Llama 1 to 3, Mistral 7B,
 * SmolLM and all that is shaped like them) is written down in GGUF.
 *
 * Converters permute the rows of attn_q and attn_k so that rotary embedding
 * turns neighbours (2i, 2i+1), where the original turns (i, i + d/2).  We
 * take the file as it is. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "model/arch.h"

#define MAX_LAYERS 4096
#define MAX_WIDTH (1 << 20)

/* Members that are products, for the shapes below. */
struct sizes {
	int vocab, d, q, kv, ffn, half_rope;
};

#define NET(member) offsetof(struct hw_net, member)
#define LAYER(member) offsetof(struct hw_layer, member)
#define SIZE(member) offsetof(struct sizes, member)
#define VECTOR(name, at, n, optional) \
	{name, HW_SLOT_VECTOR, at, 0, SIZE(n), optional}
#define MATRIX(name, at, rows, cols, optional) \
	{name, HW_SLOT_MATRIX, at, SIZE(rows), SIZE(cols), optional}

static const struct hw_slot net_slots[] = {
	MATRIX("token_embd.weight", NET(embd), vocab, d, false),
	VECTOR("output_norm.weight", NET(out_norm), d, false),
	MATRIX("output.weight", NET(out), vocab, d, true),
	VECTOR("rope_freqs.weight", NET(rope_factors), half_rope, true),
};

static const struct hw_slot layer_slots[] = {
	VECTOR("attn_norm.weight", LAYER(attn_norm), d, false),
	MATRIX("attn_q.weight", LAYER(q), q, d, false),
	MATRIX("attn_k.weight", LAYER(k), kv, d, false),
	MATRIX("attn_v.weight", LAYER(v), kv, d, false),
	MATRIX("attn_output.weight", LAYER(o), d, q, false),
	VECTOR("ffn_norm.weight", LAYER(ffn_norm), d, false),
	MATRIX("ffn_gate.weight", LAYER(gate), ffn, d, false),
	MATRIX("ffn_up.weight", LAYER(up), ffn, d, false),
	MATRIX("ffn_down.weight", LAYER(down), d, ffn, false),
};
#define N_SLOTS(t) (sizeof(t) / sizeof(*(t)))

static enum hw_status read_shape(const struct hw_container *c,
    struct hw_net *n, struct hw_err *e)
{
	HW_TRY(hw_meta_int(c, "llama.embedding_length", 4, MAX_WIDTH,
	    &n->d_model, e));
	HW_TRY(hw_meta_int(c, "llama.block_count", 1, MAX_LAYERS,
	    &n->n_layers, e));
	HW_TRY(hw_meta_int(c, "llama.feed_forward_length", 1, MAX_WIDTH,
	    &n->d_ffn, e));
	HW_TRY(hw_meta_int(c, "llama.context_length", 1, INT32_MAX, &n->n_ctx,
	    e));
	HW_TRY(hw_meta_int(c, "llama.attention.head_count", 1, 4096,
	    &n->n_heads, e));
	n->n_kv_heads = n->n_heads;
	return hw_meta_int_or(c, "llama.attention.head_count_kv", 1,
	    n->n_heads, &n->n_kv_heads, e);
}

static enum hw_status read_heads(const struct hw_container *c,
    struct hw_net *n, struct hw_err *e)
{
	const char *key_length = "llama.attention.key_length";
	int d_value;

	if (n->n_heads % n->n_kv_heads != 0)
		return hw_fail(e, HW_CORRUPT, "%s: %d query heads cannot "
		    "share %d key heads", c->path, n->n_heads, n->n_kv_heads);
	if (hw_meta_find(c, key_length) == NULL &&
	    n->d_model % n->n_heads != 0)
		return hw_fail(e, HW_CORRUPT, "%s: %d heads do not divide a "
		    "width of %d", c->path, n->n_heads, n->d_model);
	n->d_head = n->d_model / n->n_heads;
	HW_TRY(hw_meta_int_or(c, key_length, 1, 1024, &n->d_head, e));
	if (n->d_head < 4 || n->d_head > 1024 || n->d_head % 4 != 0)
		return hw_fail(e, HW_UNSUPPORTED, "%s: heads of %d dimensions;"
		    " this version takes multiples of 4 up to 1024", c->path,
		    n->d_head);
	d_value = n->d_head;
	HW_TRY(hw_meta_int_or(c, "llama.attention.value_length", 1, INT32_MAX,
	    &d_value, e));
	if (d_value != n->d_head)
		return hw_fail(e, HW_UNSUPPORTED, "%s: values of %d dimensions"
		    " under keys of %d", c->path, d_value, n->d_head);
	return HW_OK;
}

/* Linear scaling is one factor for all frequencies. */
static enum hw_status read_scaling(struct hw_model *m, struct hw_err *e)
{
	const struct hw_container *c = &m->c;
	struct hw_net *n = &m->net;
	struct hw_view type = {(const unsigned char *)"none", 4};
	double factor = 1;

	HW_TRY(hw_meta_string_or(c, "llama.rope.scaling.type", &type, e));
	if (hw_view_is(type, "none"))
		return HW_OK;
	if (!hw_view_is(type, "linear"))
		return hw_fail(e, HW_UNSUPPORTED, "%s: rotary scaling of type "
		    "%.*s", c->path, type.n < 32 ? (int)type.n : 32,
		    (const char *)type.p);
	HW_TRY(hw_meta_real(c, "llama.rope.scaling.factor", 1e-3, 1e6,
	    &factor, e));
	HW_TRY(hw_new(m->alloc, &m->factors, (size_t)n->rope_dims / 2,
	    sizeof(float), "rotary factors", e));
	for (int i = 0; i < n->rope_dims / 2; i++)
		m->factors[i] = (float)factor;
	n->rope_factors = m->factors;
	return HW_OK;
}

static enum hw_status read_rope(struct hw_model *m, struct hw_err *e)
{
	const struct hw_container *c = &m->c;
	struct hw_net *n = &m->net;

	n->rope_theta = 10000;
	HW_TRY(hw_meta_real_or(c, "llama.rope.freq_base", 1, 1e12,
	    &n->rope_theta, e));
	n->rope_dims = n->d_head;
	HW_TRY(hw_meta_int_or(c, "llama.rope.dimension_count", 2, n->d_head,
	    &n->rope_dims, e));
	if (n->rope_dims % 2 != 0)
		return hw_fail(e, HW_CORRUPT, "%s: an odd number of rotated "
		    "dimensions, %d", c->path, n->rope_dims);
	return read_scaling(m, e);
}

/* A factor of 0 or NaN would turn every score into NaN. */
static enum hw_status check_factors(const struct hw_container *c,
    const struct hw_net *n, struct hw_err *e)
{
	for (int i = 0; n->rope_factors != NULL && i < n->rope_dims / 2; i++)
		if (!(n->rope_factors[i] >= 1e-3f &&
		    n->rope_factors[i] <= 1e6f))
			return hw_fail(e, HW_CORRUPT, "%s: tensor "
			    "rope_freqs.weight: factor %d is %g", c->path, i,
			    (double)n->rope_factors[i]);
	return HW_OK;
}

static enum hw_status read_extras(const struct hw_container *c,
    struct hw_net *n, struct hw_err *e)
{
	double eps = 0;
	int experts = 0;

	HW_TRY(hw_meta_real(c, "llama.attention.layer_norm_rms_epsilon", 0,
	    1, &eps, e));
	n->norm_eps = (float)eps;
	HW_TRY(hw_meta_int_or(c, "llama.expert_count", 0, INT32_MAX, &experts,
	    e));
	if (experts > 0)
		return hw_fail(e, HW_UNSUPPORTED, "%s: a mixture of %d "
		    "experts", c->path, experts);
	return hw_meta_bool_or(c, "headwater.sink_token", &n->own_sink, e);
}

static enum hw_status bind_layers(struct hw_model *m, const struct sizes *s,
    struct hw_err *e)
{
	struct hw_net *n = &m->net;

	HW_TRY(hw_new(m->alloc, &n->layers, (size_t)n->n_layers,
	    sizeof(*n->layers), "layers", e));
	for (int i = 0; i < n->n_layers; i++) {
		char prefix[32];

		snprintf(prefix, sizeof(prefix), "blk.%d.", i);
		HW_TRY(hw_bind_slots(&m->c, layer_slots, N_SLOTS(layer_slots),
		    &n->layers[i], prefix, s, e));
	}
	return HW_OK;
}

static enum hw_status read_vocab_size(const struct hw_container *c,
    struct hw_net *n, struct hw_err *e)
{
	const struct hw_tensor *t = hw_tensor_find(c, "token_embd.weight");

	if (t == NULL)
		return hw_fail(e, HW_CORRUPT, "%s: there is no tensor "
		    "token_embd.weight", c->path);
	if (t->dims[1] > HW_VOCAB_MAX_TOKENS)
		return hw_fail(e, HW_LIMIT, "%s: token_embd.weight is for "
		    "more than %zu tokens", c->path, HW_VOCAB_MAX_TOKENS);
	n->n_vocab = (int)t->dims[1];
	return HW_OK;
}

enum hw_status hw_arch_llama(struct hw_model *m, struct hw_err *e)
{
	struct hw_net *n = &m->net;
	struct sizes s;

	HW_TRY(read_vocab_size(&m->c, n, e));
	HW_TRY(read_shape(&m->c, n, e));
	HW_TRY(read_heads(&m->c, n, e));
	HW_TRY(read_rope(m, e));
	HW_TRY(read_extras(&m->c, n, e));
	HW_TRY(hw_arch_windows(m, e));
	/* At most 4096 * 1024: no overflow. */
	s = (struct sizes){n->n_vocab, n->d_model, n->n_heads * n->d_head,
	    n->n_kv_heads * n->d_head, n->d_ffn, n->rope_dims / 2};
	HW_TRY(hw_bind_slots(&m->c, net_slots, N_SLOTS(net_slots), n, "", &s,
	    e));
	if (n->out.data == NULL)
		n->out = n->embd;
	HW_TRY(check_factors(&m->c, n, e));
	return bind_layers(m, &s, e);
}
