/* SPDX-License-Identifier: MIT
 * What only this file knows: how GGUF writes a vocabulary, and how its strings
 * become the bytes that a token spells.
 *
 * Two spellings are in use.  "gpt2" (byte-level BPE) writes each byte as one
 * printable character: the printable bytes of Latin-1 stand for themselves, the
 * 68 others for U+0100 and up, in order.  "llama" (SentencePiece) writes text,
 * U+2581 for a space, and <0x0A> for a lone byte.  Control and user-defined
 * tokens are plain text in both. */
#include <string.h>

#include "model/arch.h"

/* Caps of what one header may cost in memory (see gguf.c). */
#define MAX_TOKENS ((size_t)1 << 20)
#define MAX_TOKEN_BYTES ((size_t)16 << 20)
#define MAX_MERGES ((size_t)1 << 21)
#define MAX_TOKEN ((size_t)4096)
#define NO_TOKEN UINT32_MAX
#define MAX_STEPS 16

enum gguf_token_type {
	TYPE_NORMAL = 1,
	TYPE_UNKNOWN = 2,
	TYPE_CONTROL = 3,
	TYPE_USER = 4,
	TYPE_UNUSED = 5,
	TYPE_BYTE = 6,
};

/* Write what `s` spells to out (never more than s.n bytes); returns how
 * many. */
typedef size_t spell_fn(unsigned char *out, struct hw_view s);

static size_t spell_plain(unsigned char *out, struct hw_view s)
{
	if (s.n > 0)
		memcpy(out, s.p, s.n);
	return s.n;
}

/* Does byte b stand for itself in the byte-level alphabet? */
static bool printable(unsigned b)
{
	return (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) ||
	    b >= 0xae;
}

/* The byte that character U+0100 + i stands for: the i-th that is not
 * printable; -1: there is none. */
static int hidden_byte(unsigned i)
{
	if (i <= 0x20)
		return (int)i; /* 00..20 */
	if (i <= 0x20 + 34)
		return (int)(i - 0x21 + 0x7f); /* 7f..a0 */
	return i == 0x20 + 35 ? 0xad : -1;
}

static size_t spell_gpt2(unsigned char *out, struct hw_view s)
{
	size_t n = 0, i = 0;

	while (i < s.n) {
		unsigned c = s.p[i], next = i + 1 < s.n ? s.p[i + 1] : 0;
		int b = -1;

		/* The alphabet has characters of one and two bytes. */
		if (c >= 0xc2 && c <= 0xc5 && (next & 0xc0) == 0x80) {
			unsigned u = (c & 0x1f) << 6 | (next & 0x3f);

			if (u >= 0x100)
				b = hidden_byte(u - 0x100);
			else if (printable(u))
				b = (int)u;
		}
		/* Not of the alphabet: it stands for its own bytes. */
		out[n++] = b >= 0 ? (unsigned char)b : (unsigned char)c;
		i += b >= 0 ? 2 : 1;
	}
	return n;
}

static size_t spell_llama(unsigned char *out, struct hw_view s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n;) {
		if (s.n - i >= 3 && memcmp(s.p + i, "\xe2\x96\x81", 3) == 0) {
			out[n++] = ' ';
			i += 3;
		} else {
			out[n++] = s.p[i++];
		}
	}
	return n;
}

static int hex(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_byte(struct hw_view s)
{
	return s.n == 6 && memcmp(s.p, "<0x", 3) == 0 && s.p[5] == '>' &&
	    hex(s.p[3]) >= 0 && hex(s.p[4]) >= 0;
}

/* "<0xNN>", the SentencePiece form of a byte. */
static size_t spell_byte(unsigned char *out, struct hw_view s)
{
	out[0] = (unsigned char)(hex(s.p[3]) * 16 + hex(s.p[4]));
	return 1;
}

/* tokenizer.ggml.model; the spelling of normal tokens, of byte tokens; whether
 * a stream begins with BOS, and a record with a space, when the file does not
 * say. */
static const struct spelling {
	const char *kind;
	spell_fn *normal, *byte;
	bool add_bos, add_space;
} spellings[] = {
	{"gpt2", spell_gpt2, spell_gpt2, false, false},
	{"llama", spell_llama, spell_byte, true, true},
	{"t5", spell_llama, spell_byte, false, true},
};

static const struct spelling *find_spelling(const char *kind)
{
	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++)
		if (strcmp(spellings[i].kind, kind) == 0)
			return &spellings[i];
	return NULL;
}

size_t hw_model_spell(const struct hw_model *m, unsigned char *out,
    struct hw_view text)
{
	const struct spelling *s = find_spelling(m->tok_kind);

