/* SPDX-License-Identifier: MIT
 * What only this file knows: how a run looks as a page.  No script, no font and
 * no request: it can be mailed, and opened where there is no network.  What a
 * log says is text, never markup. */
#include "page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "file.h"

#define WIDTH 960.0 /* of a line of windows */
#define HEIGHT 60.0

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>headwater</title>\n<style>\n"
    ":root{color-scheme:light dark}\n"
    "body{font:15px/1.4 system-ui,sans-serif;max-width:62em;"
    "margin:1.5em auto;padding:0 1em}\n"
    "h1{font-size:1.3em}h2{font-size:1em;margin:1.6em 0 .2em}\n"
    "p{margin:.2em 0;opacity:.8}\n"
    "svg{width:100%;height:60px;display:block}\n"
    "polyline{fill:none;stroke:#27c;stroke-width:1.5;"
    "vector-effect:non-scaling-stroke}\n"
    "rect{fill:#c33;opacity:.5}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "td{padding:.15em .6em .15em 0;vertical-align:top;white-space:nowrap}\n"
    "td:last-child{white-space:normal;width:100%;"
    "font:13px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}\n"
    "td:nth-child(2){text-align:right}\n"
    ".error,.fatal{color:#c33;font-weight:bold}.warn{color:#b70}\n"
    "mark{padding:0 .15em}\n"
    "</style></head><body>\n";

static const char *text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static double number(const json_t *o, const char *name)
{
	return json_number_value(json_object_get(o, name));
}

/* Text as HTML: no byte of it is markup, no control character is shown. */
static void put(FILE *f, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '&')
			fputs("&amp;", f);
		else if (c == '<')
			fputs("&lt;", f);
		else if (c == '>')
			fputs("&gt;", f);
		else if (c == '"')
			fputs("&quot;", f);
		else if (c < 0x20 || c == 0x7f)
			fputc(' ', f);
		else
			fputc(c, f);
	}
}

static void put_text(FILE *f, const char *s)
{
	put(f, s, strlen(s));
}

/* ---- lines over the windows ---------------------------------------------- */

static double rate(const json_t *w)
{
	const json_t *r = json_object_get(w, "rate");

	return json_is_number(r) ? json_number_value(r) :
	    number(json_object_get(w, "lines"), "total");
}

static double bits_a_token(const json_t *w)
{
	double n = number(json_object_get(w, "coverage"), "tokens");
	double scored = number(json_object_get(w, "coverage"),
	    "lines_scored");
	double all = number(json_object_get(w, "lines"), "total");

	return n > 0 && scored > 0 && all > 0 ?
	    number(w, "bits") / (n * scored / all) : 0;
}

static double rows(const json_t *w)
{
	return (double)json_array_size(json_object_get(w, "top"));
}

/* A line of f(window); behind it, red where there is news. */
static void put_line(FILE *out, const json_t *windows, const char *what,
    double (*f)(const json_t *))
{
	size_t n = json_array_size(windows);
	double most = 0, step = WIDTH / (double)(n > 1 ? n - 1 : 1);

	for (size_t i = 0; i < n; i++)
		most = fmax(most, f(json_array_get(windows, i)));
	if (!(most > 0))
		return;
	fprintf(out, "<p>%s, at most %.4g</p>\n<svg viewBox=\"0 0 %.0f %.0f\" "
	    "preserveAspectRatio=\"none\">", what, most, WIDTH, HEIGHT);
	for (size_t i = 0; i < n; i++) {
		double news = rows(json_array_get(windows, i));

		if (news > 0)
			fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" "
			    "width=\"2\" height=\"%.1f\"/>", step * (double)i,
			    HEIGHT - 3 * news, 3 * news);
	}
	fputs("<polyline points=\"", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%.1f,%.1f ", step * (double)i, HEIGHT - 2 -
		    (HEIGHT - 4) * f(json_array_get(windows, i)) / most);
	fputs("\"/></svg>\n", out);
}

/* ---- windows ------------------------------------------------------------- */

