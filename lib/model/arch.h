/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_ARCH_H
#define HW_MODEL_ARCH_H

/* Inside lib/model: the model handle, and how an architecture turns metadata
 * and tensors into a struct hw_net. */
#include <stddef.h>

#include "model/container.h"
#include "model/model.h"

struct hw_model {
	const struct hw_alloc *alloc;
	struct hw_view map;        /* what hw_model_open mapped */
	struct hw_container c;     /* c.file: the same, or borrowed bytes */
	struct hw_model_info info;
	char *path, *name, *arch;  /* what info and messages point to */
	struct hw_vocab *vocab;
	struct hw_tok_spec spec;
	char *tok_kind, *tok_pre;
	uint32_t *rule_at, *cut_at;
	uint32_t *token_at, *merge_at; /* (n) offsets of strings in the file */
	const struct hw_meta *scores; /* F32 or F64; NULL: none */
	uint32_t byte_id[256];     /* for spec */
	bool bound;
	struct hw_net net;
	float *factors;            /* rope factors made here, not mapped */
	int *windows;              /* (n_layers) net.windows */
	float *slopes;             /* (n_heads) net.slopes */
	bool takes_experts;        /* an architecture's word to hyper.c: it */
	bool yarn_whole;           /* takes them; YaRN's ramp begins and ends */
	                           /* at whole dimensions */
	bool qkv_turns;            /* fused queries, keys and values lie head
	                              by head, not one after the other */
};

/* hw_model_open on bytes in memory, at a multiple of 16, which must outlive
 * the model.  For tests: there, the byte past the end can be watched. */
HW_MUST enum hw_status hw_model_open_bytes(struct hw_model **out,
    struct hw_view file, const char *name, const struct hw_model_opts *opts,
    struct hw_err *e);

/* A NUL-terminated copy, cut at `max` bytes and at the first NUL. */
HW_MUST enum hw_status hw_copy_text(char **out, struct hw_view v, size_t max,
    const struct hw_alloc *a, struct hw_err *e);

/* vocab.c: vocabulary and tokenizer's needs; of n_vocab empty tokens if the
 * file has no tokenizer and n_vocab > 0. */
HW_MUST enum hw_status hw_model_load_vocab(struct hw_model *m, int n_vocab,
    struct hw_err *e);

/* An architecture fills m->net.  It reads keys by the helpers below, binds
 * every tensor that it understands, and leaves the rest unused: bind.c then
 * refuses the file, since a weight that is ignored makes wrong numbers. */
typedef enum hw_status hw_arch_fn(struct hw_model *m, struct hw_err *e);
#define ARCH(name, text) hw_arch_fn hw_arch_##name;
#include "model/archs.def"
#undef ARCH

/* ---- hyper.c: parameters that architectures share ------------------------ */

/* "ARCH.suffix" in buf (HW_ARCH_KEY bytes; suffixes are short). */
#define HW_ARCH_KEY 128
const char *hw_arch_key(const struct hw_model *m, const char *suffix,
    char *buf);
/* hw_meta_int and so on, of "ARCH.suffix". */
HW_MUST enum hw_status hw_arch_int(const struct hw_model *m,
    const char *suffix, int64_t min, int64_t max, int *out,
    struct hw_err *e);
HW_MUST enum hw_status hw_arch_int_or(const struct hw_model *m,
    const char *suffix, int64_t min, int64_t max, int *out,
    struct hw_err *e);
HW_MUST enum hw_status hw_arch_real_or(const struct hw_model *m,
    const char *suffix, double min, double max, double *out,
    struct hw_err *e);
/* Width, layers, heads, context, norms' epsilon (`norm` says which key),
 * rotary base, dimensions and scaling; and the sizes that follow.  Refuses a
 * mixture of experts unless m->takes_experts. */
struct hw_sizes;
HW_MUST enum hw_status hw_arch_begin(struct hw_model *m,
    enum hw_norm_kind norm, struct hw_sizes *s, struct hw_err *e);
/* attn_scale, where the file has it. */
HW_MUST enum hw_status hw_arch_scale(struct hw_model *m, struct hw_err *e);
/* Take l->q apart, which is all of queries, keys and values. */
void hw_arch_split_qkv(const struct hw_model *m, struct hw_layer *l);
/* Rows `first` .. `first` + n of w. */
struct hw_matrix hw_matrix_part(const struct hw_matrix *w, size_t first,
    size_t n);
/* Layers that were trained with a window: net.windows, by
 * attention.sliding_window and attention.sliding_window_pattern; if the file
 * lacks them, `window` and `period` (0: none). */
HW_MUST enum hw_status hw_arch_windows(struct hw_model *m, int window,
    int period, struct hw_err *e);

/* ---- rotary.c ------------------------------------------------------------ */

/* rope_theta, rope_dims, and linear or YaRN scaling; hw_arch_begin does it. */
HW_MUST enum hw_status hw_arch_rope(struct hw_model *m, struct hw_err *e);
/* After its factors were bound: from when on, and the scale. */
HW_MUST enum hw_status hw_arch_longrope(struct hw_model *m,
    struct hw_err *e);
