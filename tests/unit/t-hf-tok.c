/* SPDX-License-Identifier: MIT
 * lib/model/hf_tok.c, hf_steps.c, lib/tok/rules.c: small tokenizer.json files,
 * written here to be read.  What ids a text has was asked of the Hugging Face
 * tokenizers library (0.23.2); what files are refused, and by which words. */
#include "tap.h"

#include "base/vocab.h"
#include "model/arch.h"

static struct hw_model *model;

static enum hw_status load(const char *json, size_t n, struct hw_err *e)
{
	struct hw_model_opts o = {.vocab_only = true};

	model = NULL;
	return hw_model_open_bytes(&model, (struct hw_view){
	    (const unsigned char *)json, n}, "tokenizer.json", &o, e);
}

/* The ids of a text as decimal words; or why there are none. */
static const char *ids_of(const char *json, bool special, const char *text,
    bool *exact)
{
	static char out[4096];
	struct hw_tok_opts o = {.special = special};
	struct hw_tok *t = NULL;
	struct hw_err e = {0};
	const uint32_t *ids;
	size_t n = 0, at = 0;

	out[0] = '\0';
	if (load(json, strlen(json), &e) != HW_OK ||
	    hw_tok_open(&t, model, &o, &e) != HW_OK ||
	    hw_tok_encode(t, text, strlen(text), &ids, &n, &e) != HW_OK)
		snprintf(out, sizeof(out), "%s", e.msg);
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%u",
		    i > 0 ? " " : "", (unsigned)ids[i]);
	if (exact != NULL && t != NULL)
		*exact = hw_tok_exact(t);
	hw_tok_close(t);
	hw_model_close(model);
	return out;
}

/* ---- vocabularies -------------------------------------------------------- */

/* SentencePiece's way: _ is U+2581 below. */
#define U "\xe2\x96\x81"
#define CHARS_VOCAB \
	"{\"<unk>\":0,\"<s>\":1,\"</s>\":2,\"<0x0A>\":3,\"<0xC3>\":4," \
	"\"<0xA9>\":5,\"" U "\":6,\"a\":7,\"b\":8,\"c\":9,\"" U "a\":10," \
	"\"ab\":11,\"" U "ab\":12,\"bc\":13,\"" U U "\":14}"
#define CHARS_MERGES \
	"[\"a b\",\"" U " a\",\"" U " ab\",\"b c\",\"" U " " U "\"]"
#define ADDED \
	"[{\"id\":0,\"content\":\"<unk>\",\"special\":true}," \
	"{\"id\":1,\"content\":\"<s>\",\"special\":true}," \
	"{\"id\":2,\"content\":\"</s>\",\"special\":true}," \
	"{\"id\":15,\"content\":\"[X]\",\"special\":false}]"
#define CHARS_MODEL \
	"{\"type\":\"BPE\",\"unk_token\":\"<unk>\",\"fuse_unk\":true," \
	"\"byte_fallback\":true,\"vocab\":" CHARS_VOCAB ",\"merges\":" \
	CHARS_MERGES "}"
#define TEMPLATE \
	"{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":" \
	"{\"id\":\"<s>\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\"," \
	"\"type_id\":0}}],\"pair\":[],\"special_tokens\":{\"<s>\":{\"id\":" \
	"\"<s>\",\"ids\":[1],\"tokens\":[\"<s>\"]}}}"
#define FILE_OF(normalizer, cuts, model) \
	"{\"version\":\"1.0\",\"added_tokens\":" ADDED \
	",\"normalizer\":" normalizer ",\"pre_tokenizer\":" cuts \
	",\"post_processor\":" TEMPLATE ",\"model\":" model "}"

static const char prepends[] = FILE_OF("{\"type\":\"Sequence\","
	"\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"" U "\"},"
	"{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},"
	"\"content\":\"" U "\"}]}", "null", CHARS_MODEL);
static const char metaspace[] = FILE_OF("null", "{\"type\":\"Metaspace\","
	"\"replacement\":\"" U "\",\"prepend_scheme\":\"first\","
	"\"split\":true}", CHARS_MODEL);
static const char removed[] = FILE_OF("null", "{\"type\":\"Sequence\","
	"\"pretokenizers\":[{\"type\":\"Split\",\"behavior\":\"Isolated\","
	"\"pattern\":{\"String\":\" \"}},{\"type\":\"WhitespaceSplit\"}]}",
	CHARS_MODEL);
static const char nfc[] = FILE_OF("{\"type\":\"NFC\"}",
	"{\"type\":\"Metaspace\",\"replacement\":\"" U "\","
	"\"prepend_scheme\":\"never\",\"split\":false}", CHARS_MODEL);

/* Gemma's form: spaces become _ before the words are cut at spaces (of which
 * there are none then), and rows of newlines and of _ are added tokens, which
 * merges name as well. */
#define ROW(id, text) "{\"id\":" id ",\"content\":\"" text "\"," \
	"\"normalized\":false,\"special\":false}"
static const char gemma[] = "{\"added_tokens\":[{\"id\":0,\"content\":"
	"\"<unk>\",\"special\":true},{\"id\":1,\"content\":\"<bos>\","
	"\"special\":true}," ROW("2", "\\n") "," ROW("3", "\\n\\n") ","
	ROW("4", U U) "," ROW("5", U U U) "],\"normalizer\":{\"type\":"
	"\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"" U
	"\"},\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"String\":"
	"\" \"},\"behavior\":\"MergedWithPrevious\",\"invert\":false},"
	"\"model\":{\"type\":\"BPE\",\"unk_token\":\"<unk>\",\"fuse_unk\":"
	"true,\"byte_fallback\":true,\"vocab\":{\"<unk>\":0,\"<bos>\":1,"
	"\"\\n\":2,\"\\n\\n\":3,\"" U U "\":4,\"" U U U "\":5,\"<0x0A>\":6,"
	"\"<0xC3>\":7,\"<0xA9>\":8,\"" U "\":9,\"a\":10,\"b\":11,\"" U
	"a\":12,\"ab\":13},\"merges\":[[\"\\n\",\"\\n\"],[\"" U "\",\"" U
	"\"],[\"" U "\",\"" U U "\"],[\"" U U "\",\"" U "\"],[\"" U
	"\",\"a\"],[\"a\",\"b\"]]}}";

#define UNIGRAM_OF(fallback, tokens) FILE_OF("null", \
	"{\"type\":\"Metaspace\",\"replacement\":\"" U "\"," \
	"\"prepend_scheme\":\"always\",\"split\":true}", \
	"{\"type\":\"Unigram\",\"unk_id\":0,\"byte_fallback\":" fallback \
	",\"vocab\":[[\"<unk>\",0],[\"<s>\",0],[\"</s>\",0]," tokens "]}")
