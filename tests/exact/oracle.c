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
	double *cos, *sin;     /* (n + 1, 2, rope_dims / 2): global, local */
};

/* Rows first .. first + n of w. */
static void part(double *y, const struct hw_matrix *w, const double *x,
    size_t first, size_t n)
{
	const float *a = (const float *)(const void *)w->data;

	for (size_t i = first; i < first + n; i++) {
		double sum = w->bias != NULL ? (double)w->bias[i] : 0;

		for (size_t j = 0; j < w->cols; j++)
			sum += (double)a[i * w->cols + j] * x[j];
		y[i - first] = sum;
	}
}

static void multiply(double *y, const struct hw_matrix *w, const double *x)
{
	part(y, w, x, 0, w->rows);
}

/* y = x normalized; w NULL: as it is. */
static void norm_of(const struct hw_net *net, double *y, const double *x,
    const float *w, const float *b, int d, bool rms)
{
	double sum = 0, mean = 0;

	for (int i = 0; i < d; i++)
		mean += rms ? 0 : x[i] / d;
	for (int i = 0; i < d; i++)
		sum += (x[i] - mean) * (x[i] - mean);
	for (int i = 0; i < d; i++)
		y[i] = w == NULL ? x[i] : (x[i] - mean) /
		    sqrt(sum / d + (double)net->norm_eps) * (double)w[i] +
		    (b != NULL ? (double)b[i] : 0);
}

static void norm(const struct hw_net *net, double *y, const double *x,
    const float *w, const float *b)
{
	norm_of(net, y, x, w, b, net->d_model, net->norm == HW_NORM_RMS);
}

static void tables(struct oracle *o)
{
	size_t half = (size_t)o->net->rope_dims / 2;

	for (size_t p = 0; p <= o->n; p++)
		for (size_t j = 0; j < 2 * half; j++) {
			size_t i = j % half;
			double theta = j < half ? o->net->rope_theta :
			    o->net->local_theta;
			double f = pow(theta, -2.0 * (double)i /
			    o->net->rope_dims);

			if (o->net->rope_factors != NULL && j < half)
				f /= (double)o->net->rope_factors[i];
			o->cos[p * 2 * half + j] = cos((double)p * f);
			o->sin[p * 2 * half + j] = sin((double)p * f);
		}
}

