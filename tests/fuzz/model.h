/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_FUZZ_MODEL_H
#define HW_TESTS_FUZZ_MODEL_H

/* A model of bytes that nobody vouches for: refused with one line and a
 * status that says why, or open and sound; within `most` bytes of memory,
 * and never a leak. */
#include <stdlib.h>
#include <string.h>

#include "fixtures/watch.h"
#include "model/arch.h"

static inline void fuzz_model(struct hw_view file, bool vocab_only,
    size_t most, void (*use)(const struct hw_model *))
{
	struct watch w = {0, 0};
	struct hw_alloc a = {watch_get, watch_put, &w};
	struct hw_model_opts o = {.alloc = &a, .vocab_only = vocab_only};
	struct hw_model *m = NULL;
	struct hw_err e = {0};
	enum hw_status s = hw_model_open_bytes(&m, file, "f", &o, &e);

	if (s == HW_OK)
		use(m);
	else if (s != HW_FORMAT && s != HW_CORRUPT && s != HW_UNSUPPORTED &&
	    s != HW_LIMIT)
		abort();
	else if (e.status != s || e.msg[0] != 'f' ||
	    (e.msg[1] != ':' && e.msg[1] != '/') || /* f, or a file in it */
	    strchr(e.msg, '\n') != NULL)
		abort();
	hw_model_close(m);
	if (w.now != 0 || w.most > most)
		abort();
}

/* ---- every byte of a net can be read ------------------------------------- */

static volatile unsigned char fuzz_touched; /* so that no read is removed */

static inline void fuzz_touch(struct hw_view v)
{
	for (size_t i = 0; i < v.n; i++)
		fuzz_touched ^= v.p[i];
}

static inline void fuzz_touch_floats(const float *p, size_t n)
{
	if (p != NULL)
		fuzz_touch((struct hw_view){(const unsigned char *)p,
		    n * sizeof(*p)});
}

static inline void fuzz_touch_matrix(const struct hw_matrix *m)
{
	for (size_t i = 0; i < m->rows; i++) {
		size_t at = m->run == 0 ? i * m->row_bytes :
		    i / m->run * m->jump + i % m->run * m->row_bytes;

		fuzz_touch((struct hw_view){m->data + at, m->row_bytes});
	}
	fuzz_touch_floats(m->bias, m->rows);
}

static inline void fuzz_touch_net(const struct hw_net *n)
{
	size_t d = (size_t)n->d_model;

	fuzz_touch_matrix(&n->embd);
	fuzz_touch_matrix(&n->out);
	fuzz_touch_floats(n->out_norm, d);
	fuzz_touch_floats(n->out_norm_b, d);
	for (int i = 0; i < n->n_layers; i++) {
		const struct hw_layer *l = &n->layers[i];
		const struct hw_matrix *all[] = {&l->q, &l->k, &l->v, &l->o,
		    &l->gate, &l->up, &l->down, &l->router};
		const float *norms[] = {l->attn_norm, l->attn_norm_b,
		    l->attn_post, l->ffn_norm, l->ffn_norm_b, l->ffn_post};

		for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++)
			fuzz_touch_matrix(all[k]);
		for (size_t k = 0; k < sizeof(norms) / sizeof(*norms); k++)
			fuzz_touch_floats(norms[k], d);
		fuzz_touch_floats(l->sinks, (size_t)n->n_heads);
	}
}

#endif
