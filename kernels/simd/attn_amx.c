/* SPDX-License-Identifier: MIT
 * What only this file knows: attention in bf16, by tiles.
 *
 * Keys and values lie in the cache as B of the instruction wants them, pairs
 * side by side, and are loaded from there.  Queries become bf16 once a call,
 * weights a group at a time.  What the instruction adds, and in which order, is
 * the order here: a score is a chain over 32 dimensions at a time, an element
 * of acc one over 32 keys at a time, each step a chain of even and one of odd
 * products.  Unseen keys have weights of 0; where nobody sees a key, what its
 * slot holds need not be a number, and a copy has 0 there.
 *
 * Sixteen queries are a block: rows of A.  While tiles multiply one block's
 * queries by the keys, vectors make weights of the scores of the block before.
 * A few queries alone are not worth the tiles: vectors make the same chains.
 */
#include "attn.h"

#include "amx.h"

enum { BLOCK = 16, TILE = 1024 /* bytes */ };
enum { BLOCKS = HW_ATTN_M / BLOCK };
enum { FEW = 4 };
enum { STEP = 32 }; /* dimensions of a score, or keys, of one instruction */
/* Tiles between the one that is read and the one that is asked for. */
enum { TILES_AHEAD = 8 };

static inline size_t up(size_t n, size_t to)
{
	return (n + to - 1) / to;
}

/* A group of n tiles. */
struct group {
	const char *k, *v;
	size_t n, bytes; /* of a tile */
	int64_t first;
};

/* ---- what a block of queries sees of a group ----------------------------- */

/* What a block sees of a group: its tiles t0 .. t1 - 1. */
struct view {
	size_t b, t0, t1;
	int all;               /* every query sees all of it */
	uint64_t seen[BLOCK];  /* a bit for each key */
};

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

/* ---- scratch ------------------------------------------------------------- */

struct work {
	size_t d, k_tiles, v_tiles; /* tiles of 32, and of 16, dimensions */
	float *max, *sum, *down; /* (m) */
	char *q;       /* (blocks, k_tiles, TILE) */
	char *k_copy;  /* (GROUP, k_tiles, TILE) */
	char *v_copy;  /* (KEYS / 2, v_tiles, 64) */
	char *scores;  /* (2, GROUP, TILE): of two blocks */
	char *weights; /* (2, TILE) */
	char *part;    /* TILE: of acc, where it has no room for a tile */
	float *few;    /* (FEW, k_tiles * STEP): a few queries */
	int moved;     /* whether some down is not 1 */
	/* The group: where its keys and values are read. */
	const char *k, *v;
	size_t k_bytes, v_row; /* of a tile of keys; of a pair of values */
};

static struct work begin(const struct hw_attn *a, char *at)
{
	struct work w = {.d = a->d, .k_tiles = up(a->d, STEP),
	    .v_tiles = up(a->d, 16)};
	size_t blocks = up(a->m, BLOCK);

	w.scores = at;
	w.weights = w.scores + 2 * GROUP * TILE;
	w.part = w.weights + 2 * TILE;
	w.k_copy = w.part + TILE;
	w.v_copy = w.k_copy + GROUP * w.k_tiles * TILE;
	w.q = w.v_copy + KEYS / 2 * w.v_tiles * 64;
	w.max = (float *)(w.q + blocks * w.k_tiles * TILE);
	w.sum = w.max + blocks * BLOCK;
	w.down = w.sum + blocks * BLOCK;
	w.few = w.down + blocks * BLOCK;
	memset(w.q, 0, blocks * (w.k_tiles * TILE + BLOCK * 3 * 4));
	if (a->m <= FEW)
		memset(w.scores, 0, GROUP * TILE);
	return w;
}

/* ---- queries, keys and values -------------------------------------------- */

INLINE char *query(const struct work *w, size_t i, size_t c)
{
	return w->q + (i / BLOCK * w->k_tiles + c / STEP) * TILE +
	    i % BLOCK * 64 + c % STEP * 2;
}

static void take_queries(struct work *w, const struct hw_attn *a)
{
	for (size_t i = 0; i < a->m; i++)
		for (size_t c = 0; c < a->d; c += 16) {
			char *to = query(w, i, c);

			vf_to_bf16(to, vf_load_n(a->q + i * a->d + c, a->d -
			    c < 16 ? a->d - c : 16));
			if (a->m <= FEW)
				vf_store(w->few + i * w->k_tiles * STEP + c,
				    vf_bf16(to));
		}
}

