/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_PARTS_H
#define HW_MODEL_PARTS_H

/* The files that one model consists of, by name: mapped from a directory, or
 * unpacked from an archive into private memory.  First all are found and the
 * texts are read; who has read those marks the weights that are used; then they
 * are read. */
#include "base/mem.h"

#define HW_MAX_PARTS 1024
/* Of a .json file, which jansson takes some ten times the size of for a
 * time. */
#define HW_MAX_JSON ((size_t)64 << 20)

struct hw_part {
	char *name;           /* without its folder */
	uint64_t size;        /* of the file */
	struct hw_view bytes; /* of weights that are used all, or their head;
	                         of others none */
	bool mapped;          /* else the allocator's */
	bool used;            /* of weights: the model is made of them */
	const char *link;     /* in an archive: it is one; of which kind, and
	                         what to do about it; else NULL */
};

struct hw_parts {
	const struct hw_alloc *alloc;
	struct hw_part *part; /* (HW_MAX_PARTS), or NULL */
	size_t n;
	char *folder;         /* in an archive: what goes before the names */
};

void hw_parts_release(struct hw_parts *p); /* zeroed is fine */
/* The bytes of a file; NULL: there is none. */
const struct hw_view *hw_parts_find(const struct hw_parts *p,
    const char *name);
/* Mark a file as used; false: there is none of this name. */
bool hw_parts_use(struct hw_parts *p, const char *name);
/* A place for one more, its name copied.  HW_LIMIT, HW_NOMEM. */
HW_MUST enum hw_status hw_parts_add(struct hw_parts *p, struct hw_part **out,
    const char *name, struct hw_err *e);
/* Whether a model may need a file of this name; whether it is weights. */
bool hw_parts_wanted(const char *name);
bool hw_parts_is_weights(const char *name);

/* Of parts whose names are still whole paths those of one model: the folder of
 * the config.json (without any, of the tokenizer.json) that lies least deep.
 * HW_CORRUPT: there are two. */
HW_MUST enum hw_status hw_parts_choose(struct hw_parts *p, const char *path,
    struct hw_err *e);

/* Find what a directory holds; map the weights that are used; parts.c. */
HW_MUST enum hw_status hw_parts_from_dir(struct hw_parts *p, const char *path,
    struct hw_err *e);
HW_MUST enum hw_status hw_parts_map_weights(struct hw_parts *p,
    const char *path, struct hw_err *e);
/* Find what an archive holds; unpack the weights that are used, or of each only
 * what stands before the tensors' data; unpack.c.  `path` is for messages. */
bool hw_parts_is_archive(struct hw_view file);
HW_MUST enum hw_status hw_parts_from_archive(struct hw_parts *p,
    struct hw_view file, const char *path, struct hw_err *e);
HW_MUST enum hw_status hw_parts_unpack_weights(struct hw_parts *p,
    struct hw_view file, const char *path, bool heads, struct hw_err *e);

#endif
