/* SPDX-License-Identifier: MIT
 * What only this file knows: which kernel serves which tensor type, and how
 * OpenBLAS is found and fed.  It is not linked: loading it takes 2 to 3 ms
 * and starts threads, more than a small model needs to start; so it is opened
 * when it is to be used.  Its sums depend on the shape of a call, so with it
 * scores may depend on chunking, by some 1e-5 bits; with own kernels not.
 * Measured on an AVX-512 machine, chunks of 256, one thread: a token of an F16
 * model takes 1.12 times as long as with our kernels; with portable C 9 times.
 */
#include "cpu.h"
#include "engine/gemm.h"
#include "model/map.h"

#include <cblas.h>
#include <dlfcn.h>
#include <string.h>

#define BLAS_LIBRARY "libopenblas.so.0"
#define PANEL ((size_t)64) /* rows of w unpacked at once */

/* Whether all that these bits allow for `op` is the portable kernel. */
static bool only_c(const char *op, uint32_t bits)
{
	const char *variant = hw_kernels_variant(op, bits);

	return variant == NULL || strcmp(variant, "c") == 0;
}

/* Types that are floats, a bit for each. */
#define FLOATS ((uint64_t)1 << HW_F32 | (uint64_t)1 << HW_F16 | \
    (uint64_t)1 << HW_BF16)

