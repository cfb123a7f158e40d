/* SPDX-License-Identifier: MIT
 * What only this file knows: activations to bf16 by the instruction that rounds
 * two vectors of floats at once. */
#include "vec.h"

INLINE void round_32(void *to, vf a, vf b)
{
	vi_store(to, (vi)_mm512_cvtne2ps_pbh(b, a));
}

void hw_prep_bf16_bf16(void *p, const float *x, size_t m, size_t k)
{
	size_t row = hw_prep_bytes(HW_PREP_BF16, k);

	for (size_t i = 0; i < m; i++, x += k) {
		char *to = (char *)p + i * row;
		size_t j = 0;

		for (; j + 32 <= k; j += 32, to += 64)
			round_32(to, vf_load(x + j), vf_load(x + j + 16));
		if (j < k)
			round_32(to, vf_load_n(x + j, k - j < 16 ? k - j :
			    16), k - j <= 16 ? vf_set(0) :
			    vf_load_n(x + j + 16, k - j - 16));
	}
}
