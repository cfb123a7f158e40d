/* SPDX-License-Identifier: MIT
 * What only this file knows: the steps from text to ids.  Tokens that stand for
 * literal text (added by hand; special ones if asked) are found first, what
 * lies between is cut into pieces, each piece is encoded.  Text repeats itself:
 * a cache of pieces answers most of them. */
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "tok/added.h"
#include "tok/encoder.h"
#include "tok/pretok.h"
#include "tok/rules.h"

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
	const struct hw_vocab *vocab;
	struct hw_rules *rules;   /* NULL: text stays as it is */
	struct hw_pretok *pretok; /* NULL: text is one piece */
	bool space_piece, space_unless; /* as in struct hw_tok_spec */
	const struct hw_encoder *encoder;
	void *state;              /* of the encoder */
	struct cached *cache;     /* (CACHE_SLOTS) */
	struct hw_added added;    /* found before the text is cut */
	unsigned char *text;      /* (cap_text) with a space put before it */
	size_t cap_text;
	bool exact;               /* the ids spell the last text */
	uint32_t *ids;            /* (cap) what was encoded */
	size_t n, cap;
};

/* ---- opening ------------------------------------------------------------- */

static const struct row {
	const char *kind;
	const struct hw_encoder *encoder;
} rows[] = {
#define TOK(kind, name) {kind, &hw_encoder_##name},
#include "tok/toks.def"
#undef TOK
};

static enum hw_status find_encoder(struct hw_tok *t, const char *kind,
    struct hw_err *e)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].kind, kind) == 0)
			t->encoder = rows[i].encoder;
	if (strcmp(kind, "none") == 0)
		return hw_fail(e, HW_UNSUPPORTED, "there is no tokenizer in "
		    "the model");
	return t->encoder != NULL ? HW_OK : hw_fail(e, HW_UNSUPPORTED, "the "
	    "model's tokenizer is of kind \"%s\", which this version lacks",
	    kind);
}

static enum hw_status set_up(struct hw_tok *t, const struct hw_model *m,
    bool special, struct hw_err *e)
{
	const struct hw_tok_spec *spec = hw_model_tok_spec(m);

	HW_TRY(find_encoder(t, spec->kind, e));
	t->space_piece = spec->space_piece;
	t->space_unless = spec->space_unless;
	HW_TRY(hw_rules_open(&t->rules, m, t->alloc, e));
	if (spec->n_cuts > 0 || spec->whole)
		HW_TRY(hw_pretok_open_cuts(&t->pretok, m, t->alloc, e));
	else if (!spec->steps && strcmp(spec->kind, "gpt2") == 0)
		HW_TRY(hw_pretok_open(&t->pretok, spec->pre, t->alloc, e));
	HW_TRY(t->encoder->open(&t->state, m, t->alloc, e));
	HW_TRY(hw_new(t->alloc, &t->cache, CACHE_SLOTS, sizeof(*t->cache),
	    "tokenizer", e));
	return hw_added_init(&t->added, t->vocab, special, t->alloc, e);
}

enum hw_status hw_tok_open(struct hw_tok **out, const struct hw_model *m,
    const struct hw_tok_opts *opts, struct hw_err *e)
{
	struct hw_tok *t = NULL;
	struct hw_err why = {0};
	enum hw_status status;

	HW_TRY(hw_new(opts->alloc, &t, 1, sizeof(*t), "tokenizer", e));
	t->alloc = opts->alloc;
	t->vocab = hw_model_vocab(m);
	status = set_up(t, m, opts->special, &why);
	if (status == HW_OK) {
		*out = t;
		return status;
	}
	hw_tok_close(t);
	return hw_fail(e, status, "%s: %s", hw_model_info(m)->path,
	    why.msg);
}

void hw_tok_close(struct hw_tok *t)
{
	if (t == NULL)
		return;
	hw_rules_close(t->rules);
	hw_pretok_close(t->pretok);
	if (t->encoder != NULL)
		t->encoder->close(t->state);
	hw_del(t->alloc, t->cache);
	hw_added_release(&t->added);
	hw_del(t->alloc, t->text);
	hw_del(t->alloc, t->ids);
	hw_del(t->alloc, t);
}

/* ---- encoding ------------------------------------------------------------ */

/* Room for `more` ids behind those that are there. */
static enum hw_status room(struct hw_tok *t, size_t more, struct hw_err *e)
{
	size_t cap = t->cap > 0 ? t->cap : 4096;
	uint32_t *ids = NULL;

	if (more <= t->cap - t->n)
		return HW_OK;
	while (cap - t->n < more)
		cap *= 2;
	HW_TRY(hw_new(t->alloc, &ids, cap, sizeof(*ids), "token ids", e));
	if (t->n > 0)
		memcpy(ids, t->ids, t->n * sizeof(*ids));
	hw_del(t->alloc, t->ids);
	t->ids = ids;
	t->cap = cap;
	return HW_OK;
}

static bool whole(const struct hw_tok *t)
{
	return t->pretok != NULL && hw_pretok_whole(t->pretok);
}

