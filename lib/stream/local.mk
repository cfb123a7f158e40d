# SPDX-License-Identifier: MIT
lib_libheadwater_a_SOURCES += \
	lib/stream/frame.h lib/stream/pack.c lib/stream/hello.c \
	lib/stream/enc.c lib/stream/dec.h lib/stream/dec.c \
	lib/stream/view.c lib/stream/window.c \
	lib/stream/text.h lib/stream/text_out.c lib/stream/text_in.c \
	lib/stream/magic.h lib/stream/magic.c \
	lib/stream/unpack.h lib/stream/unpack.c \
	lib/stream/source.c lib/stream/split.c \
	lib/stream/member.h lib/stream/member.c \
	lib/stream/unwrap.h lib/stream/unwrap.c \
	lib/stream/join.h lib/stream/join.c lib/stream/lines.c \
	lib/stream/pem.h lib/stream/pem.c \
	lib/stream/redact.c lib/stream/redacts.def
