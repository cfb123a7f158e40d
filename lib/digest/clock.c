/* SPDX-License-Identifier: MIT
 * What only this file knows: how time stamps are spelled, and which year a
 * stamp without one belongs to. */
#include "digest/clock.h"

#include <math.h>
#include <string.h>

#include "base/ascii.h"

#define LOOK 96     /* a stamp begins in the first bytes, or not at all */
#define LOOK_JSON 512
#define PATIENCE 32 /* records in a row without stamp until the lock goes */
#define DAY_MS ((int64_t)86400000)
#define HOUR_MS ((int64_t)3600000)
#define FAMILIAR 100   /* stamps, before one can be strange */
#define SELDOM 4.5     /* bits: one in 22 or fewer */
#define LATE_MS 10000  /* so far back, */
#define LATE 4         /* or so many times the latest before, it came late */
#define FAR_MS 600000  /* so far ahead, */
#define FAR 20         /* or as often the longest silence, there was silence */

static const char *const layouts[] = {
#define CLOCK(name, layout) layout,
#include "digest/clocks.def"
#undef CLOCK
};
#define N_LAYOUTS ((int)(sizeof(layouts) / sizeof(layouts[0])))

/* What a stamp says. */
struct stamp {
	int year, month, day; /* year 0: it has none */
	int64_t ms;           /* since midnight; since 1970 if epoch */
	bool epoch, zoned;    /* zoned: ms counts from midnight UTC */
	bool wild;            /* a part is larger than it can be */
	bool bare;            /* no date: it only says what follows what */
	size_t end;           /* behind it */
};

/* Exactly n digits at *at. */
static bool number(struct hw_view v, size_t *at, size_t n, int64_t *out)
{
	if (v.n - *at < n)
		return false;
	*out = 0;
	for (size_t i = 0; i < n; i++, (*at)++) {
		if (!hw_is_digit(v.p[*at]))
			return false;
		*out = *out * 10 + v.p[*at] - '0';
	}
	return true;
}

static bool month_name(struct hw_view v, size_t *at, int64_t *out)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (v.n - *at < 3)
		return false;
	for (int i = 0; i < 12; i++)
		if (memcmp(v.p + *at, names + 3 * i, 3) == 0) {
			*out = i + 1;
			*at += 3;
			return true;
		}
	return false;
}

/* ".123" or ",123456": to ms; never fails. */
static int64_t fraction(struct hw_view v, size_t *at)
{
	int64_t ms = 0, unit = 100;

	if (v.n - *at < 2 || (v.p[*at] != '.' && v.p[*at] != ',') ||
	    !hw_is_digit(v.p[*at + 1]))
		return 0;
	for (++*at; *at < v.n && hw_is_digit(v.p[*at]); ++*at, unit /= 10)
		ms += unit * (v.p[*at] - '0');
	return ms;
}

static bool ends_word(struct hw_view v, size_t at)
{
	return at == v.n || memchr(" \t\r\n,])\"", v.p[at], 8) != NULL;
}

/* "Z", "+0100", " -05:00", " -03": ms to subtract; never fails. */
static int64_t zone(struct hw_view v, size_t *at, bool *zoned)
{
	static const char *const names[] = {"Z", "UTC", "GMT"};
	size_t i = *at;
	int64_t h, m = 0, sign;

	if (i < v.n && v.p[i] == ' ')
		i++;
	for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
		size_t n = strlen(names[k]);

		if (v.n - i < n || memcmp(v.p + i, names[k], n) != 0 ||
		    (v.n - i > n && hw_is_alnum(v.p[i + n])))
			continue;
		*at = i + n;
		*zoned = true;
		return 0;
	}
	if (i >= v.n || (v.p[i] != '+' && v.p[i] != '-'))
		return 0;
	sign = v.p[i++] == '-' ? -1 : 1;
	if (!number(v, &i, 2, &h))
		return 0;
	/* Hours alone are a zone only as a word of their own: -12.5 is none. */
	if (!ends_word(v, i)) {
		i += v.p[i] == ':';
		if (!number(v, &i, 2, &m))
			return 0;
	}
	if (h > 15 || m > 59)
		return 0;
	*at = i;
	*zoned = true;
	return sign * (h * 60 + m) * 60000;
}

/* Epoch seconds or ms: at the start, or where a key says that it is a time;
 * any other number of ten digits may be anything. */