/* Factors that came from a tensor; NULL is fine. */
HW_MUST enum hw_status hw_arch_check_factors(const struct hw_model *m,
    const float *factors, const char *tensor, struct hw_err *e);

/* Find the row for m->info.arch, run it, check that no tensor is left. */
HW_MUST enum hw_status hw_model_bind(struct hw_model *m, struct hw_err *e);

/* ---- tables of tensors --------------------------------------------------- */

/* The sizes that shapes are made of. */
struct hw_sizes {
	int none; /* 0: a dimension that is not there */
	int vocab, d, d_head, heads, q, kv, qkv, ffn, ffn_pair, half_rope,
	    experts;
};

/* A row of an architecture's table of tensors. */
struct hw_slot {
	const char *name; /* of a tensor; in a layer: what follows "blk.N." */
	enum { HW_SLOT_VECTOR, HW_SLOT_MATRIX } kind; /* const float *, or
	                                                 struct hw_matrix */
	size_t at;        /* offset of the member in hw_net, hw_layer */
	size_t shape[3];  /* offsets in hw_sizes: contiguous dimension first */
	bool optional;    /* else missing is an error */
};

#define HW_NET(member) offsetof(struct hw_net, member)
#define HW_LAYER(member) offsetof(struct hw_layer, member)
#define HW_SIZE(member) offsetof(struct hw_sizes, member)
#define HW_VECTOR(name, at, n, optional) \
	{name, HW_SLOT_VECTOR, at, {HW_SIZE(n)}, optional}
#define HW_MATRIX(name, at, rows, cols, optional) \
	{name, HW_SLOT_MATRIX, at, {HW_SIZE(cols), HW_SIZE(rows)}, optional}
#define HW_N_SLOTS(table) (sizeof(table) / sizeof(*(table)))

/* What most architectures have. */
#define HW_EMBEDDING \
	HW_MATRIX("token_embd.weight", HW_NET(embd), vocab, d, false)
#define HW_OUTPUT(optional) \
	HW_MATRIX("output.weight", HW_NET(out), vocab, d, optional)
#define HW_OUT_NORM \
	HW_VECTOR("output_norm.weight", HW_NET(out_norm), d, false)
#define HW_ATTN_NORM \
	HW_VECTOR("attn_norm.weight", HW_LAYER(attn_norm), d, false)
#define HW_QKV_APART \
	HW_MATRIX("attn_q.weight", HW_LAYER(q), q, d, false), \
	HW_MATRIX("attn_k.weight", HW_LAYER(k), kv, d, false), \
	HW_MATRIX("attn_v.weight", HW_LAYER(v), kv, d, false)
#define HW_QKV_BIASES(optional) \
	HW_VECTOR("attn_q.bias", HW_LAYER(q.bias), q, optional), \
	HW_VECTOR("attn_k.bias", HW_LAYER(k.bias), kv, optional), \
	HW_VECTOR("attn_v.bias", HW_LAYER(v.bias), kv, optional)
/* One matrix for all three: hw_arch_split_qkv takes it apart. */
#define HW_QKV_FUSED \
	HW_MATRIX("attn_qkv.weight", HW_LAYER(q), qkv, d, false)
#define HW_ATTN_OUTPUT \
	HW_MATRIX("attn_output.weight", HW_LAYER(o), d, q, false)
#define HW_FFN_NORM \
	HW_VECTOR("ffn_norm.weight", HW_LAYER(ffn_norm), d, false)
#define HW_FFN_GATED \
	HW_MATRIX("ffn_gate.weight", HW_LAYER(gate), ffn, d, false), \
	HW_MATRIX("ffn_up.weight", HW_LAYER(up), ffn, d, false), \
	HW_MATRIX("ffn_down.weight", HW_LAYER(down), d, ffn, false)
#define HW_FFN_PLAIN \
	HW_MATRIX("ffn_up.weight", HW_LAYER(up), ffn, d, false), \
	HW_MATRIX("ffn_down.weight", HW_LAYER(down), d, ffn, false)
#define HW_POST_NORMS \
	HW_VECTOR("post_attention_norm.weight", HW_LAYER(attn_post), d, \
	    false), \
	HW_VECTOR("post_ffw_norm.weight", HW_LAYER(ffn_post), d, false)

/* HW_CORRUPT: this tensor is not there; by the name that its file would have
 * for it. */
HW_MUST enum hw_status hw_bind_missing(const struct hw_container *c,
    const char *name, struct hw_err *e);
/* Bind n slots; `base` is where `at` counts from, `prefix` goes before each
 * name. */
HW_MUST enum hw_status hw_bind_slots(struct hw_container *c,
    const struct hw_slot *slots, size_t n, void *base, const char *prefix,
    const struct hw_sizes *sizes, struct hw_err *e);
/* The tables of a whole network: m->net.layers are made here.  An output
 * matrix that is not there is the embedding. */
HW_MUST enum hw_status hw_bind_net(struct hw_model *m,
    const struct hw_slot *net, size_t n_net, const struct hw_slot *layer,
    size_t n_layer, const struct hw_sizes *sizes, struct hw_err *e);
#define HW_BIND(m, net, layer, sizes, e) \
	hw_bind_net(m, net, HW_N_SLOTS(net), layer, HW_N_SLOTS(layer), sizes, e)

#endif
