# SPDX-License-Identifier: MIT
lib_libheadwater_a_SOURCES += lib/cache/cache.h lib/cache/cache.c
