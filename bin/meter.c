/* SPDX-License-Identifier: MIT
 * What only this file knows: the keys of the statistics line. */
#include "meter.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"

static void *count_alloc(void *ctx, size_t n)
{
	struct meter *m = ctx;

	m->allocations++;
	return malloc(n);
}

static void release(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

struct hw_alloc meter_alloc(struct meter *m)
{
	return (struct hw_alloc){count_alloc, release, m};
}

void meter_add(struct meter *m, const struct hw_vocab *v,
    const struct hw_record *r, const struct hw_scores *s)
{
	m->records++;
	m->tokens += r->n;
	for (size_t i = 0; i < r->n; i++) {
		m->bytes += hw_vocab_bytes(v, r->ids[i]).n;
		if (isnan(s->bits[i]))
			continue;
		m->scored++;
		m->bits += (double)s->bits[i];
	}
}

long meter_rss_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	char line[128], *p = NULL;
	long pages = 0;

	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) != NULL)
		p = strchr(line, ' '); /* size, resident, ... */
	if (p != NULL)
		pages = strtol(p, NULL, 10);
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static double per(double a, double b)
{
	return b > 0 ? a / b : 0;
}

void meter_line(struct meter *m, const struct hw_stream *s, char *line,
    size_t size)
{
	struct hw_stream_stats st;
	int64_t now = io_monotonic_ms();
	double seconds = (double)(now - m->begin_ms) / 1000;
	double since = (double)(now - m->last_ms) / 1000;

	hw_stream_stats(s, &st);
	snprintf(line, size, "tokens=%" PRIu64 " records=%" PRIu64
	    " bytes=%" PRIu64 " bits_per_token=%.4f bits_per_byte=%.4f "
	    "seconds=%.2f tokens_per_s=%.0f tokens_per_s_now=%.0f "
	    "cache=%d+%d/%d+%d cache_bytes=%zu rss_kib=%ld "
	    "allocations=%" PRIu64, m->tokens, m->records, m->bytes,
	    per(m->bits, (double)m->scored),
	    per(m->bits * (m->sample > 0 ? (double)m->sample : 1),
	    (double)m->bytes),
	    seconds, per((double)m->tokens, seconds),
	    per((double)(m->tokens - m->last_tokens), since),
	    st.cached_sinks, st.cached_window, st.sinks, st.window, st.memory,
	    meter_rss_kib(), m->allocations);
	m->last_ms = now;
	m->last_tokens = m->tokens;
}
