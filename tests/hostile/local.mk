# SPDX-License-Identifier: MIT
# Files that want to hurt their reader, given to the programs.
HOSTILE_COMMON = tests/hostile/hostile.h tests/hostile/hostile.c $(RECIPE)
HOSTILE = tests/hostile/t-hostile-gguf tests/hostile/t-hostile-safetensors \
	tests/hostile/t-hostile-tok tests/hostile/t-hostile-archive
check_PROGRAMS += $(HOSTILE)
TESTS += $(HOSTILE)
tests_hostile_t_hostile_gguf_SOURCES = tests/hostile/t-hostile-gguf.c \
	$(HOSTILE_COMMON)
tests_hostile_t_hostile_gguf_CPPFLAGS = $(TEST_CPPFLAGS)
tests_hostile_t_hostile_gguf_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
tests_hostile_t_hostile_safetensors_SOURCES = \
	tests/hostile/t-hostile-safetensors.c $(HOSTILE_COMMON)
tests_hostile_t_hostile_safetensors_CPPFLAGS = $(TEST_CPPFLAGS)
tests_hostile_t_hostile_safetensors_LDADD = $(LIBHEADWATER) \
	$(LIBHEADWATER_LIBS)
tests_hostile_t_hostile_tok_SOURCES = tests/hostile/t-hostile-tok.c \
	$(HOSTILE_COMMON)
tests_hostile_t_hostile_tok_CPPFLAGS = $(TEST_CPPFLAGS)
tests_hostile_t_hostile_tok_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
tests_hostile_t_hostile_archive_SOURCES = tests/hostile/t-hostile-archive.c \
	$(HOSTILE_COMMON)
tests_hostile_t_hostile_archive_CPPFLAGS = $(TEST_CPPFLAGS) $(ARCHIVE_CFLAGS)
tests_hostile_t_hostile_archive_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS) \
	$(ARCHIVE_LIBS)
