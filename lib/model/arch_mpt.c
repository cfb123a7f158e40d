/* SPDX-License-Identifier: MIT
 * What only this file knows: MPT.  No rotation: ALiBi (arXiv 2108.12409), a
 * slope a head, whose scores fall with distance. */
#include "model/arch.h"

#include <math.h>

static const struct hw_slot net[] = {
	HW_EMBEDDING, HW_OUT_NORM,
	HW_VECTOR("output_norm.bias", HW_NET(out_norm_b), d, true),
	HW_OUTPUT(true),
};

static const struct hw_slot layer[] = {
	HW_ATTN_NORM,
	HW_VECTOR("attn_norm.bias", HW_LAYER(attn_norm_b), d, true),
	HW_QKV_FUSED,
	HW_VECTOR("attn_qkv.bias", HW_LAYER(q.bias), qkv, true),
	HW_ATTN_OUTPUT,
	HW_VECTOR("attn_output.bias", HW_LAYER(o.bias), d, true),
	HW_FFN_NORM,
	HW_VECTOR("ffn_norm.bias", HW_LAYER(ffn_norm_b), d, true),
	HW_FFN_PLAIN,
	HW_VECTOR("ffn_up.bias", HW_LAYER(up.bias), ffn, true),
	HW_VECTOR("ffn_down.bias", HW_LAYER(down.bias), d, true),
};

/* A geometric sequence for the largest power of two within n heads, and for
 * the rest every other member of one twice as fine. */
static enum hw_status slopes(struct hw_model *m, double most,
    struct hw_err *e)
{
	int n = m->net.n_heads, whole = 1;

	HW_TRY(hw_new(m->alloc, &m->slopes, (size_t)n, sizeof(*m->slopes),
	    "slopes", e));
	while (2 * whole <= n)
		whole *= 2;
	for (int h = 0; h < n; h++) {
		int step = h < whole ? 2 * (h + 1) : 2 * (h - whole) + 1;

		m->slopes[h] = (float)exp2(-most * step / (2 * whole));
	}
	m->net.slopes = m->slopes;
	return HW_OK;
}

enum hw_status hw_arch_mpt(struct hw_model *m, struct hw_err *e)
{
	struct hw_sizes s;
	double most = 0, clip = 0;

	m->net.act = HW_ACT_GELU;
	HW_TRY(hw_arch_begin(m, HW_NORM_LAYER, &s, e));
	m->net.rope_dims = 0;
	HW_TRY(hw_arch_real_or(m, "attention.max_alibi_bias", 0, 1e3, &most,
	    e));
	if (most <= 0)
		return hw_fail(e, HW_UNSUPPORTED, "%s: positions that were "
		    "learned, in place of ALiBi", m->c.path);
	HW_TRY(slopes(m, most, e));
	HW_TRY(hw_arch_real_or(m, "attention.clamp_kqv", 0, 1e9, &clip, e));
	m->net.clip_qkv = (float)clip;
	HW_TRY(hw_arch_scale(m, e));
	HW_TRY(HW_BIND(m, net, layer, &s, e));
	for (int i = 0; i < m->net.n_layers; i++)
		hw_arch_split_qkv(m, &m->net.layers[i]);
	return HW_OK;
}