#define UNIGRAM(fallback) UNIGRAM_OF(fallback, \
	"[\"<0xC3>\",0],[\"<0xA9>\",0],[\"" U "\",-2],[\"a\",-3]," \
	"[\"b\",-3.5],[\"ab\",-5],[\"" U "a\",-4],[\"" U "ab\",-9]," \
	"[\"ba\",-6.75]")
static const char unigram[] = UNIGRAM("true");
static const char no_bytes[] = UNIGRAM("false");
/* In double, and from the word's start, "a bc" and "ab c" add up to the same;
 * without the "_" before them, or in float, they do not. */
static const char ties[] = UNIGRAM_OF("true", "[\"" U "\",-0.1],"
	"[\"a\",-0.4],[\"bc\",-0.2],[\"ab\",-0.1],[\"c\",-0.5]");

static void sums(void)
{
	is_str(ids_of(unigram, false, "ab abab", NULL), "5 8 5 8 8",
	    "Unigram: the best sum of scores, word by word");
	is_str(ids_of(unigram, false, "bab", NULL), "5 7 8",
	    "not the longest token first");
	is_str(ids_of(unigram, false, "\xc3\xa9", NULL), "5 3 4",
	    "bytes for what has no token");
	is_str(ids_of(no_bytes, false, "a\xe2\x82\xac\xc3\xa9" "b", NULL),
	    "9 0 7", "unknown characters in a row are one");
	is_str(ids_of(ties, false, "abc", NULL), "3 4 5",
	    "of equal sums the first, equal as doubles of the whole word");
}

static void vectors(void)
{
	bool exact = false;

	is_str(ids_of(prepends, true, "ab c", &exact), "12 6 9",
	    "a space is put before the text");
	ok(exact, "and does not come out again");
	is_str(ids_of(prepends, true, " a[X]b</s>c\n", &exact),
	    "6 10 15 6 8 2 6 9 3", "and after each added token");
	is_str(ids_of(prepends, false, "a</s>", &exact), "10 0 0 0 0",
	    "text that spells a special token is text");
	ok(!exact, "what has no token is not spelled");
	is_str(ids_of(prepends, true, "\xc3\xa9" "bc", &exact), "6 4 5 13",
	    "a character without a token becomes its bytes");
	is_str(ids_of(prepends, true, "a" U "b", &exact), "10 6 8",
	    "U+2581 is a space");
	ok(!exact, "and would come out as one");
	is_str(ids_of(prepends, true, "a\xe2\x82\xac", NULL), "10 0",
	    "a character that has no bytes either is unknown");
	is_str(ids_of(metaspace, true, "ab  c[X]a", &exact), "12 6 6 9 15 7",
	    "Metaspace: once, and words do not cross it");
	is_str(ids_of(metaspace, true, " ab", &exact), "12",
	    "not where there is one already");
	ok(!exact, "of which the ids do not tell");
	is_str(ids_of(removed, true, "a b", NULL), "7 8",
	    "a piece of one byte may be removed by a later step");
	is_str(ids_of(gemma, false, "a ab\n\n\n", &exact), "10 12 11 3 2",
	    "Gemma's rows: of newlines the longest, from the left");
	ok(exact, "which spell the text");
	is_str(ids_of(gemma, false, "     a", NULL), "4 5 10",
	    "of spaces what the merges make, not the longest first");
	is_str(ids_of(gemma, false, "\xc3\xa9 b", NULL), "7 8 9 11",
	    "and bytes for a character without a token");
	is_str(ids_of(nfc, true, "e\xcc\x81", &exact), "4 5",
	    "NFC: a letter and its accent become one");
	ok(!exact, "and the text is not what they spell");
	is_str(ids_of(nfc, true, "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa7",
	    NULL), "0 0", "no letter is lost behind Hangul");
}