/* Rows of keys up to a whole number of tiles. */
static void copy_keys(struct work *w, const struct group *g)
{
	for (size_t t = 0; t < g->n; t++) {
		char *to = w->k_copy + t * w->k_tiles * TILE;

		memset(to, 0, w->k_tiles * TILE);
		memcpy(to, g->k + t * g->bytes, g->bytes);
	}
}

/* The values of keys that somebody sees; 0 for the others. */
static void copy_values(struct work *w, const struct group *g, uint64_t seen)
{
	memset(w->v_copy, 0, KEYS / 2 * w->v_tiles * 64);
	for (size_t r = 0; r < KEYS / 2; r++) {
		uint64_t pair = seen >> 2 * r & 3;
		vi mask = vi_set((int32_t)((pair & 1 ? 0xffffu : 0) |
		    (pair & 2 ? 0xffff0000u : 0)));
		const char *v = g->v + r * w->d * 4;
		char *to = w->v_copy + r * w->v_tiles * 64;

		if (pair == 0)
			continue; /* may not be there */
		for (size_t c = 0; c < w->d; c += 16)
			vi_store(to + c * 4, vi_and(mask, vi_bits(vf_load_n(
			    (const void *)(v + c * 4), w->d - c < 16 ?
			    w->d - c : 16))));
	}
}

static void take_group(struct work *w, const struct group *g,
    const struct view *s, size_t n)
{
	uint64_t seen = 0;

	for (size_t b = 0; b < n && seen != UINT64_MAX; b++)
		for (size_t r = 0; r < BLOCK; r++)
			seen |= s[b].seen[r];
	w->k = g->k;
	w->k_bytes = g->bytes;
	w->v = g->v;
	w->v_row = w->d * 4;
	if (w->d % STEP != 0) {
		copy_keys(w, g);
		w->k = w->k_copy;
		w->k_bytes = w->k_tiles * TILE;
	}
	if (seen != UINT64_MAX || w->d % 16 != 0) {
		copy_values(w, g, seen);
		w->v = w->v_copy;
		w->v_row = w->v_tiles * 64;
	}
}

/* ---- scores -------------------------------------------------------------- */

/* Block b by tile t of the group; queries of up to two tiles stay where they
 * were loaded for the first, t0. */
#define KEYS_TO(sums, t) do { \
	const char *q = w->q + v->b * w->k_tiles * TILE; \
	const char *k = w->k + (t) * w->k_bytes; \
	int fresh = w->k_tiles > 2 || (t) == v->t0; \
	amx_zero(sums); \
	for (size_t c = 0; c < w->k_tiles; c += 2) { \
		if (fresh) \
			amx_load(4, q + c * TILE, 64); \
		amx_load(6, k + c * TILE, 64); \
		amx_dp_bf16(sums, 4, 6); \
		if (c + 1 == w->k_tiles) \
			break; \
		if (fresh) \
			amx_load(5, q + (c + 1) * TILE, 64); \
		amx_load(7, k + (c + 1) * TILE, 64); \
		amx_dp_bf16(sums, 5, 7); \
	} \
	amx_store(sums, to + (t) * TILE, 64); \
} while (0)

/* Tiles of sums take turns, so that none waits for a store. */
INLINE void multiply_keys(const struct work *w, const struct view *v,
    size_t t, char *to)
{
	if (t < v->t0 || t >= v->t1)
		return;
	if (t % 2 == 0)
		KEYS_TO(0, t);
	else
		KEYS_TO(1, t);
}

/* ---- weights ------------------------------------------------------------- */

/* How much is known when the code is made: PLAIN: scores are what they are;
 * ALL: and every key is seen. */
enum know { NOTHING, PLAIN, ALL };

INLINE vf only(vf x, uint64_t seen, size_t t)
{
	return _mm512_maskz_mov_ps((__mmask16)(seen >> t * HW_TILE), x);
}

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

/* The scores of query i, row r of its block, less the reference. */
INLINE vf above(const enum know know, const struct hw_attn *a, size_t i,
    const char *scores, const struct group *g, size_t t, float ref)
{
	vf x = vf_load((const void *)(scores + t * TILE + i % BLOCK * 64));

	if (know != NOTHING)
		return vf_sub(x, vf_set(ref));
	if (i >= a->m)
		return vf_set(0); /* a block's rest */
	return vf_sub(adjust(a, i, x, g->first + (int64_t)(t * HW_TILE)),
	    vf_set(ref));
}

