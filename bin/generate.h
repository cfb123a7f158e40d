/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_GENERATE_H
#define HW_BIN_GENERATE_H

/* stream-infer --generate: the stream goes on by itself, in records that are
 * lines, like those before. */
#include "headwater.h"

struct generate {
	const struct hw_model *model;
	struct hw_stream *stream;
	struct hw_enc *enc;
	struct hw_choice how;
	uint32_t source; /* what the records are said to be of */
	bool mid_line;   /* the text before did not end its line */
	/* Called for each record, with its scores; the encoder has it. */
	void (*scored)(void *ctx, const struct hw_record *r,
	    const struct hw_scores *s);
	void *ctx;
};

/* At most n tokens, until the model ends the text or a stop is asked for;
 * each line is written as soon as it is there. */
HW_MUST enum hw_status generate(const struct generate *g, int n,
    struct hw_err *e);

#endif