static uint64_t pairs(uint32_t bits)
{
	uint64_t all = 0;

#define QUANT(name, id, elems, bytes, gemm, prep) \
	if (!only_c("gemm_" #gemm "_pairs", bits)) \
		all |= (uint64_t)1 << HW_##name;
#include "model/quants.def"
#undef QUANT
	return all;
}

void hw_gemm_plan(struct hw_gemm *g, uint32_t bits, const char *cpu)
{
	uint32_t alone = bits & ~(uint32_t)HW_CPU_AMX;

	*g = (struct hw_gemm){.k = NULL};
	hw_kernels_select(&g->alone, alone);
	if (cpu != NULL && strcmp(cpu, "blas") == 0)
		return;
	g->tiles = (bits & HW_CPU_AMX) != 0;
	g->pairs[false] = pairs(bits);
	g->pairs[true] = pairs(alone) & ~FLOATS;
}

static bool in_pairs(const struct hw_gemm *g, bool writing,
    enum hw_quant type)
{
	return (g->pairs[writing] >> type & 1) != 0;
}

enum hw_prep hw_gemm_form_when(const struct hw_gemm *g, bool writing,
    const struct hw_matrix *w)
{
	if (in_pairs(g, writing, w->type))
		return HW_PREP_BF16;
	switch (w->type) {
#define QUANT(name, id, elems, bytes, gemm, prep) \
	case HW_##name: \
		return HW_PREP_##prep;
#include "model/quants.def"
#undef QUANT
	}
	return HW_PREP_F32;
}

enum hw_prep hw_gemm_form(const struct hw_gemm *g, const struct hw_matrix *w)
{
	return hw_gemm_form_when(g, g->writing, w);
}

static enum hw_status load_blas(struct hw_gemm *g, struct hw_err *e)
{
	void *f;

	g->blas = dlopen(BLAS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	f = g->blas != NULL ? dlsym(g->blas, "cblas_sgemm") : NULL;
	if (f == NULL) {
		hw_gemm_close(g);
		return hw_fail(e, HW_UNSUPPORTED, "OpenBLAS (%s) cannot be "
		    "loaded", BLAS_LIBRARY);
	}
	memcpy(&g->sgemm, &f, sizeof(f)); /* as POSIX wants it */
	return HW_OK;
}

enum hw_status hw_gemm_open(struct hw_gemm *g, const struct hw_kernels *k,
    uint32_t bits, const char *cpu, struct hw_err *e)
{
	struct hw_err ignored = {0};

	g->k = k;
	g->fresh = true;
	if (cpu != NULL && strcmp(cpu, "blas") == 0)
		return load_blas(g, e);
	/* Unasked, it stands in for missing kernels; if it is not there
	 * either, the portable ones do. */
	if (cpu == NULL && only_c("gemm_f32", bits) &&
	    only_c("gemm_f16", bits) && only_c("gemm_bf16", bits) &&
	    load_blas(g, &ignored) != HW_OK)
		g->sgemm = NULL;
	return HW_OK;
}

void hw_gemm_close(struct hw_gemm *g)
{
	if (g->blas != NULL)
		dlclose(g->blas);
	g->blas = NULL;
	g->sgemm = NULL;
}

static bool by_blas(const struct hw_gemm *g, enum hw_quant type)
{
	return g->sgemm != NULL && (FLOATS >> type & 1) != 0;
}

const char *hw_gemm_variant(const struct hw_gemm *g, enum hw_quant type,
    uint32_t bits)
{
	if (by_blas(g, type))
		return "blas";
	switch (type) {
#define QUANT(name, id, elems, bytes, gemm, prep) \
	case HW_##name: \
		return hw_kernels_variant(in_pairs(g, false, type) ? \
		    "gemm_" #gemm "_pairs" : "gemm_" #gemm, bits);
#include "model/quants.def"
#undef QUANT
	}
	return NULL;
}

void hw_gemm_prep(const struct hw_gemm *g, enum hw_prep form, void *p,
    const float *x, size_t n)
{
	switch (form) {
	case HW_PREP_F32:
		g->k->prep_f32(p, x, 1, n);
		break;
	case HW_PREP_Q8_0:
		g->k->prep_q8_0(p, x, 1, n);
		break;
	case HW_PREP_BF16:
		g->k->prep_bf16(p, x, 1, n);
		break;
	}
}

static void blas_product(const struct hw_gemm *g, float *y, size_t ldy,
    const float *x, size_t m, const struct hw_matrix *w, size_t first,
    size_t n, float *scratch)
{
	__typeof__(cblas_sgemm) *sgemm = (__typeof__(cblas_sgemm) *)g->sgemm;
	size_t k = w->cols, ldx = hw_prep_bytes(HW_PREP_F32, k) / sizeof(*x);

	for (size_t j = 0; j < n; j += PANEL) {
		size_t rows = n - j < PANEL ? n - j : PANEL;

		for (size_t i = 0; i < rows; i++)
			hw_gemm_row(g, scratch + i * k, w, first + j + i);
		sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m,
		    (int)rows, (int)k, 1, x, (int)ldx, scratch, (int)k, 0,
		    y + j, (int)ldy);
	}
}

#define gemm_f32_pairs gemm_f32 /* there are none, and none are asked for */

/* Of a token that is written: weights in the order in which they lie. */
static hw_gemm_f32_fn *dots(const struct hw_gemm *g, enum hw_quant type)
{
	return type == HW_F32 ? g->alone.gemm_f32_dots : type == HW_F16 ?
	    g->alone.gemm_f16_dots : g->alone.gemm_bf16_dots;
}

static hw_gemm_f32_fn *kernel(const struct hw_gemm *g, enum hw_quant type)
{
	const struct hw_kernels *k = g->writing ? &g->alone : g->k;
	bool pairs_of_bf16 = in_pairs(g, g->writing, type);

	if (g->writing && (FLOATS >> type & 1) != 0)
		return dots(g, type);
	switch (type) {
#define QUANT(name, id, elems, bytes, gemm, prep) \
	case HW_##name: \
		return pairs_of_bf16 ? k->gemm_##gemm##_pairs : \
		    k->gemm_##gemm;
#include "model/quants.def"
#undef QUANT
	}
	return NULL;
}

/* Rows that follow each other. */
static void product(const struct hw_gemm *g, float *y, size_t ldy,
    const void *p, size_t m, const struct hw_matrix *w, size_t first,
    size_t n, void *scratch)
{
	const unsigned char *rows = w->data + first * w->row_bytes;

	if (g->fresh)
		hw_map_ahead((struct hw_view){rows, n * w->row_bytes});
	if (by_blas(g, w->type)) {
		blas_product(g, y, ldy, p, m, w, first, n, scratch);
		return;
	}
	kernel(g, w->type)(y, ldy, p, m, rows, n, w->cols, scratch);
}

/* 32 rows by 128 columns of floats are 16 KiB: three such are in the first
 * level together.  By vectors they are not faster (a Zen 5). */
#define NEAR ((size_t)32)

size_t hw_gemm_step(const struct hw_gemm *g, const struct hw_columns *c,
    size_t m)
{
	return g->tiles && in_pairs(g, g->writing, c->w->type) &&
	    c->w->run == 0 && c->n <= HW_PAIRS_N && m > NEAR ? NEAR : m;
}

void hw_gemm(const struct hw_gemm *g, float *y, size_t ldy, const void *p,
    size_t m, const struct hw_columns *c, bool again)
{
	const struct hw_matrix *w = c->w;
	struct hw_matrix v = *w; /* of one run */

	if (again) {
		kernel(g, w->type)(y, ldy, p, m, NULL, c->n, w->cols,
		    c->scratch);
		return;
	}
	if (w->run == 0) {
		product(g, y, ldy, p, m, w, c->first, c->n, c->scratch);
		return;
	}
	for (size_t j = 0, k; j < c->n; j += k) {
		size_t at = (c->first + j) % w->run;

		v.data = w->data + (c->first + j) / w->run * w->jump;
		k = c->n - j < w->run - at ? c->n - j : w->run - at;
		product(g, y + j, ldy, p, m, &v, at, k, c->scratch);
	}
}

void hw_gemm_row(const struct hw_gemm *g, float *x, const struct hw_matrix *w,
    size_t j)
{
	const void *row = w->data + j * w->row_bytes;

	switch (w->type) {
#define QUANT(name, id, elems, bytes, gemm, prep) \
	case HW_##name: \
		g->k->gemm##_to_f32(x, row, w->cols); \
		break;
#include "model/quants.def"
#undef QUANT
	}
}
