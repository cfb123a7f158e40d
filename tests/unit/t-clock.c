/* SPDX-License-Identifier: MIT
 * lib/digest/clock and cut: time stamps against the C library's calendar, and
 * where windows end. */
#include "tap.h"

#include <time.h>

#include "digest/clock.h"
#include "digest/cut.h"

#define NOW INT64_C(1795575900000) /* 2026-11-25 03:05:00 UTC */

static struct hw_view view(const char *s)
{
	return (struct hw_view){(const unsigned char *)s, strlen(s)};
}

/* -1: no clock. */
static int64_t read_one(const char *text)
{
	struct hw_clock c = {0};
	int64_t ms;

	return hw_clock_read(&c, 0, view(text), NOW, &ms) ? ms : -1;
}

/* Where a text has its stamp. */
static void find(void)
{
	static const struct {
		const char *text, *rest;
	} rows[] = {
	    {"2026-11-25T03:05:00.123Z x", " x"},
	    {"2026-11-25 03:05:00 Zoe came", " Zoe came"},
	    {"2026-11-25 03:05:00 UTC [12] LOG", " [12] LOG"},
	    {"2026-11-25 03:05:00,766 ftp1", " ftp1"},
	    {"2026-11-25 03:05:00 1xXfva-0002TI-25 H=", " 1xXfva-0002TI-25 H="},
	    {"Nov 25 03:04:00 web sshd[1]:", " web sshd[1]:"},
	    {"1795575900: New client", ": New client"},
	    {"[2026-11-25 03:05:00] x", "] x"},
	    {"1.2.3.4 - - [25/Nov/2026:03:05:00 +0000] \"GET /", "] \"GET /"},
	};
	size_t from, to;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		is_str(hw_clock_find(view(rows[i].text), &from, &to) ?
		    rows[i].text + to : "none", rows[i].rest,
		    "\"%s\": what follows its time", rows[i].text);
	ok(hw_clock_find(view("at [25/Nov/2026:03:05:00]"), &from, &to) &&
	    from == 4, "and where it is");
	ok(!hw_clock_find(view("12 is no time"), &from, &to),
	    "a number is no time");
}

