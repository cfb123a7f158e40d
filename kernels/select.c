/* SPDX-License-Identifier: MIT
 * What only this file knows: how the rows become a table, and the sizes of
 * what kernels lay out for each other. */
#include "cpu.h"
#include "kernels.h"

#include <string.h>

void hw_kernels_select(struct hw_kernels *k, uint32_t cpu)
{
#define KERNEL(op, variant, needs) \
	if ((cpu & (needs)) == (needs)) \
		k->op = hw_##op##_##variant;
#include "kernels.def"
#undef KERNEL
}

const char *hw_kernels_variant(const char *op, uint32_t cpu)
{
	const char *name = NULL;

#define KERNEL(o, variant, needs) \
	if (strcmp(op, #o) == 0 && (cpu & (needs)) == (needs)) \
		name = #variant;
#include "kernels.def"
#undef KERNEL
	return name;
}

size_t hw_tile_bytes(enum hw_kv type, size_t d)
{
	switch (type) {
	case HW_KV_F32:
		return d * HW_TILE * 4;
	case HW_KV_F16:
	case HW_KV_BF16:
		return d * HW_TILE * 2;
	case HW_KV_I16:
		return d * HW_TILE * 2 + HW_TILE * 4;
	case HW_KV_Q8_0:
		return d * HW_TILE + d / 32 * HW_TILE * 2;
	}
	return 0;
}

size_t hw_prep_at(enum hw_prep form, size_t k)
{
	switch (form) {
	case HW_PREP_F32:
		return k * 4;
	case HW_PREP_BF16:
		return k * 2;
	case HW_PREP_Q8_0:
		return k / 32 * sizeof(struct hw_prep_block);
	}
	return 0;
}

/* An odd number of cache lines: products read a dozen rows side by side, and
 * a stride of a multiple of 4096 bytes would put them all in one cache set. */
size_t hw_prep_bytes(enum hw_prep form, size_t k)
{
	return ((hw_prep_at(form, k) + 63) / 64 | 1) * 64;
}
