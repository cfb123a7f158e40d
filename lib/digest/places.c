/* SPDX-License-Identifier: MIT
 * What only this file knows: when a token is odd at its place.
 *
 * A place is the three tokens before, runs of digits taken as one 0.  A token
 * scores by its surprisal against those at its place so far, so a random id,
 * which surprises every time, surprises nobody; less where that very token
 * stood there before, and where it followed the one before it.  A familiar
 * record with a wrong value is odd at one place, one that is new all over: what
 * another place of the record has is taken off.  What is another each time, as
 * a time is or a process, is neither odd nor another place.
 *
 * examples/bundled-model/evaluate/places.py is the same rule, and detect.py
 * measures it; the constants were set there, on logs that train no model. */
#include "digest/places.h"

#include <math.h>

#include "base/ascii.h"
#include "base/hash.h"

#define PRIOR_SIGHTS 3.0    /* of a place, 0 bits give or take so many: */
#define PRIOR_SPREAD 10.0
#define RECENT 50.0         /* sights that count */
#define BESIDE 3            /* tokens: nearer is the same place of a record */
#define SHARE 0.75          /* of what another place has */
#define BEGIN UINT64_C(1)   /* before the first token */

/* ---- tables -------------------------------------------------------------- */

static enum hw_status open_table(struct hw_place_table *t, size_t size,
    const struct hw_alloc *a, struct hw_err *e)
{
	size_t buckets = 16;

	while (buckets < size)
		buckets *= 2;
	t->size = (uint32_t)size;
	t->mask = (uint32_t)buckets - 1;
	HW_TRY(hw_new(a, &t->bucket, buckets, sizeof(*t->bucket), "places",
	    e));
	/* Not zeroed: without scores its pages are never touched. */
	return hw_new_aligned(a, &t->entry, size, sizeof(*t->entry), "places",
	    e);
}

enum hw_status hw_places_init(struct hw_places *p, size_t size, size_t max,
    const struct hw_alloc *a, struct hw_err *e)
{
	*p = (struct hw_places){.alloc = a, .max = max};
	if (size < 1 || size > (size_t)1 << 24)
		return hw_fail(e, HW_USAGE, "a table of %zu places is not "
		    "possible (1 to 2^24)", size);
	HW_TRY(open_table(&p->usual, size, a, e));
	HW_TRY(open_table(&p->seen, size, a, e));
	HW_TRY(open_table(&p->pairs, size, a, e));
	return hw_new_aligned(a, &p->score, max, sizeof(*p->score), "places",
	    e);
}

void hw_places_release(struct hw_places *p)
{
	struct hw_place_table *t[] = {&p->usual, &p->seen, &p->pairs};

	for (int i = 0; i < 3; i++) {
		hw_del(p->alloc, t[i]->bucket);
		hw_del_aligned(p->alloc, t[i]->entry);
	}
	hw_del_aligned(p->alloc, p->score);
	*p = (struct hw_places){0};
}

static uint32_t *chain(const struct hw_place_table *t, uint64_t key)
{
	return &t->bucket[(uint32_t)(key >> 32) & t->mask];
}

/* NULL: not there. */
static const struct hw_place *find(const struct hw_place_table *t,
    uint64_t key)
{
	for (uint32_t i = *chain(t, key); i != 0; i = t->entry[i - 1].next)
		if (t->entry[i - 1].key == key)
			return &t->entry[i - 1];
	return NULL;
}

static void forget(struct hw_place_table *t, uint32_t i)
{
	uint32_t *link = chain(t, t->entry[i].key);

	while (*link != i + 1)
		link = &t->entry[*link - 1].next;
	*link = t->entry[i].next;
}

static struct hw_place *find_or_make(struct hw_place_table *t, uint64_t key)
{
	const struct hw_place *known = find(t, key);
	uint32_t i, *head = chain(t, key);

