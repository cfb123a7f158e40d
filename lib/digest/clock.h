/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_CLOCK_H
#define HW_DIGEST_CLOCK_H

/* The log's own clock: the time stamp of a record, read by the family that
 * its source has locked on to. */
#include "headwater.h"

#define HW_CLOCK_SOURCES 64

/* Zeroed is ready. */
struct hw_clock {
	/* The Unix time (ms) at which a clock on the wall, where logs are
	 * written, shows the time that UTC has at wall_ms, and if it does so
	 * twice, the first; NULL: UTC. */
	int64_t (*utc_of)(int64_t wall_ms);
	bool asked;
	int64_t quarter;       /* of an hour; what it said of that: offsets, */
	int64_t first, second; /* larger the second time that it is there */
	/* Of the last record: does its stamp go back, or far ahead?  Bits, if
	 * that is strange in its source, or it is no time (27:61:00), and its
	 * bytes. */
	bool jump;
	double strange;
	size_t from, to;
	struct hw_clock_source {
		uint32_t source;
		int family; /* its row in clocks.def, plus 1; 0: not locked */
		size_t at;      /* where the last stamp began */
		int misses;     /* records in a row without it */
		bool bare;      /* it has no date: last_ms is no Unix time */
		int64_t last_ms;
		/* Of the stamps: how many, how many of them did not follow
		 * from those before, the latest, the longest silence, how late
		 * one came, and where they were before they jumped. */
		double stamps, jumps;
		bool jumped;
		int64_t newest_ms, silence_ms, late_ms;
		int64_t before_ms, before_silence;
	} source[HW_CLOCK_SOURCES];
};

/* The time of a record in Unix ms.  One without a stamp has that of the one
 * before it, as a continuation has.  A stamp without zone is utc_of's, and
 * where clocks went back, of the hour that follows from the stamps before; one
 * without year is put in the year nearest to the stamp before it, and at first
 * in the year before `arrival_ms` (plus a day: clocks differ).  False: its
 * source has no clock. */
bool hw_clock_read(struct hw_clock *c, uint32_t source, struct hw_view text,
    int64_t arrival_ms, int64_t *ms);
/* The first stamp of a text, of any family: its bytes; false: there is none. */
bool hw_clock_find(struct hw_view text, size_t *from, size_t *to);

#endif
