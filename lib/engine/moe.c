/* SPDX-License-Identifier: MIT
 * What only this file knows: a mixture of experts.  The router gives each
 * token its few best experts and their shares; then expert after expert takes
 * the tokens that chose it, together.  A token's parts are added in the order
 * of experts, so that its sum is the same whoever else is in the chunk. */
#include "engine/product.h"

#include <math.h>
#include <string.h>

/* Keep the k largest of n logits, the first of equals: their numbers,
 * ascending, and the softmax over them. */
static void choose(const float *logit, size_t n, size_t k, int *chosen,
    float *share)
{
	float max = -INFINITY, sum = 0;
	size_t found = 0;

	for (size_t e = 0; e < n; e++) {
		size_t above = 0;

		for (size_t o = 0; o < n; o++)
			above += logit[o] > logit[e] ||
			    (logit[o] == logit[e] && o < e);
		if (above >= k || found == k)
			continue;
		chosen[found] = (int)e;
		share[found++] = logit[e];
		max = fmaxf(max, logit[e]);
	}
	/* Broken weights give NaN, which nobody is above: fill up. */
	for (; found < k; found++) {
		chosen[found] = (int)found;
		share[found] = NAN;
	}
	for (size_t i = 0; i < k; i++)
		sum += share[i] = expf(share[i] - max);
	for (size_t i = 0; i < k; i++)
		share[i] /= sum;
}

/* Expert e's part of matrices that lie one after the other. */
static struct hw_matrix part(const struct hw_matrix *w, size_t e,
    size_t rows)
{
	struct hw_matrix m = *w;

	m.rows = rows;
	m.data += e * rows * w->row_bytes;
	if (m.bias != NULL)
		m.bias += e * rows;
	return m;
}

/* The tokens that chose expert e, to s->token and s->part_of; their prepared
 * rows, to s->some.  Returns how many. */
static size_t gather(struct hw_stream *s, size_t e,
    const bool want[HW_PREPS])
{
	size_t k = (size_t)s->net->n_used, n = 0;
	size_t d = (size_t)s->net->d_model;

	for (size_t i = 0; i < s->m * k; i++) {
		if (s->chosen[i] != (int)e)
			continue;
		for (int f = 0; f < HW_PREPS; f++) {
			size_t bytes = hw_prep_bytes((enum hw_prep)f, d);

			if (want[f])
				memcpy(s->some.form[f] + n * bytes,
				    s->in.form[f] + i / k * bytes, bytes);
		}
		s->token[n] = i / k;
		s->part_of[n++] = s->share[i];
	}
	return n;
}

static void run_expert(struct hw_stream *s, const struct hw_layer *l,
    size_t e)
{
	size_t d = (size_t)s->net->d_model, ffn = (size_t)s->net->d_ffn, n;
	struct hw_matrix gate = part(&l->gate, e, ffn);
	struct hw_matrix up = part(&l->up, e, ffn);
	struct hw_matrix down = part(&l->down, e, d);
	bool want[HW_PREPS] = {false};

	want[hw_gemm_form(&s->gemm, &gate)] = true;
	want[hw_gemm_form(&s->gemm, &up)] = true;
	n = gather(s, e, want);
	if (n == 0)
		return;
	hw_activate(s, &s->some, n, &gate, &up, &down);
	hw_products(s, &s->hidden, n, &(struct hw_product){&down, s->y2}, 1,
	    NULL);
	for (size_t i = 0; i < n; i++) {
		float *x = s->x + s->token[i] * d, *y = s->y2 + i * d;

		for (size_t j = 0; j < d; j++)
			x[j] += s->part_of[i] * y[j];
	}
}

void hw_moe_run(struct hw_stream *s, const struct hw_layer *l)
{
	const struct hw_matrix *in[] = {&l->router, &l->gate, &l->up};
	size_t n = (size_t)s->net->n_experts, k = (size_t)s->net->n_used;

	hw_prepare(s, &s->in, s->x, s->m,
	    (struct hw_norm){l->ffn_norm, l->ffn_norm_b}, in, 3);
	hw_products(s, &s->in, s->m,
	    &(struct hw_product){&l->router, s->routes}, 1, NULL);
	for (size_t i = 0; i < s->m; i++)
		choose(s->routes + i * n, n, k, s->chosen + i * k,
		    s->share + i * k);
	for (size_t e = 0; e < n; e++)
		run_expert(s, l, e);
}
