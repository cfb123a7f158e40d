/* SPDX-License-Identifier: MIT
 * What only this file knows: how a token is chosen from logits that are never
 * there all at once.  Each block of the vocabulary has a best one, and the
 * best of those is it: the largest logit, or, at a temperature, the largest
 * logit / T + g, where g is Gumbel noise.  That draws a token with its
 * probability (Gumbel, 1954; "Gumbel-max"), needs no sum, and, the noise being
 * a hash of seed, place and token, does not depend on blocks or threads.  It is
 * T times that which is compared, as a quotient by a tiny T is no number. */
#include "engine/engine.h"

#include <math.h>

#include "base/hash.h"

struct draw {
	struct hw_stream *s;
	double temperature;
	uint64_t place; /* of the noise: from the seed and the stream's place */
};

/* -log(-log(u)) of a u between 0 and 1 that belongs to this token. */
static double noise(const struct draw *d, uint32_t id)
{
	uint64_t h = hw_mix64(d->place + id);

	return -log(-log(((double)(h >> 11) + 0.5) * 0x1p-53));
}

static void best_unit(void *ctx, size_t block, int thread)
{
	struct draw *d = ctx;
	struct hw_stream *s = d->s;
	size_t n = hw_score_logits(s, block, 0, 1, false, thread);
	const float *x = s->scratch[thread].logits;
	uint32_t first = (uint32_t)(block * HW_VOCAB_COLS);
	struct hw_best best = {-INFINITY, x[0], first};
	struct hw_lse l = {-INFINITY, 0, 0};

	s->k.lse(&l, x, n);
	s->lse[block] = l;
	for (uint32_t j = 0; j < n; j++) {
		double at = (double)x[j];

		if (d->temperature > 0)
			at += d->temperature * noise(d, first + j);
		if (at > best.at)
			best = (struct hw_best){at, x[j], first + j};
	}
	s->best[block] = best;
}

bool hw_next_choose(struct hw_stream *s, const struct hw_choice *how,
    uint32_t *id, float *bits, float *entropy)
{
	struct draw d = {s, how->temperature,
	    hw_mix64(how->seed + hw_mix64(s->tokens))};
	size_t blocks = hw_score_blocks(s);
	const struct hw_best *best = s->best;

	s->m = 1;
	hw_score_begin(s);
	hw_pool_run(&s->pool, best_unit, &d, blocks);
	for (size_t b = 1; b < blocks; b++)
		if (s->best[b].at > best->at)
			best = &s->best[b];
	*id = best->id;
	s->target[0] = best->logit;
	return hw_score_settle(s, 0, bits, entropy);
}
