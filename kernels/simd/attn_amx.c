/* SPDX-License-Identifier: MIT
 * What only this file knows: attention in bf16, by tiles.
 *
 * Keys and values lie in the cache as B of the instruction wants them, pairs
 * side by side, and are loaded from there.  Queries become bf16 once a call,
 * weights a group at a time.  What the instruction adds, and in which order,
 * is the order here: a score is a chain over 32 dimensions at a time, an
 * element of acc one over 32 keys at a time, each link a chain of even and one
 * of odd products; the sum of weights is as an element whose values are 1.
 * Unseen keys have weights of 0; where nobody sees a key, what its slot holds
 * need not be a number, and a copy has 0 there.  Denormal numbers are 0 to
 * tiles, and to vectors here: to make one takes a vector over a hundred
 * cycles, and a sharp softmax makes many.
 *
 * Sixteen queries are a block: rows of A.  A block by a group of keys is a
 * step, and three steps are under way: tiles multiply one's queries by keys,
 * vectors make weights of the scores of the one before, and tiles multiply the
 * weights before these by values.  So nothing is needed that has only just
 * been stored, which takes a tile or a vector the longest to get.  A few
 * queries alone are not worth the tiles: vectors make the same chains.
 */
#include "attn.h"

#include "amx.h"
#include "fixed_amx.h"

enum { BLOCK = 16, TILE = 1024 /* bytes */ };
enum { BLOCKS = HW_ATTN_M / BLOCK };
enum { FEW = 4 };

/* By how much a reference that moves is above the scores. */
enum { ABOVE = HW_ATTN_SLACK - 1 };
enum { LINK = 32 }; /* dimensions of a score, or keys, of one instruction */
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
	uint64_t seen;   /* a bit for each key that somebody sees */
};

/* ---- steps --------------------------------------------------------------- */

/* A block by a group: it sees of it the tiles t0 .. t1 - 1. */
struct step {
	size_t b, t0, t1;
	int all;               /* every query sees all of it */
	uint64_t seen[BLOCK];  /* unless all: a bit for each key */
	int64_t first;
	const char *k, *v;
	size_t v_row;          /* bytes of a pair of values */
	char *scores;          /* (GROUP, TILE) */
	char *weights;         /* (2, TILE) */
	int moved;             /* whether references did, and */
	float down[BLOCK];     /* what acc is to be multiplied with then */
};

static inline uint64_t bits(size_t n)
{
	return n >= 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1;
}

