# SPDX-License-Identifier: MIT
# One archive an instruction set: its flags touch nothing else.
KERNELS_CPPFLAGS = -I$(srcdir)/kernels -I.
KERNELS_CFLAGS = $(AM_CFLAGS) $(HW_STRICT_CFLAGS) -ffp-contract=off
EXTRA_DIST += kernels/README.md

noinst_LIBRARIES += kernels/libkernels.a
kernels_libkernels_a_CPPFLAGS = $(KERNELS_CPPFLAGS)
kernels_libkernels_a_CFLAGS = $(KERNELS_CFLAGS)
kernels_libkernels_a_SOURCES = \
	kernels/kernels.h kernels/kernels.def kernels/vec.def \
	kernels/dots.def kernels/amx.def \
	kernels/ops.def kernels/types.def \
	kernels/cpu.h kernels/cpu.c kernels/select.c \
	kernels/c/half.h kernels/c/parts.h kernels/c/convert.c kernels/c/vector.c \
	kernels/c/lse.c kernels/c/gemm.c kernels/c/quant.c \
	kernels/c/attn.c kernels/c/attn_i16.c

LIBKERNELS = kernels/libkernels.a

# Written once, compiled once for each instruction set: see simd/vec.h.
KERNELS_SIMD = kernels/simd/inline.h kernels/simd/vec.h \
	kernels/simd/vec_x86.h kernels/simd/vec_avx2.h \
	kernels/simd/vec_avx512.h kernels/simd/vec_neon.h \
	kernels/simd/convert.c kernels/simd/vector.c \
	kernels/simd/lse.c kernels/simd/prep.c kernels/simd/put.h kernels/simd/rows.h \
	kernels/simd/gemm.c \
	kernels/simd/gemm_dots.c kernels/simd/piece.h kernels/simd/panel.h \
	kernels/simd/panels.c kernels/simd/bytes.h \
	kernels/simd/gemm_blocks.c kernels/simd/gemm_super.c \
	kernels/simd/attn.h kernels/simd/attn.c kernels/simd/attn_i16.c

if HAVE_AVX2
noinst_LIBRARIES += kernels/libkernels_avx2.a
kernels_libkernels_avx2_a_CPPFLAGS = $(KERNELS_CPPFLAGS)
kernels_libkernels_avx2_a_CFLAGS = $(KERNELS_CFLAGS) $(AVX2_CFLAGS)
kernels_libkernels_avx2_a_SOURCES = $(KERNELS_SIMD)
LIBKERNELS += kernels/libkernels_avx2.a
endif

# AVX2 with the dot products of bytes that AVX-512 has: what needs them.
if HAVE_AVXVNNI
noinst_LIBRARIES += kernels/libkernels_avxvnni.a
kernels_libkernels_avxvnni_a_CPPFLAGS = $(KERNELS_CPPFLAGS)
kernels_libkernels_avxvnni_a_CFLAGS = $(KERNELS_CFLAGS) $(AVXVNNI_CFLAGS)
kernels_libkernels_avxvnni_a_SOURCES = kernels/simd/inline.h \
	kernels/simd/vec.h kernels/simd/vec_x86.h kernels/simd/vec_avx2.h \
	kernels/simd/piece.h kernels/simd/panel.h \
	kernels/simd/panels.c kernels/simd/bytes.h \
	kernels/simd/gemm_blocks.c kernels/simd/gemm_super.c
LIBKERNELS += kernels/libkernels_avxvnni.a
endif

if HAVE_AVX512
noinst_LIBRARIES += kernels/libkernels_avx512.a
kernels_libkernels_avx512_a_CPPFLAGS = $(KERNELS_CPPFLAGS)
kernels_libkernels_avx512_a_CFLAGS = $(KERNELS_CFLAGS) $(AVX512_CFLAGS)
kernels_libkernels_avx512_a_SOURCES = $(KERNELS_SIMD)
LIBKERNELS += kernels/libkernels_avx512.a
endif

