/* SPDX-License-Identifier: MIT
 * lib/tok/pretok: every pattern in the table compiles and gives all of a text
 * back, piece by piece; and what some of them make of a line. */
#include "tap.h"

#include "fixtures/pretok_names.h"
#include "tok/pretok.h"

static struct hw_pretok *open_one(const char *name)
{
	struct hw_pretok *t = NULL;
	struct hw_err e = {0};

	if (hw_pretok_open(&t, name, NULL, &e) != HW_OK)
		diag("%s", e.msg);
	return t;
}

/* The pieces of a text, joined by |. */
static const char *pieces(const char *name, const char *text)
{
	static char out[512];
	struct hw_pretok *t = open_one(name);
	struct hw_view p;
	size_t n = 0;

	hw_pretok_start(t, (struct hw_view){(const void *)text, strlen(text)});
	while (hw_pretok_next(t, &p)) {
		if (n > 0)
			out[n++] = '|';
		memcpy(out + n, p.p, p.n);
		n += p.n;
	}
	out[n] = '\0';
	hw_pretok_close(t);
	return out;
}

static bool whole_text(struct hw_pretok *t, const unsigned char *p, size_t n)
{
	struct hw_view piece;
	size_t at = 0;

	hw_pretok_start(t, (struct hw_view){p, n});
	while (hw_pretok_next(t, &piece)) {
		if (piece.p != p + at || piece.n == 0)
			return false;
		at += piece.n;
	}
	return at == n;
}

/* Long runs of what the patterns distinguish, and a mixture. */
static bool all_texts(struct hw_pretok *t)
{
	static const char *const units[] = {"a", "A", "7", " ", "\n", "\r\n",
		"\t", ".", "'", "'s", " \n", "\xe4\xb8\xad", "\xcc\x81",
		"\xff", "\xf0\x9f\x98\x80", "\xc2\xa0", "x1 .\n", "a1", "0x"};
	static unsigned char text[1 << 17];
	uint64_t x = 1;

	for (size_t k = 0; k < sizeof(units) / sizeof(*units); k++) {
		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = (unsigned char)units[k][i %
			    strlen(units[k])];
		if (!whole_text(t, text, sizeof(text)))
			return false;
	}
	for (size_t i = 0; i < sizeof(text); i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		text[i] = (unsigned char)(x >> 56);
	}
	return whole_text(t, text, sizeof(text));
}

/* A text of what the patterns tell apart, drawn by *x; its length. */
static size_t draw(unsigned char *text, size_t cap, uint64_t *x)
{
	static const char *const units[] = {"a", "B", "7", "12", " ", "  ",
		"\n", "\r\n", ".", "'s", "e\xcc\x81", "\xe4\xb8\xad",
		"\xc2\xa0"};
	size_t n = 0;

	while (n + 4 < cap) {
		const char *unit;

		*x = *x * 6364136223846793005u + 1442695040888963407u;
		unit = units[(*x >> 32) % (sizeof(units) / sizeof(*units))];
		memcpy(text + n, unit, strlen(unit));
		n += strlen(unit);
	}
	return n;
}

/* Where the pieces end; how many. */
static size_t ends(struct hw_pretok *t, struct hw_view text, size_t *end)
{
	struct hw_view piece;
	size_t n = 0;

	hw_pretok_start(t, text);
	while (hw_pretok_next(t, &piece))
		end[n++] = (size_t)(piece.p + piece.n - text.p);
	return n;
}

/* What was cut before changes nothing. */
static bool forgetful(struct hw_pretok *used, const char *name)
{
	static unsigned char text[4096];
	static size_t a[sizeof(text)], b[sizeof(text)];
	bool same = true;
	uint64_t x = 1;

	for (size_t cap = 8; cap <= sizeof(text) && same; cap *= 2) {
		struct hw_pretok *fresh = open_one(name);
		struct hw_view v = {text, draw(text, cap, &x)};
		size_t n = ends(fresh, v, a);

		for (size_t i = 0; i < 3 && same; i++)
			same = ends(used, v, b) == n &&
			    memcmp(a, b, n * sizeof(*a)) == 0;
		hw_pretok_close(fresh);
	}
	return same;
}

int main(void)
{
	struct hw_pretok *t = NULL;
	struct hw_err e = {0};

	for (size_t i = 0; i < PRETOK_NAMES; i++) {
		t = open_one(pretok_names[i]);
		ok(t != NULL && all_texts(t), "\"%s\": the pieces are the text",
		    pretok_names[i]);
		ok(t != NULL && forgetful(t, pretok_names[i]),
		    "\"%s\": a text is cut as if it were the first",
		    pretok_names[i]);
		hw_pretok_close(t);
	}
	t = NULL;
	is_int(hw_pretok_open(&t, "no such", NULL, &e), HW_UNSUPPORTED,
	    "an unknown name is refused");
	is_str(pieces("headwater-log", "04:57:03 app[12345]: it's  ok\n"),
	    "04|:57|:03| app|[12|34|5|]:| it|'s| | ok|\n",
	    "headwater-log: digits in pairs, with a byte before them");
	is_str(pieces("headwater-log2", "04:57:03 app[12345]: it's  ok\n"),
	    "04|:57|:03| app|[12|34|5|]:| it|'s| | ok|\n",
	    "headwater-log2 cuts a plain line as headwater-log does");
	is_str(pieces("headwater-log2", "id=550e8400-e29b-41d4-a716 0x3fa2 "
	    "mac,3a:4b 12ms added DE1 x86"),
	    "id|=55|0e|84|00|-e2|9b|-41|d4|-a7|16| 0x|3f|a2| mac|,3a|:4b| "
	    "12|ms| added| DE|1| x|86",
	    "headwater-log2: what mixes digits and letters of hex in pairs");
	is_str(pieces("headwater-log", "a \xff\xfe" "b\t\t\r\n\n"),
	    "a| |\xff\xfe|b|\t\t|\r\n|\n",
	    "bytes that are no text are a piece of their own");
	is_str(pieces("gpt-2", "it's 12345  ok\n"),
	    "it|'s| 12345| | ok|\n", "gpt-2");
	is_str(pieces("starcoder", "it's 123"), "it|'s| |1|2|3",
	    "starcoder: each digit alone");
	is_str(pieces("falcon", "it's 12345."), "it|'|s| |123|45|.",
	    "falcon: punctuation first, then digits in threes");
	is_str(pieces("llama-bpe", "IT'S 12345!\n\n x"),
	    "IT|'S| |123|45|!\n\n| x", "llama-bpe");
	is_str(pieces("qwen2", "n=12"), "n|=|1|2", "qwen2");
	is_str(pieces("gpt-4o", "camelCaseWord's"), "camel|Case|Word's",
	    "gpt-4o: a capital begins a word");
	return tap_done();
}
