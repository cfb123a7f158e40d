/* SPDX-License-Identifier: MIT
 * lib/tok against a textbook: the bundled model's ids equal those of a slow
 * tokenizer that is written here from its definition, on text of all kinds.
 * It shares no code with the library: the splitter is a scanner by hand over
 * a small alphabet whose classes are given, merging looks through all pairs
 * again and again, and strings are found by bisection. */
#include "tap.h"

#include "model/model.h"

#define MAX 4096
#define LONGEST 128 /* bytes of a token, in the byte-level alphabet */

/* ---- characters ---------------------------------------------------------- */

enum class { LETTER, DIGIT, SPACE, RETURN, NEWLINE, OTHER };

static const struct {
	const char *utf8;
	enum class class;
} alphabet[] = {
	{" ", SPACE}, {"\t", SPACE}, {"\v", SPACE}, {"\f", SPACE},
	{"\r", RETURN}, {"\n", NEWLINE}, {"a", LETTER}, {"e", LETTER},
	{"r", LETTER}, {"o", LETTER}, {"n", LETTER}, {"E", LETTER},
	{"R", LETTER}, {"O", LETTER}, {"0", DIGIT}, {"1", DIGIT},
	{"2", DIGIT}, {"9", DIGIT}, {":", OTHER}, {"-", OTHER},
	{".", OTHER}, {"/", OTHER}, {"[", OTHER}, {"]", OTHER},
	{"'", OTHER}, {"_", OTHER}, {"=", OTHER}, {"\x01", OTHER},
	{"\xc3\xa9", LETTER},     /* U+00E9 */
	{"\xe4\xb8\xad", LETTER}, /* U+4E2D */
	{"\xd0\x96", LETTER},     /* U+0416 */
	{"\xd9\xa3", DIGIT},      /* U+0663, an Arabic digit */
	{"\xc2\xb2", DIGIT},      /* U+00B2, superscript two: \p{No} */
	{"\xe2\x85\xa7", DIGIT},  /* U+2167, Roman numeral: \p{Nl} */
	{"\xc2\xa0", SPACE},      /* U+00A0 */
	{"\xe3\x80\x80", SPACE},  /* U+3000 */
	{"\xe2\x80\xa8", SPACE},  /* U+2028 */
	{"\xcc\x81", OTHER},      /* U+0301, a combining mark */
	{"\xf0\x9f\x98\x80", OTHER}, /* U+1F600 */
};
#define N_ALPHABET (sizeof(alphabet) / sizeof(*alphabet))

static struct {
	unsigned char text[8 * MAX];
	size_t start[MAX + 1]; /* of character i, in bytes */
	enum class class[MAX];
	size_t n;              /* characters */
} in;

static void add(size_t which)
{
	size_t len = strlen(alphabet[which].utf8);

	if (in.n == MAX)
		return;
	memcpy(in.text + in.start[in.n], alphabet[which].utf8, len);
	in.class[in.n] = alphabet[which].class;
	in.start[in.n + 1] = in.start[in.n] + len;
	in.n++;
}

static void add_text(const char *ascii)
{
	for (; *ascii != '\0'; ascii++) {
		char c = *ascii;

		if (in.n == MAX)
			return;
		in.text[in.start[in.n]] = (unsigned char)c;
		in.class[in.n] = (c | 32) >= 'a' && (c | 32) <= 'z' ? LETTER :
		    c >= '0' && c <= '9' ? DIGIT : c == ' ' ? SPACE :
		    c == '\n' ? NEWLINE : OTHER;
		in.start[in.n + 1] = in.start[in.n] + 1;
		in.n++;
	}
}

/* ---- the splitter: alternatives in the order of the pattern -------------- */

static size_t run(size_t i, enum class c, size_t most)
{
	size_t k = 0;

	while (i + k < in.n && k < most && in.class[i + k] == c)
		k++;
	return k;
}

static char ascii(size_t i)
{
	return i < in.n ? (char)in.text[in.start[i]] : '\0';
}

/* How many of at most `most` characters from i on are ASCII digits (if `ten`)
 * or letters from `a` to a + 5 (if `six`). */
static size_t hex(size_t i, char a, bool ten, bool six, size_t most)
{
	size_t k = 0;

	for (; k < most; k++) {
		char c = ascii(i + k);

		if (!(ten && c >= '0' && c <= '9') &&
		    !(six && c >= a && c <= a + 5))
			break;
	}
	return k;
}

