/* SPDX-License-Identifier: MIT
 * What only this file knows: how numbers and times are written, with a point
 * and in UTC whatever locale and zone the process has. */
#include <inttypes.h>
#include <math.h>

#include "digest/render.h"

void put_fixed(struct hw_buf *b, double x, int decimals)
{
	uint64_t unit = 1, whole;

	for (int i = 0; i < decimals; i++)
		unit *= 10;
	if (x < 0)
		hw_buf_u8(b, '-');
	x = fabs(x) * (double)unit + 0.5;
	/* Beyond this the fraction is noise, and so is the cast. */
	whole = x < 9e18 ? (uint64_t)x : (uint64_t)9000000000000000000;
	hw_buf_fmt(b, "%" PRIu64, whole / unit);
	if (decimals > 0)
		hw_buf_fmt(b, ".%0*" PRIu64, decimals, whole % unit);
}

void put_grouped(struct hw_buf *b, uint64_t x)
{
	if (x >= 1000) {
		put_grouped(b, x / 1000);
		hw_buf_fmt(b, ",%03u", (unsigned)(x % 1000));
	} else {
		hw_buf_fmt(b, "%u", (unsigned)x);
	}
}

static int64_t floor_div(int64_t x, int64_t y)
{
	return x / y - (x % y < 0);
}

/* Days since 1970-01-01 to a date of the Gregorian calendar, by eras of 400
 * years that begin in March (so that the leap day comes last). */
void put_date(struct hw_buf *b, int64_t ms)
{
	int64_t days = floor_div(ms, 86400000) + 719468;
	int64_t era = floor_div(days, 146097);
	int64_t d = days - era * 146097;
	int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	int64_t doy = d - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * doy + 2) / 153;
	int64_t day = doy - (153 * m + 2) / 5 + 1;
	int64_t month = m < 10 ? m + 3 : m - 9;

	hw_buf_fmt(b, "%04" PRId64 "-%02" PRId64 "-%02" PRId64,
	    y + era * 400 + (month <= 2), month, day);
}

void put_clock(struct hw_buf *b, int64_t ms)
{
	int64_t s = floor_div(ms, 1000);

	s -= floor_div(s, 86400) * 86400;
	hw_buf_fmt(b, "%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60),
	    (int)(s % 60));
}

void put_rfc3339(struct hw_buf *b, int64_t ms)
{
	put_date(b, ms);
	hw_buf_u8(b, 'T');
	put_clock(b, ms);
	hw_buf_fmt(b, ".%03dZ", (int)((ms % 1000 + 1000) % 1000));
}
