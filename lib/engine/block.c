/* SPDX-License-Identifier: MIT
 * What only this file knows: the order of things in a transformer block.  One
 * block serves all architectures: norms before, after, or both; attention and
 * feed-forward part one after the other, or side by side. */
#include "engine/product.h"

#include <string.h>

#define ROWS ((size_t)8) /* tokens of one unit */

/* ---- attention ----------------------------------------------------------- */

struct tidy_job {
	struct hw_stream *s;
	const struct hw_layer *l;
};

static void clip(float *x, size_t n, float most)
{
	for (size_t i = 0; i < n; i++)
		x[i] = x[i] > most ? most : x[i] < -most ? -most : x[i];
}

/* What a model does with whole rows of queries, keys and values. */
static void tidy_unit(void *ctx, size_t unit, int thread)
{
	const struct tidy_job *j = ctx;
	struct hw_stream *s = j->s;
	size_t nq = j->l->q.rows, nk = j->l->k.rows, end = (unit + 1) * ROWS;
	float most = s->net->clip_qkv, eps = s->net->norm_eps;

	(void)thread;
	for (size_t i = unit * ROWS; i < end && i < s->m; i++) {
		float *q = s->q + i * nq, *k = s->key + i * nk;

		if (most > 0) {
			clip(q, nq, most);
			clip(k, nk, most);
			clip(s->val + i * nk, nk, most);
		}
		if (j->l->norm_rows) {
			s->k.rmsnorm(q, q, j->l->q_norm, nq, eps);
			s->k.rmsnorm(k, k, j->l->k_norm, nk, eps);
		}
	}
}

/* Leaves its result in s->y; adds it to s->x where nothing else is to become
 * of it. */
static void self_attention(struct hw_stream *s, const struct hw_layer *l)
{
	const struct hw_matrix *in[] = {&l->q, &l->k, &l->v}, *out[] = {&l->o};
	struct hw_product qkv[] = {{&l->q, s->q}, {&l->k, s->key},
	    {&l->v, s->val}};
	struct hw_norm none = {NULL, NULL};
	bool add = !s->net->parallel && l->attn_post == NULL;
	struct tidy_job tidy = {s, l};

	hw_prepare(s, &s->in, s->x, s->m,
	    (struct hw_norm){l->attn_norm, l->attn_norm_b}, in, 3);
	hw_products(s, &s->in, s->m, qkv, 3, NULL);
	if (s->net->clip_qkv > 0 || l->norm_rows)
		hw_pool_run(&s->pool, tidy_unit, &tidy,
		    (s->m + ROWS - 1) / ROWS);
	hw_attn_run(s, (size_t)(l - s->net->layers));
	hw_prepare(s, &s->in, s->attn, s->m, none, out, 1);
	hw_products(s, &s->in, s->m, &(struct hw_product){&l->o, s->y}, 1,
	    add ? s->x : NULL);
	if (l->attn_post != NULL)
		hw_add_rows(s, s->x, s->y, s->m,
		    (struct hw_norm){l->attn_post, NULL});
}

/* ---- feed-forward -------------------------------------------------------- */

static void feed_forward(struct hw_stream *s, const struct hw_layer *l)
{
	const struct hw_matrix *in[] = {&l->gate, &l->up};
	struct hw_norm norm = {l->ffn_norm, l->ffn_norm_b}, none = {NULL, NULL};
	float *y = s->net->parallel ? s->y2 : s->y;

	if (l->router.data != NULL) {
		hw_moe_run(s, l);
		return;
	}
	hw_prepare(s, &s->in, s->x, s->m, norm, in, 2);
	hw_activate(s, &s->in, s->m, &l->gate, &l->up, &l->down);
	hw_products(s, &s->hidden, s->m, &(struct hw_product){&l->down, y}, 1,
	    l->ffn_post == NULL ? s->x : NULL);
	if (l->ffn_post != NULL)
		hw_add_rows(s, s->x, y, s->m,
		    (struct hw_norm){l->ffn_post, NULL});
	if (s->net->parallel)
		hw_add_rows(s, s->x, s->y, s->m, none);
}

/* ---- the layers ---------------------------------------------------------- */

/* The angles of n tokens' places, from token i on.  For the sinks they move no
 * more once the cache is full. */
static void angles(struct hw_stream *s, size_t i, size_t n)
{
	struct hw_phases at = hw_cache_phases(&s->cache, i);
	uint64_t last = hw_cache_phases(&s->cache, i + n - 1).sink;
	size_t moving = (size_t)(last - at.sink) + 1;

	for (int r = 0; r < HW_ROPES; r++) {
		const struct hw_rope *rope = &s->rope[r];
		size_t dims = rope->dims;
		float *sink = s->cs_sink[r] + i * dims;

		hw_rope_angles(rope, at.window, n, s->cs_window[r] + i * dims);
		hw_rope_angles(rope, at.sink, moving, sink);
		for (size_t t = moving; t < n; t++)
			memcpy(sink + t * dims, sink + (t - 1) * dims,
			    dims * sizeof(*sink));
	}
}

/* Tokens' embeddings, and the angles of their places. */
static void enter_unit(void *ctx, size_t unit, int thread)
{
	struct hw_stream *s = ctx;
	size_t first = unit * ROWS, end = first + ROWS;
	size_t d = (size_t)s->net->d_model;
	float scale = s->net->embd_scale;

	(void)thread;
	end = end < s->m ? end : s->m;
	for (size_t i = first; i < end; i++) {
		float *x = s->x + i * d;

		hw_gemm_row(&s->gemm, x, &s->net->embd, s->ids[i]);
		if (scale > 0)
			s->k.scale(x, x, scale, d);
	}
	angles(s, first, end - first);
}

void hw_block_run(struct hw_stream *s)
{
	hw_pool_run(&s->pool, enter_unit, s, (s->m + ROWS - 1) / ROWS);
	for (int i = 0; i < s->net->n_layers; i++) {
		self_attention(s, &s->net->layers[i]);
		feed_forward(s, &s->net->layers[i]);
	}
	hw_cache_advance(&s->cache, s->m);
}