/* Whether a run that mixes digits and letters of hexadecimal begins at i: it
 * shows both in its first 21 characters, and ends before a word does, or is of
 * 64 and more. */
static bool mixed(size_t i, char a)
{
	size_t ten = hex(i, a, true, false, MAX);
	size_t six = hex(i, a, false, true, MAX);
	size_t n = hex(i, a, true, true, 64);

	if (ten > 20 || six > 20 ||
	    hex(i + ten, a, false, true, 1) == 0 ||
	    hex(i + six, a, true, false, 1) == 0)
		return false;
	return n == 64 || i + n == in.n ||
	    (in.class[i + n] != LETTER && in.class[i + n] != DIGIT);
}

/* Characters of the piece that begins at i. */
static size_t piece(size_t i)
{
	enum class c = in.class[i];
	size_t lead = c == SPACE || c == OTHER, k;

	if (ascii(i + lead) == '0' && ascii(i + lead + 1) == 'x' &&
	    hex(i + lead + 2, 'a', true, true, 1) +
	    hex(i + lead + 2, 'A', true, true, 1) > 0)
		return lead + 2;
	if (mixed(i + lead, 'a') || mixed(i + lead, 'A'))
		return lead + 2;
	if ((k = run(i + lead, LETTER, MAX)) > 0)
		return lead + k;
	if ((k = run(i + lead, DIGIT, 2)) > 0)
		return lead + k;
	if (in.text[in.start[i]] == ' ' && (k = run(i + 1, OTHER, MAX)) > 0)
		return 1 + k;
	if ((k = run(i, OTHER, MAX)) > 0)
		return k;
	if (c == NEWLINE)
		return 1;
	if (c == RETURN)
		return 1 + run(i + 1, NEWLINE, 1);
	k = run(i, SPACE, MAX);
	/* A blank before a word belongs to the word. */
	return k > 1 && i + k < in.n && in.class[i + k] != RETURN &&
	    in.class[i + k] != NEWLINE ? k - 1 : k;
}

/* ---- merging ------------------------------------------------------------- */

static const struct hw_model *model;
static const struct hw_tok_spec *spec;

struct string {
	struct hw_view v;
	uint32_t at; /* place in the file */
};
static struct string *tokens, *merges;
static size_t n_tokens;

static int compare(const void *a, const void *b)
{
	const struct string *x = a, *y = b;
	size_t n = x->v.n < y->v.n ? x->v.n : y->v.n;
	int c = memcmp(x->v.p, y->v.p, n);

	return c != 0 ? c : (x->v.n > y->v.n) - (x->v.n < y->v.n);
}

static long find(const struct string *all, size_t n, const char *s)
{
	struct string key = {{(const unsigned char *)s, strlen(s)}, 0};
	const struct string *hit = bsearch(&key, all, n, sizeof(*all),
	    compare);

	return hit != NULL ? (long)hit->at : -1;
}

/* One byte in the byte-level alphabet. */
static void letter(unsigned char b, char *out)
{
	unsigned c = 256, i;

	for (i = 0; i <= b; i++) {
		bool prints = (i >= '!' && i <= '~') ||
		    (i >= 0xa1 && i <= 0xac) || i >= 0xae;

		if (i == b && prints)
			c = b;
		else if (i < b && !prints)
			c++;
	}
	if (c < 128) {
		snprintf(out, 3, "%c", (int)c);
		return;
	}
	out[0] = (char)(0xc0 | c >> 6);
	out[1] = (char)(0x80 | (c & 63));
	out[2] = '\0';
}

static char symbol[4 * MAX][LONGEST];

static size_t oracle_piece(const unsigned char *p, size_t n, uint32_t *ids)
{
	char both[2 * LONGEST + 2] = "";

	for (size_t i = 0; i < n; i++)
		letter(p[i], symbol[i]);
	for (;;) {
		long best = -1;
		size_t at = 0;

		for (size_t i = 0; i + 1 < n; i++) {
			long rank;

			snprintf(both, sizeof(both), "%s %s", symbol[i],
			    symbol[i + 1]);
			rank = find(merges, spec->n_merges, both);
			if (rank >= 0 && (best < 0 || rank < best)) {
				best = rank;
				at = i;
			}
		}
		if (best < 0)
			break;
		snprintf(both, sizeof(both), "%s%s", symbol[at],
		    symbol[at + 1]);
		memcpy(symbol[at], both, LONGEST);
		memmove(symbol[at + 1], symbol[at + 2],
		    (n - at - 2) * sizeof(symbol[0]));
		n--;
	}
	for (size_t i = 0; i < n; i++)
		ids[i] = (uint32_t)find(tokens, n_tokens, symbol[i]);
	return n;
}

