/* SPDX-License-Identifier: MIT
 * What only this file knows: where a token lives.  Sinks lie in F32 tiles by
 * their own number.  The window is a ring of tiles: true index t has slot
 * t mod capacity, capacity >= R + chunk, so that a whole chunk can be stored
 * before its first query still has its R keys.  A tile may then hold both
 * the newest and the oldest tokens; it is visited once as each, and the band
 * of indices that a query sees tells them apart. */
#include "cache/cache.h"

#include <assert.h>

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static size_t tiles(size_t n)
{
	return (n + HW_TILE - 1) / HW_TILE;
}

bool hw_cache_bytes(const struct hw_cache_shape *is, uint64_t *bytes)
{
	uint64_t heads, sink, ring;

	return hw_mul(is->n_layers, 2 * is->n_heads, &heads) &&
	    hw_mul(tiles(is->sinks), hw_tile_bytes(HW_KV_F32, is->d), &sink) &&
	    hw_mul(tiles(is->window + is->chunk),
	    hw_tile_bytes(is->kv, is->d), &ring) &&
	    hw_add(sink, ring, bytes) && hw_mul(*bytes, heads, bytes);
}

void hw_cache_init(struct hw_cache *c, const struct hw_cache_shape *is,
    const struct hw_kernels *k, void *memory)
{
	size_t heads = is->n_layers * is->n_heads, sink, ring;

	*c = (struct hw_cache){.is = *is, .put_sink = k->kv_put_f32,
	    .attn_sink = k->attn_f32};
	c->sink_tiles = tiles(is->sinks);
	c->ring_tiles = tiles(is->window + is->chunk);
	c->sink_tile_bytes = hw_tile_bytes(HW_KV_F32, is->d);
	c->ring_tile_bytes = hw_tile_bytes(is->kv, is->d);
	sink = heads * c->sink_tiles * c->sink_tile_bytes;
	ring = heads * c->ring_tiles * c->ring_tile_bytes;
	c->sink_k = memory;
	c->sink_v = c->sink_k + sink;
	c->ring_k = c->sink_v + sink;
	c->ring_v = c->ring_k + ring;
	switch (is->kv) {
	case HW_KV_F32:
		c->put = k->kv_put_f32;
		c->attn = k->attn_f32;
		break;
	case HW_KV_F16:
		c->put = k->kv_put_f16;
		c->attn = k->attn_f16;
		break;
	case HW_KV_BF16:
		c->put = k->kv_put_bf16;
		c->attn = k->attn_bf16;
		break;
	case HW_KV_Q8_0:
		c->put = k->kv_put_q8_0;
		c->attn = k->attn_q8_0;
		break;
	}
}

struct hw_phases hw_cache_phases(const struct hw_cache *c, size_t i)
{
	uint64_t u = c->n + i;

	return (struct hw_phases){
		.window = c->is.start + u,
		.sink = min64(u, c->is.sinks + c->is.window),
		.key_at_sink = u < c->is.sinks,
	};
}

static size_t sink_at(const struct hw_cache *c, size_t layer, size_t head,
    size_t tile)
{
	return ((layer * c->is.n_heads + head) * c->sink_tiles + tile) *
	    c->sink_tile_bytes;
}

static size_t ring_at(const struct hw_cache *c, size_t layer, size_t head,
    size_t tile)
{
	return ((layer * c->is.n_heads + head) * c->ring_tiles + tile) *
	    c->ring_tile_bytes;
}

void hw_cache_put(struct hw_cache *c, size_t layer, size_t head, size_t i,
    const float *k, const float *v)
{
	uint64_t u = c->n + i, t = c->is.start + u;
	size_t at;

	assert(i < c->is.chunk);
	if (u < c->is.sinks) {
		at = sink_at(c, layer, head, (size_t)u / HW_TILE);
		c->put_sink(c->sink_k + at, c->sink_v + at, k, v,
		    (size_t)u % HW_TILE, c->is.d);
	} else {
		at = ring_at(c, layer, head,
		    (size_t)(t / HW_TILE % c->ring_tiles));
		c->put(c->ring_k + at, c->ring_v + at, k, v,
		    (size_t)(t % HW_TILE), c->is.d);
	}
}

static void attend_sinks(const struct hw_cache *c, size_t layer, size_t head,
    const struct hw_cache_rows *r, struct hw_attn *a, void *scratch)
{
	int64_t lo[HW_ATTN_M], hi[HW_ATTN_M];
	size_t at = sink_at(c, layer, head, 0);

	for (size_t i = 0; i < a->m; i++) {
		uint64_t u = c->n + (r->first + i) / r->group;

		lo[i] = 0;
		hi[i] = (int64_t)min64(c->is.sinks, u + 1);
	}
	a->q = r->sink_q;
	a->lo = lo;
	a->hi = hi;
	c->attn_sink(a, c->sink_k + at, c->sink_v + at,
	    tiles((size_t)hi[a->m - 1]), 0, scratch);
}

static void attend_window(const struct hw_cache *c, size_t layer,
    size_t head, const struct hw_cache_rows *r, struct hw_attn *a,
    void *scratch)
{
	int64_t lo[HW_ATTN_M], hi[HW_ATTN_M];
	uint64_t tile, end;

	for (size_t i = 0; i < a->m; i++) {
		uint64_t u = c->n + (r->first + i) / r->group;
		uint64_t from = u > c->is.window ? u - c->is.window : 0;

		lo[i] = (int64_t)(c->is.start + max64(c->is.sinks, from));
		hi[i] = (int64_t)(c->is.start + u + 1);
	}
	if (hi[a->m - 1] <= lo[a->m - 1])
		return; /* only sinks so far */
	a->q = r->window_q;
	a->lo = lo;
	a->hi = hi;
	/* Ascending, in runs that do not cross the end of the ring. */
	tile = (uint64_t)lo[0] / HW_TILE;
	end = ((uint64_t)hi[a->m - 1] + HW_TILE - 1) / HW_TILE;
	while (tile < end) {
		size_t slot = (size_t)(tile % c->ring_tiles);
		size_t run = (size_t)min64(end - tile, c->ring_tiles - slot);
		size_t at = ring_at(c, layer, head, slot);

		c->attn(a, c->ring_k + at, c->ring_v + at, run,
		    (int64_t)(tile * HW_TILE), scratch);
		tile += run;
	}
}

void hw_cache_attend(const struct hw_cache *c, size_t layer, size_t head,
    const struct hw_cache_rows *r, struct hw_attn *a, void *scratch)
{
	assert(a->m > 0 && a->m <= HW_ATTN_M);
	if (c->is.sinks > 0)
		attend_sinks(c, layer, head, r, a, scratch);
	attend_window(c, layer, head, r, a, scratch);
}

void hw_cache_advance(struct hw_cache *c, size_t m)
{
	c->n += m;
}
