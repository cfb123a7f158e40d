/* SPDX-License-Identifier: MIT
 * What only this file knows: Phi 3, 3.5 and 4 mini.  Queries, keys and values
 * in one matrix, gate and up in another; LongRoPE (arXiv 2402.13753) in those
 * with long contexts; a part of each head rotated in Phi 4 mini. */
#include "model/arch.h"

static const struct hw_slot net[] = {
	HW_EMBEDDING, HW_OUT_NORM, HW_OUTPUT(true),
	HW_VECTOR("rope_factors_short.weight", HW_NET(rope_factors), half_rope,
	    true),
	HW_VECTOR("rope_factors_long.weight", HW_NET(rope_long), half_rope,
	    true),
};

static const struct hw_slot layer[] = {
	HW_ATTN_NORM, HW_QKV_FUSED, HW_ATTN_OUTPUT, HW_FFN_NORM,
	HW_MATRIX("ffn_up.weight", HW_LAYER(up), ffn_pair, d, false),
	HW_MATRIX("ffn_down.weight", HW_LAYER(down), d, ffn, false),
};

enum hw_status hw_arch_phi3(struct hw_model *m, struct hw_err *e)
{
	struct hw_net *n = &m->net;
	struct hw_sizes s;
	size_t ffn;

	n->rope_halves = true;
	HW_TRY(hw_arch_begin(m, HW_NORM_RMS, &s, e));
	HW_TRY(hw_arch_windows(m, 0, 0, e));
	HW_TRY(HW_BIND(m, net, layer, &s, e));
	ffn = (size_t)n->d_ffn;
	for (int i = 0; i < n->n_layers; i++) {
		struct hw_layer *l = &n->layers[i];

		hw_arch_split_qkv(m, l);
		l->gate = hw_matrix_part(&l->up, 0, ffn);
		l->up = hw_matrix_part(&l->up, ffn, ffn);
	}
	HW_TRY(hw_arch_check_factors(m, n->rope_factors,
	    "rope_factors_short.weight", e));
	HW_TRY(hw_arch_check_factors(m, n->rope_long,
	    "rope_factors_long.weight", e));
	return hw_arch_longrope(m, e);
}
