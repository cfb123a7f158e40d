# SPDX-License-Identifier: MIT
lib_libheadwater_a_SOURCES +=
lib_libheadwater_a_SOURCES += \
	lib/digest/render.h lib/digest/render.c lib/digest/visible.c \
	lib/digest/number.c lib/digest/text.c lib/digest/json.c
