/* SPDX-License-Identifier: MIT
 * What only this file knows: normalizers, pre-tokenizers and post-processors of
 * tokenizer.json, as rules on the text and patterns that cut it (model.h says
 * how these are written).  In the text that we encode a space is a space, where
 * SentencePiece writes U+2581: what only replaces the one by the other needs no
 * rule. */
#include <string.h>

#include "model/hf_tok.h"

#define UNDERLINE "\xe2\x96\x81"
#define MAX_STEPS 8
#define MAX_DEPTH 4

struct steps {
	struct hw_hf_steps *x;
	const struct hw_json *json;
	struct hw_err *e;
	bool split_before; /* cut into words by an earlier step */
	bool no_spaces;    /* an earlier step made them U+2581 */
};

static const char *type_of(const json_t *j)
{
	const char *type = json_string_value(json_object_get(j, "type"));

	return type != NULL ? type : "";
}

static bool flag(const json_t *j, const char *key, bool otherwise)
{
	const json_t *x = json_object_get(j, key);

	return json_is_boolean(x) ? json_is_true(x) : otherwise;
}

static enum hw_status lacks(struct steps *s, const char *what,
    const char *type)
{
	return hw_fail(s->e, HW_UNSUPPORTED, "%s: %sbyte %zu: %s \"%.64s\"",
	    s->json->path, s->json->name, hw_json_at(s->json, type), what,
	    type);
}

/* What is wrong with one of the steps called `word`. */
static enum hw_status bad(struct steps *s, enum hw_status status,
    const char *word, const char *what)
{
	return hw_fail(s->e, status, "%s: %sbyte %zu: %s", s->json->path,
	    s->json->name, hw_json_at(s->json, word), what);
}

/* ---- strings of the two lists -------------------------------------------- */

static void put(struct hw_buf *b, size_t *n, const char *kind,
    const char *text, size_t len)
{
	hw_buf_u64(b, strlen(kind) + len);
	hw_buf_str(b, kind);
	hw_buf_put(b, text, len);
	++*n;
}

static void rule(struct steps *s, const char *kind, const char *text)
{
	put(&s->x->rules, &s->x->n_rules, kind, text, strlen(text));
}

static void cut(struct steps *s, const char *kind, const char *pattern)
{
	put(&s->x->cuts, &s->x->n_cuts, kind, pattern, strlen(pattern));
}

/* {"Regex": ...} as it is, {"String": ...} with every letter's magic taken;
 * U+2581 is a space to us.  False: neither. */
static bool pattern(struct hw_buf *b, const json_t *j)
{
	const json_t *text = json_object_get(j, "Regex");
	bool plain = text == NULL;
	const char *p;

	if (plain)
		text = json_object_get(j, "String");
	p = json_string_value(text);
	if (p == NULL || strlen(p) != json_string_length(text))
		return false;
	while (*p != '\0') {
		if (strncmp(p, UNDERLINE, 3) == 0) {
			hw_buf_str(b, plain ? "\\ " : " ");
			p += 3;
			continue;
		}
		if (plain && (unsigned char)*p < 0x80 && *p > ' ' &&
		    strchr("\\^$.[]|()?*+{}#-", *p) != NULL)
			hw_buf_u8(b, '\\');
		hw_buf_u8(b, (uint8_t)*p++);
	}
	hw_buf_u8(b, '\0');
	return true;
}

static enum hw_status add_cut(struct steps *s, const char *kind,
    const json_t *pat)
{
	struct hw_buf b;
	bool good;

	hw_buf_init(&b, s->x->cuts.alloc, 1 << 16);
	good = pattern(&b, pat) && !b.nomem && !b.full;
	if (good)
		cut(s, kind, (const char *)b.p);
	hw_buf_release(&b);
	return good ? HW_OK : bad(s, HW_CORRUPT, "Split", "a Split without a "
	    "usable pattern");
}

/* ---- normalizers --------------------------------------------------------- */

static enum hw_status prepend(struct steps *s, const json_t *j)
{
	const char *text = json_string_value(json_object_get(j, "prepend"));

	if (text == NULL || strcmp(text, UNDERLINE) != 0)
		return lacks(s, "normalizer Prepend of", text != NULL ?
		    text : "");
	s->x->space = HW_HF_SPACE_EACH;
	s->x->unless = false;
	return HW_OK;
}

