/* SPDX-License-Identifier: MIT
 * What only this file knows: the numbers of ggml's tensor types. */
#include "model/model.h"

#include "kernels.h"

#define QUANT(name, id, elems, bytes, gemm, prep) {#name, id, elems, bytes},
static const struct {
	const char *name;
	uint32_t id, elems, bytes;
} quants[] = {
#include "model/quants.def"
};
#undef QUANT

/* The rows must name kernels that exist, and agree with them. */
#define QUANT(name, id, elems, bytes, gemm, prep) \
	_Static_assert(sizeof(((struct hw_kernels *)0)->gemm_##gemm) > 0 && \
	    HW_PREP_##prep >= 0 && HW_ELEMS_##gemm == (elems) && \
	    HW_BYTES_##gemm == (bytes), #name);
#include "model/quants.def"
#undef QUANT

/* What a refused type is called, by number: for messages only. */
static const char *const ggml_names[] = {
	"F32", "F16", "Q4_0", "Q4_1", NULL, NULL, "Q5_0", "Q5_1", "Q8_0",
	"Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS",
	"IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS",
	"I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16", NULL, NULL, NULL,
	"TQ1_0", "TQ2_0", NULL, NULL, NULL, "MXFP4",
};

const char *hw_quant_name(uint32_t type)
{
	for (size_t i = 0; i < sizeof(quants) / sizeof(*quants); i++)
		if (quants[i].id == type)
			return quants[i].name;
	return NULL;
}

bool hw_quant_block(uint32_t type, uint64_t *elems, uint64_t *bytes)
{
	for (size_t i = 0; i < sizeof(quants) / sizeof(*quants); i++) {
		if (quants[i].id != type)
			continue;
		*elems = quants[i].elems;
		*bytes = quants[i].bytes;
		return true;
	}
	return false;
}

const char *hw_quant_ggml_name(uint32_t type)
{
	const char *name = type < sizeof(ggml_names) / sizeof(*ggml_names) ?
	    ggml_names[type] : NULL;

	return name != NULL ? name : "of no known name";
}
