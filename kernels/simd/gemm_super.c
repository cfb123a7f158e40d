/* SPDX-License-Identifier: MIT
 * What only this file knows: the types whose blocks have 256 weights, in eight
 * parts of 32.  A block of 16 rows is transposed to words: vector i holds
 * bytes 4i .. 4i + 3 of each row.  Then all rows are taken apart together, and
 * a part is some bits of eight words. */
#include "piece.h"
#ifdef HW_AMX
#include "pairs_amx.h"
#else
enum { FEW = 2 }; /* there is much code to a part: eight of them stand there */
#define FEW_ROWS UP_TO_2
#include "bytes.h"
#endif

#include "c/parts.h"

enum type { q2_k, q3_k, q4_k, q5_k, q6_k, iq4_xs };

/* Four bytes of each row; the last whole 16 bytes of a block are there once
 * more, after the others, if its size is no multiple of 16. */
struct words {
	_Alignas(64) char at[(HW_BYTES_q6_k / 16 + 1) * 4][64];
};

INLINE void transpose(struct words *to, const char *w, size_t row,
    const size_t bytes)
{
	vi c[4];

	for (size_t i = 0; i < bytes / 16 + (bytes % 16 > 0); i++) {
		vi_rows(c, w + (i < bytes / 16 ? i * 16 : bytes - 16), row);
		UNROLL for (size_t j = 0; j < 4; j++)
			vi_store(to->at[4 * i + j], c[j]);
	}
}

INLINE vi word(const struct words *w, size_t i)
{
	return vi_load(w->at[i]);
}

/* Some bits of each byte. */
INLINE vi bits(vi x, int shift, int32_t mask)
{
	return vi_and(vi_shr_by(x, shift), vi_set(mask * 0x01010101));
}

/* Byte i of each word, by itself. */
INLINE vi byte(vi x, int i)
{
	return vi_and(vi_shr_by(x, 8 * i), vi_set(255));
}

INLINE vf times_byte(vf d, vi x, int i, float less)
{
	return vf_mul(d, vf_sub(vi_floats(byte(x, i)), vf_set(less)));
}

INLINE vf negative(vf x)
{
	return vf_sub(vf_set(0), x);
}

/* ---- the types ----------------------------------------------------------- */

INLINE void part_q2_k(struct piece *p, const struct words *w, const int s)
{
	vi scale = word(w, (size_t)s / 2);
	vf d[2];

	vf_pairs_f16(d, word(w, 23));
	UNROLL for (int h = 0; h < 2; h++) {
		int i = s % 2 * 2 + h;

		p->d[h] = times_byte(d[0], bits(scale, 0, 15), i, 0);
		p->m[h] = negative(times_byte(d[1], bits(scale, 4, 15), i,
		    0));
	}
	UNROLL for (int g = 0; g < 8; g++)
		p->q[g] = bits(word(w, (size_t)(4 + s / 4 * 8 + g)),
		    s % 4 * 2, 3);
}

/* Words 24 .. 27 hold the last 16 bytes, 94 .. 109: the 12 of the scales, from
 * 96 on, are cut in two. */
INLINE vi across(const struct words *w, size_t i)
{
	return vi_or(vi_shr(word(w, i), 16), vi_shl(word(w, i + 1), 16));
}

INLINE void part_q3_k(struct piece *p, const struct words *w, const int s)
{
	vi scale = vi_or(bits(across(w, (size_t)(24 + s / 2 % 2)), s / 4 * 4,
	    15), vi_shl(bits(across(w, 26), s / 2 * 2, 3), 4));
	vf d[2];

	vf_pairs_f16(d, word(w, 27));
	UNROLL for (int h = 0; h < 2; h++)
		p->d[h] = times_byte(d[1], scale, s % 2 * 2 + h, 32);
	UNROLL for (int g = 0; g < 8; g++) {
		vi low = bits(word(w, (size_t)(8 + s / 4 * 8 + g)),
		    s % 4 * 2, 3);
		vi high = bits(word(w, (size_t)g), s, 1);

		p->q[g] = vi_or(low, vi_shl(high, 2));
	}
}

/* See hw_sixes. */
INLINE void sixes(struct piece *p, const struct words *w, const int s)
{
	vi scale = word(w, 1), min = word(w, 2), rest = word(w, 3);
	vf d[2];

	vf_pairs_f16(d, word(w, 0));
	if (s < 4) {
		scale = bits(scale, 0, 63);
		min = bits(min, 0, 63);
	} else {
		scale = vi_or(bits(rest, 0, 15), bits(scale, 2, 48));
		min = vi_or(bits(rest, 4, 15), bits(min, 2, 48));
	}
	p->d[0] = times_byte(d[0], scale, s % 4, 0);
	p->m[0] = negative(times_byte(d[1], min, s % 4, 0));
}

