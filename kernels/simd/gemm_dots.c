/* SPDX-License-Identifier: MIT
 * What only this file knows: products of floats for a token that is written.
 *
 * Weights are read in the order in which they lie and nothing is transposed:
 * ROWS rows side by side, 16 steps of k in a vector, whose lanes are added up
 * at the end (vf_sum4: always the same tree).  So an element is 16 chains of
 * fused multiply-adds and their sum, whatever stands beside it.
 */
#include "vec.h"

enum { ROWS = 8 };

enum type { F32, F16, BF16 };

INLINE vf weights(enum type type, const char *w)
{
	return type == F32 ? vi_as_floats(vi_load(w)) :
	    type == F16 ? vf_f16(w) : vf_bf16(w);
}

/* The last n < 16 steps of a row; beyond it is nothing that may be read. */
INLINE vf last_weights(enum type type, const size_t size, const char *w,
    size_t n)
{
	char all[64] = {0};

	memcpy(all, w, n * size);
	return weights(type, all);
}

/* y[j] = x . row j, of ROWS rows, whose weights have `size` bytes; rows beyond
 * n repeat the first. */
INLINE void rows(enum type type, const size_t size, float y[ROWS],
    const float *x, const char *w, size_t n, size_t k)
{
	const char *row[ROWS], *next = w + AHEAD * k * size;
	vf sum[ROWS], a;
	size_t c = 0;

	UNROLL for (size_t j = 0; j < ROWS; j++) {
		row[j] = w + (j < n ? j : 0) * k * size;
		sum[j] = vf_set(0);
	}
	for (; c + 16 <= k; c += 16) {
		soon(next + c * ROWS * size, 16 * ROWS * size);
		a = vf_load(x + c);
		UNROLL for (size_t j = 0; j < ROWS; j++)
			sum[j] = vf_fma(weights(type, row[j] + c * size), a,
			    sum[j]);
	}
	if (c < k) {
		a = vf_load_n(x + c, k - c);
		UNROLL for (size_t j = 0; j < ROWS; j++)
			sum[j] = vf_fma(last_weights(type, size, row[j] +
			    c * size, k - c), a, sum[j]);
	}
	UNROLL for (size_t j = 0; j < ROWS; j += 4)
		vf_sum4(y + j, sum + j);
}

INLINE void dots(enum type type, const size_t size, float *y, size_t ldy,
    const char *x, size_t m, const char *w, size_t n, size_t k)
{
	for (size_t i = 0; i < m; i++, x += hw_prep_bytes(HW_PREP_F32, k))
		for (size_t j = 0; j < n; j += ROWS) {
			size_t some = n - j < ROWS ? n - j : ROWS;
			float sums[ROWS];

			rows(type, size, sums, (const void *)x, w + j * k *
			    size, some, k);
			memcpy(y + i * ldy + j, sums, some * sizeof(*y));
		}
}

#define DOTS(type, is) \
	void HW_FN(gemm_##type##_dots)(float *y, size_t ldy, const void *p, \
	    size_t m, const void *w, size_t n, size_t k, void *scratch) \
	{ \
		(void)scratch; \
		dots(is, HW_BYTES_##type, y, ldy, p, m, w, n, k); \
	}
DOTS(f32, F32)
DOTS(f16, F16)
DOTS(bf16, BF16)
