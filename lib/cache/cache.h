/* SPDX-License-Identifier: MIT */
#ifndef HW_CACHE_CACHE_H
#define HW_CACHE_CACHE_H

/*
 * The memory of a stream: its first S tokens (sinks) and the R most recent.
 *
 * The rule, with u counting the stream's tokens from 0: token u attends to the
 * sinks [0, min(S, u+1)) and to the window [max(S, u-R), u+1), at positions
 * inside the cache: sink i stands at i, the query at min(u, S+R), the others
 * in order between them.
 *
 * Rotary angles depend on differences only, and a window key's distance to the
 * query in the cache *is* its true distance.  So every key is rotated once and
 * never again: a window key at its true index, a sink at i; and the query
 * twice: at its true index for the window, at min(u, S+R) for the sinks.
 * hw_cache_phases says which index that is; nobody else decides it.
 *
 * A layer may have a window of its own that it was trained with: token u then
 * attends to (u - N, u] and nothing else.  Where N > R it could not tell, and
 * is a layer as the others.
 */
#include "base/mem.h"
#include "kernels.h"

struct hw_cache_shape {
	size_t sinks, window, chunk; /* S, R, most tokens between advances */
	size_t n_layers, n_heads;    /* key/value heads */
	size_t d;                    /* size of a head */
	enum hw_kv kv;               /* of the window; sinks are F32 */
	uint64_t start;              /* true index of token 0 */
	const int *own;              /* (n_layers) N, 0: none; NULL: nowhere */
};

/* A layer's part of the memory. */
struct hw_cache_layer {
	size_t sinks, window;          /* S, R; or 0, N - 1 */
	size_t sink_tiles, ring_tiles; /* of one head */
	unsigned char *sink_k, *sink_v, *ring_k, *ring_v;
};

struct hw_cache {
	struct hw_cache_shape is;
	uint64_t n;          /* tokens so far: u of the next */
	struct hw_cache_layer *layers; /* (n_layers) */
	size_t sink_tile_bytes, ring_tile_bytes;
	hw_kv_put_f32_fn *put_sink, *put;
	hw_attn_f32_fn *attn_sink, *attn;
};

/* Indices at which token n + i is rotated. */
struct hw_phases {
	uint64_t window; /* its query, for the window */
	uint64_t sink;   /* its query, for the sinks */
};

/* Queries of one key/value head, ascending by token: row r of the head's rows
 * belongs to token n + r / group.  Rows first .. first + m of them are here;
 * `a` holds their state, and is complete except for q, lo, hi and at. */
struct hw_cache_rows {
	size_t first, group;
	const float *sink_q, *window_q; /* (m, d), each rotated for its part */
};

/* Bytes of memory for hw_cache_init; false: more than can be counted. */
bool hw_cache_bytes(const struct hw_cache_shape *is, uint64_t *bytes);
/* An empty cache in `memory` (at a multiple of 64; need not be zeroed). */
void hw_cache_init(struct hw_cache *c, const struct hw_cache_shape *is,
    const struct hw_kernels *k, void *memory);

struct hw_phases hw_cache_phases(const struct hw_cache *c, size_t i);
/* Whether this layer has sinks; whether token n + i is one of them there, so
 * that its key is rotated at `sink`, and not at `window`. */
bool hw_cache_has_sinks(const struct hw_cache *c, size_t layer);
bool hw_cache_is_sink(const struct hw_cache *c, size_t layer, size_t i);
/* Store the rotated key and the value of token n + i, i < chunk. */
void hw_cache_put(struct hw_cache *c, size_t layer, size_t head, size_t i,
    const float *k, const float *v);
/* Attention over what each row's token may see, among what was put. */
void hw_cache_attend(const struct hw_cache *c, size_t layer, size_t head,
    const struct hw_cache_rows *r, struct hw_attn *a, void *scratch);
/* The next m tokens are complete in all layers. */
void hw_cache_advance(struct hw_cache *c, size_t m);
/* Empty again. */
void hw_cache_clear(struct hw_cache *c);

#endif
