/* SPDX-License-Identifier: MIT
 * What only this file knows: the order of things in a transformer block of the
 * llama family, and how each is cut into units.  Products are cut by output
 * columns, the rest by tokens; no sum is ever cut, so that results are the
 * same bits for any number of threads. */
#include "engine/engine.h"

#define ROWS ((size_t)8) /* tokens of one unit */

/* ---- before a product: norm, and the forms that its matrices want -------- */

struct rows_job {
	struct hw_stream *s;
	const float *x, *norm; /* (m, n), (n); norm NULL: as it is */
	size_t n;
	bool want[2];
};

static void prepare_row(const struct rows_job *j, size_t i, float *tmp)
{
	struct hw_stream *s = j->s;
	const float *x = j->x + i * j->n;

	if (j->norm != NULL) {
		s->k.rmsnorm(tmp, x, j->norm, j->n, s->net->norm_eps);
		x = tmp;
	}
	for (int f = 0; f < 2; f++)
		if (j->want[f])
			hw_gemm_prep(&s->gemm, (enum hw_prep)f,
			    s->in.form[f] + i * hw_prep_bytes((enum hw_prep)f,
			    j->n), x, j->n);
}

static void prepare_unit(void *ctx, size_t unit, int thread)
{
	const struct rows_job *j = ctx;
	size_t end = (unit + 1) * ROWS;

	for (size_t i = unit * ROWS; i < end && i < j->s->m; i++)
		prepare_row(j, i, j->s->scratch[thread].row);
}

/* Prepare (m, n) activations x for the n_w matrices w. */
static void prepare(struct hw_stream *s, const float *x, const float *norm,
    const struct hw_matrix *const *w, size_t n_w)
{
	struct rows_job j = {.s = s, .x = x, .norm = norm, .n = w[0]->cols};

	for (size_t i = 0; i < n_w; i++)
		j.want[hw_gemm_form(w[i])] = true;
	hw_pool_run(&s->pool, prepare_unit, &j, (s->m + ROWS - 1) / ROWS);
}

/* ---- products ------------------------------------------------------------ */

enum then { KEEP, ADD }; /* what becomes of y: it is the result; x += y */

struct product {
	const struct hw_matrix *w;
	float *y; /* (m, w->rows) */
};

struct product_job {
	struct hw_stream *s;
	const struct product *p;
	size_t n_p;
	enum then then;
	size_t cols; /* of a unit */
};

static size_t units_of(const struct hw_matrix *w, size_t cols)
{
	return (w->rows + cols - 1) / cols;
}

static void multiply(const struct hw_stream *s, float *y, size_t ldy,
    const struct hw_matrix *w, size_t first, size_t n, int thread)
{
	hw_gemm(&s->gemm, y, ldy, s->in.form[hw_gemm_form(w)], s->m, w, first,
	    n, s->scratch[thread].gemm);
}

static void product_unit(void *ctx, size_t unit, int thread)
{
	const struct product_job *j = ctx;
	const struct product *p = j->p;
	struct hw_stream *s = j->s;
	size_t first, n, ld;

	while (unit >= units_of(p->w, j->cols))
		unit -= units_of(p++->w, j->cols);
	first = unit * j->cols;
	ld = p->w->rows;
	n = ld - first < j->cols ? ld - first : j->cols;
	multiply(s, p->y + first, ld, p->w, first, n, thread);
	if (j->then == ADD)
		for (size_t i = 0; i < s->m; i++)
			s->k.add(s->x + i * ld + first, p->y + i * ld + first,
			    n);
}

/* Columns of a unit, so that each thread finds some four of them: a multiple
 * of 16, which keeps the kernels in their stride. */
static size_t unit_cols(const struct hw_stream *s, size_t rows)
{
	size_t cols = rows / (4 * (size_t)s->threads) / 16 * 16;

	return cols < 16 ? 16 : cols > HW_COLS ? HW_COLS : cols;
}

static void products(struct hw_stream *s, const struct product *p, size_t n_p,
    enum then then)
{
	struct product_job j = {.s = s, .p = p, .n_p = n_p, .then = then};
	size_t rows = 0, units = 0;

	for (size_t i = 0; i < n_p; i++)
		rows += p[i].w->rows;
	j.cols = unit_cols(s, rows);
	for (size_t i = 0; i < n_p; i++)
		units += units_of(p[i].w, j.cols);
	hw_pool_run(&s->pool, product_unit, &j, units);
}

/* ---- feed-forward: silu(gate) * up --------------------------------------- */

struct gate_job {
	struct hw_stream *s;
	const struct hw_layer *l;
	size_t cols;
};

static void gate_unit(void *ctx, size_t unit, int thread)
{
	const struct gate_job *j = ctx;
	struct hw_stream *s = j->s;
	size_t ld = j->l->gate.rows, first = unit * j->cols;
	size_t n = ld - first < j->cols ? ld - first : j->cols;
	float *up = s->scratch[thread].up, *y = s->hidden + first;

	multiply(s, y, ld, &j->l->gate, first, n, thread);
	multiply(s, up, n, &j->l->up, first, n, thread);
	for (size_t i = 0; i < s->m; i++)
		s->k.swiglu(y + i * ld, y + i * ld, up + i * n, n);
}

static void feed_forward(struct hw_stream *s, const struct hw_layer *l)
{
	const struct hw_matrix *in[] = {&l->gate, &l->up}, *out[] = {&l->down};
	struct gate_job j = {.s = s, .l = l,
	    .cols = unit_cols(s, l->gate.rows)};

	prepare(s, s->x, l->ffn_norm, in, 2);
	hw_pool_run(&s->pool, gate_unit, &j, units_of(&l->gate, j.cols));
	prepare(s, s->hidden, NULL, out, 1);
	products(s, &(struct product){&l->down, s->y}, 1, ADD);
}

/* ---- the layers ---------------------------------------------------------- */

static void self_attention(struct hw_stream *s, const struct hw_layer *l)
{
	const struct hw_matrix *in[] = {&l->q, &l->k, &l->v}, *out[] = {&l->o};
	struct product qkv[] = {{&l->q, s->q}, {&l->k, s->key},
	    {&l->v, s->val}};

	prepare(s, s->x, l->attn_norm, in, 3);
	products(s, qkv, 3, KEEP);
	hw_attn_run(s, (size_t)(l - s->net->layers));
	prepare(s, s->attn, NULL, out, 1);
	products(s, &(struct product){&l->o, s->y}, 1, ADD);
}

/* A token's embedding, and the angles of its place. */
static void enter_unit(void *ctx, size_t unit, int thread)
{
	struct hw_stream *s = ctx;
	size_t end = (unit + 1) * ROWS, dims = s->rope.dims;

	(void)thread;
	for (size_t i = unit * ROWS; i < end && i < s->m; i++) {
		struct hw_phases at = hw_cache_phases(&s->cache, i);

		hw_gemm_row(&s->gemm, s->x + i * (size_t)s->net->d_model,
		    &s->net->embd, s->ids[i]);
		hw_rope_angles(&s->rope, at.window, s->cs_window + i * dims);
		hw_rope_angles(&s->rope, at.sink, s->cs_sink + i * dims);
	}
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
