/* SPDX-License-Identifier: MIT
 * tokenizer.json files that want to hurt: rows T01 to T22 of the list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostile/hostile.h"

#define BPE(before, model) "{" before "\"model\":{" model "}}"
#define VOCAB \
	"\"type\":\"BPE\",\"unk_token\":\"?\",\"byte_fallback\":true," \
	"\"vocab\":{\"?\":0,\"a\":1,\"b\":2,\"ab\":3,\"<0x0A>\":4}"
#define MERGES "\"merges\":[\"a b\"]"
#define MODEL VOCAB "," MERGES
#define SOUND BPE("", MODEL)
#define WORDS(vocab) \
	BPE("", "\"type\":\"BPE\",\"unk_token\":\"?\",\"vocab\":{\"?\":0," \
	    vocab "},\"merges\":[]")
#define ADDED(tokens) BPE("\"added_tokens\":[" tokens "],", MODEL)
#define SPLIT(regex) \
	BPE("\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"" \
	    regex "\"},\"behavior\":\"Isolated\"},", MODEL)
#define NORMAL(text) BPE("\"normalizer\":" text ",", MODEL)
#define REPLACE(regex, text) \
	"{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"" regex "\"}," \
	"\"content\":\"" text "\"}"
#define DOUBLE REPLACE(".", "aa")
#define FOUR DOUBLE "," DOUBLE "," DOUBLE "," DOUBLE

static const struct text_row {
	struct row row;
	const char *text;
} rows[] = {
	{{"T01", "cut short", TOKENIZE, 65, ""}, "{\"model\":{\"type\""},
	{{"T01", "a mark of byte order", TOKENIZE, 65, "!not a model"},
	    "\xef\xbb\xbf" SOUND},
	{{"T01", "NaN", TOKENIZE, 65, ""}, WORDS("\"a\":NaN")},
	{{"T01", "a comma more", TOKENIZE, 65, ""}, WORDS("\"a\":1,")},
	{{"T03", "two models", TOKENIZE, 65, "duplicate"},
	    "{\"model\":{" MODEL "},\"model\":{" MODEL "}}"},
	{{"T04", "a negative id", TOKENIZE, 65, "no usable id"},
	    WORDS("\"a\":-1")},
	{{"T04", "a real id", TOKENIZE, 65, "no usable id"},
	    WORDS("\"a\":1.5")},
	{{"T04", "an id of 1e999", TOKENIZE, 65, ""}, WORDS("\"a\":1e999")},
	{{"T04", "an id of 2^31", TOKENIZE, 65, "no usable id"},
	    WORDS("\"a\":2147483648")},
	{{"T04", "an id twice", TOKENIZE, 65, "two tokens with the id 1"},
	    WORDS("\"a\":1,\"b\":1")},
	{{"T04", "ids with gaps", TOKENIZE, 0, ""},
	    WORDS("\"a\":7,\"b\":900")},
	{{"T06", "a lone surrogate", TOKENIZE, 65, ""},
	    WORDS("\"\\ud800\":1")},
	{{"T06", "overlong UTF-8", TOKENIZE, 65, ""}, WORDS("\"\xc0\xaf\":1")},
	{{"T07", "a merge of one part", TOKENIZE, 65, "!merge"},
	    BPE("", VOCAB ",\"merges\":[\"ab\"]")},
	{{"T07", "of a number", TOKENIZE, 65, "merge 0 is not"},
	    BPE("", VOCAB ",\"merges\":[1]")},
	{{"T07", "of what is no token", TOKENIZE, 65, "!merge"},
	    BPE("", VOCAB ",\"merges\":[\"a z\"]")},
	{{"T07", "of two to no token", TOKENIZE, 65, "!merge"},
	    BPE("", VOCAB ",\"merges\":[\"b a\"]")},
	{{"T07", "a merge twice", TOKENIZE, 0, ""},
	    BPE("", VOCAB ",\"merges\":[\"a b\",\"a b\"]")},
	{{"T08", "an exponential pattern", TOKENIZE, 0, ""},
	    SPLIT("(a+)+$")},
	{{"T08", "another", TOKENIZE, 0, ""}, SPLIT("(.*)*(.*)*x")},
	{{"T09", "a limit of its own", TOKENIZE, 69, "!PCRE2"},
	    SPLIT("(*LIMIT_MATCH=4294967295)(a+)+$")},
	{{"T09", "options of its own", TOKENIZE, 0, ""},
	    SPLIT("(*UTF)(*UCP)(*NO_JIT)a")},
	{{"T09", "single bytes of a character", TOKENIZE, 69, "!PCRE2"},
	    SPLIT("\\\\C")},
	{{"T09", "a call", TOKENIZE, 0, ""}, SPLIT("a(?C1)b")},
	{{"T09", "a recursion", TOKENIZE, 0, ""}, SPLIT("(a(?R)?b)")},
	{{"T09", "a recursion without end", TOKENIZE, 0, ""},
	    SPLIT("((?R)a|b)")},
	{{"T09", "a reference back", TOKENIZE, 0, ""}, SPLIT("(a+)\\\\1")},
	{{"T10", "a billion states", TOKENIZE, 69, "!PCRE2"},
	    SPLIT("((a{1,1000}){1,1000}){1,1000}")},
	{{"T11", "no pattern", TOKENIZE, 69, "!PCRE2"}, SPLIT("(a")},
	{{"T12", "4 doublings", TOKENIZE, 0, ""},
	    NORMAL("{\"type\":\"Sequence\",\"normalizers\":[" FOUR "]}")},
	{{"T12", "6 doublings", TOKENIZE, 0, ""},
	    NORMAL("{\"type\":\"Sequence\",\"normalizers\":[" FOUR "," DOUBLE
	    "," DOUBLE "]}")},
	{{"T12", "8 doublings", TOKENIZE, 65, "!normalizers make more than"},
	    NORMAL("{\"type\":\"Sequence\",\"normalizers\":[" FOUR "," FOUR
	    "]}")},
	{{"T12", "40 doublings", TOKENIZE, 65, "too many normalizers"},
	    NORMAL("{\"type\":\"Sequence\",\"normalizers\":[" FOUR "," FOUR
	    "," FOUR "," FOUR "," FOUR "," FOUR "," FOUR "," FOUR "," FOUR ","
	    FOUR "]}")},
	{{"T14", "a form that grows a text", TOKENIZE, 0, ""},
	    NORMAL("{\"type\":\"NFKD\"}")},
	{{"T15", "an empty token", TOKENIZE, 65, "is empty"},
	    ADDED("{\"id\":5,\"content\":\"\"}")},
	{{"T15", "a token that begins all others", TOKENIZE, 0, ""},
	    ADDED("{\"id\":5,\"content\":\"a\"}")},
	{{"T16", "a pattern of nothing", TOKENIZE, 0, ""}, SPLIT("")},
	{{"T16", "one that may be nothing", TOKENIZE, 0, ""}, SPLIT("z*")},
	{{"T16", "a look ahead", TOKENIZE, 0, ""}, SPLIT("(?=a)")},
	{{"T17", "an unknown model", TOKENIZE, 69, "\"WordPiece\""},
	    BPE("", "\"type\":\"WordPiece\",\"vocab\":{\"a\":0}")},
	{{"T17", "an unknown pre-tokenizer", TOKENIZE, 69, "\"Bert"},
	    BPE("\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},", MODEL)},
	{{"T17", "an unknown normalizer", TOKENIZE, 69, "\"Precompiled\""},
	    NORMAL("{\"type\":\"Precompiled\",\"precompiled_charsmap\":"
	    "\"AQID\"}")},
	{{"T17", "an unknown decoder", TOKENIZE, 0, ""},
	    BPE("\"decoder\":{\"type\":\"Nothing\"},", MODEL)},
	{{"T18", "few tokens of bytes", TOKENIZE, 0, ""}, SOUND},
	{{"T19", "a beginning that is no token", TOKENIZE, 0, ""},
	    BPE("\"post_processor\":{\"type\":\"TemplateProcessing\","
	    "\"single\":[{\"SpecialToken\":{\"id\":\"[Z]\"}}]},", MODEL)},
	{{"T20", "a special token with a word's id", TOKENIZE, 65, "!merge"},
	    ADDED("{\"id\":1,\"content\":\"[X]\",\"special\":true}")},
	{{"T22", "a merge that makes a special token", TOKENIZE, 65,
	    "!merge"},
	    ADDED("{\"id\":3,\"content\":\"ab\",\"special\":true}")},
	{{"---", "no vocabulary", TOKENIZE, 65, "without a vocab"},
	    BPE("", "\"type\":\"BPE\"")},
	{{"---", "no model", TOKENIZE, 65, "there is no \"model\""}, "{}"},
	{{"---", "no token for what it cannot spell", TOKENIZE, 69, "!"},
	    BPE("", "\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]")},
};

static char big[(size_t)8 << 20];

/* `head`, then `text` n times, then `tail`. */
static void repeat(const struct row *r, const char *head, const char *text,
    int n, const char *tail)
{
	size_t at = strlen(head), len = strlen(text);

	memcpy(big, head, at);
	for (int i = 0; i < n; i++, at += len)
		memcpy(big + at, text, len);
	memcpy(big + at, tail, strlen(tail));
	hostile_write("t.json", big, at + strlen(tail));
	hostile_try(r, "./t.json");
}

