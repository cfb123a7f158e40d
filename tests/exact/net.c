/* SPDX-License-Identifier: MIT
 * What only this file knows: how large random weights have to be so that
 * attention looks about and predictions are neither flat nor certain. */
#include "net.h"

#include <math.h>
#include <stdlib.h>

#define MAX_ARRAYS 256
#define MAX_LAYERS 8

struct hw_model {
	struct hw_net net;
	struct hw_model_info info;
	struct hw_vocab vocab;
	float *arrays[MAX_ARRAYS];
	int n_arrays;
	int windows[MAX_LAYERS];
	uint64_t at; /* in the random sequence */
};

const struct hw_net *hw_model_net(const struct hw_model *m)
{
	return &m->net;
}

const struct hw_model_info *hw_model_info(const struct hw_model *m)
{
	return &m->info;
}

const struct hw_vocab *hw_model_vocab(const struct hw_model *m)
{
	return &m->vocab;
}

uint64_t net_random(uint64_t n)
{
	uint64_t z = (n + 1) * 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* n numbers around `middle`, at most `spread` away. */
static float *numbers(struct hw_model *m, size_t n, double middle,
    double spread)
{
	float *p = malloc(n * sizeof(*p));

	if (p == NULL || m->n_arrays == MAX_ARRAYS)
		abort();
	m->arrays[m->n_arrays++] = p;
	for (size_t i = 0; i < n; i++) {
		double u = (double)(net_random(m->at++) >> 11) * 0x1p-53;

		p[i] = (float)(middle + spread * (2 * u - 1));
	}
	return p;
}

static struct hw_matrix matrix(struct hw_model *m, int rows, int cols,
    double gain)
{
	size_t r = (size_t)rows, c = (size_t)cols;

	return (struct hw_matrix){.type = HW_F32, .rows = r, .cols = c,
	    .row_bytes = c * sizeof(float),
	    .data = (const unsigned char *)numbers(m, r * c, 0,
	    gain * sqrt(3.0 / (double)cols))};
}

static const float *around(struct hw_model *m, int n, double middle,
    double spread)
{
	return numbers(m, (size_t)n, middle, spread);
}

static void biases(struct hw_model *m, struct hw_layer *l)
{
	struct hw_matrix *w[] = {&l->q, &l->k, &l->v, &l->o, &l->gate, &l->up,
	    &l->down, &l->router};

	for (size_t i = 0; i < sizeof(w) / sizeof(w[0]); i++)
		if (w[i]->data != NULL)
			w[i]->bias = numbers(m, w[i]->rows, 0, 0.3);
}

static void layer(struct hw_model *m, struct hw_layer *l, enum net_kind kind)
{
	const struct hw_net *n = &m->net;
	int d = n->d_model, q = n->n_heads * n->d_head;
	int kv = n->n_kv_heads * n->d_head;
	int stack = n->n_experts > 0 ? n->n_experts : 1;

	if (kind != NET_OLMO) {
		l->attn_norm = around(m, d, 1, 0.2);
		l->ffn_norm = around(m, d, 1, 0.2);
	}
	l->q = matrix(m, q, d, 1.5);
	l->k = matrix(m, kv, d, 1.5);
	l->v = matrix(m, kv, d, 1);
	l->o = matrix(m, d, q, 1);
	if (n->act != HW_ACT_GELU)
		l->gate = matrix(m, stack * n->d_ffn, d, 1);
	l->up = matrix(m, stack * n->d_ffn, d, 1);
	l->down = matrix(m, stack * d, n->d_ffn, 0.7);
	if (n->n_experts > 0)
		l->router = matrix(m, n->n_experts, d, 1);
	if (kind == NET_NEOX) {
		l->attn_norm_b = around(m, d, 0, 0.2);
		l->ffn_norm_b = around(m, d, 0, 0.2);
	}
	if (kind == NET_NEOX || kind == NET_OSS)
		biases(m, l);
	if (kind == NET_GEMMA || kind == NET_OLMO) {
		l->norm_rows = kind == NET_OLMO;
		l->q_norm = around(m, l->norm_rows ? q : n->d_head, 1, 0.2);
		l->k_norm = around(m, l->norm_rows ? kv : n->d_head, 1, 0.2);
		l->attn_post = around(m, d, 1, 0.2);
		l->ffn_post = around(m, d, 1, 0.2);
	}
	if (kind == NET_OSS)
		l->sinks = around(m, n->n_heads, 0, 2);
}

/* What makes the model one of its kind. */
static void character(struct hw_model *m, enum net_kind kind)
{
	struct hw_net *n = &m->net;

	n->rope_halves = kind != NET_LLAMA && kind != NET_SMOL;
	if (kind == NET_NEOX || kind == NET_MPT) {
		n->norm = HW_NORM_LAYER;
		n->act = HW_ACT_GELU;
	}
	n->parallel = kind == NET_NEOX;
	if (kind == NET_NEOX)
		n->out_norm_b = around(m, n->d_model, 0, 0.2);
	if (kind == NET_MPT) {
		n->rope_dims = 0;
		n->clip_qkv = 1;
		n->slopes = around(m, n->n_heads, 0.04, 0.03);
	}
	if (kind == NET_GEMMA) {
		n->act = HW_ACT_GELU_TANH;
		n->embd_scale = 3;
		n->attn_scale = 0.2f;
		n->attn_cap = 2;
		n->out_cap = 4;
		n->local_theta = 100;
	}
	if (kind == NET_OSS) {
		n->act = HW_ACT_OAI;
		n->n_experts = 5;
		n->n_used = 2;
		n->rope_scale = 1.2;
	}
}

struct hw_model *net_open(const struct net_shape *s)
{
	struct hw_model *m = calloc(1, sizeof(*m));
	struct hw_net *n = &m->net;

	if (m == NULL)
		abort();
	m->at = s->seed << 32;
	m->info = (struct hw_model_info){.path = "random",
	    .name = "random", .arch = "llama"};
	m->vocab.bos = m->vocab.eos = -1;
	*n = (struct hw_net){.n_vocab = s->vocab, .d_model = s->d,
	    .n_layers = s->layers, .n_heads = s->heads,
	    .n_kv_heads = s->kv_heads, .d_head = s->d_head, .d_ffn = s->ffn,
	    .n_ctx = 128, .norm_eps = 1e-5f, .rope_theta = s->theta,
	    .rope_dims = s->rope_dims};
	character(m, s->kind);
	if (s->factors)
		n->rope_factors = numbers(m, (size_t)s->rope_dims / 2, 4.5,
		    3.5);
	n->embd = matrix(m, s->vocab, s->d, s->tied ? 2 : 1);
	n->out = s->tied ? n->embd : matrix(m, s->vocab, s->d, 2);
	n->out_norm = numbers(m, (size_t)s->d, 1, 0.2);
	n->layers = calloc((size_t)s->layers, sizeof(*n->layers));
	if (n->layers == NULL)
		abort();
	for (int i = 0; i < s->layers; i++) {
		layer(m, &n->layers[i], s->kind);
		if (s->kind == NET_GEMMA && i % 2 == 0)
			n->layers[i].rope = HW_ROPE_LOCAL;
		if (s->kind == NET_SMOL && i % 2 == 1)
			n->layers[i].rope = HW_ROPE_NONE;
		m->windows[i] = i % 2 == 0 ? s->own : 0;
	}
	n->windows = s->own > 0 ? m->windows : NULL;
	return m;
}

void net_begin_with(struct hw_model *m, int32_t bos)
{
	m->vocab.bos = bos;
	m->vocab.add_bos = true;
}

void net_spoil(struct hw_model *m)
{
	float *down = m->arrays[m->n_arrays - 1];

	down[0] = NAN;
}

void net_close(struct hw_model *m)
{
	for (int i = 0; i < m->n_arrays; i++)
		free(m->arrays[i]);
	free(m->net.layers);
	free(m);
}
