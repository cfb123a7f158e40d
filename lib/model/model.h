/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_MODEL_H
#define HW_MODEL_MODEL_H

/* A model as the engine sees it: hyper-parameters and weights bound by role.
 * Everything points into the mapped file or the model's own memory. */
#include "base/vocab.h"

enum hw_quant {
#define QUANT(name, id, elems, bytes, gemm, prep) HW_##name = id,
#include "model/quants.def"
#undef QUANT
};

/* Name ("Q8_0"), or NULL for a ggml type id that is not in the table. */
const char *hw_quant_name(uint32_t type);
/* Elements and bytes of a block; false: not in the table. */
bool hw_quant_block(uint32_t type, uint64_t *elems, uint64_t *bytes);
/* What ggml calls a type, in the table or not: for messages. */
const char *hw_quant_ggml_name(uint32_t type);

/* A weight matrix in the file's own layout: (rows, cols), y = W x. */
struct hw_matrix {
	enum hw_quant type;
	size_t rows, cols;
	size_t row_bytes;
	const unsigned char *data;
};

/* One transformer block of the llama family. */
struct hw_layer {
	const float *attn_norm; /* (d_model) */
	struct hw_matrix q;     /* (n_heads * d_head, d_model) */
	struct hw_matrix k, v;  /* (n_kv_heads * d_head, d_model) */
	struct hw_matrix o;     /* (d_model, n_heads * d_head) */
	const float *ffn_norm;  /* (d_model) */
	struct hw_matrix gate, up; /* (d_ffn, d_model) */
	struct hw_matrix down;  /* (d_model, d_ffn) */
};

struct hw_net {
	int n_vocab, d_model, n_layers, n_heads, n_kv_heads, d_head, d_ffn;
	int n_ctx;
	float norm_eps;
	double rope_theta;
	int rope_dims; /* rotated dimensions of a head; even */
	const float *rope_factors; /* (rope_dims / 2) divisors of the
	                              frequencies; NULL: none */
	const int *windows; /* (n_layers) tokens that a layer was trained to
	                       see, itself included; 0: all.  NULL: all */
	bool own_sink; /* BOS was trained as a sink token: S = 1 suffices */
	struct hw_matrix embd; /* (n_vocab, d_model) */
	const float *out_norm; /* (d_model) */
	struct hw_matrix out;  /* (n_vocab, d_model); embd when tied */
	struct hw_layer *layers; /* (n_layers) */
};

/* The bound network; NULL if the model was opened for its vocabulary only. */
const struct hw_net *hw_model_net(const struct hw_model *m);

/* What the tokenizer needs beyond the vocabulary. */
struct hw_tok_spec {
	const char *kind;   /* "gpt2": byte-level BPE; tokenizer.ggml.model */
	const char *pre;    /* tokenizer.ggml.pre; "" if the file has none */
	size_t n_merges;
	/* Merge i joins two tokens' *GGUF strings*, "left right"; borrowed. */
	struct hw_view (*merge)(const struct hw_model *m, size_t i);
	/* Token i as the GGUF string (byte-level alphabet, not raw bytes). */
	struct hw_view (*token)(const struct hw_model *m, size_t i);
};
const struct hw_tok_spec *hw_model_tok_spec(const struct hw_model *m);
/* What a GGUF string of a normal token, or of half a merge, spells: at most
 * text.n bytes to out; returns how many. */
size_t hw_model_spell(const struct hw_model *m, unsigned char *out,
    struct hw_view text);

#endif