static void large(void)
{
	static const char nul[] = "{\"model\":{\"type\":\"B\0PE\"}}";

	hostile_write("t.json", nul, sizeof(nul) - 1);
	hostile_try(&(struct row){"T01", "a NUL", TOKENIZE, 65, ""},
	    "./t.json");
	repeat(&(struct row){"T02", "nested 100,000 deep", TOKENIZE, 65, ""},
	    "{\"a\":", "[", 100000, "");
	repeat(&(struct row){"T02", "a megabyte of objects", TOKENIZE, 65,
	    "more objects"}, "{\"a\":[", "{},", 340000, "{}]}");
	repeat(&(struct row){"T02", "a megabyte of lists", TOKENIZE, 65,
	    "\"model\""}, "{\"a\":[", "[],", 340000, "[]]}");
	repeat(&(struct row){"T07", "300,000 merges", TOKENIZE, 0, ""},
	    "{\"model\":{" VOCAB ",\"merges\":[", "\"a b\",", 150000,
	    "\"a b\"]}}");
	repeat(&(struct row){"T11", "a pattern of 64 KiB", TOKENIZE, 65,
	    "usable pattern"}, "{\"pre_tokenizer\":{\"type\":\"Split\","
	    "\"pattern\":{\"Regex\":\"", "ab", 32768, "\"},\"behavior\":"
	    "\"Isolated\"},\"model\":{" MODEL "}}");
	repeat(&(struct row){"T11", "1000 groups in each other", TOKENIZE, 69,
	    "!PCRE2"}, "{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{"
	    "\"Regex\":\"", "(", 1000, "\"},\"behavior\":\"Isolated\"},"
	    "\"model\":{" MODEL "}}");
	repeat(&(struct row){"T13", "10,000 normalizers", TOKENIZE, 65,
	    "too many normalizers"}, "{\"normalizer\":{\"type\":\"Sequence\","
	    "\"normalizers\":[", "{\"type\":\"NFC\"},", 10000,
	    "{\"type\":\"NFC\"}]},\"model\":{" MODEL "}}");
	repeat(&(struct row){"T13", "normalizers 30 deep", TOKENIZE, 65,
	    "too many normalizers"}, "{\"normalizer\":",
	    "{\"type\":\"Sequence\",\"normalizers\":[", 30, "{\"type\":"
	    "\"NFC\"}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}"
	    "]}]},\"model\":{" MODEL "}}");
	repeat(&(struct row){"---", "a token of 5000 bytes", TOKENIZE, 65,
	    "longer than"}, "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"",
	    "a", 5000, "\":0},\"merges\":[]}}");
}

int main(void)
{
	hostile_begin();
	hostile_write("t.json", SOUND, strlen(SOUND));
	hostile_try(&(struct row){"---", "a sound one", TOKENIZE, 0, ""},
	    "./t.json");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		hostile_write("t.json", rows[i].text, strlen(rows[i].text));
		hostile_try(&rows[i].row, "./t.json");
	}
	large();
	hostile_write("t.json", SOUND, strlen(SOUND));
	hostile_cuts("t.json", "./t.json", 0);
	return hostile_end();
}
