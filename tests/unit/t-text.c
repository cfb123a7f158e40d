/* SPDX-License-Identifier: MIT
 * lib/stream: the text form says all that the binary one does, and can be
 * written by hand. */
#include <inttypes.h>

#include "tap.h"

#include "base/vocab.h"
#include "stream.h"

static struct hw_vocab *v;

/* Forward every frame from one form to the other; the bytes, or NULL. */
static char *convert(struct hw_view in, bool from_text, bool to_text,
    size_t *n)
{
	struct hw_dec *d = stream_dec(NULL, from_text, from_text ? v : NULL);
	struct hw_enc *c = stream_enc(NULL, to_text);
	struct hw_err e = {0};
	struct hw_frame f;
	enum hw_status st;
	char *out = NULL;

	stream_feed(d, in);
	hw_dec_finish(d);
	while ((st = hw_dec_next(d, &f, &e)) == HW_OK)
		if (hw_enc_frame(c, &f, &e) != HW_OK)
			break;
	if (st == HW_END && hw_dec_done(d)) {
		*n = hw_enc_bytes(c).n;
		out = calloc(1, *n + 1);
		memcpy(out, hw_enc_bytes(c).p, *n);
	} else {
		diag("%s", e.msg);
	}
	hw_dec_close(d);
	hw_enc_close(c);
	return out;
}

static struct hw_view view(const char *s, size_t n)
{
	return (struct hw_view){(const unsigned char *)s, n};
}

static void round_trip(void)
{
	struct hw_enc *c = stream_enc(NULL, false);
	size_t n = 0, n_text = 0, n_again = 0;
	char *text, *back, *again;

	stream_write(c, v);
	text = convert(hw_enc_bytes(c), false, true, &n_text);
	ok(text != NULL, "a binary stream becomes text");
	back = convert(view(text, n_text), true, false, &n);
	ok(back != NULL, "and binary again");
	ok(n == hw_enc_bytes(c).n &&
	    memcmp(back, hw_enc_bytes(c).p, n) == 0, "byte for byte");
	again = convert(view(text, n_text), true, true, &n_again);
	is_str(again, text, "text to text changes nothing");
	free(again);
	again = convert(hw_enc_bytes(c), true, true, &n_again);
	is_str(again, text, "where text is expected, binary is known as such");
	ok(strstr(text, "\n0:-:- 1:0:1e-30 3:17.25:3.3333333 2:") != NULL,
	    "a record with its scores is one line of id:bits:entropy");
	ok(strstr(text, "\n#source 3 app.log\n") != NULL, "sources have names");
	free(text);
	free(back);
	free(again);
	hw_enc_close(c);
}

/* What a stream written by hand becomes. */
static void becomes(const char *in, const char *want, const char *what)
{
	size_t n = 0;
	char *out = convert(view(in, strlen(in)), true, true, &n);
	const char *body = out != NULL ? strchr(out, '\n') + 1 : "(refused)";

	is_str(body, want, "%s", what);
	free(out);
}

static void by_hand(void)
{
	becomes("1 2\n", "1 2\n#end records=1 tokens=2 bytes=3\n",
	    "ids on a line are a record");
	becomes("1 2", "1 2\n#end records=1 tokens=2 bytes=3\n",
	    "the last newline may be missing");
	becomes("# a comment\n\n\t1   2 \r\n#\n", "1 2\n"
	    "#end records=1 tokens=2 bytes=3\n",
	    "comments, empty lines and stray blanks are nothing");
	becomes("1:2:3 2:-:-\n", "1:2:3 2:-:-\n"
	    "#end records=1 tokens=2 bytes=3\n", "scores may be given");
	becomes("-\n", "-\n#end records=1 tokens=0 bytes=0\n",
	    "a record without tokens is a dash");
	becomes("#at source=2\n1\n#at source=1 line=7\n1\n1\n#at line=8\n1\n",
	    "#at source=2\n1\n#at source=1 line=7\n1\n1\n#at line=8\n1\n"
	    "#end records=4 tokens=4 bytes=8\n",
	    "where a record stands is said only where it must be");
	becomes("1\n#end records=1 tokens=1 bytes=2\n",
	    "1\n#end records=1 tokens=1 bytes=2\n", "an end may be said");
}

