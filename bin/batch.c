/* SPDX-License-Identifier: MIT
 * What only this file knows: how waiting frames are kept, and when a record
 * may leave.  Memory grows to the largest batch seen, then stands still. */
#include "batch.h"

#include <stdio.h>
#include <string.h>

#define MAX_ITEMS ((size_t)16384)
#define MAX_BYTES ((size_t)1 << 20)

static enum hw_status no_memory(struct hw_err *e)
{
	e->status = HW_NOMEM;
	snprintf(e->msg, sizeof(e->msg), "no memory for waiting records");
	return HW_NOMEM;
}

/* Make room for `more` elements behind the n that are there. */
static bool room(const struct batch *b, void *array, size_t *cap, size_t n,
    size_t more, size_t size)
{
	void *old, *p;
	size_t want = *cap != 0 ? *cap : 256;

	if (more > SIZE_MAX / 4 / size - n)
		return false;
	while (want < n + more)
		want *= 2;
	if (want == *cap)
		return true;
	p = b->alloc->alloc(b->alloc->ctx, want * size);
	if (p == NULL)
		return false;
	memcpy(&old, array, sizeof(old));
	if (old != NULL)
		memcpy(p, old, n * size);
	b->alloc->release(b->alloc->ctx, old);
	memcpy(array, &p, sizeof(p));
	*cap = want;
	return true;
}

enum hw_status batch_record(struct batch *b, const struct hw_record *r,
    struct hw_err *e)
{
	if (!room(b, &b->items, &b->cap_items, b->n_items, 1,
	    sizeof(*b->items)) ||
	    !room(b, &b->ids, &b->cap_ids, b->n_ids, r->n, sizeof(*b->ids)) ||
	    !room(b, &b->bits, &b->cap_bits, b->n_ids, r->n,
	    sizeof(*b->bits)) ||
	    !room(b, &b->entropy, &b->cap_entropy, b->n_ids, r->n,
	    sizeof(*b->entropy)))
		return no_memory(e);
	if (r->n > 0)
		memcpy(b->ids + b->n_ids, r->ids, r->n * sizeof(*b->ids));
	b->items[b->n_items++] = (struct batch_item){.record = *r,
	    .is_record = true, .at = b->n_ids, .n = r->n};
	b->n_ids += r->n;
	return HW_OK;
}

enum hw_status batch_frame(struct batch *b, const struct hw_frame *f,
    struct hw_err *e)
{
	size_t n = f->payload.n;

	if (b->n_items == 0)
		return hw_enc_frame(b->enc, f, e);
	if (!room(b, &b->items, &b->cap_items, b->n_items, 1,
	    sizeof(*b->items)) ||
	    !room(b, &b->bytes, &b->cap_bytes, b->n_bytes, n, 1))
		return no_memory(e);
	if (n > 0)
		memcpy(b->bytes + b->n_bytes, f->payload.p, n);
	b->items[b->n_items++] = (struct batch_item){.frame = *f,
	    .at = b->n_bytes, .n = n};
	b->n_bytes += n;
	return HW_OK;
}

/* Records without tokens, and frames that are no records, fill no chunk. */
static bool crowded(const struct batch *b)
{
	return b->n_items >= MAX_ITEMS || b->n_bytes >= MAX_BYTES;
}

bool batch_is_due(const struct batch *b)
{
	return b->n_ids - b->done >= b->chunk || crowded(b);
}

static enum hw_status write_item(struct batch *b, struct batch_item *it,
    struct hw_err *e)
{
	struct hw_scores s = {it->n, b->bits + it->at, b->entropy + it->at};
	enum hw_status st;

	if (!it->is_record) {
		it->frame.payload = (struct hw_view){b->bytes + it->at, it->n};
		return hw_enc_frame(b->enc, &it->frame, e);
	}
	it->record.ids = b->ids + it->at;
	it->record.flags |= HW_RECORD_SCORED;
	st = hw_enc_record(b->enc, &it->record, e);
	if (st == HW_OK)
		st = hw_enc_scores(b->enc, &s, e);
	if (st == HW_OK)
		b->scored(b->ctx, &it->record, &s);
	return st;
}

/* Drop the first `n` items and move the rest to the front. */
static void drop(struct batch *b, size_t n)
{
	size_t ids = b->n_ids, bytes = b->n_bytes;

	for (size_t i = b->n_items; i-- > n;) {
		if (b->items[i].is_record)
			ids = b->items[i].at;
		else
			bytes = b->items[i].at;
	}
	b->n_items -= n;
	b->n_ids -= ids;
	b->n_bytes -= bytes;
	b->done -= ids;
	if (b->n_items == 0)
		return;
	memmove(b->items, b->items + n, b->n_items * sizeof(*b->items));
	for (size_t i = 0; i < b->n_items; i++)
		b->items[i].at -= b->items[i].is_record ? ids : bytes;
	if (ids > 0 && b->n_ids > 0) {
		memmove(b->ids, b->ids + ids, b->n_ids * sizeof(*b->ids));
		memmove(b->bits, b->bits + ids, b->done * sizeof(*b->bits));
		memmove(b->entropy, b->entropy + ids,
		    b->done * sizeof(*b->entropy));
	}
	if (bytes > 0 && b->n_bytes > 0)
		memmove(b->bytes, b->bytes + bytes, b->n_bytes);
}

/* Score the next *n; HW_LIMIT: *n says how many were taken. */
static enum hw_status score(struct batch *b, size_t *n, struct hw_err *e)
{
	struct hw_stream_stats before, after;
	enum hw_status st;

	hw_stream_stats(b->stream, &before);
	st = hw_stream_score(b->stream, b->ids + b->done, *n,
	    b->bits + b->done, b->entropy + b->done, e);
	hw_stream_stats(b->stream, &after);
	*n = (size_t)(after.tokens - before.tokens);
	return st;
}

enum hw_status batch_run(struct batch *b, bool all, struct hw_err *e)
{
	size_t n = b->n_ids - b->done, gone = 0;
	enum hw_status scored = HW_OK, st = HW_OK;

	if (!all && !crowded(b))
		n = n / b->chunk * b->chunk;
	if (n > 0)
		scored = score(b, &n, e);
	if (scored != HW_OK && scored != HW_LIMIT)
		return scored;
	b->done += n;
	while (st == HW_OK && gone < b->n_items) {
		struct batch_item *it = &b->items[gone];

		if (it->is_record && it->at + it->n > b->done)
			break;
		st = write_item(b, it, e);
		gone++;
	}
	drop(b, gone);
	return st != HW_OK ? st : scored;
}

void batch_release(struct batch *b)
{
	b->alloc->release(b->alloc->ctx, b->items);
	b->alloc->release(b->alloc->ctx, b->bytes);
	b->alloc->release(b->alloc->ctx, b->ids);
	b->alloc->release(b->alloc->ctx, b->bits);
	b->alloc->release(b->alloc->ctx, b->entropy);
}
