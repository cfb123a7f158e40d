/* SPDX-License-Identifier: MIT
 * What only this file knows: the parameters that architectures share, under
 * keys that begin with the architecture's name. */
#include "model/arch.h"

#include <stdio.h>

#include "kernels.h"

#define MAX_LAYERS 4096
#define MAX_WIDTH (1 << 20)
#define MAX_HEADS 4096
#define MAX_PERIOD 4096

const char *hw_arch_key(const struct hw_model *m, const char *suffix,
    char *buf)
{
	snprintf(buf, HW_ARCH_KEY, "%s.%s", m->info.arch, suffix);
	return buf;
}

enum hw_status hw_arch_int(const struct hw_model *m, const char *suffix,
    int64_t min, int64_t max, int *out, struct hw_err *e)
{
	char key[HW_ARCH_KEY];

	return hw_meta_int(&m->c, hw_arch_key(m, suffix, key), min, max, out,
	    e);
}

enum hw_status hw_arch_int_or(const struct hw_model *m, const char *suffix,
    int64_t min, int64_t max, int *out, struct hw_err *e)
{
	char key[HW_ARCH_KEY];

	return hw_meta_int_or(&m->c, hw_arch_key(m, suffix, key), min, max,
	    out, e);
}

enum hw_status hw_arch_real_or(const struct hw_model *m, const char *suffix,
    double min, double max, double *out, struct hw_err *e)
{
	char key[HW_ARCH_KEY];

	return hw_meta_real_or(&m->c, hw_arch_key(m, suffix, key), min, max,
	    out, e);
}

static enum hw_status read_vocab_size(struct hw_model *m, struct hw_err *e)
{
	const struct hw_tensor *t = hw_tensor_find(&m->c, "token_embd.weight");

	if (t == NULL)
		return hw_bind_missing(&m->c, "token_embd.weight", e);
	if (t->dims[1] > HW_VOCAB_MAX_TOKENS)
		return hw_fail(e, HW_LIMIT, "%s: token_embd.weight is for "
		    "more than %zu tokens", m->c.path, HW_VOCAB_MAX_TOKENS);
	m->net.n_vocab = (int)t->dims[1];
	return HW_OK;
}

static enum hw_status read_shape(struct hw_model *m, struct hw_err *e)
{
	struct hw_net *n = &m->net;

	HW_TRY(hw_arch_int(m, "embedding_length", 4, MAX_WIDTH, &n->d_model,
	    e));
	HW_TRY(hw_arch_int(m, "block_count", 1, MAX_LAYERS, &n->n_layers, e));
	HW_TRY(hw_arch_int(m, "feed_forward_length", 1, MAX_WIDTH, &n->d_ffn,
	    e));
	HW_TRY(hw_arch_int(m, "context_length", 1, INT32_MAX, &n->n_ctx, e));
	HW_TRY(hw_arch_int(m, "attention.head_count", 1, MAX_HEADS,
	    &n->n_heads, e));
	n->n_kv_heads = n->n_heads;
	return hw_arch_int_or(m, "attention.head_count_kv", 1, n->n_heads,
	    &n->n_kv_heads, e);
}

static enum hw_status read_heads(struct hw_model *m, struct hw_err *e)
{
	const char *path = m->c.path;
	struct hw_net *n = &m->net;
	char key[HW_ARCH_KEY];
	int d_value;

	if (n->n_heads % n->n_kv_heads != 0)
		return hw_fail(e, HW_CORRUPT, "%s: %d query heads cannot "
		    "share %d key heads", path, n->n_heads, n->n_kv_heads);
	hw_arch_key(m, "attention.key_length", key);
	if (hw_meta_find(&m->c, key) == NULL && n->d_model % n->n_heads != 0)
		return hw_fail(e, HW_CORRUPT, "%s: %d heads do not divide a "
		    "width of %d", path, n->n_heads, n->d_model);
	n->d_head = n->d_model / n->n_heads;
	HW_TRY(hw_meta_int_or(&m->c, key, 1, INT32_MAX, &n->d_head, e));
	if (n->d_head < 4 || n->d_head > HW_ATTN_D || n->d_head % 4 != 0)
		return hw_fail(e, HW_UNSUPPORTED, "%s: heads of %d dimensions;"
		    " this version takes multiples of 4 up to %d", path,
		    n->d_head, HW_ATTN_D);
	d_value = n->d_head;
	HW_TRY(hw_arch_int_or(m, "attention.value_length", 1, INT32_MAX,
	    &d_value, e));
	if (d_value != n->d_head)
		return hw_fail(e, HW_UNSUPPORTED, "%s: values of %d dimensions"
		    " under keys of %d", path, d_value, n->d_head);
	return HW_OK;
}

static enum hw_status read_extras(struct hw_model *m, enum hw_norm_kind norm,
    struct hw_err *e)
{
	char key[HW_ARCH_KEY];
	double eps = 0;
	int experts = 0;

