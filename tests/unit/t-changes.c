/* SPDX-License-Identifier: MIT
 * lib/digest as a whole: what changes in a stream, and what only seems to. */
#include "bed.h"

#include "digest/mask.h"

/* n records of each of three services, without time between them: shares alone
 * tell what is usual. */
static void services(struct bed *b, int alpha, int beta, int gamma)
{
	for (int i = 0; i < alpha; i++)
		say(b, "INFO alpha has served a request\n");
	for (int i = 0; i < beta; i++)
		say(b, "INFO beta went round the clock once\n");
	for (int i = 0; i < gamma; i++)
		say(b, "INFO gamma sent what was in its queue\n");
}

/* A flood makes all shares less, and a gap more; neither is a change. */
static void flood(void)
{
	struct bed b = bed(hundred());

	for (int i = 0; i < 8; i++)
		services(&b, 40, 35, 25);
	services(&b, 10, 9, 6);
	for (int i = 0; i < 75; i++)
		say(&b, "WARN disk sda is about to be full\n");
	is_int(b.w->kinds[HW_ROW_NEW], 1, "a flood is new");
	is_int(b.w->kinds[HW_ROW_DOWN] + b.w->kinds[HW_ROW_GONE], 0,
	    "what it thins out is not less");
	services(&b, 40, 35, 0);
	for (int i = 0; i < 25; i++)
		say(&b, "WARN disk sda is about to be full\n");
	is_int(b.w->kinds[HW_ROW_GONE], 1, "what is missing beside it is");
	done(&b);
}

/* n records of a mount in six spellings, as few of each as can be. */
static void mounts(struct bed *b, int n)
{
	static const char *const modes[] = {"ordered", "lazy", "plain"};
	char s[128];

	for (int i = 0; i < n; i++) {
		snprintf(s, sizeof(s), "INFO disk sda mounted with %s data "
		    "mode and quota %s\n", modes[i % 3], i % 2 ? "on" : "none");
		say(b, s);
	}
}

/* n records that end in anything. */
static void notes(struct bed *b, int n)
{
	static unsigned k;

	for (int i = 0; i < n; i++) {
		char s[128];
		int len = snprintf(s, sizeof(s), "INFO a note was left");

		for (unsigned w = 0; w < 5 + k % 9; w++)
			len += snprintf(s + len, sizeof(s) - (size_t)len,
			    " %c%c%c%c", 'a' + k * 7 % 26, 'a' + k / 26 % 26,
			    'a' + (k * 5 + w) % 26, 'a' + w * 3 % 26);
		k++;
		snprintf(s + len, sizeof(s) - (size_t)len, "\n");
		say(b, s);
	}
}

static void as_ever(struct bed *b)
{
	for (int i = 0; i < 8; i++) {
		mounts(b, 12);
		notes(b, 25);
		services(b, 40, 23, 0);
	}
}

/* A window in which a family of few words is UP; its row. */
static const struct hw_row *more_mounts(struct bed *b, const char *what)
{
	const struct hw_row *r;

	mounts(b, 30);
	notes(b, 25);
	services(b, 28, 17, 0);
	r = row(b->w, HW_ROW_UP,
	    "INFO disk sda mounted with <*> data mode and quota <*>");
	ok(r != NULL && r->count == 30 && r->prev_count == 12, "%s", what);
	return r;
}

/* What no template tells, all of a family do. */
static void families(void)
{
	struct bed b = bed(hundred());
	const struct hw_row *r;

	as_ever(&b);
	is_int(b.w->kinds[HW_ROW_UP] + b.w->kinds[HW_ROW_GONE], 0,
	    "as ever, nothing is told of families");
	r = more_mounts(&b, "a family of few words is UP, and its count "
	    "exact");
	ok(r != NULL && r->template_id == hw_mask_id(r->template_text),
	    "its id is that of its text");
	mounts(&b, 12);
	services(&b, 52, 36, 0);
	r = b.w->rows;
	ok(b.w->n_rows == 1 && r->kind == HW_ROW_GONE && r->prev_count == 25 &&
	    memcmp(r->template_text.p, "INFO a note was ", 16) == 0,
	    "one of free text is GONE");
	is_int(b.w->kinds[HW_ROW_GONE], 1, "once");
	done(&b);
}

/* What one of its own tells, a family does not. */
static void told_once(void)
{
	struct bed b = bed(hundred());

	as_ever(&b);
	mounts(&b, 12);
	for (int i = 0; i < 28; i++)
		mounts(&b, 1);
	notes(&b, 25);
	services(&b, 22, 13, 0);
	is_int(b.w->kinds[HW_ROW_UP], 1, "a template that is UP is told once");
	ok(row(b.w, HW_ROW_UP, "INFO disk sda mounted with ordered data mode "
	    "and quota none") != NULL, "as itself, and not as its family");
	done(&b);
}

