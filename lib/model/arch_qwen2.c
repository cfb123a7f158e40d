/* SPDX-License-Identifier: MIT
 * What only this file knows: Qwen 2 and 2.5.  Llama with biases on queries,
 * keys and values, turned by halves. */
#include "model/arch.h"

static const struct hw_slot net[] = {
	HW_EMBEDDING, HW_OUT_NORM, HW_OUTPUT(true),
};

static const struct hw_slot layer[] = {
	HW_ATTN_NORM, HW_QKV_APART, HW_QKV_BIASES(false), HW_ATTN_OUTPUT,
	HW_FFN_NORM, HW_FFN_GATED,
};

enum hw_status hw_arch_qwen2(struct hw_model *m, struct hw_err *e)
{
	struct hw_sizes s;

	m->net.rope_halves = true;
	HW_TRY(hw_arch_begin(m, HW_NORM_RMS, &s, e));
	HW_TRY(hw_arch_windows(m, 0, 0, e));
	return HW_BIND(m, net, layer, &s, e);
}
