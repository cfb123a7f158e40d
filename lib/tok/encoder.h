/* SPDX-License-Identifier: MIT */
#ifndef HW_TOK_ENCODER_H
#define HW_TOK_ENCODER_H

/* A way to turn a piece of text into tokens: a row of toks.def. */
#include "model/model.h"

/* No piece is longer, whatever the tokenizer says (it is cut, on a character
 * where possible): work space is settled when the tokenizer opens. */
#define HW_PIECE_MAX ((size_t)1024)

struct hw_encoder {
	/* HW_CORRUPT: merges or scores make no sense; HW_LIMIT, HW_NOMEM. */
	enum hw_status (*open)(void **out, const struct hw_model *m,
	    const struct hw_alloc *a, struct hw_err *e);
	void (*close)(void *x);
	/* How many of the text's first bytes are encoded as if they stood
	 * alone: at least 1; more than HW_PIECE_MAX if there is no such place
	 * before. */
	size_t (*cut)(const void *x, struct hw_view text);
	/* 1 to HW_PIECE_MAX bytes to at most as many ids; returns how many.
	 * `whole`: a piece that is a token is that token. */
	size_t (*encode)(void *x, struct hw_view piece, bool whole,
	    uint32_t *ids);
	/* Bytes so far that have no token and got another. */
	uint64_t (*replaced)(const void *x);
};

#define TOK(kind, name) extern const struct hw_encoder hw_encoder_##name;
#include "tok/toks.def"
#undef TOK

#endif
