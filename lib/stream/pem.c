/* SPDX-License-Identifier: MIT
 * What only this file knows: which lines are of a private key.
 *
 * Whatever stands between BEGIN and END is, as a line may have the header of
 * a log before it, or its last one be short.  But who writes a BEGIN into a
 * log must not blind us to all that follows: without an END a key ends where
 * nothing has looked like one for a while, or it is longer than any is. */
#include "stream/pem.h"

#include "base/ascii.h"
#include "base/find.h"

#define LINES 256u /* RSA of 16,384 bits has 200 */
#define OTHERS 16u /* in a row: its headers, and what is logged between */
#define RUN 24u    /* bytes of Base64, without a gap, that look like a key */

static bool looks_like_key(struct hw_view line)
{
	size_t run = 0;

	for (size_t i = 0; i < line.n && run < RUN; i++) {
		unsigned char c = line.p[i];

		run = hw_is_alnum(c) || c == '+' || c == '/' ? run + 1 : 0;
	}
	return run == RUN;
}

static void open_key(struct hw_redact_at *at)
{
	at->lines = LINES;
	at->others = OTHERS;
}

/* A line of a key that goes on behind it. */
static void spend(struct pem *p, struct hw_view line)
{
	struct hw_match m;

	/* The key before had no end: this one has its own. */
	if (hw_regex_find(p->begin, line, 0, &m)) {
		open_key(p->at);
		return;
	}
	p->at->lines--;
	if (looks_like_key(line))
		p->at->others = OTHERS;
	else if (--p->at->others == 0)
		p->at->lines = 0;
}

/* The rest of a line, without what ends it. */
static struct hw_view rest_of_line(struct hw_view v, size_t from)
{
	size_t to = from;

	while (to < v.n && v.p[to] != '\n' && v.p[to] != '\0')
		to++;
	if (to < v.n && to > from && v.p[to] == '\n' && v.p[to - 1] == '\r')
		to--;
	return (struct hw_view){v.p + from, to - from};
}

static bool begins(struct pem *p)
{
	struct hw_match m;

	if (!hw_regex_find(p->begin, p->v, p->next, &m))
		return false;
	open_key(p->at);
	p->next = m.to;
	return true;
}

bool pem_next(struct pem *p, struct hw_match *m)
{
	while (p->next < p->v.n && (p->at->lines > 0 || begins(p))) {
		size_t from = p->next, n;
		struct hw_view line = rest_of_line(p->v, from);

		n = hw_find(line, "-----END");
		p->next += n;
		if (n < line.n) {
			p->at->lines = 0;
		} else if (n > 0) {
			spend(p, line);
		} else if (p->next < p->v.n) {
			p->next++; /* its end: '\r', '\n' or NUL */
		}
		if (n > 0) {
			*m = (struct hw_match){from, from + n, ""};
			return true;
		}
	}
	return false;
}
