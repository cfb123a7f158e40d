/* SPDX-License-Identifier: MIT
 * What only this file knows: what config.json calls things, over the years
 * and from family to family, and what GGUF calls them.  A setting that would
 * change the numbers and that no architecture here has is refused by name. */
#include "model/hf_config.h"

#include <math.h>
#include <string.h>

#define MAX_HEADS 4096
#define MAX_CONFIG ((size_t)1 << 20)

/* model_type, GGUF's architecture, and the activation that it must have. */
static const struct hw_hf_kind {
	const char *type, *arch;
	enum hw_hf_family family;
	const char *act;
	bool halves; /* where GGUF's rotation is of neighbours */
} kinds[] = {
	{"llama", "llama", HW_HF_LLAMA, "silu", true},
	{"mistral", "llama", HW_HF_LLAMA, "silu", true},
	{"qwen2", "qwen2", HW_HF_QWEN, "silu", true},
	{"qwen3", "qwen3", HW_HF_QWEN, "silu", true},
	{"gpt_neox", "gptneox", HW_HF_NEOX, "gelu", true},
	{"falcon", "falcon", HW_HF_FALCON, "gelu", true},
	{"mpt", "mpt", HW_HF_MPT, "gelu", true},
	{"phi3", "phi3", HW_HF_PHI3, "silu", true},
	{"smollm3", "smollm3", HW_HF_SMOLLM3, "silu", true},
	{"olmo2", "olmo2", HW_HF_OLMO, "silu", true},
	{"olmo3", "olmo2", HW_HF_OLMO, "silu", true},
	{"gemma2", "gemma2", HW_HF_GEMMA, "gelu_pytorch_tanh", true},
	{"gemma3_text", "gemma3", HW_HF_GEMMA, "gelu_pytorch_tanh", true},
	{"gpt_oss", "gpt-oss", HW_HF_OSS, "silu", true},
};

/* ---- getters ------------------------------------------------------------- */

const json_t *hw_conf_find(const json_t *o, const char *names)
{
	while (*names != '\0') {
		size_t n = strcspn(names, "|");
		char name[64];
		const json_t *x;

		if (n < sizeof(name)) {
			memcpy(name, names, n);
			name[n] = '\0';
			x = json_object_get(o, name);
			if (x != NULL && !json_is_null(x))
				return x;
		}
		names += n + (names[n] == '|');
	}
	return NULL;
}

enum hw_status hw_conf_bad(const struct hw_conf *c, const char *names,
    const char *what, struct hw_err *e)
{
	const char *name = names;

	for (const char *p = names; p != NULL; p = strchr(p, '|')) {
		p += *p == '|';
		if (hw_json_at(&c->json, p) > c->json.at) {
			name = p;
			break;
		}
	}
	return hw_fail(e, HW_CORRUPT, "%s: config.json: byte %zu: %.*s is not "
	    "%s", c->h->path, hw_json_at(&c->json, name),
	    (int)strcspn(name, "|"), name, what);
}

enum hw_status hw_conf_typed(const struct hw_conf *c, const json_t *o,
    const char *names, json_type type, const char *what, const json_t **out,
    struct hw_err *e)
{
	*out = hw_conf_find(o, names);
	return *out == NULL || json_typeof(*out) == type ? HW_OK :
	    hw_conf_bad(c, names, what, e);
}

enum hw_status hw_conf_number(const struct hw_conf *c, const json_t *o,
    const char *names, double min, double max, double *out, struct hw_err *e)
{
	const json_t *x = hw_conf_find(o, names);
	double v = json_number_value(x);

	if (x == NULL)
		return HW_OK;
	if (!json_is_number(x) || !(v >= min && v <= max))
		return hw_conf_bad(c, names, "a number that makes sense", e);
	*out = v;
	return HW_OK;
}

enum hw_status hw_conf_flag(const struct hw_conf *c, const json_t *o,
    const char *name, bool *out, struct hw_err *e)
{
	const json_t *x = hw_conf_find(o, name);

	if (x == NULL)
		return HW_OK;
	if (!json_is_boolean(x))
		return hw_conf_bad(c, name, "true or false", e);
	*out = json_is_true(x);
	return HW_OK;
}

