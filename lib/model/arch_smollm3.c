/* SPDX-License-Identifier: MIT
 * What only this file knows: SmolLM 3.  Llama, but every fourth layer does not
 * rotate (GGUF does not say so; a Hugging Face configuration does). */
#include "model/arch.h"

#define PERIOD 4

static const struct hw_slot net[] = {
	HW_EMBEDDING, HW_OUT_NORM, HW_OUTPUT(true),
};

static const struct hw_slot layer[] = {
	HW_ATTN_NORM, HW_QKV_APART, HW_ATTN_OUTPUT, HW_FFN_NORM,
	HW_FFN_GATED,
};

enum hw_status hw_arch_smollm3(struct hw_model *m, struct hw_err *e)
{
	int n_layers, period = PERIOD;
	struct hw_sizes s;

	HW_TRY(hw_arch_begin(m, HW_NORM_RMS, &s, e));
	HW_TRY(hw_arch_windows(m, 0, 0, e));
	n_layers = m->net.n_layers;
	HW_TRY(hw_meta_int_or(&m->c, "headwater.rope_period", 1, 1 << 20,
	    &period, e));
	HW_TRY(HW_BIND(m, net, layer, &s, e));
	for (int i = 0; i < n_layers; i++)
		if ((i + 1) % period == 0)
			m->net.layers[i].rope = HW_ROPE_NONE;
	return HW_OK;
}
