/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_SAFETENSORS_H
#define HW_MODEL_SAFETENSORS_H

/* Files of the safetensors format: a length, a JSON header, tensor data. */
#include "model/container.h"

/* A tensor as its header describes it, checked against the file's size. */
struct hw_safe {
	const char *name;     /* borrowed for the call */
	const char *dtype;    /* "F32", "BF16", ... */
	uint32_t type;        /* ggml's number; UINT32_MAX: it has none */
	uint64_t shape[HW_TENSOR_DIMS]; /* outermost first, 1 beyond n */
	unsigned n;
	size_t at;            /* where the data begin, behind the header */
	struct hw_view data;  /* p is NULL where only the head is at hand */
};

/* A file begins with the length of its header.  How many bytes of it stand
 * before the data, by those first ones (fewer if it is shorter); no more than
 * the file has, or a header may have. */
#define HW_SAFE_LENGTH ((size_t)8)
size_t hw_safe_head(struct hw_view first, uint64_t size);

/* Call f with each tensor of the file, once all of it is known to be sound:
 * the tensors, as they lie, are the data without a gap or an overlap.  `file`
 * is all of its `size` bytes, or its head.  `path` is for messages. */
typedef enum hw_status hw_safe_fn(void *ctx, const struct hw_safe *t,
    struct hw_err *e);
HW_MUST enum hw_status hw_safe_each(struct hw_view file, uint64_t size,
    const char *path, const struct hw_alloc *a, hw_safe_fn *f, void *ctx,
    struct hw_err *e);

/* An index of files: each that it names must be among the parts, by its name
 * alone, and is marked as used. */
struct hw_parts;
#define HW_SAFE_INDEX "model.safetensors.index.json"
HW_MUST enum hw_status hw_safe_index(struct hw_view json,
    struct hw_parts *parts, const char *path, struct hw_err *e);

#endif
