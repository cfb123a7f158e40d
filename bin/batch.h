/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_BATCH_H
#define HW_BIN_BATCH_H

/* Frames that wait for the model: records with their tokens, and whatever
 * came between them, in order.  A fast stream is scored in whole chunks, a
 * slow one as soon as it pauses. */
#include "headwater.h"

struct batch_item {
	struct hw_frame frame;   /* not a record; payload: `bytes` + at */
	struct hw_record record; /* ids: the batch's, from at */
	bool is_record;
	size_t at, n; /* place in ids, or in bytes */
};

struct batch {
	const struct hw_alloc *alloc;
	struct hw_stream *stream;
	struct hw_enc *enc;
	size_t chunk;
	/* Called for each record that has its scores. */
	void (*scored)(void *ctx, const struct hw_record *r,
	    const struct hw_scores *s);
	void *ctx;

	struct batch_item *items;
	size_t n_items, cap_items;
	unsigned char *bytes;
	size_t n_bytes, cap_bytes;
	uint32_t *ids;
	float *bits, *entropy;
	size_t n_ids, cap_ids, cap_bits, cap_entropy;
	size_t done; /* ids that are scored */
};

/* Append; what is pointed to is copied.  HW_NOMEM. */
HW_MUST enum hw_status batch_record(struct batch *b,
    const struct hw_record *r, struct hw_err *e);
HW_MUST enum hw_status batch_frame(struct batch *b, const struct hw_frame *f,
    struct hw_err *e);
/* Whether it is time to run: a chunk is there, or too much waits. */
bool batch_is_due(const struct batch *b);
/* Score whole chunks (all, if `all` or if too much waits), and give what is
 * complete to the encoder.  HW_LIMIT: the cache is full; the records before
 * that went to the encoder. */
HW_MUST enum hw_status batch_run(struct batch *b, bool all, struct hw_err *e);
void batch_release(struct batch *b);

#endif
