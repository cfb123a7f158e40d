/* SPDX-License-Identifier: MIT
 * What only this file knows: where a token lives.  Sinks lie in F32 tiles by
 * their own number.  The window is a ring of tiles: true index t has slot
 * t mod capacity, capacity >= window + chunk, so that a whole chunk can be
 * stored before its first query still has its keys.  A tile may then hold both
 * the newest and the oldest tokens; it is visited once as each, and the band
 * of indices that a query sees tells them apart.  A ring has whole runs of
 * HW_RUN tiles: where it ends, runs may be cut. */
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

/* Sizes of one layer's part: sinks and window, or the window of its own. */
static struct hw_cache_layer shape_of(const struct hw_cache_shape *is,
    size_t layer)
{
	size_t own = is->own != NULL ? (size_t)is->own[layer] : 0;
	bool native = own > 0 && own <= is->window;
	struct hw_cache_layer l = {
		.sinks = native ? 0 : is->sinks,
		.window = native ? own - 1 : is->window,
	};

	l.sink_tiles = tiles(l.sinks);
	l.ring_tiles = (tiles(l.window + is->chunk) + HW_RUN - 1) / HW_RUN *
	    HW_RUN;
	return l;
}

/* The table of layers, in whole lines. */
static bool table_bytes(const struct hw_cache_shape *is, uint64_t *bytes)
{
	if (!hw_mul(is->n_layers, sizeof(struct hw_cache_layer), bytes) ||
	    !hw_add(*bytes, 63, bytes))
		return false;
	*bytes -= *bytes % 64;
	return true;
}

bool hw_cache_bytes(const struct hw_cache_shape *is, uint64_t *bytes)
{
	uint64_t sink = hw_tile_bytes(HW_KV_F32, is->d);
	uint64_t ring = hw_tile_bytes(is->kv, is->d);

	if (!table_bytes(is, bytes))
		return false;
	for (size_t i = 0; i < is->n_layers; i++) {
		struct hw_cache_layer l = shape_of(is, i);
		uint64_t s, r;

		if (!hw_mul(l.sink_tiles, sink, &s) ||
		    !hw_mul(l.ring_tiles, ring, &r) || !hw_add(s, r, &s) ||
		    !hw_mul(s, 2 * is->n_heads, &s) ||
		    !hw_add(*bytes, s, bytes))
			return false;
	}
	return true;
}

/* Hand out a layer's part from `at`; returns where the next begins. */
static unsigned char *place(struct hw_cache *c, struct hw_cache_layer *l,
    unsigned char *at)
{
	size_t sink = c->is.n_heads * l->sink_tiles * c->sink_tile_bytes;
	size_t ring = c->is.n_heads * l->ring_tiles * c->ring_tile_bytes;

	l->sink_k = at;
	l->sink_v = l->sink_k + sink;
	l->ring_k = l->sink_v + sink;
	l->ring_v = l->ring_k + ring;
	return l->ring_v + ring;
}

void hw_cache_init(struct hw_cache *c, const struct hw_cache_shape *is,
    const struct hw_kernels *k, void *memory)
{
	unsigned char *at = memory;
	uint64_t table = 0;

	*c = (struct hw_cache){.is = *is, .put_sink = k->kv_put_f32,
	    .attn_sink = k->attn_f32, .layers = memory};
	c->sink_tile_bytes = hw_tile_bytes(HW_KV_F32, is->d);
	c->ring_tile_bytes = hw_tile_bytes(is->kv, is->d);
	table_bytes(is, &table); /* counted before */
	at += table;
	for (size_t i = 0; i < is->n_layers; i++) {
		c->layers[i] = shape_of(is, i);
		at = place(c, &c->layers[i], at);
	}
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
	case HW_KV_I16:
		c->put = k->kv_put_i16;
		c->attn = k->attn_i16;
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
	};
}

bool hw_cache_has_sinks(const struct hw_cache *c, size_t layer)
{
	return c->layers[layer].sinks > 0;
}

bool hw_cache_is_sink(const struct hw_cache *c, size_t layer, size_t i)
{
	return c->n + i < c->layers[layer].sinks;
}

static size_t sink_at(const struct hw_cache *c,
    const struct hw_cache_layer *l, size_t head, size_t tile)
{
	return (head * l->sink_tiles + tile) * c->sink_tile_bytes;
}

