/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_C_PARTS_H
#define HW_KERNELS_C_PARTS_H

/* What only this file knows: the bits of the quantized types, for code that
 * takes them one by one. */
#include <stddef.h>

#include "half.h"

/* 32 weights: x[i] = d[i / 16] * q[i] + m[i / 16], in that order and rounded
 * as float each time, which is how ggml defines a type; the form says which of
 * these there are.  hw_part_TYPE takes part s of a block. */
struct hw_part {
	float d[2], m[2];
	int8_t q[32];
};

/* Element i in the low half of byte i, element 16 + i in the high one. */
static inline void hw_nibbles(int8_t *q, const unsigned char *at)
{
	for (size_t i = 0; i < 16; i++) {
		q[i] = (int8_t)(at[i] & 15);
		q[16 + i] = (int8_t)(at[i] >> 4);
	}
}

static inline void hw_part_q8_0(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	(void)s;
	p->d[0] = hw_f16(hw_u16_at(b));
	memcpy(p->q, b + 2, 32);
}

static inline void hw_part_q4_0(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	(void)s;
	p->d[0] = hw_f16(hw_u16_at(b));
	hw_nibbles(p->q, b + 2);
	for (size_t i = 0; i < 32; i++)
		p->q[i] = (int8_t)(p->q[i] - 8);
}

#endif