/* ---- what a file says beyond ids ----------------------------------------- */

static void facts(void)
{
	const struct hw_vocab *v;
	struct hw_err e = {0};

	if (!ok(load(prepends, strlen(prepends), &e) == HW_OK, "it opens"))
		return;
	v = hw_model_vocab(model);
	is_int(hw_vocab_size(v), 16, "its tokens, with those added");
	is_int(v->bos, 1, "the post-processor's token begins a stream");
	ok(v->add_bos, "and is put there");
	is_int(hw_vocab_kind(v, 15), HW_TOKEN_USER, "an added token");
	is_int(hw_vocab_kind(v, 2), HW_TOKEN_SPECIAL, "a special one");
	is_int(hw_vocab_bytes(v, 3).n, 1, "a byte");
	hw_model_close(model);
}

/* ---- hostile files ------------------------------------------------------- */

#define MODEL(vocab, merges) "{\"model\":{\"type\":\"BPE\",\"vocab\":" \
	vocab ",\"merges\":" merges "}}"

static const struct {
	const char *json, *words;
} refused[] = {
	{"{", "tokenizer.json: byte"},
	{"{}", "there is no \"model\""},
	{"{\"model\":[]}", "there is no \"model\""},
	{"{\"model\":{\"type\":\"WordPiece\"}}", "\"WordPiece\""},
	{MODEL("{}", "[]"), "without a vocabulary"},
	{MODEL("{\"a\":-1}", "[]"), "no usable id"},
	{MODEL("{\"a\":1e3}", "[]"), "no usable id"},
	{MODEL("{\"a\":4000000000}", "[]"), "no usable id"},
	{MODEL("{\"a\":0,\"b\":0}", "[]"), "two tokens with the id 0"},
	{MODEL("{\"a\":0,\"a\":1}", "[]"), "duplicate"},
	{MODEL("{\"a\":0}", "{}"), "without merges"},
	{MODEL("{\"a\":0}", "[7]"), "merge 0 is not two texts"},
	{MODEL("{\"a\":0}", "[[\"a\"]]"), "merge 0 is not two texts"},
	{MODEL("{\"a\":0}", "[\"aa\"]"), "merge 0 of the vocabulary joins"},
	{MODEL("{\"a\":0}", "[\"a b\"]"), "names a token that it lacks"},
	{MODEL("{\"a\":0}", "[\"a a\"]"), "names a token that it lacks"},
	{MODEL("{\"\xff\":0}", "[]"), "tokenizer.json: byte"},
	{"{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\",1e99]]}}",
	    "token 0 is not a text and a score"},
	{"{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\"]]}}",
	    "token 0 is not a text and a score"},
	{FILE_OF("{\"type\":\"Precompiled\"}", "null", CHARS_MODEL),
	    "normalizer \"Precompiled\""},
	{FILE_OF("null", "{\"type\":\"BertPreTokenizer\"}", CHARS_MODEL),
	    "pre-tokenizer \"BertPreTokenizer\""},
	{FILE_OF("null", "{\"type\":\"Split\",\"behavior\":\"Isolated\"}",
	    CHARS_MODEL), "without a usable pattern"},
	{FILE_OF("null", "{\"type\":\"Split\",\"behavior\":\"Isolated\","
	    "\"pattern\":{\"Regex\":\"(\"}}", CHARS_MODEL), "PCRE2 refuses"},
};

static void hostile(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		const char *got = ids_of(refused[i].json, false, "a", NULL);

		if (!ok(strstr(got, refused[i].words) != NULL,
		    "refused: %s", refused[i].words))
			diag("\"%s\"", got);
	}
}

static void truncated(void)
{
	size_t refusals = 0, n = strlen(metaspace);
	struct hw_err e;

	for (size_t i = 0; i < n; i++) {
		e = (struct hw_err){0};
		refusals += load(metaspace, i, &e) != HW_OK &&
		    e.msg[0] != '\0';
		hw_model_close(model);
	}
	is_int(refusals, n, "cut short anywhere, it is refused");
}

/* Patterns that take for ever are given up, and the text stays whole. */
static void slow_pattern(void)
{
	static const char json[] = FILE_OF("null", "{\"type\":\"Split\","
	    "\"behavior\":\"Isolated\",\"pattern\":{\"Regex\":"
	    "\"(a+a+)+$\"}}", CHARS_MODEL);
	char text[201];

	memset(text, 'a', 199);
	memcpy(text + 199, "b", 2);
	ok(strlen(ids_of(json, false, text, NULL)) > 300,
	    "a pattern that explodes");
}

int main(void)
{
	vectors();
	sums();
	facts();
	hostile();
	truncated();
	slow_pattern();
	return tap_done();
}
