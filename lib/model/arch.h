/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_ARCH_H
#define HW_MODEL_ARCH_H

/* Inside lib/model: the model handle, and how an architecture turns metadata
 * and tensors into a struct hw_net. */
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
	uint32_t *token_at, *merge_at; /* (n) offsets of strings in the file */
	bool bound;
	struct hw_net net;
	float *factors;            /* rope factors made here, not mapped */
	int *windows;              /* (n_layers) net.windows */
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
#define ARCH(name) hw_arch_fn hw_arch_##name;
#include "model/archs.def"
#undef ARCH

/* ---- hyper.c: parameters that architectures share ------------------------ */

/* "ARCH.suffix" in buf (HW_ARCH_KEY bytes; suffixes are short). */
#define HW_ARCH_KEY 128
const char *hw_arch_key(const struct hw_model *m, const char *suffix,
    char *buf);
/* Layers that were trained with a window: net.windows, by
 * attention.sliding_window and attention.sliding_window_pattern. */
HW_MUST enum hw_status hw_arch_windows(struct hw_model *m, struct hw_err *e);

/* Find the row for m->info.arch, run it, check that no tensor is left. */
HW_MUST enum hw_status hw_model_bind(struct hw_model *m, struct hw_err *e);

/* A row of an architecture's table of tensors. */
struct hw_slot {
	const char *name; /* of a tensor; in a layer: what follows "blk.N." */
	enum { HW_SLOT_VECTOR, HW_SLOT_MATRIX } kind; /* const float *, or
	                                                 struct hw_matrix */
	size_t at;        /* offset of the member in hw_net, hw_layer */
	size_t rows;      /* offsets of int members of hw_net that give the */
	size_t cols;      /* shape (rows of a vector: not used) */
	bool optional;    /* else missing is an error */
};

/* Bind n slots; `base` is where `at` counts from, `prefix` goes before each
 * name.  `sizes` is what rows and cols point into. */
HW_MUST enum hw_status hw_bind_slots(struct hw_container *c,
    const struct hw_slot *slots, size_t n, void *base, const char *prefix,
    const void *sizes, struct hw_err *e);

#endif
