/* SPDX-License-Identifier: MIT
 * What only this file knows: how a word that varies (a user, a file, a job) is
 * told from one that belongs to the template.
 *
 * A place is what a word stands between: the two words before it, the one
 * after it, and the punctuation.  A place that had MANY different words is
 * free: whatever stands there is <*>, and the template goes on behind it.  As
 * the words before it are taken with <*> in their stead, and one that is the
 * word itself as "the same", lines with several variables open from the left
 * to the right.  Where two variables stand side by side the word after the
 * next one tells the place of the first.  A thread or a host in a header stands
 * before all kinds of messages: it is known by what stands before it alone, if
 * most of what follows it follows others in its place as well.  (The first word
 * of a message varies too, but each has its own to follow it.)
 *
 * Unlike a tree over whole lines this needs no number of words and no header
 * to be stripped, and a place is learned once for all lines that share it.
 * The memory is a table of fixed size; a place that is not seen gives way, by
 * counts, to those that are. */
#include "digest/group.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "digest/severity.h"

#define PLACES ((size_t)1 << 17)
#define MANY 4  /* different words that make a place free */
#define MOST 16 /* that do, whatever follows them */
#define KNOWN_WELL 20 /* records, before what follows can be foreseen */
#define SEEN_ENOUGH 100 /* records, before it can be free text */
#define BEFORE 4 /* what followed two or more of those, so often at least */

struct hw_place {
	uint32_t tag;
	uint16_t n;     /* times seen; sinks when others want its room */
	bool free;
	uint64_t words; /* a set, hashed to bits */
	/* Of a place that is known by what stands before it alone: */
	uint16_t after; /* different words that followed it (behind what comes
	                   before a word: times that it was new), and */
	uint16_t shared; /* those of them that followed several */
};

static const char star[] = "<*>";
#define STAR (sizeof(star) - 1)

enum hw_status hw_group_init(struct hw_group_memory *g, size_t max,
    const struct hw_alloc *a, struct hw_err *e)
{
	*g = (struct hw_group_memory){.alloc = a};
	g->cap = max + HW_WORDS * STAR;
	HW_TRY(hw_new(a, &g->place, PLACES, sizeof(*g->place), "places", e));
	return hw_new(a, &g->text, g->cap, 1, "template", e);
}

void hw_group_release(struct hw_group_memory *g)
{
	hw_del(g->alloc, g->place);
	hw_del(g->alloc, g->text);
	*g = (struct hw_group_memory){0};
}

/* ---- places -------------------------------------------------------------- */

/* The place of key h; NULL: none, or (learn) no room for it now. */
static struct hw_place *find(struct hw_group_memory *g, uint64_t h, bool learn)
{
	struct hw_place *p = &g->place[h % PLACES];
	uint32_t tag = (uint32_t)(h >> 32) | 1;

	if (p->tag == tag)
		return p;
	if (!learn)
		return NULL;
	if (p->n > 0) {
		p->n--;
		return NULL;
	}
	*p = (struct hw_place){.tag = tag};
	return p;
}

static void open_place(struct hw_group_memory *g, struct hw_place *p)
{
	p->free = true;
	if (g->n_opened < HW_OPENED)
		g->opened[g->n_opened] =
		    hw_mix64((uint64_t)(p - g->place));
	g->n_opened++;
	g->loosened++;
}

static void see(struct hw_group_memory *g, struct hw_place *p, uint64_t bit,
    bool may_open)
{
	p->words |= bit;
	if (p->n < UINT16_MAX)
		p->n++;
	if (may_open && !p->free && __builtin_popcountll(p->words) >= MANY)
		open_place(g, p);
}

static uint64_t join(uint64_t a, uint64_t b)
{
	return hw_mix64(a * 0x9e3779b97f4a7c15u + b);
}

#define SAME 0x5a3eu /* a neighbour that is the word itself */
#define BLANK 0u     /* before the first word, behind the last */

