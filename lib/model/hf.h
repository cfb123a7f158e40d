/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_HF_H
#define HW_MODEL_HF_H

/* A model as Hugging Face's transformers saves it, in GGUF's words. */
#include "model/synth.h"

/* Families whose tensors have names in common; bits. */
enum hw_hf_family {
	HW_HF_LLAMA = 1 << 0, /* mistral, too */
	HW_HF_QWEN = 1 << 1,
	HW_HF_NEOX = 1 << 2,
	HW_HF_FALCON = 1 << 3,
	HW_HF_MPT = 1 << 4,
	HW_HF_PHI3 = 1 << 5,
	HW_HF_SMOLLM3 = 1 << 6,
	HW_HF_OLMO = 1 << 7,
	HW_HF_GEMMA = 1 << 8,
	HW_HF_OSS = 1 << 9,
};

/* What config.json says beyond keys. */
struct hw_hf {
	struct hw_synth *s;
	const char *path; /* of the model, for messages */
	enum hw_hf_family family;
	int heads, kv_heads, d_head;
	bool untied; /* it says that the output is not the embedding */
	/* Rotary factors, to become tensors; from hw_new. */
	float *short_factors, *long_factors;
	size_t n_factors;
	const char *factors_name; /* of the short ones' tensor */
};
void hw_hf_release(struct hw_hf *h);

/* hf_config.c: config.json to keys. */
HW_MUST enum hw_status hw_hf_config(struct hw_hf *h, struct hw_view json,
    struct hw_err *e);

/* hf_ends.c: the tokens that end a text, by config.json and
 * generation_config.json. */
HW_MUST enum hw_status hw_hf_ends(struct hw_synth *s, struct hw_err *e);

/* hf.c: what a tensor with our name is called in models of a family, in out;
 * false: nothing is. */
bool hw_hf_name(unsigned family, const char *ours, char *out, size_t size);

#endif
