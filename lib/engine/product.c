/* SPDX-License-Identifier: MIT
 * What only this file knows: how products are cut into units.  They are cut by
 * tokens and by output columns, the rest by tokens; no sum is ever cut, so that
 * results are the same bits for any number of threads. */
#include "engine/product.h"

#define ROWS ((size_t)8) /* tokens of one unit */
#define OWN ((size_t)128)   /* see cut */
/* In this stride kernels take tokens and columns; it is a block of weights. */
#define STRIDE ((size_t)32)

static size_t row_units(size_t m)
{
	return (m + ROWS - 1) / ROWS;
}

void hw_norm_row(const struct hw_stream *s, float *y, const float *x,
    struct hw_norm norm, size_t n)
{
	if (s->net->norm == HW_NORM_LAYER)
		s->k.layernorm(y, x, norm.w, norm.b, n, s->net->norm_eps);
	else
		s->k.rmsnorm(y, x, norm.w, n, s->net->norm_eps);
}

/* ---- before a product: norm, and the forms that its matrices want -------- */

struct rows_job {
	struct hw_stream *s;
	const struct hw_prepared *to;
	const float *x; /* (m, n) */
	size_t m, n;
	struct hw_norm norm;
	bool want[HW_PREPS];
};

static void prepare_row(const struct rows_job *j, size_t i, float *tmp)
{
	struct hw_stream *s = j->s;
	const float *x = j->x + i * j->n;

	if (j->norm.w != NULL) {
		hw_norm_row(s, tmp, x, j->norm, j->n);
		x = tmp;
	}
	for (int f = 0; f < HW_PREPS; f++)
		if (j->want[f])
			hw_gemm_prep(&s->gemm, (enum hw_prep)f,
			    j->to->form[f] + i * hw_prep_bytes((enum hw_prep)f,
			    j->n), x, j->n);
}

static void prepare_unit(void *ctx, size_t unit, int thread)
{
	const struct rows_job *j = ctx;
	size_t end = (unit + 1) * ROWS;

	for (size_t i = unit * ROWS; i < end && i < j->m; i++)
		prepare_row(j, i, j->s->scratch[thread].row);
}

void hw_prepare(struct hw_stream *s, const struct hw_prepared *to,
    const float *x, size_t m, struct hw_norm norm,
    const struct hw_matrix *const *w, size_t n_w)
{
	struct rows_job j = {.s = s, .to = to, .x = x, .m = m, .norm = norm};

	for (size_t i = 0; i < n_w; i++)
		if (w[i]->data != NULL) {
			j.n = w[i]->cols;
			j.want[hw_gemm_form(&s->gemm, w[i])] = true;
		}
	hw_pool_run(&s->pool, prepare_unit, &j, row_units(m));
}

/* ---- products ------------------------------------------------------------ */

/* How a product of m tokens and some columns is cut: token by token first. */
struct cut {
	size_t m, rows, cols; /* tokens in all; tokens and columns of a unit */
	size_t across;        /* units that have the same tokens */
};

static size_t units_of(const struct hw_matrix *w, size_t cols)
{
	return (w->rows + cols - 1) / cols;
}

/* Each thread has tokens of its own, if there are OWN for it: to unpack the
 * weights once more costs less than to hand over, from cache to cache, what
 * it goes on with.  Columns are a multiple of STRIDE, too, and so many that a
 * thread finds some four units. */
static struct cut cut(const struct hw_stream *s, size_t m, size_t columns)
{
	size_t threads = (size_t)s->threads, parts = m / OWN;
	struct cut c = {.m = m};

	parts = parts < 1 ? 1 : parts > threads ? threads : parts;
	c.rows = (m + parts - 1) / parts;
	c.rows = (c.rows + STRIDE - 1) / STRIDE * STRIDE;
	c.cols = columns * parts / (4 * threads) / STRIDE * STRIDE;
	c.cols = c.cols < STRIDE ? STRIDE : c.cols > HW_COLS ? HW_COLS :
	    c.cols;
	return c;
}

static size_t units(const struct cut *c)
{
	return (c->m + c->rows - 1) / c->rows * c->across;
}

/* The tokens of a unit; *unit becomes its number among those of the same. */
static size_t tokens_of(const struct cut *c, size_t *unit, size_t *first)
{
	*first = *unit / c->across * c->rows;
	*unit %= c->across;
	return c->m - *first < c->rows ? c->m - *first : c->rows;
}

struct product_job {
	struct hw_stream *s;
	const struct hw_prepared *in;
	struct cut cut;
	const struct hw_product *p;
	float *add_to;
};

/* m tokens from `token` on by some columns. */
static void multiply(const struct hw_stream *s, float *y, size_t ldy,
    const struct hw_prepared *in, size_t token, size_t m,
    const struct hw_columns *c, bool again)
{
	enum hw_prep form = hw_gemm_form(&s->gemm, c->w);

	hw_gemm(&s->gemm, y, ldy, in->form[form] + token *
	    hw_prep_bytes(form, c->w->cols), m, c, again);
	if (c->w->bias != NULL)
		for (size_t i = 0; i < m; i++)
			s->k.add(y + i * ldy, c->w->bias + c->first, c->n);
}

/* Columns `first` .. first + most, if there are as many. */
static struct hw_columns columns(const struct hw_matrix *w, size_t first,
    size_t most, void *scratch)
{
	return (struct hw_columns){.w = w, .first = first,
	    .n = w->rows - first < most ? w->rows - first : most,
	    .scratch = scratch};
}

