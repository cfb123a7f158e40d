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
		    sizeof(i)}, i * 7 % 11);
	ok(!(odd > 0), "values that vary are not odd");
	ok(!(hw_usual_weigh(&u, (struct hw_view){(const unsigned char *)"a",
	    1}, 13.5) > 0), "nor is one that may be chance");
	ok(hw_usual_weigh(&u, (struct hw_view){(const unsigned char *)"b", 1},
	    22) > 10, "one that the model finds absurd is");
	ok(!(hw_usual_weigh(&u, (struct hw_view){(const unsigned char *)"c",
	    1}, 22) > 0), "the next like it is not");
	ok(!(hw_usual_weigh(&u, (struct hw_view){(const unsigned char *)"b",
	    1}, 40) > 0), "nor one that was there already");
}

static double weigh_text(struct hw_usual *u, const char *s)
{
	return hw_usual_weigh(u, (struct hw_view){(const unsigned char *)s,
	    strlen(s)}, NAN);
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
	overlong();
	return tap_done();
}
