#!/bin/sh
# SPDX-License-Identifier: MIT
# Hugging Face folders, and archives of them, as people have them: more tokens
# than rows, files that nobody asked for, folders in folders, links.
. "${srcdir:-.}/tests/tap.sh"

# config: that of a model so small that only its format counts.
config() {
	printf '{"model_type":"llama","hidden_size":8,"num_hidden_layers":1,'
	printf '"num_attention_heads":2,"intermediate_size":8,'
	printf '"max_position_embeddings":64,"vocab_size":40}\n'
}
{
	printf 'config '
	config
	cat <<'END'
tensor model.embed_tokens.weight 40x8 float32 -
tensor model.norm.weight 8 float32 -
tensor model.layers.0.input_layernorm.weight 8 float32 -
tensor model.layers.0.post_attention_layernorm.weight 8 float32 -
tensor model.layers.0.self_attn.q_proj.weight 8x8 float32 -
tensor model.layers.0.self_attn.k_proj.weight 8x8 float32 -
tensor model.layers.0.self_attn.v_proj.weight 8x8 float32 -
tensor model.layers.0.self_attn.o_proj.weight 8x8 float32 -
tensor model.layers.0.mlp.gate_proj.weight 8x8 float32 -
tensor model.layers.0.mlp.up_proj.weight 8x8 float32 -
tensor model.layers.0.mlp.down_proj.weight 8x8 float32 -
END
} >vectors

# tokenizer N [ID...]: of N tokens, and some that were added under these ids.
tokenizer() {
	n=$1
	shift
	printf '{"added_tokens":['
	comma=
	for id; do
		printf '%s{"id":%d,"content":"<%d>","special":true}' "$comma" \
			"$id" "$id"
		comma=,
	done
	printf '],"model":{"type":"BPE","unk_token":"t2",'
	printf '"vocab":{"a":0,"\\n":1'
	i=2
	while [ $i -lt "$n" ]; do
		printf ',"t%d":%d' $i $i
		i=$((i + 1))
	done
	printf '},"merges":[]}}\n'
}

# model NAME: a folder of it.
model() {
	mkhf vectors "$1" && tokenizer 40 >"$1/tokenizer.json"
}

# score MODEL: a line through tokenize and stream-infer; sets rc.
score() {
	printf 'aaa\n' | tokenize -m "$1" >tokens 2>err &&
		stream-infer -m "$1" --ids <tokens >scores 2>>err
	rc=$?
}
# runs MODEL WHAT; fails STATUS MODEL WORDS WHAT
runs() {
	score "$1"
	[ $rc -eq 0 ] && [ "$(grep -c '^[0-9]' scores)" -gt 0 ] &&
		[ ! -s err ]
	ok $? "$2"
	diag "$(cat err)"
}
fails() {
	score "$2"
	[ $rc -eq "$1" ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "$3" err
	ok $? "$4: $rc $(cat err)"
}

model sound
runs ./sound "a sound one runs"

# ---- tokens beyond the embedding's rows ------------------------------------
model more
tokenizer 40 40 >more/tokenizer.json
runs ./more "an added token without a row is left out"
is "$(headwater info ./more | sed -n 's/^vocabulary *//p')" "40 tokens" \
	"and does not count"
tokenizer 41 40 >more/tokenizer.json
runs ./more "also one that is among the others, too"
tokenizer 41 >more/tokenizer.json
fails 65 ./more 'token 40 of 41 has no row in token_embd.weight' \
	"an ordinary one is not"

# ---- folders in an archive ---------------------------------------------------
model whole
mkdir whole/original
cp whole/config.json whole/original/
tar -cf a.tar whole
runs ./a.tar "a folder in the model's folder is not the model"
tar -cf a.tar ./whole/original ./whole/*.*
runs ./a.tar "also one that comes before it"
tar -cf a.tar -C whole .
runs ./a.tar "nor where the model is not in a folder"
mkdir apart apart/a apart/b
cp whole/*.json apart/a
cp whole/*.safetensors apart/b
tar -cf a.tar apart
fails 65 ./a.tar 'no weights in it' "files of two folders are no model"
tar -cf a.tar more whole
fails 65 ./a.tar 'more than one model: more/config.json and whole/config' \
	"nor are two models one"

# ---- what tar makes of a folder ----------------------------------------------
mkdir links
for f in whole/*.*; do
	ln -s "../$f" links/
done
tar -cf a.tar links
fails 69 ./a.tar 'json: it is a symbolic link; pack with tar -h' \
	"links to the model's files"
tar -chf a.tar links
runs ./a.tar "their files, packed by tar -h"
ln -s nowhere whole/consolidated.safetensors
ln -s nowhere whole/original/tokenizer.json
tar -cf a.tar whole
runs ./a.tar "links that are not used"
rm whole/consolidated.safetensors whole/original/tokenizer.json
ln -s model.safetensors whole/model-1.safetensors
printf '{"weight_map":{"a":"model-1.safetensors"}}' \
	>whole/model.safetensors.index.json
tar -cf a.tar whole
fails 69 ./a.tar 'model-1.safetensors: it is a symbolic link' \
	"a link to the weights"
rm whole/model-1.safetensors whole/model.safetensors.index.json
tar --format=v7 -cf a.tar whole
runs ./a.tar "the oldest format of tar"

# ---- files that nobody asked for ---------------------------------------------
# facts MODEL: how large it is, and its digest.
facts() { headwater info "$1" | grep -E '^(size|digest|parameters) '; }
facts ./sound >want
for beside in consolidated original; do
	model beside
	head -c 100000 /dev/zero >beside/$beside.safetensors
	mkarchive a.zip beside/*
	for m in ./beside ./a.zip; do
		is "$(facts $m)" "$(cat want)" \
			"$m: $beside.safetensors does not count"
		runs $m "and is not read"
	done
	rm -r beside
done

# ---- files with nothing in them ----------------------------------------------
model empty
: >empty/generation_config.json
mkarchive a.zip empty/*
mkarchive a.tar empty/*
for m in ./empty ./a.zip ./a.tar; do
	runs $m "$m: an empty generation_config.json"
done
: >empty/config.json
mkarchive a.tar empty/*
for m in ./empty ./a.tar; do
	fails 65 $m "$m: config.json: byte 0" "$m: an empty config.json"
done
config >empty/config.json
: >empty/model.safetensors
mkarchive a.tar empty/*
for m in ./empty ./a.tar; do
	fails 65 $m 'model.safetensors: byte 0: a header of' \
		"$m: empty weights"
done

# ---- a large tokenizer -------------------------------------------------------
# padded MIB: tokenizer.json with so many MiB of blanks behind it.
padded() {
	tokenizer 40
	head -c $(($1 << 20)) /dev/zero | tr '\0' ' '
}
model large
padded 40 >large/tokenizer.json
mkarchive large.tar large/*
cp large/tokenizer.json large.json
for m in ./large ./large.tar ./large.json; do
	printf "aaa\n" | tokenize -m $m >out 2>err
	ok $? "$m: 40 MiB of tokenizer.json"
	diag "$(cat err)"
done
padded 64 >large/tokenizer.json
mkarchive large.tar large/*
cp large/tokenizer.json large.json
for m in ./large ./large.tar ./large.json; do
	fails 65 $m "$m.*more than 67108864 bytes" "more than 64 MiB"
done
rm -r large large.*
done_testing
