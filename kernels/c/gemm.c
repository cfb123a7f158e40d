/* SPDX-License-Identifier: MIT
 * What only this file knows: products of floats with a plain loop a weight
 * row.  A row is unpacked to float once and meets all rows of activations. */
#include "half.h"
#include "kernels.h"

void hw_prep_f32_c(void *p, const float *x, size_t m, size_t k)
{
	size_t row = hw_prep_bytes(HW_PREP_F32, k);

	for (size_t i = 0; i < m; i++)
		memcpy((char *)p + i * row, x + i * k, k * sizeof(*x));
}

void hw_prep_bf16_c(void *p, const float *x, size_t m, size_t k)
{
	size_t row = hw_prep_bytes(HW_PREP_BF16, k);

	for (size_t i = 0; i < m; i++, x += k) {
		uint16_t *to = (void *)((char *)p + i * row);

		for (size_t j = 0; j < (k + 31) / 32 * 32; j++)
			to[j] = j < k ? hw_to_bf16(x[j]) : 0;
	}
}

/* y[i * ldy] = row i of p . w.  Four partial sums, as fixed as one. */
static void column(float *y, size_t ldy, const void *p, size_t m,
    const float *w, size_t k)
{
	size_t row = hw_prep_bytes(HW_PREP_F32, k);

	for (size_t i = 0; i < m; i++) {
		const float *x = (const void *)((const char *)p + i * row);
		float s[4] = {0};
		size_t j = 0;

		for (; j + 4 <= k; j += 4)
			for (size_t l = 0; l < 4; l++)
				s[l] += x[j + l] * w[j + l];
		for (; j < k; j++)
			s[0] += x[j] * w[j];
		y[i * ldy] = (s[0] + s[1]) + (s[2] + s[3]);
	}
}

/* The same, of rows of bf16. */
static void short_column(float *y, size_t ldy, const void *p, size_t m,
    const float *w, size_t k)
{
	size_t row = hw_prep_bytes(HW_PREP_BF16, k);

	for (size_t i = 0; i < m; i++) {
		const char *x = (const char *)p + i * row;
		float s[4] = {0};

		for (size_t j = 0; j < k; j++)
			s[j % 4] += hw_bf16(hw_u16_at(x + 2 * j)) * w[j];
		y[i * ldy] = (s[0] + s[1]) + (s[2] + s[3]);
	}
}

void hw_gemm_f32_c(float *y, size_t ldy, const void *p, size_t m,
    const void *w, size_t n, size_t k, void *scratch)
{
	for (size_t j = 0; j < n; j++) {
		memcpy(scratch, (const char *)w + j * k * 4, k * 4);
		column(y + j, ldy, p, m, scratch, k);
	}
}

/* w, or the one of the call before: scratch keeps it, behind all rows. */
static const char *kept(const void *w, void *scratch, size_t k)
{
	char *place = (char *)scratch + HW_GEMM_SCRATCH(k) - sizeof(w);

	if (w != NULL)
		memcpy(place, &w, sizeof(w));
	else
		memcpy(&w, place, sizeof(w));
	return w;
}

/* Weights of 16 bits, by what makes floats of them. */
#define GEMM_16(op, value, by, from) \
	void op(float *y, size_t ldy, const void *p, size_t m, \
	    const void *w, size_t n, size_t k, void *scratch) \
	{ \
		const char *at = from; \
		float *row = scratch; \
\
		for (size_t j = 0; j < n; j++) { \
			for (size_t i = 0; i < k; i++, at += 2) \
				row[i] = value(hw_u16_at(at)); \
			by(y + j, ldy, p, m, row, k); \
		} \
	}
GEMM_16(hw_gemm_f16_c, hw_f16, column, w)
GEMM_16(hw_gemm_bf16_c, hw_bf16, column, w)
GEMM_16(hw_gemm_f16_pairs_c, hw_f16, short_column, kept(w, scratch, k))
GEMM_16(hw_gemm_bf16_pairs_c, hw_bf16, short_column, kept(w, scratch, k))

/* These sums are along k already. */
#define DOTS(type) \
	void hw_gemm_##type##_dots_c(float *y, size_t ldy, const void *p, \
	    size_t m, const void *w, size_t n, size_t k, void *scratch) \
	{ \
		hw_gemm_##type##_c(y, ldy, p, m, w, n, k, scratch); \
	}
DOTS(f32)
DOTS(f16)
DOTS(bf16)

/* Quantized ones, as floats. */
#define TYPE(type, elems, bytes, form) \
	void hw_gemm_##type##_pairs_c(float *y, size_t ldy, const void *p, \
	    size_t m, const void *w, size_t n, size_t k, void *scratch) \
	{ \
		const char *at = kept(w, scratch, k); \
\
		for (size_t j = 0; j < n; j++) { \
			hw_##type##_to_f32_c(scratch, \
			    at + j * (k / (elems) * (bytes)), k); \
			short_column(y + j, ldy, p, m, scratch, k); \
		} \
	}
#include "types.def"
#undef TYPE
