/* SPDX-License-Identifier: MIT */
#ifndef HW_TOK_BPE_H
#define HW_TOK_BPE_H

/* Byte-pair encoding of one piece of text: from its bytes, the adjacent pair
 * whose merge ranks first becomes one token, until no pair has a merge.
 * Method: Sennrich et al., arXiv 1508.07909, on bytes as GPT-2 does. */
#include "model/model.h"
#include "tok/pretok.h"

struct hw_bpe;

/* HW_CORRUPT: a merge names no token. */
HW_MUST enum hw_status hw_bpe_open(struct hw_bpe **out,
    const struct hw_model *m, const struct hw_alloc *a, struct hw_err *e);
void hw_bpe_close(struct hw_bpe *b);

/* The token that is all of these bytes, if there is one. */
bool hw_bpe_find(const struct hw_bpe *b, struct hw_view bytes, uint32_t *id);
/* Encode 1 to HW_PIECE_MAX bytes; returns how many ids. */
size_t hw_bpe_encode(struct hw_bpe *b, struct hw_view piece, uint32_t *ids);
/* Bytes so far that have no token, and got that of '?'. */
uint64_t hw_bpe_replaced(const struct hw_bpe *b);

#endif
