# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/fault/t-oom-stream
TESTS += tests/fault/t-oom-stream
tests_fault_t_oom_stream_SOURCES = tests/fault/t-oom-stream.c $(STREAM_FIXTURE)
tests_fault_t_oom_stream_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fault_t_oom_stream_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
check_PROGRAMS += tests/fault/t-oom-model
TESTS += tests/fault/t-oom-model
tests_fault_t_oom_model_SOURCES = tests/fault/t-oom-model.c $(RECIPE)
tests_fault_t_oom_model_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fault_t_oom_model_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
check_PROGRAMS += tests/fault/t-oom-tok
TESTS += tests/fault/t-oom-tok
tests_fault_t_oom_tok_SOURCES = tests/fault/t-oom-tok.c
tests_fault_t_oom_tok_CPPFLAGS = $(TEST_CPPFLAGS) $(ARCHIVE_CFLAGS)
tests_fault_t_oom_tok_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS) \
	$(ARCHIVE_LIBS)
