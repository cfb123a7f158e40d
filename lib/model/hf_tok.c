/* SPDX-License-Identifier: MIT
 * What only this file knows: the vocabulary in tokenizer.json: the model's
 * tokens, merges or scores, and the tokens that were added to them. */
#include "model/hf_tok.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_TOKENS ((size_t)1 << 20)
#define MAX_TOKEN ((size_t)4096)

enum type { NORMAL = 1, UNKNOWN = 2, CONTROL = 3, USER = 4, UNUSED = 5,
	BYTE = 6 }; /* GGUF's numbers */

struct token {
	const char *text; /* NULL: no token has this id */
	size_t n;
	enum type type;
	double score;
};

struct reader {
	const struct hw_alloc *alloc;
	struct hw_synth *s;
	struct hw_json json;
	struct hw_err *e;
	json_t *root, *model; /* root is ours, the rest borrowed from it */
	struct hw_hf_steps steps;
	bool unigram, fallback;
	struct token *token;  /* (n) by id */
	size_t n;
};

/* A failure at the first place where the file says "word". */
static enum hw_status at(struct reader *r, enum hw_status status,
    const char *word, const char *fmt, ...) HW_PRINTF(4, 5);
static enum hw_status at(struct reader *r, enum hw_status status,
    const char *word, const char *fmt, ...)
{
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return hw_fail(r->e, status, "%s: %sbyte %zu: %s", r->json.path,
	    r->json.name, hw_json_at(&r->json, word), what);
}

/* ---- tokens -------------------------------------------------------------- */

/* The id in j, within what a vocabulary may have; -1: it is none. */
static int64_t id_in(const json_t *j)
{
	json_int_t id = json_is_integer(j) ? json_integer_value(j) : -1;

	return id >= 0 && id < (json_int_t)MAX_TOKENS ? (int64_t)id : -1;
}

/* Ids may have holes, so the largest is looked for first. */
static enum hw_status count_tokens(struct reader *r)
{
	const json_t *vocab = json_object_get(r->model, "vocab"), *j;
	size_t entries = r->unigram ? json_array_size(vocab) :
	    json_object_size(vocab), i;
	int64_t last = r->unigram ? (int64_t)entries - 1 : -1, id;
	const char *key;

	if (entries == 0)
		return at(r, HW_CORRUPT, "vocab", "a tokenizer without a "
		    "vocabulary");
	if (!r->unigram)
		json_object_foreach((json_t *)(uintptr_t)vocab, key, j) {
			id = id_in(j);
			if (id < 0)
				return at(r, HW_CORRUPT, key, "token "
				    "\"%.64s\" has no usable id", key);
			last = id > last ? id : last;
		}
	json_array_foreach(json_object_get(r->root, "added_tokens"), i, j) {
		id = id_in(json_object_get(j, "id"));
		if (id < 0)
			return at(r, HW_CORRUPT, "added_tokens", "added token "
			    "%zu has no usable id", i);
		last = id > last ? id : last;
	}
	if (last >= (int64_t)MAX_TOKENS)
		return at(r, HW_LIMIT, "vocab", "more than %zu tokens",
		    MAX_TOKENS);
	r->n = (size_t)last + 1;
	return hw_new(r->alloc, &r->token, r->n, sizeof(*r->token), "tokens",
	    r->e);
}

static bool is_byte(const char *s, size_t n)
{
	static const char digits[] = "0123456789ABCDEF";

	return n == 6 && memcmp(s, "<0x", 3) == 0 && s[5] == '>' &&
	    strchr(digits, s[3]) != NULL && strchr(digits, s[4]) != NULL;
}

static enum hw_status put_token(struct reader *r, size_t id, const char *text,
    size_t n, enum type type)
{
	struct token *t = &r->token[id];

	if (n > MAX_TOKEN)
		return at(r, HW_LIMIT, text, "token %zu is longer than %zu "
		    "bytes", id, MAX_TOKEN);
	if (t->text != NULL && type == NORMAL)
		return at(r, HW_CORRUPT, text, "two tokens with the id %zu",
		    id);
	t->text = text;
	t->n = n;
	t->type = type == NORMAL && r->fallback && is_byte(text, n) ? BYTE :
	    type;
	return HW_OK;
}

