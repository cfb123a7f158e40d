/* SPDX-License-Identifier: MIT
 * What only this file knows: attention in 16-bit integers, by tiles of bytes.
 *
 * Queries and keys are 256 hi + lo, hi signed and lo not: four products of
 * tiles make the very scores that attn_i16.c has.  Weights times the scales of
 * their values become integers of 16 bits, a group of tiles at a time, with
 * the largest of the group as the measure.  These and values are 256 hi + lo
 * with both parts of lo's sign, so that the product of two lo, which is left
 * out, is worth a quarter of a value's unit at most.
 *
 * Sixteen queries are a block: rows of A.  Keys and values are B, in groups of
 * four as B wants them; the cache has them in pairs, so that only bytes change
 * places within a lane.  While tiles multiply one block's queries by the keys,
 * vectors make weights of the scores of the block before.
 *
 * A few queries alone are not worth the tiles: vectors make the same integers.
 */
#include "attn_amx.h"

/* The largest weight of a group: in two bytes, hi to 255 and lo to 127. */
#define WEIGHT 65407.f

/* ---- scratch ------------------------------------------------------------- */

/* Two planes of a matrix: a tile of hi, then one of lo, and so on. */
struct work {
	size_t d, k_tiles, v_tiles; /* tiles of 64, and of 16, dimensions */
	float *scale;  /* (m) of a query's integers */
	float *max, *sum, *down, *share; /* (m); share: of a group's weights */
	char *q;       /* (blocks, k_tiles, 2, TILE) */
	char *k;       /* (GROUP, k_tiles, 2, TILE) */
	char *v;       /* (v_tiles, 2, TILE) */
	char *scores;  /* (2, GROUP, 3, TILE): of two blocks */
	char *weights; /* (2, TILE) */
	char *sums;    /* (2, 2, TILE): of two tiles of values */
	int moved;     /* whether some down is not 1 */
};

static struct work begin(const struct hw_attn *a, char *at)
{
	struct work w = {.d = a->d, .k_tiles = up(a->d, 64),
	    .v_tiles = up(a->d, 16)};
	size_t blocks = up(a->m, BLOCK);

	w.scores = at;
	w.weights = w.scores + 2 * GROUP * 3 * TILE;
	w.sums = w.weights + 2 * TILE;
	w.k = w.sums + 2 * 2 * TILE;
	w.v = w.k + GROUP * w.k_tiles * 2 * TILE;
	w.q = w.v + w.v_tiles * 2 * TILE;
	w.scale = (float *)(w.q + blocks * w.k_tiles * 2 * TILE);
	w.max = w.scale + blocks * BLOCK;
	w.sum = w.max + blocks * BLOCK;
	w.down = w.sum + blocks * BLOCK;
	w.share = w.down + blocks * BLOCK;
	memset(w.q, 0, blocks * (w.k_tiles * 2 * TILE + BLOCK * 5 * 4));
	if (a->m <= FEW) /* scores are in one piece there */
		memset(w.scores, 0, GROUP * 3 * TILE);
	return w;
}

/* ---- bytes --------------------------------------------------------------- */

/* Bits of a where mask has ones, else of b. */
INLINE vi choose(int32_t mask, vi a, vi b)
{
	return _mm512_ternarylogic_epi32(vi_set(mask), a, b, 0xca);
}

/* Of four words a lane, 0 1 in a and 2 3 in b: bytes 0 2 1 3. */
INLINE vi low_bytes(vi a, vi b)
{
	return choose(0x00ff00ff, a, vi_shl(b, 8));
}

INLINE vi high_bytes(vi a, vi b)
{
	return choose(0x00ff00ff, vi_shr(a, 8), b);
}

INLINE vi low_words(vi a, vi b)
{
	return choose(0x0000ffff, a, vi_shl(b, 16));
}

INLINE vi high_words(vi a, vi b)
{
	return choose(0x0000ffff, vi_shr(a, 16), b);
}