/* A count, which becomes a key; missing it is an error if `must`. */
static enum hw_status count(const struct hw_conf *c, const char *names,
    const char *key, bool must, double *out, struct hw_err *e)
{
	double x = must ? -1 : *out;

	HW_TRY(hw_conf_number(c, c->root, names, 1, INT32_MAX, &x, e));
	if (x < 0 || x != floor(x))
		return hw_conf_bad(c, names, "a count", e);
	*out = x;
	if (key != NULL)
		hw_synth_u32(c->h->s, key, (uint32_t)x);
	return HW_OK;
}

enum hw_status hw_conf_refuse(const struct hw_conf *c, const char *key,
    const char *what, struct hw_err *e)
{
	return hw_fail(e, HW_UNSUPPORTED, "%s: config.json: byte %zu: %s",
	    c->h->path, hw_json_at(&c->json, key), what);
}

/* ---- shape --------------------------------------------------------------- */

static enum hw_status read_kv_heads(struct hw_conf *c, struct hw_err *e)
{
	bool multi = true, grouped = false, falcon = c->h->family ==
	    HW_HF_FALCON;

	c->kv = c->heads;
	if (falcon) {
		HW_TRY(hw_conf_flag(c, c->root, "multi_query", &multi, e));
		HW_TRY(hw_conf_flag(c, c->root, "new_decoder_architecture",
		    &grouped, e));
		if (multi && !grouped)
			c->kv = 1;
	}
	if (!falcon || grouped)
		HW_TRY(count(c, "num_key_value_heads|num_kv_heads|n_head_kv",
		    NULL, false, &c->kv, e));
	hw_synth_u32(c->h->s, ".attention.head_count_kv", (uint32_t)c->kv);
	if (c->kv > c->heads || fmod(c->heads, c->kv) != 0)
		return hw_conf_bad(c, "num_key_value_heads", "a part of the "
		    "heads", e);
	return HW_OK;
}

static enum hw_status read_shape(struct hw_conf *c, struct hw_err *e)
{
	double layers, ffn;

	HW_TRY(count(c, "hidden_size|d_model", ".embedding_length", true,
	    &c->width, e));
	HW_TRY(count(c, "num_hidden_layers|n_layers|n_layer", ".block_count",
	    true, &layers, e));
	HW_TRY(count(c, "num_attention_heads|n_heads|n_head",
	    ".attention.head_count", true, &c->heads, e));
	if (c->heads > MAX_HEADS)
		return hw_conf_bad(c, "num_attention_heads", "a number that "
		    "makes sense", e);
	HW_TRY(read_kv_heads(c, e));
	ffn = 4 * c->width;
	if (c->h->family == HW_HF_MPT) {
		double ratio = 4;

		HW_TRY(hw_conf_number(c, c->root, "expansion_ratio", 1, 64,
		    &ratio, e));
		ffn = ratio * c->width;
	}
	if (ffn > INT32_MAX)
		return hw_conf_bad(c, "hidden_size", "a number that makes "
		    "sense", e);
	HW_TRY(count(c, "intermediate_size|ffn_hidden_size",
	    ".feed_forward_length", false, &ffn, e));
	c->context = 2048;
	HW_TRY(count(c, "max_position_embeddings|max_seq_len",
	    ".context_length", false, &c->context, e));
	c->d_head = floor(c->width / c->heads);
	HW_TRY(count(c, "head_dim", NULL, false, &c->d_head, e));
	hw_synth_u32(c->h->s, ".attention.key_length", (uint32_t)c->d_head);
	c->h->heads = (int)c->heads;
	c->h->kv_heads = (int)c->kv;
	c->h->d_head = c->d_head <= 65536 ? (int)c->d_head : 0;
	return HW_OK;
}

static enum hw_status read_norm(const struct hw_conf *c, struct hw_err *e)
{
	double eps = 1e-5;