/* "replace" PATTERN NUL TEXT. */
static enum hw_status replace(struct steps *s, const json_t *j)
{
	const char *to = json_string_value(json_object_get(j, "content"));
	const json_t *from = json_object_get(j, "pattern");
	const char *text = json_string_value(json_object_get(from, "String"));
	struct hw_buf b;
	bool good;

	if (to != NULL && text != NULL && strcmp(to, UNDERLINE) == 0 &&
	    (strcmp(text, " ") == 0 || strcmp(text, UNDERLINE) == 0)) {
		s->no_spaces = true;
		return HW_OK;
	}
	hw_buf_init(&b, s->x->rules.alloc, 1 << 16);
	good = to != NULL && pattern(&b, from);
	for (; good && *to != '\0'; to++) {
		bool space = strncmp(to, UNDERLINE, 3) == 0;

		hw_buf_u8(&b, space ? ' ' : (uint8_t)*to);
		to += space ? 2 : 0;
	}
	good = good && !b.nomem && !b.full;
	if (good)
		put(&s->x->rules, &s->x->n_rules, "replace ",
		    (const char *)b.p, b.n);
	hw_buf_release(&b);
	return good ? HW_OK : bad(s, HW_CORRUPT, "Replace", "a Replace without"
	    " pattern or content");
}

static enum hw_status normalizer(struct steps *s, const json_t *j, int depth)
{
	static const char *const forms[][2] = {{"NFC", "nfc"},
	    {"NFD", "nfd"}, {"NFKC", "nfkc"}, {"NFKD", "nfkd"}};
	const char *type = type_of(j);
	const json_t *one;
	size_t i;

	if (json_is_null(j) || j == NULL)
		return HW_OK;
	if (s->x->n_rules >= MAX_STEPS || depth > MAX_DEPTH)
		return bad(s, HW_LIMIT, "normalizer", "too many normalizers");
	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (strcmp(type, forms[i][0]) == 0) {
			rule(s, forms[i][1], "");
			return HW_OK;
		}
	if (strcmp(type, "Prepend") == 0)
		return prepend(s, j);
	if (strcmp(type, "Replace") == 0)
		return replace(s, j);
	if (strcmp(type, "Sequence") != 0)
		return lacks(s, "normalizer", type);
	json_array_foreach(json_object_get(j, "normalizers"), i, one)
		HW_TRY(normalizer(s, one, depth + 1));
	return HW_OK;
}

/* ---- pre-tokenizers ------------------------------------------------------ */

/* What stands before a pattern: how its matches cut. */
static const char *behavior(const json_t *j, const char *otherwise)
{
	static const char *const names[][3] = {
		{"Isolated", "I ", "i "}, {"Removed", "R ", "r "},
		{"MergedWithPrevious", "P ", "p "},
		{"MergedWithNext", "N ", "n "}, {"Contiguous", "C ", "c "}};
	const char *name = json_string_value(json_object_get(j, "behavior"));

	if (name == NULL)
		name = otherwise;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i][0], name) == 0)
			return names[i][flag(j, "invert", false) ? 2 : 1];
	return NULL;
}

static enum hw_status split(struct steps *s, const json_t *j)
{
	const json_t *pat = json_object_get(j, "pattern");
	const char *text = json_string_value(json_object_get(pat, "String"));
	const char *regex = json_string_value(json_object_get(pat, "Regex"));
	const char *kind = behavior(j, "");

	/* There is a space in our text where the pattern would see none. */
	if (s->no_spaces && text != NULL && strcmp(text, " ") == 0)
		return HW_OK;
	if (s->no_spaces && regex != NULL && (strchr(regex, ' ') != NULL ||
	    strstr(regex, "\\s") != NULL || strstr(regex, "\\S") != NULL))
		return lacks(s, "blanks in a Split behind U+2581", regex);
	s->split_before = true;
	return kind != NULL ? add_cut(s, kind, pat) :
	    bad(s, HW_CORRUPT, "Split", "a Split that does not say how");
}

