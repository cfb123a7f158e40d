/* SPDX-License-Identifier: MIT
 * What only this file knows: gpt-oss.  A mixture of experts in every layer,
 * biases everywhere, a learned logit a head that stands in for a sink, every
 * other layer with a window; YaRN, whose ramp is not cut to whole dimensions.
 */
#include "model/arch.h"

#define MAX_EXPERTS 1024

static const struct hw_slot net[] = {
	HW_EMBEDDING, HW_OUT_NORM, HW_OUTPUT(true),
};

#define STACK(name, at, rows, cols) \
	{name, HW_SLOT_MATRIX, at, {HW_SIZE(cols), HW_SIZE(rows), \
	    HW_SIZE(experts)}, false}
#define BIASES(name, at, n) \
	{name, HW_SLOT_VECTOR, at, {HW_SIZE(n), HW_SIZE(experts)}, false}

static const struct hw_slot layer[] = {
	HW_ATTN_NORM, HW_QKV_APART, HW_QKV_BIASES(false), HW_ATTN_OUTPUT,
	HW_VECTOR("attn_output.bias", HW_LAYER(o.bias), d, false),
	HW_VECTOR("attn_sinks.weight", HW_LAYER(sinks), heads, false),
	HW_VECTOR("post_attention_norm.weight", HW_LAYER(ffn_norm), d, false),
	HW_MATRIX("ffn_gate_inp.weight", HW_LAYER(router), experts, d, false),
	HW_VECTOR("ffn_gate_inp.bias", HW_LAYER(router.bias), experts, false),
	STACK("ffn_gate_exps.weight", HW_LAYER(gate), ffn, d),
	STACK("ffn_up_exps.weight", HW_LAYER(up), ffn, d),
	STACK("ffn_down_exps.weight", HW_LAYER(down), d, ffn),
	BIASES("ffn_gate_exps.bias", HW_LAYER(gate.bias), ffn),
	BIASES("ffn_up_exps.bias", HW_LAYER(up.bias), ffn),
	BIASES("ffn_down_exps.bias", HW_LAYER(down.bias), d),
};

enum hw_status hw_arch_gpt_oss(struct hw_model *m, struct hw_err *e)
{
	struct hw_net *n = &m->net;
	struct hw_sizes s;

	n->rope_halves = true;
	n->act = HW_ACT_OAI;
	m->takes_experts = true;
	m->yarn_whole = false;
	HW_TRY(hw_arch_begin(m, HW_NORM_RMS, &s, e));
	HW_TRY(hw_arch_windows(m, 0, 2, e));
	HW_TRY(hw_arch_int(m, "expert_count", 1, MAX_EXPERTS, &n->n_experts,
	    e));
	HW_TRY(hw_arch_int(m, "expert_used_count", 1, n->n_experts,
	    &n->n_used, e));
	HW_TRY(hw_arch_int_or(m, "expert_feed_forward_length", 1, n->d_ffn,
	    &n->d_ffn, e));
	s.ffn = n->d_ffn;
	s.experts = n->n_experts;
	return HW_BIND(m, net, layer, &s, e);
}