	HW_TRY(hw_conf_number(c, c->root, "rms_norm_eps|layer_norm_eps|"
	    "layer_norm_epsilon", 0, 1, &eps, e));
	hw_synth_real(c->h->s, ".attention.layer_norm_rms_epsilon", eps);
	hw_synth_real(c->h->s, ".attention.layer_norm_epsilon", eps);
	return HW_OK;
}

/* ---- windows ------------------------------------------------------------- */

/* layer_windows: of each layer how many tokens it sees; 0: all.  Only models
 * that this project trains have it, and all windows are of one size. */
static enum hw_status read_layer_windows(const struct hw_conf *c,
    const json_t *list, double layers, struct hw_err *e)
{
	struct hw_synth *s = c->h->s;
	json_int_t window = 0;

	if (json_array_size(list) != (size_t)layers)
		return hw_conf_bad(c, "layer_windows", "a list of all layers",
		    e);
	hw_synth_array(s, ".attention.sliding_window_pattern", HW_META_BOOL,
	    (size_t)layers);
	for (size_t i = 0; i < (size_t)layers; i++) {
		const json_t *x = json_array_get(list, i);
		json_int_t n = json_integer_value(x);

		if (!json_is_integer(x) || n < 0 || n > INT32_MAX ||
		    (n > 0 && window > 0 && n != window))
			return hw_conf_bad(c, "layer_windows", "0 or one and "
			    "the same number of tokens", e);
		window = n > 0 ? n : window;
		hw_buf_u8(&s->values, n > 0);
	}
	hw_synth_u32(s, ".attention.sliding_window", (uint32_t)window);
	return HW_OK;
}

/* Which layers have the window: by layer_types, or by rules of old. */
static enum hw_status read_windows(const struct hw_conf *c, double layers,
    struct hw_err *e)
{
	const json_t *types = hw_conf_find(c->root, "layer_types");
	const json_t *own = hw_conf_find(c->root, "layer_windows");
	double window = 0, period = 0, from = 28; /* as transformers has it */
	struct hw_synth *s = c->h->s;
	/* Of those that know this flag it must be set. */
	bool used = c->h->family != HW_HF_QWEN &&
	    c->h->family != HW_HF_SMOLLM3;

	if (own != NULL)
		return read_layer_windows(c, own, layers, e);
	HW_TRY(hw_conf_flag(c, c->root, "use_sliding_window", &used, e));
	HW_TRY(hw_conf_number(c, c->root, "sliding_window", 0, INT32_MAX,
	    &window, e));
	HW_TRY(hw_conf_number(c, c->root, "sliding_window_pattern|"
	    "_sliding_window_pattern", 1, 4096, &period, e));
	HW_TRY(hw_conf_number(c, c->root, "max_window_layers", 0, 1e6, &from,
	    e));
	hw_synth_u32(s, ".attention.sliding_window", used ?
	    (uint32_t)window : 0);
	if (!used || window < 1)
		return HW_OK;
	if (types != NULL && json_array_size(types) != (size_t)layers)
		return hw_conf_bad(c, "layer_types", "a list of all layers", e);
	if (types == NULL && c->h->family != HW_HF_QWEN) {
		if (period > 0)
			hw_synth_u32(s, ".attention.sliding_window_pattern",
			    (uint32_t)period);
		return HW_OK;
	}
	hw_synth_array(s, ".attention.sliding_window_pattern", HW_META_BOOL,
	    (size_t)layers);
	for (size_t i = 0; i < (size_t)layers; i++) {
		const char *t = json_string_value(json_array_get(types, i));

		if (types != NULL && (t == NULL ||
		    (strcmp(t, "full_attention") != 0 &&
		    strcmp(t, "sliding_attention") != 0)))
			return hw_conf_bad(c, "layer_types", "of kinds that "
			    "are known", e);
		hw_buf_u8(&s->values, types != NULL ?
		    strcmp(t, "sliding_attention") == 0 : (double)i >= from);
	}
	return HW_OK;
}

/* ---- what single families have ------------------------------------------- */

static enum hw_status read_gemma(const struct hw_conf *c, struct hw_err *e)
{
	double scalar = 0, attn = 0, out = 0;

