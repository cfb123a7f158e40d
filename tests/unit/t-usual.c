/* SPDX-License-Identifier: MIT
 * lib/digest/usual.c: which values are odd, in a place that has had others. */
#include "tap.h"

#include <math.h>
#include <string.h>

#include "digest/usual.h"

static void usual(void)
{
	struct hw_usual u = {0};
	double odd = 0;

	for (uint32_t i = 0; i < 200; i++)
		odd += hw_usual_weigh(&u, (struct hw_view){(unsigned char *)&i,
		    sizeof(i)}, i * 7 % 11, false);
	ok(!(odd > 0), "values that vary are not odd");
	ok(!(hw_usual_weigh(&u, (struct hw_view){(const unsigned char *)"a",
	    1}, 13.5, false) > 0), "nor is one that may be chance");
	ok(hw_usual_weigh(&u, (struct hw_view){(const unsigned char *)"b", 1},
	    22, false) > 10, "one that the model finds absurd is");
	ok(!(hw_usual_weigh(&u, (struct hw_view){(const unsigned char *)"c",
	    1}, 22, false) > 0), "the next like it is not");
	ok(!(hw_usual_weigh(&u, (struct hw_view){(const unsigned char *)"b",
	    1}, 40, false) > 0), "nor one that was there already");
}

static double weigh_text(struct hw_usual *u, const char *s)
{
	return hw_usual_weigh(u, (struct hw_view){(const unsigned char *)s,
	    strlen(s)}, NAN, false);
}

/* Where a place is known to vary, only the model can be surprised. */
static void varies(void)
{
	struct hw_usual u = {0}, w = {0};
	struct hw_view a = {(const unsigned char *)"a", 1};
	struct hw_view b = {(const unsigned char *)"b", 1};

	for (int i = 0; i < 60; i++) {
		(void)hw_usual_weigh(&u, a, 0, true);
		(void)hw_usual_weigh(&w, a, 0, false);
	}
	ok(hw_usual_weigh(&w, b, 0, false) > 4, "a place that never changed");
	ok(!(hw_usual_weigh(&u, b, 0, true) > 0), "but one that is free");
	b.p = (const unsigned char *)"c";
	ok(hw_usual_weigh(&u, b, 30, true) > 10, "unless the model says so");
}

static void overlong(void)
{
	struct hw_usual u = {0};
	char number[16];
	double odd = 0;

	for (unsigned i = 0; i < 100; i++) {
		snprintf(number, sizeof(number), "%u ms", i * 37 % 1000);
		odd += weigh_text(&u, number);
	}
	ok(!(odd > 0), "numbers up to 999 are not odd");
	ok(!(weigh_text(&u, "4711 ms") > 0), "nor one with a digit more");
	ok(!(weigh_text(&u, "2026-11-25") > 0), "nor is a date a long number");
	ok(weigh_text(&u, "482119 ms") > 10,
	    "one a hundred times larger is, and no model is asked");
	ok(!(weigh_text(&u, "482120 ms") > 0), "the next like it is not");
}

int main(void)
{
	usual();
	varies();
	overlong();
	return tap_done();
}
