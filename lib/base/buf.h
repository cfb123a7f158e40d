/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_BUF_H
#define HW_BASE_BUF_H

/* Growable bytes with a cap that is set at birth, or while there are none.
 * Appends are little-endian; the first refusal sticks (`full`), so a writer
 * appends a whole piece and tests once. */
#include "base/mem.h"

struct hw_buf {
	const struct hw_alloc *alloc;
	unsigned char *p;
	size_t n, cap, max;
	bool nomem, full; /* an append was refused: no memory, or over max */
};

void hw_buf_init(struct hw_buf *b, const struct hw_alloc *a, size_t max);
void hw_buf_release(struct hw_buf *b);
/* Make room for n more bytes behind b->n; false: refused. */
bool hw_buf_room(struct hw_buf *b, size_t n);
void hw_buf_put(struct hw_buf *b, const void *p, size_t n);
void hw_buf_u8(struct hw_buf *b, uint8_t x);
void hw_buf_u16(struct hw_buf *b, uint16_t x);
void hw_buf_u32(struct hw_buf *b, uint32_t x);
void hw_buf_u64(struct hw_buf *b, uint64_t x);
void hw_buf_f32(struct hw_buf *b, float x);
void hw_buf_f64(struct hw_buf *b, double x);
void hw_buf_str(struct hw_buf *b, const char *s); /* without its NUL */
void hw_buf_fmt(struct hw_buf *b, const char *fmt, ...) HW_PRINTF(2, 3);
void hw_buf_drop(struct hw_buf *b, size_t n); /* the first n */
/* HW_OK, or the sticky refusal as HW_NOMEM or HW_LIMIT (and clear it). */
HW_MUST enum hw_status hw_buf_status(struct hw_buf *b, const char *what,
    struct hw_err *e);

#endif