	if (known != NULL)
		return &t->entry[known - t->entry];
	i = (uint32_t)(t->made % t->size);
	if (t->made++ >= t->size)
		forget(t, i);
	t->entry[i] = (struct hw_place){.key = key, .next = *head};
	*head = i + 1;
	return &t->entry[i];
}

static double sights(const struct hw_place_table *t, uint64_t key)
{
	const struct hw_place *x = find(t, key);

	return x == NULL ? 0 : (double)x->n;
}

/* ---- the tokens of a record ---------------------------------------------- */

struct step {
	uint64_t place, here, pair; /* keys */
	double bits;
	size_t from, to; /* bytes of the token */
};

struct walk {
	size_t i, at;
	uint64_t before[3]; /* the entries, the last one first */
	bool digits;        /* the last one ends with some */
	uint64_t last;      /* the token before, as it is */
};

/* A token with each run of digits as one 0; *zero: that is all of it. */
static uint64_t hash_masked(struct hw_view v, bool *zero)
{
	uint64_t h = 0;
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		bool digit = hw_is_digit(v.p[i]);

		if (digit && i > 0 && hw_is_digit(v.p[i - 1]))
			continue;
		h = (h ^ (digit ? '0' : v.p[i])) * 0x100000001b3u;
		n++;
	}
	*zero = n == 1 && hw_is_digit(v.p[0]);
	return hw_mix64(h + n);
}

/* Digits that go on are the same number still. */
static void go_past(struct walk *w, struct hw_view v)
{
	bool zero;
	uint64_t h = hash_masked(v, &zero);

	if (zero && w->digits)
		return;
	w->before[2] = w->before[1];
	w->before[1] = w->before[0];
	w->before[0] = h;
	w->digits = v.n > 0 && hw_is_digit(v.p[v.n - 1]);
}

static struct walk begin(void)
{
	return (struct walk){.before = {BEGIN, BEGIN, BEGIN},
	    .last = UINT64_MAX};
}

static struct step next(const struct hw_line *l, struct walk *w)
{
	struct hw_view v = hw_vocab_text(l->vocab, l->ids, w->i);
	uint64_t id = l->ids[w->i];
	struct step s = {.from = w->at, .to = w->at + v.n};

	s.place = hw_mix64(hw_mix64(hw_mix64(w->before[0]) ^ w->before[1]) ^
	    w->before[2]);
	s.here = hw_mix64(s.place + id);
	s.pair = hw_mix64(hw_mix64(w->last) + id);
	s.bits = isfinite(l->bits[w->i]) ? (double)l->bits[w->i] : 0;
	go_past(w, v);
	w->last = id;
	w->at = s.to;
	w->i++;
	return s;
}

/* ---- the rule ------------------------------------------------------------ */

/* In standard deviations and one bit: no place is that sure. */
static double deviation(const struct hw_place *x, double bits)
{
	double n = x == NULL ? 0 : fmin(x->n, RECENT);
	double w = n / (n + PRIOR_SIGHTS);
	double m = n > 0 ? (double)x->mean : 0;
	double v = n > 0 ? (double)x->variance : 0;
	double square = w * (v + m * m) +
	    (1 - w) * PRIOR_SPREAD * PRIOR_SPREAD;

	return (bits - w * m) / (sqrt(square - w * m * w * m) + 1);
}

static double score(const struct hw_places *p, const struct step *s)
{
	return deviation(find(&p->usual, s->place), s->bits) -
	    log2(1 + sights(&p->seen, s->here)) / 2 -
	    log2(1 + sights(&p->pairs, s->pair)) / 2;
}

static void get_used(struct hw_place *x, double bits)
{
	double share = 1 / fmin(++x->n, RECENT);
	double off = bits - (double)x->mean;

	x->mean += (float)(share * off);
	x->variance = (float)((1 - share) *
	    ((double)x->variance + share * off * off));
}

static void add(struct hw_places *p, const struct hw_line *l, size_t n)
{
	struct walk w = begin();

	while (w.i < n) {
		struct step s = next(l, &w);

		get_used(find_or_make(&p->usual, s.place), s.bits);
		find_or_make(&p->seen, s.here)->n++;
		find_or_make(&p->pairs, s.pair)->n++;
	}
}

