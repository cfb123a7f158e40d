/* SPDX-License-Identifier: MIT
 * What only this file knows: zones, as the C library knows them (TZ, mktime).
 * It takes an unknown name for UTC without a word, which must not happen to a
 * typing error. */
#include "zone.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
	bool fixed;
	int64_t ms; /* east of Greenwich */
} zone;

/* "+01:00", "-0530" */
static bool is_offset(const char *s, int64_t *ms)
{
	int d[4], n = 0;

	if (*s != '+' && *s != '-')
		return false;
	for (const char *p = s + 1; *p != '\0'; p++) {
		if (*p == ':' && n == 2)
			continue;
		if (*p < '0' || *p > '9' || n == 4)
			return false;
		d[n++] = *p - '0';
	}
	if (n != 4)
		return false;
	*ms = ((d[0] * 10 + d[1]) * 60 + d[2] * 10 + d[3]) * (int64_t)60000;
	if (*s == '-')
		*ms = -*ms;
	return d[2] < 6 && *ms > -86400000 && *ms < 86400000;
}

/* What glibc and others do with a name that they do not know: UTC, called by
 * the letters that the name begins with. */
static bool is_unknown(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz");
	const struct tm *t;
	struct tm x;
	time_t now = 1750000000;
	char zone_name[64];

	t = localtime_r(&now, &x);
	if (t == NULL || strftime(zone_name, sizeof(zone_name), "%Z%z", t) == 0)
		return true;
	if (strcmp(name, "GMT") == 0 || strcmp(name, "UTC") == 0)
		return false;
	return strcmp(zone_name, "UTC+0000") == 0 ? strstr(name, "UTC") ==
	    NULL && strstr(name, "Zulu") == NULL && strstr(name, "Universal") ==
	    NULL : strncmp(zone_name, name, n) == 0 &&
	    strcmp(zone_name + n, "+0000") == 0;
}

const char *zone_set(const char *name)
{
	if (strcmp(name, "local") == 0) {
		tzset();
		return NULL;
	}
	if (strcmp(name, "UTC") == 0 || is_offset(name, &zone.ms)) {
		zone.fixed = true;
		return NULL;
	}
	if (*name == '\0' || *name == ':' || setenv("TZ", name, 1) != 0)
		return "is no time zone";
	tzset();
	return is_unknown(name) ? "is a time zone unknown here" : NULL;
}

/* Where clocks went back (by half an hour on Lord Howe Island), mktime takes
 * one of two times, and which one may depend on what it was asked before. */
static time_t first_of(time_t utc, const struct tm *wall)
{
	static const time_t back[] = {3600, 1800};

	for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++) {
		time_t before = utc - back[i];
		struct tm t;

		if (localtime_r(&before, &t) != NULL &&
		    t.tm_hour == wall->tm_hour && t.tm_min == wall->tm_min)
			return before;
	}
	return utc;
}

int64_t zone_utc_of(int64_t wall_ms)
{
	time_t wall = (time_t)(wall_ms / 1000), utc;
	struct tm t;

	if (zone.fixed)
		return wall_ms - zone.ms;
	if (gmtime_r(&wall, &t) == NULL)
		return wall_ms;
	t.tm_isdst = -1;
	utc = mktime(&t);
	return utc == (time_t)-1 ? wall_ms :
	    (int64_t)first_of(utc, &t) * 1000 + wall_ms % 1000;
}