static enum hw_status model_tokens(struct reader *r)
{
	const json_t *vocab = json_object_get(r->model, "vocab"), *j;
	const char *key;
	size_t i;

	if (!r->unigram)
		json_object_foreach((json_t *)(uintptr_t)vocab, key, j)
			HW_TRY(put_token(r, (size_t)json_integer_value(j),
			    key, strlen(key), NORMAL));
	else
		json_array_foreach(vocab, i, j) {
			const json_t *text = json_array_get(j, 0);
			const json_t *score = json_array_get(j, 1);

			if (!json_is_string(text) || !json_is_number(score) ||
			    !isfinite((float)json_number_value(score)))
				return at(r, HW_CORRUPT, "vocab", "token %zu "
				    "is not a text and a score", i);
			HW_TRY(put_token(r, i, json_string_value(text),
			    json_string_length(text), NORMAL));
			r->token[i].score = json_number_value(score);
		}
	return HW_OK;
}

/* Is this token there to be looked for in the text as it came?  Gemma adds
 * its rows of U+2581 to be looked for before spaces become it, so that they
 * are for the merges to make. */
static bool is_looked_for(const struct reader *r, const json_t *j, size_t id)
{
	const char *text = json_string_value(json_object_get(j, "content"));

	return r->token[id].text == NULL || r->steps.bytes ||
	    !json_is_false(json_object_get(j, "normalized")) ||
	    strstr(text, "\xe2\x96\x81") == NULL;
}

static enum hw_status added_tokens(struct reader *r)
{
	const json_t *j;
	size_t i;

	json_array_foreach(json_object_get(r->root, "added_tokens"), i, j) {
		const json_t *text = json_object_get(j, "content");
		size_t id = (size_t)id_in(json_object_get(j, "id"));
		bool special = json_is_true(json_object_get(j, "special"));

		if (!json_is_string(text))
			return at(r, HW_CORRUPT, "added_tokens", "added token "
			    "%zu has no content", i);
		if (json_string_length(text) == 0)
			return at(r, HW_CORRUPT, "added_tokens", "added token "
			    "%zu is empty", i);
		if (!special && (json_is_true(json_object_get(j, "lstrip")) ||
		    json_is_true(json_object_get(j, "rstrip")) ||
		    json_is_true(json_object_get(j, "single_word"))))
			return at(r, HW_UNSUPPORTED, json_string_value(text),
			    "added token %zu takes its neighbours into "
			    "account", i);
		if (special || is_looked_for(r, j, id))
			HW_TRY(put_token(r, id, json_string_value(text),
			    json_string_length(text),
			    special ? CONTROL : USER));
	}
	return HW_OK;
}

/* ---- what is written ----------------------------------------------------- */

static void put_string(struct hw_buf *b, const char *p, size_t n)
{
	hw_buf_u64(b, n);
	hw_buf_put(b, p, n);
}

static void write_tokens(struct reader *r)
{
	struct hw_synth *s = r->s;

	hw_synth_array(s, "tokenizer.ggml.tokens", HW_META_STRING, r->n);
	for (size_t i = 0; i < r->n; i++)
		put_string(&s->values, r->token[i].text, r->token[i].n);
	hw_synth_array(s, "tokenizer.ggml.token_type", HW_META_I32, r->n);
	for (size_t i = 0; i < r->n; i++)
		hw_buf_u32(&s->values, r->token[i].text != NULL ?
		    (uint32_t)r->token[i].type : (uint32_t)UNUSED);
	if (!r->unigram)
		return;
	hw_synth_array(s, "tokenizer.ggml.scores", HW_META_F64, r->n);
	for (size_t i = 0; i < r->n; i++)
		hw_buf_f64(&s->values, r->token[i].score);
}

/* "left right", or [left, right]. */
static enum hw_status write_merge(struct reader *r, size_t i, const json_t *j)
{
	const char *one = json_string_value(j);
	const char *left = json_string_value(json_array_get(j, 0));
	const char *right = json_string_value(json_array_get(j, 1));
	struct hw_buf *b = &r->s->values;

