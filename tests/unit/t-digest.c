/* SPDX-License-Identifier: MIT
 * lib/digest as a whole, on a vocabulary whose tokens are bytes: windows,
 * rows and their rules, memory that stays what it is. */
#include "bed.h"

#include "digest/rank.h"
#include "digest/table.h"
#include "digest/trigram.h"

static void quiet(void)
{
	struct bed b = bed(hundred());

	ordinary(&b, 1);
	ok(b.w->learning && b.w->n_rows == 2, "the first window learns");
	ordinary(&b, 5);
	is_int(b.windows, 6, "a window each 100 records");
	ok(!b.w->learning && b.w->n_rows == 0, "a quiet window has no rows");
	is_int(b.w->records, 100, "its records are counted");
	is_int(b.w->groups, 2, "in two groups");
	is_int(b.w->severity[HW_SEV_INFO], 100, "all INFO");
	is_int(b.w->first_line, 501, "from line 501");
	is_int(b.w->last_line, 600, "to line 600");
	is_int(b.w->prev_records, 100, "and so many before");
	is_int(b.w->index, 6, "it is the sixth");
	done(&b);
}

static void new_rows(void)
{
	struct bed b = bed(hundred());
	const struct hw_row *r;
	char s[100];

	ordinary(&b, 4);
	for (int i = 0; i < 30; i++) {
		snprintf(s, sizeof(s), "ERROR pool: no connection to 10.0.0.%d"
		    " for %dms\n", i, i * 7);
		say(&b, s);
	}
	say(&b, "DEBUG cache has been warmed by the nightly job\n");
	ordinary(&b, 1);
	r = row(b.w, HW_ROW_NEW,
	    "ERROR pool: no connection to <ip> for <dur>");
	ok(r != NULL && r->count == 30, "a new error: one row, exact count");
	ok(r == b.w->rows, "before the new DEBUG line");
	ok(r != NULL && r->first_line == 401 && r->last_line == 430 &&
	    r->line == 401, "its lines");
	ok(r != NULL && r->severity == HW_SEV_ERROR && r->n > 30 &&
	    r->ids[0] == 'E' && r->ids[r->n - 1] == '\n', "its sample");
	is_int(b.w->kinds[HW_ROW_NEW], 2, "two are new");
	is_int(b.w->severity[HW_SEV_ERROR], 30, "30 errors");
	ordinary(&b, 1);
	ok(row(b.w, HW_ROW_NEW, "ERROR pool: no connection to <ip> for <dur>")
	    == NULL, "new is said once");
	done(&b);
}

static void changes(void)
{
	struct bed b = bed(hundred());
	const struct hw_row *r;

	ordinary(&b, 6);
	for (int i = 0; i < 80; i++, b.now += 1000)
		say(&b, "INFO heartbeat of worker-9 is fine\n");
	ordinary(&b, 1);
	r = row(b.w, HW_ROW_UP, "INFO heartbeat of worker-<num> is fine");
	ok(r != NULL && r->count == 84 && r->prev_count == 20, "UP 20 to 84");
	ok(r != NULL && r->line == 601, "its sample is of this window");
	/* The window is 80 records further on now: 20 of the next are in. */
	for (int i = 0; i < 20; i++, b.now += 1000)
		say(&b, "INFO served request 1 in good time\n");
	ordinary(&b, 6);
	for (int i = 0; i < 100; i++, b.now += 1000)
		say(&b, "INFO served request 1 in good time\n");
	r = row(b.w, HW_ROW_GONE, "INFO heartbeat of worker-<num> is fine");
	ok(r != NULL && r->count == 0 && r->prev_count == 20, "GONE");
	for (int i = 0; i < 100; i++, b.now += 1000)
		say(&b, "INFO served request 1 in good time\n");
	ok(b.w->kinds[HW_ROW_GONE] == 0, "is said once");
	done(&b);
}

static void rare(void)
{
	struct bed b = bed(hundred());

	ordinary(&b, 1);
	say(&b, "WARN certificate of the mail gate ends soon\n");
	ordinary(&b, 8);
	say(&b, "WARN certificate of the mail gate ends soon\n");
	ordinary(&b, 1);
	ok(row(b.w, HW_ROW_RARE, "WARN certificate of the mail gate ends soon")
	    != NULL, "a known one that is seldom seen is RARE");
	done(&b);
}

/* 98 records: a load that varies, and its place in one of them odd to the
 * model. */
static void loads(struct bed *b, int odd_record)
{
	char s[64];

	for (int i = 0; i < 98; i++) {
		snprintf(s, sizeof(s), "INFO load is %d now\n",
		    1000 + i * 7919 % 9000);
		put(b, s, strlen(s), i == odd_record ? 15 : 1 << 20);
	}
}