/* The highest more than BESIDE tokens from `top`, or 0. */
static double elsewhere(const double *score, size_t n, size_t top)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		if ((i > top ? i - top : top - i) > BESIDE && score[i] > most)
			most = score[i];
	return most;
}

/* Is the token part of what means nothing?  `span`: the first that ends behind
 * its begin. */
static bool unique(const struct hw_line *l, const struct step *s, size_t *span)
{
	while (*span < l->n_spans && l->spans[*span].to <= s->from)
		++*span;
	for (size_t i = *span; i < l->n_spans && l->spans[i].from < s->to; i++)
		if (l->spans[i].unique && l->spans[i].to > s->from)
			return true;
	return false;
}

struct hw_oddest hw_places_see(struct hw_places *p, const struct hw_line *l)
{
	struct hw_oddest o = {.score = -INFINITY};
	size_t n = l->n < p->max ? l->n : p->max, span = 0;
	struct walk w = begin();

	if (l->bits == NULL)
		return o;
	while (w.i < n) {
		size_t i = w.i;
		struct step s = next(l, &w);

		p->score[i] = unique(l, &s, &span) ? -INFINITY : score(p, &s);
		if (p->score[i] > o.score) {
			o = (struct hw_oddest){p->score[i], i, s.from, s.to,
			    s.place};
		}
	}
	if (n > 0)
		o.score -= SHARE * elsewhere(p->score, n, o.i);
	add(p, l, n);
	return o;
}

bool hw_places_tell(struct hw_places *p, const struct hw_oddest *o,
    uint64_t window)
{
	return hw_rings_tell(&find_or_make(&p->usual, o->place)->rings,
	    window);
}

void hw_places_settle(struct hw_places *p)
{
	for (uint64_t i = 0; i < p->usual.made && i < p->usual.size; i++)
		hw_rings_settle(&p->usual.entry[i].rings);
}

/* ---- states -------------------------------------------------------------- */

static void save_table(const struct hw_place_table *t, bool bits,
    struct hw_buf *b)
{
	uint64_t first = t->made > t->size ? t->made - t->size : 0;

	hw_buf_u32(b, (uint32_t)(t->made - first));
	for (uint64_t i = first; i < t->made; i++) {
		const struct hw_place *x = &t->entry[i % t->size];

		hw_buf_u64(b, x->key);
		hw_buf_u32(b, x->n);
		if (bits) {
			hw_buf_f32(b, x->mean);
			hw_buf_f32(b, x->variance);
			hw_rings_save(&x->rings, b);
		}
	}
}

static void load_table(struct hw_place_table *t, bool bits, struct hw_cur *c)
{
	uint32_t n = hw_cur_u32(c);

	c->bad = c->bad || n > t->size;
	for (uint32_t i = 0; i < n && !c->bad; i++) {
		uint64_t key = hw_cur_u64(c);
		struct hw_place x = {.n = hw_cur_u32(c)}, *to;

		if (bits) {
			x.mean = hw_cur_f32(c);
			x.variance = hw_cur_f32(c);
			hw_rings_load(&x.rings, c);
		}
		c->bad = c->bad || x.n == 0 || !isfinite(x.mean) ||
		    !isfinite(x.variance) || x.variance < 0 ||
		    find(t, key) != NULL;
		if (c->bad)
			return;
		to = find_or_make(t, key);
		to->n = x.n;
		to->mean = x.mean;
		to->variance = x.variance;
		to->rings = x.rings;
	}
}

void hw_places_save(const struct hw_places *p, struct hw_buf *b)
{
	save_table(&p->usual, true, b);
	save_table(&p->seen, false, b);
	save_table(&p->pairs, false, b);
}

void hw_places_load(struct hw_places *p, struct hw_cur *c)
{
	load_table(&p->usual, true, c);
	load_table(&p->seen, false, c);
	load_table(&p->pairs, false, c);
}
