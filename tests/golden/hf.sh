#!/bin/sh
# SPDX-License-Identifier: MIT
# Models as Hugging Face's transformers saves them, against scores of PyTorch:
# of every architecture, by arch_torch.py; as directories, shards, archives, and
# as GGUF files with the tensors of the public converter.  (Two have no such
# file: GGUF has no place for mistral's window or gemma2's scale of scores.)
. "${srcdir:-.}/tests/tap.sh"
golden=$builddir/tests/golden/golden
mkhf=$builddir/tests/fixtures/mkhf
mkgguf=$builddir/tests/fixtures/mkgguf

# llama FILE: the vectors of a llama model, whose weights have their values by
# GGUF's names, in the words of Hugging Face.
llama() {
	awk '
	function key(name) { return substr(v[name], length(name) + 2) }
	function tensor(theirs, rows, cols, ours) {
		print "tensor", theirs ".weight", rows (cols ? "x" cols : ""),
			"float32", "-", ours ".weight"
	}
	function layer(i, theirs, rows, cols, ours) {
		tensor("model.layers." i "." theirs, rows, cols,
			"blk." i "." ours)
	}
	/^model / {
		for (i = 2; i <= NF; i++) {
			split($i, p, "=")
			v[p[1]] = p[2]
		}
		d = v["d"]; kv = d / v["heads"] * v["kv"]; f = v["ffn"]
		rope = "\"rope_theta\":" v["theta"]
		if (v["factors"] == "True")
			rope = rope \
			    ",\"rope_scaling\":{\"rope_type\":\"llama3\"," \
			    "\"factor\":8.0,\"low_freq_factor\":1.0," \
			    "\"high_freq_factor\":4.0," \
			    "\"original_max_position_embeddings\":64}"
		for (i = 0; v["window"] && i < v["layers"]; i++)
			own = own (i ? "," : "") (i % 2 ? 0 : v["window"])
		if (own)
			rope = rope ",\"layer_windows\":[" own "]"
		print "seed", v["seed"]
		print "config {\"model_type\":\"llama\",\"hidden_size\":" d \
		    ",\"intermediate_size\":" f ",\"num_hidden_layers\":" \
		    v["layers"] ",\"num_attention_heads\":" v["heads"] \
		    ",\"num_key_value_heads\":" v["kv"] \
		    ",\"max_position_embeddings\":" v["context"] \
		    ",\"rms_norm_eps\":1e-05,\"hidden_act\":\"silu\"," rope "}"
		tensor("model.embed_tokens", v["vocab"], d, "token_embd")
		tensor("model.norm", d, 0, "output_norm")
		if (v["tied"] != "True")
			tensor("lm_head", v["vocab"], d, "output")
		for (i = 0; i < v["layers"]; i++) {
			layer(i, "input_layernorm", d, 0, "attn_norm")
			layer(i, "post_attention_layernorm", d, 0, "ffn_norm")
			layer(i, "self_attn.q_proj", d, d, "attn_q")
			layer(i, "self_attn.k_proj", kv, d, "attn_k")
			layer(i, "self_attn.v_proj", kv, d, "attn_v")
			layer(i, "self_attn.o_proj", d, d, "attn_output")
			layer(i, "mlp.gate_proj", f, d, "ffn_gate")
			layer(i, "mlp.up_proj", f, d, "ffn_up")
			layer(i, "mlp.down_proj", d, f, "ffn_down")
		}
		next
	}
	!/^tensor/' "$1"
}

# holds MODEL VECTORS WHAT: every score is as PyTorch's.
holds() {
	"$golden" "$1" "$2" scores >out 2>&1
	status=$?
	grep '^#' out
	[ "$(grep -c '^ok' out)" -ge 2 ] && [ $status -eq 0 ]
	ok $? "$3: $(grep -c '^ok' out) comparisons hold ($(
		grep -o 'difference [0-9.e+-]*' out | sort -g -k2 | tail -n 1))"
	grep '^not ok' out | sed 's/^/# /'
}

# steady MODEL VECTORS: with a cache of this machine's own type scores are the
# same however the tokens arrive.
steady() {
	sed -n 's/^ids //p' "$2" >ids
	stream-infer -m "$1" --ids --chunk 64 ids >whole
	same=$?
	for chunk in 1 3 7; do
		stream-infer -m "$1" --ids --chunk $chunk ids | cmp - whole ||
		    same=1
	done
	[ $same -eq 0 ] && [ "$(grep -o : whole | wc -l)" -gt 40 ]
	ok $? "$1: the same scores in chunks of 1, 3, 7 and 64"
}

for vectors in "$srcdir"/tests/golden/hf-*.txt; do
	name=$(basename "$vectors" .txt)
	"$mkhf" "$vectors" "$name"
	holds "$name" "$vectors" "$name"
	steady "$name" "$vectors"
	grep -q '^gguf ' "$vectors" || continue
	"$mkgguf" "$vectors" "$name.gguf"
	holds "$name.gguf" "$vectors" "$name as the converter has it"
done
for vectors in "$srcdir"/tests/golden/llama-*.txt; do
	name=$(basename "$vectors" .txt)
	llama "$vectors" >"$name.txt"
	"$mkhf" "$name.txt" "$name"
	holds "$name" "$name.txt" "$name, a directory"
done
# An older config.json of Qwen, without a kind for each layer: windows are not
# used unless it says so, and then from the 29th layer on.
for used in '' '"use_sliding_window":true,'; do
	sed '/^config/{
		s/"layer_types":[^]]*],//
		s/"max_window_layers":28,//
		s/"sliding_window":null/"sliding_window":8/
		s/"use_sliding_window":false,/'"$used"'/
	}' "$srcdir/tests/golden/hf-qwen3.txt" >qwen3.txt
	"$mkhf" qwen3.txt qwen
	holds qwen qwen3.txt "no windows in three layers of Qwen ($used)"
done
"$mkhf" llama-untied.txt shards 3
holds shards llama-untied.txt "in three shards"
cp shards/model-00001-of-00003.safetensors shards/model-old.safetensors
holds shards llama-untied.txt "beside a file that the index does not name"
rm shards/model-old.safetensors
# named FILE: an index in which all weights are in FILE.
named() {
	awk -v file="$1" '/^tensor/ {
		printf "%s\"%s\":\"%s\"", n++ ? "," : "{\"weight_map\":{",
			$2, file
	}
	END { print "}}" }' llama-untied.txt
}
for file in model weights; do
	rm -rf one
	"$mkhf" llama-untied.txt one
	[ $file = model ] || mv one/model.safetensors one/$file.safetensors
	named $file.safetensors >one/model.safetensors.index.json
	holds one llama-untied.txt "all in $file.safetensors, as the index says"
done
for end in tar tar.gz tar.zst zip; do
	"$builddir/tests/fixtures/mkarchive" m.$end shards/*
done
holds m.tar llama-untied.txt "in a tar archive"
holds m.tar.gz llama-untied.txt "in a packed one"
holds m.tar.zst llama-untied.txt "packed by zstd"
holds m.zip llama-untied.txt "in a zip archive"
head -c 200000 m.zip >cut.zip
"$golden" cut.zip llama-untied.txt scores >out 2>&1
[ $? -eq 2 ] && [ "$(wc -l <out)" -eq 1 ] && grep -q 'cut.zip: ' out
ok $? "one that is cut short is refused: $(cat out)"
head -c 300000 m.tar >cut.tar
"$golden" cut.tar llama-untied.txt scores >out 2>&1
! grep -q '^ok' out && grep -q 'cut.tar: ' out
ok $? "an archive cut short: $(head -n 1 out)"
done_testing
