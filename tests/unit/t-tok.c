/* SPDX-License-Identifier: MIT
 * lib/tok: ids equal those of the models' own tokenizers (vectors beside real
 * vocabularies, where those are), and spell the text again, whatever it is. */
#include "tap.h"

#include "base/vocab.h"

#define MAX ((size_t)1 << 20)

static unsigned char text[MAX], back[2 * MAX], again[2 * MAX];
static const uint32_t *ids;

static bool open_tok(const char *path, bool special, struct hw_model **m,
    struct hw_tok **t)
{
	struct hw_model_opts mo = {.vocab_only = true};
	struct hw_tok_opts to = {.special = special};
	struct hw_err e = {0};

	*m = NULL;
	*t = NULL;
	if (hw_model_open(m, path, &mo, &e) == HW_OK &&
	    hw_tok_open(t, *m, &to, &e) == HW_OK)
		return true;
	diag("%s", e.msg);
	return false;
}

/* What the ids of a text spell, and its size; SIZE_MAX: there are none. */
static size_t spell(const struct hw_model *m, struct hw_tok *t,
    const unsigned char *p, size_t n, unsigned char *to)
{
	const struct hw_vocab *v = hw_model_vocab(m);
	struct hw_err e = {0};
	size_t n_ids, at = 0;

	if (hw_tok_encode(t, p, n, &ids, &n_ids, &e) != HW_OK) {
		diag("%s", e.msg);
		return SIZE_MAX;
	}
	for (size_t i = 0; i < n_ids; i++) {
		struct hw_view b = hw_vocab_text(v, ids, i);

		memcpy(to + at, b.p, b.n);
		at += b.n;
	}
	return at;
}

static bool round_trip(const struct hw_model *m, struct hw_tok *t,
    const unsigned char *p, size_t n)
{
	uint64_t before = hw_tok_replaced(t);
	size_t at = spell(m, t, p, n, back), differ = 0;

	/* A vocabulary that lacks bytes says how many it could not spell. */
	for (size_t i = 0; i < n && at == n; i++)
		differ += p[i] != back[i];
	return at == n && differ == hw_tok_replaced(t) - before;
}

/* The ids of a model that reads NFC spell that: what they spell stays as it is,
 * and so does text without a character of several bytes, broken ones or not.
 * (The stream carries the exact bytes beside them.) */
static bool in_nfc(const struct hw_model *m, struct hw_tok *t,
    unsigned char *p, size_t n)
{
	size_t once = spell(m, t, p, n, back);

	if (once == SIZE_MAX || (once == 0) != (n == 0) ||
	    spell(m, t, back, once, again) != once ||
	    memcmp(back, again, once) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (p[i] >= 0xc2 && p[i] <= 0xf4)
			p[i] = 0xff;
	return round_trip(m, t, p, n);
}

static uint64_t seed = 1;

static uint32_t rnd(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33);
}

/* Bytes of all kinds: any; of UTF-8 and broken UTF-8; of log text. */
static void random_text(unsigned char *p, size_t n, int kind)
{
	static const char letters[] = "aZ09 .:-_/\n\t='[]{}\r";
	static const char utf8[] = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
	    "\xe4\xb8\xad \xcc\x81";

	for (size_t i = 0; i < n; i++)
		p[i] = kind == 0 ? (unsigned char)rnd() :
		    kind == 1 ? (unsigned char)utf8[rnd() % 15] :
		    (unsigned char)letters[rnd() % (sizeof(letters) - 1)];
}

static void lossless(const struct hw_model *m, struct hw_tok *t,
    bool nfc, const char *name)
{
	bool good = true;

	for (int i = 0; i < 600 && good; i++) {
		size_t n = rnd() % 200;

		random_text(text, n, i % 3);
		good = nfc ? in_nfc(m, t, text, n) : round_trip(m, t, text, n);
	}
	ok(good, "%s: random bytes come back", name);
	random_text(text, MAX, 0);
	ok(nfc ? in_nfc(m, t, text, MAX) : round_trip(m, t, text, MAX),
	    "%s: a megabyte of them too", name);
	memset(text, 'a', MAX);
	ok(round_trip(m, t, text, MAX), "%s: and one of a single letter",
	    name);
}

/* ---- the bundled model, and small facts ---------------------------------- */

static bool has_sink(const uint32_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == 0)
			return true;
	return false;
}

