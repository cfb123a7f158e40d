/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_ATTN_AMX_H
#define HW_KERNELS_SIMD_ATTN_AMX_H

/* What only this file knows: what attention by tiles has in common, whatever
 * keys are made of: blocks of queries, what a block sees of a group, 2^x. */
#include "attn.h"

#include "amx.h"

enum { BLOCK = 16, TILE = 1024 /* bytes */ };
enum { BLOCKS = HW_ATTN_M / BLOCK };
enum { FEW = 4 };
/* Tiles between the one that is read and the one that is asked for. */
enum { TILES_AHEAD = 8 };

static inline size_t up(size_t n, size_t to)
{
	return (n + to - 1) / to;
}

/* A group of n tiles. */
struct group {
	const char *k, *v;
	size_t n, bytes; /* of a tile, */
	size_t body;     /* and of its integers */
	int64_t first;
};

/*
 * 2^x, as scalef takes it apart: x = n + f, 0 <= f < 1, and 2^f by a polynomial
 * of degree 5.
 */
INLINE vf power(vf x)
{
	static const float c[] = {1.788368741e-03f, 9.199387600e-03f,
	    5.565705439e-02f, 2.402071942e-01f, 6.931475676e-01f, 1};
	vf f = _mm512_reduce_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
	vf p = vf_set(c[0]);

	UNROLL for (int i = 1; i < 6; i++)
		p = vf_fma(p, f, vf_set(c[i]));
	return _mm512_scalef_ps(p, x);
}

/* What a block sees of a group: its tiles t0 .. t1 - 1. */
struct view {
	size_t b, t0, t1;
	int all;               /* every query sees all of it */
	uint64_t seen[BLOCK];  /* a bit for each key */
};

/* How much is known when the code is made: PLAIN: scores are what they are;
 * ALL: and every key is seen. */
enum know { NOTHING, PLAIN, ALL };

INLINE vf only(vf x, uint64_t seen, size_t t)
{
	return _mm512_maskz_mov_ps((__mmask16)(seen >> t * HW_TILE), x);
}

static inline uint64_t bits(size_t n)
{
	return n >= 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1;
}

/* Whether block b, with edges e, sees anything of the group. */
static inline int look(struct view *s, const struct hw_attn *a,
    const struct group *g, size_t b, const struct edges *e)
{
	size_t from = KEYS, to = 0, rows = a->m - b * BLOCK;
	size_t keys = g->n * HW_TILE;

	if (see_none(e, g->first, keys))
		return 0;
	if (see_all(e, g->first, keys)) {
		*s = (struct view){.b = b, .t1 = GROUP, .all = 1};
		memset(s->seen, 0xff, sizeof(s->seen));
		return 1;
	}
	*s = (struct view){.b = b};
	for (size_t r = 0; r < BLOCK && r < rows; r++) {
		size_t j0, j1 = band(a, b * BLOCK + r, g->first,
		    g->n * HW_TILE, &j0);

		if (j1 == 0)
			continue;
		s->seen[r] = bits(j1) & ~bits(j0);
		from = j0 < from ? j0 : from;
		to = j1 > to ? j1 : to;
	}
	s->t0 = from / HW_TILE;
	s->t1 = up(to, HW_TILE);
	return to > 0;
}

#endif
