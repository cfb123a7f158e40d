/* SPDX-License-Identifier: MIT
 * What only this file knows: OLMo 2 and 3.  Norms stand behind attention and
 * feed-forward part, none before; queries and keys are normalized over all
 * heads together.  In OLMo 3 three of four layers have a window, and those
 * are not scaled to longer contexts. */
#include "model/arch.h"

static const struct hw_slot net[] = {
	HW_EMBEDDING, HW_OUT_NORM, HW_OUTPUT(true),
};

static const struct hw_slot layer[] = {
	HW_QKV_APART, HW_ATTN_OUTPUT,
	HW_VECTOR("attn_q_norm.weight", HW_LAYER(q_norm), q, false),
	HW_VECTOR("attn_k_norm.weight", HW_LAYER(k_norm), kv, false),
	HW_POST_NORMS, HW_FFN_GATED,
};

enum hw_status hw_arch_olmo2(struct hw_model *m, struct hw_err *e)
{
	struct hw_net *n = &m->net;
	struct hw_sizes s;

	n->rope_halves = true;
	HW_TRY(hw_arch_begin(m, HW_NORM_RMS, &s, e));
	HW_TRY(hw_arch_windows(m, 0, 4, e));
	HW_TRY(HW_BIND(m, net, layer, &s, e));
	n->local_theta = n->rope_theta;
	for (int i = 0; i < n->n_layers; i++) {
		n->layers[i].norm_rows = true;
		if (n->windows != NULL && n->windows[i] > 0)
			n->layers[i].rope = HW_ROPE_LOCAL;
	}
	return HW_OK;
}