/* The keys of word i's places: by the word after it, and by the one after
 * that. */
struct keys {
	uint64_t near, far, left, before; /* before: whatever comes */
};

static uint64_t neighbour(const struct hw_words *w, const uint64_t *shown,
    int i, int by)
{
	int j = i + by;
	uint64_t own = w->at[i].hash;

	if (j < 0 || j >= w->n)
		return BLANK;
	if (w->at[j].hash == own)
		return SAME;
	return by < 0 ? shown[j] : w->at[j].hash;
}

static struct keys keys_of(const struct hw_words *w, const uint64_t *shown,
    int i)
{
	uint64_t after = i + 1 < w->n ? w->at[i + 1].gap : w->last_gap;
	uint64_t later = i + 2 < w->n ? w->at[i + 2].gap : w->last_gap;
	/* What is the value of a key does not depend on the value before. */
	uint64_t left = w->at[i].keyed ? BLANK : neighbour(w, shown, i, -2);
	struct keys k;

	left = join(join(left, neighbour(w, shown, i, -1)), w->at[i].gap);
	k.before = ~left;
	k.left = left = join(left, after);
	k.near = join(left, neighbour(w, shown, i, 1));
	k.far = join(join(left, later), ~neighbour(w, shown, i, 2));
	return k;
}

/* A word, at its place by the one after it and by what is before it alone. */
static void see_both(struct hw_group_memory *g, struct hw_place *near,
    struct hw_place *left, uint64_t bit, bool may_open)
{
	int before = near != NULL ? __builtin_popcountll(near->words) : 0;

	if (near != NULL)
		see(g, near, bit, may_open);
	if (left == NULL)
		return;
	left->words |= bit;
	if (left->n < UINT16_MAX)
		left->n++;
	if (near != NULL && left->after < UINT16_MAX) {
		if (before == 0)
			left->after++;
		if (before == 1 && __builtin_popcountll(near->words) == 2)
			left->shared++;
	}
	if (may_open && !left->free && left->shared >= BEFORE &&
	    2 * left->shared >= left->after &&
	    __builtin_popcountll(left->words) >= MOST)
		open_place(g, left);
}

/* ---- words --------------------------------------------------------------- */

enum met { KNOWN, CHANGED, UNKNOWN };

/* What of the text is being placed. */
struct placing {
	struct hw_group_memory *g;
	struct hw_view text;
	uint64_t shown[HW_WORDS]; /* the words, free ones as one and the same */
	enum met met[HW_WORDS];
	double n[HW_WORDS];    /* records with the same before the word */
	double news[HW_WORDS]; /* those of them that were new from there on */
	bool free[HW_WORDS];
	bool loose[HW_WORDS]; /* its place has had another word */
	int end;              /* the words of the family */
	bool learn;
};

static struct hw_view text_of(const struct placing *p, int i)
{
	const struct hw_word *x = &p->g->words.at[i];

	return (struct hw_view){p->text.p + x->from, x->to - x->from};
}

/* A word that means trouble, or a level, never is a value. */
static bool alarming(struct hw_view word)
{
	bool trouble;

	return hw_severity_read(word, &trouble) != HW_SEV_NONE || trouble;
}

static bool is_number(struct hw_view word)
{
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] < '0' || word.p[i] > '9')
			return false;
	return true;
}

/* How seldom a place had another word than its first; bits. */
static double seldom(const struct hw_place *p)
{
	int others = __builtin_popcountll(p->words) - 1;

	return log2((p->n + 2.0) / ((others > 0 ? others : 0) + 1.0));
}

/* Where what comes is followed by another word nearly every time, it is free
 * text, and families end.  That is kept in before.free, which is no variable
 * of its own. */
static void see_end(struct placing *p, int i, const struct hw_place *left,
    struct hw_place *before)
{
	if (before == NULL)
		return;
	if (p->learn && !before->free && left != NULL &&
	    left->n >= SEEN_ENOUGH && 4 * left->after > 3 * left->n) {
		before->free = true;
		p->g->loosened++;
	}
	if (before->free && p->end > i)
		p->end = i;
}