/* Weights of query i; returns their sum, in parts. */
INLINE vf weigh_row(const enum know know, vf x[GROUP], const struct work *w,
    const struct hw_attn *a, size_t i, const char *scores,
    const struct group *g, const struct view *s)
{
	UNROLL for (size_t t = 0; t < GROUP; t++) {
		x[t] = vf_set(0);
		if (know != ALL && (t < s->t0 || t >= s->t1))
			continue;
		x[t] = power(above(know, a, i, scores, g, t, w->max[i]));
		if (know != ALL)
			x[t] = only(x[t], s->seen[i % BLOCK], t);
	}
	return vf_add(vf_add(x[0], x[1]), vf_add(x[2], x[3]));
}

/* Move query i's reference to the largest score that it sees. */
INLINE void move(const enum know know, struct work *w,
    const struct hw_attn *a, size_t i, const char *scores,
    const struct group *g, const struct view *s)
{
	vf top = vf_set(-INFINITY);
	float max;

	for (size_t t = s->t0; t < s->t1; t++) {
		uint64_t seen = know == ALL ? UINT64_MAX : s->seen[i % BLOCK];

		top = _mm512_mask_max_ps(top, (__mmask16)(seen >> t *
		    HW_TILE), top, above(know, a, i, scores, g, t, 0));
	}
	max = vf_max_all(top);
	w->down[i] = exp2f(w->max[i] - max);
	w->sum[i] *= w->down[i];
	w->max[i] = max;
	w->moved = 1;
}

/* Weights of n queries from i on, as bf16. */
INLINE void weigh(const enum know know, const size_t n, struct work *w,
    const struct hw_attn *a, size_t i, const char *scores,
    const struct group *g, const struct view *s)
{
	vf x[4][GROUP], part[4] = {0};
	float sum[4];
	char *to = w->weights + i % BLOCK * 64;

	UNROLL for (size_t e = 0; e < n; e++)
		part[e] = weigh_row(know, x[e], w, a, i + e, scores, g, s);
	vf_sum4(sum, part);
	for (size_t e = 0; e < n; e++) {
		w->down[i + e] = 1;
		if (sum[e] > (float)(1 << HW_ATTN_SLACK)) {
			move(know, w, a, i + e, scores, g, s);
			part[0] = weigh_row(know, x[e], w, a, i + e, scores,
			    g, s);
			sum[e] = vf_sum_all(part[0]);
		}
	}
	UNROLL for (size_t e = 0; e < n; e++, to += 64) {
		vi_store(to, (__m512i)_mm512_cvtne2ps_pbh(x[e][1], x[e][0]));
		vi_store(to + TILE, (__m512i)_mm512_cvtne2ps_pbh(x[e][3],
		    x[e][2]));
		w->sum[i + e] += sum[e];
	}
}

/* ---- values -------------------------------------------------------------- */

/* Where the tile of acc for dimensions c .. is, or a copy that is a tile. */
INLINE float *acc_of(const struct work *w, const struct hw_attn *a, size_t i,
    size_t rows, size_t c)
{
	float *acc = a->acc + i * w->d + c, *part = (float *)w->part;

	if (rows == BLOCK && w->d - c >= 16)
		return acc;
	for (size_t r = 0; r < rows; r++)
		vf_store(part + r * 16, vf_load_n(acc + r * w->d,
		    w->d - c < 16 ? w->d - c : 16));
	return part;
}

INLINE void put_acc(const struct work *w, const struct hw_attn *a, size_t i,
    size_t rows, size_t c, const float *part)
{
	for (size_t r = 0; r < rows; r++)
		vf_store_n(a->acc + (i + r) * w->d + c, vf_load(part + r *
		    16), w->d - c < 16 ? w->d - c : 16);
}

#define VALUES_TO(sums, c) do { \
	float *acc = acc_of(w, a, i, rows, c); \
	int there = acc != (float *)w->part; \
	size_t row = there ? w->d * 4 : 64; \
	amx_load(sums, acc, row); \
	amx_load(6, w->v + (c) * 4, w->v_row); \
	amx_dp_bf16(sums, 4, 6); \
	amx_load(7, w->v + STEP / 2 * w->v_row + (c) * 4, w->v_row); \
	amx_dp_bf16(sums, 5, 7); \
	amx_store(sums, acc, row); \
	if (!there) \
		put_acc(w, a, i, rows, c, acc); \
} while (0)

