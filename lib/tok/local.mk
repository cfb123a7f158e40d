# SPDX-License-Identifier: MIT
lib_libheadwater_a_SOURCES += \
	lib/tok/tok.c lib/tok/added.h lib/tok/added.c \
	lib/tok/toks.def lib/tok/encoder.h lib/tok/bpe.c lib/tok/unigram.c \
	lib/tok/index.h lib/tok/index.c lib/tok/pairs.h lib/tok/pairs.c \
	lib/tok/rules.h lib/tok/rules.c \
	lib/tok/seams.h lib/tok/seams.c \
	lib/tok/pretok.h lib/tok/pretok.c lib/tok/pretoks.def
