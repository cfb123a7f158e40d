/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_STREAM_H
#define HW_TESTS_STREAM_H

/* A small stream with one frame of each kind, for the tests of lib/stream. */
#include "headwater.h"

#define STREAM_MODEL "test model"
#define STREAM_DIGEST 0x0123456789abcdefll

/* Tokens: 0 "<s>" (special), 1 "ab", 2 "\n", 3 any byte 0xff, 4 "", and "x"
 * for all others, n in all. */
struct hw_vocab *stream_vocab(size_t n);
extern const struct hw_scores stream_scores; /* of the first record */
extern const struct hw_window stream_window;
/* Two records; the first has scores. */
void stream_records(struct hw_record r[2], const struct hw_vocab *v);
bool stream_same_window(const struct hw_window *a, const struct hw_window *b);

/* These bail out on failure. */
struct hw_enc *stream_enc(const struct hw_alloc *a, bool text);
struct hw_dec *stream_dec(const struct hw_alloc *a, bool text,
    const struct hw_vocab *v);
/* One frame of each kind: HELLO SOURCE RECORD SCORES RECORD WINDOW GAP NOTE 99
 * END.  The first failure is returned. */
HW_MUST enum hw_status stream_try_write(struct hw_enc *c,
    struct hw_vocab *v, struct hw_err *e);
void stream_write(struct hw_enc *c, struct hw_vocab *v);
/* Take the typed view of a frame, whatever it is. */
HW_MUST enum hw_status stream_look(struct hw_dec *d, const struct hw_frame *f,
    struct hw_err *e);
/* Give these bytes to the decoder, which has no memory problem. */
void stream_feed(struct hw_dec *d, struct hw_view v);

#endif
