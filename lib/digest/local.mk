# SPDX-License-Identifier: MIT
lib_libheadwater_a_SOURCES += \
	lib/digest/render.h lib/digest/render.c lib/digest/visible.c \
	lib/digest/number.c lib/digest/text.c lib/digest/line.h \
	lib/digest/line.c lib/digest/rows.c lib/digest/json.c
lib_libheadwater_a_SOURCES += \
	lib/digest/digest.h lib/digest/digest.c lib/digest/tally.c \
	lib/digest/window.c \
	lib/digest/mask.h lib/digest/mask.c lib/digest/masks.def \
	lib/digest/clock.h lib/digest/clock.c lib/digest/clocks.def \
	lib/digest/severity.h lib/digest/severity.c \
	lib/digest/severity.def lib/digest/troubles.def \
	lib/digest/group.h lib/digest/group.c \
	lib/digest/words.h lib/digest/words.c lib/digest/merge.c \
	lib/digest/family.c lib/digest/field.c \
	lib/digest/state.c \
	lib/digest/trigram.h lib/digest/trigram.c \
	lib/digest/news.h lib/digest/news.c \
	lib/digest/usual.h lib/digest/usual.c \
	lib/digest/places.h lib/digest/places.c \
	lib/digest/rate.h lib/digest/rate.c \
	lib/digest/table.h lib/digest/table.c \
	lib/digest/sample.h lib/digest/sample.c \
	lib/digest/cut.h lib/digest/cut.c \
	lib/digest/rank.h lib/digest/rank.c