	return (s != NULL ? s->normal : spell_plain)(out, text);
}

/* Where each string of an array begins, as offsets in the file; *bytes is
 * what all of them hold. */
static enum hw_status index_strings(const struct hw_model *m,
    const struct hw_meta *a, uint32_t **out, size_t *bytes, struct hw_err *e)
{
	struct hw_cur c = hw_cur(a->bytes);
	size_t base = (size_t)(a->bytes.p - m->c.file.p);

	HW_TRY(hw_new(m->alloc, out, a->n, sizeof(**out), "strings", e));
	*bytes = 0;
	for (size_t i = 0; i < a->n; i++) {
		(*out)[i] = (uint32_t)(base + c.at); /* gguf.c: < 32 MiB */
		*bytes += hw_meta_next_string(&c).n;
	}
	return HW_OK;
}

static struct hw_view string_at(const struct hw_model *m, uint32_t at)
{
	struct hw_cur c = hw_cur(m->c.file);

	c.at = at;
	return hw_meta_next_string(&c);
}

static struct hw_view spec_token(const struct hw_model *m, size_t i)
{
	return string_at(m, m->token_at[i]);
}

static struct hw_view spec_merge(const struct hw_model *m, size_t i)
{
	return string_at(m, m->merge_at[i]);
}

static double spec_score(const struct hw_model *m, size_t i)
{
	struct hw_cur c = hw_cur(m->scores->bytes);

	c.at = i * (m->scores->elem == HW_META_F64 ? 8 : 4);
	return m->scores->elem == HW_META_F64 ? hw_cur_f64(&c) :
	    (double)hw_cur_f32(&c);
}

static enum hw_status read_scores(struct hw_model *m, size_t n,
    struct hw_err *e)
{
	static const char key[] = "tokenizer.ggml.scores";
	const struct hw_meta *a = hw_meta_find(&m->c, key);
	/* A tokenizer.json has them in double, and what is equal there is
	 * not equal in float. */
	enum hw_meta_type elem = a != NULL && a->elem == HW_META_F64 ?
	    HW_META_F64 : HW_META_F32;

	HW_TRY(hw_meta_array_or(&m->c, key, elem, &a, e));
	if (a == NULL)
		return HW_OK;
	if (a->n != n)
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: %zu scores for "
		    "%zu tokens", m->c.path, a->at, a->n, n);
	m->scores = a;
	return HW_OK;
}

static enum hw_status read_merges(struct hw_model *m, struct hw_err *e)
{
	const struct hw_meta *a;
	size_t bytes;

	HW_TRY(hw_meta_array_or(&m->c, "tokenizer.ggml.merges",
	    HW_META_STRING, &a, e));
	if (a == NULL)
		return HW_OK;
	if (a->n > MAX_MERGES)
		return hw_fail(e, HW_LIMIT, "%s: byte %zu: more than %zu "
		    "merges", m->c.path, a->at, MAX_MERGES);
	HW_TRY(index_strings(m, a, &m->merge_at, &bytes, e));
	m->spec.n_merges = a->n;
	return HW_OK;
}

static void add_token(struct hw_model *m, const struct spelling *s,
    struct hw_view text, uint32_t type)
{
	static const enum hw_token_kind kinds[] = {
		[TYPE_UNKNOWN] = HW_TOKEN_SPECIAL,
		[TYPE_CONTROL] = HW_TOKEN_SPECIAL,
		[TYPE_USER] = HW_TOKEN_USER,
		[TYPE_UNUSED] = HW_TOKEN_UNUSED,
		[TYPE_BYTE] = HW_TOKEN_NORMAL, /* and every other number */
	};
	enum hw_token_kind kind = type <= TYPE_BYTE ? kinds[type] :
	    HW_TOKEN_NORMAL;
	uint32_t id = (uint32_t)m->vocab->n;
	unsigned char out[MAX_TOKEN];
	spell_fn *spell = s->normal;
	size_t n;

	if (kind == HW_TOKEN_SPECIAL || kind == HW_TOKEN_USER)
		spell = spell_plain;
	else if (type == TYPE_BYTE)
		spell = s->byte;
	n = spell(out, text);
	hw_vocab_add(m->vocab, out, n, kind);
	if (type == TYPE_BYTE && n == 1 && m->byte_id[out[0]] == NO_TOKEN)
		m->byte_id[out[0]] = id;
}

/* Of n tokens of a tokenizer.json those that have rows: some models come with
 * added tokens behind them, of which a text-only net knows nothing. */