/* Another digest goes on from there. */
static void families_of_state(void)
{
	struct bed b = bed(hundred()), again = bed(hundred());
	struct hw_view state = {NULL, 0};

	as_ever(&b);
	ok(hw_digest_save(b.d, &state, &b.e) == HW_OK &&
	    hw_digest_load(again.d, state, false, &again.e) == HW_OK,
	    "a state goes from one to another");
	more_mounts(&again, "and families with it");
	done(&b);
	done(&again);
}

/* A clock that jumps is a row, and not one for each template. */
static void clock_jumps(void)
{
	struct bed b = bed(hundred());
	const struct hw_row *r;
	char s[128];

	for (int i = 0; i < 300; i++) {
		int t = i < 250 ? 1200 + i : i < 271 ? 600 + i : i - 250;

		snprintf(s, sizeof(s), "2026-11-25 01:%02d:%02d INFO %s\n",
		    t / 60, t % 60, i % 2 ? "served a request" :
		    "heartbeat is fine");
		say(&b, s);
	}
	is_int(b.w->n_rows, 1, "a clock that is set back is a row");
	r = row(b.w, HW_ROW_ODD, "<time> INFO heartbeat is fine");
	ok(r != NULL && r->line == 251 && r->odd_at == 0 && r->odd_len == 19 &&
	    r->count == 50, "which marks the stamp");
	done(&b);
}

/* A fourth word makes a place free: the row of all of them shows that one. */
static void opened(void)
{
	static const char *const says[] = {
	    "INFO pump east turned to slow mode\n",
	    "INFO pump east turned to fast mode\n",
	    "INFO pump east turned to loud mode\n"};
	struct bed b = bed(hundred());
	const struct hw_row *r;

	for (int i = 0; i < 350; i++)
		say(&b, says[i % 3]);
	say(&b, "INFO pump east turned to mute mode\n");
	for (int i = 0; i < 49; i++)
		say(&b, says[i % 3]);
	r = row(b.w, HW_ROW_ODD, "INFO pump east turned to <*> mode");
	ok(r != NULL && r->count == 100 && r->line == 351 && r->n == 35 &&
	    r->ids[25] == 'm', "the word that opened a place is the sample");
	is_int(b.w->groups, 1, "of the one template that is left");
	done(&b);
}

/* n records of two services in 100 that take ms to come; of the second so
 * many. */
static void rush(struct bed *b, int seconds, int ms)
{
	for (int i = 0; i < 100; i++) {
		say(b, i < seconds ? "INFO second service is at work\n" :
		    "INFO first service is at work\n");
		b->now += i < ms;
	}
}

/* How fast a file can be read is no clock. */
static void at_once(void)
{
	struct bed b = bed(hundred());

	for (int i = 0; i < 6; i++)
		rush(&b, 5, 5 + i % 2);
	rush(&b, 30, 50);
	ok(row(b.w, HW_ROW_UP, "INFO second service is at work") != NULL,
	    "a surge is one, however slowly the file was read");
	done(&b);
}

/* 100 long records that come in one piece or two, ms apart. */
static void pieces(struct bed *b, int seconds, int ms)
{
	for (int i = 0; i < 100; i++) {
		char s[256];

		b->now += i == 50 ? ms : 0;
		snprintf(s, sizeof(s), "INFO %s service is at work%*s\n",
		    i < seconds ? "second" : "first", 200, ".");
		say(b, s);
	}
}

/* Who reads what comes has to wait for a slower one behind him, for longer now
 * and then, and that is no clock. */
static void held_up(void)
{
	struct bed b = bed(hundred());

	for (int i = 0; i < 7; i++)
		pieces(&b, 6, 2000);
	pieces(&b, 25, 9000);
	is_int(b.w->kinds[HW_ROW_UP], 1, "a surge is one, however slowly it "
	    "was read on");
	done(&b);
}

/* n records of a template, with a process in the header. */
static void header(struct bed *b, int n, int pid, const char *text)
{
	char s[96];

	for (int i = 0; i < n; i++) {
		snprintf(s, sizeof(s), "thread %d ran %s\n", pid, text);
		say(b, s);
	}
}

/* A value is new to a field if no template had it there. */
static void fields(void)
{
	struct bed b = bed(hundred());

	for (int i = 0; i < 3; i++) {
		header(&b, 40, 47110, "a query to its end");
		header(&b, 30, 47110, "out of the pool");
		header(&b, 30, 48220, "out of the pool");
	}
	header(&b, 40, 47110, "a query to its end");
	header(&b, 1, 48220, "a query to its end");
	header(&b, 59, 48220, "out of the pool");
	is_int(b.w->kinds[HW_ROW_ODD], 0,
	    "a thread that others had is not odd in another template");
	for (int i = 0; i < 4; i++) {
		header(&b, 40, 47110, "a query to its end");
		header(&b, 58, 48220, "out of the pool");
		header(&b, 2, 48220, "its last statement now");
	}
	header(&b, 40, 47110, "a query to its end");
	header(&b, 1, 48220, "its last statement now");
	header(&b, 1, 99330, "its last statement now");
	header(&b, 58, 48220, "out of the pool");
	ok(row(b.w, HW_ROW_ODD, "thread <num> ran its last statement now") !=
	    NULL, "one that none had is, in a template of few records");
	done(&b);
}