/* Bytes that are signed although 128 was added to their words. */
INLINE vi balanced(vi lo)
{
	return _mm512_xor_si512(lo, vi_set((int32_t)0x80808080));
}

/* Sixteen integers, as bytes in the order that low_bytes makes. */
INLINE void put_bytes(char *hi, char *lo, vi a)
{
	const __m128i order = _mm_setr_epi8(0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9,
	    11, 12, 14, 13, 15);

	_mm_storeu_si128((void *)lo, _mm_shuffle_epi8(
	    _mm512_cvtepi32_epi8(a), order));
	_mm_storeu_si128((void *)hi, _mm_shuffle_epi8(
	    _mm512_cvtepi32_epi8(_mm512_srai_epi32(a, 8)), order));
}

static void take_queries(struct work *w, const struct hw_attn *a)
{
	for (size_t i = 0; i < a->m; i++) {
		const float *x = a->q + i * a->d;
		char *to = w->q + i / BLOCK * w->k_tiles * 2 * TILE +
		    i % BLOCK * 64;
		float size = vector_length(x, a->d);
		vf n = vf_set(inverse(size, HW_I16_KEY));

		for (size_t c = 0; c < a->d; c += 16) {
			size_t left = a->d - c < 16 ? a->d - c : 16;
			char *hi = to + c / 64 * 2 * TILE + c % 64;

			put_bytes(hi, hi + TILE, vi_rint(vf_mul(
			    vf_load_n(x + c, left), n)));
		}
		w->scale[i] = size / HW_I16_KEY;
	}
}

static void take_keys(const struct work *w, const struct group *g)
{
	for (size_t t = 0; t < g->n; t++) {
		const char *k = g->k + t * g->bytes;
		char *to = w->k + t * w->k_tiles * 2 * TILE;

		for (size_t c = 0; c < w->d / 4; c++, k += 128) {
			char *hi = to + c / 16 * 2 * TILE + c % 16 * 64;
			vi x = vi_load(k), y = vi_load(k + 64);

			soon(k + TILES_AHEAD * g->bytes, 128);
			vi_store(hi, high_bytes(x, y));
			vi_store(hi + TILE, low_bytes(x, y));
		}
	}
}

/* Slots 2r and 2r + 1 of four tiles, the n dimensions at v. */
INLINE void take_pairs(char *to, const char *v, const size_t at[GROUP],
    size_t n)
{
	vi x[GROUP], even[2], odd[2];

	UNROLL for (size_t t = 0; t < GROUP; t++) {
		const void *p = v + at[t];

		x[t] = n == 16 ? vi_load(p) : vi_bits(vf_load_n(p, n));
		x[t] = _mm512_add_epi16(x[t], _mm512_set1_epi16(128));
		soon(v + at[t] + TILES_AHEAD * (at[1] - at[0]), 1);
	}
	UNROLL for (size_t e = 0; e < 2; e++) {
		even[e] = low_words(x[2 * e], x[2 * e + 1]);
		odd[e] = high_words(x[2 * e], x[2 * e + 1]);
	}
	vi_store(to, high_bytes(even[0], even[1]));
	vi_store(to + TILE, balanced(low_bytes(even[0], even[1])));
	vi_store(to + 64, high_bytes(odd[0], odd[1]));
	vi_store(to + TILE + 64, balanced(low_bytes(odd[0], odd[1])));
}

/* A tile that is not there is as another: its weights are 0. */
static void take_values(const struct work *w, const struct group *g)
{
	size_t at[GROUP];

	for (size_t t = 0; t < GROUP; t++)
		at[t] = t < g->n ? t * g->bytes : 0;
	for (size_t r = 0; r < HW_TILE / 2; r++)
		for (size_t e = 0; e < w->v_tiles; e++) {
			size_t left = w->d - e * 16;

			take_pairs(w->v + e * 2 * TILE + r * 128,
			    g->v + (r * w->d + e * 16) * 4, at,
			    left < 16 ? left : 16);
		}
}

/* ---- scores -------------------------------------------------------------- */

