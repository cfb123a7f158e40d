/* SPDX-License-Identifier: MIT */
#ifndef HW_ENGINE_GEMM_H
#define HW_ENGINE_GEMM_H

/* Products of prepared activations with a weight matrix of any type, by an
 * own kernel or by OpenBLAS. */
#include "kernels.h"
#include "model/model.h"

struct hw_gemm {
	/* What reads, and what writes a token after the other: tiles are not
	 * worth their while for one row. */
	const struct hw_kernels *k;
	struct hw_kernels alone;
	bool writing;
	bool fresh; /* weights are met for the first time */
	bool tiles; /* products of pairs are by tiles */
	/* A bit for each type (enum hw_quant) that has a kernel of our own, not
	 * the portable one, by activations in bf16; by `writing`. */
	uint64_t pairs[2];
	void *blas; /* the library, once it is to be used */
	/* Its cblas_sgemm, for F32, F16 and BF16; NULL: own kernels.  Only
	 * gemm.c knows its type. */
	void (*sgemm)(void);
};

/* Begins *g with what hw_gemm_form needs to know.  `bits`: of the processor;
 * `cpu` as in hw_stream_opts. */
void hw_gemm_plan(struct hw_gemm *g, uint32_t bits, const char *cpu);
/* The form of activations that w is multiplied with: now, and when writing or
 * not. */
enum hw_prep hw_gemm_form(const struct hw_gemm *g, const struct hw_matrix *w);
enum hw_prep hw_gemm_form_when(const struct hw_gemm *g, bool writing,
    const struct hw_matrix *w);

/* `cpu` as in hw_stream_opts.  HW_UNSUPPORTED: "blas" and there is none. */
HW_MUST enum hw_status hw_gemm_open(struct hw_gemm *g,
    const struct hw_kernels *k, uint32_t bits, const char *cpu,
    struct hw_err *e);
void hw_gemm_close(struct hw_gemm *g); /* zeroed is fine */
/* Name of what multiplies matrices of this type when it reads. */
const char *hw_gemm_variant(const struct hw_gemm *g, enum hw_quant type,
    uint32_t bits);

/* Bring a row of n activations into the form. */
void hw_gemm_prep(const struct hw_gemm *g, enum hw_prep form, void *p,
    const float *x, size_t n);
/* Some columns of a product: with w's rows first .. first + n. */
struct hw_columns {
	const struct hw_matrix *w;
	size_t first, n;
	void *scratch; /* HW_GEMM_SCRATCH(w->cols) */
};
/* y[i][j] = x_i . w_(first+j): i < m, j < n; y has row stride ldy; p are m
 * rows prepared in hw_gemm_form(w).  again: the call before with this scratch
 * was for the same columns, and hw_gemm_step said that there would be more. */
void hw_gemm(const struct hw_gemm *g, float *y, size_t ldy, const void *p,
    size_t m, const struct hw_columns *c, bool again);
/* How many of m rows are best multiplied at a time: fewer, where weights stay
 * unpacked, so that what comes of them is still near when it is used. */
size_t hw_gemm_step(const struct hw_gemm *g, const struct hw_columns *c,
    size_t m);
/* x = row j of w, unpacked. */
void hw_gemm_row(const struct hw_gemm *g, float *x, const struct hw_matrix *w,
    size_t j);

#endif
