/* SPDX-License-Identifier: MIT
 * lib/digest/places.c against the rule as it is written down, with strings for
 * keys, lists for tables and doubles throughout: a stream long enough that most
 * of what it shows is forgotten again. */
#include "tap.h"

#include "base/vocab.h"
#include "digest/places.h"

#define SIZE 300 /* entries */
#define LONGEST 24
#define KEY 96

/* ---- the oracle ---------------------------------------------------------- */

struct row {
	char key[KEY];
	int n;
	double mean, variance;
};
struct list {
	struct row row[SIZE];
	int n, forgotten;
};
struct oracle {
	struct list usual, seen, pairs;
};

static struct row *look(struct list *t, const char *key)
{
	for (int i = 0; i < t->n; i++)
		if (strcmp(t->row[i].key, key) == 0)
			return &t->row[i];
	return NULL;
}

static struct row *make(struct list *t, const char *key)
{
	struct row *x = look(t, key);

	if (x != NULL)
		return x;
	if (t->n == SIZE) {
		memmove(t->row, t->row + 1, (SIZE - 1) * sizeof(*t->row));
		t->n--;
		t->forgotten++;
	}
	x = &t->row[t->n++];
	memset(x, 0, sizeof(*x));
	snprintf(x->key, KEY, "%s", key);
	return x;
}

static int sights(struct list *t, const char *key)
{
	struct row *x = look(t, key);

	return x == NULL ? 0 : x->n;
}

static double z(struct list *t, const char *key, double bits)
{
	struct row none = {.n = 0}, *x = look(t, key);
	double n, w, m, q;

	x = x == NULL ? &none : x;
	n = x->n < 50 ? x->n : 50;
	w = n / (n + 3);
	m = w * x->mean;
	q = w * (x->variance + x->mean * x->mean) + (1 - w) * 100;
	return (bits - m) / (sqrt(q - m * m) + 1);
}

static void mask(const char *from, char *to)
{
	for (; *from != '\0'; from++) {
		if (strchr("0123456789", *from) == NULL)
			*to++ = *from;
		else if (strchr("0123456789", from[1]) == NULL ||
		    from[1] == '\0')
			*to++ = '0';
	}
	*to = '\0';
}

/* The keys of all tokens of a record. */
static void keys(const char *const *token, int n, char place[][KEY],
    char here[][KEY], char pair[][KEY])
{
	char entry[LONGEST + 3][16] = {"^", "^", "^"};
	int m = 3;

	for (int i = 0; i < n; i++) {
		char masked[16];

		snprintf(place[i], KEY, "%s|%s|%s", entry[m - 3],
		    entry[m - 2], entry[m - 1]);
		snprintf(here[i], KEY, "%.70s|%s", place[i], token[i]);
		snprintf(pair[i], KEY, "%s|%s", i > 0 ? token[i - 1] : "^",
		    token[i]);
		mask(token[i], masked);
		if (strcmp(masked, "0") != 0 ||
		    entry[m - 1][strlen(entry[m - 1]) - 1] != '0')
			snprintf(entry[m++], sizeof(entry[0]), "%s", masked);
	}
}

static double expect(struct oracle *o, const char *const *token,
    const double *bits, int n, int *top)
{
	static char place[LONGEST][KEY], here[LONGEST][KEY],
	    pair[LONGEST][KEY];
	double s[LONGEST], other = 0;

	keys(token, n, place, here, pair);
	*top = 0;
	for (int i = 0; i < n; i++) {
		s[i] = z(&o->usual, place[i], bits[i]) -
		    0.5 * log2(1 + sights(&o->seen, here[i])) -
		    0.5 * log2(1 + sights(&o->pairs, pair[i]));
		if (s[i] > s[*top])
			*top = i;
	}
	for (int i = 0; i < n; i++)
		if (abs(i - *top) > 3 && s[i] > other)
			other = s[i];
	for (int i = 0; i < n; i++) {
		struct row *x = make(&o->usual, place[i]);
		double a, d = bits[i] - x->mean;

		x->n++;
		a = x->n < 50 ? 1.0 / x->n : 1.0 / 50;
		x->mean += a * d;
		x->variance = (1 - a) * (x->variance + a * d * d);
		make(&o->seen, here[i])->n++;
		make(&o->pairs, pair[i])->n++;
	}
	return s[*top] - 0.75 * other;
}