/* y = one head x, turned to place p as this layer does. */
static void turn(const struct oracle *o, const struct hw_layer *l, double *y,
    const double *x, size_t p)
{
	size_t half = (size_t)o->net->rope_dims / 2;
	double scale = o->net->rope_scale > 0 ? o->net->rope_scale : 1;

	memcpy(y, x, (size_t)o->net->d_head * sizeof(*y));
	for (size_t j = 0; l->rope != HW_ROPE_NONE && j < half; j++) {
		size_t at = p * 2 * half + j +
		    (l->rope == HW_ROPE_LOCAL ? half : 0);
		size_t a = o->net->rope_halves ? j : 2 * j;
		size_t b = o->net->rope_halves ? j + half : 2 * j + 1;
		double c = o->cos[at] * scale, s = o->sin[at] * scale;

		y[a] = x[a] * c - x[b] * s;
		y[b] = x[a] * s + x[b] * c;
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

/* The score of key i of the list, for head h. */
static double score(const struct oracle *o, const struct hw_layer *l,
    size_t h, const double *turned, const double *unturned, size_t i)
{
	size_t d = (size_t)o->net->d_head, last = o->place[o->n_list - 1];
	double key[MAX], dot = 0, cap = (double)o->net->attn_cap;

	turn(o, l, key, unturned, o->place[i]);
	for (size_t e = 0; e < d; e++)
		dot += turned[e] * key[e];
	dot *= o->net->attn_scale > 0 ? (double)o->net->attn_scale :
	    1 / sqrt((double)d);
	if (cap > 0)
		dot = cap * tanh(dot / cap);
	if (o->net->slopes != NULL)
		dot -= (double)o->net->slopes[h] *
		    (double)(last - o->place[i]);
	return dot;
}

static void attend(const struct oracle *o, size_t layer, size_t h,
    const double *q, double *y)
{
	const struct hw_layer *l = &o->net->layers[layer];
	size_t d = (size_t)o->net->d_head;
	size_t group = (size_t)(o->net->n_heads / o->net->n_kv_heads);
	size_t at = layer * o->n * o->kv + h / group * d;
	double turned[MAX], max = -INFINITY, sum = 0;

	turn(o, l, turned, q, o->place[o->n_list - 1]);
	for (size_t i = 0; i < o->n_list; i++) {
		o->score[i] = score(o, l, h, turned,
		    o->keys + at + o->list[i] * o->kv, i);
		max = fmax(max, o->score[i]);
	}
	if (l->sinks != NULL) {
		max = fmax(max, (double)l->sinks[h]);
		sum = exp((double)l->sinks[h] - max);
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

static double activate(enum hw_act act, double gate, double up)
{
	switch (act) {
	case HW_ACT_SILU:
		return gate / (1 + exp(-gate)) * up;
	case HW_ACT_GELU_TANH:
		return 0.5 * gate * (1 + tanh(0.7978845608028654 * (gate +
		    0.044715 * gate * gate * gate))) * up;
	case HW_ACT_OAI:
		gate = fmin(gate, 7);
		up = fmax(-7, fmin(7, up));
		return gate / (1 + exp(-1.702 * gate)) * (up + 1);
	case HW_ACT_GELU:
		break;
	}
	return up * 0.5 * (1 + erf(up / 1.4142135623730951));
}

/* One expert, or the only one: y += share * ... */
static void expert(const struct hw_net *net, const struct hw_layer *l,
    size_t e, double share, const double *in, double *y)
{
	size_t ffn = (size_t)net->d_ffn, d = (size_t)net->d_model;
	double gate[MAX] = {0}, up[MAX], out[MAX];

	if (l->gate.data != NULL)
		part(gate, &l->gate, in, e * ffn, ffn);
	part(up, &l->up, in, e * ffn, ffn);
	for (size_t i = 0; i < ffn; i++)
		up[i] = activate(net->act, gate[i], up[i]);
	part(out, &l->down, up, e * d, d);
	for (size_t i = 0; i < d; i++)
		y[i] += share * out[i];
}

/* The best experts one after the other; each leaves the race.  False if the
 * last that was taken and the best that was left are a tie. */
static bool experts(const struct hw_net *net, const struct hw_layer *l,
    const double *in, double *y)
{
	double logit[MAX], top[MAX], sum = 0, last = 0, left = -INFINITY;
	size_t best[MAX];

	multiply(logit, &l->router, in);
	for (int k = 0; k < net->n_used; k++) {
		best[k] = 0;
		for (size_t e = 1; e < (size_t)net->n_experts; e++)
			if (logit[e] > logit[best[k]])
				best[k] = e;
		last = logit[best[k]];
		top[k] = exp(last);
		logit[best[k]] = -INFINITY;
		sum += top[k];
	}
	for (size_t e = 0; e < (size_t)net->n_experts; e++)
		left = fmax(left, logit[e]);
	for (int k = 0; k < net->n_used; k++)
		expert(net, l, best[k], top[k] / sum, in, y);
	return last - left > ORACLE_TIE;
}

static bool feed_forward(const struct hw_net *net, const struct hw_layer *l,
    const double *x, double *y)
{
	double in[MAX], out[MAX] = {0};
	bool sure = true;

	norm(net, in, x, l->ffn_norm, l->ffn_norm_b);
	if (l->router.data != NULL)
		sure = experts(net, l, in, out);
	else
		expert(net, l, 0, 1, in, out);
	norm_of(net, y, out, l->ffn_post, NULL, net->d_model, true);
	return sure;
}

static void clip(const struct hw_net *net, double *x, size_t n)
{
	double c = (double)net->clip_qkv;

	for (size_t i = 0; c > 0 && i < n; i++)
		x[i] = fmax(-c, fmin(c, x[i]));
}

/* Norms of queries or keys: of each of `heads`, or of all together. */
static void norm_heads(const struct hw_net *net, const struct hw_layer *l,
    double *x, const float *w, int heads)
{
	int d = l->norm_rows ? heads * net->d_head : net->d_head;
	double y[MAX];

	for (int i = 0; w != NULL && i < heads * net->d_head; i += d) {
		norm_of(net, y, x + i, w, NULL, d, true);
		memcpy(x + i, y, (size_t)d * sizeof(*y));
	}
}

static bool layer(struct oracle *o, size_t l, size_t t, double *x)
{
	const struct hw_net *net = o->net;
	const struct hw_layer *w = &net->layers[l];
	size_t at = (l * o->n + t) * o->kv, d = (size_t)net->d_head;
	double in[MAX], a[MAX], b[MAX], f[MAX];
	bool sure = true;

	norm(net, in, x, w->attn_norm, w->attn_norm_b);
	multiply(o->keys + at, &w->k, in);
	multiply(o->values + at, &w->v, in);
	multiply(a, &w->q, in);
	clip(net, a, w->q.rows);
	clip(net, o->keys + at, o->kv);
	clip(net, o->values + at, o->kv);
	norm_heads(net, w, a, w->q_norm, net->n_heads);
	norm_heads(net, w, o->keys + at, w->k_norm, net->n_kv_heads);
	for (size_t h = 0; h < (size_t)net->n_heads; h++)
		attend(o, l, h, a + h * d, b + h * d);
	multiply(a, &w->o, b);
	norm_of(net, b, a, w->attn_post, NULL, net->d_model, true);
	if (net->parallel)
		sure = feed_forward(net, w, x, f);
	for (int i = 0; i < net->d_model; i++)
		x[i] += b[i];
	if (!net->parallel)
		sure = feed_forward(net, w, x, f);
	for (int i = 0; i < net->d_model; i++)
		x[i] += f[i];
	return sure;
}

/* Surprisal of `next` and entropy, after the residual stream x. */
static void predict(const struct oracle *o, const double *x, uint32_t next,
    double *bits, double *entropy)
{
	double in[MAX], logit[MAX], max = -INFINITY, sum = 0, h = 0;
	double cap = (double)o->net->out_cap;
	int n = o->net->n_vocab;

	norm(o->net, in, x, o->net->out_norm, o->net->out_norm_b);
	multiply(logit, &o->net->out, in);
	for (int i = 0; cap > 0 && i < n; i++)
		logit[i] = cap * tanh(logit[i] / cap);
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

size_t oracle_score(const struct hw_net *net, enum oracle_rule rule,
    size_t sinks, size_t window, const uint32_t *ids, size_t n, double *bits,
    double *entropy)
{
	struct oracle o = {.net = net, .rule = rule, .sinks = sinks,
	    .window = window, .n = n,
	    .kv = (size_t)net->n_kv_heads * (size_t)net->d_head};
	size_t half = (size_t)net->rope_dims / 2, sure = n;
	double x[MAX];

	o.keys = array((size_t)net->n_layers * n * o.kv, sizeof(double));
	o.values = array((size_t)net->n_layers * n * o.kv, sizeof(double));
	o.list = array(n, sizeof(size_t));
	o.place = array(n, sizeof(size_t));
	o.score = array(n, sizeof(double));
	o.cos = array((n + 1) * 2 * half + 1, sizeof(double));
	o.sin = array((n + 1) * 2 * half + 1, sizeof(double));
	tables(&o);
	for (size_t t = 0; t + 1 < n; t++) {
		const float *e = (const float *)(const void *)net->embd.data +
		    ids[t] * net->embd.cols;

		for (int i = 0; i < net->d_model; i++)
			x[i] = (double)e[i] * (net->embd_scale > 0 ?
			    (double)net->embd_scale : 1);
		for (size_t l = 0; l < (size_t)net->n_layers; l++) {
			choose(&o, l, t);
			if (!layer(&o, l, t, x) && sure == n)
				sure = t + 1;
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
	return sure;
}
