/* SPDX-License-Identifier: MIT
 * lib/stream/lines, join, unwrap, member: records of several lines, and lines
 * that others wrapped. */
#include "tap.h"

#include "headwater.h"

static struct hw_lines *open_lines(enum hw_wrap wrap, const char *multiline,
    size_t max)
{
	struct hw_lines_opts o = {.wrap = wrap, .multiline = multiline,
	    .max_record = max};
	struct hw_lines *l = NULL;

	if (hw_lines_open(&l, &o, NULL) != HW_OK)
		exit(99);
	return l;
}

static char out[8192];
static size_t used;

static void drain(struct hw_lines *l)
{
	struct hw_lines_out o;

	while (hw_lines_next(l, &o) == HW_OK) {
		if (o.source.p != NULL)
			used += (size_t)snprintf(out + used,
			    sizeof(out) - used, "[%.*s]", (int)o.source.n,
			    (const char *)o.source.p);
		else
			used += (size_t)snprintf(out + used,
			    sizeof(out) - used, "%" PRIu64 "+%u:%.*s|",
			    o.piece.line, o.piece.flags,
			    (int)o.piece.bytes.n,
			    (const char *)o.piece.bytes.p);
	}
}

/* What becomes of a text's lines: "line+flags:bytes|", sources as "[name]";
 * with a pause after each line where it is asked. */
static const char *records(struct hw_lines *l, const char *text, bool pause)
{
	struct hw_piece p = {.line = 1};
	struct hw_err e = {0};

	used = 0;
	out[0] = '\0';
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		n += text[n] == '\n';
		p.bytes = (struct hw_view){(const unsigned char *)text, n};
		if (hw_lines_put(l, &p, &e) != HW_OK)
			exit(99);
		drain(l);
		if (pause) {
			hw_lines_flush(l, false);
			drain(l);
		}
		p.line++;
		p.offset += n;
		text += n;
	}
	hw_lines_flush(l, true);
	drain(l);
	hw_lines_close(l);
	return out;
}

#define JOINED(how, text, want, ...) \
	is_str(records(open_lines(HW_WRAP_NONE, how, 4096), text, false), \
	    want, __VA_ARGS__)

static void reports(void)
{
	static const struct {
		const char *name, *report;
	} row[] = {
	    {"a Java exception", "Exception in thread \"main\" x.YException\n"
		"\tat a.B.c(B.java:1)\n\t... 3 more\nCaused by: x.Z: why\n"
		"\tat d.E(E.java:2)\n"},
	    {"one below its log line", "03:00 ERROR x failed\n"
		"java.io.IOException: gone\n\tat a.B(B.java:1)\n"},
	    {"a Python traceback", "Traceback (most recent call last):\n"
		"  File \"a.py\", line 1, in f\n    g()\nValueError: x\n"},
	    {"a chain of them", "Traceback (most recent call last):\n"
		"  File \"a.py\", line 1, in f\nKeyError: 1\n\n"
		"During handling of the above exception, another exception "
		"occurred:\n\nTraceback (most recent call last):\n"
		"  File \"b.py\", line 1, in f\nValueError: x\n"},
	    {"one below its log line", "ERROR:root:no\n"
		"Traceback (most recent call last):\n  File \"a.py\"\nE: x\n"},
	    {"a Go panic", "panic: x [recovered]\n\ngoroutine 1 [running]:\n"
		"main.(*s).f(0xc000, 0x1)\n\t/a.go:5 +0x1d\n"
		"created by main.main\n\t/a.go:9 +0x20\nexit status 2\n"},
	    {"a Node error", "TypeError: x is not a function\n"
		"    at f (/a.js:1:2)\n    at g (/a.js:3:4)\n"},
	    {"a kernel oops", "[  1.0] BUG: unable to handle\n"
		"[  1.1] Call Trace:\n[  1.2]  f+0x1\n"
		"[  1.3] ---[ end trace 0123 ]---\n"},
	    {"a kernel oops in syslog", "Nov 25 h kernel: [1.0] Oops: 0\n"
		"Nov 25 h kernel: [1.1] Call Trace:\n"
		"Nov 25 h kernel: [1.2] ---[ end trace 0 ]---\n"},
	    {"printed JSON", "{\n  \"a\": [\n    1\n  ]\n}\n"},
	};
	char text[1024], want[1200];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int lines = 3;

		for (const char *p = row[i].report; *p != '\0'; p++)
			lines += *p == '\n';
		snprintf(text, sizeof(text), "one\ntwo\n%sdone\n",
		    row[i].report);
		snprintf(want, sizeof(want), "1+0:one\n|2+0:two\n|3+0:%s|"
		    "%d+0:done\n|", row[i].report, lines);
		JOINED("auto", text, want, "%s is a record", row[i].name);
	}
}