static size_t oracle(uint32_t *ids)
{
	size_t n = 0, k;

	for (size_t i = 0; i < in.n; i += k) {
		k = piece(i);
		n += oracle_piece(in.text + in.start[i],
		    in.start[i + k] - in.start[i], ids + n);
	}
	return n;
}

/* ---- comparing ----------------------------------------------------------- */

static uint64_t seed = 7;

static size_t rnd(size_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % n;
}

/* Text of one kind: any characters; words and numbers; runs of a few. */
static void generate(int kind, size_t n)
{
	static const char *const words[] = {"error", "WARN ", " connection",
		"sshd", "2026-11-25T04:31:07.123456", " 10.0.0.1:443", "[4242]",
		": ", "user=root", "\n", " /var/log/syslog.1", "0x7ffe12", "  ",
		"failed", "Exception in thread \"main\"", "<|sink|>", "don't",
		"{\"level\":\"info\",\"n\":17}", "--", "=====", "aaaaaaaaaaaa",
		"550e8400-e29b", "DEADBEEF01", "dead", "0", "7", "c0ffee",
		"0xG", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b93"};

	in.n = 0;
	while (in.n < n) {
		size_t pick = rnd(N_ALPHABET);

		if (kind == 0)
			add(pick);
		else if (kind == 1)
			add_text(words[rnd(sizeof(words) / sizeof(*words))]);
		else
			for (size_t k = rnd(12); k > 0; k--)
				add(pick);
	}
}

static bool same(struct hw_tok *t)
{
	static uint32_t want[8 * MAX];
	const uint32_t *ids = NULL;
	size_t n_want = oracle(want), n = 0;

	if (hw_tok_encode(t, in.text, in.start[in.n], &ids, &n, NULL) !=
	    HW_OK)
		return false;
	if (n == n_want && memcmp(ids, want, n * sizeof(*ids)) == 0)
		return true;
	diag("%zu ids, the oracle has %zu: \"%.*s\"", n, n_want,
	    (int)in.start[in.n], in.text);
	return false;
}

static void load(const char *path)
{
	struct hw_model_opts o = {.vocab_only = true};
	struct hw_model *m = NULL;
	struct hw_err e = {0};

	if (hw_model_open(&m, path, &o, &e) != HW_OK) {
		diag("%s", e.msg);
		exit(99);
	}
	model = m;
	spec = hw_model_tok_spec(m);
	n_tokens = hw_vocab_size(hw_model_vocab(m));
	tokens = calloc(n_tokens, sizeof(*tokens));
	merges = calloc(spec->n_merges, sizeof(*merges));
	for (uint32_t i = 0; i < n_tokens; i++)
		tokens[i] = (struct string){spec->token(m, i), i};
	for (uint32_t i = 0; i < spec->n_merges; i++)
		merges[i] = (struct string){spec->merge(m, i), i};
	qsort(tokens, n_tokens, sizeof(*tokens), compare);
	qsort(merges, spec->n_merges, sizeof(*merges), compare);
}

int main(void)
{
	static const char *const kinds[] = {"characters of all classes",
		"log text", "runs of characters"};
	struct hw_tok_opts o = {0};
	struct hw_tok *t = NULL;
	struct hw_err e = {0};
	char path[4096];

	snprintf(path, sizeof(path), "%s/lib/model/headwater-log.gguf",
	    getenv("srcdir"));
	load(path);
	is_str(spec->pre, "headwater-log2", "the bundled model names its "
	    "pre-tokenizer");
	if (!ok(hw_tok_open(&t, model, &o, &e) == HW_OK, "it opens"))
		return tap_done();
	for (int kind = 0; kind < 3; kind++) {
		bool good = true;

		for (int i = 0; i < 300 && good; i++) {
			generate(kind, 1 + rnd(100));
			good = same(t);
		}
		ok(good, "%s: the textbook's ids", kinds[kind]);
	}
	in.n = 0;
	while (in.n < 1000)
		add_text((char[2]){"enro"[rnd(4)], '\0'});
	ok(same(t), "and of one long word");
	hw_tok_close(t);
	hw_model_close((struct hw_model *)model);
	free(tokens);
	free(merges);
	return tap_done();
}
