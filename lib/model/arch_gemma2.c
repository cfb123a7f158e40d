/* SPDX-License-Identifier: MIT
 * What only this file knows: Gemma 2.  Norms before and behind both parts (in
 * GGUF 1 was added to their weights), soft-caps of scores and logits, every
 * other layer with a window. */
#include "model/arch.h"

#include <math.h>

#define WINDOW 4096 /* where the file does not say */
#define LAYERS_27B 46

static const struct hw_slot net[] = {
	HW_EMBEDDING, HW_OUT_NORM,
};

static const struct hw_slot layer[] = {
	HW_ATTN_NORM, HW_QKV_APART, HW_ATTN_OUTPUT, HW_FFN_NORM,
	HW_POST_NORMS, HW_FFN_GATED,
};

enum hw_status hw_arch_gemma2(struct hw_model *m, struct hw_err *e)
{
	struct hw_net *n = &m->net;
	double attn = 50, out = 30;
	struct hw_sizes s;

	n->rope_halves = true;
	n->act = HW_ACT_GELU_TANH;
	HW_TRY(hw_arch_begin(m, HW_NORM_RMS, &s, e));
	HW_TRY(hw_arch_windows(m, WINDOW, 2, e));
	HW_TRY(hw_arch_real_or(m, "attn_logit_softcapping", 0, 1e6, &attn,
	    e));
	HW_TRY(hw_arch_real_or(m, "final_logit_softcapping", 0, 1e6, &out,
	    e));
	n->attn_cap = (float)attn;
	n->out_cap = (float)out;
	n->embd_scale = sqrtf((float)n->d_model);
	/* The largest scales by its width; GGUF knows it by its depth only. */
	if (n->n_layers == LAYERS_27B)
		n->attn_scale = 1 / sqrtf((float)(n->d_model / n->n_heads));
	HW_TRY(hw_arch_scale(m, e));
	return HW_BIND(m, net, layer, &s, e);
}
