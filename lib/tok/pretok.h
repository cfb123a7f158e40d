/* SPDX-License-Identifier: MIT */
#ifndef HW_TOK_PRETOK_H
#define HW_TOK_PRETOK_H

/* Text into the pieces that byte-pair merges must not cross, by the patterns
 * of a named pre-tokenizer.  Any bytes: what is not UTF-8 becomes pieces of
 * its own.  The pieces, joined, are the text, but for what a tokenizer.json
 * drops. */
#include "model/model.h"

struct hw_pretok;

/* `name` as tokenizer.ggml.pre has it ("" for the oldest files).
 * HW_UNSUPPORTED: not in pretoks.def; HW_NOMEM. */
HW_MUST enum hw_status hw_pretok_open(struct hw_pretok **out,
    const char *name, const struct hw_alloc *a, struct hw_err *e);
/* By the cuts of a tokenizer.json (struct hw_tok_spec).  HW_UNSUPPORTED: PCRE2
 * refuses a pattern. */
HW_MUST enum hw_status hw_pretok_open_cuts(struct hw_pretok **out,
    const struct hw_model *m, const struct hw_alloc *a, struct hw_err *e);
void hw_pretok_close(struct hw_pretok *t);
/* A piece that is a token as it stands is that token, merges or no merges. */
bool hw_pretok_whole(const struct hw_pretok *t);

/* Begin on a text (borrowed until the last piece); then piece by piece, false
 * after the last. */
void hw_pretok_start(struct hw_pretok *t, struct hw_view text);
bool hw_pretok_next(struct hw_pretok *t, struct hw_view *piece);

#endif