static enum hw_status drop_rowless(const struct hw_model *m,
    const struct hw_meta *types, size_t rows, size_t *n, struct hw_err *e)
{
	struct hw_cur type = hw_cur(types != NULL ? types->bytes :
	    (struct hw_view){NULL, 0});

	for (size_t i = 0; rows > 0 && i < *n; i++) {
		uint32_t kind = types != NULL ? hw_cur_u32(&type) :
		    TYPE_NORMAL;

		if (i >= rows && (kind == TYPE_NORMAL || kind == TYPE_BYTE))
			return hw_fail(e, HW_CORRUPT, "%s: byte %zu: token "
			    "%zu of %zu has no row in token_embd.weight",
			    m->c.path, (size_t)m->token_at[i], i, *n);
	}
	*n = rows > 0 && *n > rows ? rows : *n;
	return HW_OK;
}

/* rows = 0: there are as many as tokens, which others than us see to. */
static enum hw_status read_tokens(struct hw_model *m,
    const struct spelling *s, const struct hw_meta *tokens, size_t rows,
    struct hw_err *e)
{
	size_t n = tokens->n;
	const struct hw_meta *types;
	struct hw_cur type;
	uint32_t kind;
	size_t bytes;

	if (tokens->n > MAX_TOKENS)
		return hw_fail(e, HW_LIMIT, "%s: byte %zu: more than %zu "
		    "tokens", m->c.path, tokens->at, MAX_TOKENS);
	HW_TRY(hw_meta_array_or(&m->c, "tokenizer.ggml.token_type",
	    HW_META_I32, &types, e));
	if (types != NULL && types->n != tokens->n)
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: %zu token types "
		    "for %zu tokens", m->c.path, types->at, types->n,
		    tokens->n);
	HW_TRY(index_strings(m, tokens, &m->token_at, &bytes, e));
	if (bytes > MAX_TOKEN_BYTES)
		return hw_fail(e, HW_LIMIT, "%s: byte %zu: tokens of more than"
		    " %zu bytes in all", m->c.path, tokens->at,
		    MAX_TOKEN_BYTES);
	HW_TRY(drop_rowless(m, types, rows, &n, e));
	HW_TRY(hw_vocab_open(&m->vocab, n > rows ? n : rows, bytes, m->alloc,
	    e));
	memset(m->byte_id, 0xff, sizeof(m->byte_id));
	type = hw_cur(types != NULL ? types->bytes : (struct hw_view){NULL, 0});
	for (size_t i = 0; i < n; i++) {
		struct hw_view text = spec_token(m, i);

		if (text.n > MAX_TOKEN)
			return hw_fail(e, HW_LIMIT, "%s: byte %zu: token %zu "
			    "is longer than %zu bytes", m->c.path,
			    (size_t)m->token_at[i], i, MAX_TOKEN);
		kind = types != NULL ? hw_cur_u32(&type) : TYPE_NORMAL;
		if (kind == TYPE_BYTE && s->byte == spell_byte &&
		    !is_byte(text))
			return hw_fail(e, HW_CORRUPT, "%s: byte %zu: token %zu"
			    " is to be a byte, and is not written <0xNN>",
			    m->c.path, (size_t)m->token_at[i], i);
		add_token(m, s, text, kind);
	}
	while (m->vocab->n < rows)
		hw_vocab_add(m->vocab, NULL, 0, HW_TOKEN_UNUSED);
	return HW_OK;
}

static struct hw_view spec_rule(const struct hw_model *m, size_t i)
{
	return string_at(m, m->rule_at[i]);
}

static struct hw_view spec_cut(const struct hw_model *m, size_t i)
{
	return string_at(m, m->cut_at[i]);
}

static enum hw_status read_list(struct hw_model *m, const char *key,
    uint32_t **at, size_t *n, struct hw_err *e)
{
	const struct hw_meta *a;
	size_t bytes;

	HW_TRY(hw_meta_array_or(&m->c, key, HW_META_STRING, &a, e));
	if (a == NULL)
		return HW_OK;
	if (a->n > MAX_STEPS)
		return hw_fail(e, HW_LIMIT, "%s: byte %zu: more than %d "
		    "steps", m->c.path, a->at, MAX_STEPS);
	*n = a->n;
	m->spec.steps = true;
	return index_strings(m, a, at, &bytes, e);
}

/* What a tokenizer.json says; nothing of it is in a GGUF file. */
static enum hw_status read_steps(struct hw_model *m, enum hw_space *space,
    struct hw_err *e)
{
	struct hw_view where = {NULL, 0};
	struct hw_tok_spec *s = &m->spec;

