/* SPDX-License-Identifier: MIT
 * What only this file knows: products of F16 and BF16 weights with activations
 * in bf16, by the instructions that multiply pairs of bf16.
 *
 * 16 rows of weights become a panel of vectors, each a pair (k, k + 1) of every
 * row; 16 of them, 32 steps of k, are what a tile takes.  11 bits of an F16
 * weight do not fit bf16: it is the sum of two, exactly, so a group has another
 * 16 vectors for the low parts.
 *
 * The order of additions is that of the instruction.  That of vectors adds two
 * products to a sum, one after the other.  That of tiles makes two chains over
 * the 32 steps, of even and of odd ones, each from 0, and adds their sum; it
 * takes denormal numbers for 0.  One row of activations is not worth a tile:
 * there the same chains are made of multiply-adds.
 */
#include "rows.h"
#ifdef HW_AMX
#include "amx.h"
#endif

enum type { F16, BF16 };

enum { STEPS = 32, GROUP = 16 * 64 }; /* steps and bytes of a tile */
/* Vectors of a piece of 16 bytes, groups of 32 steps, panels at a time. */
#define PARTS_OF(type) ((type) == F16 ? 2 : 1)
#define PANELS(type) ((size_t)((type) == F16 ? 4 : 8))

/* Two vectors of floats that are bf16 become one of pairs. */
INLINE vi pairs_of(vi even, vi odd)
{
	return vi_or(vi_shr(even, 16), odd);
}

/* 16 bytes of each row: pairs, of F16 of the high parts and then of the low
 * ones. */
INLINE void split(vi *out, enum type type, const char *piece, size_t stride)
{
	const vi high = vi_set((int32_t)0xffff0000);
	vi c[4];

	vi_rows(c, piece, stride);
	UNROLL for (int i = 0; i < 4; i++) {
		vf v[2];
		vi h[2], l[2];

		out[i] = c[i];
		if (type == BF16)
			continue;
		vf_pairs_f16(v, c[i]);
		UNROLL for (int j = 0; j < 2; j++) {
			h[j] = vi_and(vi_bits(v[j]), high);
			l[j] = vi_bits(vf_sub(v[j], vi_as_floats(h[j])));
		}
		out[i] = pairs_of(h[0], h[1]);
		out[4 + i] = pairs_of(l[0], l[1]);
	}
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
	struct source s;
	vi v[8];

	source(&s, w, n, k * 2);
	for (size_t c = 0; c < k; c += STEPS, to += PARTS_OF(type) * GROUP)
		for (size_t i = 0; i < 4; i++) {
			steps_of(v, type, &s, c + 8 * i);
			UNROLL for (size_t j = 0; j < 4; j++) {
				vi_store(to + (4 * i + j) * 64, v[j]);
				if (type == F16)
					vi_store(to + GROUP + (4 * i + j) * 64,
					    v[4 + j]);
			}
		}
}

struct job {
	float *y;
	const char *x, *panel;
	size_t ldy, m, n, x_row, groups, panel_bytes;
};

INLINE void put(float *y, vf sum, size_t n)
{
	vf_store_n(y, sum, n < 16 ? n : 16);
}

#ifdef HW_AMX

/* ---- tiles --------------------------------------------------------------- */

/* One row of x, as floats, by 16 rows of weights. */
INLINE void direct(enum type type, float *y, const float *x, const char *w,
    size_t n, size_t k)
{
	const vi high = vi_set((int32_t)0xffff0000);
	const int parts = PARTS_OF(type), vectors = 4 * parts;
	const char *next = w + AHEAD * k * 2;
	vf sum = vf_set(0);
	struct source s;

	source(&s, w, n, k * 2);
	for (size_t c = 0; c < k; c += STEPS) {
		vf part[2][2];
		vi v[8];

		UNROLL for (int p = 0; p < 2; p++)
			part[p][0] = part[p][1] = vf_set(0);
		soon(next, GROUP);
		next += GROUP;
		for (size_t i = 0; i < 4; i++, x += 8) {
			steps_of(v, type, &s, c + 8 * i);
			UNROLL for (int j = 0; j < vectors; j++) {
				vf *to = part[j / 4];
				const float *at = x + j % 4 * 2;

				to[0] = vf_fma(vf_set(at[0]), vi_as_floats(
				    vi_shl(v[j], 16)), to[0]);
				to[1] = vf_fma(vf_set(at[1]), vi_as_floats(
				    vi_and(v[j], high)), to[1]);
			}
		}
		UNROLL for (int p = 0; p < parts; p++)
			sum = vf_add(sum, vf_add(part[p][0], part[p][1]));
	}
	put(y, sum, n);
}