if HAVE_BF16
noinst_LIBRARIES += kernels/libkernels_bf16.a
kernels_libkernels_bf16_a_CPPFLAGS = $(KERNELS_CPPFLAGS)
kernels_libkernels_bf16_a_CFLAGS = $(KERNELS_CFLAGS) $(BF16_CFLAGS)
kernels_libkernels_bf16_a_SOURCES = kernels/simd/inline.h kernels/simd/vec.h \
	kernels/simd/vec_x86.h kernels/simd/vec_avx512.h \
	kernels/simd/rows.h kernels/simd/pairs.h \
	kernels/simd/gemm_pairs.c kernels/simd/prep_pairs.c \
	kernels/simd/attn.h kernels/simd/fixed.h kernels/simd/attn_pairs.c
LIBKERNELS += kernels/libkernels_bf16.a
endif

# Tiles: these files once more.  Tests link the second archive, whose tiles are
# in C; the library does not.
KERNELS_AMX = kernels/simd/inline.h kernels/simd/vec.h \
	kernels/simd/vec_x86.h kernels/simd/vec_avx512.h \
	kernels/simd/amx.h kernels/simd/piece.h \
	kernels/simd/pairs_amx.h kernels/simd/pairs.h \
	kernels/simd/gemm_blocks.c kernels/simd/gemm_super.c \
	kernels/simd/attn.h kernels/simd/attn_amx.h \
	kernels/simd/attn_few_amx.h kernels/simd/attn_amx.c \
	kernels/simd/fixed.h \
	kernels/simd/rows.h kernels/simd/gemm_pairs.c

if HAVE_AMX
noinst_LIBRARIES += kernels/libkernels_amx.a
kernels_libkernels_amx_a_CPPFLAGS = $(KERNELS_CPPFLAGS)
kernels_libkernels_amx_a_CFLAGS = $(KERNELS_CFLAGS) $(AMX_CFLAGS)
kernels_libkernels_amx_a_SOURCES = $(KERNELS_AMX)
LIBKERNELS += kernels/libkernels_amx.a

check_LIBRARIES += kernels/libkernels_amx_soft.a
kernels_libkernels_amx_soft_a_CPPFLAGS = $(KERNELS_CPPFLAGS) -DHW_AMX_SOFT
kernels_libkernels_amx_soft_a_CFLAGS = $(KERNELS_CFLAGS) $(BF16_CFLAGS)
kernels_libkernels_amx_soft_a_SOURCES = $(KERNELS_AMX)
LIBKERNELS_SOFT = kernels/libkernels_amx_soft.a
endif

if HAVE_NEON
noinst_LIBRARIES += kernels/libkernels_neon.a
kernels_libkernels_neon_a_CPPFLAGS = $(KERNELS_CPPFLAGS)
kernels_libkernels_neon_a_CFLAGS = $(KERNELS_CFLAGS) $(NEON_CFLAGS)
kernels_libkernels_neon_a_SOURCES = $(KERNELS_SIMD)
LIBKERNELS += kernels/libkernels_neon.a
endif

# NEON with products of matrices of bytes: what needs them.
if HAVE_I8MM
noinst_LIBRARIES += kernels/libkernels_i8mm.a
kernels_libkernels_i8mm_a_CPPFLAGS = $(KERNELS_CPPFLAGS)
kernels_libkernels_i8mm_a_CFLAGS = $(KERNELS_CFLAGS) $(I8MM_CFLAGS)
kernels_libkernels_i8mm_a_SOURCES = kernels/simd/inline.h \
	kernels/simd/vec.h kernels/simd/vec_neon.h \
	kernels/simd/piece.h kernels/simd/panel.h \
	kernels/simd/panels_i8mm.c kernels/simd/bytes.h \
	kernels/simd/gemm_blocks.c kernels/simd/gemm_super.c
LIBKERNELS += kernels/libkernels_i8mm.a
endif
