/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_METER_H
#define HW_BIN_METER_H

/* What stream-infer counts, and the line that says it. */
#include "headwater.h"

struct meter {
	uint64_t tokens, records, bytes;
	uint64_t scored; /* tokens that something predicted */
	uint64_t sample; /* one of so many is scored; 0: all are */
	double bits;
	int64_t begin_ms, last_ms; /* of the start, and of the line before */
	uint64_t last_tokens;
	uint64_t allocations;      /* made so far through meter_alloc */
};

/* An allocator that counts in m (which outlives it). */
struct hw_alloc meter_alloc(struct meter *m);
void meter_add(struct meter *m, const struct hw_vocab *v,
    const struct hw_record *r, const struct hw_scores *s);
/* key=value pairs, without newline; begins a new interval. */
void meter_line(struct meter *m, const struct hw_stream *s, char *line,
    size_t size);
/* Resident memory in KiB; 0: not known here. */
long meter_rss_kib(void);

#endif