/* What was before a word: was something new behind it again? */
static void see_before(struct placing *p, int i, struct hw_place *before)
{
	if (before == NULL)
		return;
	p->n[i] = before->n;
	p->news[i] = before->after;
	if (before->n == UINT16_MAX) {
		before->n /= 2;
		before->after /= 2;
	}
	before->n++;
	before->after = (uint16_t)(before->after + (p->met[i] != KNOWN));
}

static void place_word(struct placing *p, int i, struct hw_group *x)
{
	const struct hw_word *w = &p->g->words.at[i];
	struct keys k = keys_of(&p->g->words, p->shown, i);
	struct hw_place *near = find(p->g, k.near, p->learn);
	struct hw_place *far = find(p->g, k.far, p->learn);
	struct hw_place *left = find(p->g, k.left, p->learn);
	struct hw_place *before;
	uint64_t bit = (uint64_t)1 << (w->hash >> 58);
	bool closed = w->fixed, was, had;
	uint32_t *stood = &p->g->stood[p->g->n_stood];

	stood[0] = (uint32_t)(k.near % PLACES);
	stood[1] = (uint32_t)(k.far % PLACES);
	stood[2] = (uint32_t)(k.left % PLACES);
	p->g->n_stood += 3;
	was = near != NULL && near->n > 0;
	had = was && (near->words & bit) != 0;
	p->free[i] = (near != NULL && near->free) ||
	    (far != NULL && far->free) || (left != NULL && left->free);
	if ((p->free[i] || !had) && !closed && !w->masked)
		closed = alarming(text_of(p, i)) || is_number(text_of(p, i));
	p->free[i] = p->free[i] && !closed;
	p->met[i] = p->free[i] || had ? KNOWN : was ? CHANGED : UNKNOWN;
	p->loose[i] = p->free[i] || (was && !w->fixed &&
	    (near->words & ~bit) != 0);
	if (p->met[i] == CHANGED && (x->to == 0 || seldom(near) > x->seldom)) {
		x->seldom = seldom(near);
		x->from = w->from;
		x->to = w->to;
	}
	before = find(p->g, k.before, p->learn);
	see_end(p, i, left, before);
	if (!p->learn)
		return;
	see_before(p, i, before);
	x->alarming = x->alarming || (p->met[i] == CHANGED && closed &&
	    !is_number(text_of(p, i)));
	p->g->loosened += p->met[i] == CHANGED &&
	    __builtin_popcountll(near->words) == 1;
	see_both(p->g, near, left, bit, !closed);
	if (far != NULL)
		see(p->g, far, bit, !closed);
}

/* A changed word is in the places of those around it. */
static bool excused(const struct placing *p, int i, int n)
{
	for (int j = i - 2; j <= i + 1; j++)
		if (j >= 0 && j < n && p->met[j] == CHANGED)
			return true;
	return false;
}

static enum hw_sight sight(const struct placing *p, int n)
{
	enum hw_sight s = HW_SIGHT_KNOWN;
	int unknown = 0, changed = 0;

	for (int i = 0; i < n; i++) {
		unknown += p->met[i] == UNKNOWN && !excused(p, i, n);
		changed += p->met[i] == CHANGED;
		if (p->met[i] != KNOWN)
			s = HW_SIGHT_VARIANT;
	}
	/* Of a long record, a word or two are no template; in several places
	 * they are. */
	return unknown + changed > 2 || 4 * unknown > n ? HW_SIGHT_NEW : s;
}

/* How little was it to be foreseen that the record is new from its first new
 * word on?  Where too little is known of what is before that word, what is
 * before the ones before it counts. */
