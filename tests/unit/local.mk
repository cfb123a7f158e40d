# SPDX-License-Identifier: MIT
# One program a library file: UNIT += tests/unit/t-FILE, then its sources.
UNIT =
check_PROGRAMS += $(UNIT)
TESTS += $(UNIT)

UNIT += tests/unit/t-base
tests_unit_t_base_SOURCES = tests/unit/t-base.c
tests_unit_t_base_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_base_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

UNIT += tests/unit/t-gguf
tests_unit_t_gguf_SOURCES = tests/unit/t-gguf.c tests/fixtures/watch.h \
	$(RECIPE)
tests_unit_t_gguf_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_gguf_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

UNIT += tests/unit/t-model
tests_unit_t_model_SOURCES = tests/unit/t-model.c $(RECIPE)
tests_unit_t_model_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_model_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

UNIT += tests/unit/t-archive
tests_unit_t_archive_SOURCES = tests/unit/t-archive.c \
	tests/fixtures/watch.h tests/fuzz/tar.h
tests_unit_t_archive_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_archive_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

UNIT += tests/unit/t-frame
tests_unit_t_frame_SOURCES = tests/unit/t-frame.c $(STREAM_FIXTURE)
tests_unit_t_frame_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_frame_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
STREAM_FIXTURE = tests/unit/stream.h tests/unit/stream.c

UNIT += tests/unit/t-frame-hostile
tests_unit_t_frame_hostile_SOURCES = tests/unit/t-frame-hostile.c $(STREAM_FIXTURE)
tests_unit_t_frame_hostile_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_frame_hostile_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

UNIT += tests/unit/t-text
tests_unit_t_text_SOURCES = tests/unit/t-text.c $(STREAM_FIXTURE)
tests_unit_t_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_text_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

UNIT += tests/unit/t-split
tests_unit_t_split_SOURCES = tests/unit/t-split.c
tests_unit_t_split_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_split_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

UNIT += tests/unit/t-source
tests_unit_t_source_SOURCES = tests/unit/t-source.c
tests_unit_t_source_CPPFLAGS = $(TEST_CPPFLAGS) $(ARCHIVE_CFLAGS)
tests_unit_t_source_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS) \
	$(ARCHIVE_LIBS)

UNIT += tests/unit/t-mask tests/unit/t-clock tests/unit/t-rate
tests_unit_t_mask_SOURCES = tests/unit/t-mask.c
tests_unit_t_mask_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_mask_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
tests_unit_t_clock_SOURCES = tests/unit/t-clock.c
tests_unit_t_clock_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_clock_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
tests_unit_t_rate_SOURCES = tests/unit/t-rate.c
tests_unit_t_rate_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_rate_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-digest
tests_unit_t_digest_SOURCES = tests/unit/t-digest.c tests/unit/bed.h
tests_unit_t_digest_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_digest_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-jumps
tests_unit_t_jumps_SOURCES = tests/unit/t-jumps.c tests/unit/bed.h
tests_unit_t_jumps_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_jumps_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-changes
tests_unit_t_changes_SOURCES = tests/unit/t-changes.c tests/unit/bed.h
tests_unit_t_changes_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_changes_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-usual
tests_unit_t_usual_SOURCES = tests/unit/t-usual.c
tests_unit_t_usual_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_usual_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-trigram tests/unit/t-sample
tests_unit_t_trigram_SOURCES = tests/unit/t-trigram.c
tests_unit_t_trigram_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_trigram_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
tests_unit_t_sample_SOURCES = tests/unit/t-sample.c
tests_unit_t_sample_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_sample_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-places
tests_unit_t_places_SOURCES = tests/unit/t-places.c
tests_unit_t_places_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_places_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-tok
tests_unit_t_tok_SOURCES = tests/unit/t-tok.c
tests_unit_t_tok_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_tok_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

UNIT += tests/unit/t-cache
tests_unit_t_cache_SOURCES = tests/unit/t-cache.c
tests_unit_t_cache_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_cache_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

UNIT += tests/unit/t-rope
tests_unit_t_rope_SOURCES = tests/unit/t-rope.c
tests_unit_t_rope_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_rope_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)

UNIT += tests/unit/t-threads
tests_unit_t_threads_SOURCES = tests/unit/t-threads.c
tests_unit_t_threads_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_threads_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-bpe
tests_unit_t_bpe_SOURCES = tests/unit/t-bpe.c
tests_unit_t_bpe_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_bpe_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-pretok
tests_unit_t_pretok_SOURCES = tests/unit/t-pretok.c \
	tests/fixtures/pretok_names.h
tests_unit_t_pretok_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_pretok_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-hf-tok
tests_unit_t_hf_tok_SOURCES = tests/unit/t-hf-tok.c
tests_unit_t_hf_tok_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_hf_tok_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-lines tests/unit/t-redact
tests_unit_t_lines_SOURCES = tests/unit/t-lines.c
tests_unit_t_lines_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_lines_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
tests_unit_t_redact_SOURCES = tests/unit/t-redact.c
tests_unit_t_redact_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_redact_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-state
tests_unit_t_state_SOURCES = tests/unit/t-state.c tests/unit/bed.h
tests_unit_t_state_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_state_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
UNIT += tests/unit/t-nfc
tests_unit_t_nfc_SOURCES = tests/unit/t-nfc.c
tests_unit_t_nfc_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_t_nfc_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