/* Block b by tile t of the group, t0 first: sums of hi hi, hi lo + lo hi, lo
 * lo.  A tile's register is not renamed: what need not be loaded again saves a
 * wait for those who read it. */
INLINE void multiply_keys(const struct work *w, size_t b, size_t t, size_t t0,
    char *to)
{
	const char *q = w->q + b * w->k_tiles * 2 * TILE;
	const char *k = w->k + t * w->k_tiles * 2 * TILE;

	amx_zero(0);
	amx_zero(1);
	amx_zero(2);
	for (size_t c = 0; c < w->k_tiles; c++) {
		amx_load(6, k + c * 2 * TILE, 64);
		amx_load(7, k + c * 2 * TILE + TILE, 64);
		if (w->k_tiles > 1 || t == t0) {
			amx_load(4, q + c * 2 * TILE, 64);
			amx_load(5, q + c * 2 * TILE + TILE, 64);
		}
		amx_dp_ss(0, 4, 6);
		amx_dp_us(1, 5, 6);
		amx_dp_su(1, 4, 7);
		amx_dp_uu(2, 5, 7);
	}
	to += t * 3 * TILE;
	amx_store(0, to, 64);
	amx_store(1, to + TILE, 64);
	amx_store(2, to + 2 * TILE, 64);
}

/* Scores of row r with tile t, as far as integers go. */
INLINE vf score(const char *scores, size_t r, size_t t)
{
	const char *s = scores + t * 3 * TILE + r * 64;
	vi a = vi_add(vi_shl(vi_load(s), 8), vi_load(s + TILE));

	return vi_floats(vi_add(vi_shl(a, 8), vi_load(s + 2 * TILE)));
}

/* ---- weights ------------------------------------------------------------- */

/* The scores of query i, row r of its block, less the reference. */
INLINE vf above(const enum know know, const struct work *w,
    const struct hw_attn *a, size_t i, const char *scores,
    const struct group *g, size_t t, float ref)
{
	const void *ks = g->k + t * g->bytes + g->body;
	vf x = vf_mul(score(scores, i % BLOCK, t), vf_load(ks));

	if (know != NOTHING)
		return vf_fma(x, vf_set(w->scale[i]), vf_set(-ref));
	if (i >= a->m)
		return vf_set(0); /* a block's rest */
	x = adjust(a, i, vf_mul(x, vf_set(w->scale[i])), g->first +
	    (int64_t)(t * HW_TILE));
	return vf_sub(x, vf_set(ref));
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
		x[t] = power(above(know, w, a, i, scores, g, t, w->max[i]));
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
		    HW_TILE), top, above(know, w, a, i, scores, g, t, 0));
	}
	max = vf_max_all(top);
	w->down[i] = exp2f(w->max[i] - max);
	w->sum[i] *= w->down[i];
	w->max[i] = max;
	w->moved = 1;
}

/* Weights of n queries from i on, as bytes. */
INLINE void weigh(const enum know know, const size_t n, struct work *w,
    const struct hw_attn *a, size_t i, const char *scores,
    const struct group *g, const struct view *s)
{
	vf x[4][GROUP], part[4] = {0}, tops[4] = {0};
	float sum[4], top[4];
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
	UNROLL for (size_t e = 0; e < n; e++) {
		UNROLL for (size_t t = 0; t < GROUP; t++) {
			const void *vs = g->v + t * g->bytes + g->body;

			if (know == ALL)
				x[e][t] = vf_mul(x[e][t], vf_load(vs));
			else if (t >= s->t0 && t < s->t1)
				x[e][t] = only(vf_mul(x[e][t], vf_load(vs)),
				    s->seen[(i + e) % BLOCK], t);
		}
		tops[e] = vf_max(vf_max(x[e][0], x[e][1]),
		    vf_max(x[e][2], x[e][3]));
	}
	vf_max4(top, tops);
	UNROLL for (size_t e = 0; e < n; e++, to += 64) {
		vf most = vf_set(inverse(top[e], WEIGHT));
		vi y[GROUP], a01, a23;

		/* An integer n + 128 in the low bits of 2^23 + 128 + n. */
		UNROLL for (size_t t = 0; t < GROUP; t++)
			y[t] = vi_bits(vf_fma(x[e][t], most,
			    vf_set(0x1p23f + 128)));
		a01 = low_words(y[0], y[1]);
		a23 = low_words(y[2], y[3]);
		vi_store(to, high_bytes(a01, a23));
		vi_store(to + TILE, balanced(low_bytes(a01, a23)));
		w->sum[i + e] += sum[e];
		w->share[i + e] = top[e] * (256 / WEIGHT);
	}
}

