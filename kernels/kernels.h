/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_H
#define HW_KERNELS_H

/*
 * The arithmetic: pure functions, chosen once into a const table.
 *
 * A kernel takes pointers and sizes and cannot fail: any n (0 too), any
 * alignment, no read or write outside what its contract names, no allocation,
 * no I/O, no globals.  Shapes stand in comments: (rows, columns), row-major.
 *
 * Each output element is the same bits however the work is cut: for any m
 * (rows of activations in the call), any split of n (output columns) and any
 * neighbours.  The engine leans on this: its results then depend neither on
 * the thread count nor on how the input happened to be chunked.  So a kernel
 * fixes one order of summation over k for the whole of an element, with one
 * code path for m = 1 and m = 512.
 */
#include <stddef.h>
#include <stdint.h>

#include "config.h" /* HAVE_AVX2 ...: which rows were built */

/* ---- types ------------------------------------------------------------ */

/* Quantized weights, in parts of 32: x[i] = d q[i] + m, with one d, and one m
 * if there is any, for a part, or for each half of it. */
enum hw_form { HW_PLAIN = 0, HW_HALVES = 1, HW_MINS = 2 };
/* Weights and bytes of a block of each type, and its form. */
enum {
#define TYPE(name, elems, bytes, form) \
	HW_ELEMS_##name = elems, HW_BYTES_##name = bytes, \
	HW_FORM_##name = form,
#include "types.def"
#undef TYPE
	HW_ELEMS_f32 = 1, HW_BYTES_f32 = 4, HW_ELEMS_f16 = 1, HW_BYTES_f16 = 2,
	HW_ELEMS_bf16 = 1, HW_BYTES_bf16 = 2,
};

/* 32 prepared activations: x[i] = d * q[i], |q[i]| <= 127.  The integer dot
 * instructions multiply unsigned by signed bytes, so a weight w enters as
 * w + 128 and the sum starts at bias = -128 * sum q[i]; half is the part of
 * bias that is due to the first 16. */
struct hw_prep_block {
	float d;
	int32_t bias, half;
	int8_t q[32];
};
_Static_assert(sizeof(struct hw_prep_block) == 44, "no padding");
#define HW_PREP_MIN 0x1p-100f /* a block below it becomes 0: 1 / d is finite */

/* Running log-sum-exp and entropy over pieces of one row of logits (nats):
 * max = running maximum, sum = sum exp(x - max),
 * dot = sum exp(x - max) * (x - max).  Start: {-INFINITY, 0, 0}.
 * At the end: log-sum-exp = max + log(sum); entropy = log(sum) - dot / sum. */
struct hw_lse {
	float max, sum, dot;
};

/* ---- keys and values in tiles -------------------------------------------
 * The cache stores HW_TILE tokens of one key/value head together, in the
 * layout that attention reads.  Element (token j of the tile, dimension i):
 *   K: [i][j]  (d, HW_TILE): one vector load holds 16 keys of a dimension
 *   V: [j][i]  (HW_TILE, d)
 * for f32 and f16.  bf16 has neighbours of a dot product side by side:
 *   K: [i/2][j][i%2]   V: [j/2][i][j%2]
 * q8_0: d is a multiple of 32; per tile first all
 * quants as int8 in the layout above, then f16 scales, one for 32 dimensions
 * of a token: K scales [d/32][HW_TILE], V scales [HW_TILE][d/32].
 * i16: a token is integers times one f32, so chosen that the products of a
 * tile are exact in 32 bits: of a key, length (2-norm) / HW_I16_KEY; of a
 * value, its largest / HW_I16_VALUE.  As bf16, then 16 floats, one for each
 * token.
 * hw_tile_bytes() in select.c is the one place that knows the sizes. */
#define HW_TILE 16

/* Where element i of token j is, in the pairs of bf16 and i16. */
static inline size_t hw_k_pair(size_t i, size_t j)
{
	return (i / 2 * HW_TILE + j) * 2 + i % 2;
}

static inline size_t hw_v_pair(size_t i, size_t j, size_t d)
{
	return (j / 2 * d + i) * 2 + j % 2;
}

