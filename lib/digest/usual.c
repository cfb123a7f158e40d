/* SPDX-License-Identifier: MIT
 * What only this file knows: when a value is odd.
 *
 * The model forgets what left its window, so a value that its place has had a
 * while ago may surprise it: only values that are new to their place count.
 * Where the place has hardly ever had a new one, that alone is odd, by
 * -log2 of how seldom it happens.  Where numbers vary, one that is a hundred
 * times larger than any before is odd whoever reads it.  Else the model has to
 * find this one far less likely than those before: beyond their mean by several
 * deviations, and beyond the highest. */
#include "digest/usual.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"

#define FAMILIAR 8     /* records, before a value can be odd */
#define SCORED 32      /* scored ones, before the model may say so */
#define SELDOM 4.5     /* bits: a new value in 22 records or fewer */
#define MIN_EXCESS 14.0 /* bits: measured, chance makes 1 in 3,000 values */
#define FAR 4.0        /* deviations from what the place is used to */
#define ABOVE 4.0      /* bits over the highest that it has had */
#define FADE 0.99      /* of that highest, a record */
#define MEMORY 64.0    /* records that the mean remembers */
#define LONGER 2       /* digits more than the longest: a hundred times */
#define DIGIT_BITS 3.3 /* log2(10) */

/* Is the value new to its place?  It is the latest now. */
static bool is_new(struct hw_usual *u, uint32_t h)
{
	int i = 0;

	while (i < HW_VALUES - 1 && u->value[i] != h)
		i++;
	if (u->value[i] == h) {
		for (; i > 0; i--)
			u->value[i] = u->value[i - 1];
		u->value[0] = h;
		return false;
	}
	for (i = HW_VALUES - 1; i > 0; i--)
		u->value[i] = u->value[i - 1];
	u->value[0] = h;
	return true;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* Digits before the point of a number, with or without a unit (ns, us, ms, s,
 * min, h, KiB, MB, ...); none in what only begins like one: hex, a date. */
static uint32_t whole_digits(struct hw_view v)
{
	size_t n = 0, i;

	while (n < v.n && is_digit(v.p[n]))
		n++;
	for (i = n; i < v.n && (v.p[i] == '.' || is_digit(v.p[i])); i++)
		;
	return i == v.n || memchr(" nmushkKMGTB", v.p[i], 12) != NULL ?
	    (uint32_t)n : 0;
}

/* Bits of a number's length; 0: such lengths are usual here. */
static double overlong(struct hw_usual *u, struct hw_view value)
{
	uint32_t n = whole_digits(value), longest = u->digits;

	if (n <= longest)
		return 0;
	u->digits = n;
	return longest > 0 && u->seen >= SCORED && n >= longest + LONGER ?
	    log2((double)u->seen) + DIGIT_BITS * (n - longest) : 0;
}

static double beyond(const struct hw_usual *u, double excess)
{
	double spread = sqrt((double)u->var), off = excess - (double)u->mean;

	return u->scored >= SCORED && excess >= MIN_EXCESS &&
	    off >= FAR * (spread > 1 ? spread : 1) &&
	    excess >= (double)u->high + ABOVE ? off : 0;
}

static void get_used(struct hw_usual *u, double excess)
{
	double off = excess - (double)u->mean, n = ++u->scored, share;

	share = 1 / (n < MEMORY ? n : MEMORY);
	u->mean += (float)(share * off);
	u->var = (float)((1 - share) * ((double)u->var + share * off * off));
	u->high = (float)fmax((double)u->high * FADE, excess);
}

double hw_usual_weigh(struct hw_usual *u, struct hw_view value,
    double excess, bool varies)
{
	uint32_t h = (uint32_t)hw_hash64(2, value.p, value.n) | 1;
	bool fresh = is_new(u, h);
	/* What is measured to fractions has seldom had that very value. */
	bool measured = memchr(value.p, '.', value.n) != NULL &&
	    whole_digits(value) > 0;
	double odd = 0, seldom, length = overlong(u, value);

	if (fresh && u->seen >= FAMILIAR) {
		seldom = log2((u->seen + 2) / ((double)u->fresh + 1));
		if (seldom >= SELDOM && !varies && !measured)
			odd = seldom + (excess > 0 ? excess : 0);
		else if (isfinite(excess))
			odd = beyond(u, excess);
		odd = fmax(odd, length);
	}
	/* The first value is no change. */
	u->fresh += fresh && u->seen > 0;
	u->seen++;
	if (isfinite(excess))
		get_used(u, excess);
	return odd;
}
