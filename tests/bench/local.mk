# SPDX-License-Identifier: MIT

# A long stream on the bundled model: make soak SOAKFLAGS='-n 1000000'
check_PROGRAMS += tests/bench/soak
tests_bench_soak_SOURCES = tests/bench/soak.c
tests_bench_soak_CPPFLAGS = $(TEST_CPPFLAGS)
tests_bench_soak_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
SOAKFLAGS =
soak: tests/bench/soak
	srcdir='$(abs_srcdir)' tests/bench/soak $(SOAKFLAGS)

check_PROGRAMS += tests/bench/speed
tests_bench_speed_SOURCES = tests/bench/speed.c tests/bench/clock.h
tests_bench_speed_CPPFLAGS = $(TEST_CPPFLAGS)
tests_bench_speed_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
