/* SPDX-License-Identifier: MIT
 * What only this file knows: the sliding window with re-computation.  It is
 * what a model gives that knows nothing of streams and reads the last tokens
 * again for each one: the measure of what a cache loses, at R times its
 * price. */
#include "engine/engine.h"

#include <math.h>
#include <string.h>

/* Read s->past into an empty cache. */
static void read_past(struct hw_stream *s)
{
	hw_cache_clear(&s->cache);
	for (size_t i = 0; i < s->n_past; i += s->m) {
		s->ids = s->past + i;
		s->m = s->n_past - i < (size_t)s->chunk ? s->n_past - i :
		    (size_t)s->chunk;
		hw_block_run(s);
	}
	hw_score_skip(s);
}

/* The next token is s->past[s->n_past]. */
static bool score(struct hw_stream *s, float *bits, float *entropy)
{
	if (s->n_past == 0)
		return true; /* nothing predicts it */
	read_past(s);
	s->ids = s->past + s->n_past;
	s->m = 1;
	return hw_score_run(s, bits, entropy);
}

/* It becomes the newest of the past; the oldest goes, BOS stays. */
static void shift(struct hw_stream *s, size_t first)
{
	size_t most = s->cache.is.window + 1;

	s->n_past++;
	if (s->n_past <= most)
		return;
	s->n_past = most;
	memmove(s->past + first, s->past + first + 1,
	    (most - first) * sizeof(*s->past));
}

bool hw_anew_score(struct hw_stream *s, const uint32_t *ids, size_t n,
    float *bits, float *entropy)
{
	size_t first = s->begins ? 1 : 0;
	bool good = true;

	if (n > 0 && s->n_past < first)
		s->past[s->n_past++] = (uint32_t)s->vocab->bos;
	for (size_t i = 0; i < n && good; i++) {
		s->past[s->n_past] = ids[i];
		bits[i] = entropy[i] = NAN;
		s->tokens++;
		if (s->tokens % s->sample == 0)
			good = score(s, bits + i, entropy + i);
		shift(s, first);
	}
	return good;
}
