/* SPDX-License-Identifier: MIT
 * What only this file knows: GPT-NeoX, which is Pythia.  LayerNorms and biases
 * everywhere, a part of each head rotated, and usually attention and
 * feed-forward part side by side, each with a norm of its own. */
#include "model/arch.h"

static const struct hw_slot net[] = {
	HW_EMBEDDING, HW_OUT_NORM,
	HW_VECTOR("output_norm.bias", HW_NET(out_norm_b), d, false),
	HW_OUTPUT(true),
};

static const struct hw_slot layer[] = {
	HW_ATTN_NORM,
	HW_VECTOR("attn_norm.bias", HW_LAYER(attn_norm_b), d, false),
	HW_QKV_FUSED,
	HW_VECTOR("attn_qkv.bias", HW_LAYER(q.bias), qkv, true),
	HW_ATTN_OUTPUT,
	HW_VECTOR("attn_output.bias", HW_LAYER(o.bias), d, true),
	HW_FFN_NORM,
	HW_VECTOR("ffn_norm.bias", HW_LAYER(ffn_norm_b), d, false),
	HW_FFN_PLAIN,
	HW_VECTOR("ffn_up.bias", HW_LAYER(up.bias), ffn, false),
	HW_VECTOR("ffn_down.bias", HW_LAYER(down.bias), d, false),
};

enum hw_status hw_arch_gptneox(struct hw_model *m, struct hw_err *e)
{
	struct hw_sizes s;
	char key[HW_ARCH_KEY];

	m->net.rope_halves = true;
	m->net.act = HW_ACT_GELU;
	m->net.parallel = true;
	HW_TRY(hw_arch_begin(m, HW_NORM_LAYER, &s, e));
	HW_TRY(hw_meta_bool_or(&m->c, hw_arch_key(m, "use_parallel_residual",
	    key), &m->net.parallel, e));
	HW_TRY(HW_BIND(m, net, layer, &s, e));
	for (int i = 0; i < m->net.n_layers; i++)
		hw_arch_split_qkv(m, &m->net.layers[i]);
	return HW_OK;
}
