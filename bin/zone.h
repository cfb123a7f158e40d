/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_ZONE_H
#define HW_BIN_ZONE_H

/* The time zone that logs without one were written in. */
#include <stdint.h>

/* "UTC", "local", "+01:00", or a name of the system's zones; NULL, or what is
 * wrong with it.  Before any thread: it sets TZ. */
const char *zone_set(const char *name);
/* The Unix time at which clocks on the wall show what UTC shows at wall_ms, the
 * first where they went back. */
int64_t zone_utc_of(int64_t wall_ms);

#endif
