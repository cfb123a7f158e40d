/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_KERNELS_CHECK_H
#define HW_TESTS_KERNELS_CHECK_H

/* What the kernel checks share.  A check knows its operation's contract and
 * an oracle in double precision that shares no code with kernels/; it is
 * called once for each row of kernels.def that this processor can run. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "kernels.h"

#define U 0x1p-24 /* unit roundoff of float */

/* ---- the operations: a row in ops.def needs a line here ----------------- */

#define CHECK(op) \
	void check_##op(hw_##op##_fn *f, const char *name); \
	void bench_##op(hw_##op##_fn *f, const char *name, double *base)
CHECK(f16_to_f32);
CHECK(f32_to_f16);
CHECK(bf16_to_f32);
CHECK(f32_to_bf16);
CHECK(f32_to_f32);
CHECK(add);
CHECK(scale);
CHECK(rmsnorm);
CHECK(layernorm);
CHECK(swiglu);
CHECK(geglu);
CHECK(swiglu_oai);
CHECK(gelu);
CHECK(rope_pairs);
CHECK(rope_halves);
CHECK(lse);
CHECK(prep_f32);
CHECK(prep_q8_0);
CHECK(prep_bf16);
CHECK(gemm_f32);
CHECK(gemm_f16);
CHECK(gemm_bf16);
CHECK(gemm_f32_dots);
CHECK(gemm_f16_dots);
CHECK(gemm_bf16_dots);
CHECK(gemm_f16_pairs);
CHECK(gemm_bf16_pairs);
#define TYPE(type, elems, bytes, form) \
	CHECK(type##_to_f32); \
	CHECK(gemm_##type); \
	CHECK(gemm_##type##_pairs);
#include "types.def"
#undef TYPE
CHECK(kv_put_f32);
CHECK(kv_put_f16);
CHECK(kv_put_bf16);
CHECK(kv_put_q8_0);
CHECK(kv_put_i16);
CHECK(attn_f32);
CHECK(attn_f16);
CHECK(attn_bf16);
CHECK(attn_q8_0);
CHECK(attn_i16);
#undef CHECK

/* A TAP line; a remark. */
void verdict(bool good, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- memory that traps ---------------------------------------------------
 * Each slot lies between two pages that may not be touched.  A buffer placed
 * AT_END ends at the second one, so that one byte too many traps; AT_START
 * begins after the first.  Its bytes are filled with 0xff: NaN in every float
 * format. */
enum place { AT_END, AT_START };
#define GUARD_SLOTS 12
#define GUARD_BYTES ((size_t)72 << 20)
void *guarded(int slot, size_t bytes, enum place place);
/* The same, and a copy of `from` in it. */
void *guarded_copy(int slot, const void *from, size_t bytes, enum place place);

/* ---- random numbers; HW_SEED replays ------------------------------------ */

extern uint64_t check_seed;
void reseed(void); /* start the sequence again */
uint64_t rnd(void);
size_t below(size_t n);
double uniform(double lo, double hi);
/* Mixed signs hide errors that cancel; one sign hides errors of sign. */
enum sign { MIXED, POSITIVE };
void fill(float *x, size_t n, enum sign sign);

/* ---- formats, in double -------------------------------------------------- */

double f16_value(uint16_t h);
double bf16_value(uint16_t h);
uint16_t f16_nearest(double x);
uint16_t bf16_nearest(double x);
/* Below 1; at least 1/128, or 1/2 when POSITIVE. */
uint16_t f16_random(enum sign sign);
uint16_t bf16_random(enum sign sign);

/* ---- the bench -----------------------------------------------------------
 * while (bench_more(&b)) call();  The best of several short runs counts. */
double now_ns(void);
struct bench {
	double best, t0;
	long runs;
	int round;
};
int bench_more(struct bench *b);
/* Print a line.  work: operations (2 for a multiply-add) or 0; bytes moved,
 * or 0; *base is the C version's time, set by the first call. */
enum peak { PEAK_NONE, PEAK_FMA, PEAK_DOT, PEAK_READ };
void bench_line(const char *op, const char *name, const char *shape,
    const struct bench *b, double work, double bytes, enum peak peak,
    double *base);
#define BENCH_SHAPES 16 /* base has room for this many shapes */

/* Operations a nanosecond that this processor reaches in registers, with the
 * widest instructions of `level` ("c", "avx2", "avx512"). */
double peak_fma(const char *level);
double peak_dot(const char *level);
/* Bytes a nanosecond that one thread reads from memory, one after the other. */
double peak_read(void);

#endif