static void odd_values(void)
{
	struct bed b = bed(hundred());
	const char *line = "INFO listening on port 5432 again\n";
	const struct hw_row *r;

	for (int i = 0; i < 250; i++)
		put(&b, line, strlen(line), 25);
	put(&b, line, strlen(line), 1 << 20);
	for (int i = 0; i < 49; i++)
		put(&b, line, strlen(line), 25);
	is_int(b.w->kinds[HW_ROW_ODD], 0,
	    "a value that its place has had is not odd");
	say(&b, "INFO listening on port 5433 again\n");
	for (int i = 0; i < 99; i++)
		put(&b, line, strlen(line), 25);
	r = row(b.w, HW_ROW_ODD, "INFO listening on port <num> again");
	ok(r != NULL && r->odd_at == 23 && r->odd_len == 4 && r->line == 301,
	    "one that never changed did, without scores");
	loads(&b, -1);
	say(&b, line);
	say(&b, line);
	loads(&b, 50);
	say(&b, line);
	say(&b, line);
	r = row(b.w, HW_ROW_ODD, "INFO load is <num> now");
	ok(r != NULL && r->odd_at == 13 && r->odd_len == 4,
	    "one that varies is odd to the model");
	ok(r != NULL && r->line == 551 && fabs(r->odd - 39) < 1e-6 &&
	    fabs(r->bits - (40 + 21)) < 1e-6, "its sample is that record");
	is_int(b.w->scored, 98, "so many were scored");
	is_int(b.w->kinds[HW_ROW_ODD], 1, "and nothing else is odd");
	/* A word instead. */
	for (int i = 0; i < 50; i++)
		say(&b, "INFO unit nginx entered the running state\n");
	say(&b, "INFO unit nginx entered the zombie state\n");
	for (int i = 0; i < 49; i++)
		say(&b, "INFO unit nginx entered the running state\n");
	r = row(b.w, HW_ROW_ODD, "INFO unit nginx entered the zombie state");
	ok(r != NULL && r->odd_at == 28 && r->odd_len == 6,
	    "a swapped word is odd, without scores");
	done(&b);
}

#define LOUD "INFO pump east turned to loud mode"
#define FAIL "INFO pump east turned to fail mode"

/* A window with a load that is odd to the model, or with none; how many are
 * ODD. */
static int load_window(struct bed *b, bool odd)
{
	loads(b, odd ? 50 : -1);
	say(b, "INFO all is well\n");
	say(b, "INFO all is well\n");
	return (int)b->w->kinds[HW_ROW_ODD];
}

/* One that goes on from what b knows; a baseline is of another time. */
static int goes_on(struct bed *b, bool baseline)
{
	struct bed again = bed(hundred());
	struct hw_view state = {NULL, 0};
	int odd;

	if (hw_digest_save(b->d, &state, &b->e) != HW_OK ||
	    hw_digest_load(again.d, state, baseline, &again.e) != HW_OK)
		printf("Bail out! no state\n");
	odd = load_window(&again, true);
	done(&again);
	return odd;
}

/* A place where tokens are odd by nature is told once. */
static void rings(void)
{
	struct bed b = bed(hundred());

	for (int i = 0; i < 3; i++)
		(void)load_window(&b, false);
	is_int(load_window(&b, true), 1, "an odd token is told");
	is_int(load_window(&b, true), 0, "not in the window after");
	is_int(goes_on(&b, false), 0, "nor where a state goes on");
	is_int(goes_on(&b, true), 1, "but where it is a baseline");
	for (int i = 0; i < 5; i++)
		(void)load_window(&b, false);
	is_int(load_window(&b, true), 1, "and when there was none in five");
	done(&b);
}

/* 100 records: n of a pump that is now slow, now fast, and then that; odd_at:
 * where it surprises. */
static void pump(struct bed *b, int n, const char *then, int odd_at)
{
	static const char *const says[] = {
	    "INFO pump east turned to slow mode\n",
	    "INFO pump east turned to fast mode\n"};

	for (int i = 0; i < 100 - n - (then != NULL); i++)
		put(b, "INFO all is well\n", 17, 1 << 20);
	for (int i = 0; i < n; i++)
		put(b, says[i & 1], strlen(says[i & 1]), 1 << 20);
	if (then != NULL)
		put(b, then, strlen(then), odd_at);
}