static size_t ring_at(const struct hw_cache *c,
    const struct hw_cache_layer *l, size_t head, size_t tile)
{
	return (head * l->ring_tiles + tile) * c->ring_tile_bytes;
}

void hw_cache_put(struct hw_cache *c, size_t layer, size_t head, size_t i,
    const float *k, const float *v)
{
	const struct hw_cache_layer *l = &c->layers[layer];
	uint64_t u = c->n + i, t = c->is.start + u;
	size_t at;

	assert(i < c->is.chunk);
	if (u < l->sinks) {
		at = sink_at(c, l, head, (size_t)u / HW_TILE);
		c->put_sink(l->sink_k + at, l->sink_v + at, k, v,
		    (size_t)u % HW_TILE, c->is.d);
	} else {
		at = ring_at(c, l, head,
		    (size_t)(t / HW_TILE % l->ring_tiles));
		c->put(l->ring_k + at, l->ring_v + at, k, v,
		    (size_t)(t % HW_TILE), c->is.d);
	}
}

static void attend_sinks(const struct hw_cache *c,
    const struct hw_cache_layer *l, size_t head,
    const struct hw_cache_rows *r, struct hw_attn *a, void *scratch)
{
	int64_t lo[HW_ATTN_M], hi[HW_ATTN_M], place[HW_ATTN_M];
	size_t at = sink_at(c, l, head, 0);

	for (size_t i = 0; i < a->m; i++) {
		uint64_t u = c->n + (r->first + i) / r->group;

		lo[i] = 0;
		hi[i] = (int64_t)min64(l->sinks, u + 1);
		place[i] = (int64_t)min64(u, c->is.sinks + c->is.window);
	}
	a->q = r->sink_q;
	a->at = place;
	a->lo = lo;
	a->hi = hi;
	c->attn_sink(a, l->sink_k + at, l->sink_v + at,
	    tiles((size_t)hi[a->m - 1]), 0, scratch);
}

static void attend_window(const struct hw_cache *c,
    const struct hw_cache_layer *l, size_t head,
    const struct hw_cache_rows *r, struct hw_attn *a, void *scratch)
{
	int64_t lo[HW_ATTN_M], hi[HW_ATTN_M], place[HW_ATTN_M];
	uint64_t tile, end;

	for (size_t i = 0; i < a->m; i++) {
		uint64_t u = c->n + (r->first + i) / r->group;
		uint64_t from = u > l->window ? u - l->window : 0;

		lo[i] = (int64_t)(c->is.start + max64(l->sinks, from));
		hi[i] = (int64_t)(c->is.start + u + 1);
		place[i] = (int64_t)(c->is.start + u);
	}
	if (hi[a->m - 1] <= lo[a->m - 1])
		return; /* only sinks so far */
	a->q = r->window_q;
	a->at = place;
	a->lo = lo;
	a->hi = hi;
	/* Ascending, in runs that do not cross the end of the ring. */
	tile = (uint64_t)lo[0] / (HW_TILE * HW_RUN) * HW_RUN;
	end = ((uint64_t)hi[a->m - 1] + HW_TILE - 1) / HW_TILE;
	while (tile < end) {
		size_t slot = (size_t)(tile % l->ring_tiles);
		size_t run = (size_t)min64(end - tile, l->ring_tiles - slot);
		size_t at = ring_at(c, l, head, slot);

		c->attn(a, l->ring_k + at, l->ring_v + at, run,
		    (int64_t)(tile * HW_TILE), scratch);
		tile += run;
	}
}

void hw_cache_attend(const struct hw_cache *c, size_t layer, size_t head,
    const struct hw_cache_rows *r, struct hw_attn *a, void *scratch)
{
	const struct hw_cache_layer *l = &c->layers[layer];

	assert(a->m > 0 && a->m <= HW_ATTN_M);
	/* The window first: what the few sinks leave would be a reference that
	 * its scores soon exceed. */
	attend_window(c, l, head, r, a, scratch);
	if (l->sinks > 0)
		attend_sinks(c, l, head, r, a, scratch);
}

void hw_cache_advance(struct hw_cache *c, size_t m)
{
	c->n += m;
}

void hw_cache_clear(struct hw_cache *c)
{
	c->n = 0; /* nothing beyond is ever looked at */
}
