/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_EXACT_NET_H
#define HW_TESTS_EXACT_NET_H

/* Models with random F32 weights, made in memory: hw_model_net and its kin are
 * defined here for them, so that no file format is in between. */
#include "model/model.h"

struct net_shape {
	int vocab, d, layers, heads, kv_heads, d_head, ffn, rope_dims;
	double theta;
	bool tied, factors;
	uint64_t seed;
	int own; /* window of layers 0, 2 ...; 0: of none */
	enum net_kind {
		NET_LLAMA,
		NET_NEOX,  /* LayerNorms, biases, parallel, GELU, halves */
		NET_MPT,   /* ALiBi, bounds of queries, keys and values */
		NET_GEMMA, /* norms behind, of heads too; soft-caps, bases */
		NET_OLMO,  /* norms only behind, of whole rows */
		NET_OSS,   /* experts, learned sinks, biases, a rotary scale */
		NET_SMOL,  /* every other layer without rotation */
	} kind;
};

struct hw_model *net_open(const struct net_shape *shape);
/* Let every stream begin with this token. */
void net_begin_with(struct hw_model *m, int32_t bos);
/* Spoil one weight: the model then gives no finite score. */
void net_spoil(struct hw_model *m);
void net_close(struct hw_model *m);

/* The n-th of a fixed sequence of random numbers. */
uint64_t net_random(uint64_t n);

#endif