static void put_sample(FILE *f, const json_t *row)
{
	const char *s = text(row, "sample");
	const json_t *odd = json_object_get(row, "odd");
	const char *word = text(odd, "text"), *at = NULL;
	size_t from = (size_t)number(odd, "at"), n;

	if (*s == '\0')
		s = text(row, "template");
	n = strlen(s);
	/* The place counts bytes of the log; where some were not UTF-8 the
	 * text here is another, and the word is looked for. */
	if (*word != '\0')
		at = from <= n && strncmp(s + from, word, strlen(word)) == 0 ?
		    s + from : strstr(s, word);
	if (at == NULL) {
		put(f, s, n);
		return;
	}
	put(f, s, (size_t)(at - s));
	fputs("<mark>", f);
	put_text(f, word);
	fputs("</mark>", f);
	put_text(f, at + strlen(word));
}

static void put_row(FILE *f, const json_t *row)
{
	json_int_t hosts = json_integer_value(json_object_get(row,
	    "hosts_total"));

	fputs("<tr><td class=\"", f);
	put_text(f, text(row, "severity"));
	fputs("\">", f);
	put_text(f, text(row, "change"));
	fprintf(f, "</td><td>%.0f</td><td>", number(row, "count"));
	if (strcmp(text(row, "change"), "new") != 0)
		fprintf(f, "was %.0f ", number(row, "prev"));
	if (strcmp(text(row, "severity"), "none") != 0)
		put_text(f, text(row, "severity"));
	fputs("</td><td>", f);
	if (hosts > 1)
		fprintf(f, "%lld hosts", (long long)hosts);
	else
		put_text(f, text(row, "host"));
	fputs("</td><td>", f);
	put_sample(f, row);
	fputs("</td></tr>\n", f);
}

static void put_window(FILE *f, const json_t *w)
{
	const json_t *sev = json_object_get(w, "severity");
	const json_t *cover = json_object_get(w, "coverage");
	const json_t *top = json_object_get(w, "top"), *row;
	size_t i;

	fputs("<h2>", f);
	put_text(f, text(w, "start"));
	fputs(" &ndash; ", f);
	put_text(f, text(w, "end"));
	fprintf(f, "</h2>\n<p>%.0f lines, %.0f patterns",
	    number(json_object_get(w, "lines"), "total"),
	    number(w, "patterns"));
	fprintf(f, "; %.0f fatal, %.0f error, %.0f warn",
	    number(sev, "fatal"), number(sev, "error"), number(sev, "warn"));
	if (number(cover, "lines_lost") > 0)
		fprintf(f, "; %.0f lost", number(cover, "lines_lost"));
	if (json_is_true(json_object_get(w, "learning")))
		fputs("; learning", f);
	if (json_is_true(json_object_get(w, "partial")))
		fputs("; partial", f);
	fputs("</p>\n", f);
	if (json_array_size(top) == 0)
		return;
	fputs("<table>\n", f);
	json_array_foreach((json_t *)json_object_get(w, "top"), i, row)
		put_row(f, row);
	fputs("</table>\n", f);
}

/* Windows without news are in the lines above; their own headings would hide
 * those that have some. */
static void put_windows(FILE *f, const json_t *windows)
{
	size_t quiet = 0;

	for (size_t i = 0; i < json_array_size(windows); i++) {
		const json_t *w = json_array_get(windows, i);

		if (rows(w) > 0)
			put_window(f, w);
		else
			quiet++;
	}
	fprintf(f, "<p>%zu windows, %zu of them without news.</p>\n",
	    json_array_size(windows), quiet);
}

bool page_write(const char *path, const json_t *windows)
{
	char *page = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&page, &n);
	bool good;

	if (f == NULL)
		cli_die(CLI_OS, "no memory for a page");
	fputs(head, f);
	fputs("<h1>Digest</h1>\n", f);
	put_line(f, windows, "Lines a second", rate);
	put_line(f, windows, "Bits a token", bits_a_token);
	put_windows(f, windows);
	fputs("</body></html>\n", f);
	if (fclose(f) != 0)
		cli_die(CLI_OS, "no memory for a page");
	good = file_replace(path, (struct hw_view){(unsigned char *)page, n},
	    0644);
	free(page);
	return good;
}
