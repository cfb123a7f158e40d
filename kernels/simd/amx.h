/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_AMX_H
#define HW_KERNELS_SIMD_AMX_H

/*
 * What only this file knows: eight tiles of up to 16 rows of 64 bytes, and
 * products of two of them added to a third.
 *
 *   amx_begin()           all tiles have 16 rows of 64 bytes
 *   amx_begin_with(s)     tile t has s[t].rows rows of s[t].bytes bytes; of B,
 *                         rows are a fourth of A's bytes
 *   amx_begin_of(m)       tiles 0 .. 5 have m <= 16 rows (sums and A)
 *   amx_end()             tiles are given back; nothing else may follow
 *   amx_zero(t)  amx_load(t, p, stride)  amx_store(t, p, stride)
 *   amx_dp_bf16(c, a, b)  c[i][j] += sum_k a[i][k] b[k / 2][2 j + k % 2]
 *
 * A tile's number is a literal, or a macro that becomes one.  A kernel begins
 * and ends by itself.  Instructions are written as such: intrinsics of some
 * compilers let stores to memory sink below the load of a tile.
 *
 * With HW_AMX_SOFT the tiles are an array, in C as the manual defines the
 * instructions: tests build the kernels so, and can run them anywhere.
 */
#include <stddef.h>
#include <stdint.h>

#include "inline.h"

struct amx_shape {
	size_t rows, bytes; /* of a row */
};

#ifdef HW_AMX_SOFT

#include <math.h>
#include <string.h>

struct amx_tile {
	size_t rows, bytes;
	char at[16][64];
};
static _Thread_local struct amx_tile amx_tiles[8];

static inline void amx_begin_with(const struct amx_shape s[8])
{
	for (int t = 0; t < 8; t++)
		amx_tiles[t] = (struct amx_tile){.rows = s[t].rows,
		    .bytes = s[t].bytes};
}

static inline void amx_end(void)
{
	memset(amx_tiles, 0, sizeof(amx_tiles));
}

static inline void amx_zero(int t)
{
	memset(amx_tiles[t].at, 0, sizeof(amx_tiles[t].at));
}

static inline void amx_load(int t, const void *p, size_t stride)
{
	amx_zero(t);
	for (size_t i = 0; i < amx_tiles[t].rows; i++)
		memcpy(amx_tiles[t].at[i], (const char *)p + i * stride,
		    amx_tiles[t].bytes);
}

static inline void amx_store(int t, void *p, size_t stride)
{
	for (size_t i = 0; i < amx_tiles[t].rows; i++)
		memcpy((char *)p + i * stride, amx_tiles[t].at[i],
		    amx_tiles[t].bytes);
}

/* Denormal numbers count as 0, as operands and as results. */
static inline float amx_flush(float x)
{
	return fabsf(x) < 0x1p-126f ? copysignf(0, x) : x;
}

static inline float amx_bf16(const char *at)
{
	uint16_t h;
	uint32_t bits;
	float x;

	memcpy(&h, at, 2);
	bits = (uint32_t)h << 16;
	memcpy(&x, &bits, 4);
	return amx_flush(x);
}

/* The even and the odd products make a chain each, which starts at 0; then
 * one is added to the other, and that to the tile. */
static inline void amx_dp_bf16(int c, int a, int b)
{
	const struct amx_tile *ta = &amx_tiles[a], *tb = &amx_tiles[b];

	for (size_t i = 0; i < ta->rows; i++)
		for (size_t j = 0; j < 16; j++) {
			char *to = amx_tiles[c].at[i] + 4 * j;
			float sum, part[2] = {0, 0};

			for (size_t k = 0; k < ta->bytes / 2; k++)
				part[k % 2] = amx_flush(fmaf(amx_bf16(
				    ta->at[i] + 2 * k), amx_bf16(
				    tb->at[k / 2] + 4 * j + k % 2 * 2),
				    part[k % 2]));
			memcpy(&sum, to, 4);
			sum = amx_flush(amx_flush(sum) +
			    amx_flush(part[0] + part[1]));
			memcpy(to, &sum, 4);
		}
}

#else

/* What the processor reads; bytes of a row, and rows, for up to 16 tiles. */
struct amx_palette {
	uint8_t number, first_row, unused[14];
	uint16_t bytes[16];
	uint8_t rows[16];
};
_Static_assert(sizeof(struct amx_palette) == 64, "as the manual has it");

INLINE void amx_begin_with(const struct amx_shape s[8])
{
	struct amx_palette p = {.number = 1};

	for (int t = 0; t < 8; t++) {
		p.bytes[t] = (uint16_t)s[t].bytes;
		p.rows[t] = (uint8_t)s[t].rows;
	}
	__asm__ volatile("ldtilecfg %0" :: "m"(p));
}

INLINE void amx_end(void)
{
	__asm__ volatile("tilerelease");
}

#define AMX_ZERO(t) __asm__ volatile("tilezero %%tmm" #t ::)
#define AMX_LOAD(t, p, stride) \
	__asm__ volatile("tileloadd (%0,%1,1), %%tmm" #t :: \
	    "r"((const void *)(p)), "r"((size_t)(stride)) : "memory")
#define AMX_STORE(t, p, stride) \
	__asm__ volatile("tilestored %%tmm" #t ", (%0,%1,1)" :: \
	    "r"((void *)(p)), "r"((size_t)(stride)) : "memory")
#define AMX_DP(op, c, a, b) \
	__asm__ volatile(op " %%tmm" #b ", %%tmm" #a ", %%tmm" #c ::)
#define amx_zero(t) AMX_ZERO(t)
#define amx_load(t, p, stride) AMX_LOAD(t, p, stride)
#define amx_store(t, p, stride) AMX_STORE(t, p, stride)
#define amx_dp_bf16(c, a, b) AMX_DP("tdpbf16ps", c, a, b)

#endif

INLINE void amx_begin_of(size_t m)
{
	struct amx_shape s[8];

	for (int t = 0; t < 8; t++)
		s[t] = (struct amx_shape){t < 6 ? m : 16, 64};
	amx_begin_with(s);
}

INLINE void amx_begin(void)
{
	amx_begin_of(16);
}

#endif
