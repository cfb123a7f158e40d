/* SPDX-License-Identifier: MIT
 * What only this file knows: how surprisal and entropy come out of logits that
 * are never there all at once.  The vocabulary is cut into blocks, always the
 * same ones; of each only the running log-sum-exp is kept, and the blocks are
 * put together in order and in double. */
#include "engine/product.h"

#include <math.h>
#include <stdatomic.h>

#define LOG2_E 1.4426950408889634
#define ROWS ((size_t)8)

static enum hw_prep out_form(const struct hw_stream *s)
{
	return hw_gemm_form(&s->gemm, &s->net->out);
}

static size_t row_bytes(const struct hw_stream *s)
{
	return hw_prep_bytes(out_form(s), (size_t)s->net->d_model);
}

static unsigned char *row(const struct hw_stream *s, size_t i)
{
	return s->gemm.writing ? s->alone : s->last + i * row_bytes(s);
}

static void out_norm(const struct hw_stream *s, float *y, size_t i)
{
	size_t d = (size_t)s->net->d_model;

	hw_norm_row(s, y, s->x + i * d, (struct hw_norm){s->net->out_norm,
	    s->net->out_norm_b}, d);
}

void hw_score_begin(struct hw_stream *s)
{
	hw_gemm_prep(&s->gemm, out_form(s), row(s, 0), s->after,
	    (size_t)s->net->d_model);
}

/* Row 1 + i of `last`: what token i of the chunk predicts from.  The last one
 * does that for what comes after the chunk, and may be wanted in another form
 * then. */
static void norm_unit(void *ctx, size_t unit, int thread)
{
	struct hw_stream *s = ctx;
	size_t end = (unit + 1) * ROWS, d = (size_t)s->net->d_model;

	for (size_t i = unit * ROWS; i < end && i < s->m; i++) {
		float *tmp = i + 1 == s->m ? s->after :
		    s->scratch[thread].row;

		out_norm(s, tmp, i);
		if (i + 1 < s->m)
			hw_gemm_prep(&s->gemm, out_form(s), row(s, i + 1),
			    tmp, d);
	}
}

static void soft_cap(const struct hw_stream *s, float *x, size_t n)
{
	float cap = s->net->out_cap;

	for (size_t i = 0; cap > 0 && i < n; i++)
		x[i] = cap * tanhf(x[i] / cap);
}

size_t hw_score_blocks(const struct hw_stream *s)
{
	return (s->net->out.rows + HW_VOCAB_COLS - 1) / HW_VOCAB_COLS;
}

/* Of a block of `n` columns, its part from column j on. */
static struct hw_columns part(const struct hw_stream *s, size_t block,
    size_t n, size_t j, int thread)
{
	const struct hw_scratch *t = &s->scratch[thread];

	return (struct hw_columns){.w = &s->net->out,
	    .first = block * HW_VOCAB_COLS + j,
	    .n = n - j < HW_COLS ? n - j : HW_COLS,
	    .scratch = j == 0 ? t->gemm : t->gemm_too};
}

static size_t columns_of(const struct hw_stream *s, size_t block)
{
	size_t left = s->net->out.rows - block * HW_VOCAB_COLS;

	return left < HW_VOCAB_COLS ? left : HW_VOCAB_COLS;
}

size_t hw_score_logits(struct hw_stream *s, size_t block, size_t i, size_t m,
    bool again, int thread)
{
	float *x = s->scratch[thread].logits;
	size_t n = columns_of(s, block);

	for (size_t j = 0; j < n; j += HW_COLS) {
		struct hw_columns c = part(s, block, n, j, thread);

		hw_gemm(&s->gemm, x + j, n, row(s, i), m, &c, again);
	}
	soft_cap(s, x, m * n);
	return n;
}

/* One block of the vocabulary, all tokens. */
static void logits_unit(void *ctx, size_t block, int thread)
{
	struct hw_stream *s = ctx;
	size_t first = block * HW_VOCAB_COLS, n = columns_of(s, block);
	size_t all = s->m - s->from;
	struct hw_columns c = part(s, block, n, 0, thread);
	size_t step = hw_gemm_step(&s->gemm, &c, all);
	bool again = step < all;

	if (!again && step > HW_VOCAB_ROWS)
		step = HW_VOCAB_ROWS;
	for (size_t i = s->from; i < s->m; i += step) {
		size_t m = s->m - i < step ? s->m - i : step;

		hw_score_logits(s, block, i, m, again && i > s->from, thread);
		for (size_t r = 0; r < m; r++) {
			const float *x = s->scratch[thread].logits + r * n;
			struct hw_lse l = {-INFINITY, 0, 0};
			size_t id = s->ids[i + r];

			s->k.lse(&l, x, n);
			s->lse[block * s->m + i + r] = l;
			if (id >= first && id < first + n)
				s->target[i + r] = x[id - first];
		}
	}
}

bool hw_score_settle(const struct hw_stream *s, size_t i, float *bits,
    float *entropy)
{
	size_t blocks = hw_score_blocks(s);
	double max = -INFINITY, sum = 0, dot = 0, log_sum;

	for (size_t b = 0; b < blocks; b++)
		max = fmax(max, (double)s->lse[b * s->m + i].max);
	for (size_t b = 0; b < blocks; b++) {
		const struct hw_lse *l = &s->lse[b * s->m + i];
		double less = (double)l->max - max, scale = exp(less);

		sum += scale * (double)l->sum;
		dot += scale * ((double)l->dot + less * (double)l->sum);
	}
	log_sum = log(sum);
	*bits = (float)((max + log_sum - (double)s->target[i]) * LOG2_E);
	*entropy = (float)((log_sum - dot / sum) * LOG2_E);
	if (*entropy < 0)
		*entropy = 0; /* a sure prediction, rounded */
	return isfinite(*bits) && isfinite(*entropy);
}

struct settle_job {
	const struct hw_stream *s;
	float *bits, *entropy; /* of row `led` */
	size_t led;
	atomic_bool broken;
};

static void settle_unit(void *ctx, size_t unit, int thread)
{
	struct settle_job *j = ctx;
	size_t i = j->s->from + unit * ROWS, end = i + ROWS;

	(void)thread;
	for (; i < end && i < j->s->m; i++)
		if (!hw_score_settle(j->s, i, &j->bits[i - j->led],
		    &j->entropy[i - j->led]))
			atomic_store(&j->broken, true);
}

void hw_score_skip(struct hw_stream *s)
{
	out_norm(s, s->after, s->m - 1);
	s->has_last = true;
}

bool hw_score_run(struct hw_stream *s, float *bits, float *entropy)
{
	size_t led = s->ids == s->first;
	struct settle_job j = {.s = s, .bits = bits, .entropy = entropy,
	    .led = led};

	if (s->has_last)
		hw_score_begin(s);
	hw_pool_run(&s->pool, norm_unit, s, (s->m + ROWS - 1) / ROWS);
	s->from = s->has_last ? 0 : 1;
	if (s->from > led)
		bits[0] = entropy[0] = NAN;
	if (s->from < s->m) {
		hw_pool_run(&s->pool, logits_unit, s, hw_score_blocks(s));
		s->gemm.fresh = false; /* these were the last ones */
	}
	hw_pool_run(&s->pool, settle_unit, &j,
	    (s->m - s->from + ROWS - 1) / ROWS);
	s->has_last = true;
	return !j.broken;
}
