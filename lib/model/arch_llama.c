/* SPDX-License-Identifier: MIT
 * What only this file knows: how the llama family (Llama 1 to 3, Mistral 7B,
 * SmolLM and all that is shaped like them) is written down in GGUF.
 *
 * Converters permute the rows of attn_q and attn_k so that rotary embedding
 * turns neighbours (2i, 2i+1), where the original turns (i, i + d/2).  We
 * take the file as it is. */
#include "model/arch.h"

static const struct hw_slot net[] = {
	HW_EMBEDDING, HW_OUT_NORM, HW_OUTPUT(true),
	HW_VECTOR("rope_freqs.weight", HW_NET(rope_factors), half_rope, true),
};

static const struct hw_slot layer[] = {
	HW_ATTN_NORM, HW_QKV_APART, HW_QKV_BIASES(true), HW_ATTN_OUTPUT,
	HW_VECTOR("attn_output.bias", HW_LAYER(o.bias), d, true),
	HW_FFN_NORM, HW_FFN_GATED,
};

enum hw_status hw_arch_llama(struct hw_model *m, struct hw_err *e)
{
	struct hw_sizes s;

	HW_TRY(hw_arch_begin(m, HW_NORM_RMS, &s, e));
	HW_TRY(hw_arch_windows(m, 0, 0, e));
	HW_TRY(HW_BIND(m, net, layer, &s, e));
	return hw_arch_check_factors(m, m->net.rope_factors,
	    "rope_freqs.weight", e);
}
