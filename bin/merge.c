/* SPDX-License-Identifier: MIT
 * What only this file knows: how digests add up.  Windows of the same interval
 * of time are one: counts are summed, times widened, rows joined by the id of
 * their template, which is the same on every host.  A row keeps the words of
 * the host on which it ranked highest, and rises with the number of hosts that
 * have it.  Windows that were not cut by time stay what they are. */
#include "merge.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define HOSTS_SHOWN 16

static const char *text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static void set(json_t *o, const char *name, json_t *value)
{
	if (json_object_set_new(o, name, value) != 0)
		cli_die(CLI_OS, "no memory to merge");
}

/* to.name += from.name, for a number or an object of numbers. */
static void add(json_t *to, const json_t *from, const char *name)
{
	json_t *a = json_object_get(to, name);
	const json_t *b = json_object_get(from, name);
	const char *key;
	json_t *value;

	if (json_is_object(a) && json_is_object(b)) {
		json_object_foreach((json_t *)json_object_get(from, name), key,
		    value)
			add(a, b, key);
	} else if (json_is_integer(a) && json_is_integer(b)) {
		set(to, name, json_integer(json_integer_value(a) +
		    json_integer_value(b)));
	} else if (json_is_number(b)) {
		set(to, name, json_real(json_number_value(b) +
		    (json_is_number(a) ? json_number_value(a) : 0)));
	}
}

static void keep_largest(json_t *to, const json_t *from, const char *name)
{
	json_int_t a = json_integer_value(json_object_get(to, name));
	json_int_t b = json_integer_value(json_object_get(from, name));

	set(to, name, json_integer(a > b ? a : b));
}

/* RFC 3339 in UTC sorts as text; null is no time. */
static void widen(json_t *to, const json_t *from, const char *first,
    const char *last)
{
	const char *a = text(from, first), *b = text(from, last);

	if (*a != '\0' && (*text(to, first) == '\0' ||
	    strcmp(a, text(to, first)) < 0))
		set(to, first, json_string(a));
	if (*b != '\0' && strcmp(b, text(to, last)) > 0)
		set(to, last, json_string(b));
}

static void add_host(json_t *to, const char *host)
{
	json_t *hosts = json_object_get(to, "hosts");
	size_t i;
	json_t *h;

	if (hosts == NULL) {
		set(to, "hosts", hosts = json_array());
		set(to, "hosts_total", json_integer(0));
		hosts = json_object_get(to, "hosts");
	}
	json_array_foreach(hosts, i, h)
		if (strcmp(json_string_value(h), host) == 0)
			return;
	set(to, "hosts_total", json_integer(json_integer_value(
	    json_object_get(to, "hosts_total")) + 1));
	if (json_array_size(hosts) < HOSTS_SHOWN)
		(void)json_array_append_new(hosts, json_string(host));
}

/* ---- rows ---------------------------------------------------------------- */

static double score(const json_t *row)
{
	double hosts = (double)json_integer_value(json_object_get(row,
	    "hosts_total"));

	return json_number_value(json_object_get(row, "score")) +
	    log2(hosts > 1 ? hosts : 1);
}

static void join_row(json_t *to, json_t *row, const char *host)
{
	static const char *const words[] = {"change", "severity", "score",
	    "bits", "source", "line", "first_line", "last_line", "template",
	    "sample", "sample_cut", "odd", "host"};

	if (json_number_value(json_object_get(row, "score")) >
	    json_number_value(json_object_get(to, "score")))
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (json_object_get(row, words[i]) != NULL)
				(void)json_object_set(to, words[i],
				    json_object_get(row, words[i]));
	add(to, row, "count");
	add(to, row, "prev");
	widen(to, row, "first", "last");
	add_host(to, host);
}

/* Rows while merging: an object by id. */
static void add_rows(json_t *rows, json_t *top, const char *host)
{
	size_t i;
	json_t *row, *known;

	json_array_foreach(top, i, row) {
		const char *id = text(row, "id");

		set(row, "host", json_string(host));
		known = json_object_get(rows, id);
		if (known != NULL) {
			join_row(known, row, host);
			continue;
		}
		add_host(row, host);
		(void)json_object_set(rows, id, row);
	}
}

static int by_score(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	double p = score(*x), q = score(*y);

	return p > q ? -1 : p < q ? 1 :
	    strcmp(text(*x, "id"), text(*y, "id"));
}

/* The best rows, in the order of news, as the array that a window has. */
static void finish_rows(json_t *w, int top)
{
	json_t *rows = json_object_get(w, "rows"), *row, *out = json_array();
	size_t n = json_object_size(rows), k = 0;
	json_t **list = calloc(n + 1, sizeof(*list));
	const char *id;

	if (list == NULL || out == NULL)
		cli_die(CLI_OS, "no memory to merge");
	json_object_foreach(rows, id, row)
		list[k++] = row;
	qsort(list, n, sizeof(*list), by_score);
	for (k = 0; k < n && k < (size_t)top; k++)
		(void)json_array_append(out, list[k]);
	free(list);
	set(w, "top", out);
	(void)json_object_del(w, "rows");
}

