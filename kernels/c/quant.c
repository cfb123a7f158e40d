/* SPDX-License-Identifier: MIT
 * What only this file knows: quantized weights one row at a time: as floats,
 * and times activations.  A row is taken apart once and meets all rows of
 * activations. */
#include "kernels.h"
#include "parts.h"

static void prep_block(struct hw_prep_block *b, const float *x)
{
	float max = hw_max32(x);
	float inverse = max >= HW_PREP_MIN ? 127 / max : 0;
	int sum[2] = {0};

	b->d = max / 127;
	for (int i = 0; i < 32; i++) {
		b->q[i] = hw_round127(x[i] * inverse);
		sum[i / 16] += b->q[i];
	}
	b->bias = -128 * (sum[0] + sum[1]);
	b->half = -128 * sum[0];
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

/* Parts of one row of k weights: blocks of `parts` parts, `bytes` bytes. */
typedef void part_fn(struct hw_part *p, const unsigned char *b, size_t s);

static inline void take_apart(struct hw_part *to, part_fn *part,
    const unsigned char *w, size_t parts, size_t bytes, size_t k)
{
	for (size_t c = 0; c < k / 32; c++)
		part(to + c, w + c / parts * bytes, c % parts);
}

static inline void to_f32(float *y, part_fn *part, const unsigned char *w,
    size_t parts, size_t bytes, enum hw_form form, size_t n)
{
	for (size_t c = 0; c < n / 32; c++) {
		struct hw_part p;

		part(&p, w + c / parts * bytes, c % parts);
		for (size_t i = 0; i < 32; i++) {
			size_t h = form & HW_HALVES ? i / 16 : 0;

			y[c * 32 + i] = p.d[h] * (float)p.q[i];
			if (form & HW_MINS)
				y[c * 32 + i] += p.m[h];
		}
	}
}

/* One element: exact integers, scaled, summed in their order. */
static inline float dot(const struct hw_prep_block *x,
    const struct hw_part *w, size_t parts, enum hw_form form)
{
	const int step = form & HW_HALVES ? 16 : 32;
	float sum = 0;

	for (; parts > 0; parts--, x++, w++)
		for (int h = 0; h < 32 / step; h++) {
			int dot = 0, total = 0;

			for (int i = h * step; i < (h + 1) * step; i++) {
				dot += w->q[i] * x->q[i];
				total += x->q[i];
			}
			sum += (float)dot * (w->d[h] * x->d);
			if (form & HW_MINS)
				sum += (float)total * (w->m[h] * x->d);
		}
	return sum;
}

static inline void gemm(float *y, size_t ldy, const char *p, size_t m,
    const unsigned char *w, size_t n, size_t k, struct hw_part *row,
    part_fn *part, size_t parts, size_t bytes, enum hw_form form)
{
	size_t x_row = hw_prep_bytes(HW_PREP_Q8_0, k);

	for (size_t j = 0; j < n; j++, w += k / 32 / parts * bytes) {
		take_apart(row, part, w, parts, bytes, k);
		for (size_t i = 0; i < m; i++)
			y[i * ldy + j] = dot((const void *)(p + i * x_row),
			    row, k / 32, form);
	}
}

#define TYPE(type, elems, bytes, form) \
	void hw_##type##_to_f32_c(float *y, const void *w, size_t n) \
	{ \
		to_f32(y, hw_part_##type, w, elems / 32, bytes, form, n); \
	} \
	void hw_gemm_##type##_c(float *y, size_t ldy, const void *p, \
	    size_t m, const void *w, size_t n, size_t k, void *scratch) \
	{ \
		gemm(y, ldy, p, m, w, n, k, scratch, hw_part_##type, \
		    elems / 32, bytes, form); \
	}
#include "types.def"
#undef TYPE