enum hw_kv { HW_KV_F32, HW_KV_F16, HW_KV_BF16, HW_KV_Q8_0, HW_KV_I16 };
/* |q . k| <= |q| |k| < 2^31 (Cauchy, Schwarz), and no element needs more than
 * 16 bits; a tile's weights and values: 16 * 11585^2 < 2^31. */
#define HW_I16_KEY 32767
#define HW_I16_VALUE 11585
#define HW_I16_MIN 0x1p-60f /* shorter is as good as zero */
size_t hw_tile_bytes(enum hw_kv type, size_t d); /* of K, and of V, alike */

/* Attention of m queries of one key/value head against a run of tiles, by
 * online softmax; calls accumulate, so a row of the result is
 *   acc[i] / sum[i] = sum_j softmax_j(q_i . k_j) v_j
 * after all runs were passed.  Callers start with max = -INFINITY, sum = 0,
 * acc = 0 and pass each query's tiles in ascending order, in runs that are cut
 * at multiples of HW_RUN: a run begins at one (first is a multiple of HW_RUN *
 * HW_TILE), and ends at one unless no query sees more.  Key j of the run
 * (0 .. n_tiles*HW_TILE-1) has index first + j; query i sees it iff
 * lo[i] <= first + j < hi[i].  A key outside the band is worth exactly
 * nothing (even if its slot holds NaN garbage or was never written), and a
 * tile wholly outside the band of a query leaves that query's state
 * untouched, bit for bit. */
struct hw_attn {
	size_t m, d; /* queries, head size: a multiple of 4, of 32 for q8_0 */
	const float *q;    /* (m, d), rotated, times scale * log2(e): base 2 */
	const int64_t *lo; /* (m) */
	const int64_t *hi; /* (m) */
	float *max;        /* (m) */
	float *sum;        /* (m) */
	float *acc;        /* (m, d) */
	/* What else becomes of the score s of the key with index t, in this
	 * order: cap > 0: cap * tanh(s / cap); slope not NULL (ALiBi):
	 * s + slope[i] * (t - at[i]).  In base 2 as well. */
	float cap;
	const float *slope; /* (m) */
	const int64_t *at;  /* (m) */
};
#define HW_ATTN_M 256 /* most queries in one call */
#define HW_ATTN_D 256 /* largest head */
#define HW_RUN 4      /* tiles that a kernel may take as one */
/* max[i] is a reference, not quite the maximum: it moves (and sum and acc are
 * rescaled) only when a tile's largest score exceeds it by more than this
 * many powers of two, or the weights of HW_RUN tiles add up to more; or it is
 * above the maximum, and moves when a score exceeds it.  So weights stay
 * below 2^8, and rescaling is rare.  A visible key's weight may be taken
 * as 2^-126, or as 0, where it is less. */
#define HW_ATTN_SLACK 8

