# SPDX-License-Identifier: MIT
lib_libheadwater_a_SOURCES += \
	lib/base/ascii.h \
	lib/base/archive.h lib/base/archive.c \
	lib/base/err.h lib/base/err.c \
	lib/base/find.h lib/base/find.c \
	lib/base/mem.h lib/base/mem.c \
	lib/base/cur.h lib/base/cur.c \
	lib/base/buf.h lib/base/buf.c \
	lib/base/hash.h lib/base/hash.c \
	lib/base/utf8.h lib/base/utf8.c \
	lib/base/regex.h lib/base/regex.c \
	lib/base/sha256.h lib/base/sha256.c \
	lib/base/vocab.h lib/base/vocab.c \
	lib/base/version.c