/* Whether block b, with edges e, sees anything of the group. */
static inline int look(struct step *s, const struct hw_attn *a,
    const struct group *g, size_t b, const struct edges *e)
{
	size_t from = KEYS, to = 0, rows = a->m - b * BLOCK;
	size_t keys = g->n * HW_TILE;

	if (see_none(e, g->first, keys))
		return 0;
	s->b = b;
	s->t0 = 0;
	s->t1 = GROUP;
	s->all = see_all(e, g->first, keys);
	if (s->all)
		return 1;
	memset(s->seen, 0, sizeof(s->seen));
	for (size_t r = 0; r < BLOCK && r < rows; r++) {
		size_t j0, j1 = band(a, b * BLOCK + r, g->first, keys, &j0);

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
	float *max;    /* (m) */
	float *base;   /* (m): what a score becomes a weight's bits with */
	float *sum;    /* (m, 16), all alike: a tile of each block */
	char *q;       /* (blocks, k_tiles, TILE) */
	char *v_copy;  /* (KEYS / 2, v_tiles, 64) */
	char *scores;  /* (2, GROUP, TILE): of two steps */
	char *weights; /* (2, 2, TILE): of two steps */
	char *ones;    /* 64: a pair of values, or any */
	char *part;    /* TILE: of acc, where it has no room for a tile */
	float *few;    /* (FEW, k_tiles * LINK): a few queries */
	/* Steps under way: the one that was begun last, and the one before. */
	struct step line[3], *cur, *prev;
	size_t begun;  /* steps, ever */
	int64_t copied; /* the group whose values v_copy holds, or -1 */
};

static void begin(struct work *w, const struct hw_attn *a, char *at)
{
	size_t blocks = up(a->m, BLOCK);

	w->d = a->d;
	w->k_tiles = up(a->d, LINK);
	w->v_tiles = up(a->d, 16);
	w->scores = at;
	w->weights = w->scores + 2 * GROUP * TILE;
	w->ones = w->weights + 4 * TILE;
	vi_store(w->ones, vi_set(0x3f803f80));
	w->part = w->ones + 64;
	w->v_copy = w->part + TILE;
	w->q = w->v_copy + KEYS / 2 * w->v_tiles * 64;
	w->sum = (float *)(w->q + blocks * w->k_tiles * TILE);
	w->max = w->sum + blocks * BLOCK * 16;
	w->base = w->max + blocks * BLOCK;
	w->few = w->base + blocks * BLOCK;
	w->cur = w->prev = NULL;
	w->begun = 0;
	w->copied = -1;
	memset(w->q, 0, blocks * (w->k_tiles * TILE + BLOCK * 18 * 4));
	if (a->m <= FEW)
		memset(w->scores, 0, GROUP * TILE);
}

/* ---- queries, keys and values -------------------------------------------- */

/* acc and sum of query i, times what. */
static void scale_row(const struct work *w, const struct hw_attn *a, size_t i,
    float what)
{
	float *acc = a->acc + i * a->d, *sum = w->sum + i * 16;
	vf by = vf_set(what);

	for (size_t c = 0; c < a->d; c += 16) {
		size_t n = a->d - c < 16 ? a->d - c : 16;

		vf_store_n(acc + c, vf_mul(vf_load_n(acc + c, n), by), n);
	}
	vf_store(sum, vf_mul(vf_load(sum), by));
}

INLINE char *query(const struct work *w, size_t i, size_t c)
{
	return w->q + (i / BLOCK * w->k_tiles + c / LINK) * TILE +
	    i % BLOCK * 64 + c % LINK * 2;
}

/* A number that is not finite may not reach the weights: its sum tells. */
static void take_queries(struct work *w, const struct hw_attn *a)
{
	for (size_t i = 0; i < a->m; i++) {
		vf zero = vf_set(0);

		for (size_t c = 0; c < a->d; c += 16) {
			char *to = query(w, i, c);
			vf x = vf_load_n(a->q + i * a->d + c, a->d - c < 16 ?
			    a->d - c : 16);

			zero = vf_fma(x, vf_set(0), zero);
			vf_to_bf16(to, x);
			if (a->m <= FEW)
				vf_store(w->few + i * w->k_tiles * LINK + c,
				    vf_bf16(to));
		}
		vf_store(w->sum + i * 16, vf_set(a->sum[i] +
		    vf_sum_all(zero)));
	}
}

/* References are whole numbers here: FIXED less one is exact. */
static void take_references(struct work *w, const struct hw_attn *a)
{
	for (size_t i = 0; i < a->m; i++) {
		float max = ceilf(a->max[i]);

		if (max > a->max[i])
			scale_row(w, a, i, exp2f(a->max[i] - max));
		w->max[i] = max;
		w->base[i] = FIXED - max;
	}
}

/* The values of keys that somebody sees; 0 for the others. */
static void copy_values(struct work *w, const struct group *g)
{
	memset(w->v_copy, 0, KEYS / 2 * w->v_tiles * 64);
	for (size_t r = 0; r < KEYS / 2; r++) {
		uint64_t pair = g->seen >> 2 * r & 3;
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

/* ---- scores -------------------------------------------------------------- */

/* The tiles: sums of scores and of values, queries, weights, and B.  Q1 and B1
 * are of a head's last tile of dimensions, which need not be a whole one. */
#define SUM0 0
#define SUM1 1
#define Q0 2
#define Q1 3
#define W0 4
#define W1 5
#define B0 6
#define B1 7

static void begin_tiles(const struct work *w)
{
	size_t last = w->d - (w->k_tiles - 1) * LINK;
	struct amx_shape s[8];

	for (int t = 0; t < 8; t++)
		s[t] = (struct amx_shape){16, 64};
	s[Q1].bytes = last * 2;
	s[B1].rows = last / 2;
	amx_begin_with(s);
}

/* A tile of dimensions of queries by those of two tiles of keys. */
#define ADD_KEYS(fresh, queries, at, b, k, l) do { \
	if (fresh) \
		amx_load(queries, at, 64); \
	amx_load(b, k, 64); \
	amx_dp_bf16(SUM0, queries, b); \
	amx_load(b, l, 64); \
	amx_dp_bf16(SUM1, queries, b); \
} while (0)

/* The step's queries, of size d, by tiles t and t + 1 of its keys. */
INLINE void multiply_keys(const size_t d, const struct work *w,
    const struct step *s, size_t t)
{
	const size_t last = up(d, LINK) - 1, bytes = d * HW_TILE * 2;
	const char *q = w->q + s->b * (last + 1) * TILE;
	const char *k = s->k + t * bytes, *l = k + bytes;
	char *to = s->scores + t * TILE;
	/* Of up to two tiles of dimensions queries are loaded once. */
	int fresh = last > 1 || t == 0 || s->t0 > 1;

	if (t + 1 < s->t0 || t >= s->t1)
		return;
	if (t + 1 == s->t1)
		l = k; /* the other may not be there */
	if (t < s->t0)
		k = l;
	amx_zero(SUM0);
	amx_zero(SUM1);
	for (size_t c = 0; c < last; c++, q += TILE, k += TILE, l += TILE)
		ADD_KEYS(fresh, Q0, q, B0, k, l);
	ADD_KEYS(fresh, Q1, q, B1, k, l);
	amx_store(SUM0, to, 64);
	amx_store(SUM1, to + TILE, 64);
}

/* ---- weights ------------------------------------------------------------- */

/* How much is known when the code is made: PLAIN: scores are what they are;
 * ALL: and every key is seen. */
enum know { NOTHING, PLAIN, ALL };

/* The scores of row r and what is added to them. */
INLINE vf above(const enum know know, const struct hw_attn *a,
    const struct step *s, size_t r, size_t t, float base)
{
	vf x = vf_load((const void *)(s->scores + t * TILE + r * 64));
	size_t i = s->b * BLOCK + r;

	if (know != NOTHING)
		return vf_add(x, vf_set(base));
	if (i >= a->m)
		return vf_set(0); /* a block's rest */
	return vf_add(adjust(a, i, x, s->first + (int64_t)(t * HW_TILE)),
	    vf_set(base));
}

/* The weights of row r, not yet bent. */
INLINE void weigh_row(const enum know know, vi x[2], const struct work *w,
    const struct hw_attn *a, const struct step *s, size_t r)
{
	float base = w->base[s->b * BLOCK + r];

	UNROLL for (size_t h = 0; h < 2; h++) {
		vf y[2];

		UNROLL for (size_t e = 0; e < 2; e++) {
			size_t t = 2 * h + e;

			y[e] = vf_set(0);
			if (know == ALL || (t >= s->t0 && t < s->t1))
				y[e] = above(know, a, s, r, t, base);
		}
		x[h] = words(y[0], y[1]);
		if (know != ALL && !s->all)
			x[h] = _mm512_maskz_mov_epi16((__mmask32)(s->seen[r]
			    >> h * 32), x[h]);
	}
}

/* Move row r's reference to above the largest score that it sees. */
INLINE void move(const enum know know, struct work *w,
    const struct hw_attn *a, struct step *s, size_t r)
{
	vf top = vf_set(-INFINITY);
	size_t i = s->b * BLOCK + r;
	float max;

	for (size_t t = s->t0; t < s->t1; t++) {
		uint64_t seen = s->all ? UINT64_MAX : s->seen[r];

		top = _mm512_mask_max_ps(top, (__mmask16)(seen >> t *
		    HW_TILE), top, above(know, a, s, r, t, 0));
	}
	max = ceilf(vf_max_all(top)) + ABOVE;
	for (size_t e = 0; !s->moved && e < BLOCK; e++)
		s->down[e] = 1; /* of the others */
	s->moved = 1;
	s->down[r] = exp2f(w->max[i] - max);
	w->max[i] = max;
	w->base[i] = FIXED - max;
}

/* Weights of n rows from r on, as bf16. */
INLINE void weigh(const enum know know, const size_t n, struct work *w,
    const struct hw_attn *a, struct step *s, size_t r)
{
	char *to = s->weights + r * 64;
	vi x[4][2], all = vi_set(0);

	UNROLL for (size_t e = 0; e < n; e++) {
		weigh_row(know, x[e], w, a, s, r + e);
		all = vi_or(all, vi_or(x[e][0], x[e][1]));
	}
	for (size_t e = 0; too_large(all) && e < n; e++)
		if (too_large(vi_or(x[e][0], x[e][1]))) {
			move(know, w, a, s, r + e);
			weigh_row(know, x[e], w, a, s, r + e);
		}
	UNROLL for (size_t e = 0; e < n; e++, to += 64) {
		vi_store(to, bent(x[e][0]));
		vi_store(to + TILE, bent(x[e][1]));
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

static void rescale(const struct work *w, const struct hw_attn *a,
    const struct step *s, size_t rows)
{
	for (size_t r = 0; r < rows; r++)
		if (s->down[r] != 1)
			scale_row(w, a, s->b * BLOCK + r, s->down[r]);
}

/* Weights by two tiles of values and their neighbours. */
#define ADD_VALUES(sum, acc, row, v0, v1, v_row) do { \
	amx_load(sum, acc, row); \
	amx_load(B0, v0, v_row); \
	amx_dp_bf16(sum, W0, B0); \
	amx_load(B0, v1, v_row); \
	amx_dp_bf16(sum, W1, B0); \
	amx_store(sum, acc, row); \
} while (0)

/* Half h of acc = acc * down + weights by values, and of their sum, by a tile
 * of ones.  whole: the block has all its rows, and acc room for whole tiles. */
INLINE void multiply_values(const size_t d, const int whole,
    const struct work *w, const struct hw_attn *a, const struct step *s,
    size_t h)
{
	const size_t tiles = up(d, 16);
	size_t i = s->b * BLOCK, rows = a->m - i < BLOCK ? a->m - i : BLOCK;
	size_t e = h * tiles / 2, end = (h + 1) * tiles / 2;
	size_t v_row = s->v_row;

	if (h == 0) {
		if (s->moved)
			rescale(w, a, s, rows);
		amx_load(W0, s->weights, 64);
		amx_load(W1, s->weights + TILE, 64);
		ADD_VALUES(SUM1, w->sum + i * 16, 64, w->ones, w->ones, 0);
	}
	for (; e < end; e++) {
		const char *v = s->v + e * 64, *v1 = v + LINK / 2 * v_row;
		float *acc = whole ? a->acc + i * d + e * 16 :
		    acc_of(w, a, i, rows, e * 16);
		int there = whole || acc != (float *)w->part;
		size_t acc_row = there ? d * 4 : 64;

		if (e % 2 == 0)
			ADD_VALUES(SUM0, acc, acc_row, v, v1, v_row);
		else
			ADD_VALUES(SUM1, acc, acc_row, v, v1, v_row);
		if (!there)
			put_acc(w, a, i, rows, e * 16, acc);
	}
}

/* ---- the line of steps --------------------------------------------------- */

/* The scores of one step, the weights of another, the values of a third. */
INLINE void together(const enum know know, const size_t d, const int whole,
    struct work *w, const struct hw_attn *a, const struct step *next,
    struct step *cur, const struct step *prev)
{
	size_t rows = cur == NULL ? 0 : a->m - cur->b * BLOCK;

	for (size_t t = 0; t < GROUP; t++) {
		if (t < 2 && next != NULL)
			multiply_keys(d, w, next, 2 * t);
		if (t >= 2 && prev != NULL)
			multiply_values(d, whole, w, a, prev, t - 2);
		if (t * 4 < rows)
			weigh(know, 4, w, a, cur, t * 4);
	}
}

/* Where the next step is to be described. */
static struct step *new_step(struct work *w)
{
	struct step *s = &w->line[w->begun % 3];
	size_t half = w->begun % 2;

	s->scores = w->scores + half * GROUP * TILE;
	s->weights = w->weights + half * 2 * TILE;
	s->moved = 0;
	return s;
}

/* Begin a step, if there is one, while the two before it go on. */
static void go_on(struct work *w, const struct hw_attn *a, struct step *next)
{
	struct step *cur = w->cur, *prev = w->prev;
	int plain = a->cap <= 0 && a->slope == NULL;
	int all = cur == NULL || (plain && cur->all);
	int whole = a->m % BLOCK == 0;

	if (all && whole && w->d == 64)
		together(ALL, 64, 1, w, a, next, cur, prev);
	else if (all && whole && w->d == 128)
		together(ALL, 128, 1, w, a, next, cur, prev);
	else if (all)
		together(ALL, w->d, 0, w, a, next, cur, prev);
	else if (plain)
		together(PLAIN, w->d, 0, w, a, next, cur, prev);
	else
		together(NOTHING, w->d, 0, w, a, next, cur, prev);
	w->begun += next != NULL;
	w->cur = next;
	w->prev = cur;
}

static void finish(struct work *w, const struct hw_attn *a)
{
	while (w->cur != NULL || w->prev != NULL)
		go_on(w, a, NULL);
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
    const struct group *g, const struct step *s, size_t t)
{
	vf sum[FEW][GROUP];
	const size_t d = w->d;

	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nt; e++)
			sum[i][e] = vf_set(0);
	for (size_t c = 0; c < d; c += LINK) {
		const size_t end = d - c < LINK ? d - c : LINK;
		const char *k = g->k + t * g->bytes + c * HW_TILE * 2;
		chains part;

		begin_chains(m, nt, part);
		ONCE for (size_t j = 0; j < end; j += 2, k += 64)
			UNROLL for (size_t e = 0; e < nt; e++) {
				soon(k + (e + TILES_AHEAD) * g->bytes, 1);
				add_link(m, e, part, w->few + c + j,
				    w->k_tiles * LINK, vi_load(k + e *
				    g->bytes));
			}
		end_chains(m, nt, sum, part);
	}
	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nt; e++)
			vf_store((float *)(s->scores + (t + e) * TILE + i *
			    64), sum[i][e]);
}

/* What the group adds to nv vectors of dimensions from c on, the last of n. */
INLINE void values_few(const size_t m, const size_t nv, const struct work *w,
    struct hw_attn *a, const struct step *s, float (*p)[KEYS], size_t ahead,
    size_t c, size_t n)
{
	vf sum[FEW][GROUP];

	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nv; e++)
			sum[i][e] = vf_load_n(a->acc + i * w->d + c + e * 16,
			    e + 1 < nv ? 16 : n);
	for (size_t j = 0; j < KEYS; j += LINK) {
		const char *v = s->v + j / 2 * s->v_row + c * 4;
		chains part;

		begin_chains(m, nv, part);
		ONCE for (size_t r = 0; r < LINK; r += 2, v += s->v_row)
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

/* The chains of products with ones. */
static void sum_few(float *sum, const float *p)
{
	for (size_t j = 0; j < KEYS; j += LINK) {
		float part[2] = {0, 0};

		for (size_t r = 0; r < LINK; r += 2) {
			part[0] += p[j + r];
			part[1] += p[j + r + 1];
		}
		*sum += part[0] + part[1];
	}
}

INLINE void fold_few(const size_t m, struct work *w, struct hw_attn *a,
    const struct group *g, struct step *s)
{
	int plain = a->cap <= 0 && a->slope == NULL;
	size_t c = 0, ahead = TILES_AHEAD * g->bytes;
	float p[FEW][KEYS];

	if (s->t1 - s->t0 == GROUP)
		scores_few(m, GROUP, w, g, s, 0);
	else
		for (size_t t = s->t0; t < s->t1; t++)
			scores_few(m, 1, w, g, s, t);
	if (plain && s->all)
		weigh(ALL, m, w, a, s, 0);
	else if (plain)
		weigh(PLAIN, m, w, a, s, 0);
	else
		weigh(NOTHING, m, w, a, s, 0);
	for (size_t i = 0; i < m; i++)
		UNROLL for (size_t t = 0; t < GROUP; t++)
			vf_store(p[i] + t * HW_TILE, vf_bf16(s->weights + t /
			    2 * TILE + i * 64 + t % 2 * 32));
	if (s->moved)
		rescale(w, a, s, m);
	for (size_t i = 0; i < m; i++)
		sum_few(w->sum + i * 16, p[i]);
	for (; c + 64 <= w->d; c += 64)
		values_few(m, 4, w, a, s, p, ahead, c, 16);
	for (; c < w->d; c += 16)
		values_few(m, 1, w, a, s, p, ahead, c, w->d - c < 16 ?
		    w->d - c : 16);
}

/* ---- all of it ----------------------------------------------------------- */

/* Which keys of the group somebody sees. */
static uint64_t seen_of(const struct hw_attn *a, const struct group *g,
    const struct edges *e)
{
	uint64_t seen = 0;

	for (size_t b = 0; b < up(a->m, BLOCK); b++)
		if (see_all(e + b, g->first, g->n * HW_TILE))
			return UINT64_MAX;
	for (size_t i = 0; i < a->m && seen != UINT64_MAX; i++) {
		size_t j0, j1 = band(a, i, g->first, g->n * HW_TILE, &j0);

		if (j1 > 0)
			seen |= bits(j1) & ~bits(j0);
	}
	return seen;
}

/* Where the step reads the group's keys and values.  The copy may be in use. */
static void place(struct work *w, const struct hw_attn *a, struct step *s,
    const struct group *g)
{
	s->first = g->first;
	s->k = g->k;
	s->v = g->v;
	s->v_row = w->d * 4;
	if (g->seen == UINT64_MAX && w->d % 16 == 0)
		return;
	if (w->copied != g->first) {
		finish(w, a);
		copy_values(w, g);
		w->copied = g->first;
	}
	s->v = w->v_copy;
	s->v_row = w->v_tiles * 64;
}

/* Block b by the group. */
static void fold(struct work *w, struct hw_attn *a, const struct group *g,
    size_t b, const struct edges *e)
{
	struct step *s = new_step(w);

	if (!look(s, a, g, b, e + b))
		return;
	place(w, a, s, g);
	if (a->m == 1)
		fold_few(1, w, a, g, s);
	else if (a->m == 2)
		fold_few(2, w, a, g, s);
	else if (a->m == 3)
		fold_few(3, w, a, g, s);
	else if (a->m == FEW)
		fold_few(FEW, w, a, g, s);
	else
		go_on(w, a, s);
}

/* Denormal numbers are 0. */
enum { FLUSH = 0x8040 };

void HW_FN(attn_bf16)(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch)
{
	size_t bytes = hw_tile_bytes(HW_KV_BF16, a->d);
	struct work w;
	struct edges e[BLOCKS];
	unsigned before = _mm_getcsr();

	begin(&w, a, scratch);
	take_queries(&w, a);
	take_references(&w, a);
	find_edges(e, a, BLOCK);
	_mm_setcsr(before | FLUSH);
	if (a->m > FEW)
		begin_tiles(&w);
	for (size_t t = 0; t < n_tiles; t += GROUP, first += KEYS) {
		struct group g = {.k = (const char *)k + t * bytes,
		    .v = (const char *)v + t * bytes, .bytes = bytes,
		    .n = n_tiles - t < GROUP ? n_tiles - t : GROUP,
		    .first = first};

		g.seen = seen_of(a, &g, e);
		for (size_t b = 0; b < up(a->m, BLOCK); b++)
			fold(&w, a, &g, b, e);
	}
	finish(&w, a);
	if (a->m > FEW)
		amx_end();
	_mm_setcsr(before);
	for (size_t i = 0; i < a->m; i++) {
		a->max[i] = w.max[i];
		a->sum[i] = w.sum[i * 16];
	}
}
