# SPDX-License-Identifier: MIT
# Kernels against oracles, and against the clock: one binary.
check_PROGRAMS += tests/kernels/checkkernels tests/kernels/t-cpu
TESTS += tests/kernels/checkkernels tests/kernels/t-cpu
KERNEL_TEST_CPPFLAGS = -I$(srcdir)/kernels -I$(srcdir)/tests -I.

tests_kernels_checkkernels_SOURCES = tests/kernels/checkkernels.c \
	tests/kernels/check.h tests/kernels/guard.c tests/kernels/bench.c \
	tests/kernels/check_convert.c tests/kernels/check_vector.c \
	tests/kernels/check_gemm.c tests/kernels/check_prep.c \
	tests/kernels/check_quants.c \
	tests/fixtures/quants.h tests/fixtures/quants.c \
	tests/kernels/check_attn.c tests/kernels/check_kv.c \
	tests/kernels/kv_tiles.h
tests_kernels_checkkernels_CPPFLAGS = $(KERNEL_TEST_CPPFLAGS)
tests_kernels_checkkernels_LDADD = $(LIBKERNELS) $(LIBKERNELS_SOFT)

tests_kernels_t_cpu_SOURCES = tests/kernels/t-cpu.c
tests_kernels_t_cpu_CPPFLAGS = $(KERNEL_TEST_CPPFLAGS)
tests_kernels_t_cpu_LDADD = $(LIBKERNELS)

# `make bench`: each folder may add a rule with two colons.
bench:: tests/kernels/checkkernels
	tests/kernels/checkkernels bench $(BENCH)
