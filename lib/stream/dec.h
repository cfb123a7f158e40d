/* SPDX-License-Identifier: MIT
 * What only this file knows: what a decoder remembers between frames; shared
 * by the files that find frames and those that look into them. */
#ifndef HW_STREAM_DEC_H
#define HW_STREAM_DEC_H

#include "stream/frame.h"
#include "stream/text.h"

struct hw_dec {
	const struct hw_alloc *alloc;
	char name[128];         /* for messages */
	/* Input that was not consumed yet: buf[at .. n) of cap. */
	unsigned char *buf;
	size_t at, n, cap;
	uint64_t base;          /* where in the stream buf[0] lies */
	enum hw_status dead;    /* after a failure: the handle gives no more */

	/* Where we are in the order of frames. */
	bool ended;             /* END read; a HELLO may follow */
	bool finished;          /* the caller said that input has ended */
	bool done;              /* the END frame was handed out */
	uint64_t seq;
	bool owed_scores;       /* the last record promised SCORES */
	uint32_t last_n;        /* its tokens */
	struct hw_end count;    /* of this stream so far */
	struct hw_end before;   /* of those that were concatenated before it */
	struct hw_frame end;    /* the END frame, held back */
	unsigned char end_bytes[END_SIZE]; /* its payload: the sum of all */

	bool is_text;
	struct text_in text;

	/* From HELLO. */
	struct frame_hello hello;
	struct frame_lens lens;

	/* Where the typed views put what they unpack. */
	uint32_t *ids;
	float *bits;            /* (2, cap_bits): entropies behind them */
	size_t cap_ids, cap_bits;
	struct hw_row *rows;
	size_t cap_rows;
	uint32_t *row_ids;
	size_t cap_row_ids;
};

/* Make room for n elements of size bytes in *array; the first `keep` stay. */
HW_MUST enum hw_status dec_grow(const struct hw_dec *d, void *array,
    size_t *cap, size_t n, size_t size, size_t keep, struct hw_err *e);

/* HW_CORRUPT, with the frame's place. */
enum hw_status dec_corrupt(const struct hw_dec *d, uint64_t offset,
    struct hw_err *e, const char *what);

#endif
