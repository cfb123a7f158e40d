/* SPDX-License-Identifier: MIT
 * What only this file knows: when a value is odd, whoever reads it, and where
 * what is odd says nothing.
 *
 * Only values that are new to their place count, and of those none that goes on
 * from the last: every line has a date, and the next day comes to all of them.
 * Where the place has hardly ever had a new one, that alone is odd, by -log2 of
 * how seldom it happens.  A place that had a new one in one of the last windows
 * will have others: it is told only if they are very seldom among its records,
 * and what has had all its values (processes, states) is odd again some windows
 * after the last of them.  Where numbers vary, one that is a hundred times
 * larger than any before is.
 * What else is odd where values vary only the model can tell (places.c), and
 * where it told so in one of the last windows it is not believed either. */
#include "digest/usual.h"

#include <math.h>
#include <string.h>

#include "base/ascii.h"
#include "base/hash.h"

#define FAMILIAR 8     /* records, before a value can be odd */
#define NEVER 4.2      /* bits: the first new value, in 16 records or more */
#define SELDOM 4.5     /* bits: a new value in 22 records or fewer */
#define CALM 5         /* windows without one, after which one is odd; */
#define VERY_SELDOM 6  /* bits: or one, where that is one in 64 records */
#define NUMBERS 32     /* records, before a number can be too long */
#define LONGER 2       /* digits more than the longest: a hundred times */
#define DIGIT_BITS 3.3 /* log2(10) */

static uint64_t hash_of(struct hw_view value)
{
	return hw_hash64(2, value.p, value.n);
}

static size_t word_of(uint64_t h)
{
	return h >> 6 & (HW_VALUE_BITS / 64 - 1);
}

bool hw_usual_has(const struct hw_usual *u, struct hw_view value)
{
	uint64_t h = hash_of(value);

	return (u->value[word_of(h)] >> (h & 63) & 1) != 0;
}

bool hw_usual_is_steady(const struct hw_usual *u)
{
	return u->fresh.n <= 1;
}

/* Digits before the point of a number, with or without a unit (ns, us, ms, s,
 * min, h, KiB, MB, ...); none in what only begins like one: hex, a date. */
static uint32_t whole_digits(struct hw_view v)
{
	size_t n = 0, i;

	while (n < v.n && hw_is_digit(v.p[n]))
		n++;
	for (i = n; i < v.n && (v.p[i] == '.' || hw_is_digit(v.p[i])); i++)
		;
	if (i < v.n && memchr(" nmushkKMGTB", v.p[i], 12) == NULL)
		return 0;
	while (i < v.n && !hw_is_digit(v.p[i]))
		i++;
	return i == v.n ? (uint32_t)n : 0;
}

/* Bits of a number's length; 0: such lengths are usual here. */
static double overlong(struct hw_usual *u, struct hw_view value)
{
	uint32_t n = whole_digits(value), longest = u->digits;

	if (n <= longest)
		return 0;
	u->digits = n;
	return longest > 0 && u->seen >= NUMBERS && n >= longest + LONGER ?
	    log2((double)u->seen) + DIGIT_BITS * (n - longest) : 0;
}

static bool calm(const struct hw_rings *r, uint64_t window, uint32_t windows)
{
	return r->n == 0 || (uint32_t)window - r->window > windows;
}

static void ring(struct hw_rings *r, uint64_t window)
{
	r->n++;
	r->window = (uint32_t)window;
}

bool hw_rings_tell(struct hw_rings *r, uint64_t window)
{
	bool tell = calm(r, window, CALM);

	ring(r, window);
	return tell;
}

void hw_rings_settle(struct hw_rings *r)
{
	r->window = UINT32_MAX / 2;
}

void hw_rings_save(const struct hw_rings *r, struct hw_buf *b)
{
	hw_buf_u32(b, r->n);
	hw_buf_u32(b, r->window);
}

void hw_rings_load(struct hw_rings *r, struct hw_cur *c)
{
	r->n = hw_cur_u32(c);
	r->window = hw_cur_u32(c);
}

/* -log2 of how seldom the place has a new value; 0: often. */
static double seldom(const struct hw_usual *u, uint64_t window)
{
	double bits = log2((u->seen + 2) / ((double)u->fresh.n + 1));

	if (u->fresh.n == 0)
		return bits >= NEVER ? bits : 0;
	if (!calm(&u->fresh, window, bits >= VERY_SELDOM ? 1 : CALM))
		return 0;
	bits = fmax(bits, log2(u->since + 2.0));
	return bits >= SELDOM ? bits : 0;
}

/* Does a value go on from the last as days and hours do, that are of two digits
 * or of a date's six and more?  Of one digit every ninth would do so by chance,
 * and a port that is one more is another port. */
static bool goes_on(struct hw_usual *u, struct hw_view value)
{
	uint32_t number = u->number, rest = u->rest;
	size_t to = value.n, from;

	while (to > 0 && !hw_is_digit(value.p[to - 1]))
		to--;
	for (from = to; from > 0 && hw_is_digit(value.p[from - 1]); from--)
		;
	u->number = 0;
	for (size_t i = from; i < to; i++)
		u->number = 10 * u->number + (value.p[i] - '0');
	u->rest = (uint32_t)hw_mix64(hw_hash64(4, value.p, from) +
	    hw_hash64(5, value.p + to, value.n - to));
	return u->seen > 0 && (to - from == 2 || to - from >= 6) &&
	    rest == u->rest && u->number == number + 1;
}

double hw_usual_weigh(struct hw_usual *u, struct hw_view value, bool varies,
    uint64_t window)
{
	uint64_t h = hash_of(value);
	bool next = goes_on(u, value);
	bool fresh = !hw_usual_has(u, value) && !next;
	/* What is measured to fractions has seldom had that very value, once
	 * it varies. */
	bool measured = u->fresh.n > 0 && whole_digits(value) > 0 &&
	    memchr(value.p, '.', value.n) != NULL;
	double odd = 0, length = overlong(u, value);

	if (fresh && u->seen >= FAMILIAR && !varies && !measured)
		odd = seldom(u, window);
	/* A set of many values takes a long number for one of them. */
	if (u->seen >= FAMILIAR)
		odd = fmax(odd, length);
	/* The first value is no change. */
	if (fresh && u->seen > 0)
		ring(&u->fresh, window);
	u->seen++;
	u->since = fresh ? 0 : u->since + 1;
	u->value[word_of(h)] |= (uint64_t)1 << (h & 63);
	return odd;
}
