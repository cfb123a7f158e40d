# SPDX-License-Identifier: MIT
noinst_LIBRARIES += lib/libheadwater.a
lib_libheadwater_a_CPPFLAGS = $(LIB_CPPFLAGS) -I. $(PCRE2_CFLAGS) \
	$(ARCHIVE_CFLAGS) $(JANSSON_CFLAGS) $(UTF8PROC_CFLAGS) $(OPENBLAS_CFLAGS)
lib_libheadwater_a_CFLAGS = $(AM_CFLAGS) $(HW_STRICT_CFLAGS)
lib_libheadwater_a_SOURCES = lib/api/headwater.h
dist_pkgdata_DATA += lib/model/headwater-log.gguf \
	lib/model/headwater-log.gguf.sha256
EXTRA_DIST += lib/README.md lib/model/headwater-log.md

# The model that was installed is the one that was built and measured.
installcheck-local:
	cd $(DESTDIR)$(pkgdatadir) && \
	if command -v sha256sum >/dev/null; then \
		sha256sum -c headwater-log.gguf.sha256; \
	else shasum -a 256 -c headwater-log.gguf.sha256; fi

LIBHEADWATER = lib/libheadwater.a $(LIBKERNELS)
# OpenBLAS and libarchive are loaded when they are used: lib/engine/gemm.c and
# lib/base/archive.h say why.
LIBHEADWATER_LIBS = $(PCRE2_LIBS) $(JANSSON_LIBS) $(UTF8PROC_LIBS)

include lib/base/local.mk
include lib/model/local.mk
include lib/tok/local.mk
include lib/cache/local.mk
include lib/engine/local.mk
include lib/stream/local.mk
include lib/digest/local.mk
