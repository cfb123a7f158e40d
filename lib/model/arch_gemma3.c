/* SPDX-License-Identifier: MIT
 * What only this file knows: Gemma 3, its text part.  Gemma 2 without the
 * soft-caps, with norms of queries and keys; five layers with a window and a
 * rotary base of their own, then one that sees all, whose positions may be
 * scaled. */
#include "model/arch.h"

#include <math.h>

#define LAYERS_27B 62

static const struct hw_slot net[] = {
	HW_EMBEDDING, HW_OUT_NORM, HW_OUTPUT(true),
};

static const struct hw_slot layer[] = {
	HW_ATTN_NORM, HW_QKV_APART, HW_ATTN_OUTPUT,
	HW_VECTOR("attn_q_norm.weight", HW_LAYER(q_norm), d_head, false),
	HW_VECTOR("attn_k_norm.weight", HW_LAYER(k_norm), d_head, false),
	HW_FFN_NORM, HW_POST_NORMS, HW_FFN_GATED,
};

enum hw_status hw_arch_gemma3(struct hw_model *m, struct hw_err *e)
{
	struct hw_net *n = &m->net;
	struct hw_sizes s;
	double out = 0;

	n->rope_halves = true;
	n->act = HW_ACT_GELU_TANH;
	HW_TRY(hw_arch_begin(m, HW_NORM_RMS, &s, e));
	HW_TRY(hw_arch_windows(m, 0, 6, e));
	n->local_theta = 10000;
	HW_TRY(hw_arch_real_or(m, "rope.freq_base_swa", 1, 1e12,
	    &n->local_theta, e));
	HW_TRY(hw_arch_real_or(m, "final_logit_softcapping", 0, 1e6, &out,
	    e));
	n->out_cap = (float)out;
	n->embd_scale = sqrtf((float)n->d_model);
	if (n->n_layers == LAYERS_27B)
		n->attn_scale = 1 / sqrtf((float)(n->d_model / n->n_heads));
	HW_TRY(hw_arch_scale(m, e));
	HW_TRY(HW_BIND(m, net, layer, &s, e));
	for (int i = 0; i < n->n_layers; i++)
		if (n->windows != NULL && n->windows[i] > 0)
			n->layers[i].rope = HW_ROPE_LOCAL;
	return HW_OK;
}