	if (one != NULL) {
		put_string(b, one, strlen(one));
		return HW_OK;
	}
	if (left == NULL || right == NULL)
		return at(r, HW_CORRUPT, "merges", "merge %zu is not two "
		    "texts", i);
	if (*left == '\0' || strchr(left + 1, ' ') != NULL)
		return at(r, HW_UNSUPPORTED, left, "merge %zu has a space in "
		    "it", i);
	hw_buf_u64(b, strlen(left) + 1 + strlen(right));
	hw_buf_str(b, left);
	hw_buf_u8(b, ' ');
	hw_buf_str(b, right);
	return HW_OK;
}

static enum hw_status write_merges(struct reader *r)
{
	const json_t *merges = json_object_get(r->model, "merges"), *j;
	size_t i;

	if (!json_is_array(merges))
		return at(r, HW_CORRUPT, "merges", "a BPE vocabulary without "
		    "merges");
	hw_synth_array(r->s, "tokenizer.ggml.merges", HW_META_STRING,
	    json_array_size(merges));
	json_array_foreach(merges, i, j)
		HW_TRY(write_merge(r, i, j));
	return HW_OK;
}

static void write_steps(struct reader *r)
{
	static const char *const spaces[] = {"never", "first", "each",
	    "piece"};
	struct hw_hf_steps *x = &r->steps;

	hw_synth_array(r->s, "headwater.tokenizer.rules", HW_META_STRING,
	    x->n_rules);
	hw_buf_put(&r->s->values, x->rules.p, x->rules.n);
	hw_synth_array(r->s, "headwater.tokenizer.cuts", HW_META_STRING,
	    x->n_cuts);
	hw_buf_put(&r->s->values, x->cuts.p, x->cuts.n);
	hw_synth_string(r->s, "headwater.tokenizer.space", spaces[x->space]);
	hw_synth_bool(r->s, "headwater.tokenizer.space_unless", x->unless);
	hw_synth_bool(r->s, "headwater.tokenizer.whole", json_is_true(
	    json_object_get(r->model, "ignore_merges")));
}

/* ---- special ids --------------------------------------------------------- */

static int64_t find(const struct reader *r, const char *text)
{
	size_t n = text != NULL ? strlen(text) : 0;

	for (size_t i = 0; i < r->n && text != NULL; i++)
		if (r->token[i].text != NULL && r->token[i].n == n &&
		    memcmp(r->token[i].text, text, n) == 0)
			return (int64_t)i;
	return -1;
}

/* A name, or an added token's whole description. */
static const char *name_in(const json_t *config, const char *key)
{
	const json_t *j = json_object_get(config, key);

	return json_string_value(json_is_object(j) ?
	    json_object_get(j, "content") : j);
}

static void write_ids(struct reader *r, const json_t *config)
{
	const json_t *add = json_object_get(config, "add_bos_token");
	int64_t bos = find(r, r->steps.bos), eos, unknown;
	bool add_bos = bos >= 0;

	if (bos < 0)
		bos = find(r, name_in(config, "bos_token"));
	eos = find(r, name_in(config, "eos_token"));
	if (r->unigram)
		unknown = id_in(json_object_get(r->model, "unk_id"));
	else
		unknown = find(r, json_string_value(json_object_get(r->model,
		    "unk_token")));
	/* The file that makes the tokens has the last word. */
	if (bos >= 0 && r->steps.bos == NULL && json_is_boolean(add) &&
	    json_object_get(r->root, "post_processor") == NULL)
		add_bos = json_is_true(add);
	if (bos >= 0)
		hw_synth_u32(r->s, "tokenizer.ggml.bos_token_id",
		    (uint32_t)bos);
	if (eos >= 0)
		hw_synth_u32(r->s, "tokenizer.ggml.eos_token_id",
		    (uint32_t)eos);
	if (unknown >= 0 && (size_t)unknown < r->n)
		hw_synth_u32(r->s, "tokenizer.ggml.unknown_token_id",
		    (uint32_t)unknown);
	hw_synth_bool(r->s, "tokenizer.ggml.add_bos_token", add_bos);
}

/* ---- the whole ----------------------------------------------------------- */

static bool is_set(const json_t *model, const char *key)
{
	const json_t *j = json_object_get(model, key);

	return j != NULL && !json_is_null(j) && !json_is_false(j) &&
	    json_string_length(j) + (size_t)json_is_number(j) > 0 &&
	    !(json_is_number(j) && !(json_number_value(j) > 0));
}

