# SPDX-License-Identifier: MIT
lib_libheadwater_a_SOURCES += \
	lib/model/model.h lib/model/model.c \
	lib/model/map.h lib/model/map.c \
	lib/model/names.h lib/model/names.c \
	lib/model/container.h lib/model/container.c lib/model/formats.def \
	lib/model/gguf.h lib/model/gguf.c lib/model/gguf_split.c \
	lib/model/parts.h lib/model/parts.c lib/model/unpack.c \
	lib/model/synth.h lib/model/synth.c \
	lib/model/json.h lib/model/json.c \
	lib/model/safetensors.h lib/model/safetensors.c \
	lib/model/hf.h lib/model/hf.c lib/model/hf_names.def \
	lib/model/hf_config.h lib/model/hf_config.c lib/model/hf_rope.c \
	lib/model/hf_tok.h lib/model/hf_tok.c lib/model/hf_steps.c \
	lib/model/hf_ends.c \
	lib/model/quants.def lib/model/quant.c \
	lib/model/arch.h lib/model/archs.def lib/model/bind.c \
	lib/model/hyper.c lib/model/rotary.c \
	lib/model/arch_llama.c lib/model/arch_gptneox.c \
	lib/model/arch_qwen2.c lib/model/arch_qwen3.c \
	lib/model/arch_falcon.c lib/model/arch_mpt.c \
	lib/model/arch_phi3.c lib/model/arch_smollm3.c \
	lib/model/arch_olmo2.c lib/model/arch_gemma2.c \
	lib/model/arch_gemma3.c lib/model/arch_gpt_oss.c \
	lib/model/vocab.c
