/* SPDX-License-Identifier: MIT
 * lib/digest/usual.c: which values are odd, in a place that has had others. */
#include "tap.h"

#include <string.h>

#include "digest/usual.h"

static double weigh_text(struct hw_usual *u, const char *s, bool varies)
{
	return hw_usual_weigh(u, (struct hw_view){(const unsigned char *)s,
	    strlen(s)}, varies);
}

static void usual(void)
{
	struct hw_usual u = {0};
	double odd = 0;

	for (uint32_t i = 0; i < 200; i++)
		odd += hw_usual_weigh(&u, (struct hw_view){(unsigned char *)&i,
		    sizeof(i)}, false);
	ok(!(odd > 0), "values that vary are not odd");
	ok(!(weigh_text(&u, "a", false) > 0), "nor is the next");
}

/* Where a place is known to vary, a new value is nothing. */
static void varies(void)
{
	struct hw_usual u = {0}, w = {0};

	for (int i = 0; i < 60; i++) {
		(void)weigh_text(&u, "a", true);
		(void)weigh_text(&w, "a", false);
	}
	ok(weigh_text(&w, "b", false) > 4, "a place that never changed");
	ok(!(weigh_text(&w, "b", false) > 0), "has had that one now");
	ok(!(weigh_text(&w, "a", false) > 0), "and had the other");
	ok(!(weigh_text(&u, "b", true) > 0), "but one that is free");
}

/* More values than four take turns; one that nobody had is odd all the same. */
static void turns(void)
{
	static const char *const six[] = {"a", "b", "c", "d", "e", "f"};
	struct hw_usual u = {0}, m = {0};
	double odd = 0;

	for (int i = 0; i < 600; i++)
		odd += weigh_text(&u, six[i % 6], false);
	ok(!(odd > 0), "values that take turns are not odd");
	ok(weigh_text(&u, "x", false) > 4, "one that never came is");
	for (int i = 0; i < 60; i++)
		(void)weigh_text(&m, "273.2", false);
	ok(weigh_text(&m, "903.2", false) > 4,
	    "a measure that never changed is odd when it does");
	for (int i = 0; i < 60; i++)
		(void)weigh_text(&m, "273.2", false);
	ok(!(weigh_text(&m, "903.7", false) > 0), "and not from then on");
}

static void overlong(void)
{
	struct hw_usual u = {0};
	char number[16];
	double odd = 0;

	for (unsigned i = 0; i < 100; i++) {
		snprintf(number, sizeof(number), "%u ms", i * 37 % 1000);
		odd += weigh_text(&u, number, false);
	}
	ok(!(odd > 0), "numbers up to 999 are not odd");
	ok(!(weigh_text(&u, "4711 ms", false) > 0),
	    "nor one with a digit more");
	ok(!(weigh_text(&u, "2026-11-25", false) > 0),
	    "nor is a date a long number");
	ok(weigh_text(&u, "482119 ms", false) > 10,
	    "one a hundred times larger is, and no model is asked");
	ok(!(weigh_text(&u, "482120 ms", false) > 0),
	    "the next like it is not");
}

int main(void)
{
	usual();
	varies();
	turns();
	overlong();
	return tap_done();
}