/* ---- values -------------------------------------------------------------- */

/* To the sums hi hi and hi lo + lo hi, in these tiles. */
#define VALUES_TO(hh, hl) do { \
	amx_zero(hh); \
	amx_zero(hl); \
	amx_dp_us(hh, 4, 6); \
	amx_dp_ss(hl, 5, 6); \
	amx_dp_us(hl, 4, 7); \
	amx_store(hh, to, 64); \
	amx_store(hl, to + TILE, 64); \
} while (0)

/* Tile e of the values; tiles of sums take turns, so that none waits. */
INLINE void multiply_values(const struct work *w, size_t e)
{
	const char *v = w->v + e * 2 * TILE;
	char *to = w->sums + e % 2 * 2 * TILE;

	amx_load(6, v, 64);
	amx_load(7, v + TILE, 64);
	if (e % 2 == 0)
		VALUES_TO(0, 1);
	else
		VALUES_TO(2, 3);
}

/* acc = acc * down + what the group adds, of rows queries from i on. */
INLINE void add_values(const int moved, const struct work *w,
    struct hw_attn *a, size_t i, size_t rows, size_t e)
{
	const char *sums = w->sums + e % 2 * 2 * TILE;
	size_t n = w->d - e * 16 < 16 ? w->d - e * 16 : 16;

	for (size_t r = 0; r < rows; r++, sums += 64) {
		float *to = a->acc + (i + r) * w->d + e * 16;
		vf y = vf_load_n(to, n), x = vi_floats(vi_add(
		    vi_shl(vi_load(sums), 8), vi_load(sums + TILE)));

		if (moved)
			y = vf_mul(y, vf_set(w->down[i + r]));
		vf_store_n(to, vf_fma(x, vf_set(w->share[i + r]), y), n);
	}
}

INLINE void values(const int moved, const struct work *w, struct hw_attn *a,
    size_t b)
{
	size_t i = b * BLOCK, rows = a->m - i < BLOCK ? a->m - i : BLOCK;

	amx_load(4, w->weights, 64);
	amx_load(5, w->weights + TILE, 64);
	multiply_values(w, 0);
	for (size_t e = 1; e < w->v_tiles; e++) {
		multiply_values(w, e);
		add_values(moved, w, a, i, rows, e - 1);
	}
	add_values(moved, w, a, i, rows, w->v_tiles - 1);
}

/* ---- blocks -------------------------------------------------------------- */

/* The weights of one block while the next one's scores are made. */
INLINE void step(const enum know know, struct work *w, struct hw_attn *a,
    const struct group *g, const struct view *s, const char *scores,
    const struct view *next, char *next_scores)
{
	size_t i = s->b * BLOCK, rows = a->m - i < BLOCK ? a->m - i : BLOCK;

	for (size_t t = 0; t < GROUP; t++) {
		if (next != NULL && t >= next->t0 && t < next->t1)
			multiply_keys(w, next->b, t, next->t0,
			    next_scores);
		if (t * 4 < rows)
			weigh(know, 4, w, a, i + t * 4, scores, g, s);
	}
}

