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
 * been stored, which takes a tile or a vector the longest to get.  Of heads of
 * 64 dimensions a block goes through all keys before the next begins, and its
 * acc stays in tiles; a step is sixteen beats of one product or two and a row
 * of weights each, which go on side by side.  Of others all blocks go through a
 * group of keys, which stays in the first cache (both measured: README.md).  A
 * few queries alone are not worth the tiles: vectors make the same chains.
 */
#include "amx.h"
#include "attn_amx.h"
#include "attn_few_amx.h"

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

/* Where tiles t and t + 1 of the step's keys are.  One that nobody sees may not
 * be there: the other stands for it.  0: nobody sees either. */
INLINE int pair_of_keys(const struct step *s, size_t t, size_t bytes,
    const char **k, const char **l)
{
	*k = s->k + t * bytes;
	*l = *k + bytes;
	if (t + 1 < s->t0 || t >= s->t1)
		return 0;
	if (t + 1 == s->t1)
		*l = *k;
	if (t < s->t0)
		*k = *l;
	return 1;
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
	const char *k, *l;
	char *to = s->scores + t * TILE;
	/* Of up to two tiles of dimensions queries are loaded once. */
	int fresh = last > 1 || t == 0 || s->t0 > 1;

	if (!pair_of_keys(s, t, bytes, &k, &l))
		return;
	amx_zero(SUM0);
	amx_zero(SUM1);
	for (size_t c = 0; c < last; c++, q += TILE, k += TILE, l += TILE)
		ADD_KEYS(fresh, Q0, q, B0, k, l);
	ADD_KEYS(fresh, Q1, q, B1, k, l);
	amx_store(SUM0, to, 64);
	amx_store(SUM1, to + TILE, 64);
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

/* ---- beats --------------------------------------------------------------- */

/* Tiles, beside the sums: queries or the first half of weights, keys or the
 * second half, and the acc that is held.  Values go where sums were. */
#define LEFT 2
#define RIGHT 3
#define ACC0 4
#define ACC1 5
#define ACC2 6
#define ACC3 7

/* Where the tiles of a step are: queries and two pairs of tiles of keys, if
 * somebody sees them, or weights, values and their sums. */
struct places {
	const char *q, *k[2], *l[2];
	int seen[2];
	char *scores;
	const char *weights, *v;
	size_t v_row;
	float *sum;
};

/* whole: so is the group. */
INLINE void places_of_keys(const int whole, struct places *at,
    const struct work *w, const struct step *s)
{
	at->q = w->q + s->b * 2 * TILE;
	at->scores = s->scores;
	UNROLL for (size_t i = 0; i < 2; i++) {
		int seen = pair_of_keys(s, 2 * i, HELD_D * HW_TILE * 2,
		    &at->k[i], &at->l[i]);

		at->seen[i] = whole || seen;
	}
}

/* Beat i of 8: half the dimensions of queries by a tile of keys. */
INLINE void beat_keys(const size_t i, const struct places *at)
{
	const size_t e = i / 4, c = i % 4 / 2 * TILE;

	if (!at->seen[e])
		return;
	if (i % 4 == 0) {
		amx_zero(SUM0);
		amx_zero(SUM1);
	}
	if (i % 2 == 0) {
		amx_load(LEFT, at->q + c, 64);
		amx_load(RIGHT, at->k[e] + c, 64);
		amx_dp_bf16(SUM0, LEFT, RIGHT);
	} else {
		amx_load(RIGHT, at->l[e] + c, 64);
		amx_dp_bf16(SUM1, LEFT, RIGHT);
	}
	if (i % 4 == 3) {
		amx_store(SUM0, at->scores + 2 * e * TILE, 64);
		amx_store(SUM1, at->scores + (2 * e + 1) * TILE, 64);
	}
}

/* acc of the block that is held goes to memory. */
static void let_go(struct work *w, const struct hw_attn *a)
{
	float *acc = a->acc + w->held * BLOCK * HELD_D;

	if (w->held == NO_BLOCK)
		return;
	amx_store(ACC0, acc, HELD_D * 4);
	amx_store(ACC1, acc + 16, HELD_D * 4);
	amx_store(ACC2, acc + 32, HELD_D * 4);
	amx_store(ACC3, acc + 48, HELD_D * 4);
	w->held = NO_BLOCK;
}

/* acc of the step's block comes into tiles, where it may be already. */
static void hold(struct work *w, const struct hw_attn *a,
    const struct step *s)
{
	const float *acc = a->acc + s->b * BLOCK * HELD_D;

	let_go(w, a);
	if (s->moved)
		rescale(w, a, s, BLOCK);
	amx_load(ACC0, acc, HELD_D * 4);
	amx_load(ACC1, acc + 16, HELD_D * 4);
	amx_load(ACC2, acc + 32, HELD_D * 4);
	amx_load(ACC3, acc + 48, HELD_D * 4);
	w->held = s->b;
}

#define ADD_TO(acc, weights, values) do { \
	amx_load(values, v, at->v_row); \
	amx_dp_bf16(acc, weights, values); \
} while (0)