/* ---- a stream ------------------------------------------------------------ */

static const char *const words[] = {" user", " from", " port", "=", ".", ":",
	" job", " done", " x9", "a1b", " 7", "3", "44", "120", " 2026", "-",
	"0x", "f", " ms", " took", "\n", " key", "12a", " id"};
#define WORDS ((int)(sizeof(words) / sizeof(*words)))

static struct hw_vocab *vocabulary(void)
{
	struct hw_vocab *v = NULL;

	if (hw_vocab_open(&v, WORDS, 16 * WORDS, NULL, NULL) != HW_OK)
		exit(1);
	for (int i = 0; i < WORDS; i++)
		hw_vocab_add(v, words[i], strlen(words[i]), HW_TOKEN_NORMAL);
	hw_vocab_seal(v);
	return v;
}

static uint32_t draw(uint32_t *state, uint32_t n)
{
	*state = *state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(*state >> 4) * n >> 28);
}

/* One of a few kinds of records, which change slowly, with one token in thirty
 * another than usual, and surprising if it is. */
static int record(uint32_t *state, int k, uint32_t *ids, float *bits)
{
	uint32_t kind = draw(state, 5) + (uint32_t)k / 800;
	int n = 3 + (int)(kind * 7 % (LONGEST - 3));

	for (int i = 0; i < n; i++) {
		bool other = draw(state, 30) == 0;

		ids[i] = other ? draw(state, WORDS) :
		    (kind * 31 + (uint32_t)i * 17 + kind * (uint32_t)i) % WORDS;
		bits[i] = (float)draw(state, 1 << 20) / (other ? 3e4f : 4e5f);
		if (draw(state, 40) == 0)
			bits[i] = NAN;
	}
	return n;
}

static void follows_the_rule(void)
{
	static struct oracle o;
	struct hw_places p;
	struct hw_vocab *v = vocabulary();
	uint32_t ids[LONGEST], state = 6;
	float bits[LONGEST];
	int wrong = 0, elsewhere = 0, high = 0, low = 0;

	if (hw_places_init(&p, SIZE, LONGEST, NULL, NULL) != HW_OK)
		exit(1);
	for (int k = 0; k < 4000; k++) {
		int n = record(&state, k, ids, bits), top;
		struct hw_line l = {.vocab = v, .ids = ids, .n = (size_t)n,
		    .bits = bits};
		const char *token[LONGEST];
		double as[LONGEST], want;
		size_t at = 0;
		struct hw_oddest got = hw_places_see(&p, &l);

		for (int i = 0; i < n; i++) {
			token[i] = words[ids[i]];
			as[i] = isnan(bits[i]) ? 0 : (double)bits[i];
		}
		want = expect(&o, token, as, n, &top);
		for (int i = 0; i < top; i++)
			at += strlen(token[i]);
		wrong += !(fabs(got.score - want) < 1e-4);
		elsewhere += got.from != at ||
		    got.to != at + strlen(token[top]);
		high += want > 3;
		low += want < 0;
	}
	is_int(wrong, 0, "scores are those of the rule");
	is_int(elsewhere, 0, "and so are the tokens that have them");
	ok(high > 20 && low > 200, "high ones and low ones (%d, %d)", high,
	    low);
	ok(o.usual.forgotten > 1000 && o.seen.forgotten > 1000 &&
	    o.pairs.forgotten > 100, "with much forgotten (%d, %d, %d)",
	    o.usual.forgotten, o.seen.forgotten, o.pairs.forgotten);
	hw_places_release(&p);
	hw_vocab_close(v);
}

