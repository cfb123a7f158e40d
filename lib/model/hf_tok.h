/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_HF_TOK_H
#define HW_MODEL_HF_TOK_H

/* A tokenizer as Hugging Face's libraries save it, in GGUF's words. */
#include "model/json.h"
#include "model/synth.h"

/* Keys tokenizer.* from the contents of tokenizer.json and, where there is one
 * (else empty), of tokenizer_config.json, which knows more of the tokens that
 * begin and end a text.  `path` is for messages.  HW_CORRUPT, HW_UNSUPPORTED
 * (what is missing), HW_LIMIT. */
HW_MUST enum hw_status hw_hf_tokenizer(struct hw_synth *s,
    struct hw_view json, struct hw_view config, const char *path,
    struct hw_err *e);

/* hf_steps.c: what happens to a text before it is encoded, and what is put
 * before the result. */
struct hw_hf_steps {
	bool bytes;         /* the vocabulary is of bytes (ByteLevel) */
	struct hw_buf rules, cuts; /* strings, as GGUF writes them */
	size_t n_rules, n_cuts;
	enum hw_hf_space {
		HW_HF_NO_SPACE,
		HW_HF_SPACE_FIRST, /* before the text */
		HW_HF_SPACE_EACH,  /* and after each added token */
		HW_HF_SPACE_PIECE, /* before each piece */
	} space;
	bool unless;        /* not where there is one already */
	const char *bos;    /* name of the token put before a text, or NULL */
};
HW_MUST enum hw_status hw_hf_read_steps(struct hw_hf_steps *x,
    const json_t *root, const struct hw_json *json, struct hw_err *e);

#endif