	HW_TRY(hw_conf_number(c, c->root, "query_pre_attn_scalar", 1e-3, 1e6,
	    &scalar, e));
	HW_TRY(hw_conf_number(c, c->root, "attn_logit_softcapping", 0, 1e6,
	    &attn, e));
	HW_TRY(hw_conf_number(c, c->root, "final_logit_softcapping", 0, 1e6,
	    &out, e));
	if (scalar > 0)
		hw_synth_real(c->h->s, ".attention.scale", 1 / sqrt(scalar));
	hw_synth_real(c->h->s, ".attn_logit_softcapping", attn);
	hw_synth_real(c->h->s, ".final_logit_softcapping", out);
	return HW_OK;
}

static enum hw_status read_mpt(const struct hw_conf *c, struct hw_err *e)
{
	double most = 8, clip = 0, scale = 0;
	bool alibi = true, norm = false;
	const json_t *attn;

	HW_TRY(hw_conf_typed(c, c->root, "attn_config", JSON_OBJECT,
	    "an object", &attn, e));
	HW_TRY(hw_conf_flag(c, attn, "alibi", &alibi, e));
	HW_TRY(hw_conf_flag(c, attn, "qk_ln", &norm, e));
	if (!alibi || norm)
		return hw_conf_refuse(c, "attn_config", "attn_config without "
		    "alibi, or with qk_ln", e);
	HW_TRY(hw_conf_number(c, attn, "alibi_bias_max", 0, 1e3, &most, e));
	HW_TRY(hw_conf_number(c, attn, "clip_qkv", 0, 1e9, &clip, e));
	HW_TRY(hw_conf_number(c, attn, "softmax_scale", 1e-6, 1e6, &scale, e));
	hw_synth_real(c->h->s, ".attention.max_alibi_bias", most);
	hw_synth_real(c->h->s, ".attention.clamp_kqv", clip);
	if (scale > 0)
		hw_synth_real(c->h->s, ".attention.scale", scale);
	return HW_OK;
}

static enum hw_status read_smollm3(const struct hw_conf *c, struct hw_err *e)
{
	const json_t *list;
	double period = 4;

	HW_TRY(hw_conf_typed(c, c->root, "no_rope_layers", JSON_ARRAY,
	    "a list", &list, e));
	HW_TRY(hw_conf_number(c, c->root, "no_rope_layer_interval", 1, 1e6,
	    &period, e));
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!json_is_integer(json_array_get(list, i)) ||
		    (json_integer_value(json_array_get(list, i)) == 0) !=
		    ((i + 1) % (size_t)period == 0))
			return hw_conf_refuse(c, "no_rope_layers",
			    "no_rope_layers is not as no_rope_layer_interval "
			    "says", e);
	hw_synth_u32(c->h->s, "headwater.rope_period", (uint32_t)period);
	return HW_OK;
}

static enum hw_status read_family(const struct hw_conf *c, struct hw_err *e)
{
	bool parallel = true, alibi = false;
	double x = 0;

	switch (c->h->family) {
	case HW_HF_GEMMA:
		return read_gemma(c, e);
	case HW_HF_MPT:
		return read_mpt(c, e);
	case HW_HF_SMOLLM3:
		return read_smollm3(c, e);
	case HW_HF_NEOX:
		HW_TRY(hw_conf_flag(c, c->root, "use_parallel_residual",
		    &parallel, e));
		hw_synth_bool(c->h->s, ".use_parallel_residual", parallel);
		hw_synth_bool(c->h->s, "headwater.qkv_turns", true);
		return HW_OK;
	case HW_HF_FALCON:
		HW_TRY(hw_conf_flag(c, c->root, "parallel_attn", &parallel, e));
		HW_TRY(hw_conf_flag(c, c->root, "alibi", &alibi, e));
		if (!parallel || alibi)
			return hw_conf_refuse(c, "model_type", "a Falcon of "
			    "another form than the 7B's and the 40B's", e);
		hw_synth_bool(c->h->s, "headwater.qkv_turns", true);
		return HW_OK;
	case HW_HF_OSS:
		HW_TRY(count(c, "num_local_experts|num_experts",
		    ".expert_count", true, &x, e));
		return count(c, "num_experts_per_tok|experts_per_token",
		    ".expert_used_count", true, &x, e);
	default:
		return HW_OK;
	}
}

