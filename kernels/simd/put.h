/* SPDX-License-Identifier: MIT */
#ifndef HW_KERNELS_SIMD_PUT_H
#define HW_KERNELS_SIMD_PUT_H

/* What only this file knows: how 16-bit numbers of a key and a value, whose
 * neighbours lie in pairs, are stored a pair or a vector at a time. */
#include "vec.h"

INLINE void put_pair(char *to, const char *h, size_t j)
{
	memcpy(to + j * HW_TILE * 4, h + j * 4, 4);
}

/* n elements of a key, an even number, from element i on.  A loop whose end is
 * known takes five sixths of the time. */
INLINE void put_key(void *k, const void *h, size_t i, size_t n, size_t slot)
{
	char *to = (char *)((uint16_t *)k + hw_k_pair(i, slot));

	if (n == 16)
		UNROLL for (size_t j = 0; j < 8; j++)
			put_pair(to, h, j);
	else
		for (size_t j = 0; j < n / 2; j++)
			put_pair(to, h, j);
}

/* n elements of a value, in the low halves of x, from element i on; what the
 * token beside it has there is read and written back. */
INLINE void put_value(void *v, vi x, size_t i, size_t n, size_t slot, size_t d)
{
	uint16_t *to = (uint16_t *)v + hw_v_pair(i, slot & ~(size_t)1, d);
	const vi low = vi_set(0xffff), high = vi_set((int32_t)0xffff0000);
	int second = slot % 2 != 0;
	vi other;

	if (n < 16) {
		int32_t all[16];

		vi_store(all, x);
		for (size_t j = 0; j < n; j++)
			((uint16_t *)v)[hw_v_pair(i + j, slot, d)] =
			    (uint16_t)all[j];
		return;
	}
	other = vi_and(vi_load(to), second ? low : high);
	vi_store(to, vi_or(other, second ? vi_shl(x, 16) : vi_and(x, low)));
}

#endif
