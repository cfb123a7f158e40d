/* SPDX-License-Identifier: MIT
 * What only this file knows: Falcon, in the form of the 7B (one norm before
 * both parts, which stand side by side) and of the 40B and 180B (a norm for
 * each: then attn_norm is the feed-forward part's, attn_norm_2 attention's). */
#include "model/arch.h"

static const struct hw_slot net[] = {
	HW_EMBEDDING, HW_OUT_NORM,
	HW_VECTOR("output_norm.bias", HW_NET(out_norm_b), d, false),
	HW_OUTPUT(true),
};

static const struct hw_slot layer[] = {
	HW_VECTOR("attn_norm.weight", HW_LAYER(ffn_norm), d, false),
	HW_VECTOR("attn_norm.bias", HW_LAYER(ffn_norm_b), d, false),
	HW_VECTOR("attn_norm_2.weight", HW_LAYER(attn_norm), d, true),
	HW_VECTOR("attn_norm_2.bias", HW_LAYER(attn_norm_b), d, true),
	HW_QKV_FUSED, HW_ATTN_OUTPUT, HW_FFN_PLAIN,
};

enum hw_status hw_arch_falcon(struct hw_model *m, struct hw_err *e)
{
	struct hw_sizes s;

	m->net.rope_halves = true;
	m->net.act = HW_ACT_GELU;
	m->net.parallel = true;
	HW_TRY(hw_arch_begin(m, HW_NORM_LAYER, &s, e));
	HW_TRY(HW_BIND(m, net, layer, &s, e));
	for (int i = 0; i < m->net.n_layers; i++) {
		struct hw_layer *l = &m->net.layers[i];

		hw_arch_split_qkv(m, l);
		if (l->attn_norm != NULL)
			continue;
		l->attn_norm = l->ffn_norm;
		l->attn_norm_b = l->ffn_norm_b;
	}
	return HW_OK;
}