static enum hw_status which_model(struct reader *r)
{
	static const char *const lacking[] = {"dropout",
	    "continuing_subword_prefix", "end_of_word_suffix"};
	const char *type;

	r->model = json_object_get(r->root, "model");
	type = json_string_value(json_object_get(r->model, "type"));
	if (!json_is_object(r->model))
		return at(r, HW_CORRUPT, "model", "no tokenizer: there is no "
		    "\"model\" in it");
	/* The oldest files do not say what they are. */
	if (type == NULL)
		type = json_is_array(json_object_get(r->model, "vocab")) ?
		    "Unigram" : "BPE";
	if (strcmp(type, "BPE") != 0 && strcmp(type, "Unigram") != 0)
		return at(r, HW_UNSUPPORTED, type, "a tokenizer of type "
		    "\"%.64s\"; this version has BPE and Unigram", type);
	r->unigram = type[0] == 'U';
	r->fallback = json_is_true(json_object_get(r->model,
	    "byte_fallback"));
	for (size_t i = 0; i < sizeof(lacking) / sizeof(*lacking); i++)
		if (is_set(r->model, lacking[i]))
			return at(r, HW_UNSUPPORTED, lacking[i], "a BPE with "
			    "%s", lacking[i]);
	return HW_OK;
}

static enum hw_status translate(struct reader *r, const json_t *config)
{
	HW_TRY(which_model(r));
	HW_TRY(hw_hf_read_steps(&r->steps, r->root, &r->json, r->e));
	HW_TRY(count_tokens(r));
	HW_TRY(model_tokens(r));
	HW_TRY(added_tokens(r));
	hw_synth_string(r->s, "tokenizer.ggml.model", r->unigram ? "t5" :
	    r->steps.bytes ? "gpt2" : "llama");
	write_tokens(r);
	if (!r->unigram)
		HW_TRY(write_merges(r));
	write_steps(r);
	write_ids(r, config);
	return HW_OK;
}

enum hw_status hw_hf_tokenizer(struct hw_synth *s, struct hw_view json,
    struct hw_view config, const char *path, struct hw_err *e)
{
	struct reader r = {.alloc = s->c->alloc, .s = s, .e = e,
	    .json = {json, 0, path, s->c->parts.n > 0 ? "tokenizer.json: " :
	    ""}};
	struct hw_json j = {config, 0, path, "tokenizer_config.json: "};
	enum hw_status status;
	json_t *more = NULL;

	hw_buf_init(&r.steps.rules, r.alloc, 1 << 20);
	hw_buf_init(&r.steps.cuts, r.alloc, 1 << 20);
	status = hw_json_load(&r.root, &r.json, HW_MAX_JSON, e);
	if (status == HW_OK && config.n > 0)
		status = hw_json_load(&more, &j, HW_MAX_JSON, e);
	if (status == HW_OK)
		status = translate(&r, more);
	if (status == HW_OK)
		status = hw_buf_status(&r.steps.rules, "rules", e);
	if (status == HW_OK)
		status = hw_buf_status(&r.steps.cuts, "patterns", e);
	hw_buf_release(&r.steps.rules);
	hw_buf_release(&r.steps.cuts);
	hw_del(r.alloc, r.token);
	json_decref(r.root);
	json_decref(more);
	return status;
}

/* ---- a tokenizer.json by itself ------------------------------------------ */

static bool bid(const struct hw_container *c)
{
	size_t i = 0;

	while (i < c->file.n && i < 64 && (c->file.p[i] == ' ' ||
	    (c->file.p[i] >= '\t' && c->file.p[i] <= '\r')))
		i++;
	return i < c->file.n && c->file.p[i] == '{';
}

static enum hw_status open_json(struct hw_container *c, struct hw_err *e)
{
	struct hw_view file = c->file, none = {NULL, 0};
	struct hw_synth s;
	enum hw_status st;

	hw_synth_init(&s, c);
	st = hw_hf_tokenizer(&s, file, none, c->path, e);
	if (st == HW_OK)
		st = hw_synth_seal(&s, e);
	hw_synth_release(&s);
	return st;
}

const struct hw_format hw_format_tokenizer_json = {"tokenizer.json", bid,
	open_json};
