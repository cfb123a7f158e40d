/* SPDX-License-Identifier: MIT
 * What only this file knows: how tail -F, journald, Docker and Kubernetes
 * (CRI) write lines that others have logged. */
#include "stream/unwrap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ascii.h"
#include "stream/member.h"

/* A line of JSON that is larger was not read as one. */
#define LONGEST ((size_t)64 << 20)

void unwrap_init(struct unwrap *u, enum hw_wrap wrap,
    const struct hw_alloc *a)
{
	u->wrap = wrap;
	hw_buf_init(&u->head, a, 64 * 1024);
	hw_buf_init(&u->text, a, LONGEST);
}

void unwrap_release(struct unwrap *u)
{
	hw_buf_release(&u->head);
	hw_buf_release(&u->text);
}

static bool starts(struct hw_view v, const char *with)
{
	size_t n = strlen(with);

	return v.n >= n && memcmp(v.p, with, n) == 0;
}

/* ---- tail ---------------------------------------------------------------- */

/* "==> FILE <==" */
static bool header(struct hw_view line, struct unwrap_line *out)
{
	size_t n = line.n;

	if (n > 0 && line.p[n - 1] == '\n')
		n--;
	if (n < 9 || !starts(line, "==> ") ||
	    memcmp(line.p + n - 4, " <==", 4) != 0)
		return false;
	out->name = (struct hw_view){line.p + 4, n - 8};
	return true;
}

bool unwrap_before_header(const struct unwrap *u, struct hw_view line)
{
	return (u->wrap == HW_WRAP_TAIL || u->wrap == HW_WRAP_AUTO) &&
	    line.n == 1 && line.p[0] == '\n';
}

/* ---- CRI ----------------------------------------------------------------- */

/* "2026-11-25T03:00:00.123456789Z stderr F text": P goes on, F is final. */
static bool cri(struct hw_view v, struct unwrap_line *out)
{
	const unsigned char *space = v.n > 20 ?
	    memchr(v.p, ' ', v.n < 40 ? v.n : 40) : NULL;
	size_t at;
	struct hw_view rest;

	if (space == NULL || v.p[4] != '-' || v.p[10] != 'T')
		return false;
	at = (size_t)(space - v.p) + 1;
	rest = (struct hw_view){v.p + at, v.n - at};
	if ((!starts(rest, "stdout ") && !starts(rest, "stderr ")) ||
	    rest.n < 9 || (rest.p[7] != 'P' && rest.p[7] != 'F') ||
	    (rest.p[8] != ' ' && rest.p[8] != '\n'))
		return false;
	out->head = (struct hw_view){v.p, at};
	out->stream = (char)rest.p[3];
	out->open = rest.p[7] == 'P';
	at = rest.p[8] == ' ' ? 9 : 8;
	out->text = (struct hw_view){rest.p + at, rest.n - at};
	if (out->open && out->text.n > 0 &&
	    out->text.p[out->text.n - 1] == '\n')
		out->text.n--;
	return true;
}

/* ---- JSON: Docker and journald ------------------------------------------- */

static void put_value(struct hw_buf *b, const struct member *m)
{
	size_t n = b->n;

	if (!member_text(m->value, b))
		b->n = n;
}

/* {"log":"text\n","stream":"stderr","time":"2026-11-25T03:00:00.1Z"} */
static bool docker(struct unwrap *u, struct hw_view line,
    struct unwrap_line *out)
{
	struct member_cur c;
	struct member m, log = {{0}, {0}}, time = log, stream = log;

	if (!member_begin(&c, line))
		return false;
	while (member_next(&c, &m)) {
		if (member_is(&m, "log"))
			log = m;
		else if (member_is(&m, "time"))
			time = m;
		else if (member_is(&m, "stream"))
			stream = m;
	}
	if (!member_good(&c) || log.value.n == 0 || time.value.n == 0)
		return false;
	if (!member_text(log.value, &u->text))
		return false;
	put_value(&u->head, &time);
	hw_buf_u8(&u->head, ' ');
	out->stream = stream.value.n == 8 ? (char)stream.value.p[4] : 'o';
	out->open = u->text.n == 0 || u->text.p[u->text.n - 1] != '\n';
	return true;
}

