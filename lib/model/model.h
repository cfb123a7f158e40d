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
	const float *bias; /* (rows) added to y; NULL: none */
	/* Rows come in runs of `run`, `jump` bytes from one run's beginning to
	 * the next one's: a part of a matrix of queries, keys and values in
	 * turns.  run = 0: all rows follow each other. */
	size_t run, jump;
};

/* What a model's blocks are made of. */
enum hw_norm_kind { HW_NORM_RMS, HW_NORM_LAYER };
enum hw_act {
	HW_ACT_SILU,      /* silu(gate) * up */
	HW_ACT_GELU_TANH, /* gelu(gate) * up, by its tanh form */
	HW_ACT_OAI,       /* gpt-oss: swiglu_oai in kernels.h */
	HW_ACT_GELU,      /* gelu(up): there is no gate */
};
/* Which rotary angles a layer uses. */
enum hw_layer_rope { HW_ROPE_GLOBAL, HW_ROPE_LOCAL, HW_ROPE_NONE };
#define HW_ROPES 2

/* One transformer block.  What a model does not have is NULL, and so is the
 * `data` of a matrix. */
struct hw_layer {
	const float *attn_norm, *attn_norm_b; /* (d_model) */
	struct hw_matrix q;     /* (n_heads * d_head, d_model) */
	struct hw_matrix k, v;  /* (n_kv_heads * d_head, d_model) */
	struct hw_matrix o;     /* (d_model, n_heads * d_head) */
	/* RMS norms of queries and keys: (d_head) of each head, or of the
	 * whole row where norm_rows. */
	const float *q_norm, *k_norm;
	bool norm_rows;
	const float *sinks;     /* (n_heads) a logit beside all scores */
	enum hw_layer_rope rope;
	const float *attn_post; /* (d_model) norm of attention's result */
	const float *ffn_norm, *ffn_norm_b; /* (d_model) */
	struct hw_matrix gate, up; /* (d_ffn, d_model); of a mixture of experts
	                              one after the other */
	struct hw_matrix down;  /* (d_model, d_ffn); likewise */
	struct hw_matrix router; /* (n_experts, d_model) */
	const float *ffn_post;  /* (d_model) norm of the result */
};

struct hw_net {
	int n_vocab, d_model, n_layers, n_heads, n_kv_heads, d_head, d_ffn;
	int n_ctx;
	float norm_eps;
	enum hw_norm_kind norm;
	enum hw_act act;
	bool parallel;    /* attention and feed-forward part side by side */
	float embd_scale; /* of embeddings; 0: 1 */
	float attn_scale; /* of scores; 0: 1 / sqrt(d_head) */
	float attn_cap, out_cap; /* soft-caps of scores, of logits; 0: none */
	float clip_qkv;   /* bound of queries, keys, values; 0: none */
	const float *slopes; /* (n_heads) ALiBi; NULL: none */
	int n_experts, n_used; /* of a mixture: how many, how many a token */
	int rope_dims; /* rotated dimensions of a head; even; 0: none */
	bool rope_halves; /* dimension i turns with i + rope_dims / 2, not
	                     2i with 2i + 1 */
	double rope_theta, local_theta;
	const float *rope_factors; /* (rope_dims / 2) divisors of the
	                              frequencies; NULL: none */
	const float *local_factors;
	/* LongRoPE: these instead where the cache holds more than so many
	 * tokens. */
	const float *rope_long;
	int rope_original;
	double rope_scale; /* of cosine and sine; 0: 1 */
	const int *windows; /* (n_layers) tokens that a layer was trained to
	                       see, itself included; 0: all.  NULL: all */
	bool own_sink; /* BOS was trained as a sink token: S = 1 suffices */
	int advised;   /* recent tokens to keep, as its file says; 0: it does
	                  not */
	struct hw_matrix embd; /* (n_vocab, d_model) */
	const float *out_norm, *out_norm_b; /* (d_model) */
	struct hw_matrix out;  /* (n_vocab, d_model); embd when tied */
	struct hw_layer *layers; /* (n_layers) */
};

/* The bound network; NULL if the model was opened for its vocabulary only. */
const struct hw_net *hw_model_net(const struct hw_model *m);

/* What the tokenizer needs beyond the vocabulary. */
struct hw_tok_spec {
	const char *kind;   /* tokenizer.ggml.model: a row of tok/toks.def */
	const char *pre;    /* tokenizer.ggml.pre; "" if the file has none */
	size_t n_merges;
	/* Merge i joins two tokens' *GGUF strings*, "left right"; borrowed. */
	struct hw_view (*merge)(const struct hw_model *m, size_t i);
	/* Token i as the GGUF string (byte-level alphabet, not raw bytes). */
	struct hw_view (*token)(const struct hw_model *m, size_t i);
	/* The score of token i, any number; NULL: there are none. */
	double (*score)(const struct hw_model *m, size_t i);
	const uint32_t *byte_id; /* (256) tokens for lone bytes; UINT32_MAX:
	                            there is none.  NULL: for no byte */
	uint32_t unknown;   /* UINT32_MAX: none */
	/* A tokenizer.json's own steps, in place of `pre`.  Rules change the
	 * text: "nfc", "nfd", "nfkc", "nfkd", or "replace PATTERN\0TEXT".  Cuts
	 * split it at a PCRE2 pattern behind a letter: a match is a piece (I),
	 * dropped (R), joined to what is before (P), or behind it (N), or to
	 * other matches beside it (C); in lower case, the same for what lies
	 * between matches. */
	bool steps;
	size_t n_rules, n_cuts;
	struct hw_view (*rule)(const struct hw_model *m, size_t i);
	struct hw_view (*cut)(const struct hw_model *m, size_t i);
	bool whole;         /* a piece that is a token is that token */
	bool space_piece;   /* a space goes before each piece of a text */
	bool space_unless;  /* none is put where there is one */
};
const struct hw_tok_spec *hw_model_tok_spec(const struct hw_model *m);
/* What a GGUF string of a normal token, or of half a merge, spells: at most
 * text.n bytes to out; returns how many. */
size_t hw_model_spell(const struct hw_model *m, unsigned char *out,
    struct hw_view text);

#endif
