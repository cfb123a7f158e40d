/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_CONTAINER_H
#define HW_MODEL_CONTAINER_H

/* What any model file comes down to: typed metadata under keys, and tensors
 * under names, all of it checked against the file's size when it was opened.
 * Keys and names are GGUF's; a reader of another format translates. */
#include "base/buf.h"
#include "base/cur.h"
#include "model/names.h"
#include "model/parts.h"

/* The types of metadata, by their GGUF numbers. */
enum hw_meta_type {
	HW_META_U8 = 0,
	HW_META_I8 = 1,
	HW_META_U16 = 2,
	HW_META_I16 = 3,
	HW_META_U32 = 4,
	HW_META_I32 = 5,
	HW_META_F32 = 6,
	HW_META_BOOL = 7,
	HW_META_STRING = 8,
	HW_META_ARRAY = 9,
	HW_META_U64 = 10,
	HW_META_I64 = 11,
	HW_META_F64 = 12,
};

struct hw_meta {
	size_t at;            /* offset of the value in the file */
	enum hw_meta_type type, elem; /* elem: of an array */
	size_t n;             /* elements of an array, else 1 */
	struct hw_view bytes; /* the value: a string's bytes, an array's
	                         elements as they lie in the file */
};

#define HW_TENSOR_DIMS 4
struct hw_tensor {
	uint32_t type;        /* ggml's number; maybe one we cannot read */
	uint64_t dims[HW_TENSOR_DIMS]; /* [0]: contiguous; 1 beyond n_dims */
	unsigned n_dims;
	bool used;            /* bound by the architecture */
	struct hw_view data;  /* of a type we can read, else empty; p is NULL
	                         where nobody will ask for it */
};

struct hw_container {
	const struct hw_alloc *alloc;
	const char *path;     /* for messages */
	bool dir;             /* path is a directory: there is no file */
	bool vocab_only;      /* no tensor's data will be asked for */
	unsigned hf_family;   /* whose names its tensors had; 0: GGUF's */
	struct hw_view file;
	size_t header;        /* bytes before the first tensor's data */
	struct hw_names keys, names;
	struct hw_meta *metas;     /* (keys.n) */
	struct hw_tensor *tensors; /* (names.n) */
	uint64_t bytes;       /* of all its files; 0: file.n */
	uint64_t unpacked;    /* of them in private memory, or made there */
	const char *format;   /* the name of the reader that opened it */

	/* What a reader of another format than GGUF made or holds: the files,
	 * the values of the keys, the names of tensors, their data where it
	 * could not stay as it was. */
	struct hw_parts parts;
	unsigned char *made;
	struct hw_buf made_names;
	void **blocks;        /* (n_blocks) from hw_new_aligned */
	size_t n_blocks;
};

/* A file format: does it look like this one; read its header. */
struct hw_format {
	const char *name;
	bool (*bid)(const struct hw_container *c);
	enum hw_status (*open)(struct hw_container *c, struct hw_err *e);
};

/* Ask each format of formats.def and let the bidder read c->file, or c->path
 * if that is a directory. */
HW_MUST enum hw_status hw_container_open(struct hw_container *c,
    struct hw_err *e);
void hw_container_release(struct hw_container *c);

/* ---- metadata: HW_CORRUPT names the key -----------------------------------
 * A `_or` function leaves *out alone when the key is missing. */
const struct hw_meta *hw_meta_find(const struct hw_container *c,
    const char *key);
HW_MUST enum hw_status hw_meta_int(const struct hw_container *c,
    const char *key, int64_t min, int64_t max, int *out, struct hw_err *e);
HW_MUST enum hw_status hw_meta_int_or(const struct hw_container *c,
    const char *key, int64_t min, int64_t max, int *out, struct hw_err *e);
/* Finite and min <= x <= max. */
HW_MUST enum hw_status hw_meta_real(const struct hw_container *c,
    const char *key, double min, double max, double *out, struct hw_err *e);
HW_MUST enum hw_status hw_meta_real_or(const struct hw_container *c,
    const char *key, double min, double max, double *out, struct hw_err *e);
HW_MUST enum hw_status hw_meta_bool_or(const struct hw_container *c,
    const char *key, bool *out, struct hw_err *e);
HW_MUST enum hw_status hw_meta_string_or(const struct hw_container *c,
    const char *key, struct hw_view *out, struct hw_err *e);
/* *out = NULL when missing. */
HW_MUST enum hw_status hw_meta_array_or(const struct hw_container *c,
    const char *key, enum hw_meta_type elem, const struct hw_meta **out,
    struct hw_err *e);
/* The next string of an array of strings. */
struct hw_view hw_meta_next_string(struct hw_cur *c);
/* Whether a key's string is `s`. */
bool hw_view_is(struct hw_view v, const char *s);

struct hw_tensor *hw_tensor_find(const struct hw_container *c,
    const char *name);

#endif
