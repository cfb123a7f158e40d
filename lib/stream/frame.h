/* SPDX-License-Identifier: MIT */
#ifndef HW_STREAM_FRAME_H
#define HW_STREAM_FRAME_H

/* The wire, for the files of this folder: sizes, packing and unpacking of
 * payloads.  tokstream(5) is the specification; where this differs, this is
 * wrong.  Packing appends to a buffer, whose refusal sticks; unpacking checks
 * everything that a hostile writer could have put there. */
#include "base/buf.h"
#include "base/cur.h"
#include "base/vocab.h"

#define FRAME_HEAD ((size_t)16)
#define FRAME_TAIL ((size_t)4)
/* The largest payload: the scores of a record of HW_TOK_MAX tokens. */
#define FRAME_MAX (8 * HW_TOK_MAX + 4096)
#define FRAME_VERSION 1
#define FRAME_MAGIC "HWTOKENS"
#define FRAME_MAGIC_N ((size_t)8)
#define FRAME_NAME_MAX ((size_t)4096) /* bytes of a model's name */

/* Fixed parts of payloads, in bytes. */
#define RECORD_HEAD ((size_t)48)
#define SCORES_HEAD ((size_t)4)
#define END_SIZE ((size_t)24)

/* Times lie in the years 0 to 9999, so that spans of them cannot overflow. */
#define FRAME_TIME_MAX ((int64_t)253402300799999)
static inline bool frame_is_time(int64_t ms)
{
	return ms >= -FRAME_TIME_MAX && ms <= FRAME_TIME_MAX;
}

#define RECORD_FLAGS (HW_RECORD_CONT | HW_RECORD_MORE | HW_RECORD_SCORED)

static inline uint32_t frame_u16(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}
static inline uint32_t frame_u32(const unsigned char *p)
{
	return frame_u16(p) | frame_u16(p + 2) << 16;
}
static inline uint64_t frame_u64(const unsigned char *p)
{
	return frame_u32(p) | (uint64_t)frame_u32(p + 4) << 32;
}

/* ---- what tokens spell ----------------------------------------------------
 * Bytes that each token adds to the text: 0 for special ones.  A side table,
 * so that counting bytes costs one load a token. */
struct frame_lens {
	const struct hw_alloc *alloc;
	uint16_t *len; /* (n) */
	uint8_t *how;  /* (n) LENS_*; NULL: no tokenizer's spaces in it */
	size_t n;
	bool each;     /* one behind each token that is not normal, too */
};
/* Begins with a space; is not a normal token. */
enum { LENS_PLAIN, LENS_SPACE, LENS_OTHER };
HW_MUST enum hw_status frame_lens_init(struct frame_lens *t,
    const struct hw_vocab *v, const struct hw_alloc *a, struct hw_err *e);
void frame_lens_release(struct frame_lens *t);
/* Bytes that n ids spell; false: an id is outside the vocabulary. */
bool frame_lens_sum(const struct frame_lens *t, const uint32_t *ids,
    size_t n, uint64_t *bytes);

/* ---- ids: 2 bytes each in a vocabulary of up to 65536 tokens, else 4 ----- */
static inline size_t frame_id_size(size_t n_vocab)
{
	return n_vocab <= 65536 ? 2 : 4;
}
void frame_pack_ids(struct hw_buf *b, size_t n_vocab, const uint32_t *ids,
    size_t n);
/* p holds n ids; false: one is outside the vocabulary. */
bool frame_unpack_ids(uint32_t *ids, const unsigned char *p, size_t n,
    size_t n_vocab);

/* ---- payloads ------------------------------------------------------------ */

/* The counts at the front of a RECORD, which framing itself relies on. */
struct frame_counts {
	uint32_t n, bytes, flags;
};
/* False: the payload's size does not fit its counts. */
bool frame_record_counts(struct hw_view payload, size_t n_vocab,
    struct frame_counts *c);
void frame_pack_record(struct hw_buf *b, size_t n_vocab, uint32_t bytes,
    const struct hw_record *r);
/* Whether these are the scores of a record of n tokens. */
bool frame_is_scores_of(struct hw_view payload, uint32_t n);
void frame_pack_scores(struct hw_buf *b, const struct hw_scores *s);
void frame_pack_end(struct hw_buf *b, const struct hw_end *n);
void frame_pack_window(struct hw_buf *b, size_t n_vocab,
    const struct hw_window *w);

void frame_pack_hello(struct hw_buf *b, const struct hw_hello *h);
/* A HELLO's contents, allocated. */
struct frame_hello {
	struct hw_vocab *vocab;
	char *name;
	uint64_t digest;
};
/* `stream` and `at` (where the frame begins) are for messages. */
HW_MUST enum hw_status frame_unpack_hello(struct hw_view payload,
    struct frame_hello *h, const struct hw_alloc *a, const char *stream,
    uint64_t at, struct hw_err *e);
void frame_hello_release(struct frame_hello *h, const struct hw_alloc *a);
bool frame_unpack_end(struct hw_view payload, struct hw_end *n);

#endif