static bool epoch(struct hw_view v, size_t *at, size_t n, int64_t *out,
    bool *wild)
{
	static const char *const keys[] = {"ts\":", "time\":", "stamp\":",
	    "ts=", "time="};
	size_t begin = *at;
	bool keyed = begin <= 1;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t k = strlen(keys[i]);

		keyed = keyed || (begin >= k &&
		    memcmp(v.p + begin - k, keys[i], k) == 0);
	}
	if (!keyed || !number(v, at, n, out))
		return false;
	*wild = *wild || v.p[begin] != '1';
	return *at == v.n || !hw_is_alnum(v.p[*at]);
}

/* Seconds since the kernel began, in brackets. */
static bool uptime(struct hw_view v, size_t *at, int64_t *out)
{
	size_t n = *at, begin = *at;

	while (begin > 0 && v.p[begin - 1] == ' ')
		begin--;
	while (n < v.n && hw_is_digit(v.p[n]))
		n++;
	if (begin == 0 || v.p[begin - 1] != '[' || n - *at > 9 ||
	    v.n - n < 8 || v.p[n] != '.' || v.p[n + 7] != ']' ||
	    !number(v, at, n - *at, out))
		return false;
	*out = *out * 1000 + fraction(v, at);
	return *at == n + 7;
}

/* How many digits there are, from 1 to most. */
static size_t some(struct hw_view v, size_t at, size_t most)
{
	size_t n = 1;

	while (n < most && at + n < v.n && hw_is_digit(v.p[at + n]))
		n++;
	return n;
}

/* A part of the time of day. */
static bool part(struct hw_view v, size_t *at, size_t n, int64_t most,
    int64_t unit, struct stamp *t)
{
	int64_t x = 0;
	bool good = number(v, at, n, &x);

	t->wild = t->wild || x > most;
	t->ms += x * unit;
	return good;
}

/* A part of the date. */
static bool date(struct hw_view v, size_t *at, size_t n, int64_t least,
    int64_t most, int *part, struct stamp *t)
{
	int64_t x = least;
	bool good = number(v, at, n, &x);

	t->wild = t->wild || x < least || x > most;
	*part = (int)x;
	return good;
}

/* " AM", " PM", or nothing. */
static bool meridiem(struct hw_view v, size_t *at, int64_t *ms)
{
	const int64_t half = DAY_MS / 2;
	bool pm;

	if (v.n - *at < 3 || v.p[*at] != ' ' || v.p[*at + 2] != 'M' ||
	    (v.p[*at + 1] != 'A' && v.p[*at + 1] != 'P'))
		return true;
	pm = v.p[*at + 1] == 'P';
	*at += 3;
	if (*ms / half != 0 && *ms / half != 1)
		return false;
	*ms = *ms % half + (pm ? half : 0);
	return true;
}

static bool letter(char l, struct hw_view v, size_t *at, struct stamp *t)
{
	int64_t x = 0;
	bool good = true;

	switch (l) {
	case 'Y':
		return date(v, at, 4, 1970, 2199, &t->year, t);
	case 'y':
		good = number(v, at, 2, &x);
		t->year = (int)(x + (x < 70 ? 2000 : 1900));
		return good;
	case 'M':
		return date(v, at, 2, 1, 12, &t->month, t);
	case 'b':
		good = month_name(v, at, &x);
		t->month = (int)x;
		return good;
	case 'd':
		if (*at < v.n && v.p[*at] == ' ')
			++*at;
		return date(v, at, *at + 1 < v.n && hw_is_digit(v.p[*at + 1]) ?
		    2 : 1, 1, 31, &t->day, t);
	case 'D':
		return date(v, at, 2, 1, 31, &t->day, t);
	case 'h':
		return part(v, at, 2, 24, 3600000, t);
	case 'm':
		return part(v, at, 2, 59, 60000, t);
	case 's':
		return part(v, at, 2, 60, 1000, t); /* a leap second */
	case 'i':
		return part(v, at, some(v, *at, 2), 24, 3600000, t);
	case 'j':
		return part(v, at, some(v, *at, 2), 59, 60000, t);
	case 'k':
		return part(v, at, some(v, *at, 2), 60, 1000, t);
	case 'l':
		return part(v, at, some(v, *at, 3), 999, 1, t);
	case 'f':
		t->ms += fraction(v, at);
		return true;
	case 'z':
		t->ms -= zone(v, at, &t->zoned);
		return true;
	case 'p':
		return meridiem(v, at, &t->ms);
	case 'L':
		return *at < v.n && memchr("IWEFD", v.p[(*at)++], 5) != NULL;
	case '!':
		return *at == v.n || !hw_is_digit(v.p[*at]);
	case 'e':
	case 'E':
		good = epoch(v, at, l == 'e' ? 10 : 13, &x, &t->wild);
		t->ms = l == 'e' ? x * 1000 : x;
		t->epoch = true;
		return good;
	case '^':
		t->bare = true;
		return *at <= 1;
	case 'u':
		t->bare = t->epoch = true;
		return uptime(v, at, &t->ms);
	case 'T':
		return *at < v.n && strchr("T _:", v.p[(*at)++]) != NULL;
	default:
		return *at < v.n && v.p[(*at)++] == (unsigned char)l;
	}
}

