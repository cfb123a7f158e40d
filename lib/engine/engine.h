/* SPDX-License-Identifier: MIT */
#ifndef HW_ENGINE_ENGINE_H
#define HW_ENGINE_ENGINE_H

/*
 * A stream through a model, as the files of this folder share it.  Shapes
 * stand behind the arrays; n is the chunk's size.  All of it, this struct
 * too, lies in one block that hw_stream_open sized and took: nothing
 * allocates afterwards.
 */
#include "cache/cache.h"
#include "engine/gemm.h"
#include "engine/rope.h"
#include "engine/threads.h"

/* Most columns of a product in one unit, and logits, in two parts. */
#define HW_COLS ((size_t)HW_PAIRS_N)
#define HW_VOCAB_COLS (2 * HW_COLS)
/* Tokens whose logits are in the cache together.  Weights are unpacked for
 * each such lot: the more, the better. */
#define HW_VOCAB_ROWS ((size_t)256)

/* What a thread needs for itself. */
struct hw_scratch {
	float *row;         /* (widest row) */
	void *gemm;         /* HW_GEMM_SCRATCH(most columns of a matrix) */
	void *gemm_too;     /* HW_GEMM_SCRATCH(d_model) */
	void *attn;         /* HW_ATTN_SCRATCH */
	float *acc;         /* (HW_ATTN_M, d_head) */
	float *gate, *up;   /* (n, HW_COLS) */
	float *logits;      /* (n, HW_VOCAB_COLS): gate's place and up's */
};

/* The token of a block that is chosen, should the block be. */
struct hw_best {
	double at;   /* the largest of all blocks wins */
	float logit;
	uint32_t id;
};

/* Activations prepared for products, in each form that some matrix wants. */
struct hw_prepared {
	unsigned char *form[HW_PREPS]; /* by enum hw_prep; NULL: not wanted */
};

struct hw_stream {
	const struct hw_alloc *alloc;
	void *block; /* the allocation that holds this */
	size_t block_bytes;
	const struct hw_net *net;
	const struct hw_vocab *vocab;
	const char *path; /* of the model, for messages */
	uint32_t cpu; /* what of the processor is used */
	struct hw_kernels k;
	struct hw_gemm gemm;
	struct hw_cache cache;
	struct hw_rope rope[HW_ROPES]; /* by enum hw_layer_rope */
	struct hw_pool pool;
	struct hw_worker *workers;   /* (threads - 1) */
	struct hw_scratch *scratch;  /* (threads) */
	int chunk, threads;

	/* A chunk on its way through the layers. */
	size_t m;            /* its tokens */
	const uint32_t *ids; /* (m) */
	float *x;            /* (n, d_model) the residual stream */
	float *cs_window[HW_ROPES], *cs_sink[HW_ROPES]; /* (n, rope_dims) */
	float *q, *key, *val;       /* (n, heads * d_head) */
	float *q_window, *q_sink;   /* (kv heads, n * group, d_head) */
	float *attn;         /* (n, n_heads * d_head) */
	struct hw_prepared hidden; /* (n, d_ffn) */
	float *y, *y2;       /* (n, d_model); y2 only where it is needed */
	struct hw_prepared in; /* (n, d_model or n_heads * d_head) */

	/* A mixture of experts: how each token is routed, and those of one
	 * expert. */
	float *routes;       /* (n, n_experts) */
	int *chosen;         /* (n, n_used) */
	float *share;        /* (n, n_used) */
	struct hw_prepared some; /* (n, as `in`) */
	size_t *token;       /* (n) */
	float *part_of;      /* (n) */

	/* Scoring: row 0 is the last token of the chunk before, which
	 * predicts the first of this one. */
	bool has_last;
	float *after;        /* (d_model) that token's row, normalized */
	unsigned char *last; /* (n + 1, d_model), prepared for `out` */
	unsigned char *alone; /* row 0 when writing */
	struct hw_lse *lse;  /* (vocabulary blocks, n) */
	float *target;       /* (n) logit of what came */
	struct hw_best *best; /* (vocabulary blocks) for the token to choose */
	size_t from;         /* first row that is scored */

	/* Re-computation: what the next token is predicted from, BOS first
	 * where streams begin with one, and that token. */
	uint32_t *past;      /* (R + 2) */
	size_t n_past;

	enum hw_cache_mode mode;
	uint64_t sample;     /* of so many tokens, the last is scored */
	bool begins; /* with BOS; */
	bool begun, broken; /* it did; a score was not finite */
	uint32_t *first;     /* (n) the chunk that BOS leads, which has no
	                        scores: then ids is this */
	uint64_t tokens;
	char kernels[256];
};

/* ---- block.c: a chunk through the layers --------------------------------- */

/* s->m tokens s->ids: leaves the residual stream in s->x, and the cache as it
 * has to be for the next chunk. */
void hw_block_run(struct hw_stream *s);

/* ---- moe.c: the feed-forward part of a mixture of experts ---------------- */

void hw_moe_run(struct hw_stream *s, const struct hw_layer *l);

/* ---- attn.c: queries, keys and the cache --------------------------------- */

/* Rotate q and key, store key and val, attend: s->q, key, val to s->attn. */
void hw_attn_run(struct hw_stream *s, size_t layer);

/* ---- score.c ------------------------------------------------------------- */

/* The chunk that went through the layers: its tokens' surprisals and
 * entropies (in bits; NaN for one that nothing predicted).  False: one of
 * them is not finite. */
bool hw_score_run(struct hw_stream *s, float *bits, float *entropy);
/* The chunk is not scored: its last token alone will predict. */
void hw_score_skip(struct hw_stream *s);

/* Blocks of the vocabulary. */
size_t hw_score_blocks(const struct hw_stream *s);
/* Prepare row 0 of `last` (when writing, `alone`). */
void hw_score_begin(struct hw_stream *s);
/* The logits of one block after rows i .. i + m of them, in the thread's
 * scratch; returns how many for each row.  again: as for hw_gemm. */
size_t hw_score_logits(struct hw_stream *s, size_t block, size_t i, size_t m,
    bool again, int thread);
/* Of a chunk of s->m rows: row i's scores, from lse and target.  False: not
 * finite. */
bool hw_score_settle(const struct hw_stream *s, size_t i, float *bits,
    float *entropy);

/* ---- next.c: going on by itself ------------------------------------------ */

/* Choose the token that follows, by its scores.  False: one is not
 * finite. */
bool hw_next_choose(struct hw_stream *s, const struct hw_choice *how,
    uint32_t *id, float *bits, float *entropy);

/* ---- anew.c: the sliding window with re-computation -------------------- */

/* As hw_stream_score, of tokens that are known to be in the vocabulary.
 * False: a score is not finite. */
bool hw_anew_score(struct hw_stream *s, const uint32_t *ids, size_t n,
    float *bits, float *entropy);

/* ---- layout.c: sizes ----------------------------------------------------- */

/* Fill in the derived sizes and hand out the block: with base NULL only count.
 * Returns the bytes needed; false: too many to count. */
HW_MUST bool hw_layout(struct hw_stream *s, struct hw_cache_shape *shape,
    unsigned char *base, uint64_t *bytes);

#endif
