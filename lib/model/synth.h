/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_SYNTH_H
#define HW_MODEL_SYNTH_H

/* A container whose keys and tensors are made by a reader of another format
 * than GGUF: append them, then seal.  Values lie in one buffer, as they would
 * in a file; sealing makes it the container's `file`.  The first failure
 * sticks, and sealing tells it. */
#include "base/buf.h"
#include "model/container.h"

struct hw_synth {
	struct hw_container *c;
	struct hw_buf values;
	struct hw_buf keys;   /* of struct hw_synth_key */
	const char *arch;     /* goes before a key that begins with '.' */
};

void hw_synth_init(struct hw_synth *s, struct hw_container *c);
void hw_synth_release(struct hw_synth *s);
/* Keys: whole ("general.name"), or ".block_count" for "ARCH.block_count". */
void hw_synth_u32(struct hw_synth *s, const char *key, uint32_t x);
void hw_synth_i32(struct hw_synth *s, const char *key, int32_t x);
void hw_synth_real(struct hw_synth *s, const char *key, double x);
void hw_synth_bool(struct hw_synth *s, const char *key, bool x);
void hw_synth_string(struct hw_synth *s, const char *key, const char *x);
/* An array: its elements follow in s->values, as GGUF writes them. */
void hw_synth_array(struct hw_synth *s, const char *key,
    enum hw_meta_type elem, size_t n);
/* c->keys, c->metas, c->file, c->header. */
HW_MUST enum hw_status hw_synth_seal(struct hw_synth *s, struct hw_err *e);

#endif