/* acc = acc * down + what the group adds, of block b. */
INLINE void values(const struct work *w, struct hw_attn *a, size_t b)
{
	size_t i = b * BLOCK, rows = a->m - i < BLOCK ? a->m - i : BLOCK;

	if (w->moved)
		for (size_t r = 0; r < rows; r++)
			for (size_t c = 0; c < w->d; c++)
				a->acc[(i + r) * w->d + c] *= w->down[i + r];
	amx_load(4, w->weights, 64);
	amx_load(5, w->weights + TILE, 64);
	for (size_t c = 0; c < w->d; c += 32) {
		VALUES_TO(2, c);
		if (c + 16 < w->d)
			VALUES_TO(3, c + 16);
	}
}

/* ---- blocks -------------------------------------------------------------- */

/* The weights of one block while the next one's scores are made. */
INLINE void step(const enum know know, struct work *w, struct hw_attn *a,
    const struct group *g, const struct view *s, const char *scores,
    const struct view *next, char *next_scores)
{
	size_t i = s->b * BLOCK, rows = a->m - i < BLOCK ? a->m - i : BLOCK;

	for (size_t t = 0; t < GROUP; t++) {
		if (next != NULL)
			multiply_keys(w, next, t, next_scores);
		if (t * 4 < rows)
			weigh(know, 4, w, a, i + t * 4, scores, g, s);
	}
}

static void fold(struct work *w, struct hw_attn *a, const struct group *g,
    const struct view *s, size_t n)
{
	int plain = a->cap <= 0 && a->slope == NULL;
	char *scores = w->scores, *next = scores + GROUP * TILE, *other;

	for (size_t t = s[0].t0; t < s[0].t1; t++)
		multiply_keys(w, s, t, scores);
	for (size_t i = 0; i < n; i++) {
		const struct view *then = i + 1 < n ? s + i + 1 : NULL;

		w->moved = 0;
		if (plain && s[i].all)
			step(ALL, w, a, g, s + i, scores, then, next);
		else if (plain)
			step(PLAIN, w, a, g, s + i, scores, then, next);
		else
			step(NOTHING, w, a, g, s + i, scores, then, next);
		values(w, a, s[i].b);
		other = scores;
		scores = next;
		next = other;
	}
}

/* ---- a few queries ------------------------------------------------------- */

/* What one instruction adds: a chain of even and one of odd products. */
typedef vf chains[2][FEW][GROUP];

INLINE void begin_chains(const size_t m, const size_t n, chains part)
{
	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < n; e++)
			part[0][i][e] = part[1][i][e] = vf_set(0);
}

INLINE void end_chains(const size_t m, const size_t n, vf sum[FEW][GROUP],
    chains part)
{
	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < n; e++)
			sum[i][e] = vf_add(sum[i][e], vf_add(part[0][i][e],
			    part[1][i][e]));
}

/* Link e of m chains: a pair of numbers of each row of y by the pairs x. */
INLINE void add_link(const size_t m, const size_t e, chains part,
    const float *y, size_t row, vi x)
{
	vf x0 = even(x), x1 = odd(x);

	UNROLL for (size_t i = 0; i < m; i++) {
		part[0][i][e] = vf_fma(vf_set(y[i * row]), x0, part[0][i][e]);
		part[1][i][e] = vf_fma(vf_set(y[i * row + 1]), x1,
		    part[1][i][e]);
	}
}

/* The scores of m queries with nt tiles from t on. */
INLINE void scores_few(const size_t m, const size_t nt, const struct work *w,
    const struct group *g, size_t t)
{
	vf sum[FEW][GROUP];
	const size_t d = w->d;

	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nt; e++)
			sum[i][e] = vf_set(0);
	for (size_t c = 0; c < d; c += STEP) {
		const size_t end = d - c < STEP ? d - c : STEP;
		const char *k = g->k + t * g->bytes + c * HW_TILE * 2;
		chains part;

		begin_chains(m, nt, part);
		ONCE for (size_t j = 0; j < end; j += 2, k += 64)
			UNROLL for (size_t e = 0; e < nt; e++) {
				soon(k + (e + TILES_AHEAD) * g->bytes, 1);
				add_link(m, e, part, w->few + c + j,
				    w->k_tiles * STEP, vi_load(k + e *
				    g->bytes));
			}
		end_chains(m, nt, sum, part);
	}
	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nt; e++)
			vf_store((float *)(w->scores + (t + e) * TILE + i *
			    64), sum[i][e]);
}

