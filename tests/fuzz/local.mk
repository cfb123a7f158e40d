# SPDX-License-Identifier: MIT
# A target and driver.c make a test; fuzz.h says how to make a fuzzer.
FUZZ_DRIVER = tests/fuzz/fuzz.h tests/fuzz/driver.c
FUZZ = tests/fuzz/fuzz_gguf tests/fuzz/fuzz_tokstream \
	tests/fuzz/fuzz_hf_tok tests/fuzz/fuzz_tokenize tests/fuzz/fuzz_source \
	tests/fuzz/fuzz_safetensors tests/fuzz/fuzz_archive \
	tests/fuzz/fuzz_lines
check_PROGRAMS += $(FUZZ)
TESTS += $(FUZZ)

tests_fuzz_fuzz_gguf_SOURCES = tests/fuzz/fuzz_gguf.c $(FUZZ_DRIVER) \
	tests/fuzz/model.h tests/fixtures/watch.h $(RECIPE)
tests_fuzz_fuzz_gguf_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_gguf_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

tests_fuzz_fuzz_tokstream_SOURCES = tests/fuzz/fuzz_tokstream.c \
	$(FUZZ_DRIVER) tests/fixtures/watch.h $(STREAM_FIXTURE)
tests_fuzz_fuzz_tokstream_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_tokstream_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

tests_fuzz_fuzz_tokenize_SOURCES = tests/fuzz/fuzz_tokenize.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_tokenize_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_tokenize_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

tests_fuzz_fuzz_hf_tok_SOURCES = tests/fuzz/fuzz_hf_tok.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_hf_tok_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_hf_tok_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

tests_fuzz_fuzz_source_SOURCES = tests/fuzz/fuzz_source.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_source_CPPFLAGS = $(TEST_CPPFLAGS) $(ARCHIVE_CFLAGS)
tests_fuzz_fuzz_source_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS) \
	$(ARCHIVE_LIBS)

tests_fuzz_fuzz_safetensors_SOURCES = tests/fuzz/fuzz_safetensors.c \
	tests/fuzz/model.h tests/fuzz/tar.h tests/fixtures/watch.h \
	$(FUZZ_DRIVER)
tests_fuzz_fuzz_safetensors_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_safetensors_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

tests_fuzz_fuzz_archive_SOURCES = tests/fuzz/fuzz_archive.c \
	tests/fuzz/model.h tests/fixtures/watch.h $(FUZZ_DRIVER)
tests_fuzz_fuzz_archive_CPPFLAGS = $(TEST_CPPFLAGS) $(ARCHIVE_CFLAGS)
tests_fuzz_fuzz_archive_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS) \
	$(ARCHIVE_LIBS)

tests_fuzz_fuzz_lines_SOURCES = tests/fuzz/fuzz_lines.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_lines_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_lines_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
