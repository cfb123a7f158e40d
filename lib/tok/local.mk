# SPDX-License-Identifier: MIT
lib_libheadwater_a_SOURCES += \
	lib/tok/tok.c lib/tok/added.h lib/tok/added.c \
	lib/tok/bpe.h lib/tok/bpe.c \
	lib/tok/pretok.h lib/tok/pretok.c lib/tok/pretoks.def