static double unforeseen(const struct placing *p, int n)
{
	int first = 0, best;

	while (first < n && p->met[first] == KNOWN)
		first++;
	if (first == n)
		return 0;
	best = first;
	for (int i = first; i >= 0 && p->n[best] < KNOWN_WELL; i--)
		if (p->n[i] > p->n[best])
			best = i;
	return log2((p->n[best] + 2) / (p->news[best] + 1));
}

/* ---- texts --------------------------------------------------------------- */

static void put(struct hw_group_memory *g, size_t *n, const void *p, size_t k)
{
	if (k > g->cap - *n)
		k = g->cap - *n;
	if (k > 0)
		memcpy(g->text + *n, p, k);
	*n += k;
}

static bool list_gap(struct hw_view v)
{
	return (v.n == 1 && (v.p[0] == ' ' || v.p[0] == ',')) ||
	    (v.n == 2 && v.p[0] == ',' && v.p[1] == ' ');
}

static struct hw_view gap_before(const struct placing *p, int i)
{
	const struct hw_word *at = p->g->words.at;
	size_t from = i > 0 ? at[i - 1].to : 0;

	return (struct hw_view){p->text.p + from, at[i].from - from};
}

/* The text with those of its first `end` words as <*> that are `any`; a list
 * of them is one, and so is what follows. */
static void write_text(const struct placing *p, const bool *any, int end,
    struct hw_group *x)
{
	const struct hw_words *w = &p->g->words;
	size_t n = 0, at = 0;

	for (int i = 0; i < end; i++) {
		struct hw_view gap = gap_before(p, i);

		if (!any[i] || i == 0 || !any[i - 1] || !list_gap(gap)) {
			put(p->g, &n, gap.p, gap.n);
			if (any[i])
				put(p->g, &n, star, STAR);
			else
				put(p->g, &n, p->text.p + w->at[i].from,
				    w->at[i].to - w->at[i].from);
		}
		at = w->at[i].to;
	}
	if (end == w->n) {
		put(p->g, &n, p->text.p + at, p->text.n - at);
	} else if (end == 0 || !any[end - 1] ||
	    !list_gap(gap_before(p, end))) {
		struct hw_view gap = gap_before(p, end);

		put(p->g, &n, gap.p, gap.n);
		put(p->g, &n, star, STAR);
	}
	x->text = (struct hw_view){p->g->text, n};
}

/* What tells one family from another, without writing its text. */
static uint64_t family_of(const struct placing *p)
{
	const struct hw_words *w = &p->g->words;
	uint64_t h = (uint64_t)(p->end < w->n);
	bool loose = p->end < w->n;

	for (int i = 0; i < p->end; i++) {
		loose = loose || p->loose[i] != p->free[i];
		if (!p->loose[i] || i == 0 || !p->loose[i - 1] ||
		    !list_gap(gap_before(p, i)))
			h = join(join(h, w->at[i].gap), p->loose[i] ? SAME :
			    w->at[i].hash);
	}
	return loose ? h | 1 : 0;
}

static void place_all(struct placing *p, const struct hw_span *spans,
    size_t n_spans, struct hw_group *x)
{
	static const uint64_t free_word = 0x2a2a;
	const struct hw_words *w = &p->g->words;

	*x = (struct hw_group){0};
	hw_words_split(&p->g->words, p->text, spans, n_spans);
	p->end = w->n;
	p->g->n_stood = 0;
	for (int i = 0; i < w->n; i++) {
		p->n[i] = p->news[i] = 0;
		place_word(p, i, x);
		p->shown[i] = p->free[i] ? free_word : w->at[i].hash;
		x->set[p->shown[i] >> 6 & 1] |= (uint64_t)1 <<
		    (p->shown[i] & 63);
		if (p->free[i] && x->n_free < HW_FREE_WORDS) {
			x->free[x->n_free].from = w->at[i].from;
			x->free[x->n_free].to = w->at[i].to;
			x->free[x->n_free++].word = i;
		}
	}
	x->family = family_of(p);
}