/* Denormal numbers are 0 to tiles, and so they are here. */
INLINE void one_row(enum type type, float *y, const char *x, const char *w,
    size_t n, size_t k, float *floats)
{
	const unsigned flush = 0x8040, before = _mm_getcsr();

	_mm_setcsr(before | flush);
	for (size_t c = 0; c < (k + STEPS - 1) / STEPS * STEPS; c += 16)
		vf_store(floats + c, vf_bf16(x + 2 * c));
	for (size_t j = 0; j < n; j += 16)
		direct(type, y + j, floats, w + j * k * 2, n - j < 16 ?
		    n - j : 16, k);
	_mm_setcsr(before);
}

/* One group: ma tiles of rows by nb panels. */
#define GROUP_OF(part) do { \
	const char *at = panel + (part) * GROUP; \
	amx_load(6, at, 64); \
	amx_dp_bf16(0, 4, 6); \
	if (nb == 2) { \
		amx_load(7, at + t->panel_bytes, 64); \
		amx_dp_bf16(1, 4, 7); \
	} \
	if (ma == 2) { \
		amx_dp_bf16(2, 5, 6); \
		if (nb == 2) \
			amx_dp_bf16(3, 5, 7); \
	} \
} while (0)

/* A tile of sums to m x n elements of y. */
#define SUMS_TO(tile, y, m, n) do { \
	if ((n) >= 16) { \
		amx_store(tile, y, t->ldy * 4); \
	} else { \
		amx_store(tile, part, 64); \
		for (size_t r = 0; r < (m); r++) \
			put((y) + r * t->ldy, vf_load(part[r]), n); \
	} \
} while (0)

INLINE void tiles(const int ma, const int nb, enum type type,
    const struct job *t, float *y, const char *x, const char *panel, size_t m,
    size_t n)
{
	_Alignas(64) float part[16][16];

	amx_zero(0);
	amx_zero(1);
	amx_zero(2);
	amx_zero(3);
	for (size_t g = 0; g < t->groups; g++, x += STEPS * 2,
	    panel += PARTS_OF(type) * GROUP) {
		amx_load(4, x, t->x_row);
		if (ma == 2)
			amx_load(5, x + 16 * t->x_row, t->x_row);
		GROUP_OF(0);
		if (type == F16)
			GROUP_OF(1);
	}
	SUMS_TO(0, y, m, n);
	if (ma == 2)
		SUMS_TO(2, y + 16 * t->ldy, m, n);
	if (nb == 2)
		SUMS_TO(1, y + 16, m, n - 16);
	if (ma == 2 && nb == 2)
		SUMS_TO(3, y + 16 * t->ldy + 16, m, n - 16);
}

/* m rows of each of ma tiles, from row i on, by all panels. */
INLINE void sweep(const int ma, enum type type, const struct job *t, size_t i,
    size_t m)
{
	const char *panel = t->panel, *x = t->x + i * t->x_row;
	float *y = t->y + i * t->ldy;
	size_t n = t->n;

	for (; n > 16; n = n < 32 ? 0 : n - 32, y += 32,
	    panel += 2 * t->panel_bytes)
		tiles(ma, 2, type, t, y, x, panel, m, n);
	if (n > 0)
		tiles(ma, 1, type, t, y, x, panel, m, n);
}