static void families(void)
{
	static const struct {
		const char *text;
		int64_t off; /* from NOW */
	} rows[] = {
	    {"2026-11-25T03:05:00Z x", 0},
	    {"2026-11-25T03:05:00.123Z x", 123},
	    {"2026-11-25T03:05:00.123456+01:00 x", 123 - 3600000},
	    {"2026-11-25 03:05:00,007 ERROR", 7},
	    {"[2026-11-25 03:05:00 -0500] x", 5 * 3600000},
	    {"2026-11-25 03:05:00.123 -03 [1] x", 123 + 3 * 3600000},
	    {"2026-11-25T03:05:00+02 x", -2 * 3600000},
	    {"2026-11-25T03:05:00-03,\"x\"", 3 * 3600000},
	    {"2026-11-25 03:05:00 -12.5 degrees", 0},
	    {"2026-11-25 03:05:00 -03-04 x", 0},
	    {"2026-11-25 03:05:00 +02:x", 0},
	    {"2026-11-25 03:05:00 -16 x", 0},
	    {"2026/11/25 03:05:01 [error]", 1000},
	    {"1.2.3.4 - - [25/Nov/2026:03:05:00 +0000] \"GET", 0},
	    {"Nov 25 03:04:00 web sshd[1]:", -60000},
	    {"<13>Nov 25 03:04:00 web", -60000},
	    {"Nov  5 03:05:00 web", -20 * INT64_C(86400000)},
	    {"Wed Nov 25 03:05:00 2026 x", 0},
	    {"1795575900 x", 0},
	    {"1795575900.5 x", 500},
	    {"1795575900250 x", 250},
	    {"{\"ts\":1795575900.25,\"m\":1}", 250},
	    {"Dec 25 03:05:00 web", -335 * INT64_C(86400000)},
	    {"[Wed Nov 25 03:05:00.250 2026] [core]", 250},
	    {"25-Nov-2026 03:05:00.123 client", 123},
	    {"1:M 25 Nov 2026 03:05:00.007 * x", 7},
	    {"1:M 25 Nov 03:05:00.007 * x", 7},
	    {"2026-11-25-03.05.00.500000 R02", 500},
	    {"2026.11.25 03:05:01 x", 1000},
	    {"20261125T030500Z x", 0},
	    {"20261125T030500.5+0100 x", 500 - 3600000},
	    {"20261125-3:5:0:61|Step", 61},
	    {"20261125 03:05:01 x", 1000},
	    {"26/11/25 03:05:01 INFO", 1000},
	    {"261125 030501 148 INFO", 1000},
	    {"261125  3:05:01 [Note]", 1000},
	    {"E1125 03:05:00.250000 7 a.go:1] x", 250},
	    {"11-25 03:05:00.811  1702 D x", 811},
	    {"[11.25 03:05:09] chrome.exe", 9000},
	    {"11/25/2026 3:05:00 AM x", 0},
	    {"11/25/2026 12:05:00 AM x", -3 * 3600000},
	    {"11/25/2026 3:05:00 PM x", 12 * 3600000},
	    {"2026-11-25 03:05:00 UTC x", 0},
	    {"25.11.2026 03:05:00.007 x", 7},
	    {"{\"name\":\"a-service-with-a-long-name\",\"hostname\":\"web-1\","
	        "\"pid\":40161,\"level\":30,\"msg\":\"a message of some "
	        "length, as they are\","
	        "\"time\":\"2026-11-25T03:05:00.250Z\"}", 250},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_int(read_one(rows[i].text) - NOW, rows[i].off,
		    "the time in \"%s\"", rows[i].text);
	is_int(read_one("\033[32m2026-11-25T03:05:00Z\033[0m x"), NOW,
	    "a stamp in colour");
	is_int(read_one("\033[1;31mE1125 03:05:00.250000 7 a.go:1] x") - NOW,
	    250, "and one behind it");
	is_int(read_one("\033[2K\033[38;5;12mNov 25 03:05:00\033[m web"),
	    NOW, "and behind several");
	is_int(read_one("id 1795575900 is no time"), -1, "a number is no time");
	is_int(read_one("2026-13-25 03:05:00 x"), -1, "nor is a 13th month");
	is_int(read_one("2026-11-25 03:65:00 x"), -1, "nor the 65th minute");
	is_int(read_one("2026-02-29 03:05:00 x"), -1, "nor a day that its year "
	    "does not have");
	is_int(read_one("Apr 31 03:05:00 web"), -1, "or no year has");
	is_int(read_one("Feb 29 10:00:00 web") / 1000, 1709200800,
	    "a leap day was in the last leap year");
	is_int(read_one(""), -1, "nor nothing");
}

/* What a clock says of a stamp after 200 others, `every` ms apart; bits. */
static double after(const char *text, int every, int64_t *ms)
{
	struct hw_clock c = {0};
	char s[64];

	for (int i = 0; i < 200; i++) {
		int t = i * every / 1000;

		snprintf(s, sizeof(s), "2026-11-25 03:%02d:%02d,%03d INFO x",
		    t / 60, t % 60, i * every % 1000);
		hw_clock_read(&c, 0, view(s), NOW, ms);
	}
	hw_clock_read(&c, 0, view(text), NOW, ms);
	return c.strange;
}

/* A stamp that does not follow from those before it. */
static void strange(void)
{
	struct hw_clock c = {0};
	int64_t ms = 0;
	char s[64];
	double once, bits = 0;

	ok(!(after("2026-11-25 03:03:21,000 x", 1000, &ms) > 0),
	    "the next second is not strange");
	ok(!(after("2026-11-25 03:03:11,000 x", 1000, &ms) > 0),
	    "nor is what comes a little late");
	ok(after("2026-11-25 01:03:20,000 x", 1000, &ms) > 7,
	    "two hours back are");
	ok(after("2026-11-25 07:03:20,000 x", 1000, &ms) > 7,
	    "and four ahead, where a second was the longest silence");
	ok(after("2026-11-25 27:61:20,000 x", 1000, &ms) > 7 &&
	    ms == NOW - 101000, "so is no time at all, and time stands still");
	ok(!(after("nothing of the kind", 1000, &ms) > 0),
	    "a record without stamp is not");
	/* Once back, once on again: one jump, not two. */
	for (int i = 0; i < 200; i++)
		hw_clock_read(&c, 0, view("2026-11-25 03:05:00 x"), NOW, &ms);
	hw_clock_read(&c, 0, view("2026-11-25 01:05:00 x"), NOW, &ms);
	once = c.strange;
	hw_clock_read(&c, 0, view("2026-11-25 03:05:01 x"), NOW, &ms);
	ok(once > 7 && !(c.strange > 0), "the way back is not another jump");
	/* Two writers whose clocks differ take turns. */
	for (int i = 0; i < 400; i++) {
		snprintf(s, sizeof(s), "2026-11-25 %02d:%02d:%02d x",
		    i % 3 ? 5 : 3, i / 60, i % 60);
		hw_clock_read(&c, 1, view(s), NOW, &ms);
		bits += c.strange;
	}
	ok(!(bits > 0), "nor is what the log does all the time");
}

/* What has no date is no clock, but it goes on or it does not. */
static void bare(void)
{
	static const char *const day[] = {"23:59:58.100 x", "23:59:59.200 x",
	    "00:00:00.100 x"}, *const up[] = {"[   98.000001] x",
	    "[   99.500000] x", "[  100.000001] x"};
	struct hw_clock c = {0};
	int64_t ms = 0;
	bool known = false;
	double bits = 0;

	for (int i = 0; i < 300; i++) {
		known = hw_clock_read(&c, 0, view(day[i / 100]), NOW, &ms) ||
		    known;
		bits += c.strange;
		known = hw_clock_read(&c, 1, view(up[i / 100]), NOW, &ms) ||
		    known;
		bits += c.strange;
	}
	ok(!known, "neither the time of day nor an uptime is a clock");
	ok(!(bits > 0), "midnight is no jump");
	hw_clock_read(&c, 0, view("11:00:00.100 x"), NOW, &ms);
	ok(c.strange > 7, "eleven hours are");
	hw_clock_read(&c, 1, view("[    0.000000] x"), NOW, &ms);
	ok(c.strange > 7, "and so is a kernel that begins anew");
	ok(hw_clock_read(&c, 0, view("2026-11-25 03:05:00 x"), NOW, &ms) &&
	    ms == NOW, "a date makes it one at once");
}

/* An hour east of Greenwich. */
static int64_t an_hour_east(int64_t wall_ms)
{
	return wall_ms - 3600000;
}

static void zones(void)
{
	struct hw_clock c = {.utc_of = an_hour_east};
	int64_t ms = 0;

	hw_clock_read(&c, 0, view("2026-11-25 04:05:00 x"), NOW, &ms);
	is_int(ms - NOW, 0, "a stamp without zone has the one that is given");
	hw_clock_read(&c, 0, view("2026-11-25 04:29:59 x"), NOW, &ms);
	is_int(ms - NOW, 1499000, "later, too");
	hw_clock_read(&c, 1, view("2026-11-25T03:05:00Z x"), NOW, &ms);
	is_int(ms - NOW, 0, "one with a zone has its own");
	hw_clock_read(&c, 2, view("2026-11-25 03:05:00 GMT x"), NOW, &ms);
	is_int(ms - NOW, 0, "in letters, too");
	hw_clock_read(&c, 3, view("1795575900 x"), NOW, &ms);
	is_int(ms - NOW, 0, "and seconds since 1970 have none");
	hw_clock_read(&c, 4, view("Nov 25 04:05:00 web"), NOW, &ms);
	is_int(ms - NOW, 0, "a year is inferred");
}

/* An hour east until 01:00 UTC on 2026-10-25, then Greenwich; of what is there
 * twice, 01:00 to 02:00, the first. */
static int64_t until_autumn(int64_t wall_ms)
{
	return wall_ms < INT64_C(1792893600000) ? wall_ms - 3600000 : wall_ms;
}

/* Where clocks went back: the seconds since 00:00 UTC of each stamp. */
static void back(void)
{
	static const struct {
		const char *text;
		int seconds;
	} rows[] = {
	    {"2026-10-25 00:59:50 x", -10},
	    {"2026-10-25 01:00:00 x", 0},
	    {"2026-10-25 01:30:00 x", 1800},
	    {"2026-10-25 01:29:57 a little late", 1797},
	    {"2026-10-25 01:59:59 x", 3599},
	    {"2026-10-25 01:00:02 x", 3602},
	    {"2026-10-25 01:00:00 a little late", 3600},
	    {"2026-10-25 01:45:00 x", 6300},
	    {"2026-10-25 02:00:00 x", 7200},
	    {"2026-10-25 03:30:00 x", 12600},
	}, late[] = {
	    {"2026-10-25 01:50:00 x", 3000},
	    {"2026-10-25 01:40:00 fifty minutes later", 6000},
	    {"2026-10-25 00:10:00 of an older log", -3000},
	    {"2026-10-25 01:10:00 x", 600},
	};
	struct hw_clock c = {.utc_of = until_autumn};
	const int64_t day = INT64_C(1792886400000);
	int64_t ms = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		hw_clock_read(&c, 0, view(rows[i].text), NOW, &ms);
		is_int((ms - day) / 1000, rows[i].seconds, "\"%s\"",
		    rows[i].text);
	}
	for (size_t i = 0; i < sizeof(late) / sizeof(*late); i++) {
		hw_clock_read(&c, 1, view(late[i].text), NOW, &ms);
		is_int((ms - day) / 1000, late[i].seconds, "\"%s\"",
		    late[i].text);
	}
}