/* A word that is new to a place that has had few is no news in itself. */
static void odd_at_first_sight(void)
{
	for (int surprising = 0; surprising < 2; surprising++) {
		struct bed b = bed(hundred());
		const struct hw_row *r;

		pump(&b, 20, NULL, 0);
		pump(&b, 10, LOUD "\n", surprising ? 25 : 1 << 20);
		r = row(b.w, HW_ROW_ODD, LOUD);
		if (surprising)
			ok(r != NULL && r->odd_at == 25 && r->odd_len == 4,
			    "a word is odd at first sight to the model");
		else
			is_int(b.w->kinds[HW_ROW_ODD], 0,
			    "not if it did not surprise");
		done(&b);
	}
}

/* What is new is not a familiar line, whatever else it is. */
static void odd_and_new(void)
{
	struct bed b = bed(hundred());
	const struct hw_row *r;

	pump(&b, 20, NULL, 0);
	pump(&b, 10, FAIL "\n", 25);
	r = row(b.w, HW_ROW_NEW, FAIL);
	is_int(b.w->kinds[HW_ROW_ODD], 0, "what is new is not ODD");
	ok(r != NULL && r->odd_at == 25 && r->odd_len == 4,
	    "its row has the mark");
	done(&b);
}

/* What the first window shows, and what no window shows. */
static void order(void)
{
	struct bed b = bed(hundred());
	const struct hw_row *r;
	char s[100];

	for (int i = 0; i < 98; i++)
		say(&b, i % 2 ? "one of two lines that come all the time\n" :
		    "another line which comes time and again\n");
	say(&b, "nobody has ever seen this before today\n");
	say(&b, "FATAL nobody has ever seen that before\n");
	ok(b.w->n_rows == 4 && b.w->rows[0].severity == HW_SEV_FATAL,
	    "while learning, the severe come first");
	is_int(b.w->rows[1].line, 99, "then the rare");
	for (int i = 0; i < 8; i++) {
		snprintf(s, sizeof(s), "the job named %c%c%c has been done by"
		    " now\n", 'a' + i, 'b' + i, 'c' + i);
		say(&b, s);
	}
	for (int i = 0; i < 92; i++)
		say(&b, "one of two lines that come all the time\n");
	r = row(b.w, HW_ROW_NEW, "the job named <*> has been done by now");
	ok(r != NULL && r->count == 8 && b.w->kinds[HW_ROW_NEW] == 1,
	    "lines that differ in a free word are one template");
	is_int(b.w->groups, 2, "and were none other");
	for (int i = 0; i < 100; i++)
		say(&b, i == 50 ? "the job named xyz has been done by now\n" :
		    "one of two lines that come all the time\n");
	is_int(b.w->n_rows, 0, "another value of it is no news");
	for (int i = 0; i < 50; i++)
		say(&b, "INFO the port is 7 from now on\n");
	say(&b, "INFO the port is 8 from now on\n");
	for (int i = 0; i < 49; i++)
		say(&b, "INFO the port is 7 from now on\n");
	ok(row(b.w, HW_ROW_NEW, "INFO the port is <num> from now on") != NULL,
	    "a new template is new, whatever its values");
	done(&b);
}

static void gone_once(void)
{
	struct hw_entry x = {.last_window = 8};
	struct hw_rank_window w = {.index = 9, .records = 100,
	    .exposure = {60000, 100}};
	struct hw_ranked r;

	for (int i = 0; i < 50; i++)
		hw_rate_add(&x.rate, 50, w.exposure, &w.pool);
	ok(hw_rank_judge(&x, &w, &r) && r.kind == HW_ROW_GONE,
	    "what is missed is GONE");
	w.index = 10;
	ok(!hw_rank_judge(&x, &w, &r), "in the first window without it alone");
}

static void novelty(void)
{
	struct hw_vocab *v = bytes_vocab();
	uint32_t ids[] = {'a', ' ', '1', '2', ' ', 'b', 'c'};
	struct hw_span span = {.from = 2, .to = 4};
	struct hw_line l = {.vocab = v, .ids = ids, .n = 7, .spans = &span,
	    .n_spans = 1, .text = {(const unsigned char *)"a 12 bc", 7}};
	struct hw_trigram t;

	if (hw_trigram_init(&t, NULL, NULL) != HW_OK)
		return;
	ok(fabs(hw_news_novelty(&l, &t) - 5 * HW_NEWS_BITS) < 1e-9,
	    "five tokens outside the masked part are news");
	ok(fabs(hw_news_novelty(&l, &t) - 0.5 * HW_NEWS_BITS) < 1e-9,
	    "a tenth of that when they come again");
	ids[3] = '7';
	ok(fabs(hw_news_novelty(&l, &t) - 0.5 * HW_NEWS_BITS) < 1e-9,
	    "whatever the value is");
	ids[5] = 'x';
	ok(hw_news_novelty(&l, &t) > 2 * HW_NEWS_BITS, "another word is new");
	hw_trigram_release(&t);
	hw_vocab_close(v);
}

