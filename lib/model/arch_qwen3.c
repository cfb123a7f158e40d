/* SPDX-License-Identifier: MIT
 * What only this file knows: Qwen 3 (not its mixtures of experts).  Llama with
 * a norm on each head's queries and keys, turned by halves. */
#include "model/arch.h"

static const struct hw_slot net[] = {
	HW_EMBEDDING, HW_OUT_NORM, HW_OUTPUT(true),
};

static const struct hw_slot layer[] = {
	HW_ATTN_NORM, HW_QKV_APART, HW_ATTN_OUTPUT,
	HW_VECTOR("attn_q_norm.weight", HW_LAYER(q_norm), d_head, false),
	HW_VECTOR("attn_k_norm.weight", HW_LAYER(k_norm), d_head, false),
	HW_FFN_NORM, HW_FFN_GATED,
};

enum hw_status hw_arch_qwen3(struct hw_model *m, struct hw_err *e)
{
	struct hw_sizes s;

	m->net.rope_halves = true;
	HW_TRY(hw_arch_begin(m, HW_NORM_RMS, &s, e));
	HW_TRY(hw_arch_windows(m, 0, 0, e));
	return HW_BIND(m, net, layer, &s, e);
}
