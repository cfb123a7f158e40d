/* SPDX-License-Identifier: MIT
 * What only this file knows: products of bytes.
 *
 * 16 rows of weights become a panel in scratch: for each block of 32 steps of
 * k its 16 scales, then 8 vectors of 4 bytes of each row.  A block's integer
 * sum is exact; it is scaled by the product of the two scales and added to
 * the element's lane, in order of blocks, with one rounding.
 */
#include "vec.h"

#include "c/half.h"

enum { PANELS = 4 }; /* unpacked together */
#define W_BLOCK sizeof(struct hw_block_q8_0)
#define P_BLOCK ((size_t)(16 * 4 + 8 * 64)) /* bytes of a panel's block */

/* The scales of 16 rows.  Gathered in integer registers: 16 narrow stores
 * and a wide load would wait for each other. */
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

/* The quants of one block of 16 rows, four of each row a vector. */
INLINE void quants(vi *c, const char *w, size_t row)
{
	vi_rows(c, w + 2, row);
	vi_rows(c + 4, w + 18, row);
	UNROLL for (int g = 0; g < 8; g++)
		c[g] = vq_put(c[g]);
}

static void unpack(char *to, const char *w, size_t row)
{
	for (const char *end = w + row; w < end; w += W_BLOCK,
	    to += P_BLOCK) {
		vi c[8];

		vf_store((void *)to, scales(w, row));
		quants(c, w, row);
		UNROLL for (int g = 0; g < 8; g++)
			vi_store(to + 64 + g * 64, c[g]);
	}
}

/* One row of x by one panel: not worth a detour through scratch. */
static void direct(float *y, const struct hw_prep_block *x, const char *w,
    size_t n, size_t row)
{
	vf sum = vf_set(0);

	for (const char *end = w + row; w < end; w += W_BLOCK, x++) {
		vi dot = vi_start(x->bias), dot2 = vi_set(0), c[8];

		quants(c, w, row);
		UNROLL for (int g = 0; g < 4; g++) {
			int32_t q, q2;

			memcpy(&q, x->q + g * 4, 4);
			memcpy(&q2, x->q + 16 + g * 4, 4);
			dot = vi_dot(dot, vq_of(c[g]), q);
			dot2 = vi_dot(dot2, vq_of(c[4 + g]), q2);
		}
		sum = vf_fma(vi_floats(vi_add(dot, dot2)),
		    vf_mul(scales(w, row), vf_set(x->d)), sum);
	}
	vf_store_n(y, sum, n);
}

/* 16 rows of w: its own, or copies of the n < 16 that are left. */
static const char *sixteen(char *copy, const char *w, size_t n, size_t row)
{
	if (n >= 16)
		return w;
	for (size_t r = 0; r < 16; r++)
		memcpy(copy + r * row, w + (r < n ? r : 0) * row, row);
	return copy;
}

struct job {
	float *y;
	const char *x, *panel;
	size_t ldy, m, n, x_row, blocks, panel_bytes;
};

/* mr rows of x, from row i0, by nr panels. */
INLINE void block(const size_t mr, const size_t nr, const struct job *t,
    size_t i0)
{
	const char *x = t->x + i0 * t->x_row, *panel = t->panel;
	float *y = t->y + i0 * t->ldy;
	vf sum[DOT_M][DOT_N];

	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t j = 0; j < nr; j++)
			sum[i][j] = vf_set(0);
	for (size_t b = 0; b < t->blocks; b++, panel += P_BLOCK,
	    x += sizeof(struct hw_prep_block)) {
		const struct hw_prep_block *xb[DOT_M];
		vi dot[DOT_M][DOT_N];

		UNROLL for (size_t i = 0; i < mr; i++) {
			xb[i] = (const void *)(x + i * t->x_row);
			UNROLL for (size_t j = 0; j < nr; j++)
				dot[i][j] = vi_start(xb[i]->bias);
		}
		UNROLL for (size_t g = 0; g < 8; g++) {
			vq w[DOT_N];

			UNROLL for (size_t j = 0; j < nr; j++)
				w[j] = vq_load(panel + j * t->panel_bytes +
				    64 + g * 64);
			UNROLL for (size_t i = 0; i < mr; i++) {
				int32_t q;

				memcpy(&q, xb[i]->q + g * 4, 4);
				UNROLL for (size_t j = 0; j < nr; j++)
					dot[i][j] = vi_dot(dot[i][j], w[j],
					    q);
			}
		}
		UNROLL for (size_t j = 0; j < nr; j++) {
			vf d = vf_load((const void *)(panel +
			    j * t->panel_bytes));

			UNROLL for (size_t i = 0; i < mr; i++)
				sum[i][j] = vf_fma(vi_floats(dot[i][j]),
				    vf_mul(d, vf_set(xb[i]->d)), sum[i][j]);
		}
	}
	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t j = 0; j < nr; j++) {
			if (t->n >= j * 16 + 16)
				vf_store(y + i * t->ldy + j * 16, sum[i][j]);
			else if (t->n > j * 16)
				vf_store_n(y + i * t->ldy + j * 16, sum[i][j],
				    t->n - j * 16);
		}
}

/* All rows of x by nr panels, in blocks of ever fewer rows. */
INLINE void sweep(const struct job *t, const size_t nr)
{
	size_t i = 0;

	for (; i + DOT_M <= t->m; i += DOT_M)
		block(DOT_M, nr, t, i);
	for (; i + DOT_M / 2 <= t->m; i += DOT_M / 2)
		block(DOT_M / 2, nr, t, i);
	for (; i < t->m; i++)
		block(1, nr, t, i);
}

static void sweep_panels(struct job t)
{
	while (t.n > 0) {
		size_t n = t.n > 16 * (DOT_N - 1) ? 16 * DOT_N : 16;

		if (n == 16)
			sweep(&t, 1);
		else
			sweep(&t, DOT_N);
		n = n < t.n ? n : t.n;
		t.n -= n;
		t.y += n;
		t.panel += n / 16 * t.panel_bytes;
	}
}

void HW_FN(gemm_q8_0)(float *y, size_t ldy, const void *p, size_t m,
    const void *w, size_t n, size_t k, void *scratch)
{
	struct job t = {.x = p, .panel = scratch, .ldy = ldy, .m = m,
	    .x_row = hw_prep_bytes(HW_PREP_Q8_0, k), .blocks = k / 32,
	    /* An odd number of lines: see hw_prep_bytes. */
	    .panel_bytes = (k / 32 * P_BLOCK / 64 | 1) * 64};
	size_t row = k / 32 * W_BLOCK;
	char *copy = (char *)scratch + PANELS * t.panel_bytes;
	const char *from = w;

	for (size_t j = 0; j < n; j += t.n) {
		t.y = y + j;
		t.n = n - j < 16 * PANELS ? n - j : 16 * PANELS;
		for (size_t r = 0; r < t.n; r += 16, from += 16 * row) {
			const char *rows = sixteen(copy, from, t.n - r, row);

			if (m == 1)
				direct(t.y + r, p, rows, t.n - r < 16 ?
				    t.n - r : 16, row);
			else
				unpack((char *)scratch + r / 16 *
				    t.panel_bytes, rows, row);
		}
		if (m > 1)
			sweep_panels(t);
	}
}