static void forgetting(void)
{
	struct hw_table t;

	if (hw_table_init(&t, 3, NULL, NULL) != HW_OK)
		return;
	for (uint64_t id = 1; id <= 3; id++)
		(void)hw_table_add(&t, id);
	ok(hw_table_find(&t, 1) != NULL, "found");
	(void)hw_table_add(&t, 4);
	ok(hw_table_find(&t, 1) != NULL && hw_table_find(&t, 2) == NULL &&
	    hw_table_find(&t, 3) != NULL && t.forgotten == 1,
	    "the least recently seen is forgotten");
	hw_table_rename(&t, hw_table_find(&t, 1), 5);
	ok(hw_table_find(&t, 1) == NULL && hw_table_find(&t, 5) != NULL,
	    "an entry takes another name");
	hw_table_remove(&t, hw_table_find(&t, 3));
	ok(t.n == 2 && hw_table_find(&t, 3) == NULL &&
	    hw_table_find(&t, 4) != NULL && hw_table_find(&t, 5) != NULL,
	    "one that is taken out leaves the others");
	(void)hw_table_add(&t, 6);
	(void)hw_table_add(&t, 7);
	ok(hw_table_find(&t, 4) == NULL && hw_table_find(&t, 5) != NULL &&
	    hw_table_find(&t, 6) != NULL && hw_table_find(&t, 7) != NULL &&
	    t.forgotten == 2, "in their order");
	hw_table_release(&t);
}

/* Each record says its own, also where they are one template. */
static void priorities(void)
{
	struct bed b = bed(hundred());
	const struct hw_row *r;

	for (int i = 0; i < 25; i++) {
		say(&b, "<3>2026-11-25T03:05:00Z web app: disk is slow\n");
		say(&b, "<30>2026-11-25T03:05:00Z web app: disk is slow\n");
		say(&b, "E1125 03:05:00.123456 1 x.go:1] no such pod\n");
		say(&b, "2026-11-25T03:05:00Z web app: disk is slow\n");
	}
	is_int(b.w->severity[HW_SEV_ERROR], 50, "by priority, and by letter");
	is_int(b.w->severity[HW_SEV_INFO], 25, "of one template, several");
	is_int(b.w->severity[HW_SEV_NONE], 25, "and none where none is named");
	r = row(b.w, HW_ROW_NEW, "E<time> <num> x.go:<num>] no such pod");
	ok(r != NULL && r->severity == HW_SEV_ERROR, "a row has it, too");
	r = row(b.w, HW_ROW_NEW, "<<num>><time> web app: disk is slow");
	ok(r != NULL && r->severity == HW_SEV_ERROR, "that of its sample");
	done(&b);
}

static void closings(void)
{
	struct bed b = bed((struct hw_digest_opts){.every_ms = 300000,
	    .on = "^=== ", .idle_ms = 600000});

	say(&b, "2020-01-01 10:01:00 a\n");
	say(&b, "2020-01-01 10:04:00 b\n");
	say(&b, "2020-01-01 10:05:00 c\n");
	ok(b.windows == 1 && b.w->closed_by == HW_CLOSED_TIME &&
	    b.w->records == 2 && b.w->log_clock,
	    "an old log is cut by its own clock");
	is_int(b.w->end_ms - b.w->start_ms, 240000, "from its first record");
	say(&b, "=== next\n");
	ok(b.windows == 2 && b.w->closed_by == HW_CLOSED_MATCH &&
	    b.w->records == 1, "a match begins a window");
	is_int(hw_digest_wait(b.d, b.now), 302000, "five minutes, and slack");
	b.now += 302000;
	drain(&b);
	ok(b.windows == 3 && b.w->closed_by == HW_CLOSED_TIME,
	    "time cuts without input");
	b.now += 600000;
	drain(&b);
	ok(b.windows == 4 && b.w->records == 0 && b.w->end_ms -
	    b.w->start_ms == 300000, "silence is one window");
	b.now += 6000000;
	drain(&b);
	is_int(b.windows, 4, "and no more");
	is_int(hw_digest_cut(b.d, HW_CLOSED_END, &b.w, &b.e), HW_END,
	    "no record, no window");
	say(&b, "2020-01-01 11:00:00 c\n");
	ok(hw_digest_cut(b.d, HW_CLOSED_SIGNAL, &b.w, &b.e) == HW_OK &&
	    b.w->partial && b.w->closed_by == HW_CLOSED_SIGNAL,
	    "a signal cuts a partial one");
	done(&b);
}