/* Does that year have its day?  Year 0, which is none, has a leap day. */
static bool in_calendar(const struct stamp *t, int64_t y)
{
	bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
	int last = t->month == 2 ? 28 + leap :
	    30 + (t->month + t->month / 8) % 2;

	return t->day <= last;
}

/* What has the shape of a stamp; it may be wild. */
static bool read_at(int family, struct hw_view v, size_t at, struct stamp *t)
{
	*t = (struct stamp){0};
	for (const char *l = layouts[family]; *l != '\0'; l++)
		if (!letter(*l, v, &at, t))
			return false;
	t->end = at;
	t->wild = t->wild || !in_calendar(t, t->year);
	return true;
}

/* Days from 1970-01-01 in the Gregorian calendar; March begins the year, so
 * that the leap day is its last. */
static int64_t days(int64_t y, int m, int d)
{
	y -= m <= 2;
	return y * 365 + y / 4 - y / 100 + y / 400 +
	    (153 * ((m + 9) % 12) + 2) / 5 + d - 1 - 719468;
}

static int64_t in_year(const struct stamp *t, int64_t year)
{
	return days(year, t->month, t->day) * DAY_MS + t->ms;
}

static int64_t wall_time(const struct stamp *t,
    const struct hw_clock_source *s, int64_t arrival_ms)
{
	int64_t near = s->family != 0 ? s->last_ms : arrival_ms;
	int64_t year = 1970 + near / (DAY_MS * 365 + DAY_MS / 4);
	int64_t best = 0, gap = INT64_MAX;

	if (t->epoch)
		return t->ms;
	if (t->year != 0)
		return in_year(t, t->year);
	/* Leap days are up to eight years apart. */
	for (int64_t y = year - 8; y <= year + 1; y++) {
		int64_t ms = in_year(t, y);
		int64_t off = ms > near ? ms - near : near - ms;

		if (!in_calendar(t, y))
			continue;
		/* At first, nothing lies in the future. */
		if (s->family == 0 && ms > near + DAY_MS)
			continue;
		if (off < gap) {
			gap = off;
			best = ms;
		}
	}
	return best;
}