INLINE void sweep_panels(enum type type, const struct job *t)
{
	size_t i = 0;

	amx_begin();
	for (; i + 32 <= t->m; i += 32)
		sweep(2, type, t, i, 16);
	for (; i + 16 <= t->m; i += 16)
		sweep(1, type, t, i, 16);
	amx_end();
	if (i == t->m)
		return;
	amx_begin_of(t->m - i, 64);
	sweep(1, type, t, i, t->m - i);
	amx_end();
}

#else

/* ---- vectors ------------------------------------------------------------- */

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

/* One row of x by 16 rows of weights.  Only BF16: two products for each pair of
 * F16 weights are no faster than a conversion and multiply-adds. */
INLINE void direct(float *y, const char *x, const char *w, size_t n, size_t k)
{
	const char *next = w + AHEAD * k * 2;
	vf sum = vf_set(0);
	struct source s;

	source(&s, w, n, k * 2);
	for (size_t c = 0; c < (k + STEPS - 1) / STEPS * STEPS; c += 8,
	    x += 16, next += GROUP / 4) {
		vi v[8];

		soon(next, GROUP / 4);
		steps_of(v, BF16, &s, c);
		UNROLL for (size_t j = 0; j < 4; j++)
			sum = times(sum, v[j], pair(x, j));
	}
	put(y, sum, n);
}

INLINE void one_row(enum type type, float *y, const char *x, const char *w,
    size_t n, size_t k, float *unused)
{
	(void)type, (void)unused;
	for (size_t j = 0; j < n; j += 16)
		direct(y + j, x, w + j * k * 2, n - j < 16 ? n - j : 16, k);
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
	size_t i = 0;

	for (; i + GEMM_M <= t->m; i += GEMM_M)
		block(GEMM_M, nr, t, i, j);
	for (; i + GEMM_M / 2 <= t->m; i += GEMM_M / 2)
		block(GEMM_M / 2, nr, t, i, j);
	for (; i < t->m; i++)
		block(1, nr, t, i, j);
}

INLINE void sweep_panels(enum type type, const struct job *t)
{
	size_t j = 0;

	(void)type;
	for (; (j + 1) * 16 < t->n; j += 2)
		sweep(2, t, j);
	if (j * 16 < t->n)
		sweep(1, t, j);
}

#endif

/* ---- all of it ----------------------------------------------------------- */

INLINE void gemm(enum type type, float *y, size_t ldy, const void *p,
    size_t m, const char *w, size_t n, size_t k, void *scratch)
{
	size_t groups = (k + STEPS - 1) / STEPS, most = 16 * PANELS(type);
	struct job t = {.x = p, .panel = scratch, .ldy = ldy, .m = m,
	    .x_row = hw_prep_bytes(HW_PREP_BF16, k), .groups = groups,
	    /* A line more: see hw_prep_bytes. */
	    .panel_bytes = groups * (size_t)PARTS_OF(type) * GROUP + 64};

	if (m == 1)
		one_row(type, y, p, w, n, k, scratch);
	for (size_t j = 0; m > 1 && j < n; j += t.n) {
		t.n = n - j < most ? n - j : most;
		for (size_t r = 0; r < t.n; r += 16)
			unpack((char *)scratch + r / 16 * t.panel_bytes, type,
			    w + (j + r) * k * 2, t.n - r, k);
		t.y = y + j;
		sweep_panels(type, &t);
	}
}

#ifdef HW_AMX
#define NAME(op) HW_FN(op)
#else
#define NAME(op) HW_CAT_(op, bf16)
#endif
#define GEMM(op, type) \
	void NAME(op)(float *y, size_t ldy, const void *p, size_t m, \
	    const void *w, size_t n, size_t k, void *scratch) \
	{ \
		gemm(type, y, ldy, p, m, w, n, k, scratch); \
	}
#ifdef HW_AMX
GEMM(gemm_f16_pairs, F16)
#endif
GEMM(gemm_bf16_pairs, BF16)