/* Every day of two centuries, against timegm's inverse by counting. */
static void calendar(void)
{
	static const int len[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
	    31};
	int64_t day = 0, bad = 0;
	char text[64];

	for (int y = 1970; y < 2170; y++)
		for (int m = 1; m <= 12; m++) {
			bool leap = (y % 4 == 0 && y % 100 != 0) ||
			    y % 400 == 0;
			int n = len[m - 1] + (m == 2 && leap);

			for (int d = 1; d <= n; d++, day++) {
				snprintf(text, sizeof(text),
				    "%04d-%02d-%02d 00:00:00", y, m, d);
				bad += read_one(text) != day * 86400000;
			}
		}
	is_int(bad, 0, "the calendar of 200 years");
}

static void sources(void)
{
	struct hw_clock c = {0};
	int64_t ms = 0;

	ok(!hw_clock_read(&c, 1, view("no stamp"), NOW, &ms), "no lock yet");
	hw_clock_read(&c, 1, view("Dec 31 23:59:59 x"), NOW, &ms);
	is_int((NOW - ms) / 86400000, 328, "December lies before November");
	hw_clock_read(&c, 1, view("Jan  1 00:00:01 x"), NOW, &ms);
	is_int((NOW - ms) / 86400000, 328, "and January follows it");
	ok(hw_clock_read(&c, 1, view("\tat a.b(c)"), NOW, &ms) &&
	    (NOW - ms) / 86400000 == 328, "a continuation has its time");
	ok(!hw_clock_read(&c, 2, view("no stamp"), NOW, &ms),
	    "another source has its own");
	for (int i = 0; i < 40; i++)
		hw_clock_read(&c, 1, view("x"), NOW, &ms);
	ok(!hw_clock_read(&c, 1, view("x"), NOW, &ms), "a long gap unlocks");
}

