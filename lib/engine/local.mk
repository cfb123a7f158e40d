# SPDX-License-Identifier: MIT
lib_libheadwater_a_SOURCES += \
	lib/engine/engine.h lib/engine/layout.c lib/engine/stream.c \
	lib/engine/block.c lib/engine/moe.c lib/engine/product.h \
	lib/engine/product.c lib/engine/attn.c lib/engine/score.c \
	lib/engine/anew.c lib/engine/next.c \
	lib/engine/rope.h lib/engine/rope.c \
	lib/engine/gemm.h lib/engine/gemm.c \
	lib/engine/threads.h lib/engine/threads.c
