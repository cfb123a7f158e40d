/* SPDX-License-Identifier: MIT
 * What only this file knows: how much each part of a stream takes, and in what
 * order they lie in its block.  The same walk counts and hands out, so the two
 * cannot disagree. */
#include "engine/engine.h"

#include <string.h>

struct walk {
	unsigned char *base; /* NULL: only count */
	uint64_t at;
	bool over;
};

/* The next n elements, at a multiple of 64. */
static void take(struct walk *w, void *out, uint64_t n, uint64_t size)
{
	uint64_t bytes;
	void *p = w->base != NULL ? w->base + w->at : NULL;

	memcpy(out, &p, sizeof(p));
	if (w->over || !hw_mul(n, size, &bytes) || bytes > UINT64_MAX / 4 ||
	    w->at > UINT64_MAX / 4) {
		w->over = true;
		return;
	}
	w->at += (bytes + 63) / 64 * 64;
}

static size_t most(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Rows of activations in each form that a matrix wants: a chunk to read, or a
 * token to write. */
static void want(const struct hw_stream *s, size_t rows[HW_PREPS],
    const struct hw_matrix *w)
{
	size_t *one = &rows[hw_gemm_form_when(&s->gemm, true, w)];

	if (w->data == NULL)
		return;
	*one = most(*one, 1);
	rows[hw_gemm_form_when(&s->gemm, false, w)] = (size_t)s->chunk;
}

/* For the matrices of all layers; apart those that end a feed-forward part. */
static void forms(const struct hw_stream *s, size_t in[HW_PREPS],
    size_t hidden[HW_PREPS])
{
	for (int i = 0; i < s->net->n_layers; i++) {
		const struct hw_layer *l = &s->net->layers[i];
		const struct hw_matrix *w[] = {&l->q, &l->k, &l->v, &l->o,
		    &l->gate, &l->up, &l->router};

		for (size_t j = 0; j < sizeof(w) / sizeof(w[0]); j++)
			want(s, in, w[j]);
		want(s, hidden, &l->down);
	}
}

static void thread_scratch(struct hw_stream *s, struct walk *w, size_t widest)
{
	size_t d_head = (size_t)s->net->d_head, n = (size_t)s->chunk;

	for (int i = 0; i < s->threads; i++) {
		struct hw_scratch t;

		take(w, &t.row, widest, sizeof(float));
		take(w, &t.gemm, HW_GEMM_SCRATCH(widest), 1);
		take(w, &t.gemm_too, HW_GEMM_SCRATCH((size_t)
		    s->net->d_model), 1);
		take(w, &t.attn, HW_ATTN_SCRATCH, 1);
		take(w, &t.acc, HW_ATTN_M * d_head, sizeof(float));
		take(w, &t.logits, n * HW_VOCAB_COLS, sizeof(float));
		if (w->base == NULL)
			continue;
		t.gate = t.logits;
		t.up = t.logits + n * HW_COLS;
		s->scratch[i] = t;
	}
}

static void prepared(struct walk *w, struct hw_prepared *p,
    const size_t rows[HW_PREPS], size_t widest)
{
	for (int f = 0; f < HW_PREPS; f++) {
		p->form[f] = NULL;
		if (rows[f] > 0)
			take(w, &p->form[f], rows[f],
			    hw_prep_bytes((enum hw_prep)f, widest));
	}
}

static void experts(struct hw_stream *s, struct walk *w,
    const size_t rows[HW_PREPS], size_t widest)
{
	size_t n = (size_t)s->chunk, used = (size_t)s->net->n_used;

	take(w, &s->routes, n * (size_t)s->net->n_experts, sizeof(float));
	take(w, &s->chosen, n * used, sizeof(int));
	take(w, &s->share, n * used, sizeof(float));
	take(w, &s->token, n, sizeof(size_t));
	take(w, &s->part_of, n, sizeof(float));
	prepared(w, &s->some, rows, widest);
}

static void activations(struct hw_stream *s, struct walk *w)
{
	const struct hw_net *net = s->net;
	size_t n = (size_t)s->chunk, d_head = (size_t)net->d_head;
	size_t qs = (size_t)net->n_heads * d_head;
	size_t kvs = (size_t)net->n_kv_heads * d_head;
	size_t dims = (size_t)net->rope_dims;
	size_t rows[HW_PREPS] = {0}, hidden[HW_PREPS] = {0};
	size_t widest = most((size_t)net->d_model, qs);

	take(w, &s->x, n * (size_t)net->d_model, sizeof(float));
	take(w, &s->y, n * (size_t)net->d_model, sizeof(float));
	if (net->parallel || net->n_experts > 0)
		take(w, &s->y2, n * (size_t)net->d_model, sizeof(float));
	for (int r = 0; r < HW_ROPES; r++) {
		take(w, &s->rope[r].turn, dims / 2, sizeof(uint64_t));
		take(w, &s->rope[r].near, HW_ROPE_NEAR * dims, sizeof(double));
		take(w, &s->cs_window[r], n * dims, sizeof(float));
		take(w, &s->cs_sink[r], n * dims, sizeof(float));
	}
	take(w, &s->q, n * qs, sizeof(float));
	take(w, &s->key, n * kvs, sizeof(float));
	take(w, &s->val, n * kvs, sizeof(float));
	take(w, &s->q_window, n * qs, sizeof(float));
	take(w, &s->q_sink, n * qs, sizeof(float));
	take(w, &s->attn, n * qs, sizeof(float));
	forms(s, rows, hidden);
	prepared(w, &s->in, rows, widest);
	prepared(w, &s->hidden, hidden, (size_t)net->d_ffn);
	if (net->n_experts > 0)
		experts(s, w, rows, widest);
}

static void scoring(struct hw_stream *s, struct walk *w)
{
	size_t n = (size_t)s->chunk, blocks = hw_score_blocks(s);
	size_t d = (size_t)s->net->d_model;
	const struct hw_matrix *out = &s->net->out;

	take(w, &s->first, n, sizeof(uint32_t));
	take(w, &s->after, d, sizeof(float));
	take(w, &s->last, n + 1, hw_prep_bytes(hw_gemm_form_when(&s->gemm,
	    false, out), d));
	take(w, &s->alone, 1, hw_prep_bytes(hw_gemm_form_when(&s->gemm, true,
	    out), d));
	take(w, &s->lse, blocks * n, sizeof(*s->lse));
	take(w, &s->target, n, sizeof(float));
	take(w, &s->best, blocks, sizeof(*s->best));
}

bool hw_layout(struct hw_stream *s, struct hw_cache_shape *shape,
    unsigned char *base, uint64_t *bytes)
{
	const struct hw_net *net = s->net;
	struct walk w = {.base = base};
	size_t widest = most(most((size_t)net->d_model, (size_t)net->d_ffn),
	    (size_t)net->n_heads * (size_t)net->d_head);
	struct hw_stream *self;
	void *cache;

	take(&w, &self, 1, sizeof(*s));
	take(&w, &s->workers, (uint64_t)s->threads, sizeof(*s->workers));
	take(&w, &s->scratch, (uint64_t)s->threads, sizeof(*s->scratch));
	thread_scratch(s, &w, widest);
	activations(s, &w);
	scoring(s, &w);
	if (s->mode == HW_CACHE_RECOMPUTE)
		take(&w, &s->past, shape->window + 2, sizeof(*s->past));
	if (!hw_cache_bytes(shape, bytes))
		return false;
	take(&w, &cache, *bytes, 1);
	if (base != NULL)
		hw_cache_init(&s->cache, shape, &s->k, cache);
	*bytes = w.at;
	return !w.over;
}
