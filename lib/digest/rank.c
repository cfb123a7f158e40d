/* SPDX-License-Identifier: MIT
 * What only this file knows: what is news.  The scores of all kinds are on one
 * scale, the logarithm of "how many times more than nothing"; the constants
 * were set on logs from examples/make-sample-log, and on no other. */
#include "digest/rank.h"

#include <math.h>

#define SHOWN 3.0      /* less is not worth a reader's time */
#define MOST 8.0       /* of any kind but NEW: the difference is moot */
#define RARE_WINDOWS 3 /* seen in no more than so many, this one included */
#define RARE_ABSENT 5  /* and not in so many before it */
#define SELDOM 4.5     /* bits: another word in 22 or fewer is odd */
#define FORESEEN 3.0   /* bits: where one record in eight is new, less of one */
#define SURE 4.0       /* deviations that make a change */
#define SURE_BAD 3.5   /* of what is a warning or worse: rather told than not */
#define BURST 3        /* rows of one burst; the rest are only counted */
#define ALIKE 0.6      /* share of common words (Jaccard) */

static const double weight_of[HW_N_SEVERITIES] = {
	[HW_SEV_NONE] = 1,
	[HW_SEV_DEBUG] = 0.6,
	[HW_SEV_INFO] = 0.85,
	[HW_SEV_WARN] = 1.25,
	[HW_SEV_ERROR] = 1.6,
	[HW_SEV_FATAL] = 2,
};

static double weight(const struct hw_entry *x)
{
	double w = weight_of[x->severity];

	return x->trouble && x->severity < HW_SEV_ERROR ? w * 1.25 : w;
}

static double at_most(double x, double most)
{
	return x < most ? x : most;
}

/* Severe, rare and unlike the others first. */
static double first_sight(const struct hw_entry *x,
    const struct hw_rank_window *w)
{
	double rarity = log2((double)w->records / (double)x->count);
	double novelty = log2(1 + x->novelty);

	if (w->learning)
		return weight(x) * (rarity + novelty / 2);
	return weight(x) * novelty * at_most(x->unforeseen / FORESEEN, 1) +
	    log2((double)x->count) / 2;
}

/* How far a count went from what was expected. */
static double change(double count, double expected, double z)
{
	double ratio = (count + 1) / (expected + 1);

	return at_most(fabs(log2(ratio)) + log2(1 + fabs(z)), MOST);
}

double hw_rank_seldom(const struct hw_entry *x)
{
	return x->sight == HW_SIGHT_VARIANT && x->seldom >= SELDOM ?
	    1.5 * log2(1 + x->seldom) : 0;
}

static bool judge_present(const struct hw_entry *x,
    const struct hw_rank_window *w, struct hw_ranked *r)
{
	struct hw_verdict v = hw_rate_judge(&x->rate, x->count, w->exposure,
	    x->severity >= HW_SEV_WARN ? SURE_BAD : SURE, &w->pool);
	bool fresh = x->first_window == w->index;

	r->score = -1;
	if (fresh && (x->sight == HW_SIGHT_NEW || x->alarming)) {
		r->kind = HW_ROW_NEW;
		r->score = first_sight(x, w);
	} else if (fresh && hw_rank_seldom(x) > 0 && !w->learning) {
		r->kind = HW_ROW_ODD;
		r->score = hw_rank_seldom(x) * weight(x);
	} else if (fresh) {
		; /* another value in a place that has had several */
	} else if (v.up || v.down) {
		r->kind = v.up ? HW_ROW_UP : HW_ROW_DOWN;
		r->score = change((double)x->count, v.expected, v.z) *
		    (v.up ? weight(x) : 1);
	} else if (x->windows <= RARE_WINDOWS && x->absent >= RARE_ABSENT &&
	    (x->severity >= HW_SEV_WARN || x->trouble)) {
		r->kind = HW_ROW_RARE;
		r->score = at_most(1.5 + log2((double)x->absent) / 2, MOST) *
		    weight(x);
	}
	if (x->oddness > 0 && (!fresh || w->learning ||
	    x->sight == HW_SIGHT_VARIANT)) {
		double odd = x->oddness * weight(x);
		bool new = r->score >= 0 && r->kind == HW_ROW_NEW;

		/* While all is new, what is odd as well tells more. */
		if ((new && w->learning) || odd > r->score) {
			r->kind = new && !w->learning ? HW_ROW_NEW :
			    HW_ROW_ODD;
			r->score = odd;
		}
	}
	return r->score >= 0;
}

bool hw_rank_judge(const struct hw_entry *x, const struct hw_rank_window *w,
    struct hw_ranked *r)
{
	struct hw_verdict v;

	*r = (struct hw_ranked){.x = x};
	if (x->last_window == w->index)
		return judge_present(x, w, r);
	/* Said once, in the first window without it. */
	if (x->last_window + 1 != w->index)
		return false;
	v = hw_rate_judge(&x->rate, 0, w->exposure, SURE, &w->pool);
	r->kind = HW_ROW_GONE;
	r->score = at_most(2 + log2(1 + v.expected), MOST);
	return v.gone;
}

static uint64_t line_of(const struct hw_ranked *r)
{
	return r->x->first_line;
}