static void parts(void)
{
	struct bed b = bed((struct hw_digest_opts){.max_record = 64});

	b.flags = HW_RECORD_MORE;
	say(&b, "ERROR this is the first of ");
	b.flags = HW_RECORD_MORE | HW_RECORD_CONT;
	say(&b, "three parts, of which the last is cut ");
	b.flags = HW_RECORD_CONT;
	say(&b, "off\n");
	b.flags = 0;
	hw_digest_gap(b.d, 7);
	ok(hw_digest_cut(b.d, HW_CLOSED_END, &b.w, &b.e) == HW_OK &&
	    b.w->records == 1 && b.w->cut == 1 && b.w->bytes == 69,
	    "a record in parts is one record");
	ok(!b.w->partial, "a window without a size is whole at the end");
	ok(b.w->rows[0].n == 64 && b.w->rows[0].sample_cut &&
	    b.w->rows[0].line == 1, "its sample is cut, and says so");
	is_int(b.w->lost, 7, "what a gap left out is told");
	done(&b);
}

static void bounded(void)
{
	struct tap_alloc count = {0};
	struct hw_alloc a = {tap_alloc_get, tap_alloc_put, &count};
	struct hw_digest_opts o = hundred();
	struct bed b;
	long before;
	uint64_t seed = 7, sum = 0;

	o.alloc = &a;
	o.max_templates = 50;
	b = bed(o);
	before = count.count;
	for (int i = 0; i < 20000; i++) {
		char s[64];

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		for (int k = 0; k < 14; k++)
			s[k] = (char)(k % 5 == 4 ? ' ' :
			    'a' + (seed >> 4 * k) % 26);
		memcpy(s + 14, "\n", 2);
		say(&b, s);
		if (i % 100 == 99)
			sum += b.w->records;
	}
	is_int(count.count, before, "nothing allocates after the opening");
	ok(b.w->templates > 40 && b.w->templates <= 50,
	    "the table is full, or nearly: some templates became one");
	ok(b.w->forgotten > 10000, "it forgets, and counts that");
	is_int(sum, 20000, "and every record is counted");
	is_int(b.windows, 200, "in its window");
	done(&b);
	is_int(count.live, 0, "everything is released");
}

static void hostile(void)
{
	struct bed b = bed((struct hw_digest_opts){.every_records = 7,
	    .top = 32});
	static unsigned char p[66000];
	struct hw_record r = {.n = 1, .ids = &(uint32_t){999}};
	uint64_t seed = 99;

	for (int i = 0; i < 300; i++) {
		size_t n = i % 50 == 0 ? sizeof(p) : (size_t)i;

		for (size_t k = 0; k < n; k++) {
			seed = seed * 6364136223846793005u + 1;
			if (i % 3 == 0)
				p[k] = (unsigned char)(seed >> 56);
			else if (i % 3 == 1)
				p[k] = (unsigned char)i;
			else
				p[k] = (unsigned char)"<1[:/ a\0"[seed >> 61];
		}
		put(&b, p, n, (int)(seed >> 50) % 3 - 1);
	}
	is_int(b.windows, 300 / 7, "any bytes, of any length");
	is_int(hw_digest_record(b.d, &r, NULL, NOW, &b.e), HW_USAGE,
	    "an id outside the vocabulary is refused");
	done(&b);
}

static void out_of_memory(void)
{
	struct hw_vocab *v = bytes_vocab();
	long n;

	for (n = 1; n < 200; n++) {
		struct tap_alloc count = {.fail_at = n};
		struct hw_alloc a = {tap_alloc_get, tap_alloc_put, &count};
		struct hw_digest_opts o = {.alloc = &a, .vocab = v,
		    .max_templates = 10, .on = "x"};
		struct hw_digest *d = NULL;
		struct hw_err e = {0};
		enum hw_status st = hw_digest_open(&d, &o, &e);

		if (st == HW_OK)
			hw_digest_close(d);
		if (count.live != 0 || (st != HW_OK && st != HW_NOMEM))
			break;
		if (st == HW_OK && count.count < n)
			break;
	}
	ok(n > 15 && n < 200, "each of %ld allocations may fail", n - 1);
	hw_vocab_close(v);
}

int main(void)
{
	quiet();
	new_rows();
	changes();
	rare();
	odd_values();
	rings();
	odd_at_first_sight();
	odd_and_new();
	order();
	gone_once();
	novelty();
	forgetting();
	priorities();
	closings();
	parts();
	bounded();
	hostile();
	out_of_memory();
	return tap_done();
}
