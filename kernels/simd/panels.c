/* SPDX-License-Identifier: MIT
 * What only this file knows: how many rows of activations are multiplied by
 * panels of bytes. */
#include "panel.h"

/* mr rows of x, from row i0, by nr panels. */
INLINE void block(const size_t mr, const size_t nr, const int form,
    const struct job *t, size_t i0)
{
	const char *x = t->x + i0 * t->x_row, *panel = t->panel;
	const int halves = HALVES_OF(form), groups = 8 / halves;
	float *y = t->y + i0 * t->ldy;
	vf sum[DOT_M][DOT_N];

	UNROLL for (size_t i = 0; i < mr; i++)
		UNROLL for (size_t j = 0; j < nr; j++)
			sum[i][j] = vf_set(0);
	for (size_t b = 0; b < t->parts; b++, panel += PART_BYTES(form),
	    x += sizeof(struct hw_prep_block))
		UNROLL for (int h = 0; h < halves; h++) {
			const char *head = panel + h * 64;
			const char *quants = panel + P_HEAD(form) * 64 +
			    h * groups * 64;
			const struct hw_prep_block *xb[DOT_M];
			vi dot[DOT_M][DOT_N];

			UNROLL for (size_t i = 0; i < mr; i++) {
				xb[i] = (const void *)(x + i * t->x_row);
				UNROLL for (size_t j = 0; j < nr; j++)
					dot[i][j] = vi_start(start(xb[i],
					    form, h));
			}
			UNROLL for (int g = 0; g < groups; g++) {
				vq w[DOT_N];

				UNROLL for (size_t j = 0; j < nr; j++)
					w[j] = vq_load(quants + g * 64 +
					    j * t->panel_bytes);
				UNROLL for (size_t i = 0; i < mr; i++) {
					int32_t q;

					memcpy(&q, xb[i]->q + (h * groups +
					    g) * 4, 4);
					UNROLL for (size_t j = 0; j < nr; j++)
						dot[i][j] = vi_dot(dot[i][j],
						    w[j], q);
				}
			}
			UNROLL for (size_t j = 0; j < nr; j++) {
				vf d, m;

				d = vf_load((const void *)(head +
				    j * t->panel_bytes));
				m = vf_set(0);
				if (form & HW_MINS)
					m = vf_load((const void *)(head +
					    halves * 64 +
					    j * t->panel_bytes));
				UNROLL for (size_t i = 0; i < mr; i++)
					sum[i][j] = scaled(sum[i][j],
					    dot[i][j], d, m, xb[i], start(
					    xb[i], form, h), form);
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

/* All rows of x by nr panels. */
INLINE void sweep(const struct job *t, const size_t nr, const int form)
{
	for (size_t i = 0, rows; i < t->m; i += rows) {
		rows = rows_of_block(t->m - i, DOT_M);
		switch (rows) {
#define BLOCK(mr, form) \
		case mr: \
			block(mr, nr, form, t, i); \
			break;
			DOT_ROWS(BLOCK, form)
#undef BLOCK
		}
	}
}

INLINE void all(struct job t, const int form)
{
	while (t.n > 0) {
		size_t n = t.n > 16 * (DOT_N - 1) ? 16 * DOT_N : 16;

		if (n == 16)
			sweep(&t, 1, form);
		else
			sweep(&t, DOT_N, form);
		n = n < t.n ? n : t.n;
		t.n -= n;
		t.y += n;
		t.panel += n / 16 * t.panel_bytes;
	}
}

EACH_FORM(all)
