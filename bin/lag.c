/* SPDX-License-Identifier: MIT
 * What only this file knows: when the model is behind, and which records look
 * alike.
 *
 * Two records look alike if they are the same but for the words that have a
 * digit in them, "web-3" and "api-5f9d-xkcd" each being a word.  That is
 * coarser work than a digest's templates and needs no pattern; where it is
 * wrong, it calls different what is alike, and the model reads a line more. */
#include "lag.h"

#include <stdio.h>

#include "io.h"

#define SHAPES 16384u /* a power of 2; what is pushed out is new again */
#define REVIEW_MS 1000
/* How many times as long as the model ran it does not read what can wait: half
 * of the time is for reading on where that leaves records out, and four fifths
 * where it does not. */
#define RESTS 4
#define FNV 1099511628211u

struct lag_shape {
	uint64_t hash;
	uint64_t at; /* tokens that the model had read before it; 0: none */
};

enum hw_status lag_open(struct lag *l, const struct hw_alloc *a,
    struct hw_err *e)
{
	l->since_ms = io_monotonic_ms();
	if (l->policy != LAG_COLLAPSE)
		return HW_OK;
	l->shapes = a->alloc(a->ctx, SHAPES * sizeof(*l->shapes));
	if (l->shapes == NULL) {
		e->status = HW_NOMEM;
		snprintf(e->msg, sizeof(e->msg), "no memory for --on-lag");
		return HW_NOMEM;
	}
	for (size_t i = 0; i < SHAPES; i++)
		l->shapes[i] = (struct lag_shape){0};
	return HW_OK;
}

void lag_close(struct lag *l, const struct hw_alloc *a)
{
	a->release(a->ctx, l->shapes);
	l->shapes = NULL;
}

/* Could the model keep up again? */
static void review(struct lag *l, int64_t now)
{
	int64_t ms = now - l->from_ms;

	if (ms < REVIEW_MS || ms < l->after_ms)
		return;
	l->behind = (double)l->came > 0.8 * l->speed * (double)ms;
	l->from_ms = now;
	l->came = 0;
}

void lag_pause(struct lag *l)
{
	l->since_ms = io_monotonic_ms();
	if (l->behind)
		review(l, l->since_ms);
}

void lag_ran(struct lag *l, size_t tokens, int64_t began_ms)
{
	int64_t now = io_monotonic_ms(), ms = now - began_ms;
	double speed = (double)tokens / (double)(ms > 0 ? ms : 1);

	l->speed = l->speed > 0 ? 0.7 * l->speed + 0.3 * speed : speed;
	l->rest_ms = now + (l->policy == LAG_COLLAPSE ? RESTS : 1) * ms;
	if (l->behind || now - l->since_ms < l->after_ms)
		return;
	l->behind = true;
	l->from_ms = now;
	l->came = 0;
}

/* ---- what looks alike ---------------------------------------------------- */

struct shape {
	uint64_t hash, word; /* of all before the word; of the word */
	bool in_word, digit; /* the word has one */
};

static void end_word(struct shape *s)
{
	if (s->in_word)
		s->hash = (s->hash ^ (s->digit ? '0' : s->word)) * FNV;
	s->in_word = s->digit = false;
	s->word = 0;
}

static void add(struct shape *s, unsigned char c)
{
	bool digit = c >= '0' && c <= '9';

	if (digit || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' ||
	    c == '-' || c >= 0x80) {
		s->in_word = true;
		s->digit = s->digit || digit;
		s->word = (s->word ^ c) * FNV;
	} else {
		end_word(s);
		s->hash = (s->hash ^ c) * FNV;
	}
}

static uint64_t shape_of(const struct lag *l, const struct hw_record *r)
{
	struct shape s = {.hash = 1469598103934665603u};

	for (size_t i = 0; i < r->n; i++) {
		struct hw_view v = hw_vocab_bytes(l->vocab, r->ids[i]);

		for (size_t k = 0; k < v.n; k++)
			add(&s, v.p[k]);
	}
	end_word(&s);
	return s.hash ^ s.hash >> 29;
}

/* Whether the model can do without a record: it sees one like it now, or has
 * read one like it and has no time to read it again. */
static bool is_seen(struct lag *l, const struct hw_record *r)
{
	uint64_t hash = shape_of(l, r);
	struct lag_shape *s = &l->shapes[hash & (SHAPES - 1)];
	bool read = s->at != 0 && s->hash == hash;
	bool seen = l->behind && read && (l->fed + 1 - s->at <= l->window ||
	    io_monotonic_ms() <= l->rest_ms);

	/* One that comes with scores would lose them. */
	seen = seen && (r->flags & HW_RECORD_SCORED) == 0;
	if (!seen)
		*s = (struct lag_shape){hash, l->fed + 1};
	return seen;
}

/* ---- verdicts ------------------------------------------------------------ */

enum lag_verdict lag_before(struct lag *l)
{
	if (l->policy == LAG_SKIP) {
		l->verdict = l->behind && io_monotonic_ms() <= l->rest_ms ?
		    LAG_DROP : LAG_SCORE;
		l->decided = true;
	}
	return l->policy == LAG_SKIP ? l->verdict : LAG_SCORE;
}

static void judge(struct lag *l, const struct hw_record *r)
{
	if (l->policy == LAG_COLLAPSE) {
		l->verdict = is_seen(l, r) ? LAG_PASS : LAG_SCORE;
	} else if (!l->decided) {
		(void)lag_before(l);
	}
	l->decided = false;
}

enum lag_verdict lag_record(struct lag *l, const struct hw_record *r)
{
	bool last = (r->flags & HW_RECORD_MORE) == 0;

	if ((r->flags & HW_RECORD_CONT) == 0)
		judge(l, r);
	l->decided = false;
	l->came += r->n;
	if (l->verdict == LAG_SCORE) {
		l->fed += r->n;
	} else if (last && l->verdict == LAG_PASS) {
		l->passed++;
	} else if (last) {
		l->dropped++;
		l->gap++;
	}
	return l->verdict;
}