static void bundled(void)
{
	static const char line[] = "2026-11-25 03:05 sshd[4242]: <|sink|> ok\n";
	char path[4096];
	struct hw_model *m;
	struct hw_tok *t;
	struct hw_err e = {0};
	size_t n;

	snprintf(path, sizeof(path), "%s/lib/model/headwater-log.gguf",
	    getenv("srcdir"));
	ok(open_tok(path, false, &m, &t), "the bundled model's tokenizer");
	lossless(m, t, false, "bundled");
	is_int(hw_tok_replaced(t), 0, "it spells every byte");
	is_int(hw_tok_encode(t, line, strlen(line), &ids, &n, &e), HW_OK,
	    "a line with a special token's name in it");
	ok(!has_sink(ids, n), "holds no special token");
	is_int(hw_vocab_bytes(hw_model_vocab(m), ids[n - 1]).n, 1,
	    "its newline is a token of its own");
	is_int(hw_tok_encode(t, "", 0, &ids, &n, &e), HW_OK, "no text");
	is_int(n, 0, "no ids");
	is_int(hw_tok_encode(t, line, HW_TOK_MAX + 1, &ids, &n, &e), HW_LIMIT,
	    "too much text is refused");
	hw_tok_close(t);
	hw_model_close(m);
	ok(open_tok(path, true, &m, &t), "with special tokens allowed");
	is_int(hw_tok_encode(t, line, strlen(line), &ids, &n, NULL), HW_OK,
	    "the same line");
	ok(has_sink(ids, n), "holds it");
	hw_tok_close(t);
	hw_model_close(m);
}

/* ---- real vocabularies --------------------------------------------------- */

static char *slurp(const char *dir, const char *name, const char *end)
{
	char path[4200];
	FILE *f;
	char *p = malloc(1 << 20);

	snprintf(path, sizeof(path), "%s/ggml-vocab-%s.gguf%s", dir, name,
	    end);
	f = fopen(path, "rb");
	if (f == NULL || p == NULL) {
		free(p);
		return NULL;
	}
	p[fread(p, 1, (1 << 20) - 1, f)] = '\0';
	fclose(f);
	return p;
}

/* The ids of one line of the .out file; returns where the next begins. */
static char *one_line(char *p, uint32_t *want, size_t *n)
{
	for (*n = 0; *p != '\0' && *p != '\n';) {
		char *end;
		unsigned long id = strtoul(p, &end, 10);

		if (*p == ' ') {
			p++;
			continue;
		}
		want[(*n)++] = (uint32_t)id;
		p = end;
	}
	return *p == '\n' ? p + 1 : p;
}

static void compare(struct hw_tok *t, const char *name, char *in, char *out)
{
	static const char sep[] = "\n__ggml_vocab_test__\n";
	static uint32_t want[4096];
	size_t cases = 0, bad = 0;

	for (char *p = in, *line = out; p != NULL && *line != '\0'; cases++) {
		char *end = strstr(p, sep);
		size_t n = end != NULL ? (size_t)(end - p) : strlen(p);
		size_t n_want, n_ids = 0;

		line = one_line(line, want, &n_want);
		if (hw_tok_encode(t, p, n, &ids, &n_ids, NULL) != HW_OK ||
		    n_ids != n_want ||
		    memcmp(ids, want, n_ids * sizeof(*ids)) != 0) {
			bad++;
			diag("%s: case %zu: \"%.*s\"", name, cases, (int)n, p);
		}
		p = end != NULL ? end + strlen(sep) : NULL;
	}
	ok(bad == 0 && cases > 20, "%s: %zu vectors of the model's own "
	    "tokenizer", name, cases);
}

static void vocabulary(const char *dir, const char *name, bool nfc)
{
	char path[4200];
	struct hw_model *m;
	struct hw_tok *t;
	char *in = slurp(dir, name, ".inp"), *out = slurp(dir, name, ".out");

	snprintf(path, sizeof(path), "%s/ggml-vocab-%s.gguf", dir, name);
	if (ok(open_tok(path, false, &m, &t), "%s: opens", name)) {
		lossless(m, t, nfc, name);
		if (in != NULL && out != NULL)
			compare(t, name, in, out);
	}
	free(in);
	free(out);
	hw_tok_close(t);
	hw_model_close(m);
}

int main(void)
{
	static const struct {
		const char *name;
		bool nfc;
	} all[] = {{"gpt-2", false}, {"gpt-neox", true}, {"llama-bpe", false},
	    {"qwen2", true}, {"falcon", false}, {"mpt", true},
	    {"starcoder", false}, {"llama-spm", false}, {"phi-3", false}};
	char dir[4096], probe[4200];
	FILE *f;

	bundled();
	snprintf(dir, sizeof(dir), "%s/../shared/vocab", getenv("srcdir"));
	snprintf(probe, sizeof(probe), "%s/README.md", dir);
	f = fopen(probe, "r");
	if (f == NULL) {
		skip("no vocabularies in ../shared/vocab");
		return tap_done();
	}
	fclose(f);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		vocabulary(dir, all[i].name, all[i].nfc);
	return tap_done();
}
