/* SPDX-License-Identifier: MIT
 * What only this file knows: the whole computation once more, written for its
 * plainness.  It shares no code with the library, only struct hw_net. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX 512 /* widest row of the models here */

struct oracle {
	const struct hw_net *net;
	enum oracle_rule rule;
	size_t sinks, window, n;
	size_t kv; /* n_kv_heads * d_head */
	double *keys, *values; /* (layer, n, kv), unrotated */
	size_t *list, *place; /* (n) keys of this token in this layer, and
	                         where they stand */
	size_t n_list;
	double *score;         /* (n) */
	double *cos, *sin;     /* (n + 1, rope_dims / 2) */
};

static void multiply(double *y, const struct hw_matrix *w, const double *x)
{
	const float *a = (const float *)(const void *)w->data;

	for (size_t i = 0; i < w->rows; i++) {
		y[i] = 0;
		for (size_t j = 0; j < w->cols; j++)
			y[i] += (double)a[i * w->cols + j] * x[j];
	}
}

static void norm(const struct hw_net *net, double *y, const double *x,
    const float *w)
{
	double sum = 0;
	int d = net->d_model;

	for (int i = 0; i < d; i++)
		sum += x[i] * x[i];
	for (int i = 0; i < d; i++)
		y[i] = x[i] / sqrt(sum / d + (double)net->norm_eps) *
		    (double)w[i];
}

static void tables(struct oracle *o)
{
	size_t half = (size_t)o->net->rope_dims / 2;

	for (size_t p = 0; p <= o->n; p++)
		for (size_t j = 0; j < half; j++) {
			double f = pow(o->net->rope_theta,
			    -2.0 * (double)j / o->net->rope_dims);

			if (o->net->rope_factors != NULL)
				f /= (double)o->net->rope_factors[j];
			o->cos[p * half + j] = cos((double)p * f);
			o->sin[p * half + j] = sin((double)p * f);
		}
}

/* y = one head x, turned to place p. */
static void turn(const struct oracle *o, double *y, const double *x, size_t p)
{
	size_t half = (size_t)o->net->rope_dims / 2;

	memcpy(y, x, (size_t)o->net->d_head * sizeof(*y));
	for (size_t j = 0; j < half; j++) {
		double c = o->cos[p * half + j], s = o->sin[p * half + j];

		y[2 * j] = x[2 * j] * c - x[2 * j + 1] * s;
		y[2 * j + 1] = x[2 * j] * s + x[2 * j + 1] * c;
	}
}

/* Which tokens token t attends to, and at which places.  A layer with a
 * window of its own knows only that. */
static void choose(struct oracle *o, size_t layer, size_t t)
{
	size_t own = o->net->windows != NULL ?
	    (size_t)o->net->windows[layer] : 0;
	bool native = own > 0 && own <= o->window;
	size_t sinks = native ? 0 : o->sinks;
	size_t recent = native ? own - 1 : o->window;
	size_t from;

	if (o->rule == ORACLE_ONE_LESS)
		recent--;
	if (o->rule == ORACLE_SINKS_IN_WINDOWS)
		sinks = o->sinks;
	from = t > recent ? t - recent : 0;
	o->n_list = 0;
	for (size_t j = 0; j <= t; j++)
		if (j < sinks || j >= from) {
			o->place[o->n_list] = o->n_list;
			o->list[o->n_list++] = j;
		}
	for (size_t i = 0; i < o->n_list; i++) {
		if (o->rule == ORACLE_TRUE_POSITIONS)
			o->place[i] = o->list[i];
		if (o->rule == ORACLE_SINK_OFF && o->list[i] < sinks &&
		    o->n_list > sinks)
			o->place[i]++;
	}
}

