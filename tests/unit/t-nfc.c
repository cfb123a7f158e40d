/* SPDX-License-Identifier: MIT
 * lib/tok/rules: the work of normalization grows with the text and no faster.
 * What utf8proc is given is counted, not how long it takes: every byte comes
 * to it at most once, and no row of combining marks is long, since it puts
 * them in order in the square of their number.  This program's
 * utf8proc_decompose is the one that the library calls. */
#include "tap.h"

#include <utf8proc.h>

#include "base/utf8.h"
#include "model/arch.h"

#define MARKS 256 /* in a row, at most: rules.c */
#define N ((size_t)512 << 10)

static size_t given, row;

UTF8PROC_DLLEXPORT utf8proc_ssize_t utf8proc_decompose(
    const utf8proc_uint8_t *p, utf8proc_ssize_t n, utf8proc_int32_t *out,
    utf8proc_ssize_t room, utf8proc_option_t how)
{
	size_t marks = 0;
	uint32_t c;

	for (size_t at = 0; at < (size_t)n;) {
		at += hw_utf8_decode(p + at, (size_t)n - at, &c);
		marks = utf8proc_get_property((utf8proc_int32_t)c)
		    ->combining_class == 0 ? 0 : marks + 1;
		row = marks > row ? marks : row;
	}
	given += (size_t)n;
	return utf8proc_decompose_custom(p, n, out, room, how, NULL, NULL);
}

static const char json[] = "{\"normalizer\":{\"type\":\"NFC\"},"
    "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false},"
    "\"model\":{\"type\":\"BPE\",\"vocab\":{\"?\":0},\"merges\":[]}}";

static void text_of(struct hw_tok *t, const char *unit, const char *what)
{
	static char text[N + 16];
	size_t n = 0, k = strlen(unit), count;
	struct hw_err e = {0};
	const uint32_t *ids;
	bool good;

	while (n + k <= N) {
		memcpy(text + n, unit, k);
		n += k;
	}
	given = row = 0;
	good = hw_tok_encode(t, text, n, &ids, &count, &e) == HW_OK;
	ok(good && given <= n && row <= MARKS, "%s: %zu bytes of %zu were "
	    "normalized, and at most %zu marks in a row", what, given, n, row);
	if (!good)
		diag("%s", e.msg);
}

int main(void)
{
	struct hw_model_opts mo = {.vocab_only = true};
	struct hw_tok_opts to = {0};
	struct hw_model *m = NULL;
	struct hw_tok *t = NULL;
	struct hw_err e = {0};

	if (!ok(hw_model_open_bytes(&m, (struct hw_view){
	    (const unsigned char *)json, strlen(json)}, "tokenizer.json", &mo,
	    &e) == HW_OK && hw_tok_open(&t, m, &to, &e) == HW_OK, "it opens"))
		diag("%s", e.msg);
	text_of(t, "a", "letters");
	ok(given == 0, "which need none");
	text_of(t, "\xcc\x81", "marks");
	ok(given > 0, "which need it");
	text_of(t, "\xcc\x81\xcc\xa7", "marks out of order");
	text_of(t, "e\xcc\x81", "letters with marks");
	text_of(t, "\xc3\xa9", "letters with marks in one");
	text_of(t, "\xe1\x84\x80\xe1\x85\xa1", "Hangul in parts");
	text_of(t, "\xed\x95\x9c", "Hangul");
	text_of(t, "\xe1\x86\xa7", "a part that chunks begin with");
	text_of(t, "\xcc\x81\xff", "marks between bytes that are no text");
	text_of(t, "\xf0\x9f\x98\x80\xcc\x81 ", "pictures with marks");
	hw_tok_close(t);
	hw_model_close(m);
	return tap_done();
}
