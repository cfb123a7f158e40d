/* SPDX-License-Identifier: MIT
 * What only this file knows: the names of the metrics, and Prometheus' text
 * format.  Totals only grow while the program runs and begin at 0 with it, as
 * Prometheus expects of counters. */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "file.h"
#include "io.h"

void metrics_add(struct metrics *m, const struct hw_window *w)
{
	m->windows++;
	m->records += w->records;
	m->bytes += w->bytes;
	m->tokens += w->tokens;
	m->scored += w->scored;
	m->lost += w->lost;
	m->late += w->late;
	m->cut += w->cut;
	m->bits += w->bits;
	for (int i = 0; i < HW_N_SEVERITIES; i++)
		m->severity[i] += w->severity[i];
	for (int i = 0; i < HW_N_ROW_KINDS; i++)
		m->kinds[i] += w->kinds[i];
	m->forgotten = w->forgotten;
	m->templates = w->templates;
	m->last_records = w->records;
	m->last_end_ms = w->end_ms;
}

static void head(FILE *f, const char *name, const char *type,
    const char *help)
{
	fprintf(f, "# HELP headwater_%s %s\n# TYPE headwater_%s %s\n", name,
	    help, name, type);
}

static void put(FILE *f, const char *name, const char *type, const char *help,
    uint64_t x)
{
	head(f, name, type, help);
	fprintf(f, "headwater_%s %" PRIu64 "\n", name, x);
}

static void put_labels(FILE *f, const char *name, const char *help,
    const char *label, const char *const *values, const uint64_t *x, int n)
{
	head(f, name, "counter", help);
	for (int i = 0; i < n; i++)
		fprintf(f, "headwater_%s{%s=\"%s\"} %" PRIu64 "\n", name,
		    label, values[i], x[i]);
}

static void put_all(FILE *f, const struct metrics *m)
{
	put(f, "windows_total", "counter", "Windows closed.", m->windows);
	put(f, "lines_total", "counter", "Records counted.", m->records);
	put(f, "bytes_total", "counter", "Bytes of these.", m->bytes);
	put(f, "tokens_total", "counter", "Tokens of these.", m->tokens);
	put(f, "lines_scored_total", "counter", "Records the model read.",
	    m->scored);
	put(f, "lines_lost_total", "counter", "Records left out upstream.",
	    m->lost);
	put(f, "lines_late_total", "counter", "Records of an interval before "
	    "their window.", m->late);
	put(f, "lines_cut_total", "counter", "Records in parts.", m->cut);
	put_labels(f, "lines_by_severity_total", "Records of each severity.",
	    "severity", hw_severity_names, m->severity, HW_N_SEVERITIES);
	put_labels(f, "changes_total", "Templates that were news.", "change",
	    hw_row_kind_names, m->kinds, HW_N_ROW_KINDS);
	put(f, "templates", "gauge", "Templates remembered.", m->templates);
	put(f, "templates_forgotten_total", "counter", "Templates forgotten.",
	    m->forgotten);
	put(f, "window_lines", "gauge", "Records of the last window.",
	    m->last_records);
	head(f, "window_end_seconds", "gauge", "When the last window ended.");
	fprintf(f, "headwater_window_end_seconds %" PRId64 ".%03d\n",
	    m->last_end_ms / 1000, (int)(m->last_end_ms % 1000));
	head(f, "bits_total", "counter", "Surprisal of the scored tokens.");
	fprintf(f, "headwater_bits_total %.17g\n", m->bits);
}

void metrics_write(struct metrics *m, const char *path, bool now)
{
	int64_t ms = io_monotonic_ms();
	char *text = NULL;
	size_t n = 0;
	FILE *f;

	if (!now && m->written_ms != 0 && ms - m->written_ms < 1000)
		return;
	m->written_ms = ms;
	f = open_memstream(&text, &n);
	if (f == NULL)
		cli_die(CLI_OS, "no memory for metrics");
	put_all(f, m);
	if (fclose(f) != 0)
		cli_die(CLI_OS, "no memory for metrics");
	(void)file_replace(path, (struct hw_view){(unsigned char *)text, n},
	    0644);
	free(text);
}