/* Beat i of 8: half the weights by a tile of values. */
INLINE void beat_values(const size_t i, const struct places *at,
    const char *ones)
{
	const char *v = at->v + i / 2 * 64 + i % 2 * (LINK / 2) * at->v_row;

	if (i == 0) {
		amx_load(LEFT, at->weights, 64);
		amx_load(RIGHT, at->weights + TILE, 64);
		amx_load(SUM0, ones, 0);
		amx_load(SUM1, at->sum, 64);
		amx_dp_bf16(SUM1, LEFT, SUM0);
		amx_dp_bf16(SUM1, RIGHT, SUM0);
		amx_store(SUM1, at->sum, 64);
	}
	switch (i) {
	case 0:
		ADD_TO(ACC0, LEFT, SUM0);
		break;
	case 1:
		ADD_TO(ACC0, RIGHT, SUM1);
		break;
	case 2:
		ADD_TO(ACC1, LEFT, SUM0);
		break;
	case 3:
		ADD_TO(ACC1, RIGHT, SUM1);
		break;
	case 4:
		ADD_TO(ACC2, LEFT, SUM0);
		break;
	case 5:
		ADD_TO(ACC2, RIGHT, SUM1);
		break;
	case 6:
		ADD_TO(ACC3, LEFT, SUM0);
		break;
	default:
		ADD_TO(ACC3, RIGHT, SUM1);
		break;
	}
}

/* ---- the line of steps --------------------------------------------------- */

/* The scores of one step, the weights of another, the values of a third; of
 * heads of 64 dimensions and whole blocks.  full: there are all three, and
 * each is of whole groups. */
INLINE void beats(const enum know know, const int full, struct work *w,
    const struct hw_attn *a, const struct step *next, struct step *cur,
    const struct step *prev)
{
	struct places at = {.q = NULL};
	struct rows rows = {.scores = NULL};
	const char *ones = w->ones;
	vi all = vi_set(0);

	if (full || next != NULL)
		places_of_keys(full, &at, w, next);
	if (full || cur != NULL)
		rows = rows_of(w, cur);
	if (full || prev != NULL) {
		at.weights = prev->weights;
		at.v = prev->v;
		at.v_row = prev->v_row;
		at.sum = w->sum + prev->b * BLOCK * 16;
		if (prev->moved || w->held != prev->b)
			hold(w, a, prev);
	}
	UNROLL for (size_t i = 0; i < BLOCK; i++) {
		if (i < 8 && (full || next != NULL))
			beat_keys(i, &at);
		if (i >= 8 && (full || prev != NULL))
			beat_values(i - 8, &at, ones);
		if (full || cur != NULL)
			weigh(know, a, cur, &rows, i, &all);
	}
	if (too_large(all))
		weigh_again(w, a, cur, BLOCK);
}

/* The same of other heads and blocks. */
INLINE void together(const enum know know, const size_t d, const int whole,
    struct work *w, const struct hw_attn *a, const struct step *next,
    struct step *cur, const struct step *prev)
{
	size_t rows = cur == NULL ? 0 : a->m - cur->b * BLOCK;
	struct rows at = {.scores = NULL};
	vi all = vi_set(0);

	if (rows > BLOCK)
		rows = BLOCK;
	if (rows > 0)
		at = rows_of(w, cur);
	for (size_t t = 0; t < GROUP; t++) {
		if (t < 2 && next != NULL)
			multiply_keys(d, w, next, 2 * t);
		if (t >= 2 && prev != NULL)
			multiply_values(d, whole, w, a, prev, t - 2);
		if (t * 4 < rows) /* beyond them is room */
			UNROLL for (size_t r = t * 4; r < t * 4 + 4; r++)
				weigh(know, a, cur, &at, r, &all);
	}
	if (too_large(all))
		weigh_again(w, a, cur, rows);
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
	int whole = a->m % BLOCK == 0, held = whole && w->d == HELD_D;