/* ---- the whole ----------------------------------------------------------- */

/* Of models that were trained in MXFP4 there is no other original; GGUF has
 * these blocks, in another order. */
static enum hw_status refuse_quantized(const struct hw_conf *c,
    struct hw_err *e)
{
	static const char key[] = "quantization_config";
	const json_t *how = hw_conf_find(c->root, key), *name;
	const char *method;

	if (how == NULL)
		return HW_OK;
	HW_TRY(hw_conf_typed(c, how, "quant_method", JSON_STRING, "a text",
	    &name, e));
	method = json_string_value(name);
	if (method != NULL && strcmp(method, "mxfp4") == 0)
		return hw_conf_refuse(c, key, "weights in MXFP4; take a GGUF, "
		    "or one saved again in BF16", e);
	return hw_conf_refuse(c, key, "weights that are quantized; take the "
	    "original, or a GGUF", e);
}

static enum hw_status find_kind(struct hw_conf *c, struct hw_err *e)
{
	const json_t *kind, *activation;
	const char *type, *act;

	HW_TRY(hw_conf_typed(c, c->root, "model_type", JSON_STRING, "a text",
	    &kind, e));
	HW_TRY(hw_conf_typed(c, c->root, "hidden_activation|hidden_act|"
	    "activation", JSON_STRING, "a text", &activation, e));
	type = json_string_value(kind);
	act = json_string_value(activation);
	for (size_t i = 0; type != NULL &&
	    i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].type, type) == 0)
			c->kind = &kinds[i];
	if (c->kind == NULL)
		return hw_fail(e, HW_UNSUPPORTED, "%s: config.json: byte %zu: "
		    "model_type \"%.40s\"", c->h->path, hw_json_at(&c->json,
		    "model_type"), type != NULL ? type : "");
	if (act != NULL && strcmp(act, c->kind->act) != 0)
		return hw_fail(e, HW_UNSUPPORTED, "%s: config.json: byte %zu: "
		    "a %s with activation \"%.40s\"", c->h->path,
		    hw_json_at(&c->json, act), type, act);
	HW_TRY(refuse_quantized(c, e));
	c->h->family = c->kind->family;
	c->h->s->arch = c->kind->arch;
	hw_synth_string(c->h->s, "general.architecture", c->kind->arch);
	hw_synth_bool(c->h->s, "headwater.rope_halves", c->kind->halves);
	return HW_OK;
}

static enum hw_status read_all(struct hw_conf *c, struct hw_err *e)
{
	bool tied = true, both_ways = false;
	double layers = 0;

	HW_TRY(find_kind(c, e));
	HW_TRY(hw_conf_flag(c, c->root, "use_bidirectional_attention",
	    &both_ways, e));
	if (both_ways)
		return hw_conf_refuse(c, "use_bidirectional_attention",
		    "attention to tokens to come", e);
	HW_TRY(read_shape(c, e));
	HW_TRY(read_norm(c, e));
	HW_TRY(hw_hf_rope(c, e));
	HW_TRY(count(c, "num_hidden_layers|n_layers|n_layer", NULL, true,
	    &layers, e));
	if (layers > 65536)
		return hw_conf_bad(c, "num_hidden_layers", "a number that "
		    "makes sense", e);
	HW_TRY(read_windows(c, layers, e));
	HW_TRY(hw_conf_flag(c, c->root, "tie_word_embeddings", &tied, e));
	c->h->untied = !tied;
	return read_family(c, e);
}

enum hw_status hw_hf_config(struct hw_hf *h, struct hw_view json,
    struct hw_err *e)
{
	struct hw_conf c = {.h = h, .json = {json, 0, h->path,
	    "config.json: "}};
	json_t *root;
	enum hw_status st;

	HW_TRY(hw_json_load(&root, &c.json, MAX_CONFIG, e));
	c.root = root;
	st = read_all(&c, e);
	json_decref(root);
	return st;
}
