# SPDX-License-Identifier: MIT
# The exactness tests: `make check` runs a subset, `make exact` all.
check_PROGRAMS += tests/exact/exact
TESTS += tests/exact/exact
tests_exact_exact_SOURCES = tests/exact/exact.c tests/exact/net.h \
	tests/exact/net.c tests/exact/oracle.h tests/exact/oracle.c
tests_exact_exact_CPPFLAGS = $(TEST_CPPFLAGS)
tests_exact_exact_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

check_PROGRAMS += tests/exact/t-stream
TESTS += tests/exact/t-stream
tests_exact_t_stream_SOURCES = tests/exact/t-stream.c tests/exact/net.h \
	tests/exact/net.c
tests_exact_t_stream_CPPFLAGS = $(TEST_CPPFLAGS)
tests_exact_t_stream_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

check_PROGRAMS += tests/exact/t-next
TESTS += tests/exact/t-next
tests_exact_t_next_SOURCES = tests/exact/t-next.c tests/exact/net.h \
	tests/exact/net.c
tests_exact_t_next_CPPFLAGS = $(TEST_CPPFLAGS)
tests_exact_t_next_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

check_PROGRAMS += tests/exact/t-modes
TESTS += tests/exact/t-modes
tests_exact_t_modes_SOURCES = tests/exact/t-modes.c tests/exact/net.h \
	tests/exact/net.c tests/exact/oracle.h tests/exact/oracle.c
tests_exact_t_modes_CPPFLAGS = $(TEST_CPPFLAGS)
tests_exact_t_modes_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

exact: tests/exact/exact
	tests/exact/exact --full

.PHONY: exact

check_PROGRAMS += tests/exact/t-quants
TESTS += tests/exact/t-quants
tests_exact_t_quants_SOURCES = tests/exact/t-quants.c $(RECIPE)
tests_exact_t_quants_CPPFLAGS = $(TEST_CPPFLAGS)
tests_exact_t_quants_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

# The same at the level of tiles, which are in C.
if HAVE_AMX
check_PROGRAMS += tests/exact/t-tiles
TESTS += tests/exact/t-tiles
tests_exact_t_tiles_SOURCES = tests/exact/t-quants.c tests/exact/soft.c \
	$(RECIPE)
tests_exact_t_tiles_CPPFLAGS = $(TEST_CPPFLAGS) -DHW_AMX_SOFT
tests_exact_t_tiles_LDADD = $(LIBKERNELS_SOFT) $(LIBHEADWATER) \
	$(LIBHEADWATER_LIBS)
endif