static bool add(struct hw_cut *c, int64_t ms, enum hw_closed_by *why)
{
	bool before = hw_cut_before(c, ms, false, why);

	if (before)
		hw_cut_begin(c, *why);
	hw_cut_add(c, 10, 100, ms, false, ms);
	return before;
}

static void counts(void)
{
	struct hw_cut c = {.every_records = 3};
	enum hw_closed_by why = HW_CLOSED_END;

	add(&c, NOW, &why);
	add(&c, NOW, &why);
	ok(!hw_cut_after(&c, &why), "two of three records");
	add(&c, NOW, &why);
	ok(hw_cut_after(&c, &why) && why == HW_CLOSED_LINES, "three");
	c = (struct hw_cut){.every_tokens = 20};
	add(&c, NOW, &why);
	ok(!hw_cut_after(&c, &why), "10 of 20 tokens");
	add(&c, NOW, &why);
	ok(hw_cut_after(&c, &why) && why == HW_CLOSED_TOKENS, "20");
	c = (struct hw_cut){.every_bytes = 150};
	add(&c, NOW, &why);
	add(&c, NOW, &why);
	ok(hw_cut_after(&c, &why) && why == HW_CLOSED_BYTES, "200 of 150");
	is_int(hw_cut_wait(&c, NOW), -1, "counts do not wait for time");
	c = (struct hw_cut){0};
	ok(!hw_cut_before(&c, NOW, true, &why), "a match opens the first");
	add(&c, NOW, &why);
	ok(hw_cut_before(&c, NOW, true, &why) && why == HW_CLOSED_MATCH,
	    "and closes the window before");
}