/* A record of seven tokens, of which the third is another each time. */
static struct hw_oddest seven(struct hw_places *p, struct hw_vocab *v,
    float third, float last)
{
	uint32_t ids[] = {0, 6, 12, 1, 2, 19, 18};
	float bits[] = {1, 1, third, 1, 1, 1, last};
	struct hw_span spans[] = {{.from = 0, .to = 5},
	    {.from = 9, .to = 11, .unique = true}};

	return hw_places_see(p, &(struct hw_line){.vocab = v, .ids = ids,
	    .n = 7, .bits = bits, .spans = spans, .n_spans = 2});
}

/* The oddest of such a record, after 60 in which nothing surprised. */
static struct hw_oddest after_sixty(float third, float last)
{
	struct hw_places p;
	struct hw_vocab *v = vocabulary();
	struct hw_oddest o;

	if (hw_places_init(&p, SIZE, LONGEST, NULL, NULL) != HW_OK)
		exit(1);
	for (int k = 0; k < 60; k++)
		(void)seven(&p, v, 1, 1);
	o = seven(&p, v, third, last);
	hw_places_release(&p);
	hw_vocab_close(v);
	return o;
}

/* What means nothing does not hide what does. */
static void unique(void)
{
	struct hw_oddest alone = after_sixty(1, 40);
	struct hw_oddest beside = after_sixty(60, 40);

	ok(after_sixty(60, 1).i != 2, "a process is not odd");
	ok(alone.i == 6 && alone.from == 26 && alone.score > 3,
	    "another token is");
	ok(beside.i == 6 && fabs(beside.score - alone.score) < 1e-9,
	    "and as much so beside it (%g, %g)", beside.score, alone.score);
}

/* Places ring, whatever the token there. */
static void tell(void)
{
	struct hw_places p;
	struct hw_oddest a = {.place = 7}, b = {.place = 8};

	if (hw_places_init(&p, SIZE, LONGEST, NULL, NULL) != HW_OK)
		exit(1);
	ok(hw_places_tell(&p, &a, 1) && !hw_places_tell(&p, &a, 2),
	    "a place that rang is silent");
	ok(hw_places_tell(&p, &b, 2), "another is not");
	hw_places_settle(&p);
	ok(hw_places_tell(&p, &a, 3) && hw_places_tell(&p, &b, 3),
	    "nor any, as soon as that was in another time");
	hw_places_release(&p);
}

/* ---- manners ------------------------------------------------------------- */

static void manners(void)
{
	struct hw_vocab *v = vocabulary();
	struct tap_alloc a = {0};
	struct hw_alloc alloc = {tap_alloc_get, tap_alloc_put, &a};
	struct hw_places p;
	struct hw_err e = {0};
	uint32_t ids[] = {0, 1, 2};
	float bits[] = {30, 1, 1};
	struct hw_line l = {.vocab = v, .ids = ids, .n = 3};
	long opened;

	is_int(hw_places_init(&p, 0, 8, &alloc, &e), HW_USAGE, "no table");
	for (a.fail_at = 1; hw_places_init(&p, 8, 8, &alloc, &e) != HW_OK;
	    a.fail_at++) {
		hw_places_release(&p);
		a.count = 0;
	}
	is_int(a.fail_at, 8, "each of seven allocations may fail");
	opened = a.count;
	ok(hw_places_see(&p, &l).score < -1e9 && p.usual.made == 0,
	    "a record without scores says nothing, and teaches nothing");
	l.bits = bits;
	ok(hw_places_see(&p, &l).to == 5, "one with scores does");
	l.n = 0;
	ok(hw_places_see(&p, &l).score < -1e9, "an empty one does not");
	is_int(a.count, opened, "no record allocates");
	hw_places_release(&p);
	is_int(a.live, 0, "all is given back");
	hw_vocab_close(v);
}

int main(void)
{
	follows_the_rule();
	unique();
	tell();
	manners();
	return tap_done();
}