	HW_TRY(read_list(m, "headwater.tokenizer.rules", &m->rule_at,
	    &s->n_rules, e));
	HW_TRY(read_list(m, "headwater.tokenizer.cuts", &m->cut_at,
	    &s->n_cuts, e));
	HW_TRY(hw_meta_bool_or(&m->c, "headwater.tokenizer.whole", &s->whole,
	    e));
	HW_TRY(hw_meta_bool_or(&m->c, "headwater.tokenizer.space_unless",
	    &s->space_unless, e));
	HW_TRY(hw_meta_string_or(&m->c, "headwater.tokenizer.space", &where,
	    e));
	if (where.p == NULL)
		return HW_OK;
	s->space_piece = hw_view_is(where, "piece");
	*space = hw_view_is(where, "each") ? HW_SPACE_EACH :
	    hw_view_is(where, "never") ? HW_SPACE_NEVER : HW_SPACE_FIRST;
	return HW_OK;
}

static enum hw_status read_id(const struct hw_model *m, const char *key,
    int64_t *out, struct hw_err *e)
{
	int id = -1;

	HW_TRY(hw_meta_int_or(&m->c, key, 0, (int64_t)m->vocab->n - 1, &id,
	    e));
	*out = id;
	return HW_OK;
}

/* Every token that ends a text or a turn of it: GGUF has a key for each, and a
 * list comes from the files of a Hugging Face model.  An id of that list beyond
 * the vocabulary is of a token that was left out. */
static enum hw_status read_ends(struct hw_model *m, struct hw_err *e)
{
	static const char *const keys[] = {"tokenizer.ggml.eot_token_id",
	    "tokenizer.ggml.eom_token_id"};
	struct hw_vocab *v = m->vocab;
	const struct hw_meta *list;
	struct hw_cur c;
	int64_t id;

	HW_TRY(hw_meta_array_or(&m->c, "headwater.tokenizer.ends",
	    HW_META_U32, &list, e));
	HW_TRY(hw_new(m->alloc, &v->end, 2 + (list != NULL ? list->n : 0),
	    sizeof(*v->end), "tokens", e));
	HW_TRY(read_id(m, "tokenizer.ggml.eos_token_id", &v->eos, e));
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		HW_TRY(read_id(m, keys[i], &id, e));
		if (id >= 0)
			v->end[v->n_ends++] = (uint32_t)id;
	}
	c = hw_cur(list != NULL ? list->bytes : (struct hw_view){NULL, 0});
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		id = hw_cur_u32(&c);
		if (id < (int64_t)v->n)
			v->end[v->n_ends++] = (uint32_t)id;
	}
	if (v->eos < 0 && v->n_ends > 0)
		v->eos = v->end[0];
	return HW_OK;
}

/* Llama 3's vocabulary begins its streams with BOS without saying so. */
static bool begins_with_bos(const struct spelling *s, const char *pre)
{
	return s->add_bos || strcmp(pre, "llama-bpe") == 0 ||
	    strcmp(pre, "llama3") == 0 || strcmp(pre, "llama-v3") == 0;
}

/* SentencePiece's own normalization, compiled: ids would differ without it. */
static enum hw_status refuse_charsmap(const struct hw_model *m,
    struct hw_err *e)
{
	const struct hw_meta *a = hw_meta_find(&m->c,
	    "tokenizer.ggml.precompiled_charsmap");

	if (a == NULL || a->bytes.n == 0)
		return HW_OK;
	return hw_fail(e, HW_UNSUPPORTED, "%s: byte %zu: a tokenizer with a "
	    "map of characters (precompiled_charsmap), which this version "
	    "lacks", m->c.path, a->at);
}

/* `rows`: of the embedding.  A tokenizer.json may name fewer tokens, as the
 * rest are there for the machine's sake, or more. */
