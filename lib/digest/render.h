/* SPDX-License-Identifier: MIT
 * What only this file knows: what the two forms of output share. */
#ifndef HW_DIGEST_RENDER_H
#define HW_DIGEST_RENDER_H

#include "base/buf.h"
#include "base/vocab.h"

/* A name per source.  The table is a ring: sources are numbered in order, and
 * of an endless number of files only the last are still spoken of. */
#define RENDER_SOURCES ((size_t)1024)
#define RENDER_NAME ((size_t)4096)
struct render_name {
	uint32_t source;
	size_t n;
	unsigned char *p; /* NULL: none yet */
};

struct hw_render {
	const struct hw_alloc *alloc;
	bool json, visible, color;
	int width;
	const struct hw_vocab *vocab;
	struct hw_buf out;
	struct hw_buf text;      /* what a record or a sample spells */
	struct hw_buf exact;     /* what the next record reads, if its ids do
	                            not spell it; else empty */
	struct render_name names[RENDER_SOURCES];
	uint64_t n_sources;      /* so far, each once */
	uint64_t n_records;
	struct hw_end in_windows; /* sums of the windows so far */
};

/* The name of a source, or n = 0. */
struct hw_view render_name(const struct hw_render *r, uint32_t source);
/* The text of a record, exactly; borrowed until the next call. */
struct hw_view render_record_text(struct hw_render *r,
    const struct hw_record *rec);
/* What ids spell; borrowed until the next call. */
struct hw_view render_spell(struct hw_render *r, const uint32_t *ids,
    size_t n);

/* ---- visible.c: bytes that are safe to show -------------------------------
 * Control characters, broken UTF-8 and what reorders text are spelled out in
 * ASCII ("^[", "\x9b", "\u202e"). */
#define SHOWN_MAX 12
struct shown {
	char text[SHOWN_MAX]; /* not terminated */
	unsigned n;           /* its bytes */
	unsigned columns;
	unsigned used;        /* bytes of the input it stands for, >= 1 */
};
/* The next character of v, v.n > 0. */
struct shown show_next(struct hw_view v);
/* Decode one character; 0 bytes used: not valid UTF-8 there. */
unsigned utf8_next(struct hw_view v, uint32_t *code);
/* All of v; newlines and tabs stay as they are. */
void show_record(struct hw_buf *b, struct hw_view v);

/* ---- number.c: numbers and times, whatever the locale -------------------- */
void put_fixed(struct hw_buf *b, double x, int decimals);
void put_grouped(struct hw_buf *b, uint64_t x); /* 12,431 */
void put_date(struct hw_buf *b, int64_t ms);    /* 2026-11-23 */
void put_clock(struct hw_buf *b, int64_t ms);   /* 21:40:00 */
void put_rfc3339(struct hw_buf *b, int64_t ms); /* with milliseconds and Z */

/* ---- the two forms ------------------------------------------------------- */
void text_window(struct hw_render *r, const struct hw_window *w);
void json_record(struct hw_render *r, const struct hw_record *rec,
    const struct hw_scores *s);
void json_window(struct hw_render *r, const struct hw_window *w);
void json_gap(struct hw_render *r, const struct hw_gap *g);
void json_note(struct hw_render *r, struct hw_view text);
void json_end(struct hw_render *r, const struct hw_end *n);

#endif
