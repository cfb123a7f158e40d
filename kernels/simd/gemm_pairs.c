/* SPDX-License-Identifier: MIT
 * What only this file knows: products of F16 and BF16 weights with activations
 * in bf16, by the instructions that multiply pairs of bf16.
 *
 * 16 rows of weights become a panel of vectors, each a pair (k, k + 1) of every
 * row; 16 of them, 32 steps of k, are what a tile takes.  F16 weights are
 * rounded to bf16, as those of quantized types are.
 *
 * That of vectors adds the two products of a pair to a sum, one after the
 * other, and a few rows of activations skip the panel.  What tiles do says
 * pairs_amx.h.
 */
#include "rows.h"
#ifdef HW_AMX
#include "pairs_amx.h"
#else
#include "pairs.h"
#endif

enum type { F16, BF16 };

/* 32 of F16 as bf16, each in its place. */
INLINE vi rounded(vi x)
{
	return (vi)_mm512_cvtne2ps_pbh(
	    _mm512_cvtph_ps(_mm512_extracti64x4_epi64(x, 1)),
	    _mm512_cvtph_ps(_mm512_castsi512_si256(x)));
}

/* 16 bytes of each row: 4 vectors of pairs. */
INLINE void split(vi *out, enum type type, const char *piece, size_t stride)
{
	vi_rows(out, piece, stride);
	UNROLL for (int i = 0; i < 4; i++)
		if (type == F16)
			out[i] = rounded(out[i]);
}

/* Where the pieces of n rows are read from. */
struct source {
	char copy[16][SEG];
	const char *w;
	size_t n, row;
	int copied;
};

INLINE void source(struct source *s, const char *w, size_t n, size_t row)
{
	s->w = w;
	s->n = n;
	s->row = row;
	s->copied = !in_place(n, row, STEPS * 2);
}

/* 8 steps from step c on, which may lie beyond the row's end: then zeros. */
INLINE void steps_of(vi *out, enum type type, struct source *s, size_t c)
{
	size_t at = c * 2 % SEG;

	if (s->copied && at == 0)
		fetch(s->copy, s->w, s->n, s->row, c * 2);
	if (s->copied)
		split(out, type, s->copy[0] + at, SEG);
	else
		split(out, type, s->w + c * 2, s->row);
}

INLINE void unpack(char *to, enum type type, const char *w, size_t n,
    size_t k)
{
	const char *next = w + AHEAD * k * 2;
	struct source s;
	vi v[4];

	source(&s, w, n, k * 2);
	for (size_t c = 0; c < k; c += STEPS, to += GROUP, next += GROUP) {
		soon(next, GROUP);
		for (size_t i = 0; i < 4; i++) {
			steps_of(v, type, &s, c + 8 * i);
			UNROLL for (size_t j = 0; j < 4; j++)
				vi_store(to + (4 * i + j) * 64, v[j]);
		}
	}
}

#ifdef HW_AMX

/* ---- tiles --------------------------------------------------------------- */