	m->net.norm = norm;
	HW_TRY(hw_meta_real(&m->c, hw_arch_key(m, norm == HW_NORM_RMS ?
	    "attention.layer_norm_rms_epsilon" :
	    "attention.layer_norm_epsilon", key), 0, 1, &eps, e));
	m->net.norm_eps = (float)eps;
	HW_TRY(hw_arch_int_or(m, "expert_count", 0, INT32_MAX, &experts, e));
	if (experts > 0 && !m->takes_experts)
		return hw_fail(e, HW_UNSUPPORTED, "%s: a mixture of %d "
		    "experts", m->c.path, experts);
	HW_TRY(hw_meta_bool_or(&m->c, "headwater.rope_halves",
	    &m->net.rope_halves, e));
	HW_TRY(hw_meta_int_or(&m->c, "headwater.window", 1, INT32_MAX,
	    &m->net.advised, e));
	return hw_meta_bool_or(&m->c, "headwater.sink_token",
	    &m->net.own_sink, e);
}

enum hw_status hw_arch_begin(struct hw_model *m, enum hw_norm_kind norm,
    struct hw_sizes *s, struct hw_err *e)
{
	struct hw_net *n = &m->net;

	HW_TRY(read_vocab_size(m, e));
	HW_TRY(read_shape(m, e));
	HW_TRY(read_heads(m, e));
	HW_TRY(hw_arch_rope(m, e));
	HW_TRY(read_extras(m, norm, e));
	/* At most 3 * 4096 * HW_ATTN_D, 2 * 2^20: no overflow. */
	*s = (struct hw_sizes){
		.vocab = n->n_vocab,
		.d = n->d_model,
		.d_head = n->d_head,
		.heads = n->n_heads,
		.q = n->n_heads * n->d_head,
		.kv = n->n_kv_heads * n->d_head,
		.qkv = (n->n_heads + 2 * n->n_kv_heads) * n->d_head,
		.ffn = n->d_ffn,
		.ffn_pair = 2 * n->d_ffn,
		.half_rope = n->rope_dims / 2,
	};
	return HW_OK;
}

enum hw_status hw_arch_scale(struct hw_model *m, struct hw_err *e)
{
	double scale = 0;

	HW_TRY(hw_arch_real_or(m, "attention.scale", 1e-6, 1e6, &scale, e));
	if (scale > 0)
		m->net.attn_scale = (float)scale;
	return HW_OK;
}

/* ---- matrices in parts --------------------------------------------------- */

struct hw_matrix hw_matrix_part(const struct hw_matrix *w, size_t first,
    size_t n)
{
	struct hw_matrix part = *w;

	part.rows = n;
	part.data += first * w->row_bytes;
	if (part.bias != NULL)
		part.bias += first;
	return part;
}

void hw_arch_split_qkv(const struct hw_model *m, struct hw_layer *l)
{
	const struct hw_net *n = &m->net;
	struct hw_matrix all = l->q;
	size_t d = (size_t)n->d_head, kv = (size_t)n->n_kv_heads * d;
	size_t q = (size_t)n->n_heads * d;

	l->q = hw_matrix_part(&all, 0, q);
	l->k = hw_matrix_part(&all, q, kv);
	l->v = hw_matrix_part(&all, q + kv, kv);
	if (!m->qkv_turns)
		return;
	/* Each key head's queries, its keys, its values, in turns.  (The bias
	 * is in order already.) */
	l->q.run = q / (size_t)n->n_kv_heads;
	l->k.run = l->v.run = d;
	l->q.jump = l->k.jump = l->v.jump = (l->q.run + 2 * d) *
	    all.row_bytes;
	l->k.data = all.data + l->q.run * all.row_bytes;
	l->v.data = l->k.data + d * all.row_bytes;
}

/* ---- windows of layers --------------------------------------------------- */

/* A period P instead of a list: the last of each P layers sees everything. */
static enum hw_status periodic(struct hw_model *m, const char *key, int window,
    int period, struct hw_err *e)
{
	HW_TRY(hw_meta_int_or(&m->c, key, 1, MAX_PERIOD, &period, e));
	for (int i = 0; i < m->net.n_layers; i++)
		m->windows[i] = period <= 1 || i % period < period - 1 ?
		    window : 0;
	return HW_OK;
}

enum hw_status hw_arch_windows(struct hw_model *m, int window, int period,
    struct hw_err *e)
{
	const struct hw_container *c = &m->c;
	char key[HW_ARCH_KEY];
	const struct hw_meta *list;
	struct hw_cur cur;

	HW_TRY(hw_arch_int_or(m, "attention.sliding_window", 0, INT32_MAX,
	    &window, e));
	if (window == 0)
		return HW_OK;
	HW_TRY(hw_new(m->alloc, &m->windows, (size_t)m->net.n_layers,
	    sizeof(*m->windows), "windows", e));
	m->net.windows = m->windows;
	hw_arch_key(m, "attention.sliding_window_pattern", key);
	list = hw_meta_find(c, key);
	if (list == NULL || list->type != HW_META_ARRAY)
		return periodic(m, key, window, period, e);
	HW_TRY(hw_meta_array_or(c, key, HW_META_BOOL, &list, e));
	if (list->n != (size_t)m->net.n_layers)
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: %s is for %zu "
		    "layers, not %d", c->path, list->at, key, list->n,
		    m->net.n_layers);
	cur = hw_cur(list->bytes);
	for (int i = 0; i < m->net.n_layers; i++)
		m->windows[i] = hw_cur_u8(&cur) != 0 ? window : 0;
	return HW_OK;
}