static void attend(const struct oracle *o, size_t layer, size_t h,
    const double *q, double *y)
{
	size_t d = (size_t)o->net->d_head;
	size_t group = (size_t)(o->net->n_heads / o->net->n_kv_heads);
	size_t at = layer * o->n * o->kv + h / group * d;
	double turned[MAX], key[MAX], max = -INFINITY, sum = 0;

	turn(o, turned, q, o->place[o->n_list - 1]);
	for (size_t i = 0; i < o->n_list; i++) {
		double dot = 0;

		turn(o, key, o->keys + at + o->list[i] * o->kv, o->place[i]);
		for (size_t e = 0; e < d; e++)
			dot += turned[e] * key[e];
		o->score[i] = dot / sqrt((double)d);
		max = fmax(max, o->score[i]);
	}
	memset(y, 0, d * sizeof(*y));
	for (size_t i = 0; i < o->n_list; i++) {
		double p = exp(o->score[i] - max);

		sum += p;
		for (size_t e = 0; e < d; e++)
			y[e] += p * o->values[at + o->list[i] * o->kv + e];
	}
	for (size_t e = 0; e < d; e++)
		y[e] /= sum;
}

static void layer(struct oracle *o, size_t l, size_t t, double *x)
{
	const struct hw_net *net = o->net;
	const struct hw_layer *w = &net->layers[l];
	size_t at = (l * o->n + t) * o->kv, d = (size_t)net->d_head;
	double in[MAX], a[MAX], b[MAX];

	norm(net, in, x, w->attn_norm);
	multiply(o->keys + at, &w->k, in);
	multiply(o->values + at, &w->v, in);
	multiply(a, &w->q, in);
	for (size_t h = 0; h < (size_t)net->n_heads; h++)
		attend(o, l, h, a + h * d, b + h * d);
	multiply(a, &w->o, b);
	for (int i = 0; i < net->d_model; i++)
		x[i] += a[i];
	norm(net, in, x, w->ffn_norm);
	multiply(a, &w->gate, in);
	multiply(b, &w->up, in);
	for (int i = 0; i < net->d_ffn; i++)
		b[i] *= a[i] / (1 + exp(-a[i]));
	multiply(a, &w->down, b);
	for (int i = 0; i < net->d_model; i++)
		x[i] += a[i];
}

/* Surprisal of `next` and entropy, after the residual stream x. */
static void predict(const struct oracle *o, const double *x, uint32_t next,
    double *bits, double *entropy)
{
	double in[MAX], logit[MAX], max = -INFINITY, sum = 0, h = 0;
	int n = o->net->n_vocab;

	norm(o->net, in, x, o->net->out_norm);
	multiply(logit, &o->net->out, in);
	for (int i = 0; i < n; i++)
		max = fmax(max, logit[i]);
	for (int i = 0; i < n; i++)
		sum += exp(logit[i] - max);
	for (int i = 0; i < n; i++) {
		double lp = logit[i] - max - log(sum);

		h -= exp(lp) * lp / log(2);
	}
	*bits = -(logit[next] - max - log(sum)) / log(2);
	*entropy = h;
}

static void *array(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		abort();
	return p;
}

void oracle_score(const struct hw_net *net, enum oracle_rule rule,
    size_t sinks, size_t window, const uint32_t *ids, size_t n, double *bits,
    double *entropy)
{
	struct oracle o = {.net = net, .rule = rule, .sinks = sinks,
	    .window = window, .n = n,
	    .kv = (size_t)net->n_kv_heads * (size_t)net->d_head};
	size_t half = (size_t)net->rope_dims / 2;
	double x[MAX];

	o.keys = array((size_t)net->n_layers * n * o.kv, sizeof(double));
	o.values = array((size_t)net->n_layers * n * o.kv, sizeof(double));
	o.list = array(n, sizeof(size_t));
	o.place = array(n, sizeof(size_t));
	o.score = array(n, sizeof(double));
	o.cos = array((n + 1) * half, sizeof(double));
	o.sin = array((n + 1) * half, sizeof(double));
	tables(&o);
	for (size_t t = 0; t + 1 < n; t++) {
		const float *e = (const float *)(const void *)net->embd.data +
		    ids[t] * net->embd.cols;

		for (int i = 0; i < net->d_model; i++)
			x[i] = (double)e[i];
		for (size_t l = 0; l < (size_t)net->n_layers; l++) {
			choose(&o, l, t);
			layer(&o, l, t, x);
		}
		predict(&o, x, ids[t + 1], &bits[t + 1], &entropy[t + 1]);
	}
	free(o.keys);
	free(o.values);
	free(o.list);
	free(o.place);
	free(o.score);
	free(o.cos);
	free(o.sin);
}
