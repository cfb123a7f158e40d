/* SPDX-License-Identifier: MIT
 * What only this file knows: products with a plain loop a weight row.  A row
 * is unpacked to float once and meets all rows of activations. */
#include "half.h"
#include "kernels.h"

void hw_prep_f32_c(void *p, const float *x, size_t m, size_t k)
{
	size_t row = hw_prep_bytes(HW_PREP_F32, k);

	for (size_t i = 0; i < m; i++)
		memcpy((char *)p + i * row, x + i * k, k * sizeof(*x));
}

static void prep_block(struct hw_prep_block *b, const float *x)
{
	float max = hw_max32(x);
	float inverse = max >= HW_PREP_MIN ? 127 / max : 0;
	int sum = 0;

	b->d = max / 127;
	for (int i = 0; i < 32; i++) {
		b->q[i] = hw_round127(x[i] * inverse);
		sum += b->q[i];
	}
	b->bias = -128 * sum;
}

void hw_prep_q8_0_c(void *p, const float *x, size_t m, size_t k)
{
	size_t row = hw_prep_bytes(HW_PREP_Q8_0, k);

	for (size_t i = 0; i < m; i++) {
		struct hw_prep_block *b = (void *)((char *)p + i * row);

		for (size_t j = 0; j < k / 32; j++)
			prep_block(&b[j], x + i * k + j * 32);
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

void hw_gemm_f32_c(float *y, size_t ldy, const void *p, size_t m,
    const void *w, size_t n, size_t k, void *scratch)
{
	for (size_t j = 0; j < n; j++) {
		memcpy(scratch, (const char *)w + j * k * 4, k * 4);
		column(y + j, ldy, p, m, scratch, k);
	}
}

void hw_gemm_f16_c(float *y, size_t ldy, const void *p, size_t m,
    const void *w, size_t n, size_t k, void *scratch)
{
	const char *at = w;
	float *row = scratch;

	for (size_t j = 0; j < n; j++) {
		for (size_t i = 0; i < k; i++, at += 2)
			row[i] = hw_f16(hw_u16_at(at));
		column(y + j, ldy, p, m, row, k);
	}
}

void hw_gemm_bf16_c(float *y, size_t ldy, const void *p, size_t m,
    const void *w, size_t n, size_t k, void *scratch)
{
	const char *at = w;
	float *row = scratch;

	for (size_t j = 0; j < n; j++) {
		for (size_t i = 0; i < k; i++, at += 2)
			row[i] = hw_bf16(hw_u16_at(at));
		column(y + j, ldy, p, m, row, k);
	}
}

/* One element: an exact integer a block, scaled, summed in block order. */
static float dot_q8_0(const struct hw_prep_block *x, const char *w,
    size_t blocks)
{
	const size_t bytes = sizeof(struct hw_block_q8_0);
	float sum = 0;

	for (size_t b = 0; b < blocks; b++, w += bytes) {
		const int8_t *q = (const int8_t *)w + 2;
		int dot = 0;

		for (int i = 0; i < 32; i++)
			dot += q[i] * x[b].q[i];
		sum += (float)dot * (hw_f16(hw_u16_at(w)) * x[b].d);
	}
	return sum;
}

void hw_gemm_q8_0_c(float *y, size_t ldy, const void *p, size_t m,
    const void *w, size_t n, size_t k, void *scratch)
{
	size_t row = hw_prep_bytes(HW_PREP_Q8_0, k);
	size_t w_row = k / 32 * sizeof(struct hw_block_q8_0);

	(void)scratch;
	for (size_t j = 0; j < n; j++)
		for (size_t i = 0; i < m; i++)
			y[i * ldy + j] = dot_q8_0(
			    (const void *)((const char *)p + i * row),
			    (const char *)w + j * w_row, k / 32);
}