void hw_group_place(struct hw_group_memory *g, struct hw_view masked,
    const struct hw_span *spans, size_t n_spans, bool learn,
    struct hw_group *x)
{
	struct placing p = {.g = g, .text = masked, .learn = learn};

	place_all(&p, spans, n_spans, x);
	x->sight = sight(&p, g->words.n);
	x->unforeseen = unforeseen(&p, g->words.n);
	write_text(&p, p.free, g->words.n, x);
	x->id = hw_mask_id(x->text);
}

void hw_group_loosely(struct hw_group_memory *g, struct hw_view masked,
    const struct hw_span *spans, size_t n_spans, struct hw_group *x)
{
	struct placing p = {.g = g, .text = masked};

	place_all(&p, spans, n_spans, x);
	write_text(&p, p.loose, p.end, x);
	x->id = hw_mask_id(x->text);
}

/* ---- whose places opened ------------------------------------------------- */

#define BITS 4 /* of a place; 36 places, and 12 that open: 1 in 1,000 errs */

/* The k-th of the bits of a place, from its hash. */
static unsigned bit_of(uint64_t hash, int k)
{
	return hash >> 11 * k & 2047;
}

void hw_group_stood(const struct hw_group_memory *g, struct hw_group_set *s)
{
	for (size_t i = 0; i < sizeof(s->not) / sizeof(s->not[0]); i++)
		s->not[i] = UINT64_MAX;
	for (size_t i = 0; i < g->n_stood; i++) {
		uint64_t hash = hw_mix64(g->stood[i]);

		for (int k = 0; k < BITS; k++) {
			unsigned b = bit_of(hash, k);

			s->not[b >> 6] &= ~((uint64_t)1 << (b & 63));
		}
	}
}

static bool may_have(const struct hw_group_set *s, uint64_t hash)
{
	for (int k = 0; k < BITS; k++) {
		unsigned b = bit_of(hash, k);

		if (s->not[b >> 6] >> (b & 63) & 1)
			return false;
	}
	return true;
}

bool hw_group_is_touched(const struct hw_group_memory *g,
    const struct hw_group_set *s)
{
	if (g->n_opened > HW_OPENED)
		return true;
	for (size_t i = 0; i < g->n_opened; i++)
		if (may_have(s, g->opened[i]))
			return true;
	return false;
}

void hw_group_settle(struct hw_group_memory *g)
{
	g->n_opened = 0;
}

/* ---- state --------------------------------------------------------------- */

void hw_group_save(const struct hw_group_memory *g, struct hw_buf *b)
{
	uint32_t used = 0;

	for (size_t i = 0; i < PLACES; i++)
		used += g->place[i].n > 0;
	hw_buf_u32(b, used);
	for (size_t i = 0; i < PLACES; i++) {
		const struct hw_place *p = &g->place[i];

		if (p->n == 0)
			continue;
		hw_buf_u32(b, (uint32_t)i);
		hw_buf_u32(b, p->tag);
		hw_buf_u16(b, p->n);
		hw_buf_u16(b, p->free);
		hw_buf_u64(b, p->words);
		hw_buf_u16(b, p->after);
		hw_buf_u16(b, p->shared);
	}
}

void hw_group_load(struct hw_group_memory *g, struct hw_cur *c)
{
	uint32_t used = hw_cur_u32(c);

	c->bad = c->bad || used > PLACES;
	for (uint32_t k = 0; k < used && !c->bad; k++) {
		uint32_t i = hw_cur_u32(c);
		struct hw_place p = {.tag = hw_cur_u32(c)};
		unsigned is_free;

		p.n = hw_cur_u16(c);
		is_free = hw_cur_u16(c);
		p.free = is_free != 0;
		p.words = hw_cur_u64(c);
		p.after = hw_cur_u16(c);
		p.shared = hw_cur_u16(c);
		c->bad = c->bad || i >= PLACES || is_free > 1 || p.n == 0;
		if (!c->bad)
			g->place[i] = p;
	}
}
