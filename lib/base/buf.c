/* SPDX-License-Identifier: MIT
 * What only this file knows: how a buffer grows, and that it never outgrows
 * its cap. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void hw_buf_init(struct hw_buf *b, const struct hw_alloc *a, size_t max)
{
	*b = (struct hw_buf){.alloc = a, .max = max};
}

void hw_buf_release(struct hw_buf *b)
{
	hw_del(b->alloc, b->p);
	hw_buf_init(b, b->alloc, b->max);
}

bool hw_buf_room(struct hw_buf *b, size_t n)
{
	size_t cap = b->cap > 0 ? b->cap : 256;
	unsigned char *p = NULL;

	if (n > b->max - b->n) {
		b->full = true;
		return false;
	}
	if (n <= b->cap - b->n)
		return true;
	if (b->nomem || b->full)
		return false;
	while (cap < b->n + n)
		cap = cap <= b->max / 2 ? cap * 2 : b->max;
	if (hw_new(b->alloc, &p, cap, 1, "buffer", NULL) != HW_OK) {
		b->nomem = true;
		return false;
	}
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	hw_del(b->alloc, b->p);
	b->p = p;
	b->cap = cap;
	return true;
}

void hw_buf_put(struct hw_buf *b, const void *p, size_t n)
{
	if (n == 0 || b->nomem || b->full || !hw_buf_room(b, n))
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void little(struct hw_buf *b, uint64_t x, size_t n)
{
	unsigned char c[8];

	for (size_t i = 0; i < n; i++)
		c[i] = (unsigned char)(x >> (8 * i));
	hw_buf_put(b, c, n);
}

void hw_buf_u8(struct hw_buf *b, uint8_t x)
{
	little(b, x, 1);
}

void hw_buf_u16(struct hw_buf *b, uint16_t x)
{
	little(b, x, 2);
}

void hw_buf_u32(struct hw_buf *b, uint32_t x)
{
	little(b, x, 4);
}

void hw_buf_u64(struct hw_buf *b, uint64_t x)
{
	little(b, x, 8);
}

void hw_buf_f32(struct hw_buf *b, float x)
{
	uint32_t u;

	memcpy(&u, &x, sizeof(u));
	little(b, u, 4);
}

void hw_buf_f64(struct hw_buf *b, double x)
{
	uint64_t u;

	memcpy(&u, &x, sizeof(u));
	little(b, u, 8);
}

void hw_buf_str(struct hw_buf *b, const char *s)
{
	hw_buf_put(b, s, strlen(s));
}

void hw_buf_fmt(struct hw_buf *b, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		hw_buf_put(b, text, (size_t)n < sizeof(text) ? (size_t)n :
		    sizeof(text) - 1);
}

void hw_buf_drop(struct hw_buf *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

enum hw_status hw_buf_status(struct hw_buf *b, const char *what,
    struct hw_err *e)
{
	bool nomem = b->nomem, full = b->full;

	b->nomem = b->full = false;
	if (nomem)
		return hw_fail(e, HW_NOMEM, "%s: no memory", what);
	if (full)
		return hw_fail(e, HW_LIMIT, "%s: larger than %zu bytes", what,
		    b->max);
	return HW_OK;
}
