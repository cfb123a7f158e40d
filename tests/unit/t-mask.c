/* SPDX-License-Identifier: MIT
 * lib/digest/mask, regex, group and severity: which records are one template,
 * and how bad they say that they are. */
#include "tap.h"

#include "digest/group.h"
#include "digest/mask.h"
#include "base/regex.h"
#include "digest/severity.h"

#define MAX 4096

static struct hw_view view(const char *s)
{
	return (struct hw_view){(const unsigned char *)s, strlen(s)};
}

static const char *masked(struct hw_mask *m, const char *text)
{
	static char out[3 * MAX + 64];
	struct hw_view v = hw_mask_text(m, view(text));

	snprintf(out, sizeof(out), "%.*s", (int)v.n, (const char *)v.p);
	return out;
}

static void masks(struct hw_mask *m)
{
	static const char *const rows[][2] = {
	    {"plain words stay", "plain words stay"},
	    {"port 51234 ssh2", "port <num> ssh<num>"},
	    {"sshd[4711]: up", "sshd[<pid>]: up"},
	    {"value -17.5", "value <num>"},
	    {"from 10.2.3.4 port", "from <ip> port"},
	    {"to 10.2.3.4:6379.", "to <ip>."},
	    {"at fe80::1:2ff ok", "at <ip> ok"},
	    {"at 2001:db8:1:2:3:4:5:6 ok", "at <ip> ok"},
	    {"std::vector", "std::vector"},
	    {"eth0 52:54:00:12:34:56 up", "eth<num> <mac> up"},
	    {"req 550e8400-e29b-41d4-a716-446655440000", "req <uuid>"},
	    {"at 0xDEADbeef", "at <hex>"},
	    {"commit 9f3c21aa77", "commit <hex>"},
	    {"deadbeef is a word", "deadbeef is a word"},
	    {"read /var/lib/x/y.db now", "read <path> now"},
	    {"GET /health HTTP", "GET /health HTTP"},
	    {"see https://a.b/c?d=1 now", "see <url> now"},
	    {"took 12ms", "took <dur>"},
	    {"took 1.5s", "took <dur>"},
	    {"wrote 14.5 MB", "wrote <size>"},
	    {"wrote 100 bytes", "wrote <size>"},
	    {"ids 1, 2,3, 4 end", "ids <num> end"},
	    {"1 2 3", "<num> <num> <num>"},
	    {"\"GET /a/b HTTP/1.1\" 503 612",
		"\"GET <path> HTTP/<num>\" 503 <num>"},
	    {"status=404 in 3", "status=404 in <num>"},
	    {"exit code 137", "exit code 137"},
	    {"Invalid user oracle from", "Invalid user <user> from"},
	    {"password for root from", "password for <user> from"},
	    {"user=ann id", "user=<user> id"},
	    {"Nov 25 03:05:00 web", "<time> web"},
	    {"Nov  5 03:05:00 web", "<time> web"},
	    {"2026-11-25T03:05:00.123Z web", "<time> web"},
	    {"2026-11-25 03:05:00,123 web", "<time> web"},
	    {"[25/Nov/2026:03:05:00 +0000] web", "[<time>] web"},
	    {"[12345.678901] usb", "<time> usb"},
	    {"line\r\n", "line"},
	    {"", ""},
	    {"I1125 03:05:00.123456 x", "I<time> x"},
	    {"081109 203615 148 INFO", "<time> <num> INFO"},
	    {"17/06/09 20:10:40 INFO", "<time> INFO"},
	    {"03-17 16:13:38.811 D", "<time> D"},
	    {"[10.30 16:49:06] x", "[<time>] x"},
	    {"25-Nov-2026 09:28:45.123 client", "<time> client"},
	    {"25 Nov 2026 09:28:45.123 # x", "<time> # x"},
	    {"20171223-22:15:29:606|x", "<time>|x"},
	    {"2005-06-03-15.42.50.675872 R", "<time> R"},
	    {"1795598925: x", "<time>: x"},
	    {"for <ann.b+c@mail.example.org>", "for <<mail>>"},
	    {"getty@tty1.service: up", "getty@tty<num>.service: up"},
	    {"at ns1.example.co.uk. now", "at <host>. now"},
	    {"com.example.io.Reader: x", "com.example.io.Reader: x"},
	    {"1xW9NP-0002YR-0J => a", "<id> => a"},
	    {"<MbpS0xZhR4sKFAJD>", "<<id>>"},
	    {"mqttjs_8a4d4725 gone", "mqttjs_<hex> gone"},
	    {"key SHA256:ub9LKc7Zq8jT1hV2o3p4q5r6s7t8u9v0w1x2y3z4A5B",
		"key <hash>"},
	    {"md5 d41d8cd98f00b204e9800998ecf8427e", "md<num> <hash>"},
	    {"sha256 of ed25519 on x86_64 by utf8", "sha<num> of ed<num> on "
		"x<num>_<num> by utf<num>"},
	    {"Wed Nov 25 03:05:00 2026 web", "<time> web"},
	    {"[Wed, 25 Nov 2026 03:05:00] web", "[<time>] web"},
	    {"Sun never sets", "Sun never sets"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_str(masked(m, rows[i][0]), rows[i][1], "\"%.40s\" is masked",
		    i == 35 ? "a line's end" : rows[i][0]);
}

/* What only certain logs have. */
static void formats(struct hw_mask *m)
{
	static const char *const rows[][3] = {
	    {"an access log",
	        "1.2.3.4 - - \"GET /a/b HTTP/1.1\" 200 9 \"-\" \"curl/7.88.1\"",
	        "<ip> - - \"GET <path> HTTP/<num>\" 200 <num> <referrer> "
	        "<agent>"},
	    {"one that goes on",
	        "\"GET / HTTP/1.0\" 200 - \"http://a.org/x\" \"Mozilla/5.0 "
	        "(X11; rv:1) Gecko/2\" \"4.3.2.1\"",
	        "\"GET / HTTP/<num>\" 200 - <referrer> <agent> \"<ip>\""},
	    {"other things in quotes",
	        "expected \"a b\" \"c d\"", "expected \"a b\" \"c d\""},
	    {"an event of Windows",
	        "<EventID Qualifiers='0'>4625</EventID><Task>12</Task>",
	        "<EventID Qualifiers='0'>4625</EventID><Task><num></Task>"},
	    {"one in pairs", "EventID=7036 RecordNumber=81",
	        "EventID=7036 RecordNumber=<num>"},
	    {"MongoDB",
	        "{\"c\":\"COMMAND\",\"id\":51803,\"ctx\":\"conn7\"",
	        "{\"c\":\"COMMAND\",\"id\":51803,\"ctx\":\"conn<num>\""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_str(masked(m, rows[i][1]), rows[i][2], "%s is masked",
		    rows[i][0]);
}

/* Colours are no part of what is said: with them or without, it is the same
 * template, and its parts are found where they are. */
static void colours(struct hw_mask *m)
{
	static const char text[] = "\033[32m2026-11-25T03:05:00Z\033[0m "
	    "\033[1;31mERROR\033[0m took \033[33m12ms\033[0m of it";
	const struct hw_span *s;
	size_t n;

	is_str(masked(m, text), "<time> ERROR took <dur> of it",
	    "a template has no colours");
	s = hw_mask_spans(m, &n);
	ok(n == 2 && strncmp(text + s[0].from, "2026-", 5) == 0 &&
	    strncmp(text + s[0].to, "\033[0m ", 5) == 0 &&
	    strncmp(text + s[1].from, "12ms\033", 5) == 0 &&
	    strncmp(text + s[1].to, "\033[0m of", 7) == 0,
	    "what varies lies between them");
	is_str(text + hw_mask_where(m, strlen("<time> ")),
	    strstr(text, "ERROR"), "a word is found behind them");
	is_str(text + hw_mask_where(m, strlen("<time> ERROR took <dur> of i")),
	    "t", "and behind many of them");
	is_str(text + hw_mask_where(m, 1), strstr(text, "2026"),
	    "within a mask, it is where that begins");
	is_str(masked(m, "\033[mE1125 03:05:00.1 x\033[K"), "E<time> x",
	    "a line begins behind them");
	is_str(masked(m, "\033[ and \033[31"), "\033[ and \033[<num>",
	    "what is none stays");
}

/* The id is part of what is stored and merged across hosts. */
static void ids(struct hw_mask *m)
{
	struct hw_view v = hw_mask_text(m,
	    view("Nov 25 03:05:00 web-1 up 3 days"));
	uint64_t id = hw_mask_id(v);
	size_t n;
	const struct hw_span *s = hw_mask_spans(m, &n);

	ok(n == 3 && s[0].unique && s[0].from == 0 && s[0].to == 15 &&
	    !s[1].unique && s[1].from == 20 && s[1].to == 21 && s[2].from == 25,
	    "what was masked is found where it is");
	ok(id == UINT64_C(0x39bb0220b19e0130), "an id is a format: got %#"
	    PRIx64, id);
	v = hw_mask_text(m, view("Nov 26 13:15:10 web-22 up 77 days"));
	ok(hw_mask_id(v) == id, "other values, the same template");
	v = hw_mask_text(m, view("Nov 26 13:15:10 web-22 down 77 days"));
	ok(hw_mask_id(v) != id, "another word, another template");
}

static void hostile(struct hw_mask *m)
{
	static unsigned char big[2 * MAX];
	struct hw_view v;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = i % 2 ? ' ' : '1';
	v = hw_mask_text(m, (struct hw_view){big, sizeof(big)});
	is_int(v.n, MAX / 2 * 6, "the worst growth fits, input is capped");
	for (int c = 0; c < 256; c++) {
		memset(big, c, MAX);
		v = hw_mask_text(m, (struct hw_view){big, MAX});
		if (v.n > 3 * MAX + 16)
			break;
	}
	ok(v.n <= 3 * MAX + 16, "any byte, 4096 times");
	v = hw_mask_text(m, (struct hw_view){(const unsigned char *)
	    "a\0b 7\0\n", 7});
	ok(v.n == 10 && memcmp(v.p, "a\0b <num>\0", 10) == 0, "NULs stay");
}

static void limits(void)
{
	struct hw_err e = {0};
	struct hw_regex r;
	struct hw_match m;
	static char as[300];

	is_int(hw_regex_init(&r, "a(b", "--on", NULL, &e), HW_USAGE,
	    "a broken pattern is a usage error");
	ok(strstr(e.msg, "--on: ") == e.msg && strstr(e.msg, "character 4"),
	    "which names the place");
	memset(as, 'a', sizeof(as) - 1);
	is_int(hw_regex_init(&r, "^(a+)+$", "t", NULL, &e), HW_OK, "compiles");
	as[sizeof(as) - 2] = '!';
	ok(!hw_regex_find(&r, view(as), 0, &m) && r.limited == 1,
	    "a match that explodes gives up, and is counted");
	ok(hw_regex_find(&r, view("aaa"), 0, &m), "others still match");
	hw_regex_release(&r);
}

static struct hw_group place(struct hw_group_memory *g, struct hw_mask *m,
    const char *text)
{
	struct hw_group x;
	struct hw_view v = hw_mask_text(m, view(text));
	size_t n;
	const struct hw_span *s = hw_mask_spans(m, &n);

	hw_group_place(g, v, s, n, true, &x);
	return x;
}

static const char *text_of(struct hw_group x)
{
	static char out[256];

	snprintf(out, sizeof(out), "%.*s", (int)x.text.n,
	    (const char *)x.text.p);
	return out;
}

/* Whose places have opened: a filter may say so of one too many, never of one
 * too few. */
static void touched(struct hw_mask *m)
{
	static const char *const jobs[] = {"alpha", "beta", "gamma", "delta"};
	struct hw_group_set cron, disk, any = {{0}};
	struct hw_group_memory g;
	struct hw_err e = {0};
	char s[128];
	bool all = true;

	if (hw_group_init(&g, 3 * MAX + 16, NULL, &e) != HW_OK)
		return;
	(void)place(&g, m, "disk sda is full to the brim");
	hw_group_stood(&g, &disk);
	(void)place(&g, m, "cron starts job alpha for now");
	hw_group_stood(&g, &cron);
	ok(!hw_group_is_touched(&g, &cron), "no place has opened yet");
	for (int i = 0; i < 4; i++) {
		snprintf(s, sizeof(s), "cron starts job %s for now", jobs[i]);
		(void)place(&g, m, s);
	}
	ok(hw_group_is_touched(&g, &cron), "a text whose place opened");
	ok(!hw_group_is_touched(&g, &disk), "and one whose did not");
	ok(hw_group_is_touched(&g, &any), "one of which nothing is known may");
	hw_group_settle(&g);
	ok(!hw_group_is_touched(&g, &cron) && !hw_group_is_touched(&g, &any),
	    "what was settled is no longer told");
	for (int k = 0; k < 2 * HW_OPENED; k++) {
		char gap[12] = {0}; /* part of the place: each has its own */

		for (int bit = 0; bit < 10; bit++)
			gap[bit] = k >> bit & 1 ? ':' : ';';
		for (int i = 0; i < 4; i++) {
			snprintf(s, sizeof(s), "it is %s%s now", gap, jobs[i]);
			(void)place(&g, m, s);
			if (i == 0 && k == 7)
				hw_group_stood(&g, &cron);
		}
		all = all && (k < 7 || hw_group_is_touched(&g, &cron));
	}
	ok(all && hw_group_is_touched(&g, &disk),
	    "where too many opened, all may have");
	hw_group_release(&g);
}

static void groups(struct hw_mask *m)
{
	static const char *const jobs[] = {"alpha", "beta", "gamma", "delta",
	    "epsilon", "zeta", "eta", "theta"};
	struct hw_group_memory g;
	struct hw_err e = {0};
	struct hw_group x, y;
	char s[128];

	is_int(hw_group_init(&g, 3 * MAX + 16, NULL, &e), HW_OK, "groups");
	x = place(&g, m, "cron starts job alpha for now");
	is_int(x.sight, HW_SIGHT_NEW, "the first of its kind is new");
	for (int i = 0; i < 40; i++)
		x = place(&g, m, "cron starts job alpha for now");
	is_int(x.sight, HW_SIGHT_KNOWN, "then it is known");
	x = place(&g, m, "cron starts job beta for now");
	ok(x.sight == HW_SIGHT_VARIANT && x.seldom > 5 && x.from == 16 &&
	    x.to == 20, "one that differs in a word is a variant, by that "
	    "word, and one in so many");
	for (int i = 0; i < 8; i++) {
		snprintf(s, sizeof(s), "cron starts job %s for now", jobs[i]);
		y = x;
		x = place(&g, m, s);
	}
	ok(x.id == y.id, "a place that had many words is free");
	is_str(text_of(x), "cron starts job <*> for now", "and shown as such");
	ok(x.n_free == 1 && x.free[0].from == 16 && x.free[0].to == 21,
	    "where it is");
	y = place(&g, m, "cron starts job failed for now");
	ok(strcmp(text_of(y), "cron starts job failed for now") == 0 &&
	    y.alarming, "but a word that hints at trouble is none's value");
	for (int i = 0; i < 64; i++) {
		snprintf(s, sizeof(s), "%s copied %s to %s", jobs[i % 8],
		    jobs[i / 8], jobs[(i + i / 8) % 8]);
		x = place(&g, m, s);
	}
	is_str(text_of(x), "<*> copied <*> to <*>",
	    "several words of a line are free together");
	for (int i = 0; i < 20; i++) {
		snprintf(s, sizeof(s), "login [%s] as [%s] %s",
		    jobs[i % 8], jobs[i % 8], i % 2 ? "ok" : "late");
		x = place(&g, m, s);
	}
	is_str(text_of(x), "login [<*>] as [<*>] ok",
	    "a word that comes twice is no neighbour of itself");
	for (int i = 0; i < 8; i++) {
		snprintf(s, sizeof(s), "web-%d %s[%d]: up", i, jobs[i], i);
		x = place(&g, m, s);
	}
	is_str(text_of(x), "web-<num> theta[<pid>]: up",
	    "a program keeps its name");
	hw_group_release(&g);
}

/* Where new things come all the time, one more of them tells little. */
static void foreseen(struct hw_mask *m)
{
	struct hw_group_memory g;
	struct hw_err e = {0};
	struct hw_group x;
	char s[128];

	is_int(hw_group_init(&g, 3 * MAX + 16, NULL, &e), HW_OK, "groups");
	for (int i = 0; i < 300; i++) {
		snprintf(s, sizeof(s), "note from ann: %c%c%c and %c%c%c%c",
		    'a' + i % 26, 'a' + i / 26, 'q', 'z' - i % 26, 'k',
		    'b' + i / 26, 'a' + i % 25);
		(void)place(&g, m, s);
		(void)place(&g, m, "audit of the host is clean");
	}
	x = place(&g, m, "note from ann: buy milk, bread, tea");
	ok(x.sight == HW_SIGHT_NEW && x.unforeseen < 1,
	    "a new text where each is new was to be foreseen");
	x = place(&g, m, "audit of the disk has found nothing");
	ok(x.sight == HW_SIGHT_NEW && x.unforeseen > 6,
	    "one where none was is not");
	x = place(&g, m, "audit of the host is clean");
	ok(!(x.unforeseen > 0), "and of what is known nothing is asked");
	hw_group_release(&g);
}

static void own_masks(void)
{
	static const char rules[] = "# ours\n\nticket [A-Z]{2,4}-\\d+\n"
	    "- port \\d+\r\npair (\\w)=\\1\n";
	static const struct {
		const char *rules, *why;
	} bad[] = {
	    {"ok a\nticket (\n", "masks: line 2: "},
	    {"Ticket a\n", "masks: line 1: "},
	    {"ticket\n", "masks: line 1: "},
	};
	struct hw_mask *m = NULL;
	struct hw_err e = {0};

	is_int(hw_mask_open(&m, MAX, rules, NULL, &e), HW_OK, "own masks");
	is_str(masked(m, "OPS-17 on port 22 of 10.2.3.4, x=x, x=y"),
	    "<ticket> on port 22 of <ip>, <pair>, x=y",
	    "own masks come first, and each numbers its groups");
	is_str(masked(m, "2026-11-25 03:05:00 up"), "<time> up",
	    "ours go on as they were");
	hw_mask_close(m);
	is_int(hw_mask_open(&m, MAX, "x a*", NULL, &e), HW_OK, "a*");
	is_str(masked(m, "baab"), "b<x>b", "a mask of nothing masks nothing");
	hw_mask_close(m);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e = (struct hw_err){0};
		is_int(hw_mask_open(&m, MAX, bad[i].rules, NULL, &e), HW_USAGE,
		    "a bad line is a usage error");
		ok(strncmp(e.msg, bad[i].why, strlen(bad[i].why)) == 0,
		    "which is told by its number");
	}
}

/* What the user masks is found behind colours as well, if it is nothing. */
static void own_behind(void)
{
	struct hw_mask *m = NULL;
	struct hw_err e = {0};
	const struct hw_span *s;
	size_t n;

	is_int(hw_mask_open(&m, MAX, "x b\\K", NULL, &e), HW_OK, "b\\K");
	is_str(masked(m, "a\033[1mb\033[mc"), "ab<x>c", "a mask of nothing");
	s = hw_mask_spans(m, &n);
	ok(n == 1 && s[0].from == 9 && s[0].to == 9, "has no bytes");
	hw_mask_close(m);
}

static void severities(void)
{
	static const struct {
		const char *text;
		enum hw_severity severity;
		bool trouble;
	} rows[] = {
	    {"<11>app: x", HW_SEV_NONE, false},
	    {"[info] all error counters are 0", HW_SEV_INFO, false},
	    {"level=warn msg", HW_SEV_WARN, false},
	    {"{\"level\":\"error\"}", HW_SEV_ERROR, false},
	    {"INFO ready", HW_SEV_INFO, false},
	    {"user info was updated", HW_SEV_NONE, false},
	    {"db: LOG:  checkpoint", HW_SEV_INFO, false},
	    {"kernel panic - not syncing", HW_SEV_FATAL, false},
	    {"an error occurred", HW_SEV_ERROR, false},
	    {"errors: 0", HW_SEV_NONE, false},
	    {"installed libgpg-error 1.46", HW_SEV_NONE, false},
	    {"GET /srv/error_log.txt", HW_SEV_NONE, false},
	    {"put error.go in place", HW_SEV_NONE, false},
	    {"disk-ERROR of sda", HW_SEV_ERROR, false},
	    {"daemon.err dnsmasq[1]: none", HW_SEV_ERROR, false},
	    {"it ended with an error.", HW_SEV_ERROR, false},
	    {"connection refused", HW_SEV_NONE, true},
	    {"Failed password", HW_SEV_NONE, true},
	    {"CRITICAL: pool exhausted", HW_SEV_FATAL, true},
	    {"", HW_SEV_NONE, false},
	};
	bool trouble;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum hw_severity s = hw_severity_read(view(rows[i].text),
		    &trouble);

		ok(s == rows[i].severity && trouble == rows[i].trouble,
		    "severity of \"%s\"", rows[i].text);
	}
}

/* What the first bytes of a record say, whatever its words. */
static void heads(void)
{
	static const struct {
		const char *text;
		enum hw_severity severity;
	} rows[] = {
	    {"<11>app: x", HW_SEV_ERROR},
	    {"<0>app: x", HW_SEV_FATAL},
	    {"<14>app: error later", HW_SEV_INFO},
	    {"<999>app", HW_SEV_NONE},
	    {"<>app", HW_SEV_NONE},
	    {"<3", HW_SEV_NONE},
	    {"E1125 03:05:00.1 x", HW_SEV_ERROR},
	    {"W1125 03:05:00.1 x", HW_SEV_WARN},
	    {"E112 03:05:00.1 x", HW_SEV_NONE},
	    {"ERROR x", HW_SEV_NONE},
	    {"", HW_SEV_NONE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_int(hw_severity_head(view(rows[i].text)), rows[i].severity,
		    "what \"%s\" begins with", rows[i].text);
	is_int(hw_severity_head(view("\033[0m\033[31m<4>x")), HW_SEV_WARN,
	    "behind colours, too");
}

int main(void)
{
	struct hw_mask *m = NULL;
	struct hw_err e = {0};

	if (hw_mask_open(&m, MAX, NULL, NULL, &e) != HW_OK) {
		printf("Bail out! %s\n", e.msg);
		return 1;
	}
	masks(m);
	formats(m);
	colours(m);
	ids(m);
	hostile(m);
	touched(m);
	groups(m);
	foreseen(m);
	hw_mask_close(m);
	own_masks();
	own_behind();
	limits();
	severities();
	heads();
	return tap_done();
}
