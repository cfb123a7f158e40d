/* SPDX-License-Identifier: MIT
 * What only this file knows: the types whose blocks have 32 weights.  16 rows
 * at a time are transposed to vectors of 4 bytes of each row; from then on all
 * rows are taken apart together. */
#include "piece.h"
#ifdef HW_AMX
#include "pairs_amx.h"
#else
/* Registers for a part, and for the sums of as many rows. */
#ifdef __AVX512F__
enum { FEW = 4 };
#define FEW_ROWS UP_TO_4
#else
enum { FEW = 2 };
#define FEW_ROWS UP_TO_2
#endif
#include "bytes.h"
#endif

#include "c/parts.h"

enum type { q4_0, q4_1, q5_0, q5_1, q8_0, iq4_nl, mxfp4 };

/* 2 bytes at w of each of 16 rows, as floats.  Gathered in integer registers:
 * 16 narrow stores and a wide load would wait for each other. */
INLINE vf scales(const char *w, size_t row)
{
	uint64_t d[4];

	UNROLL for (size_t i = 0; i < 4; i++, w += 4 * row)
		d[i] = (uint64_t)hw_u16_at(w) |
		    (uint64_t)hw_u16_at(w + row) << 16 |
		    (uint64_t)hw_u16_at(w + 2 * row) << 32 |
		    (uint64_t)hw_u16_at(w + 3 * row) << 48;
	return vf_f16_words(d[0], d[1], d[2], d[3]);
}

/* 16 bytes at w of each row: element i of the part in the low half of byte i,
 * element 16 + i in the high one. */
INLINE void nibbles(vi *q, const char *w, size_t row)
{
	vi c[4], low = vi_set(0x0f0f0f0f);

	vi_rows(c, w, row);
	UNROLL for (int g = 0; g < 4; g++) {
		q[g] = vi_and(c[g], low);
		q[4 + g] = vi_and(vi_shr(c[g], 4), low);
	}
}

/* Each nibble chooses a value. */
INLINE void choose(vi *q, const int8_t *values)
{
	UNROLL for (int g = 0; g < 8; g++)
		q[g] = vi_choose(values, q[g]);
}

/* Bit i of each row's 32 becomes 16 in its element i.  A product puts copies
 * of four bits where no two meet: one of each is in its place. */
INLINE void fifth_bits(vi *q, vi bits)
{
	UNROLL for (int g = 0; g < 8; g++) {
		vi four = vi_and(vi_shr_by(bits, 4 * g), vi_set(15));

		four = vi_mul(four, vi_set(1 << 4 | 1 << 11 | 1 << 18 |
		    1 << 25));
		q[g] = vi_or(q[g], vi_and(four, vi_set(0x10101010)));
	}
}

/* 2^(e - 128) of the bytes at w: in two factors, for it may be denormal, or
 * beyond what an exponent of 8 bits says as an integer. */
INLINE vf exponents(const char *w, size_t row)
{
	vi c[4], e, half;

	vi_rows(c, w, row);
	e = vi_and(c[0], vi_set(255));
	half = vi_shr(e, 1);
	e = vi_add(e, vi_mul(half, vi_set(-1))); /* the larger half */
	return vf_mul(vi_as_floats(vi_shl(vi_add(half, vi_set(64)), 23)),
	    vi_as_floats(vi_shl(vi_add(e, vi_set(62)), 23)));
}

INLINE struct piece piece(const enum type type, const char *w, size_t row)
{
	static const int8_t iq4[16] = HW_VALUES_IQ4, fp4[16] = HW_VALUES_FP4;
	struct piece p;
	vf pair[2];
	vi c[4];

	switch (type) {
	case q8_0:
		p.d[0] = scales(w, row);
		vi_rows(p.q, w + 2, row);
		vi_rows(p.q + 4, w + 18, row);
		break;
	case q4_0:
		p.d[0] = scales(w, row);
		nibbles(p.q, w + 2, row);
		break;
	case q4_1:
		vi_rows(c, w, row);
		vf_pairs_f16(pair, c[0]);
		p.d[0] = pair[0];
		p.m[0] = pair[1];
		nibbles(p.q, w + 4, row);
		break;
	case q5_0:
		vi_rows(c, w, row);
		vf_pairs_f16(pair, c[0]);
		p.d[0] = pair[0];
		nibbles(p.q, w + 6, row);
		fifth_bits(p.q, vi_or(vi_shr(c[0], 16), vi_shl(c[1], 16)));
		break;
	case q5_1:
		vi_rows(c, w, row);
		vf_pairs_f16(pair, c[0]);
		p.d[0] = pair[0];
		p.m[0] = pair[1];
		nibbles(p.q, w + 8, row);
		fifth_bits(p.q, c[1]);
		break;
	case iq4_nl:
		p.d[0] = scales(w, row);
		nibbles(p.q, w + 2, row);
		choose(p.q, iq4);
		break;
	case mxfp4:
		p.d[0] = exponents(w, row);
		nibbles(p.q, w + 1, row);
		choose(p.q, fp4);
		break;
	}
	return p;
}

INLINE int above(const enum type type)
{
	return type == q4_0 ? 8 : type == q5_0 ? 16 :
	    type == q4_1 || type == q5_1 ? 0 : SIGNED;
}

/* ---- products ------------------------------------------------------------ */

INLINE void unpack(const enum type type, const int form, size_t bytes,
    char *to, const char *w, size_t row)
{
	const char *next = w + AHEAD * row;

	for (const char *end = w + row; w < end; w += bytes,
	    to += PART_BYTES(form), next += 16 * bytes) {
		struct piece p = piece(type, w, row);

		soon(next, 16 * bytes);
		put_part(to, &p, form, above(type));
	}
}

#ifdef HW_AMX
#define TYPE(type) GEMM_PAIRS(type)
#else

INLINE void direct(const size_t mr, const enum type type, const int form,
    const size_t bytes, const struct job *t, const char *w, size_t row)
{
	const char *x = t->x, *next = w + AHEAD * row;
	vf sum[FEW];

	UNROLL for (size_t i = 0; i < mr; i++)
		sum[i] = vf_set(0);
	for (const char *end = w + row; w < end; w += bytes,
	    next += 16 * bytes) {
		struct piece p = piece(type, w, row);

		soon(next, 16 * bytes);
		piece_times(mr, sum, &p, x, t->x_row, form, above(type));
		x += sizeof(struct hw_prep_block);
	}
	UNROLL for (size_t i = 0; i < mr; i++)
		vf_store_n(t->y + i * t->ldy, sum[i], t->n);
}

#define TYPE(type) \
	static void unpack_##type(char *to, const char *w, size_t row) \
	{ \
		unpack(type, HW_FORM_##type, HW_BYTES_##type, to, w, row); \
	} \
	DIRECT(type) \
	void HW_FN(gemm_##type)(float *y, size_t ldy, const void *p, \
	    size_t m, const void *w, size_t n, size_t k, void *scratch) \
	{ \
		gemm(y, ldy, p, m, w, n, k, scratch, \
		    k / HW_ELEMS_##type * HW_BYTES_##type, HW_FORM_##type, \
		    FEW, unpack_##type, direct_##type); \
	}

#endif

TYPE(q4_0)
TYPE(q4_1)
TYPE(q5_0)
TYPE(q5_1)
TYPE(q8_0)
TYPE(iq4_nl)
TYPE(mxfp4)