#define GEMM(op, type) \
	static void unpack_##op(char *to, const char *w, size_t n, \
	    size_t row, char *unused) \
	{ \
		(void)unused; \
		unpack(to, type, w, n, row / 2); \
	} \
	void HW_FN(op)(float *y, size_t ldy, const void *p, size_t m, \
	    const void *w, size_t n, size_t k, void *scratch) \
	{ \
		gemm_pairs(y, ldy, p, m, w, n, k, scratch, k * 2, \
		    unpack_##op); \
	}
GEMM(gemm_f16_pairs, F16)
GEMM(gemm_bf16_pairs, BF16)

#else

/* ---- vectors ------------------------------------------------------------- */

#define FEW_ROWS UP_TO_6 /* HW_FEW */

INLINE void put(float *y, vf sum, size_t n)
{
	vf_store_n(y, sum, n < 16 ? n : 16);
}

INLINE vf times(vf sum, vi w, vi x)
{
	return _mm512_dpbf16_ps(sum, (__m512bh)w, (__m512bh)x);
}

/* Pair c of a row of x. */
INLINE vi pair(const char *x, size_t c)
{
	int32_t q;

	memcpy(&q, x + 4 * c, 4);
	return vi_set(q);
}

/* mr rows of x by 16 rows of weights. */
INLINE void direct(const size_t mr, enum type type, const struct job *t,
    const char *w, size_t k)
{
	const char *x = t->x, *next = w + AHEAD * k * 2;
	vf sum[HW_FEW];
	struct source s;

	UNROLL for (size_t r = 0; r < mr; r++)
		sum[r] = vf_set(0);
	source(&s, w, t->n, k * 2);
	for (size_t c = 0; c < t->groups * STEPS; c += 8, x += 16,
	    next += GROUP / 4) {
		vi v[4];

		soon(next, GROUP / 4);
		steps_of(v, type, &s, c);
		UNROLL for (size_t j = 0; j < 4; j++)
			UNROLL for (size_t r = 0; r < mr; r++)
				sum[r] = times(sum[r], v[j], pair(x +
				    r * t->x_row, j));
	}
	UNROLL for (size_t r = 0; r < mr; r++)
		put(t->y + r * t->ldy, sum[r], t->n);
}

INLINE void few(enum type type, const struct job *t, const char *w, size_t k)
{
	switch (t->m) {
#define DIRECT(mr, type) \
	case mr: \
		direct(mr, type, t, w, k); \
		break;
		FEW_ROWS(DIRECT, type)
#undef DIRECT
	}
}

/* mr rows of x, from row i on, by nr panels from panel j on. */
INLINE void block(const size_t mr, const size_t nr, const struct job *t,
    size_t i, size_t j)
{
	const char *x = t->x + i * t->x_row;
	const char *panel = t->panel + j * t->panel_bytes;
	vf sum[GEMM_M][GEMM_N];

	UNROLL for (size_t r = 0; r < mr; r++)
		UNROLL for (size_t l = 0; l < nr; l++)
			sum[r][l] = vf_set(0);
	for (size_t c = 0; c < t->groups * STEPS / 2; c++, panel += 64) {
		vi w[GEMM_N];

		UNROLL for (size_t l = 0; l < nr; l++)
			w[l] = vi_load(panel + l * t->panel_bytes);
		UNROLL for (size_t r = 0; r < mr; r++) {
			vi a = pair(x + r * t->x_row, c);

			UNROLL for (size_t l = 0; l < nr; l++)
				sum[r][l] = times(sum[r][l], w[l], a);
		}
	}
	UNROLL for (size_t r = 0; r < mr; r++)
		UNROLL for (size_t l = 0; l < nr; l++)
			if (t->n > (j + l) * 16)
				put(t->y + (i + r) * t->ldy + (j + l) * 16,
				    sum[r][l], t->n - (j + l) * 16);
}

INLINE void sweep(const size_t nr, const struct job *t, size_t j)
{
	for (size_t i = 0, rows; i < t->m; i += rows) {
		rows = rows_of_block(t->m - i, GEMM_M);
		switch (rows) {
#define BLOCK(mr, j) \
		case mr: \
			block(mr, nr, t, i, j); \
			break;
			GEMM_ROWS(BLOCK, j)
#undef BLOCK
		}
	}
}

static void sweep_panels(const struct job *t)
{
	size_t j = 0;

	for (; (j + 1) * 16 < t->n; j += 2)
		sweep(2, t, j);
	if (j * 16 < t->n)
		sweep(1, t, j);
}

INLINE void gemm(enum type type, float *y, size_t ldy, const void *p,
    size_t m, const char *w, size_t n, size_t k, char *scratch)
{
	struct job t = job_of(p, m, k, ldy, scratch);
	const size_t row = k * 2;
	const int as_it_lies = w != NULL && m <= HW_FEW;

	for (size_t j = 0; as_it_lies && j < n; j += 16) {
		t.y = y + j;
		t.n = n - j < 16 ? n - j : 16;
		few(type, &t, w + j * row, k);
	}
	for (size_t j = 0; !as_it_lies && j < n; j += t.n) {
		t.y = y + j;
		t.n = n - j < 16 * PANELS ? n - j : 16 * PANELS;
		for (size_t r = 0; w != NULL && r < t.n; r += 16)
			unpack(scratch + r / 16 * t.panel_bytes, type,
			    w + (j + r) * row, t.n - r < 16 ? t.n - r : 16,
			    k);
		sweep_panels(&t);
	}
}

#define GEMM(op, type) \
	void hw_##op##_bf16(float *y, size_t ldy, const void *p, size_t m, \
	    const void *w, size_t n, size_t k, void *scratch) \
	{ \
		gemm(type, y, ldy, p, m, w, n, k, scratch); \
	}
GEMM(gemm_f16_pairs, F16)
GEMM(gemm_bf16_pairs, BF16)

#endif
