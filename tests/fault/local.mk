# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/fault/t-oom-stream
TESTS += tests/fault/t-oom-stream
tests_fault_t_oom_stream_SOURCES = tests/fault/t-oom-stream.c $(STREAM_FIXTURE)
tests_fault_t_oom_stream_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fault_t_oom_stream_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
