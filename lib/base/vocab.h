/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_VOCAB_H
#define HW_BASE_VOCAB_H

/* The vocabulary as every layer shares it: ids to bytes.  Built once (from a
 * model's metadata, or from a HELLO frame), then immutable. */
#include "base/mem.h"

#define HW_VOCAB_MAX_TOKENS ((size_t)1 << 21)
#define HW_VOCAB_MAX_BYTES ((size_t)64 << 20)

/* Where the tokenizer puts a space of its own before the text, which is not to
 * come out again: before a record, and before each normal token that follows
 * one of another kind. */
enum hw_space {
	HW_SPACE_NEVER,
	HW_SPACE_FIRST, /* before a record only */
	HW_SPACE_EACH,
};

struct hw_vocab {
	const struct hw_alloc *alloc;
	size_t n, cap;        /* tokens */
	size_t n_bytes, cap_bytes;
	unsigned char *bytes; /* all tokens, one after the other */
	uint32_t *off;        /* (n + 1) where each begins */
	uint8_t *kind;        /* (n) enum hw_token_kind */
	uint64_t fingerprint; /* set by hw_vocab_seal */
	int64_t bos, eos;     /* ids; -1: none */
	uint32_t *end;        /* (n_ends) what may end a text besides eos */
	size_t n_ends;
	bool add_bos;         /* a stream begins with bos */
	enum hw_space space;
};

/* Room for n tokens of n_bytes bytes in all.  HW_NOMEM, HW_LIMIT. */
HW_MUST enum hw_status hw_vocab_open(struct hw_vocab **out, size_t n,
    size_t n_bytes, const struct hw_alloc *a, struct hw_err *e);
void hw_vocab_close(struct hw_vocab *v);
/* The next token; the caller stays within what it asked room for. */
void hw_vocab_add(struct hw_vocab *v, const void *p, size_t n,
    enum hw_token_kind kind);
void hw_vocab_seal(struct hw_vocab *v);

#endif
