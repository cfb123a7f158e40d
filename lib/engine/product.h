/* SPDX-License-Identifier: MIT */
#ifndef HW_ENGINE_PRODUCT_H
#define HW_ENGINE_PRODUCT_H

/* Products of a chunk's activations with weight matrices, and what comes
 * before and after them, spread over the threads. */
#include "engine/engine.h"

/* A norm's weights (n); w NULL: there is none; b may be NULL. */
struct hw_norm {
	const float *w, *b;
};

/* y = x normalized as this model does. */
void hw_norm_row(const struct hw_stream *s, float *y, const float *x,
    struct hw_norm norm, size_t n);

/* Normalize m rows x and bring them into the forms that the n_w matrices
 * want; all of those have the same number of columns. */
void hw_prepare(struct hw_stream *s, const struct hw_prepared *to,
    const float *x, size_t m, struct hw_norm norm,
    const struct hw_matrix *const *w, size_t n_w);

/* y (m, w->rows) = w x + w->bias, for each of n_p; then add_to += y, if it is
 * not NULL. */
struct hw_product {
	const struct hw_matrix *w;
	float *y;
};
void hw_products(struct hw_stream *s, const struct hw_prepared *in, size_t m,
    const struct hw_product *p, size_t n_p, float *add_to);

/* s->hidden (m, up->rows) = the activation of gate x and up x, or without a
 * gate of up x, in the form that `down` wants. */
void hw_activate(struct hw_stream *s, const struct hw_prepared *in, size_t m,
    const struct hw_matrix *gate, const struct hw_matrix *up,
    const struct hw_matrix *down);

/* x (m, d_model) += y, normalized first if there is a norm. */
void hw_add_rows(struct hw_stream *s, float *x, const float *y, size_t m,
    struct hw_norm norm);

#endif