/* ---- windows ------------------------------------------------------------- */

static void join_window(json_t *to, json_t *w, const char *host)
{
	static const char *const sums[] = {"bytes", "rate", "rate_prev",
	    "severity", "changes", "bits", "coverage"};
	json_t *lines = json_object_get(to, "lines");

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		add(to, w, sums[i]);
	add(lines, json_object_get(w, "lines"), "total");
	add(lines, json_object_get(w, "lines"), "prev");
	keep_largest(to, w, "patterns");
	widen(to, w, "start", "end");
	if (json_is_true(json_object_get(w, "partial")))
		set(to, "partial", json_true());
	if (json_is_true(json_object_get(w, "learning")))
		set(to, "learning", json_true());
	if (strcmp(text(to, "clock"), text(w, "clock")) != 0)
		set(to, "clock", json_string("mixed"));
	add_rows(json_object_get(to, "rows"), json_object_get(w, "top"), host);
	add_host(to, host);
}

static void add_window(json_t *all, json_t *w, const char *host)
{
	char key[256];
	json_t *known;

	/* The first of a stream begins with its first record; where it ends is
	 * where all do. */
	if (strcmp(text(w, "closed_by"), "time") == 0)
		(void)snprintf(key, sizeof(key), "%.64s", text(w, "end"));
	else
		(void)snprintf(key, sizeof(key), "%.64s %.64s %012lld",
		    text(w, "end"), host, (long long)json_integer_value(
		    json_object_get(w, "seq")));
	known = json_object_get(all, key);
	if (known != NULL) {
		join_window(known, w, host);
		return;
	}
	set(w, "rows", json_object());
	add_rows(json_object_get(w, "rows"), json_object_get(w, "top"), host);
	add_host(w, host);
	(void)json_object_set(all, key, w);
}

/* ---- files --------------------------------------------------------------- */

static void read_file(json_t *all, FILE *f, const char *name,
    const char *host)
{
	char *line = NULL;
	size_t cap = 0;
	json_error_t why;

	for (long n = 1; getline(&line, &cap, f) >= 0; n++) {
		json_t *w = json_loads(line, 0, &why);

		if (w == NULL)
			cli_die(CLI_DATA, "%s: line %ld: %s", name, n,
			    why.text);
		if (!json_is_object(w) || json_integer_value(
		    json_object_get(w, "v")) != 1)
			cli_die(CLI_DATA, "%s: line %ld: not an object of "
			    "headwater-json(5), version 1", name, n);
		if (strcmp(text(w, "type"), "window") == 0) {
			if (!json_is_object(json_object_get(w, "lines")) ||
			    !json_is_array(json_object_get(w, "top")))
				cli_die(CLI_DATA, "%s: line %ld: not a whole "
				    "window", name, n);
			add_window(all, w, host);
		}
		json_decref(w);
	}
	if (ferror(f))
		cli_die(CLI_NOINPUT, "%s: %s", name, strerror(errno));
	free(line);
}

/* "logs/web-1.jsonl" is host web-1. */
static void host_of(const char *path, char *host, size_t cap)
{
	const char *base = strrchr(path, '/');
	size_t n;

	base = base != NULL ? base + 1 : path;
	n = strcspn(base, ".");
	n = n > 0 ? n : strlen(base);
	(void)snprintf(host, cap, "%.*s", (int)n, base);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *merge_files(char **files, int n, int top)
{
	json_t *all = json_object(), *out = json_array(), *w;
	const char **keys, *key;
	size_t count, k = 0;

	if (all == NULL || out == NULL)
		cli_die(CLI_OS, "no memory to merge");
	if (n == 0)
		read_file(all, stdin, "standard input", "-");
	for (int i = 0; i < n; i++) {
		FILE *f = fopen(files[i], "r");
		char host[128];

		if (f == NULL)
			cli_die(CLI_NOINPUT, "%s: %s", files[i],
			    strerror(errno));
		host_of(files[i], host, sizeof(host));
		read_file(all, f, files[i], host);
		(void)fclose(f);
	}
	count = json_object_size(all);
	keys = calloc(count + 1, sizeof(*keys));
	if (keys == NULL)
		cli_die(CLI_OS, "no memory to merge");
	json_object_foreach(all, key, w)
		keys[k++] = key;
	qsort(keys, count, sizeof(*keys), by_key);
	for (k = 0; k < count; k++) {
		w = json_object_get(all, keys[k]);
		finish_rows(w, top);
		set(w, "seq", json_integer((json_int_t)k + 1));
		(void)json_array_append(out, w);
	}
	free(keys);
	json_decref(all);
	return out;
}
