/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_GGUF_H
#define HW_MODEL_GGUF_H

/* GGUF files, whole or in parts. */
#include "model/container.h"

#define HW_GGUF_MAX_TENSORS 65536

/* gguf.c: keys and tensors of c->file by itself. */
HW_MUST enum hw_status hw_gguf_read(struct hw_container *c, struct hw_err *e);
/* gguf_split.c: if that is the first part of a model, the tensors of the other
 * parts, which lie beside it, too.  HW_IO: one is missing. */
HW_MUST enum hw_status hw_gguf_join(struct hw_container *c, struct hw_err *e);

#endif
