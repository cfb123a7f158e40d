/* SPDX-License-Identifier: MIT
 * What only this file knows: how config.json tells of rotation. */
#include "model/hf_config.h"

#include <math.h>
#include <string.h>

#define MAX_FACTORS 512

/* Factors from a list. */
static enum hw_status list(const struct hw_conf *c, const json_t *o,
    const char *name, float **out, struct hw_err *e)
{
	const json_t *x = hw_conf_find(o, name);
	size_t n = json_array_size(x);

	if (n == 0 || n > MAX_FACTORS ||
	    (c->h->n_factors > 0 && n != c->h->n_factors))
		return hw_conf_bad(c, name, "a list of factors", e);
	c->h->n_factors = n;
	HW_TRY(hw_new(c->h->s->c->alloc, out, n, sizeof(**out), name, e));
	for (size_t i = 0; i < n; i++) {
		const json_t *factor = json_array_get(x, i);

		if (!json_is_number(factor))
			return hw_conf_bad(c, name, "a list of factors", e);
		(*out)[i] = (float)json_number_value(factor);
	}
	return HW_OK;
}

/* Llama 3's: waves longer than the original context are stretched by the
 * factor, short ones not, with a ramp between. */
static enum hw_status llama3(const struct hw_conf *c, const json_t *rope,
    double theta, double dims, struct hw_err *e)
{
	double factor = 8, low = 1, high = 4, context = 8192;
	size_t n = (size_t)dims / 2;

	HW_TRY(hw_conf_number(c, rope, "factor", 1e-3, 1e6, &factor, e));
	HW_TRY(hw_conf_number(c, rope, "low_freq_factor", 1e-3, 1e6, &low, e));
	HW_TRY(hw_conf_number(c, rope, "high_freq_factor", 1e-3, 1e6, &high,
	    e));
	HW_TRY(hw_conf_number(c, rope, "original_max_position_embeddings", 1,
	    INT32_MAX, &context, e));
	if (n == 0 || n > MAX_FACTORS || high <= low)
		return hw_conf_bad(c, "rope_scaling", "possible", e);
	HW_TRY(hw_new(c->h->s->c->alloc, &c->h->short_factors, n,
	    sizeof(float), "factors", e));
	c->h->n_factors = n;
	c->h->factors_name = "rope_freqs.weight";
	for (size_t i = 0; i < n; i++) {
		double turns = context * pow(theta, -2.0 * (double)i / dims) /
		    6.283185307179586;
		double keep = (turns - low) / (high - low);

		keep = fmin(fmax(keep, 0), 1);
		c->h->short_factors[i] = (float)(1 / (keep +
		    (1 - keep) / factor));
	}
	return HW_OK;
}

static enum hw_status yarn(const struct hw_conf *c, const json_t *rope,
    struct hw_err *e)
{
	struct hw_synth *s = c->h->s;
	double factor = 1, fast = 32, slow = 1, scale = 0;
	bool whole = false, told = hw_conf_find(rope, "truncate") != NULL;

	HW_TRY(hw_conf_flag(c, rope, "truncate", &whole, e));
	HW_TRY(hw_conf_number(c, rope, "factor", 1e-3, 1e6, &factor, e));
	HW_TRY(hw_conf_number(c, rope, "beta_fast", 0.01, 1e6, &fast, e));
	HW_TRY(hw_conf_number(c, rope, "beta_slow", 0.01, 1e6, &slow, e));
	HW_TRY(hw_conf_number(c, rope, "attention_factor", 1e-3, 1e3, &scale,
	    e));
	if (hw_conf_find(rope, "mscale|mscale_all_dim") != NULL)
		return hw_conf_refuse(c, "mscale", "YaRN with mscale", e);
	hw_synth_real(s, ".rope.scaling.factor", factor);
	hw_synth_real(s, ".rope.scaling.yarn_beta_fast", fast);
	hw_synth_real(s, ".rope.scaling.yarn_beta_slow", slow);
	if (scale > 0)
		hw_synth_real(s, ".rope.scaling.attn_factor",
		    scale / (1 + 0.1 * log(factor)));
	if (told)
		hw_synth_bool(s, "headwater.yarn_whole", whole);
	return HW_OK;
}