static enum hw_status byte_level(struct steps *s, const json_t *j)
{
	s->x->bytes = true;
	if (flag(j, "add_prefix_space", true)) {
		s->x->space = s->split_before ? HW_HF_SPACE_PIECE :
		    HW_HF_SPACE_EACH;
		s->x->unless = true;
	}
	if (flag(j, "use_regex", true))
		cut(s, "I ", "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+"
		    "| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");
	return HW_OK;
}

static enum hw_status metaspace(struct steps *s, const json_t *j)
{
	const char *with = json_string_value(json_object_get(j,
	    "replacement"));
	const char *when = json_string_value(json_object_get(j,
	    "prepend_scheme"));

	if (with != NULL && strcmp(with, UNDERLINE) != 0)
		return lacks(s, "Metaspace with", with);
	if (when == NULL)
		when = flag(j, "add_prefix_space", true) ? "always" : "never";
	if (strcmp(when, "never") != 0) {
		s->x->space = s->split_before ? HW_HF_SPACE_PIECE :
		    strcmp(when, "first") == 0 ? HW_HF_SPACE_FIRST :
		    HW_HF_SPACE_EACH;
		s->x->unless = true;
	}
	if (flag(j, "split", true))
		cut(s, "N ", " ");
	s->split_before = s->no_spaces = true;
	return HW_OK;
}

static enum hw_status pre_tokenizer(struct steps *s, const json_t *j,
    int depth)
{
	const char *type = type_of(j), *kind;
	const json_t *one;
	size_t i;

	if (json_is_null(j) || j == NULL)
		return HW_OK;
	if (s->x->n_cuts >= MAX_STEPS || depth > MAX_DEPTH)
		return bad(s, HW_LIMIT, "pre_tokenizer", "too many "
		    "pre-tokenizers");
	/* Words, not the whole text, would then begin with it. */
	if (strcmp(type, "Split") == 0)
		return split(s, j);
	if (strcmp(type, "ByteLevel") == 0)
		return byte_level(s, j);
	if (strcmp(type, "Metaspace") == 0)
		return metaspace(s, j);
	if (strcmp(type, "Sequence") == 0) {
		json_array_foreach(json_object_get(j, "pretokenizers"), i, one)
			HW_TRY(pre_tokenizer(s, one, depth + 1));
		return HW_OK;
	}
	s->split_before = true;
	if (strcmp(type, "Digits") == 0)
		cut(s, "I ", flag(j, "individual_digits", false) ? "\\p{N}" :
		    "\\p{N}+");
	else if (strcmp(type, "WhitespaceSplit") == 0)
		cut(s, "R ", "\\s");
	else if (strcmp(type, "Whitespace") == 0)
		cut(s, "r ", "\\w+|[^\\w\\s]+");
	else if (strcmp(type, "Punctuation") == 0) {
		kind = behavior(j, "Isolated");
		if (kind == NULL)
			return lacks(s, "Punctuation that is", "?");
		cut(s, kind, "[\\p{P}$+<=>^`|~]");
	} else
		return lacks(s, "pre-tokenizer", type);
	return HW_OK;
}

/* ---- post-processors: what is put before a text -------------------------- */

static enum hw_status post_processor(struct steps *s, const json_t *j,
    int depth)
{
	const char *type = type_of(j);
	const json_t *one, *first;
	size_t i;

	if (strcmp(type, "Sequence") == 0 && depth <= MAX_DEPTH) {
		json_array_foreach(json_object_get(j, "processors"), i, one)
			HW_TRY(post_processor(s, one, depth + 1));
		return HW_OK;
	}
	if (strcmp(type, "TemplateProcessing") != 0)
		return HW_OK; /* what it puts behind is not for a stream */
	first = json_array_get(json_object_get(j, "single"), 0);
	s->x->bos = json_string_value(json_object_get(json_object_get(first,
	    "SpecialToken"), "id"));
	return HW_OK;
}

enum hw_status hw_hf_read_steps(struct hw_hf_steps *x, const json_t *root,
    const struct hw_json *json, struct hw_err *e)
{
	struct steps s = {.x = x, .json = json, .e = e};

	HW_TRY(normalizer(&s, json_object_get(root, "normalizer"), 0));
	HW_TRY(pre_tokenizer(&s, json_object_get(root, "pre_tokenizer"), 0));
	return post_processor(&s, json_object_get(root, "post_processor"), 0);
}
