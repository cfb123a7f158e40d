/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_METRICS_H
#define HW_BIN_METRICS_H

/* What the windows add up to, as a text file for Prometheus' node exporter. */
#include "headwater.h"

struct metrics {
	uint64_t windows, records, bytes, tokens, scored, lost, late, cut;
	uint64_t severity[HW_N_SEVERITIES], kinds[HW_N_ROW_KINDS];
	uint64_t forgotten, templates, last_records;
	int64_t last_end_ms;
	double bits;
	int64_t written_ms; /* by the monotonic clock; 0: never */
};

void metrics_add(struct metrics *m, const struct hw_window *w);
/* Replace the file; not more often than once a second, unless `now`. */
void metrics_write(struct metrics *m, const char *path, bool now);

#endif