INLINE void part_q4_k(struct piece *p, const struct words *w, const int s)
{
	sixes(p, w, s);
	UNROLL for (int g = 0; g < 8; g++)
		p->q[g] = bits(word(w, (size_t)(4 + s / 2 * 8 + g)),
		    s % 2 * 4, 15);
}

INLINE void part_q5_k(struct piece *p, const struct words *w, const int s)
{
	sixes(p, w, s);
	UNROLL for (int g = 0; g < 8; g++) {
		vi high = bits(word(w, (size_t)(4 + g)), s, 1);

		p->q[g] = vi_or(vi_shl(high, 4), bits(word(w, (size_t)(12 +
		    s / 2 * 8 + g)), s % 2 * 4, 15));
	}
}

/* Scales are signed: their sign is turned, and 128 taken off. */
INLINE void part_q6_k(struct piece *p, const struct words *w, const int s)
{
	vi scale = vi_sub8(word(w, (size_t)(48 + s / 2)),
	    vi_set((int32_t)0x80808080));
	vf d[2];

	vf_pairs_f16(d, word(w, 55));
	UNROLL for (int h = 0; h < 2; h++)
		p->d[h] = times_byte(d[1], scale, s % 2 * 2 + h, 128);
	UNROLL for (int g = 0; g < 8; g++) {
		vi low = bits(word(w, (size_t)(s / 4 * 16 + s % 2 * 8 + g)),
		    s % 4 / 2 * 4, 15);
		vi high = bits(word(w, (size_t)(32 + s / 4 * 8 + g)),
		    s % 4 * 2, 3);

		p->q[g] = vi_or(low, vi_shl(high, 4));
	}
}

INLINE void part_iq4_xs(struct piece *p, const struct words *w, const int s)
{
	static const int8_t values[16] = HW_VALUES_IQ4;
	/* The last 16 bytes are the last part's. */
	const size_t at = s < 7 ? (size_t)(2 + 4 * s) : 32;
	vi high = vi_and(vi_shr_by(word(w, 0), 16 + 2 * s), vi_set(3));
	vi scale = vi_and(vi_shr_by(word(w, 1), 4 * s), vi_set(15));
	vf d[2];

	vf_pairs_f16(d, word(w, 0));
	p->d[0] = times_byte(d[0], vi_or(scale, vi_shl(high, 4)), 0, 32);
	UNROLL for (size_t g = 0; g < 4; g++) {
		p->q[g] = vi_choose(values, bits(word(w, at + g), 0, 15));
		p->q[4 + g] = vi_choose(values, bits(word(w, at + g), 4,
		    15));
	}
}

INLINE struct piece piece(const enum type type, const struct words *w,
    const int s)
{
	struct piece p;

	switch (type) {
	case q2_k:
		part_q2_k(&p, w, s);
		break;
	case q3_k:
		part_q3_k(&p, w, s);
		break;
	case q4_k:
		part_q4_k(&p, w, s);
		break;
	case q5_k:
		part_q5_k(&p, w, s);
		break;
	case q6_k:
		part_q6_k(&p, w, s);
		break;
	case iq4_xs:
		part_iq4_xs(&p, w, s);
		break;
	}
	return p;
}

INLINE int above(const enum type type)
{
	return type == q3_k ? 4 : type == q6_k ? 32 :
	    type == iq4_xs ? SIGNED : 0;
}

/* ---- products ------------------------------------------------------------ */

INLINE void unpack(const enum type type, const int form, const size_t bytes,
    char *to, const char *w, size_t row)
{
	const char *next = w + AHEAD * row;
	struct words t;

	for (const char *end = w + row; w < end; w += bytes,
	    next += 16 * bytes) {
		soon(next, 16 * bytes);
		transpose(&t, w, row, bytes);
		UNROLL for (int s = 0; s < 8; s++, to += PART_BYTES(form)) {
			struct piece p = piece(type, &t, s);

			put_part(to, &p, form, above(type));
		}
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
	struct words words;

	UNROLL for (size_t i = 0; i < mr; i++)
		sum[i] = vf_set(0);
	for (const char *end = w + row; w < end; w += bytes,
	    next += 16 * bytes) {
		soon(next, 16 * bytes);
		transpose(&words, w, row, bytes);
		UNROLL for (int s = 0; s < 8; s++) {
			struct piece p = piece(type, &words, s);

			piece_times(mr, sum, &p, x, t->x_row, form,
			    above(type));
			x += sizeof(struct hw_prep_block);
		}
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

TYPE(q2_k)
TYPE(q3_k)
TYPE(q4_k)
TYPE(q5_k)
TYPE(q6_k)
TYPE(iq4_xs)