/* What is to be added goes by way of a thread's scratch, which is near. */
static void product_unit(void *ctx, size_t unit, int thread)
{
	const struct product_job *j = ctx;
	const struct hw_product *p = j->p;
	struct hw_stream *s = j->s;
	size_t cols = j->cut.cols, ld, token, step;
	size_t m = tokens_of(&j->cut, &unit, &token);
	struct hw_columns c;
	bool add = j->add_to != NULL;

	while (unit >= units_of(p->w, cols))
		unit -= units_of(p++->w, cols);
	ld = p->w->rows;
	c = columns(p->w, unit * cols, cols, s->scratch[thread].gemm);
	step = hw_gemm_step(&s->gemm, &c, m);
	for (size_t i = 0; i < m; i += step) {
		size_t rows = m - i < step ? m - i : step;
		size_t at = (token + i) * ld + c.first;
		float *y = add ? s->scratch[thread].gate : p->y + at;
		size_t ldy = add ? c.n : ld;

		multiply(s, y, ldy, j->in, token + i, rows, &c, i > 0);
		for (size_t r = 0; add && r < rows; r++)
			s->k.add(j->add_to + at + r * ld, y + r * ldy, c.n);
	}
}

void hw_products(struct hw_stream *s, const struct hw_prepared *in, size_t m,
    const struct hw_product *p, size_t n_p, float *add_to)
{
	struct product_job j = {.s = s, .in = in, .p = p, .add_to = add_to};
	size_t columns = 0;

	for (size_t i = 0; i < n_p; i++)
		columns += p[i].w->rows;
	j.cut = cut(s, m, columns);
	for (size_t i = 0; i < n_p; i++)
		j.cut.across += units_of(p[i].w, j.cut.cols);
	hw_pool_run(&s->pool, product_unit, &j, units(&j.cut));
}

/* ---- the activation in the middle of a feed-forward part ----------------- */

struct gate_job {
	struct hw_stream *s;
	const struct hw_prepared *in;
	struct cut cut;
	const struct hw_matrix *gate, *up;
	enum hw_prep form; /* of the result */
};

static void gate(const struct hw_stream *s, float *y, const float *up,
    size_t n)
{
	switch (s->net->act) {
	case HW_ACT_SILU:
		s->k.swiglu(y, y, up, n);
		break;
	case HW_ACT_GELU_TANH:
		s->k.geglu(y, y, up, n);
		break;
	case HW_ACT_OAI:
		s->k.swiglu_oai(y, y, up, n);
		break;
	case HW_ACT_GELU:
		s->k.gelu(y, y, n); /* no gate */
		break;
	}
}

/* Both products' part of a row of n, in its form for the next one. */
static void activate(const struct hw_stream *s, enum hw_prep form,
    unsigned char *to, float *y, const float *up, size_t n)
{
	gate(s, y, up, n);
	hw_gemm_prep(&s->gemm, form, to, y, n);
}

/* What comes of the products stays in the cache until it has its form. */
static void gate_unit(void *ctx, size_t unit, int thread)
{
	const struct gate_job *j = ctx;
	struct hw_stream *s = j->s;
	bool gated = j->gate->data != NULL;
	size_t token, m = tokens_of(&j->cut, &unit, &token);
	size_t cols = j->cut.cols, row = hw_prep_bytes(j->form, j->up->rows);
	struct hw_scratch *t = &s->scratch[thread];
	struct hw_columns c = columns(gated ? j->gate : j->up, unit * cols,
	    cols, t->gemm), d = columns(j->up, unit * cols, cols,
	    t->gemm_too);
	unsigned char *to = s->hidden.form[j->form] + token * row +
	    hw_prep_at(j->form, c.first);
	size_t step = hw_gemm_step(&s->gemm, &c, m);

	if (gated && hw_gemm_step(&s->gemm, &d, m) != step)
		step = m; /* two types */
	for (size_t i = 0; i < m; i += step) {
		size_t rows = m - i < step ? m - i : step;

		multiply(s, t->gate, c.n, j->in, token + i, rows, &c, i > 0);
		if (gated)
			multiply(s, t->up, d.n, j->in, token + i, rows, &d,
			    i > 0);
		for (size_t r = 0; r < rows; r++)
			activate(s, j->form, to + (i + r) * row,
			    t->gate + r * c.n, t->up + r * c.n, c.n);
	}
}

void hw_activate(struct hw_stream *s, const struct hw_prepared *in, size_t m,
    const struct hw_matrix *gate_w, const struct hw_matrix *up,
    const struct hw_matrix *down)
{
	struct gate_job j = {.s = s, .in = in, .cut = cut(s, m, up->rows),
	    .gate = gate_w, .up = up, .form = hw_gemm_form(&s->gemm, down)};

	j.cut.across = units_of(up, j.cut.cols);
	hw_pool_run(&s->pool, gate_unit, &j, units(&j.cut));
}

/* ---- x += y -------------------------------------------------------------- */

struct add_job {
	struct hw_stream *s;
	float *x;
	const float *y;
	size_t m;
	struct hw_norm norm;
};

static void add_unit(void *ctx, size_t unit, int thread)
{
	const struct add_job *j = ctx;
	struct hw_stream *s = j->s;
	size_t end = (unit + 1) * ROWS, d = (size_t)s->net->d_model;
	float *tmp = s->scratch[thread].row;

	for (size_t i = unit * ROWS; i < end && i < j->m; i++) {
		const float *y = j->y + i * d;

		if (j->norm.w != NULL) {
			hw_norm_row(s, tmp, y, j->norm, d);
			y = tmp;
		}
		s->k.add(j->x + i * d, y, d);
	}
}

void hw_add_rows(struct hw_stream *s, float *x, const float *y, size_t m,
    struct hw_norm norm)
{
	struct add_job j = {s, x, y, m, norm};

	hw_pool_run(&s->pool, add_unit, &j, row_units(m));
}
