/* SPDX-License-Identifier: MIT
 * What only this file knows: where and how records spell their severity. */
#include "digest/severity.h"

#include <string.h>

#include "base/ascii.h"

#define LOOK 240 /* bytes; a level further on belongs to something else */
#define LONGEST 16

enum where { ANY, LEVEL };

static const struct word {
	const char *text;
	unsigned char n;
	enum hw_severity severity;
	enum where where;
} words[] = {
#define WORD(text, severity, where) \
	{text, sizeof(text) - 1, HW_SEV_##severity, where},
#include "digest/severity.def"
#undef WORD
};

static const struct {
	const char *text;
	unsigned char n;
} troubles[] = {
#define TROUBLE(text) {text, sizeof(text) - 1},
#include "digest/troubles.def"
#undef TROUBLE
};

/* <priority>: facility * 8 + severity (RFC 5424). */
static enum hw_severity priority(struct hw_view v)
{
	static const enum hw_severity of[8] = {HW_SEV_FATAL, HW_SEV_FATAL,
	    HW_SEV_FATAL, HW_SEV_ERROR, HW_SEV_WARN, HW_SEV_INFO, HW_SEV_INFO,
	    HW_SEV_DEBUG};
	unsigned n = 0;
	size_t i = 1;

	if (v.n < 3 || v.p[0] != '<')
		return HW_SEV_NONE;
	for (; i < v.n && i < 4 && hw_is_digit(v.p[i]); i++)
		n = n * 10 + v.p[i] - '0';
	return i > 1 && i < v.n && v.p[i] == '>' && n < 192 ? of[n & 7] :
	    HW_SEV_NONE;
}

/* "E1125 03:05:00.1": the letter of glog and klog. */
static enum hw_severity glog(struct hw_view v)
{
	if (v.n < 6 || v.p[5] != ' ')
		return HW_SEV_NONE;
	for (int i = 1; i < 5; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return HW_SEV_NONE;
	switch (v.p[0]) {
	case 'I':
		return HW_SEV_INFO;
	case 'W':
		return HW_SEV_WARN;
	case 'E':
		return HW_SEV_ERROR;
	case 'F':
		return HW_SEV_FATAL;
	default:
		return HW_SEV_NONE;
	}
}

/* Does the word at [from, to) stand where a level stands? */
static bool as_level(struct hw_view v, size_t from, size_t to)
{
	bool capitals = true;

	for (size_t i = from; i < to; i++)
		capitals = capitals && v.p[i] >= 'A' && v.p[i] <= 'Z';
	return capitals ||
	    (from > 0 && v.p[from - 1] != 0 &&
	    strchr("[<(|=\"", v.p[from - 1]) != NULL) ||
	    (to < v.n && v.p[to] != 0 && strchr("]>)|:", v.p[to]) != NULL);
}

static bool joins(unsigned char c)
{
	return c == '-' || c == '_' || c == '/';
}

/* Is it a part of a name: libgpg-error, error_log, error.go?  In capitals it
 * is a level all the same, and so is that of "daemon.err". */
static bool in_name(struct hw_view v, size_t from, size_t to)
{
	return (v.p[from] & 32) != 0 &&
	    ((from > 1 && joins(v.p[from - 1]) &&
	    hw_is_alnum(v.p[from - 2])) ||
	    (to + 1 < v.n && (joins(v.p[to]) || v.p[to] == '.') &&
	    hw_is_alnum(v.p[to + 1])));
}

static enum hw_severity level(struct hw_view v, const char *low, size_t from,
    size_t to)
{
	size_t n = to - from;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].n == n && words[i].text[0] == low[0] &&
		    memcmp(words[i].text, low, n) == 0 &&
		    (words[i].where == ANY ? !in_name(v, from, to) :
		    as_level(v, from, to)))
			return words[i].severity;
	return HW_SEV_NONE;
}

static bool troubled(const char *low, size_t n)
{
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
		if (troubles[i].text[0] == low[0] && troubles[i].n <= n &&
		    memcmp(troubles[i].text, low, troubles[i].n) == 0)
			return true;
	return false;
}

enum hw_severity hw_severity_head(struct hw_view v)
{
	enum hw_severity found;

	for (size_t n; (n = hw_csi(v.p, v.n)) > 0;)
		v = (struct hw_view){v.p + n, v.n - n};
	found = priority(v);
	return found != HW_SEV_NONE ? found : glog(v);
}

enum hw_severity hw_severity_read(struct hw_view v, bool *trouble)
{
	enum hw_severity found = HW_SEV_NONE;
	size_t end = v.n < LOOK ? v.n : LOOK;

	*trouble = false;
	for (size_t i = 0, from; i < end; i++) {
		char low[LONGEST] = {0};

		if (!hw_is_letter(v.p[i]))
			continue;
		for (from = i; i < end && hw_is_letter(v.p[i]); i++)
			if (i - from < LONGEST)
				low[i - from] = (char)(v.p[i] | 32);
		if (i - from < 3)
			continue;
		if (found == HW_SEV_NONE && i - from < LONGEST)
			found = level(v, low, from, i);
		*trouble = *trouble ||
		    troubled(low, i - from < LONGEST ? i - from : LONGEST);
	}
	return found;
}
