# SPDX-License-Identifier: MIT
EXTRA_DIST += tests/golden/digest.txt tests/golden/digest-132.txt \
	tests/golden/quiet.txt
check_PROGRAMS += tests/golden/golden
tests_golden_golden_SOURCES = tests/golden/golden.c tests/golden/sha256.h \
	tests/golden/sha256.c
tests_golden_golden_CPPFLAGS = $(TEST_CPPFLAGS)
tests_golden_golden_LDADD = $(LIBHEADWATER) $(LIBHEADWATER_LIBS)
TESTS += tests/golden/golden.sh
dist_check_SCRIPTS += tests/golden/golden.sh
EXTRA_DIST += tests/golden/llama_torch.py tests/golden/llama-untied.txt \
	tests/golden/llama-tied-factors.txt tests/golden/windows.py \
	tests/golden/llama-windows.txt

check_PROGRAMS += tests/golden/quants
TESTS += tests/golden/quants
tests_golden_quants_SOURCES = tests/golden/quants.c tests/golden/sha256.h \
	tests/golden/sha256.c tests/fixtures/quants.h tests/fixtures/quants.c
tests_golden_quants_CPPFLAGS = $(KERNEL_TEST_CPPFLAGS)
tests_golden_quants_LDADD = $(LIBKERNELS)
EXTRA_DIST += tests/golden/quants_gguf.py tests/golden/quants.txt
EXTRA_DIST += tests/golden/tokenizers.js
TESTS += tests/golden/hf.sh
dist_check_SCRIPTS += tests/golden/hf.sh
EXTRA_DIST += tests/golden/arch_torch.py tests/golden/arch_gguf.py \
	tests/golden/hf-falcon-40b.txt \
	tests/golden/hf-falcon-7b.txt \
	tests/golden/hf-gemma2-heads.txt \
	tests/golden/hf-gemma2.txt \
	tests/golden/hf-gemma3.txt \
	tests/golden/hf-gpt-oss.txt \
	tests/golden/hf-gptneox-sequential.txt \
	tests/golden/hf-gptneox.txt \
	tests/golden/hf-llama-linear.txt \
	tests/golden/hf-llama-plain.txt \
	tests/golden/hf-llama-yarn.txt \
	tests/golden/hf-llama.txt \
	tests/golden/hf-mistral-full.txt \
	tests/golden/hf-mistral.txt \
	tests/golden/hf-mpt-unclipped.txt \
	tests/golden/hf-mpt.txt \
	tests/golden/hf-olmo2.txt \
	tests/golden/hf-phi3-window.txt \
	tests/golden/hf-phi3.txt \
	tests/golden/hf-qwen2-yarn.txt \
	tests/golden/hf-qwen2.txt \
	tests/golden/hf-qwen3.txt \
	tests/golden/hf-smollm3.txt
