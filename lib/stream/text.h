/* SPDX-License-Identifier: MIT
 * What only this file knows: what the text form (--ids) leaves out because a
 * reader can tell it from the record before. */
#ifndef HW_STREAM_TEXT_H
#define HW_STREAM_TEXT_H

#include "stream/frame.h"

/* Where a record stands in its source, and when it came. */
struct text_at {
	uint32_t source, flags; /* HW_RECORD_CONT, HW_RECORD_MORE */
	uint64_t line, offset, template_id;
	int64_t arrival_ms;
};
/* Before the first record of a source. */
struct text_at text_at_begin(uint32_t source, int64_t arrival_ms);
/* What is expected after a record that stood at `at` and spelled `bytes`. */
struct text_at text_at_next(struct text_at at, uint32_t bytes);

struct text_out {
	struct text_at next;
	struct hw_buf held; /* a record whose scores are still to come */
};

/* Append a frame as text.  A refusal of the buffers sticks in them. */
void text_out_frame(struct text_out *t, struct hw_buf *b, size_t n_vocab,
    const struct hw_frame *f);

struct text_in {
	const struct hw_vocab *vocab;
	struct text_at next;
	struct hw_buf payload, scores;
	bool scores_next;   /* the line had scores; its record was given */
	bool greeted;       /* HELLO was given */
	bool headed;        /* by a #tokstream line: then #end must come */
	uint64_t line;      /* its number */
	size_t searched;    /* bytes without a newline */
};

struct hw_dec;
/* The next frame: as find() in dec.c, but for the sequence number. */
HW_MUST enum hw_status text_find(struct hw_dec *d, struct hw_frame *f,
    struct hw_err *e);

#endif