	if (cur != NULL && w->max[cur->b * BLOCK] == -INFINITY)
		refer_first(w, a, cur);
	if (held && all && cur != NULL && prev != NULL && next != NULL &&
	    next->t0 == 0 && next->t1 == GROUP)
		beats(ALL, 1, w, a, next, cur, prev);
	else if (held && plain)
		beats(PLAIN, 0, w, a, next, cur, prev);
	else if (held)
		beats(NOTHING, 0, w, a, next, cur, prev);
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
	let_go(w, a);
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

/* Where the step reads the group's keys and values: of a group of which keys
 * are seen by nobody, a copy of values.  Such are where windows begin and end,
 * so there is a copy for each half of the keys; it may be in use. */
static void place(struct work *w, const struct hw_attn *a, struct step *s,
    const struct group *g, size_t half, const struct edges *e)
{
	char *copy = w->v_copy + half * KEYS / 2 * w->v_tiles * 64;

	s->first = g->first;
	s->k = g->k;
	s->v = g->v;
	s->v_row = w->d * 4;
	if (s->all && w->d % 16 == 0)
		return;
	if (w->copied[half].first != g->first) {
		uint64_t seen = seen_of(a, g, e);

		finish(w, a);
		w->copied[half].first = g->first;
		w->copied[half].seen = seen;
		if (seen != UINT64_MAX || w->d % 16 != 0)
			copy_values(w, g, seen, copy);
	}
	if (w->copied[half].seen == UINT64_MAX && w->d % 16 == 0)
		return;
	s->v = copy;
	s->v_row = w->v_tiles * 64;
}

/* All keys and values. */
struct window {
	const char *k, *v;
	size_t n, bytes; /* tiles, and of a tile */
	int64_t first;
	struct edges e[BLOCKS];
};

/* Block b by the group of tiles from t on. */
static void fold(struct work *w, struct hw_attn *a, const struct window *all,
    size_t t, size_t b)
{
	struct group g = {.k = all->k + t * all->bytes,
	    .v = all->v + t * all->bytes, .bytes = all->bytes,
	    .n = all->n - t < GROUP ? all->n - t : GROUP,
	    .first = all->first + (int64_t)(t * HW_TILE)};
	struct step *s = new_step(w);

	if (!look(s, a, &g, b, all->e + b))
		return;
	place(w, a, s, &g, t >= all->n / 2, all->e);
	if (a->m == 1)
		fold_few(1, w, a, &g, s);
	else if (a->m == 2)
		fold_few(2, w, a, &g, s);
	else if (a->m == 3)
		fold_few(3, w, a, &g, s);
	else if (a->m == FEW)
		fold_few(FEW, w, a, &g, s);
	else
		go_on(w, a, s);
}

void HW_FN(attn_bf16)(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch)
{
	struct window all = {.k = k, .v = v, .n = n_tiles, .first = first,
	    .bytes = hw_tile_bytes(HW_KV_BF16, a->d)};
	size_t blocks = up(a->m, BLOCK);
	unsigned before = _mm_getcsr();
	struct work w;

	begin(&w, a, scratch);
	take_queries(&w, a);
	take_references(&w, a, first, n_tiles * HW_TILE);
	find_edges(all.e, a, BLOCK);
	_mm_setcsr(before | FLUSH);
	if (a->m > FEW)
		begin_tiles(&w);
	for (size_t b = 0; a->d == HELD_D && b < blocks; b++)
		for (size_t t = 0; t < n_tiles; t += GROUP)
			fold(&w, a, &all, t, b);
	for (size_t t = 0; a->d != HELD_D && t < n_tiles; t += GROUP)
		for (size_t b = 0; b < blocks; b++)
			fold(&w, a, &all, t, b);
	finish(&w, a);
	if (a->m > FEW)
		amx_end();
	_mm_setcsr(before);
	for (size_t i = 0; i < a->m; i++) {
		a->max[i] = w.max[i];
		a->sum[i] = w.sum[i * 16];
	}
}
