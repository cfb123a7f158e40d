/* SPDX-License-Identifier: MIT
 * What only this file knows: how numbers are shortened for people. */
#include "say.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "io.h"

static struct {
	char text[1 << 16];
	size_t n;
} out;

void say_flush(void)
{
	io_write((struct hw_view){(const unsigned char *)out.text, out.n});
	out.n = 0;
}

void say(const char *fmt, ...)
{
	char line[PATH_MAX + 512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (char *p = line; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	if (out.n + strlen(line) + 1 > sizeof(out.text))
		say_flush();
	out.n += (size_t)snprintf(out.text + out.n, sizeof(out.text) - out.n,
	    "%s\n", line);
}

static const char *scaled(char *buf, size_t size, uint64_t n, unsigned step,
    const char *const *units)
{
	double x = (double)n;

	while (x >= step && units[1] != NULL) {
		x /= step;
		units++;
	}
	snprintf(buf, size, "%.*f%s", x >= 100 || x >= (double)n ? 0 :
	    x >= 10 ? 1 : 2, x, *units);
	return buf;
}

const char *say_bytes(char buf[SAY_SIZE], uint64_t n)
{
	static const char *const units[] = {" bytes", " KiB", " MiB", " GiB",
	    " TiB", NULL};

	return scaled(buf, SAY_SIZE, n, 1024, units);
}

const char *say_count(char buf[SAY_SIZE], uint64_t n)
{
	static const char *const units[] = {"", "k", "M", "G", "T", NULL};

	return scaled(buf, SAY_SIZE, n, 1000, units);
}