static void fold(struct work *w, struct hw_attn *a, const struct group *g,
    const struct view *s, size_t n)
{
	int plain = a->cap <= 0 && a->slope == NULL;
	char *scores = w->scores, *next = scores + GROUP * 3 * TILE, *other;

	take_keys(w, g);
	take_values(w, g);
	for (size_t t = s[0].t0; t < s[0].t1; t++)
		multiply_keys(w, s[0].b, t, s[0].t0, scores);
	for (size_t i = 0; i < n; i++) {
		const struct view *then = i + 1 < n ? s + i + 1 : NULL;

		w->moved = 0;
		if (plain && s[i].all)
			step(ALL, w, a, g, s + i, scores, then, next);
		else if (plain)
			step(PLAIN, w, a, g, s + i, scores, then, next);
		else
			step(NOTHING, w, a, g, s + i, scores, then, next);
		if (w->moved)
			values(1, w, a, s[i].b);
		else
			values(0, w, a, s[i].b);
		other = scores;
		scores = next;
		next = other;
	}
}

/* ---- a few queries ------------------------------------------------------- */

/* Queries as integers, in pairs. */
static void take_few(struct work *w, const struct hw_attn *a)
{
	for (size_t i = 0; i < a->m; i++)
		w->scale[i] = query_words((int16_t *)(void *)(w->q + i *
		    up(a->d, 16) * 32), a->q + i * a->d, a->d);
}

/* The scores of m queries with nt tiles from t on, all of them in the place
 * of lo lo. */
INLINE void scores_few(const size_t m, const size_t nt, const struct work *w,
    const struct group *g, size_t t)
{
	const char *k = g->k + t * g->bytes;
	vi sum[FEW][GROUP], x[GROUP];

	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nt; e++)
			sum[i][e] = vi_set(0);
	ONCE for (size_t c = 0; c < w->d / 2; c++, k += 64) {
		UNROLL for (size_t e = 0; e < nt; e++) {
			x[e] = vi_load(k + e * g->bytes);
			soon(k + (e + TILES_AHEAD) * g->bytes, 1);
		}
		UNROLL for (size_t i = 0; i < m; i++) {
			int32_t pair;

			memcpy(&pair, w->q + (i * up(w->d, 16) * 8 + c) * 4,
			    sizeof(pair));
			UNROLL for (size_t e = 0; e < nt; e++)
				sum[i][e] = vi_dot16(sum[i][e], x[e],
				    vi_set(pair));
		}
	}
	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nt; e++)
			vi_store(w->scores + ((t + e) * 3 + 2) * TILE + i *
			    64, sum[i][e]);
}

/* The weights of row r as words, hi and lo, each tile's in order. */
INLINE void split_weights(const struct work *w, size_t r, int16_t *hi,
    int16_t *lo)
{
	vi h = vi_load(w->weights + r * 64);
	vi l = vi_load(w->weights + TILE + r * 64);

	UNROLL for (int t = 0; t < GROUP; t++) {
		int place = t == 1 ? 2 : t == 2 ? 1 : t;

		vi_to_i16(hi + t * HW_TILE, vi_and(vi_shr_by(h, place * 8),
		    vi_set(0xff)));
		vi_to_i16(lo + t * HW_TILE, _mm512_srai_epi32(
		    _mm512_sllv_epi32(l, vi_set(24 - place * 8)), 24));
	}
}

/* What the group adds to nv vectors of dimensions from c on, the last of n:
 * weights' hi by values, lo by values' hi. */
