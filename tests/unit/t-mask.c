/* SPDX-License-Identifier: MIT
 * lib/digest/mask, regex, group and severity: which records are one template,
 * and how bad they say that they are. */
#include "tap.h"

#include "digest/group.h"
#include "digest/mask.h"
#include "digest/regex.h"
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
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_str(masked(m, rows[i][0]), rows[i][1], "\"%.40s\" is masked",
		    i == 35 ? "a line's end" : rows[i][0]);
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

static struct hw_group place(struct hw_group_memory *g, const char *text)
{
	return hw_group_place(g, view(text));
}

static void groups(void)
{
	struct hw_group_memory g;
	struct hw_err e = {0};
	struct hw_group x, y;

	is_int(hw_group_init(&g, NULL, &e), HW_OK, "groups");
	x = place(&g, "<time> cron starts job alpha for now");
	ok(!x.variant && x.open == 0, "the first of its kind is itself");
	x = place(&g, "<time> cron starts job beta for now");
	ok(x.variant && x.word.n == 4 && memcmp(x.word.p, "beta", 4) == 0,
	    "one that differs in a word is a variant, by that word");
	(void)place(&g, "<time> cron starts job gamma for now");
	x = place(&g, "<time> cron starts job delta for now");
	y = place(&g, "<time> cron starts job epsilon for now");
	ok(x.open == 5 && y.open == 5 && x.id == y.id,
	    "from the fourth spelling on the word is free");
	y = place(&g, "<time> cron starts job failed for now");
	ok(y.open == 0 && y.id != x.id, "but not a word that hints at trouble");
	x = place(&g, "a b <num>");
	y = place(&g, "a c <num>");
	ok(!y.variant, "few words are compared as a whole");
	hw_group_release(&g);
}

static void severities(void)
{
	static const struct {
		const char *text;
		enum hw_severity severity;
		bool trouble;
	} rows[] = {
	    {"<11>app: x", HW_SEV_ERROR, false},
	    {"<0>app: x", HW_SEV_FATAL, false},
	    {"<14>app: error later", HW_SEV_INFO, false},
	    {"<999>app", HW_SEV_NONE, false},
	    {"E1125 03:05:00.1 x", HW_SEV_ERROR, false},
	    {"[info] all error counters are 0", HW_SEV_INFO, false},
	    {"level=warn msg", HW_SEV_WARN, false},
	    {"{\"level\":\"error\"}", HW_SEV_ERROR, false},
	    {"INFO ready", HW_SEV_INFO, false},
	    {"user info was updated", HW_SEV_NONE, false},
	    {"db: LOG:  checkpoint", HW_SEV_INFO, false},
	    {"kernel panic - not syncing", HW_SEV_FATAL, false},
	    {"an error occurred", HW_SEV_ERROR, false},
	    {"errors: 0", HW_SEV_NONE, false},
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

int main(void)
{
	struct hw_mask *m = NULL;
	struct hw_err e = {0};

	if (hw_mask_open(&m, MAX, NULL, &e) != HW_OK) {
		printf("Bail out! %s\n", e.msg);
		return 1;
	}
	masks(m);
	ids(m);
	hostile(m);
	hw_mask_close(m);
	limits();
	groups();
	severities();
	return tap_done();
}