/* A time of day is followed by those of the next day. */
static int64_t bare_time(const struct stamp *t,
    const struct hw_clock_source *s)
{
	int64_t day;

	if (t->epoch || !s->bare)
		return t->ms;
	day = s->last_ms - s->last_ms % DAY_MS;
	if (t->ms + day < s->last_ms - DAY_MS / 2)
		return t->ms + day + DAY_MS;
	return t->ms + day > s->last_ms + DAY_MS / 2 && day > 0 ?
	    t->ms + day - DAY_MS : t->ms + day;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Further back than that is not late any more. */
static int64_t lateness(const struct hw_clock_source *s)
{
	return larger(LATE * s->late_ms, LATE_MS);
}

/* The zone's offset is asked for once a quarter of an hour: it changes at full
 * quarters, and asking is slow.  Where clocks went back, an hour is there
 * twice: it is the second time if the stamp follows from the latest then, and
 * only then. */
static int64_t resolve(struct hw_clock *c, const struct stamp *t,
    const struct hw_clock_source *s, int64_t arrival_ms)
{
	int64_t ms = wall_time(t, s, arrival_ms), quarter, least;

	if (t->zoned || t->epoch || c->utc_of == NULL)
		return ms;
	quarter = ms / 900000 - (ms < 0);
	if (!c->asked || c->quarter != quarter) {
		int64_t wall = quarter * 900000;

		c->asked = true;
		c->quarter = quarter;
		c->first = c->utc_of(wall) - wall;
		/* The hour after it is there once. */
		c->second = c->utc_of(wall + HOUR_MS) - HOUR_MS - wall;
	}
	least = s->newest_ms - lateness(s);
	return s->stamps > 0 && ms + c->first < least &&
	    c->second > c->first && ms + c->second >= least ?
	    ms + c->second : ms + c->first;
}

/* A stamp stands between other things, so only the first byte of a word can
 * begin one; further on, that of a value in JSON.  A word begins behind a
 * colour, which ends at `colour`. */
static bool begins(struct hw_view v, size_t i, size_t colour)
{
	unsigned char before = i > colour ? v.p[i - 1] : ' ';

	return hw_is_alnum(v.p[i]) && !hw_is_alnum(before) &&
	    (i < LOOK || before == '"' || before == ':');
}

/* Is that the rest of a date that is none, 2026-02-30? */
static bool is_rest(struct hw_view v, size_t i, const struct stamp *t)
{
	return t->year == 0 && t->month != 0 && i > 1 &&
	    strchr("-/.", v.p[i - 1]) != NULL && hw_is_digit(v.p[i - 2]);
}

static bool find(struct hw_view v, int from, int to, struct stamp *t,
    int *family, size_t *at)
{
	size_t most = v.n > 0 && v.p[0] == '{' ? LOOK_JSON : LOOK;
	size_t end = v.n < most ? v.n : most, colour = 0;

	for (size_t i = 0; i < end; i++) {
		size_t csi = hw_csi(v.p + i, v.n - i);

		if (csi > 0) {
			colour = i + csi;
			i = colour - 1;
			continue;
		}
		if (!begins(v, i, colour))
			continue;
		for (int f = from; f < to; f++)
			if (read_at(f, v, i, t) && !t->wild &&
			    !is_rest(v, i, t)) {
				*family = f;
				*at = i;
				return true;
			}
	}
	return false;
}

static struct hw_clock_source *slot(struct hw_clock *c, uint32_t source)
{
	struct hw_clock_source *s = &c->source[source % HW_CLOCK_SOURCES];

	if (s->source != source)
		*s = (struct hw_clock_source){.source = source};
	return s;
}

/* Does the stamp of this time follow from those before it?  A return to where
 * they were before they jumped does. */
static bool follows(struct hw_clock_source *s, int64_t ms)
{
	int64_t gap = ms - s->newest_ms, back = ms - s->before_ms;
	int64_t far = larger(FAR * s->silence_ms, FAR_MS);
	int64_t late = lateness(s);
	bool first = s->stamps == 0;
	bool jump = !first && (gap > far || -gap > late);
	bool again = jump && s->jumped && back >= -late && back <= far;

	if (again && gap < 0) /* it was no silence */
		s->silence_ms = s->before_silence;
	if (jump) {
		s->before_ms = s->newest_ms;
		s->before_silence = s->silence_ms;
		s->jumped = true;
	}
	if (!first && !again)
		s->silence_ms = larger(s->silence_ms, gap);
	if (!first && !jump)
		s->late_ms = larger(s->late_ms, -gap);
	if (first || jump || gap > 0)
		s->newest_ms = ms;
	return !jump || again;
}

/* How strange is it that there is such a stamp: bits. */
static double strange(struct hw_clock_source *s, bool usual)
{
	double seldom = log2((s->stamps + 2) / (s->jumps + 1));
	bool known = s->stamps >= FAMILIAR;

	s->stamps++;
	s->jumps += known && !usual;
	return known && !usual && seldom >= SELDOM ? seldom : 0;
}

bool hw_clock_read(struct hw_clock *c, uint32_t source, struct hw_view text,
    int64_t arrival_ms, int64_t *ms)
{
	struct hw_clock_source *s = slot(c, source);
	int f = s->family - 1;
	struct stamp t;
	bool found;

	c->strange = 0;
	c->jump = false;
	if (f >= 0 && s->at < text.n && read_at(f, text, s->at, &t))
		found = true;
	else if (f >= 0 && !s->bare)
		found = find(text, f, f + 1, &t, &f, &s->at);
	else
		found = find(text, 0, N_LAYOUTS, &t, &f, &s->at);
	if (found) {
		if (!t.wild)
			s->last_ms = t.bare ? bare_time(&t, s) :
			    resolve(c, &t, s, arrival_ms);
		s->family = f + 1;
		s->bare = t.bare;
		s->misses = 0;
		c->jump = !t.wild && !follows(s, s->last_ms);
		c->strange = strange(s, !t.wild && !c->jump);
		c->from = s->at;
		c->to = t.end;
	} else if (s->family != 0 && ++s->misses >= PATIENCE) {
		s->family = 0;
		s->misses = 0;
	}
	*ms = s->last_ms;
	return s->family != 0 && !s->bare;
}

bool hw_clock_find(struct hw_view text, size_t *from, size_t *to)
{
	struct stamp t;
	int family;

	if (!find(text, 0, N_LAYOUTS, &t, &family, from))
		return false;
	*to = t.end;
	return true;
}