INLINE void values_few(const size_t m, const size_t nv, const struct work *w,
    struct hw_attn *a, const struct group *g, const struct view *s,
    int16_t (*hi)[KEYS], int16_t (*lo)[KEYS], size_t c, size_t n)
{
	vi sum[FEW][GROUP];

	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nv; e++)
			sum[i][e] = vi_set(0);
	for (size_t j = s->t0 * HW_TILE; j < s->t1 * HW_TILE; j += 2) {
		const char *v = g->v + j / HW_TILE * g->bytes +
		    (j % HW_TILE / 2 * w->d + c) * 4;

		UNROLL for (size_t e = 0; e < nv; e++) {
			const void *p = v + e * 64;
			vi x = e + 1 < nv || n == 16 ? vi_load(p) :
			    vi_bits(vf_load_n(p, n));
			vi top = _mm512_srai_epi16(_mm512_add_epi16(x,
			    _mm512_set1_epi16(128)), 8);

			soon(v + TILES_AHEAD * g->bytes + e * 64, 1);
			UNROLL for (size_t i = 0; i < m; i++) {
				int32_t h, l;

				memcpy(&h, hi[i] + j, sizeof(h));
				memcpy(&l, lo[i] + j, sizeof(l));
				sum[i][e] = vi_dot16(vi_dot16(sum[i][e], x,
				    vi_set(h)), top, vi_set(l));
			}
		}
	}
	UNROLL for (size_t i = 0; i < m; i++)
		UNROLL for (size_t e = 0; e < nv; e++) {
			float *to = a->acc + i * w->d + c + e * 16;
			size_t l = e + 1 < nv ? 16 : n;
			vf y = vf_mul(vf_load_n(to, l), vf_set(w->down[i]));

			vf_store_n(to, vf_fma(vi_floats(sum[i][e]),
			    vf_set(w->share[i]), y), l);
		}
}

INLINE void fold_few(const size_t m, struct work *w, struct hw_attn *a,
    const struct group *g, const struct view *s)
{
	int plain = a->cap <= 0 && a->slope == NULL;
	int16_t hi[FEW][KEYS], lo[FEW][KEYS];
	size_t c = 0;

	if (s->t1 - s->t0 == GROUP)
		scores_few(m, GROUP, w, g, 0);
	else
		for (size_t t = s->t0; t < s->t1; t++)
			scores_few(m, 1, w, g, t);
	if (plain && s->all)
		weigh(ALL, m, w, a, 0, w->scores, g, s);
	else if (plain)
		weigh(PLAIN, m, w, a, 0, w->scores, g, s);
	else
		weigh(NOTHING, m, w, a, 0, w->scores, g, s);
	for (size_t i = 0; i < m; i++)
		split_weights(w, i, hi[i], lo[i]);
	for (; c + 64 <= w->d; c += 64)
		values_few(m, 4, w, a, g, s, hi, lo, c, 16);
	for (; c < w->d; c += 16)
		values_few(m, 1, w, a, g, s, hi, lo, c, w->d - c < 16 ?
		    w->d - c : 16);
}

void HW_FN(attn_i16)(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch)
{
	struct work w = begin(a, scratch);
	struct group g = {.bytes = hw_tile_bytes(HW_KV_I16, a->d),
	    .body = a->d * HW_TILE * 2};
	struct edges e[BLOCKS];
	struct view s[BLOCKS];

	if (a->m <= FEW)
		take_few(&w, a);
	else
		take_queries(&w, a);
	find_edges(e, a, BLOCK);
	memcpy(w.max, a->max, a->m * sizeof(*w.max));
	memcpy(w.sum, a->sum, a->m * sizeof(*w.sum));
	if (a->m > FEW)
		amx_begin();
	for (size_t t = 0; t < n_tiles; t += GROUP, first += KEYS) {
		size_t n = 0;

		g.n = n_tiles - t < GROUP ? n_tiles - t : GROUP;
		g.k = (const char *)k + t * g.bytes;
		g.v = (const char *)v + t * g.bytes;
		g.first = first;
		for (size_t b = 0; b < up(a->m, BLOCK); b++)
			n += (size_t)look(&s[n], a, &g, b, e + b);
		if (n == 0)
			continue;
		if (a->m == 1)
			fold_few(1, &w, a, &g, s);
		else if (a->m == 2)
			fold_few(2, &w, a, &g, s);
		else if (a->m == 3)
			fold_few(3, &w, a, &g, s);
		else if (a->m == FEW)
			fold_few(FEW, &w, a, &g, s);
		else
			fold(&w, a, &g, s, n);
	}
	if (a->m > FEW)
		amx_end();
	memcpy(a->max, w.max, a->m * sizeof(*w.max));
	memcpy(a->sum, w.sum, a->m * sizeof(*w.sum));
}
