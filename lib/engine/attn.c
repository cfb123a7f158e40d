/* SPDX-License-Identifier: MIT
 * What only this file knows: how the heads of a chunk's queries are laid out
 * for the cache.  The `group` query heads that share a key/value head become
 * rows, token by token, so that one pass over the keys serves them all. */
#include "engine/engine.h"

#include <math.h>
#include <string.h>

#define LOG2_E 1.4426950408889634f
#define TOKENS ((size_t)16) /* of one unit of rotation */
#define MIN_ROWS ((size_t)64)

struct job {
	struct hw_stream *s;
	const struct hw_layer *l;
	size_t layer, group, d;
	size_t token_units; /* of rotation */
	size_t rows;        /* of one unit of attention, */
	size_t row_units;   /* and units for each key/value head */
};

/* y = x rotated by row i of cs (by enum hw_layer_rope) in its first
 * dimensions. */
static void rotate(const struct job *j, float *y, const float *x,
    float *const cs[HW_ROPES], size_t i)
{
	const struct hw_stream *s = j->s;
	size_t dims = 0;

	if (j->l->rope != HW_ROPE_NONE) {
		const struct hw_rope *r = &s->rope[j->l->rope];

		dims = r->dims;
		(r->halves ? s->k.rope_halves : s->k.rope_pairs)(y, x,
		    cs[j->l->rope] + i * dims, dims);
	}
	if (y != x && dims < j->d)
		memcpy(y + dims, x + dims, (j->d - dims) * sizeof(*y));
}

static void norm_head(const struct job *j, float *x, const float *w)
{
	if (w != NULL && !j->l->norm_rows)
		j->s->k.rmsnorm(x, x, w, j->d, j->s->net->norm_eps);
}

/* One token's queries: scaled, then rotated for the window and for the
 * sinks, to the rows of their key/value heads. */
static void rotate_queries(const struct job *j, size_t i)
{
	struct hw_stream *s = j->s;
	size_t n_heads = (size_t)s->net->n_heads, d = j->d;
	float *q = s->q + i * n_heads * d;
	float scale = LOG2_E * (s->net->attn_scale > 0 ? s->net->attn_scale :
	    1 / sqrtf((float)d));

	for (size_t h = 0; h < n_heads; h++)
		norm_head(j, q + h * d, j->l->q_norm);
	s->k.scale(q, q, scale, n_heads * d);
	for (size_t h = 0; h < n_heads; h++) {
		size_t row = h / j->group * s->m * j->group + i * j->group +
		    h % j->group;

		rotate(j, s->q_window + row * d, q + h * d, s->cs_window, i);
		if (hw_cache_has_sinks(&s->cache, j->layer))
			rotate(j, s->q_sink + row * d, q + h * d, s->cs_sink,
			    i);
	}
}

/* The keys and values of one head, into the cache. */
static void store(const struct job *j, size_t head)
{
	struct hw_stream *s = j->s;
	size_t stride = (size_t)s->net->n_kv_heads * j->d;

	for (size_t i = 0; i < s->m; i++) {
		float *key = s->key + i * stride + head * j->d;
		bool sink = hw_cache_is_sink(&s->cache, j->layer, i);

		norm_head(j, key, j->l->k_norm);
		rotate(j, key, key, sink ? s->cs_sink : s->cs_window, i);
		hw_cache_put(&s->cache, j->layer, head, i, key,
		    s->val + i * stride + head * j->d);
	}
}

static void rotate_unit(void *ctx, size_t unit, int thread)
{
	const struct job *j = ctx;
	size_t end = (unit + 1) * TOKENS;

	(void)thread;
	if (unit >= j->token_units) {
		store(j, unit - j->token_units);
		return;
	}
	for (size_t i = unit * TOKENS; i < end && i < j->s->m; i++)
		rotate_queries(j, i);
}

/* acc / sum, to where the output product reads it. */
static void settle(const struct job *j, const struct hw_attn *a, size_t head,
    size_t first)
{
	struct hw_stream *s = j->s;
	size_t width = (size_t)s->net->n_heads * j->d;

	for (size_t i = 0; i < a->m; i++) {
		size_t row = first + i;
		float *y = s->attn + row / j->group * width +
		    (head * j->group + row % j->group) * j->d;

		s->k.scale(y, a->acc + i * j->d, 1 / a->sum[i], j->d);
	}
}

/* An empty state: a learned sink is a key that every query sees, with a score
 * of its own and no value. */
static void begin(const struct job *j, struct hw_attn *a, size_t head,
    size_t first, float *slope)
{
	const struct hw_net *net = j->s->net;

	for (size_t i = 0; i < a->m; i++) {
		size_t h = head * j->group + (first + i) % j->group;

		a->max[i] = j->l->sinks != NULL ? j->l->sinks[h] * LOG2_E :
		    -INFINITY;
		a->sum[i] = j->l->sinks != NULL ? 1 : 0;
		if (net->slopes != NULL)
			slope[i] = net->slopes[h] * LOG2_E;
	}
	memset(a->acc, 0, a->m * j->d * sizeof(*a->acc));
	a->cap = net->attn_cap * LOG2_E;
	a->slope = net->slopes != NULL ? slope : NULL;
}

static void attend_unit(void *ctx, size_t unit, int thread)
{
	const struct job *j = ctx;
	struct hw_stream *s = j->s;
	size_t head = unit / j->row_units;
	size_t rows = s->m * j->group;
	size_t first = unit % j->row_units * j->rows;
	size_t at = (head * rows + first) * j->d;
	float max[HW_ATTN_M], sum[HW_ATTN_M], slope[HW_ATTN_M];
	struct hw_attn a = {.d = j->d, .max = max, .sum = sum,
	    .acc = s->scratch[thread].acc};
	struct hw_cache_rows r = {.first = first, .group = j->group,
	    .sink_q = s->q_sink + at, .window_q = s->q_window + at};

	a.m = rows - first < j->rows ? rows - first : j->rows;
	begin(j, &a, head, first, slope);
	hw_cache_attend(&s->cache, j->layer, head, &r, &a,
	    s->scratch[thread].attn);
	settle(j, &a, head, first);
}

void hw_attn_run(struct hw_stream *s, size_t layer)
{
	size_t n_kv = (size_t)s->net->n_kv_heads;
	struct job j = {.s = s, .l = &s->net->layers[layer], .layer = layer,
	    .d = (size_t)s->net->d_head,
	    .group = (size_t)s->net->n_heads / n_kv};

	j.token_units = (s->m + TOKENS - 1) / TOKENS;
	/* The more rows, the more a key is used; but all threads need work. */
	for (j.rows = HW_ATTN_M;; j.rows /= 2) {
		j.row_units = (s->m * j.group + j.rows - 1) / j.rows;
		if (j.rows <= MIN_ROWS ||
		    j.row_units * n_kv >= 2 * (size_t)s->threads)
			break;
	}
	hw_pool_run(&s->pool, rotate_unit, &j, j.token_units + n_kv);
	hw_pool_run(&s->pool, attend_unit, &j, j.row_units * n_kv);
}
