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

static inline void hw_part_q4_1(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	(void)s;
	p->d[0] = hw_f16(hw_u16_at(b));
	p->m[0] = hw_f16(hw_u16_at(b + 2));
	hw_nibbles(p->q, b + 4);
}

/* Bit i of 32 bits at `at` becomes 16 in q[i]. */
static inline void hw_fifth_bits(int8_t *q, const unsigned char *at)
{
	for (size_t i = 0; i < 32; i++)
		q[i] = (int8_t)(q[i] | (at[i / 8] >> i % 8 & 1) << 4);
}

static inline void hw_part_q5_0(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	(void)s;
	p->d[0] = hw_f16(hw_u16_at(b));
	hw_nibbles(p->q, b + 6);
	hw_fifth_bits(p->q, b + 2);
	for (size_t i = 0; i < 32; i++)
		p->q[i] = (int8_t)(p->q[i] - 16);
}

static inline void hw_part_q5_1(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	(void)s;
	p->d[0] = hw_f16(hw_u16_at(b));
	p->m[0] = hw_f16(hw_u16_at(b + 2));
	hw_nibbles(p->q, b + 8);
	hw_fifth_bits(p->q, b + 4);
}

/* ---- four bits that choose one of 16 values ------------------------------ */

/* Steps that widen away from 0. */
#define HW_VALUES_IQ4 {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, \
	38, 53, 69, 89, 113}
/* Floats of four bits (sign, two of exponent, one of fraction), doubled. */
#define HW_VALUES_FP4 {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, \
	-12}

static inline void hw_choose(int8_t *q, const unsigned char *at,
    const int8_t *values)
{
	hw_nibbles(q, at);
	for (size_t i = 0; i < 32; i++)
		q[i] = values[q[i]];
}

static inline void hw_part_iq4_nl(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	static const int8_t values[16] = HW_VALUES_IQ4;

	(void)s;
	p->d[0] = hw_f16(hw_u16_at(b));
	hw_choose(p->q, b + 2, values);
}

/* The scale is 2^(e - 127); half of it, since the values are doubled, may be
 * a denormal number. */
static inline void hw_part_mxfp4(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	static const int8_t values[16] = HW_VALUES_FP4;

	(void)s;
	p->d[0] = hw_float(b[0] < 2 ? (uint32_t)0x200000 << b[0] :
	    (uint32_t)(b[0] - 1) << 23);
	hw_choose(p->q, b + 1, values);
}

static inline void hw_part_iq4_xs(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	static const int8_t values[16] = HW_VALUES_IQ4;
	int scale = (b[4 + s / 2] >> s % 2 * 4 & 15) |
	    (hw_u16_at(b + 2) >> 2 * s & 3) << 4;

	p->d[0] = hw_f16(hw_u16_at(b)) * (float)(scale - 32);
	hw_choose(p->q, b + 8 + 16 * s, values);
}

/* ---- parts of 256 -------------------------------------------------------- */

/* q[i] = some of the bits of byte i of 32. */
static inline void hw_slice(int8_t *q, const unsigned char *at, size_t shift,
    int mask)
{
	for (size_t i = 0; i < 32; i++)
		q[i] = (int8_t)(at[i] >> shift & mask);
}

/* The same, above the `low` bits that are there. */
static inline void hw_slice_above(int8_t *q, const unsigned char *at,
    size_t shift, int mask, int low)
{
	for (size_t i = 0; i < 32; i++)
		q[i] = (int8_t)(q[i] | (at[i] >> shift & mask) << low);
}

static inline void hw_part_q2_k(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	float d = hw_f16(hw_u16_at(b + 80)), m = hw_f16(hw_u16_at(b + 82));

	for (size_t h = 0; h < 2; h++) {
		p->d[h] = d * (float)(b[2 * s + h] & 15);
		p->m[h] = -(m * (float)(b[2 * s + h] >> 4));
	}
	hw_slice(p->q, b + 16 + s / 4 * 32, s % 4 * 2, 3);
}

static inline void hw_part_q3_k(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	float d = hw_f16(hw_u16_at(b + 108));

	for (size_t h = 0; h < 2; h++) {
		size_t i = 2 * s + h;
		int scale = (b[96 + i % 8] >> i / 8 * 4 & 15) |
		    (b[104 + i % 4] >> i / 4 * 2 & 3) << 4;

		p->d[h] = d * (float)(scale - 32);
	}
	hw_slice(p->q, b + 32 + s / 4 * 32, s % 4 * 2, 3);
	hw_slice_above(p->q, b, s, 1, 2);
	for (size_t i = 0; i < 32; i++)
		p->q[i] = (int8_t)(p->q[i] - 4);
}

/* Q4_K and Q5_K: eight scales and eight minima of six bits in 12 bytes.  Those
 * of the last four parts are spread: four bits in bytes 8 .. 11, two at the top
 * of bytes 0 .. 7. */
static inline void hw_sixes(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	const unsigned char *at = b + 4;
	int d = at[s % 4], m = at[4 + s % 4];

	if (s < 4) {
		d &= 63;
		m &= 63;
	} else {
		d = (at[4 + s] & 15) | d >> 6 << 4;
		m = at[4 + s] >> 4 | m >> 6 << 4;
	}
	p->d[0] = hw_f16(hw_u16_at(b)) * (float)d;
	p->m[0] = -(hw_f16(hw_u16_at(b + 2)) * (float)m);
}

static inline void hw_part_q4_k(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	hw_sixes(p, b, s);
	hw_slice(p->q, b + 16 + s / 2 * 32, s % 2 * 4, 15);
}

static inline void hw_part_q5_k(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	hw_sixes(p, b, s);
	hw_slice(p->q, b + 48 + s / 2 * 32, s % 2 * 4, 15);
	hw_slice_above(p->q, b + 16, s, 1, 4);
}

static inline void hw_part_q6_k(struct hw_part *p, const unsigned char *b,
    size_t s)
{
	float d = hw_f16(hw_u16_at(b + 208));

	for (size_t h = 0; h < 2; h++)
		p->d[h] = d * (float)(int8_t)b[192 + 2 * s + h];
	hw_slice(p->q, b + s / 4 * 64 + s % 2 * 32, s % 4 / 2 * 4, 15);
	hw_slice_above(p->q, b + 128 + s / 4 * 32, s % 4 * 2, 3, 4);
	for (size_t i = 0; i < 32; i++)
		p->q[i] = (int8_t)(p->q[i] - 32);
}

#endif