/* n records of a process, that is done with a job whose name is a word with
 * another number each time. */
static void jobs(struct bed *b, int n, int pid, int number)
{
	static const char *const names[] = {"tar-", "sync-", "dump-", "scan-",
	    "pack-", "send-"};

	for (int i = 0; i < n; i++) {
		char s[96];

		snprintf(s, sizeof(s), "cron[%d]: finished %s%d in time\n",
		    pid, names[i % 6], number);
		say(b, s);
	}
}

/* What cannot be foreseen is odd when it first is another, and not again. */
static void unforeseen(void)
{
	struct bed b = bed(hundred());

	for (int i = 0; i < 3; i++)
		jobs(&b, 100, 4711, 15);
	jobs(&b, 60, 4711, 15);
	jobs(&b, 40, 8822, 15);
	is_int(b.w->kinds[HW_ROW_ODD], 1, "another process is odd");
	for (int i = 0; i < 8; i++)
		jobs(&b, 100, 8822, 15);
	jobs(&b, 60, 8822, 15);
	jobs(&b, 40, 9933, 15);
	is_int(b.w->kinds[HW_ROW_ODD], 0, "the next one is not, ever");
	jobs(&b, 60, 9933, 15);
	jobs(&b, 40, 9933, 86);
	is_int(b.w->kinds[HW_ROW_ODD], 1,
	    "a number in a word that varies is, when it first is another");
	for (int i = 0; i < 8; i++)
		jobs(&b, 100, 9933, 31);
	jobs(&b, 60, 9933, 31);
	jobs(&b, 40, 9933, 77);
	is_int(b.w->kinds[HW_ROW_ODD], 0, "and not from then on");
	done(&b);
}

/* n records with a path and an address that are others each time. */
static void pages(struct bed *b, int n, const char *top, int net)
{
	static int k;

	for (int i = 0; i < n; i++, k++) {
		char s[128];

		snprintf(s, sizeof(s), "sent /%s/www/%d/page.html to "
		    "%d.%d.%d.%d at once\n", top, k * 7919 % 9973, net,
		    k * 31 % 200, k * 37 % 200, k * 41 % 200);
		say(b, s);
	}
}

/* What is another each time may have parts that never are. */
static void parts(void)
{
	struct bed b = bed(hundred());
	const char *text = "sent <path> to <ip> at once";
	const struct hw_row *r;

	for (int i = 0; i < 3; i++)
		pages(&b, 100, "srv", 10);
	is_int(b.w->kinds[HW_ROW_ODD], 0, "parts that vary are not odd");
	pages(&b, 50, "srv", 10);
	pages(&b, 1, "tmp", 10);
	pages(&b, 49, "srv", 10);
	r = row(b.w, HW_ROW_ODD, text);
	ok(r != NULL && r->line == 351 && r->odd_at == 6 && r->odd_len == 3,
	    "a folder that never was another is, and marked");
	pages(&b, 50, "srv", 10);
	pages(&b, 1, "srv", 77);
	pages(&b, 49, "srv", 10);
	r = row(b.w, HW_ROW_ODD, text);
	ok(r != NULL && r->line == 451 && r->odd_len == 2,
	    "and so is a network");
	for (int i = 0; i < 7; i++)
		pages(&b, 100, i % 2 ? "srv" : "var", i % 2 ? 10 : 88);
	pages(&b, 100, "opt", 99);
	is_int(b.w->kinds[HW_ROW_ODD], 0,
	    "but one of several is not, when another comes");
	done(&b);
}

/* n records with a stamp that is not the log's own clock. */
static void stamps(struct bed *b, int n, int year)
{
	static int k;

	for (int i = 0; i < n; i++, k++) {
		char s[128];

		snprintf(s, sizeof(s), "backup of %d-08-%02dT%02d:%02d:%02dZ "
		    "is on tape %d\n", year, k / 240 % 28 + 1, k / 10 % 24,
		    k * 7 % 60, k * 11 % 60, k * 7919 % 9973);
		say(b, s);
	}
}

/* Of a stamp only the year is always the same. */
static void years(void)
{
	struct hw_digest_opts o = hundred();
	struct bed b;
	const struct hw_row *r;
	int odd = 0;

	o.arrival_clock = true;
	b = bed(o);
	for (int i = 0; i < 5; i++) {
		stamps(&b, 100, 2026);
		odd += (int)b.w->kinds[HW_ROW_ODD];
	}
	is_int(odd, 0, "days and hours go by");
	stamps(&b, 50, 2026);
	stamps(&b, 1, 4048);
	stamps(&b, 49, 2026);
	r = row(b.w, HW_ROW_ODD, "backup of <time> is on tape <num>");
	ok(r != NULL && r->line == 551 && r->odd_at == 10 && r->odd_len == 4,
	    "a year that never was is odd, and marked");
	done(&b);
}

int main(void)
{
	flood();
	families();
	told_once();
	families_of_state();
	clock_jumps();
	opened();
	at_once();
	held_up();
	fields();
	unforeseen();
	parts();
	years();
	return tap_done();
}
