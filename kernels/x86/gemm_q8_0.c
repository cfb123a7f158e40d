/* SPDX-License-Identifier: MIT
 * What only this file knows: products of bytes.
 *
 * 16 rows of weights become a panel in scratch: for each block of 32 steps of
 * k its 16 scales, then 8 vectors of 4 bytes of each row.  A block's integer
 * sum is exact; it is scaled by the product of the two scales and added to
 * the element's lane, in order of blocks, with one rounding.
 */
#include "vec.h"

enum { PANELS = 4 }; /* unpacked together */
#define W_BLOCK sizeof(struct hw_block_q8_0)
#define P_BLOCK ((size_t)(16 * 4 + 8 * 64)) /* bytes of a panel's block */

/* A panel of n <= 16 rows; the lanes of absent rows repeat the first. */
static void unpack(char *to, const char *w, size_t n, size_t blocks)
{
	const char *rows[16];

	for (size_t r = 0; r < 16; r++)
		rows[r] = w + (r < n ? r : 0) * blocks * W_BLOCK;
	for (size_t b = 0; b < blocks; b++, to += P_BLOCK) {
		uint16_t d[16];
		vi c[8];

		UNROLL for (int r = 0; r < 16; r++)
			memcpy(&d[r], rows[r] + b * W_BLOCK, 2);
		vf_store((void *)to, vf_f16(d));
		vi_rows(c, rows, b * W_BLOCK + 2);
		vi_rows(c + 4, rows, b * W_BLOCK + 18);
		UNROLL for (int g = 0; g < 8; g++)
			vi_store(to + 64 + g * 64, vq_put(c[g]));
	}
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
	vf sum[DOT_M][PANELS];

	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t j = 0; j < nr; j++)
			sum[i][j] = vf_set(0);
	for (size_t b = 0; b < t->blocks; b++, panel += P_BLOCK,
	    x += sizeof(struct hw_prep_block)) {
		const struct hw_prep_block *xb[DOT_M];
		vi dot[DOT_M][PANELS];

		UNROLL for (size_t i = 0; i < mr; i++) {
			xb[i] = (const void *)(x + i * t->x_row);
			UNROLL for (size_t j = 0; j < nr; j++)
				dot[i][j] = vi_start(xb[i]->bias);
		}
		UNROLL for (size_t g = 0; g < 8; g++) {
			vq w[PANELS];

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
	if (t.m == 1 && t.n > 16 * (PANELS - 1)) {
		block(1, PANELS, &t, 0);
		return;
	}
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
	    .x_row = hw_prep_bytes(HW_PREP_Q8_0, k), .blocks = k / 32};

	/* An odd number of lines: see hw_prep_bytes. */
	t.panel_bytes = (t.blocks * P_BLOCK / 64 | 1) * 64;
	for (size_t j = 0; j < n; j += t.n) {
		t.n = n - j < 16 * PANELS ? n - j : 16 * PANELS;
		for (size_t r = 0; r < t.n; r += 16)
			unpack((char *)scratch + r / 16 * t.panel_bytes,
			    (const char *)w + (j + r) * t.blocks * W_BLOCK,
			    t.n - r, t.blocks);
		t.y = y + j;
		sweep_panels(t);
	}
}
