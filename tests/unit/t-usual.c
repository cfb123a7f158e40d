/* SPDX-License-Identifier: MIT
 * lib/digest/usual.c: which values are odd, in a place that has had others. */
#include "tap.h"

#include <string.h>

#include "digest/usual.h"

static uint64_t window = 1;

static double weigh_text(struct hw_usual *u, const char *s, bool varies)
{
	return hw_usual_weigh(u, (struct hw_view){(const unsigned char *)s,
	    strlen(s)}, varies, window);
}

static void usual(void)
{
	struct hw_usual u = {0};
	double odd = 0;

	for (uint32_t i = 0; i < 200; i++)
		odd += hw_usual_weigh(&u, (struct hw_view){(unsigned char *)&i,
		    sizeof(i)}, false, window);
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
	window += 2;
	ok(weigh_text(&u, "x", false) > 4, "one that never came is");
	for (int i = 0; i < 60; i++)
		(void)weigh_text(&m, "273.2", false);
	ok(weigh_text(&m, "903.2", false) > 4,
	    "a measure that never changed is odd when it does");
	for (int i = 0; i < 60; i++)
		(void)weigh_text(&m, "273.2", false);
	window += 10;
	ok(!(weigh_text(&m, "903.7", false) > 0), "and not from then on");
}

/* n records with one value, then another: how odd is that? */
static double turns_into(int n, const char *first, const char *then)
{
	struct hw_usual u = {0};

	for (int i = 0; i < n; i++)
		(void)weigh_text(&u, first, false);
	return weigh_text(&u, then, false);
}

/* A stamp that no family knows has its day in every line. */
static void days(void)
{
	struct hw_usual u = {0};

	ok(!(turns_into(200, "28", "29") > 0) &&
	    !(turns_into(200, "20260228", "20260229") > 0) &&
	    !(turns_into(200, "28T09", "28T10") > 0),
	    "the next day or hour is not odd");
	ok(turns_into(200, "28", "92") > 4 &&
	    turns_into(200, "28T09", "92T10") > 4,
	    "one that does not go on from the last is");
	ok(turns_into(200, "5432", "5433") > 4 &&
	    turns_into(200, "4", "5") > 4, "and so is another port or core");
	for (int i = 0; i < 200; i++)
		(void)weigh_text(&u, "28", false);
	(void)weigh_text(&u, "29", false);
	ok(weigh_text(&u, "92", false) > 4,
	    "a day that went by hides nothing behind it");
}

/* n records with the same value, then another one. */
static double another(struct hw_usual *u, int n, const char *s)
{
	for (int i = 0; i < n; i++)
		(void)weigh_text(u, "a", false);
	return weigh_text(u, s, false);
}

/* A place that has a new value in each window is no news in any; one that had
 * all of them is, when another comes. */
static void calm(void)
{
	struct hw_usual u = {0};
	double odd = 0;
	char s[12];

	window = 1;
	for (int i = 0; i < 8; i++, window++) {
		snprintf(s, sizeof(s), "%d", i);
		odd += i > 0 ? another(&u, 30, s) : another(&u, 3, s);
	}
	ok(!(odd > 0), "one new value a window is none");
	window += 2;
	ok(!(another(&u, 60, "x") > 0), "nor is one soon after them");
	window += 6;
	ok(another(&u, 10, "y") > 4.5, "one long after them is");
	window += 2;
	ok(another(&u, 600, "z") > 6,
	    "and soon, where that is one in 64 records");
	ok(!(another(&u, 600, "w") > 0), "but not in the same window");
	ok(hw_usual_has(&u, (struct hw_view){(const unsigned char *)"w", 1}) &&
	    !hw_usual_has(&u, (struct hw_view){(const unsigned char *)"v", 1}),
	    "what came is known, and nothing else");
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
	ok(!(weigh_text(&u, "77137628B15", false) > 0),
	    "nor is what has a unit's letter in it");
	ok(weigh_text(&u, "482119 ms", false) > 10,
	    "one a hundred times larger is, and no model is asked");
	ok(!(weigh_text(&u, "482120 ms", false) > 0),
	    "the next like it is not");
}

/* Processes: all of them come early, or there is always another. */
static void all_seen(void)
{
	static const char *const names[] = {"b", "c", "d", "e"};
	struct hw_usual few = {0}, many = {0};
	char s[12];

	window = 1;
	for (int i = 0; i < 4; i++)
		(void)another(&few, 2, names[i]);
	for (int i = 0; i < 20; i++) {
		snprintf(s, sizeof(s), "%d", i);
		(void)another(&many, 9, s);
	}
	window = 9;
	ok(another(&few, 40, "x") > 5,
	    "a new one is odd, long after all others");
	ok(!(another(&many, 5, "x") > 0),
	    "but not where every tenth record had one to the last");
}

/* What rings stays silent, until it has been calm for five windows; what went
 * on in between does not count. */
static void rings(void)
{
	struct hw_rings r = {0};

	ok(hw_rings_tell(&r, 3), "what rings for the first time is told");
	ok(!hw_rings_tell(&r, 3) && !hw_rings_tell(&r, 4), "not the next");
	ok(!hw_rings_tell(&r, 9), "nor after four windows");
	ok(hw_rings_tell(&r, 15), "but after five");
	hw_rings_settle(&r);
	ok(hw_rings_tell(&r, 1), "and where windows are counted anew");
}

int main(void)
{
	rings();
	usual();
	days();
	varies();
	turns();
	calm();
	all_seen();
	overlong();
	return tap_done();
}
