/* SPDX-License-Identifier: MIT
 * lib/digest: a time stamp that is wrong cuts no window and makes no silence,
 * and one behind a silence does both. */
#include "bed.h"

#define MINUTE 60000

static struct bed minutes(void)
{
	return bed((struct hw_digest_opts){.every_ms = MINUTE});
}

/* What is shown of all windows: "60 60o 0g": so many records, with a row that
 * is odd, with one that is gone. */
static char shown[256];
static uint64_t total; /* of their records */

static void show(const struct hw_window *w)
{
	size_t n = strlen(shown);

	total += w->records;
	snprintf(shown + n, sizeof(shown) - n, "%s%d%s%s%s",
	    n > 0 ? " " : "", (int)w->records,
	    w->kinds[HW_ROW_ODD] > 0 ? "o" : "",
	    w->kinds[HW_ROW_GONE] > 0 ? "g" : "", w->late > 0 ? "l" : "");
}

static void look(struct bed *b)
{
	const struct hw_window *w;

	while (hw_digest_next(b->d, b->now, &w, &b->e) == HW_OK)
		show(w);
}

/* A record of this time of 2026-03-03, or of another day. */
static void tell(struct bed *b, const char *day, int second, unsigned flags)
{
	static uint32_t ids[128];
	struct hw_record r = {.ids = ids, .line = ++b->line,
	    .arrival_ms = b->now, .flags = flags};
	char s[128];

	r.n = (size_t)snprintf(s, sizeof(s), "%s %02d:%02d:%02d app: tick\n",
	    day, second / 3600, second / 60 % 60, second % 60);
	for (size_t i = 0; i < r.n; i++)
		ids[i] = (unsigned char)s[i];
	if (hw_digest_record(b->d, &r, NULL, b->now, &b->e) != HW_OK)
		printf("Bail out! %s\n", b->e.msg);
}

#define DAY "2026-03-03"
#define TEN 36000

/* One a second. */
static void ticks(struct bed *b, int from, int to)
{
	for (; from < to; from++, b->now++) {
		tell(b, DAY, from, 0);
		look(b);
	}
}

static void end(struct bed *b)
{
	const struct hw_window *w;

	while (hw_digest_cut(b->d, HW_CLOSED_END, &w, &b->e) == HW_OK)
		show(w);
	done(b);
}

/* Ten minutes of ticks, of which one has another time. */
static const char *with(const char *day, int at, int second)
{
	struct bed b = minutes();

	shown[0] = '\0';
	ticks(&b, TEN, TEN + at);
	tell(&b, day, second, 0);
	look(&b);
	ticks(&b, TEN + at + 1, TEN + 600);
	end(&b);
	return shown;
}

static void wrong(void)
{
	is_str(with(DAY, 300, TEN + 3900), "60 60 60 60 60 60o 60 60 60 60",
	    "a stamp an hour ahead, where a window begins");
	is_str(with(DAY, 330, TEN + 3930), "60 60 60 60 60 60o 60 60 60 60",
	    "and within one");
	is_str(with("2099-01-01", 359, 0), "60 60 60 60 60 59 61o 60 60 60",
	    "many years ahead: it has the time of the next");
	is_str(with("2001-01-01", 330, 0), "60 60 60 60 60 60o 60 60 60 60",
	    "many years back");
	is_str(with(DAY, 300, TEN - 3600), "60 60 60 60 60 60o 60 60 60 60",
	    "an hour back");
}

static void right(void)
{
	struct bed b = minutes();

	shown[0] = '\0';
	ticks(&b, TEN, TEN + 300);
	ticks(&b, TEN + 3900, TEN + 4200);
	end(&b);
	is_str(shown, "60 60 60 60 60 0g 60o 60 60 60 60",
	    "a silence is told when a second record confirms it");

	b = minutes();
	shown[0] = '\0';
	ticks(&b, TEN, TEN + 300);
	ticks(&b, TEN - 7200, TEN - 7100);
	end(&b);
	is_str(shown, "60 60 60 60 60 60o 40", "and an older log is one");

	b = minutes();
	shown[0] = '\0';
	ticks(&b, TEN, TEN + 330);
	tell(&b, DAY, TEN + 3900, 0);
	look(&b);
	is_str(shown, "60 60 60 60 60", "until then all waits");
	end(&b);
	is_str(shown, "60 60 60 60 60 30 1o",
	    "the last record has its own window, and no silence before it");
}

/* Time goes on without input. */
static void live(void)
{
	struct bed b = minutes();

	shown[0] = '\0';
	ticks(&b, TEN, TEN + 330);
	tell(&b, DAY, TEN + 3900, 0);
	look(&b);
	b.now += hw_digest_wait(b.d, b.now);
	look(&b);
	is_str(shown, "60 60 60 60 60 30", "a window ends in time");
	b.now += hw_digest_wait(b.d, b.now);
	tell(&b, DAY, TEN + 3901, HW_RECORD_MORE);
	look(&b);
	is_str(shown, "60 60 60 60 60 30 0g", "and its silence is told");
	tell(&b, DAY, TEN + 3901, HW_RECORD_CONT);
	look(&b);
	end(&b);
	is_str(shown, "60 60 60 60 60 30 0g 2o", "what waited is not lost");
}

/* Who does not ask for windows gets fewer, and no record is lost. */
static void unasked(void)
{
	struct bed b = minutes();

	total = 0;
	for (int i = 0; i < 120; i++)
		tell(&b, DAY, TEN + (i % 7 == 6 ? 9999 : 0) + i, 0);
	end(&b);
	is_int(total, 120, "records that nobody asks for are counted");

	b = minutes();
	total = 0;
	tell(&b, DAY, TEN, 0);
	tell(&b, DAY, TEN + 9999, 0);
	look(&b);
	tell(&b, DAY, TEN + 1, HW_RECORD_MORE);
	tell(&b, DAY, TEN + 2, HW_RECORD_MORE);
	end(&b);
	is_int(total, 4, "also those whose end was lost");
}

int main(void)
{
	wrong();
	right();
	live();
	unasked();
	return tap_done();
}