/* Total, so that equal input gives equal output. */
static bool before(const struct hw_ranked *a, const struct hw_ranked *b)
{
	if (a->score > b->score || a->score < b->score)
		return a->score > b->score;
	if (line_of(a) != line_of(b))
		return line_of(a) < line_of(b);
	return a->x->id < b->x->id;
}

/* Into a sorted list of at most max; returns its new length. */
static size_t insert(struct hw_ranked *list, size_t n, size_t max,
    const struct hw_ranked *r)
{
	size_t i;

	if (n == max && !before(r, &list[n - 1]))
		return n;
	if (n < max)
		n++;
	for (i = n - 1; i > 0 && before(r, &list[i - 1]); i--)
		list[i] = list[i - 1];
	list[i] = *r;
	return n;
}

static bool alike(const struct hw_entry *a, const struct hw_entry *b)
{
	int both = 0, any = 0;

	for (int i = 0; i < 2; i++) {
		both += __builtin_popcountll(a->words[i] & b->words[i]);
		any += __builtin_popcountll(a->words[i] | b->words[i]);
	}
	return any > 0 && both > ALIKE * any;
}

/* Does it say what the rows say already: the same words, or the same burst (a
 * twentieth of the window)? */
static bool redundant(const struct hw_ranked *r, const struct hw_ranked *rows,
    size_t n, const struct hw_rank_window *w)
{
	uint64_t near = (w->last_line - w->first_line) / 40 + 1;
	int burst = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t a = line_of(r), b = line_of(&rows[i]);

		if (rows[i].kind != r->kind)
			continue;
		if (r->kind == HW_ROW_ODD &&
		    rows[i].x->odd_value == r->x->odd_value)
			return true;
		if (alike(rows[i].x, r->x))
			return true;
		burst += (a > b ? a - b : b - a) <= near;
	}
	return r->kind == HW_ROW_NEW && burst >= BURST;
}

static bool taken(const struct hw_ranked *r, const struct hw_ranked *rows,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].x == r->x)
			return true;
	return false;
}

/* What is shown though it adds little, if there is room: a change of rate has
 * its own number, and while learning a digest may as well be full. */
static bool spared(const struct hw_ranked *r, int pass,
    const struct hw_rank_window *w)
{
	return pass == 2 && (w->learning ||
	    (r->kind != HW_ROW_NEW && r->kind != HW_ROW_ODD));
}

/* The best of each kind, then the best that add something, then what is
 * spared. */
static size_t choose(const struct hw_ranked *pool, size_t n, size_t top,
    const struct hw_rank_window *w, struct hw_ranked *rows)
{
	size_t got = 0;
	unsigned kinds = 0;

	for (int pass = 0; pass < 3; pass++)
		for (size_t i = 0; i < n && got < top; i++) {
			if (taken(&pool[i], rows, got) ||
			    (pass == 0 && (kinds >> pool[i].kind & 1)) ||
			    (pass > 0 && !spared(&pool[i], pass, w) &&
			    redundant(&pool[i], rows, got, w)))
				continue;
			kinds |= 1u << pool[i].kind;
			got = insert(rows, got, top, &pool[i]);
		}
	return got;
}

static bool is_change(enum hw_row_kind kind)
{
	return kind == HW_ROW_UP || kind == HW_ROW_DOWN || kind == HW_ROW_GONE;
}

/* Its family's change is the same. */
static void tell_family(const struct hw_ranked *r,
    const struct hw_rank_window *w)
{
	struct hw_entry *f = r->x->family != 0 && is_change(r->kind) ?
	    hw_table_peek(w->families, r->x->family) : NULL;

	if (f != NULL)
		f->told = w->index;
}

static bool judge_family(const struct hw_entry *x,
    const struct hw_rank_window *w, struct hw_ranked *r)
{
	if (w->learning || x->told == w->index || !hw_rank_judge(x, w, r))
		return false;
	r->family = true;
	return is_change(r->kind);
}

size_t hw_rank(const struct hw_table *t, const struct hw_rank_window *w,
    size_t top, uint64_t kinds[HW_N_ROW_KINDS], struct hw_ranked *rows)
{
	struct hw_ranked pool[HW_RANK_POOL], best[HW_N_ROW_KINDS], r;
	size_t n = 0;

	for (int k = 0; k < HW_N_ROW_KINDS; k++) {
		kinds[k] = 0;
		best[k].x = NULL;
	}
	for (uint32_t i = 0; i < t->n + w->families->n; i++) {
		if (i < t->n ? !hw_rank_judge(&t->entry[i], w, &r) :
		    !judge_family(&w->families->entry[i - t->n], w, &r))
			continue;
		tell_family(&r, w);
		kinds[r.kind]++;
		if (r.score < SHOWN && !w->learning)
			continue;
		if (best[r.kind].x == NULL || before(&r, &best[r.kind]))
			best[r.kind] = r;
		n = insert(pool, n, HW_RANK_POOL, &r);
	}
	/* A flood of one kind must not push out the best of another. */
	for (int k = 0; k < HW_N_ROW_KINDS; k++)
		if (best[k].x != NULL && !taken(&best[k], pool, n)) {
			n -= n == HW_RANK_POOL;
			n = insert(pool, n, HW_RANK_POOL, &best[k]);
		}
	return choose(pool, n, top, w, rows);
}
