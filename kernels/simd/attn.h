/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_ATTN_H
#define HW_KERNELS_SIMD_ATTN_H

/* What only this file knows: what attention over floats, over integers and by
 * tiles have in common: groups of tiles, bands, what becomes of a score, and
 * pairs of bf16. */
#include "vec.h"

enum { GROUP = 4, KEYS = GROUP * HW_TILE };
/* Tiles between the one that is read and the one that is asked for, where few
 * queries find them in memory.  A full block of queries asks for none: most
 * blocks find their tiles in the first cache, where asking costs more than it
 * gains. */
enum { TILES_AHEAD = 8 };

/* The first n lanes, of a place that has no more. */
INLINE vf some(const void *p, size_t n)
{
	return n == 16 ? vf_load(p) : vf_load_n(p, n);
}

/* acc of query i, times what. */
INLINE void scale_acc(const struct hw_attn *a, size_t i, float what)
{
	float *acc = a->acc + i * a->d;

	for (size_t c = 0; c < a->d; c += 16) {
		size_t n = a->d - c < 16 ? a->d - c : 16;

		vf_store_n(acc + c, vf_mul(vf_load_n(acc + c, n),
		    vf_set(what)), n);
	}
}

/* cap * tanh(s / cap); beyond 20 tanh is 1. */
INLINE vf capped(vf s, float cap)
{
	vf z = vf_mul(s, vf_set(2 * LOG2_E / cap));
	vf e = vf_exp2(vf_min(vf_set(60), vf_max(vf_set(-60), z)));
	vf one = vf_set(1);

	return vf_mul(vf_div(vf_sub(e, one), vf_add(e, one)), vf_set(cap));
}

/* What becomes of the scores of 16 keys from `index` on. */
INLINE vf adjust(const struct hw_attn *a, size_t i, vf s, int64_t index)
{
	static const float lanes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	    12, 13, 14, 15};

	if (a->cap > 0)
		s = capped(s, a->cap);
	if (a->slope != NULL)
		s = vf_fma(vf_set(a->slope[i]), vf_add(vf_load(lanes),
		    vf_set((float)(index - a->at[i]))), s);
	return s;
}

/* The part of query i's band that lies in the n keys from `first`. */
static inline size_t band(const struct hw_attn *a, size_t i, int64_t first,
    size_t n, size_t *j0)
{
	int64_t lo = a->lo[i] > first ? a->lo[i] - first : 0;
	int64_t hi = a->hi[i] - first;

	if (hi > (int64_t)n)
		hi = (int64_t)n;
	*j0 = (size_t)lo;
	return lo < hi ? (size_t)hi : 0;
}

/* The reference of query i, of a state that has one, as a whole number, so that
 * FIXED less it is exact; as it is where the query sees none of the n keys
 * from `first`: its state is not to change with who its neighbours are. */
static inline float whole_reference(const struct hw_attn *a, size_t i,
    int64_t first, size_t n)
{
	size_t j0;

	return band(a, i, first, n, &j0) > 0 ? ceilf(a->max[i]) : a->max[i];
}

/* The first n keys of a group, a bit each. */
static inline uint64_t bits(size_t n)
{
	return n >= 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1;
}

/* The least and the largest bounds of a block's bands. */
struct edges {
	int64_t lo[2], hi[2];
};

static inline void find_edges(struct edges *e, const struct hw_attn *a,
    size_t block)
{
	for (size_t i = 0; i < a->m; i++) {
		struct edges *to = e + i / block;
		int64_t lo = a->lo[i], hi = a->hi[i];

		if (i % block == 0)
			*to = (struct edges){{lo, lo}, {hi, hi}};
		to->lo[0] = lo < to->lo[0] ? lo : to->lo[0];
		to->lo[1] = lo > to->lo[1] ? lo : to->lo[1];
		to->hi[0] = hi < to->hi[0] ? hi : to->hi[0];
		to->hi[1] = hi > to->hi[1] ? hi : to->hi[1];
	}
}

/* Whether a block sees none of n keys from `first` on; or each query a whole
 * group. */
static inline int see_none(const struct edges *e, int64_t first, size_t n)
{
	return e->hi[1] <= first || e->lo[0] >= first + (int64_t)n;
}

static inline int see_all(const struct edges *e, int64_t first, size_t n)
{
	return n == KEYS && e->lo[1] <= first && e->hi[0] >= first + KEYS;
}

/* How many of the queries from i on, n at most, have the band of i. */
static inline size_t same_band(const struct hw_attn *a, size_t i, size_t n,
    int64_t first, size_t keys)
{
	size_t j0, k0, j1 = band(a, i, first, keys, &j0), same = 1;

	for (; same < n && i + same < a->m; same++)
		if (band(a, i + same, first, keys, &k0) != j1 || k0 != j0)
			break;
	return same;
}

/* ---- pairs of bf16 ------------------------------------------------------- */

/* The first of each pair, and the second. */
INLINE vf even(vi pairs)
{
	return vi_as_floats(vi_shl(pairs, 16));
}

INLINE vf odd(vi pairs)
{
	return vi_as_floats(vi_and(pairs, vi_set((int32_t)0xffff0000)));
}

#endif