static void refused(const char *in, enum hw_status want, const char *message)
{
	struct hw_dec *d = stream_dec(NULL, true, v);
	struct hw_err e = {0};
	struct hw_frame f;
	enum hw_status st;
	int shown = (int)strcspn(in, "\n");

	stream_feed(d, view(in, strlen(in)));
	hw_dec_finish(d);
	do {
		st = hw_dec_next(d, &f, &e);
	} while (st == HW_OK);
	ok(st == want && strstr(e.msg, message) != NULL, "\"%.*s\": %s",
	    shown < 60 ? shown : 60, in, message);
	if (st != want || strstr(e.msg, message) == NULL)
		diag("status %d: %s", st, e.msg);
	hw_dec_close(d);
}

/* The longest name that there is, and one that is longer: as with any other
 * line, which one is said. */
static void long_name(void)
{
	enum { MOST = 4096 }; /* tokstream(5) */
	char line[5000];
	int n = snprintf(line, sizeof(line), "#tokstream 1 vocab=%" PRIx64
	    " digest=0 model=", v->fingerprint);
	size_t end = (size_t)n + MOST, size = 0;
	char *out;

	memset(line + n, 'm', MOST);
	snprintf(line + end, sizeof(line) - end, "\n1\n"
	    "#end records=1 tokens=1 bytes=2\n");
	out = convert(view(line, strlen(line)), true, true, &size);
	ok(out != NULL && strstr(out, line + n) != NULL, "a model's name may "
	    "have %d bytes", MOST);
	free(out);
	memcpy(line + end, "m\n", 3);
	refused(line, HW_CORRUPT, "line 1: a model name that is too long");
}

static void errors(void)
{
	struct hw_dec_opts none = {.text = true};
	struct hw_dec *d = NULL;

	refused("", HW_CORRUPT, "empty");
	refused("1 6\n", HW_CORRUPT, "line 1: a token id outside");
	refused("1\n99999999999999999999\n", HW_CORRUPT, "line 2: not a");
	refused("1 x\n", HW_CORRUPT, "not a token id");
	refused("1x\n", HW_CORRUPT, "separated by blanks");
	refused("-1\n", HW_CORRUPT, "not a token id");
	refused("1:2 2:2\n", HW_CORRUPT, "without its two scores");
	refused("1:2:3 2\n", HW_CORRUPT, "without its two scores");
	refused("1:inf:3\n", HW_CORRUPT, "without its two scores");
	refused("1:nan:3\n", HW_CORRUPT, "without its two scores");
	refused("1\n#end records=2 tokens=1 bytes=2\n", HW_CORRUPT,
	    "line 2: END does not agree");
	refused("#end records=0 tokens=0 bytes=0\n1\n", HW_CORRUPT,
	    "something follows");
	refused("#at color=red\n", HW_CORRUPT, "a malformed #at");
	refused("#tokstream 1 vocab=0 digest=0 model=x\n", HW_CORRUPT,
	    "another vocabulary");
	refused("#tokstream 2 vocab=0 digest=0 model=x\n", HW_UNSUPPORTED,
	    "version 2");
	long_name();
	refused("#what\n", HW_UNSUPPORTED, "an unknown kind of line");
	refused("#note \\xzz\n", HW_CORRUPT, "malformed");
	refused("#frame type=3 flags=0 channel=0 payload=\n", HW_CORRUPT,
	    "malformed");
	refused("#frame type=99 flags=0 channel=0 payload=00\n",
	    HW_UNSUPPORTED, "later version");
	is_int(hw_dec_open(&d, &none, NULL), HW_USAGE,
	    "text is not read without a vocabulary");
}

/* A machine wrote it: it must be whole. */
static void cut(void)
{
	struct hw_enc *c = stream_enc(NULL, false);
	struct hw_err e = {0};
	struct hw_dec *d = stream_dec(NULL, true, v);
	struct hw_frame f;
	size_t n = 0;
	char *text;

	stream_write(c, v);
	text = convert(hw_enc_bytes(c), false, true, &n);
	*strstr(text, "#end") = '\0';
	stream_feed(d, view(text, strlen(text)));
	hw_dec_finish(d);
	while (hw_dec_next(d, &f, &e) == HW_OK)
		;
	ok(e.status == HW_CORRUPT && strstr(e.msg, "before its END") != NULL,
	    "with its head but without its end it was cut off");
	free(text);
	hw_dec_close(d);
	hw_enc_close(c);
}

int main(void)
{
	v = stream_vocab(6);
	round_trip();
	by_hand();
	errors();
	cut();
	hw_vocab_close(v);
	return tap_done();
}
