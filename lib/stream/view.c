/* SPDX-License-Identifier: MIT
 * What only this file knows: how a payload becomes the struct of its type, and
 * which values of its fields are refused. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "stream/dec.h"

enum hw_status dec_grow(const struct hw_dec *d, void *array, size_t *cap,
    size_t n, size_t size, size_t keep, struct hw_err *e)
{
	void *old, *p = NULL;
	size_t want = *cap > 0 ? *cap : 1024;

	if (n <= *cap)
		return HW_OK;
	while (want < n)
		want *= 2;
	HW_TRY(hw_new(d->alloc, &p, want, size, "frame", e));
	memcpy(&old, array, sizeof(old));
	if (keep > 0)
		memcpy(p, old, keep * size);
	hw_del(d->alloc, old);
	memcpy(array, &p, sizeof(p));
	*cap = want;
	return HW_OK;
}

static enum hw_status is_a(const struct hw_frame *f, int type,
    struct hw_err *e)
{
	return f->type == type ? HW_OK : hw_fail(e, HW_USAGE,
	    "a frame of type %u was taken for one of type %d", f->type, type);
}

enum hw_status hw_dec_hello(struct hw_dec *d, const struct hw_frame *f,
    struct hw_hello *h, struct hw_err *e)
{
	HW_TRY(is_a(f, HW_FRAME_HELLO, e));
	*h = (struct hw_hello){d->hello.vocab, d->hello.name,
	    d->hello.digest};
	return HW_OK;
}

enum hw_status hw_dec_source(struct hw_dec *d, const struct hw_frame *f,
    struct hw_source_note *s, struct hw_err *e)
{
	struct hw_cur c = hw_cur(f->payload);

	HW_TRY(is_a(f, HW_FRAME_SOURCE, e));
	s->source = hw_cur_u32(&c);
	s->name = hw_cur_bytes(&c, hw_cur_left(&c));
	return !c.bad ? HW_OK :
	    dec_corrupt(d, f->offset, e, "a malformed SOURCE");
}

enum hw_status hw_dec_record(struct hw_dec *d, const struct hw_frame *f,
    struct hw_record *r, struct hw_err *e)
{
	const unsigned char *p = f->payload.p;
	struct frame_counts n;
	uint64_t bytes = 0;

	HW_TRY(is_a(f, HW_FRAME_RECORD, e));
	if (!frame_record_counts(f->payload, d->lens.n, &n))
		return dec_corrupt(d, f->offset, e, "a malformed RECORD");
	HW_TRY(dec_grow(d, &d->ids, &d->cap_ids, n.n, sizeof(*d->ids), 0,
	    e));
	if (!frame_unpack_ids(d->ids, p + RECORD_HEAD, n.n, d->lens.n) ||
	    !frame_lens_sum(&d->lens, d->ids, n.n, &bytes))
		return dec_corrupt(d, f->offset, e,
		    "a token id outside the vocabulary");
	if (bytes != n.bytes)
		return dec_corrupt(d, f->offset, e,
		    "a record that is not as long as it says");
	if (!frame_is_time((int64_t)frame_u64(p + 32)))
		return dec_corrupt(d, f->offset, e, "a time that is none");
	*r = (struct hw_record){.source = frame_u32(p + 8), .flags = n.flags,
	    .offset = frame_u64(p + 16), .line = frame_u64(p + 24),
	    .arrival_ms = (int64_t)frame_u64(p + 32),
	    .template_id = frame_u64(p + 40), .n = n.n, .ids = d->ids};
	return HW_OK;
}

/* False: a score is infinite.  NaN says that a token was not predicted. */
static bool get_floats(float *to, const unsigned char *p, size_t n)
{
	bool bad = false;

	for (size_t i = 0; i < n; i++) {
		uint32_t u = frame_u32(p + 4 * i);

		memcpy(to + i, &u, sizeof(u));
		bad |= (u & 0x7fffffff) == 0x7f800000;
	}
	return !bad;
}

enum hw_status hw_dec_scores(struct hw_dec *d, const struct hw_frame *f,
    struct hw_scores *s, struct hw_err *e)
{
	size_t n;

	HW_TRY(is_a(f, HW_FRAME_SCORES, e));
	if (!frame_is_scores_of(f->payload, d->last_n))
		return dec_corrupt(d, f->offset, e, "malformed SCORES");
	n = d->last_n;
	HW_TRY(dec_grow(d, &d->bits, &d->cap_bits, 2 * n, sizeof(*d->bits),
	    0, e));
	if (!get_floats(d->bits, f->payload.p + SCORES_HEAD, 2 * n))
		return dec_corrupt(d, f->offset, e, "an infinite score");
	*s = (struct hw_scores){n, d->bits, d->bits + n};
	return HW_OK;
}

enum hw_status hw_dec_gap(struct hw_dec *d, const struct hw_frame *f,
    struct hw_gap *g, struct hw_err *e)
{
	struct hw_cur c = hw_cur(f->payload);

	HW_TRY(is_a(f, HW_FRAME_GAP, e));
	g->records = hw_cur_u64(&c);
	g->reason = hw_cur_bytes(&c, hw_cur_left(&c));
	return !c.bad ? HW_OK :
	    dec_corrupt(d, f->offset, e, "a malformed GAP");
}

enum hw_status hw_dec_end(struct hw_dec *d, const struct hw_frame *f,
    struct hw_end *n, struct hw_err *e)
{
	HW_TRY(is_a(f, HW_FRAME_END, e));
	return frame_unpack_end(f->payload, n) ? HW_OK :
	    dec_corrupt(d, f->offset, e, "a malformed END");
}