/* Microseconds since 1970, as RFC 3339 writes them. */
static void put_time(struct hw_buf *b, const struct member *m)
{
	char digits[24] = "";
	size_t n = m->value.n;
	struct tm tm = {0};
	long long us;
	time_t s;

	if (n < 3 || n - 2 >= sizeof(digits) || m->value.p[0] != '"')
		return;
	memcpy(digits, m->value.p + 1, n - 2);
	us = strtoll(digits, NULL, 10);
	s = (time_t)(us / 1000000);
	if (us <= 0 || us > 253402300799LL * 1000000 ||
	    gmtime_r(&s, &tm) == NULL)
		return;
	hw_buf_fmt(b, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, (int)(us % 1000000));
}

/* Fields of the journal that make a line of syslog. */
enum field { MESSAGE, PRIORITY, FACILITY, TIME, HOST, IDENT, COMM, PID, OWN_PID,
	N_FIELDS };
static const char *const fields[N_FIELDS] = {
	"MESSAGE", "PRIORITY", "SYSLOG_FACILITY", "__REALTIME_TIMESTAMP",
	"_HOSTNAME", "SYSLOG_IDENTIFIER", "_COMM", "SYSLOG_PID", "_PID"};

static int small(const struct member *m)
{
	int x = 0;

	for (size_t i = 0; i < m->value.n && i < 6; i++)
		if (hw_is_digit(m->value.p[i]))
			x = x * 10 + m->value.p[i] - '0';
	return x;
}

/* "<30>2026-11-25T03:00:00.123456Z host sshd[4711]: " */
static void journal_head(struct hw_buf *b, const struct member *f)
{
	const struct member *ident = &f[f[IDENT].value.n > 0 ? IDENT : COMM];
	const struct member *pid = &f[f[PID].value.n > 0 ? PID : OWN_PID];

	if (f[PRIORITY].value.n > 0)
		hw_buf_fmt(b, "<%d>", (small(&f[PRIORITY]) & 7) |
		    (small(&f[FACILITY]) & 0x1f) << 3);
	put_time(b, &f[TIME]);
	if (f[HOST].value.n > 0) {
		put_value(b, &f[HOST]);
		hw_buf_u8(b, ' ');
	}
	if (ident->value.n == 0)
		return;
	put_value(b, ident);
	if (pid->value.n > 0) {
		hw_buf_u8(b, '[');
		put_value(b, pid);
		hw_buf_u8(b, ']');
	}
	hw_buf_str(b, ": ");
}

static bool journal(struct unwrap *u, struct hw_view line)
{
	struct member f[N_FIELDS] = {{{0}, {0}}}, m;
	struct member_cur c;

	u->head.n = u->text.n = 0; /* what Docker's form left */
	if (!member_begin(&c, line))
		return false;
	while (member_next(&c, &m))
		for (size_t i = 0; i < N_FIELDS; i++)
			if (member_is(&m, fields[i]) && f[i].value.n == 0)
				f[i] = m;
	if (!member_good(&c) || f[TIME].value.n == 0)
		return false;
	if (f[MESSAGE].value.n > 0 && !member_text(f[MESSAGE].value, &u->text))
		return false;
	hw_buf_u8(&u->text, '\n');
	journal_head(&u->head, f);
	return true;
}

/* ---- any ----------------------------------------------------------------- */

static bool is(const struct unwrap *u, enum hw_wrap wrap)
{
	return u->wrap == wrap || u->wrap == HW_WRAP_AUTO;
}

static bool json(struct unwrap *u, struct hw_view line,
    struct unwrap_line *out)
{
	bool yes = (is(u, HW_WRAP_DOCKER) && docker(u, line, out)) ||
	    (is(u, HW_WRAP_JOURNAL) && journal(u, line));

	if (yes) {
		out->head = (struct hw_view){u->head.p, u->head.n};
		out->text = (struct hw_view){u->text.p, u->text.n};
	}
	return yes;
}

enum hw_status unwrap_line(struct unwrap *u, struct hw_view line,
    struct unwrap_line *out, struct hw_err *e)
{
	bool yes = false;

	u->head.n = u->text.n = 0;
	*out = (struct unwrap_line){.stream = 'o'};
	if (is(u, HW_WRAP_TAIL))
		yes = header(line, out);
	if (!yes && is(u, HW_WRAP_CRI))
		yes = cri(line, out);
	if (!yes && line.n > 2 && line.p[0] == '{')
		yes = json(u, line, out);
	HW_TRY(hw_buf_status(&u->head, "a line's head", e));
	HW_TRY(hw_buf_status(&u->text, "a line's text", e));
	if (!yes)
		*out = (struct unwrap_line){.text = line, .stream = 'o'};
	return HW_OK;
}