static enum hw_status read_tokenizer(struct hw_model *m,
    const struct spelling *s, size_t rows, struct hw_err *e)
{
	const struct hw_meta *tokens;
	struct hw_view pre = {NULL, 0};
	bool add_space = s->add_space;
	int64_t unknown = -1;
	struct hw_vocab *v;

	HW_TRY(hw_meta_array_or(&m->c, "tokenizer.ggml.tokens",
	    HW_META_STRING, &tokens, e));
	if (tokens == NULL || tokens->n == 0)
		return hw_fail(e, HW_CORRUPT, "%s: a tokenizer without "
		    "tokenizer.ggml.tokens", m->c.path);
	HW_TRY(hw_meta_string_or(&m->c, "tokenizer.ggml.pre", &pre, e));
	HW_TRY(hw_copy_text(&m->tok_pre, pre, 64, m->alloc, e));
	if (hw_meta_find(&m->c, "headwater.tokenizer.space") == NULL)
		rows = 0;
	HW_TRY(read_tokens(m, s, tokens, rows, e));
	HW_TRY(refuse_charsmap(m, e));
	HW_TRY(read_merges(m, e));
	HW_TRY(read_scores(m, tokens->n, e));
	v = m->vocab;
	HW_TRY(read_id(m, "tokenizer.ggml.bos_token_id", &v->bos, e));
	HW_TRY(read_id(m, "tokenizer.ggml.unknown_token_id", &unknown, e));
	v->add_bos = begins_with_bos(s, m->tok_pre);
	HW_TRY(hw_meta_bool_or(&m->c, "tokenizer.ggml.add_bos_token",
	    &v->add_bos, e));
	if (v->bos < 0)
		v->add_bos = false;
	HW_TRY(hw_meta_bool_or(&m->c, "tokenizer.ggml.add_space_prefix",
	    &add_space, e));
	v->space = add_space ? HW_SPACE_EACH : HW_SPACE_NEVER;
	HW_TRY(read_steps(m, &v->space, e));
	hw_vocab_seal(v);
	m->spec.kind = m->tok_kind;
	m->spec.pre = m->tok_pre;
	m->spec.merge = spec_merge;
	m->spec.token = spec_token;
	m->spec.score = m->scores != NULL ? spec_score : NULL;
	m->spec.byte_id = m->byte_id;
	m->spec.unknown = unknown < 0 ? NO_TOKEN : (uint32_t)unknown;
	m->spec.rule = spec_rule;
	m->spec.cut = spec_cut;
	return HW_OK;
}

static struct hw_view no_string(const struct hw_model *m, size_t i)
{
	(void)i;
	return (struct hw_view){m->c.file.p, 0};
}

/* A model of bare ids: its tokens spell nothing. */
static enum hw_status no_tokenizer(struct hw_model *m, size_t rows,
    struct hw_err *e)
{
	if (rows == 0)
		return hw_fail(e, HW_UNSUPPORTED, "%s: there is no tokenizer "
		    "in it", m->c.path);
	HW_TRY(hw_copy_text(&m->tok_pre, (struct hw_view){NULL, 0}, 0,
	    m->alloc, e));
	HW_TRY(hw_vocab_open(&m->vocab, rows, 0, m->alloc, e));
	for (size_t i = 0; i < rows; i++)
		hw_vocab_add(m->vocab, NULL, 0, HW_TOKEN_NORMAL);
	hw_vocab_seal(m->vocab);
	m->spec = (struct hw_tok_spec){.kind = m->tok_kind,
	    .pre = m->tok_pre, .merge = no_string, .token = no_string,
	    .unknown = NO_TOKEN};
	return HW_OK;
}

/* The same whether or not the weights are wanted. */
static size_t rows_of(const struct hw_model *m, int n_vocab)
{
	const struct hw_tensor *t = hw_tensor_find(&m->c, "token_embd.weight");

	if (n_vocab > 0)
		return (size_t)n_vocab;
	return t != NULL && t->n_dims == 2 && t->dims[1] <= MAX_TOKENS ?
	    (size_t)t->dims[1] : 0;
}

enum hw_status hw_model_load_vocab(struct hw_model *m, int n_vocab,
    struct hw_err *e)
{
	struct hw_view kind = {(const unsigned char *)"none", 4};
	const struct spelling *s;

	HW_TRY(hw_meta_string_or(&m->c, "tokenizer.ggml.model", &kind, e));
	if (hw_view_is(kind, "no_vocab"))
		kind = (struct hw_view){(const unsigned char *)"none", 4};
	HW_TRY(hw_copy_text(&m->tok_kind, kind, 64, m->alloc, e));
	if (hw_view_is(kind, "none")) {
		HW_TRY(no_tokenizer(m, rows_of(m, n_vocab), e));
		return read_ends(m, e);
	}
	s = find_spelling(m->tok_kind);
	if (s == NULL)
		return hw_fail(e, HW_UNSUPPORTED, "%s: tokenizer of kind "
		    "\"%s\"", m->c.path, m->tok_kind);
	HW_TRY(read_tokenizer(m, s, rows_of(m, n_vocab), e));
	HW_TRY(read_ends(m, e));
	if (n_vocab > 0 && m->vocab->n != (size_t)n_vocab)
		return hw_fail(e, HW_CORRUPT, "%s: %zu tokens for %d rows of "
		    "token_embd.weight", m->c.path, m->vocab->n, n_vocab);
	return HW_OK;
}
