/* SPDX-License-Identifier: MIT
 * What only this file knows: what stack traces and reports look like: those of
 * Java, Python, Go, Node and the Linux kernel, and anything that is indented.
 *
 * It looks at a line and at what came before, never ahead, so that a line's
 * fate is known when it comes. */
#include "stream/join.h"

#include <string.h>

#include "base/ascii.h"
#include "base/find.h"

enum hw_status join_init(struct join *j, const char *how,
    const struct hw_alloc *a, struct hw_err *e)
{
	*j = (struct join){.on = how != NULL,
	    .automatic = how != NULL && strcmp(how, "auto") == 0};
	if (!j->on || j->automatic)
		return HW_OK;
	return hw_regex_init(&j->begin, how, "--multiline", a, e);
}

void join_release(struct join *j)
{
	hw_regex_release(&j->begin);
}

/* ---- words --------------------------------------------------------------- */

static bool starts(struct hw_view v, const char *with)
{
	size_t n = strlen(with);

	return v.n >= n && memcmp(v.p, with, n) == 0;
}

static bool has(struct hw_view v, const char *what)
{
	return hw_find(v, what) < v.n;
}

static bool any(bool (*test)(struct hw_view, const char *), struct hw_view v,
    const char *const *words)
{
	for (; *words != NULL; words++)
		if (test(v, *words))
			return true;
	return false;
}

static bool blank(struct hw_view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] != ' ' && v.p[i] != '\t' && v.p[i] != '\r' &&
		    v.p[i] != '\n')
			return false;
	return true;
}

static bool indented(struct hw_view v)
{
	return v.n > 1 && (v.p[0] == ' ' || v.p[0] == '\t') && !blank(v);
}

/* "java.lang.IllegalStateException: why", "com.x.Y$ZError" */
static bool java_exception(struct hw_view v)
{
	size_t i = 0, dots = 0;

	while (i < v.n && (hw_is_alnum(v.p[i]) || v.p[i] == '.' ||
	    v.p[i] == '_' || v.p[i] == '$'))
		dots += v.p[i++] == '.';
	if (dots == 0 || i < 9 || (i < v.n && v.p[i] != ':' &&
	    v.p[i] != '\n' && v.p[i] != '\r'))
		return false;
	return memcmp(v.p + i - 9, "Exception", 9) == 0 ||
	    memcmp(v.p + i - 5, "Error", 5) == 0 ||
	    memcmp(v.p + i - 9, "Throwable", 9) == 0;
}

/* "main.(*server).run(0xc000010000, 0x1)": a frame, whose place follows. */
static bool go_frame(struct hw_view v)
{
	const unsigned char *open = memchr(v.p, '(', v.n), *space;
	size_t n = v.n;

	while (n > 0 && (v.p[n - 1] == '\n' || v.p[n - 1] == '\r'))
		n--;
	space = memchr(v.p, ' ', n);
	return n > 3 && v.p[n - 1] == ')' && hw_is_letter(v.p[0]) &&
	    open != NULL && (space == NULL || space > open);
}

/* A kernel's line, by its clock or by its syslog tag. */
static bool kernel(struct hw_view v)
{
	size_t i = 1;

	if (has(v, " kernel: "))
		return true;
	if (v.n < 4 || v.p[0] != '[')
		return false;
	while (i < v.n && v.p[i] == ' ')
		i++;
	return i < v.n && hw_is_digit(v.p[i]) &&
	    memchr(v.p, ']', v.n < 24 ? v.n : 24) != NULL;
}

static const char traceback[] = "Traceback (most recent call last)";
static const char *const java_parts[] = {"Caused by: ", "Suppressed: ", NULL};
static const char *const python_chain[] = {"During handling of the above",
    "The above exception was the direct", NULL};
static const char *const go_parts[] = {"goroutine ", "[signal ",
    "created by ", "exit status ", "panic: ", "runtime: ", "rax ", NULL};
static const char *const oops[] = {"cut here ]---", "BUG: ", "Oops: ",
    "general protection fault", "Kernel panic - not", "Call Trace:", NULL};
static const char *const troubles[] = {"ERROR", "Error", "error", "FATAL",
    "SEVERE", "CRIT", "WARN", "xception", "ailed", "panic", NULL};

/* ---- records ------------------------------------------------------------- */

void join_begins(struct join *j, struct hw_view line)
{
	if (!j->automatic)
		return;
	j->trouble = any(has, line, troubles);
	j->indented = indented(line);
	j->state = starts(line, traceback) ? JOIN_PYTHON :
	    starts(line, "panic: ") || starts(line, "fatal error: ") ||
	    starts(line, "goroutine ") ? JOIN_GO :
	    kernel(line) && any(has, line, oops) ? JOIN_OOPS : JOIN_PLAIN;
}

/* Python: lines that are indented, then the exception; after a blank line
 * perhaps "During handling ...", and after another the next traceback. */
static bool python(struct join *j, struct hw_view line)
{
	if (j->state == JOIN_PYTHON) {
		if (!indented(line) && !blank(line))
			j->state = JOIN_PYTHON_END;
		return true;
	}
	if (any(starts, line, python_chain)) {
		j->state = JOIN_PYTHON_CHAIN;
		return true;
	}
	if (j->state == JOIN_PYTHON_CHAIN && starts(line, traceback)) {
		j->state = JOIN_PYTHON;
		return true;
	}
	return blank(line);
}

static bool goes_on(struct join *j, struct hw_view line)
{
	bool in = indented(line);

	switch (j->state) {
	case JOIN_PYTHON:
	case JOIN_PYTHON_END:
	case JOIN_PYTHON_CHAIN:
		if (python(j, line))
			return true;
		break;
	case JOIN_GO:
		if (in || blank(line) || any(starts, line, go_parts) ||
		    go_frame(line))
			return true;
		break;
	case JOIN_OOPS:
		if (!kernel(line))
			break;
		if (has(line, "---[ end trace") || has(line, "---[ end Kernel"))
			j->state = JOIN_PLAIN;
		return true;
	case JOIN_PLAIN:
		break;
	}
	/* What is indented belongs to what is not; a log that is indented as
	 * a whole is just a log. */
	if (in && !j->indented)
		return true;
	if (any(starts, line, java_parts))
		return true;
	/* A closing bracket, of what was printed over several lines. */
	if (line.n > 0 && memchr("}])", line.p[0], 3) != NULL)
		return true;
	/* The report belongs to the line that speaks of it. */
	if (j->trouble && starts(line, traceback)) {
		j->state = JOIN_PYTHON;
		return true;
	}
	return j->trouble && j->state == JOIN_PLAIN && java_exception(line);
}

bool join_goes_on(struct join *j, struct hw_view line)
{
	struct hw_match m;

	if (!j->automatic)
		return j->on && !hw_regex_find(&j->begin, line, 0, &m);
	return goes_on(j, line);
}
