/* SPDX-License-Identifier: MIT
 * What only this file knows: the steps from text to ids.  Tokens that stand for
 * literal text (added by hand; special ones if asked) are found first, what
 * lies between is cut into pieces, each piece is merged.  Text repeats itself:
 * a cache of pieces answers most of them. */
#include <string.h>

#include "base/hash.h"
#include "tok/added.h"
#include "tok/bpe.h"

#define CACHE_SLOTS ((size_t)8192)
#define CACHED_BYTES 24
#define CACHED_IDS 8

/* A piece and its ids; the newest in its slot wins. */
struct cached {
	uint8_t n, n_ids; /* n = 0: empty */
	unsigned char bytes[CACHED_BYTES];
	uint32_t ids[CACHED_IDS];
};

struct hw_tok {
	const struct hw_alloc *alloc;
	struct hw_pretok *pretok;
	struct hw_bpe *bpe;
	struct cached *cache;   /* (CACHE_SLOTS) */
	struct hw_added added;  /* found before the text is cut */
};

/* ---- opening ------------------------------------------------------------- */

static enum hw_status set_up(struct hw_tok *t, const struct hw_model *m,
    bool special, struct hw_err *e)
{
	const struct hw_tok_spec *spec = hw_model_tok_spec(m);

	if (strcmp(spec->kind, "gpt2") != 0)
		return hw_fail(e, HW_UNSUPPORTED, "the model's tokenizer is of "
		    "kind \"%s\"; this version has byte-level BPE (\"gpt2\")",
		    spec->kind);
	HW_TRY(hw_pretok_open(&t->pretok, spec->pre, t->alloc, e));
	HW_TRY(hw_bpe_open(&t->bpe, m, t->alloc, e));
	HW_TRY(hw_new(t->alloc, &t->cache, CACHE_SLOTS, sizeof(*t->cache),
	    "tokenizer", e));
	return hw_added_init(&t->added, hw_model_vocab(m), special, t->alloc,
	    e);
}

enum hw_status hw_tok_open(struct hw_tok **out, const struct hw_model *m,
    const struct hw_tok_opts *opts, struct hw_err *e)
{
	struct hw_tok *t = NULL;
	enum hw_status status;

	HW_TRY(hw_new(opts->alloc, &t, 1, sizeof(*t), "tokenizer", e));
	t->alloc = opts->alloc;
	status = set_up(t, m, opts->special, e);
	if (status != HW_OK)
		hw_tok_close(t);
	else
		*out = t;
	return status;
}

void hw_tok_close(struct hw_tok *t)
{
	if (t == NULL)
		return;
	hw_pretok_close(t->pretok);
	hw_bpe_close(t->bpe);
	hw_del(t->alloc, t->cache);
	hw_added_release(&t->added);
	hw_del(t->alloc, t);
}

/* ---- encoding ------------------------------------------------------------ */

static size_t encode_piece(struct hw_tok *t, struct hw_view piece,
    uint32_t *ids)
{
	if (hw_pretok_whole(t->pretok) && hw_bpe_find(t->bpe, piece, ids))
		return 1;
	return hw_bpe_encode(t->bpe, piece, ids);
}

static size_t look_up(struct hw_tok *t, struct hw_view piece, uint32_t *ids)
{
	uint64_t replaced = hw_bpe_replaced(t->bpe);
	struct cached *c;
	size_t n;

	if (piece.n > CACHED_BYTES)
		return encode_piece(t, piece, ids);
	c = &t->cache[hw_hash64(0, piece.p, piece.n) % CACHE_SLOTS];
	if (c->n == piece.n && memcmp(c->bytes, piece.p, piece.n) == 0) {
		memcpy(ids, c->ids, c->n_ids * sizeof(*ids));
		return c->n_ids;
	}
	n = encode_piece(t, piece, ids);
	/* Replaced bytes are to be counted each time. */
	if (n <= CACHED_IDS && replaced == hw_bpe_replaced(t->bpe)) {
		c->n = (uint8_t)piece.n;
		c->n_ids = (uint8_t)n;
		memcpy(c->bytes, piece.p, piece.n);
		memcpy(c->ids, ids, n * sizeof(*ids));
	}
	return n;
}

static size_t encode_text(struct hw_tok *t, struct hw_view text,
    uint32_t *ids)
{
	struct hw_view piece;
	size_t n = 0;

	hw_pretok_start(t->pretok, text);
	while (hw_pretok_next(t->pretok, &piece))
		n += look_up(t, piece, ids + n);
	return n;
}

enum hw_status hw_tok_encode(struct hw_tok *t, const void *bytes, size_t n,
    uint32_t *ids, size_t *n_ids, struct hw_err *e)
{
	struct hw_view text = {bytes, n};
	size_t out = 0, at, len;
	uint32_t id;

	*n_ids = 0;
	if (n > HW_TOK_MAX)
		return hw_fail(e, HW_LIMIT, "a record of %zu bytes is over the "
		    "limit of %zu", n, HW_TOK_MAX);
	while (hw_added_find(&t->added, text, &at, &len, &id)) {
		out += encode_text(t, (struct hw_view){text.p, at}, ids + out);
		ids[out++] = id;
		text.p += at + len;
		text.n -= at + len;
	}
	*n_ids = out + encode_text(t, text, ids + out);
	return HW_OK;
}

uint64_t hw_tok_replaced(const struct hw_tok *t)
{
	return hw_bpe_replaced(t->bpe);
}
