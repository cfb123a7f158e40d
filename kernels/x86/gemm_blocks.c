/* SPDX-License-Identifier: MIT
 * What only this file knows: the types whose blocks have 32 weights.  16 rows
 * at a time are transposed to vectors of 4 bytes of each row; from then on all
 * rows are taken apart together. */
#include "panel.h"

enum type { q8_0, q4_0 };

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
	return vf_from_f16(_mm256_set_epi64x((int64_t)d[3], (int64_t)d[2],
	    (int64_t)d[1], (int64_t)d[0]));
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

INLINE struct piece piece(const enum type type, const char *w, size_t row)
{
	struct piece p;

	switch (type) {
	case q8_0:
		p.d[0] = scales(w, row);
		vi_rows(p.q, w + 2, row);
		vi_rows(p.q + 4, w + 18, row);
		break;
	case q4_0:
		p.d[0] = scales(w, row);
		nibbles(p.q, w + 2, row);
		UNROLL for (int g = 0; g < 8; g++)
			p.q[g] = vi_sub8(p.q[g], vi_set(0x08080808));
		break;
	}
	UNROLL for (int g = 0; g < 8; g++)
		p.q[g] = vq_put(p.q[g]);
	return p;
}

INLINE void unpack(const enum type type, const int form, size_t bytes,
    char *to, const char *w, size_t row)
{
	for (const char *end = w + row; w < end; w += bytes,
	    to += P_BLOCK(form)) {
		struct piece p = piece(type, w, row);

		piece_store(to, &p, form);
	}
}

INLINE void direct(const enum type type, const int form, size_t bytes,
    float *y, const struct hw_prep_block *x, const char *w, size_t n,
    size_t row)
{
	vf sum = vf_set(0);

	for (const char *end = w + row; w < end; w += bytes, x++) {
		struct piece p = piece(type, w, row);

		sum = piece_times(sum, &p, x, form);
	}
	vf_store_n(y, sum, n);
}

static void sweep_plain(struct job t)
{
	sweep_panels(t, HW_PLAIN);
}

#define TYPE(type, form, sweep) \
	static void unpack_##type(char *to, const char *w, size_t row) \
	{ \
		unpack(type, form, HW_BYTES_##type, to, w, row); \
	} \
	static void direct_##type(float *y, const struct hw_prep_block *x, \
	    const char *w, size_t n, size_t row) \
	{ \
		direct(type, form, HW_BYTES_##type, y, x, w, n, row); \
	} \
	void HW_FN(gemm_##type)(float *y, size_t ldy, const void *p, \
	    size_t m, const void *w, size_t n, size_t k, void *scratch) \
	{ \
		gemm(y, ldy, p, m, w, n, k, scratch, \
		    k / HW_ELEMS_##type * HW_BYTES_##type, form, \
		    unpack_##type, direct_##type, sweep); \
	}
TYPE(q8_0, HW_PLAIN, sweep_plain)
TYPE(q4_0, HW_PLAIN, sweep_plain)