/* ---- contracts ------------------------------------------------------------
 * f16_to_f32 .. f32_to_bf16: conversions; to 16 bits round to nearest even,
 *   NaN stays NaN (quiet), overflow becomes infinity.
 * f32_to_f32: copies n floats from any address.
 * T_to_f32, T a quantized ggml type: n weights (whole blocks, at any address)
 *   as ggml defines them, to the bit; NaN stays NaN.
 * add: y[i] += x[i].
 * scale: y[i] = x[i] * by; y may be x.
 * rmsnorm: y = x / sqrt(mean(x^2) + eps) * w; y may be x.
 * layernorm: y = (x - mean(x)) / sqrt(variance(x) + eps) * w + b; b may be
 *   NULL, y may be x.
 * swiglu: y = silu(gate) * up, silu(g) = g / (1 + exp(-g)); y may be gate.
 * geglu: y = gelu_tanh(gate) * up, gelu_tanh(g) = g / (1 + exp(-2 u)), u =
 *   sqrt(2 / pi) (g + 0.044715 g^3); y may be gate.
 * swiglu_oai: y = g / (1 + exp(-1.702 g)) * (u + 1), with g = min(gate, 7) and
 *   u = up within -7 .. 7; y may be gate.
 * gelu: y = x (1 + erf(x / sqrt(2))) / 2; y may be x.
 * rope_pairs: rotate (x[2i], x[2i+1]) by the angle whose cosine and sine
 *   are cs[2i], cs[2i+1]; i < d/2; y may be x.
 * rope_halves: rotate (x[i], x[i + d/2]) by the angle whose cosine and sine
 *   are cs[i], cs[i + d/2]; i < d/2; y may be x.
 * lse: fold n more logits into s; -infinity adds nothing.
 *
 * prep_T: bring m rows of k activations into the form that gemm_T reads:
 *   prep_f32 (for gemm_f32, gemm_f16, gemm_bf16) copies;
 *   prep_bf16 (for gemm_T_pairs) rounds as f32_to_bf16 does, a denormal
 *   number perhaps to 0, and adds zeros up to a multiple of 32;
 *   prep_q8_0 makes hw_prep_blocks (k is a multiple of 32).
 *   Row i of p starts at i * hw_prep_bytes(form, k), p 64-byte aligned; that
 *   is padded so that rows do not fight for the same cache sets.  Rows are
 *   prepared independently, so that threads may each take some.
 * gemm_T: y[i][j] = sum_k x[i][k] * w[j][k]; i < m, j < n; row j of w is in
 *   the file's own layout (ggml type T: whole blocks), rows contiguous, at any
 *   address.  p holds f32 for f32, f16 and bf16, else q8_0.  y has row stride
 *   ldy floats.  scratch: HW_GEMM_SCRATCH(k) bytes, 64-byte aligned, for an
 *   unpacked tile of w.
 * gemm_T_dots: the same, in another order of additions: along k, weights as
 *   they lie, which suits a single row of activations.
 * gemm_T_pairs: the same, of a p in bf16.  Weights may be rounded to bf16;
 *   magnitudes below 2^-100 may count as 0.  w may be NULL: the weights are
 *   those of the call before, which had this scratch, and nobody wrote to it
 *   since, more than HW_FEW rows, the same k, and the same n <= HW_PAIRS_N.
 * kv_put_T: write one token's key and value (d floats each) into column/row
 *   `slot` of the tile at k, v (slot < HW_TILE).
 *   i16: a key or value that is not finite makes the key's scale NaN.
 *   bf16: a key that is not finite makes its value NaN.
 * attn_T: see struct hw_attn.  i16: queries become integers as keys are, so
 *   that scores are exact; the products of weight and scale become integers
 *   with the largest of up to HW_RUN tiles worth HW_I16_VALUE or more, and
 *   their products with values are exact.
 *   bf16: queries may be rounded to bf16, and weights be off by 2^-7 of them.
 *   scratch: HW_ATTN_SCRATCH bytes, 64-aligned.
 */
#define HW_GEMM_SCRATCH(k) ((size_t)64 * 1024 + (size_t)(k) * 4 * 72)
#define HW_PAIRS_N 128 /* rows of weights that stay unpacked in scratch */
#define HW_FEW 6 /* rows of activations that may not be worth unpacking */
#define HW_ATTN_SCRATCH ((size_t)256 * 1024)
enum hw_prep { HW_PREP_F32, HW_PREP_Q8_0, HW_PREP_BF16 };
#define HW_PREPS 3 /* forms */
size_t hw_prep_bytes(enum hw_prep form, size_t k); /* of one row */
/* Where column k of a row is, k a multiple of 32: what a prep_T makes of some
 * columns may be put there. */
size_t hw_prep_at(enum hw_prep form, size_t k);

/* ---- the table ---------------------------------------------------------- */

#define OP(name, params) typedef void hw_##name##_fn params;
#include "ops.def"
#undef OP

#define KERNEL(op, variant, cpu) hw_##op##_fn hw_##op##_##variant;
#include "kernels.def"
#undef KERNEL

struct hw_kernels {
#define OP(name, params) hw_##name##_fn *name;
#include "ops.def"
#undef OP
};

/* Fill *k with the last row of each op whose needs `cpu` meets. */
void hw_kernels_select(struct hw_kernels *k, uint32_t cpu);

/* Name of the variant that `cpu` selects for `op` ("avx2"); NULL: no such
 * op. */
const char *hw_kernels_variant(const char *op, uint32_t cpu);

#endif