static void no_reports(void)
{
	JOINED("auto", "a\nb\n\nc\n", "1+0:a\n|2+0:b\n|3+0:\n|4+0:c\n|",
	    "lines and blank lines are records");
	JOINED("auto", "  a\n  b\n  c\n", "1+0:  a\n|2+0:  b\n|3+0:  c\n|",
	    "so are those of a log that is indented as a whole");
	JOINED("auto", "fine\nTraceback (most recent call last):\n  F\nE: x\n",
	    "1+0:fine\n|2+0:Traceback (most recent call last):\n  F\nE: x\n|",
	    "a traceback does not belong to a line that speaks of nothing");
	JOINED("auto", "[ 1.0] BUG: x\nother\n[ 1.1] y\n",
	    "1+0:[ 1.0] BUG: x\n|2+0:other\n|3+0:[ 1.1] y\n|",
	    "an oops ends where others speak");
	JOINED("auto", "a\n b", "1+0:a\n b|", "the last line may lack its end");
	JOINED(NULL, "a\n b\n", "1+0:a\n|2+0: b\n|", "off is off");
}

static void by_pattern(void)
{
	struct hw_lines_opts o = {.multiline = "(", .max_record = 64};
	struct hw_lines *l = NULL;
	struct hw_err e = {0};

	JOINED("^\\d", "x\n1 a\nb\n\n2 c\n",
	    "1+0:x\n|2+0:1 a\nb\n\n|5+0:2 c\n|",
	    "a pattern says where records begin");
	is_int(hw_lines_open(&l, &o, &e), HW_USAGE, "what is none is refused");
	is_str(records(open_lines(HW_WRAP_NONE, "auto", 64), "a\n b\nc\n",
	    true),
	    "1+0:a\n|2+0: b\n|3+0:c\n|",
	    "a pause ends the wait for the next line");
}

static void parts(void)
{
	JOINED("auto", "0\n 1\n", "1+0:0\n 1\n|", "short");
	is_str(records(open_lines(HW_WRAP_NONE, "auto", 16),
	    "0123456789\n 123456789\n 123\nx\n", false),
	    "1+2:0123456789\n 1234|1+1:56789\n 123\n|4+0:x\n|",
	    "a record that is too long comes in parts");
	is_str(records(open_lines(HW_WRAP_NONE, "auto", 16),
	    "0123456789\n 12\xe2\x82\xac\xe2\x82\xac\n", false),
	    "1+2:0123456789\n 12|1+1:\xe2\x82\xac\xe2\x82\xac\n|",
	    "no character is cut in two");
}

#define WRAPPED(wrap, text, want, ...) \
	is_str(records(open_lines(wrap, NULL, 4096), text, false), want, \
	    __VA_ARGS__)

static void headers(void)
{
	WRAPPED(HW_WRAP_TAIL, "==> a b <==\n1\n\n==> c <==\n\n2\n\n",
	    "[a b]2+0:1\n|[c]5+0:\n|6+0:2\n|7+0:\n|",
	    "tail's headers name sources, and take their blank line along");
	WRAPPED(HW_WRAP_TAIL, "==> <==\n==> x\n\n\n==> y <==\n",
	    "1+0:==> <==\n|2+0:==> x\n|3+0:\n|[y]",
	    "what only looks like one is a line");
	is_str(records(open_lines(HW_WRAP_TAIL, "auto", 64),
	    "a\n b\n\n==> y <==\n c\n", false), "1+0:a\n b\n|[y]5+0: c\n|",
	    "a header ends a record");
	is_str(records(open_lines(HW_WRAP_TAIL, NULL, 64), "a\n\n", true),
	    "1+0:a\n|2+0:\n|", "a blank line does not wait for ever");
}