/* What the group adds to nv vectors of dimensions from c on, the last of n. */
INLINE void values_few(const size_t m, const size_t nv, const struct work *w,
    struct hw_attn *a, float (*p)[KEYS], size_t ahead, size_t c, size_t n)
{
	vf sum[FEW][GROUP];

	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nv; e++)
			sum[i][e] = vf_load_n(a->acc + i * w->d + c + e * 16,
			    e + 1 < nv ? 16 : n);
	for (size_t j = 0; j < KEYS; j += STEP) {
		const char *v = w->v + j / 2 * w->v_row + c * 4;
		chains part;

		begin_chains(m, nv, part);
		ONCE for (size_t r = 0; r < STEP; r += 2, v += w->v_row)
			UNROLL for (size_t e = 0; e < nv; e++) {
				const char *at = v + e * 64;
				vi x = e + 1 < nv || n == 16 ? vi_load(at) :
				    vi_bits(vf_load_n((const void *)at, n));

				soon(at + ahead, 1);
				add_link(m, e, part, p[0] + j + r, KEYS, x);
			}
		end_chains(m, nv, sum, part);
	}
	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nv; e++)
			vf_store_n(a->acc + i * w->d + c + e * 16, sum[i][e],
			    e + 1 < nv ? 16 : n);
}

/* Denormal numbers are 0 to tiles, and so they are here. */
enum { FLUSH = 0x8040 };

INLINE void fold_few(const size_t m, struct work *w, struct hw_attn *a,
    const struct group *g, const struct view *s)
{
	int plain = a->cap <= 0 && a->slope == NULL;
	unsigned before = _mm_getcsr();
	size_t c = 0, ahead = TILES_AHEAD * g->bytes;
	float p[FEW][KEYS];

	_mm_setcsr(before | FLUSH);
	if (s->t1 - s->t0 == GROUP)
		scores_few(m, GROUP, w, g, 0);
	else
		for (size_t t = s->t0; t < s->t1; t++)
			scores_few(m, 1, w, g, t);
	_mm_setcsr(before);
	w->moved = 0;
	if (plain && s->all)
		weigh(ALL, m, w, a, 0, w->scores, g, s);
	else if (plain)
		weigh(PLAIN, m, w, a, 0, w->scores, g, s);
	else
		weigh(NOTHING, m, w, a, 0, w->scores, g, s);
	for (size_t i = 0; i < m; i++) {
		UNROLL for (size_t t = 0; t < GROUP; t++)
			vf_store(p[i] + t * HW_TILE, vf_bf16(w->weights + t /
			    2 * TILE + i * 64 + t % 2 * 32));
		for (size_t e = 0; w->moved && e < w->d; e++)
			a->acc[i * w->d + e] *= w->down[i];
	}
	_mm_setcsr(before | FLUSH);
	for (; c + 64 <= w->d; c += 64)
		values_few(m, 4, w, a, p, ahead, c, 16);
	for (; c < w->d; c += 16)
		values_few(m, 1, w, a, p, ahead, c, w->d - c < 16 ?
		    w->d - c : 16);
	_mm_setcsr(before);
}

/* ---- all of it ----------------------------------------------------------- */

static void fold_group(struct work *w, struct hw_attn *a,
    const struct group *g, const struct edges *e)
{
	struct view s[BLOCKS];
	size_t n = 0;

	for (size_t b = 0; b < up(a->m, BLOCK); b++)
		n += (size_t)look(&s[n], a, g, b, e + b);
	if (n == 0)
		return;
	take_group(w, g, s, n);
	if (a->m == 1)
		fold_few(1, w, a, g, s);
	else if (a->m == 2)
		fold_few(2, w, a, g, s);
	else if (a->m == 3)
		fold_few(3, w, a, g, s);
	else if (a->m == FEW)
		fold_few(FEW, w, a, g, s);
	else
		fold(w, a, g, s, n);
}

void HW_FN(attn_bf16)(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch)
{
	struct work w = begin(a, scratch);
	struct group g = {.bytes = hw_tile_bytes(HW_KV_BF16, a->d)};
	struct edges e[BLOCKS];

	take_queries(&w, a);
	find_edges(e, a, BLOCK);
	memcpy(w.max, a->max, a->m * sizeof(*w.max));
	memcpy(w.sum, a->sum, a->m * sizeof(*w.sum));
	if (a->m > FEW)
		amx_begin();
	for (size_t t = 0; t < n_tiles; t += GROUP, first += KEYS) {
		g.n = n_tiles - t < GROUP ? n_tiles - t : GROUP;
		g.k = (const char *)k + t * g.bytes;
		g.v = (const char *)v + t * g.bytes;
		g.first = first;
		fold_group(&w, a, &g, e);
	}
	if (a->m > FEW)
		amx_end();
	memcpy(a->max, w.max, a->m * sizeof(*w.max));
	memcpy(a->sum, w.sum, a->m * sizeof(*w.sum));
}