static enum hw_status longrope(const struct hw_conf *c, const json_t *rope,
    double original, struct hw_err *e)
{
	double stretch = c->context / original, scale;

	HW_TRY(list(c, rope, "short_factor", &c->h->short_factors, e));
	HW_TRY(list(c, rope, "long_factor", &c->h->long_factors, e));
	c->h->factors_name = "rope_factors_short.weight";
	scale = stretch > 1 && original > 1 ?
	    sqrt(1 + log(stretch) / log(original)) : 1;
	HW_TRY(hw_conf_number(c, rope, "attention_factor", 1e-3, 1e3, &scale,
	    e));
	hw_synth_real(c->h->s, ".rope.scaling.attn_factor", scale);
	return HW_OK;
}

static enum hw_status read_scaling(const struct hw_conf *c,
    const json_t *rope, double theta, double dims, struct hw_err *e)
{
	double original = c->context, factor = 1;
	const json_t *name;
	const char *type;

	HW_TRY(hw_conf_typed(c, rope, "rope_type|type", JSON_STRING, "a text",
	    &name, e));
	type = json_string_value(name);
	if (type == NULL || strcmp(type, "default") == 0)
		return HW_OK;
	if (strcmp(type, "llama3") == 0)
		return llama3(c, rope, theta, dims, e);
	if (strcmp(type, "su") == 0)
		type = "longrope";
	hw_synth_string(c->h->s, ".rope.scaling.type", type);
	HW_TRY(hw_conf_number(c, c->root, "original_max_position_embeddings", 1,
	    INT32_MAX, &original, e));
	HW_TRY(hw_conf_number(c, rope, "original_max_position_embeddings", 1,
	    INT32_MAX, &original, e));
	hw_synth_u32(c->h->s, ".rope.scaling.original_context_length",
	    (uint32_t)original);
	if (strcmp(type, "yarn") == 0)
		return yarn(c, rope, e);
	if (strcmp(type, "longrope") == 0)
		return longrope(c, rope, original, e);
	HW_TRY(hw_conf_number(c, rope, "factor", 1e-3, 1e6, &factor, e));
	hw_synth_real(c->h->s, ".rope.scaling.factor", factor);
	return HW_OK;
}

static enum hw_status object(const struct hw_conf *c, const json_t *o,
    const char *name, const json_t **out, struct hw_err *e)
{
	return hw_conf_typed(c, o, name, JSON_OBJECT, "an object", out, e);
}

/* rope_parameters holds all in new files; with a part for each kind of layers
 * where those differ.  In old ones, rope_theta and rope_scaling. */
enum hw_status hw_hf_rope(const struct hw_conf *c, struct hw_err *e)
{
	double theta = 10000, swa = 10000, part = 1, dims;
	const json_t *new, *rope, *local;

	HW_TRY(object(c, c->root, "rope_parameters", &new, e));
	HW_TRY(object(c, new, "sliding_attention", &local, e));
	HW_TRY(object(c, new, "full_attention", &rope, e));
	if (rope == NULL)
		rope = new;
	if (rope == NULL)
		HW_TRY(object(c, c->root, "rope_scaling", &rope, e));
	HW_TRY(hw_conf_number(c, c->root, "rope_theta|rotary_emb_base", 1, 1e12,
	    &theta, e));
	HW_TRY(hw_conf_number(c, rope, "rope_theta", 1, 1e12, &theta, e));
	HW_TRY(hw_conf_number(c, c->root, "rope_local_base_freq", 1, 1e12, &swa,
	    e));
	HW_TRY(hw_conf_number(c, local, "rope_theta", 1, 1e12, &swa, e));
	HW_TRY(hw_conf_number(c, c->root, "partial_rotary_factor|rotary_pct", 0,
	    1, &part, e));
	HW_TRY(hw_conf_number(c, rope, "partial_rotary_factor", 0, 1, &part,
	    e));
	dims = floor(c->d_head * part);
	if (c->h->family == HW_HF_MPT)
		return HW_OK;
	hw_synth_real(c->h->s, ".rope.freq_base", theta);
	hw_synth_real(c->h->s, ".rope.freq_base_swa", swa);
	hw_synth_u32(c->h->s, ".rope.dimension_count", (uint32_t)dims);
	return read_scaling(c, rope, theta, dims, e);
}