static void containers(void)
{
	WRAPPED(HW_WRAP_CRI,
	    "2026-11-25T03:00:00.1Z stderr P one \n"
	    "2026-11-25T03:00:00.2Z stderr F two\n"
	    "2026-11-25T03:00:01.1+01:00 stdout F\n"
	    "2026-11-25T03:00:01.1Z stdin F x\n",
	    "1+0:2026-11-25T03:00:00.1Z one two\n|"
	    "3+0:2026-11-25T03:00:01.1+01:00 \n|"
	    "4+0:2026-11-25T03:00:01.1Z stdin F x\n|",
	    "CRI: parts are joined, and its marks taken off");
	WRAPPED(HW_WRAP_DOCKER,
	    "{\"log\":\"a \\\"b\\\" \\u00e9\\t\",\"stream\":\"stdout\","
	    "\"time\":\"T1\"}\n"
	    "{\"log\":\"c\\n\",\"stream\":\"stdout\",\"time\":\"T2\"}\n"
	    "{\"log\":\"d\\n\",\"attrs\":{\"x\":[1,{}]},\"time\":\"T3\"}\n",
	    "1+0:T1 a \"b\" \xc3\xa9\tc\n|3+0:T3 d\n|",
	    "Docker: likewise");
	WRAPPED(HW_WRAP_DOCKER, "{\"log\":\"a\n{\"x\":1}\n{}\n{\"log\":1 2}\n"
	    "[{\"log\":\"a\",\"time\":\"b\"}]\n",
	    "1+0:{\"log\":\"a\n|2+0:{\"x\":1}\n|3+0:{}\n|4+0:{\"log\":1 2}\n|"
	    "5+0:[{\"log\":\"a\",\"time\":\"b\"}]\n|",
	    "what is not of the form stays as it is");
	is_str(records(open_lines(HW_WRAP_DOCKER, "auto", 4096),
	    "{\"log\":\"x failed\\n\",\"time\":\"T1\"}\n"
	    "{\"log\":\"  at y\\n\",\"time\":\"T2\"}\n", false),
	    "1+0:T1 x failed\n  at y\n|",
	    "a report comes together, with the time of its first line");
}

#define T "2026-11-25T03:00:0"

/* Parts are of their stream, whatever comes between. */
static void streams(void)
{
	WRAPPED(HW_WRAP_CRI, T "1Z stdout P a \n" T "2Z stderr P b \n"
	    T "3Z stdout F c\n" T "4Z stdout F d\n" T "5Z stderr F e\n",
	    "1+0:" T "1Z a c\n|4+0:" T "4Z d\n|2+0:" T "2Z b e\n|",
	    "a record is given when it is complete");
	WRAPPED(HW_WRAP_DOCKER,
	    "{\"log\":\"a\",\"stream\":\"stdout\",\"time\":\"1\"}\n"
	    "{\"log\":\"b\\n\",\"stream\":\"stderr\",\"time\":\"2\"}\n"
	    "{\"log\":\"c\\n\",\"stream\":\"stdout\",\"time\":\"3\"}\n",
	    "2+0:2 b\n|1+0:1 ac\n|", "Docker: likewise");
	WRAPPED(HW_WRAP_AUTO, T "1Z stdout P a\n" T "2Z stderr P b\n"
	    T "3Z stderr P c\n", "1+0:" T "1Z a|2+0:" T "2Z bc|",
	    "what is not complete at the end is given as it began");
	WRAPPED(HW_WRAP_AUTO, T "1Z stdout P a\n" T "2Z stderr P b\n"
	    "==> x <==\n", "1+0:" T "1Z a|2+0:" T "2Z b|[x]",
	    "and before a header");
	is_str(records(open_lines(HW_WRAP_CRI, "auto", 4096),
	    T "1Z stdout P Er\n" T "2Z stderr F x\n" T "3Z stdout F ror\n"
	    T "4Z stdout F  y\n", false), "2+0:" T "2Z x\n|1+0:" T
	    "1Z Error\n y\n|", "lines are joined to what was");
	is_str(records(open_lines(HW_WRAP_CRI, NULL, 24),
	    T "1Z stdout P 0123456789\n" T "2Z stderr P b\n"
	    T "3Z stdout F c\n" T "4Z stderr F d\n", false),
	    "1+2:" T "1Z |1+1:0123456789|3+0:" T "3Z c\n|2+0:" T "2Z bd\n|",
	    "one of which a part was given ends where the other comes");
}