/* A piece of at most HW_PIECE_MAX bytes, for which there is room. */
static void encode_piece(struct hw_tok *t, struct hw_view piece)
{
	const struct hw_encoder *x = t->encoder;
	uint64_t replaced = x->replaced(t->state);
	uint32_t *ids = t->ids + t->n;
	struct cached *c;
	size_t n;

	if (piece.n > CACHED_BYTES) {
		t->n += x->encode(t->state, piece, whole(t), ids);
		return;
	}
	c = &t->cache[hw_hash64(0, piece.p, piece.n) % CACHE_SLOTS];
	if (c->n == piece.n && memcmp(c->bytes, piece.p, piece.n) == 0) {
		memcpy(ids, c->ids, c->n_ids * sizeof(*ids));
		t->n += c->n_ids;
		return;
	}
	n = x->encode(t->state, piece, whole(t), ids);
	t->n += n;
	/* Replaced bytes are to be counted each time. */
	if (n <= CACHED_IDS && replaced == x->replaced(t->state)) {
		c->n = (uint8_t)piece.n;
		c->n_ids = (uint8_t)n;
		memcpy(c->bytes, piece.p, piece.n);
		memcpy(c->ids, ids, n * sizeof(*ids));
	}
}

/* A piece of any length, cut where the encoder does not mind, or else where
 * it must be. */
static enum hw_status encode_long(struct hw_tok *t, struct hw_view piece,
    struct hw_err *e)
{
	while (piece.n > 0) {
		/* No further than it helps: the text may have no such place. */
		struct hw_view head = {piece.p, piece.n < HW_PIECE_MAX + 4 ?
		    piece.n : HW_PIECE_MAX + 4};
		size_t n = t->encoder->cut(t->state, head);

		if (n > HW_PIECE_MAX)
			n = hw_utf8_cut(piece.p, piece.n, HW_PIECE_MAX);
		HW_TRY(room(t, n, e));
		encode_piece(t, (struct hw_view){piece.p, n});
		piece.p += n;
		piece.n -= n;
	}
	return HW_OK;
}

/* The text with the space before it that this tokenizer puts there. */
static enum hw_status put_space(struct hw_tok *t, struct hw_view *text,
    struct hw_err *e)
{
	if (t->space_unless && text->p[0] == ' ')
		return HW_OK;
	if (t->cap_text < text->n + 1) {
		hw_del(t->alloc, t->text);
		t->text = NULL;
		t->cap_text = 0;
		HW_TRY(hw_new(t->alloc, &t->text, 2 * text->n + 64, 1, "text",
		    e));
		t->cap_text = 2 * text->n + 64;
	}
	t->text[0] = ' ';
	memcpy(t->text + 1, text->p, text->n);
	*text = (struct hw_view){t->text, text->n + 1};
	return HW_OK;
}

static enum hw_status encode_text(struct hw_tok *t, struct hw_view text,
    struct hw_err *e)
{
	struct hw_view piece;

	if (t->pretok == NULL)
		return encode_long(t, text, e);
	hw_pretok_start(t->pretok, text);
	while (hw_pretok_next(t->pretok, &piece)) {
		if (t->space_piece)
			HW_TRY(put_space(t, &piece, e));
		HW_TRY(encode_long(t, piece, e));
	}
	return HW_OK;
}

/* What lies between two tokens that were found as they stand. */
static enum hw_status encode_segment(struct hw_tok *t, struct hw_view text,
    struct hw_err *e)
{
	if (text.n == 0)
		return HW_OK;
	if (t->rules != NULL)
		HW_TRY(hw_rules_apply(t->rules, &text, e));
	if (text.n > 0 && !t->space_piece &&
	    (t->vocab->space == HW_SPACE_EACH ||
	    (t->vocab->space == HW_SPACE_FIRST && t->n == 0)))
		HW_TRY(put_space(t, &text, e));
	return encode_text(t, text, e);
}

/* Special tokens that were found in the text are not shown again. */
static bool spells(const struct hw_tok *t, struct hw_view text)
{
	size_t at = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct hw_view b = hw_vocab_text(t->vocab, t->ids, i);

		if (b.n > text.n - at ||
		    (b.n > 0 && memcmp(b.p, text.p + at, b.n) != 0))
			return false;
		at += b.n;
	}
	return at == text.n;
}

enum hw_status hw_tok_encode(struct hw_tok *t, const void *bytes, size_t n,
    const uint32_t **ids, size_t *n_ids, struct hw_err *e)
{
	struct hw_view text = {bytes, n};
	size_t at, len;
	uint32_t id;

	*n_ids = 0;
	t->n = 0;
	if (n > HW_TOK_MAX)
		return hw_fail(e, HW_LIMIT, "a record of %zu bytes is over the "
		    "limit of %zu", n, HW_TOK_MAX);
	while (hw_added_find(&t->added, text, &at, &len, &id)) {
		HW_TRY(encode_segment(t, (struct hw_view){text.p, at}, e));
		HW_TRY(room(t, 1, e));
		t->ids[t->n++] = id;
		text.p += at + len;
		text.n -= at + len;
	}
	HW_TRY(encode_segment(t, text, e));
	*ids = t->ids;
	*n_ids = t->n;
	t->exact = spells(t, (struct hw_view){bytes, n});
	return HW_OK;
}

bool hw_tok_exact(const struct hw_tok *t)
{
	return t->exact;
}

uint64_t hw_tok_replaced(const struct hw_tok *t)
{
	return t->encoder->replaced(t->state);
}