static void times(void)
{
	struct hw_cut c = {.every_ms = 300000};
	enum hw_closed_by why = HW_CLOSED_END;
	int64_t t = NOW - 60000; /* 03:04 */

	ok(!add(&c, t, &why), "a first record cuts nothing");
	is_int(c.boundary_ms, NOW, "intervals begin at multiples");
	ok(!add(&c, t - 30000, &why), "a late record is of this window");
	is_int(hw_cut_wait(&c, t), 60000, "a minute to wait");
	ok(!hw_cut_due(&c, NOW - 1, &why) && hw_cut_due(&c, NOW, &why),
	    "due at its end, without input");
	hw_cut_begin(&c, HW_CLOSED_TIME);
	is_int(hw_cut_wait(&c, NOW), 300000, "silence is waited for once");
	ok(hw_cut_due(&c, NOW + 300000, &why), "and told");
	hw_cut_begin(&c, HW_CLOSED_TIME);
	is_int(hw_cut_wait(&c, NOW + 300000), -1, "then no more");
	ok(!add(&c, NOW + 3600000, &why), "a record begins anew");
	is_int(c.boundary_ms, NOW + 3900000, "in its own interval");
	ok(add(&c, NOW + 3900000, &why) && why == HW_CLOSED_TIME,
	    "one of the next interval cuts");
	ok(add(&c, NOW - 86400000, &why), "and one of yesterday");
	is_int(c.boundary_ms, NOW - 86100000, "which has its own, too");
	hw_cut_begin(&c, HW_CLOSED_TIME);
	add(&c, NOW - 86101000, &why);
	is_int(c.boundary_ms, NOW - 85800000, "a late one opens no old window");
	c = (struct hw_cut){.every_ms = 300000};
	hw_cut_add(&c, 1, 1, t - 86400000, true, t); /* a log of yesterday */
	ok(!hw_cut_due(&c, NOW, &why) && hw_cut_due(&c, NOW + 2000, &why),
	    "the log's clock goes on from its last record");
	c = (struct hw_cut){.idle_ms = 10000};
	add(&c, NOW, &why);
	ok(!hw_cut_due(&c, NOW + 9999, &why) &&
	    hw_cut_due(&c, NOW + 10000, &why) && why == HW_CLOSED_IDLE,
	    "idle");
	ok(hw_cut_before(&c, NOW + 10000, false, &why), "in old logs too");
}

int main(void)
{
	find();
	families();
	strange();
	bare();
	zones();
	back();
	calendar();
	sources();
	counts();
	times();
	return tap_done();
}