static void journal(void)
{
	WRAPPED(HW_WRAP_JOURNAL,
	    "{ \"MESSAGE\" : \"hi\\nyou\", \"PRIORITY\" : \"3\", "
	    "\"SYSLOG_FACILITY\" : \"4\", \"_HOSTNAME\" : \"web1\", "
	    "\"__REALTIME_TIMESTAMP\" : \"1764039600123456\", "
	    "\"SYSLOG_IDENTIFIER\":\"sshd\",\"_PID\":\"47\"}\n",
	    "1+0:<35>2025-11-25T03:00:00.123456Z web1 sshd[47]: hi\nyou\n|",
	    "the journal: a line as syslog would write it");
	WRAPPED(HW_WRAP_JOURNAL,
	    "{\"MESSAGE\":[72, 105,255],\"_COMM\":[\"a\",\"b\"],"
	    "\"__REALTIME_TIMESTAMP\":\"1\"}\n"
	    "{\"MESSAGE\":null,\"__REALTIME_TIMESTAMP\":\"-5\"}\n"
	    "{\"MESSAGE\":[300],\"__REALTIME_TIMESTAMP\":\"1\"}\n",
	    "1+0:1970-01-01T00:00:00.000001Z a: Hi\xff\n|2+0:\n|"
	    "3+0:{\"MESSAGE\":[300],\"__REALTIME_TIMESTAMP\":\"1\"}\n|",
	    "bytes, lists, nothing, and what is wrong");
	WRAPPED(HW_WRAP_AUTO, "a\n{\"log\":\"d\\n\",\"time\":\"T3\"}\n"
	    "2026-11-25T03:00:00.1Z stderr F x\n==> f <==\n"
	    "{\"MESSAGE\":\"m\",\"__REALTIME_TIMESTAMP\":\"1\"}\n",
	    "1+0:a\n|2+0:T3 d\n|3+0:2026-11-25T03:00:00.1Z x\n|[f]"
	    "5+0:1970-01-01T00:00:00.000001Z m\n|",
	    "auto: each line as what it looks like");
}

/* Every prefix and every byte changed: nothing is read past its end (the
 * sanitizers see to that) and every line comes out. */
static void damaged(void)
{
	static const char good[] = "{\"log\":\"a\\u00e9\\n\",\"x\":[{\"y\":"
	    "\"\\\"z\"}],\"time\":\"T\",\"MESSAGE\":[1,2],"
	    "\"__REALTIME_TIMESTAMP\":\"1764039600123456\"}";
	int none = 0;

	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		for (int c = 1; c < 128; c += 3) {
			char *line = strdup(good);

			line[i] = (char)(c == '\n' ? 0x80 : c);
			if (c == 1)
				line[i] = '\0';
			records(open_lines(HW_WRAP_AUTO, NULL, 64), line,
			    false);
			none += used == 0 && i > 0;
			free(line);
		}
	}
	is_int(none, 0, "a damaged line is a record all the same");
}

static void memory(void)
{
	struct tap_alloc counts = {0};
	struct hw_alloc a = {tap_alloc_get, tap_alloc_put, &counts};
	struct hw_lines_opts o = {.alloc = &a, .wrap = HW_WRAP_AUTO,
	    .multiline = "^x", .max_record = 64};
	static const char text[] = "{\"log\":\"a\\n\",\"time\":\"T\"}\n";
	struct hw_piece p = {.bytes = {(const unsigned char *)text,
	    sizeof(text) - 1}};
	enum hw_status st = HW_NOMEM;
	long n;

	for (n = 1; st == HW_NOMEM; n++) {
		struct hw_lines *l = NULL;
		struct hw_lines_out got;

		counts = (struct tap_alloc){.fail_at = n};
		st = hw_lines_open(&l, &o, NULL);
		if (st == HW_OK)
			st = hw_lines_put(l, &p, NULL);
		if (st == HW_OK)
			while (hw_lines_next(l, &got) == HW_OK)
				;
		hw_lines_close(l);
		if (counts.live != 0)
			break;
	}
	is_int(st, HW_OK, "each of %ld allocations may fail", n - 2);
	is_int(counts.live, 0, "and nothing leaks");
	o.max_record = 3;
	is_int(hw_lines_open(&(struct hw_lines *){NULL}, &o, NULL), HW_USAGE,
	    "records of 3 bytes are refused");
}

int main(void)
{
	reports();
	no_reports();
	by_pattern();
	parts();
	headers();
	containers();
	streams();
	journal();
	damaged();
	memory();
	return tap_done();
}
