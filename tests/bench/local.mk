# SPDX-License-Identifier: MIT

# A long stream on the bundled model: make soak SOAKFLAGS='-n 1000000'
check_PROGRAMS += tests/bench/soak
tests_bench_soak_SOURCES = tests/bench/soak.c tests/bench/clock.h
tests_bench_soak_CPPFLAGS = $(TEST_CPPFLAGS)
tests_bench_soak_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
SOAKFLAGS =
soak: tests/bench/soak
	srcdir='$(abs_srcdir)' tests/bench/soak $(SOAKFLAGS)

check_PROGRAMS += tests/bench/speed
tests_bench_speed_SOURCES = tests/bench/speed.c tests/bench/clock.h
tests_bench_speed_CPPFLAGS = $(TEST_CPPFLAGS)
tests_bench_speed_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

check_PROGRAMS += tests/bench/recompute tests/bench/start
tests_bench_recompute_SOURCES = tests/bench/recompute.c tests/bench/clock.h
tests_bench_recompute_CPPFLAGS = $(TEST_CPPFLAGS)
tests_bench_recompute_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
tests_bench_start_SOURCES = tests/bench/start.c tests/bench/clock.h
tests_bench_start_CPPFLAGS = $(TEST_CPPFLAGS)

EXTRA_DIST += tests/bench/bench.sh
bench:: tests/bench/speed tests/bench/recompute tests/bench/start \
    tests/fixtures/mkmodel $(bin_PROGRAMS)
	srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' \
	    $(SHELL) $(srcdir)/tests/bench/bench.sh

# A large log through all stages: make bench-log, with big.sh's variables.
EXTRA_PROGRAMS = tests/bench/grouping
CLEANFILES += tests/bench/grouping
tests_bench_grouping_SOURCES = tests/bench/grouping.c tests/bench/clock.h
tests_bench_grouping_CPPFLAGS = $(TEST_CPPFLAGS)
tests_bench_grouping_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
EXTRA_DIST += tests/bench/big.sh tests/bench/drain3_groups.py \
    tests/bench/fleet.awk
bench-log: tests/bench/grouping $(bin_PROGRAMS)
	srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' \
	    $(SHELL) $(srcdir)/tests/bench/big.sh

# Texts of one class of characters: make bench-classes CLASSES='MODEL...'
EXTRA_PROGRAMS += tests/bench/classes
CLEANFILES += tests/bench/classes
tests_bench_classes_SOURCES = tests/bench/classes.c tests/bench/clock.h \
	tests/fixtures/pretok_names.h $(RECIPE)
tests_bench_classes_CPPFLAGS = $(TEST_CPPFLAGS)
tests_bench_classes_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
CLASSES =
bench-classes: tests/bench/classes
	tests/bench/classes $(CLASSES)
