/* SPDX-License-Identifier: MIT */
#ifndef HW_ENGINE_ROPE_H
#define HW_ENGINE_ROPE_H

/* Rotary angles of any stream index, without drift. */
#include "base/err.h"
#include "model/model.h"

#define HW_ROPE_NEAR 16

struct hw_rope {
	size_t dims;    /* rotated dimensions of a head; even */
	uint64_t *turn; /* (dims / 2) turn of one step, in 2^-64 of a circle */
	double *near;   /* (HW_ROPE_NEAR, dims / 2, 2) cosines and sines of so
	                 * many steps, from 0 on */
	bool halves;    /* the order of cs: see hw_rope_angles */
	double scale;   /* of cosine and sine */
};

/* The angles of one kind of layers, for a cache of `size` tokens.  r->turn and
 * r->near are the caller's storage.  HW_CORRUPT: a base or a factor that gives
 * no frequency. */
HW_MUST enum hw_status hw_rope_init(struct hw_rope *r,
    const struct hw_net *net, enum hw_layer_rope kind, uint64_t size,
    struct hw_err *e);
/* Cosines and sines at n indices from `at` on, a row of dims each, the same
 * bits for any n; j < dims / 2: cs[2j], cs[2j+1]; of halves cs[j],
 * cs[j + dims / 2]. */
void hw_rope_angles(const struct hw_rope *r, uint64_t at, size_t n, float *cs);

#endif
