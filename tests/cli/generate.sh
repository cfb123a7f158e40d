#!/bin/sh
# SPDX-License-Identifier: MIT
# stream-infer --generate: what comes after the end of the stream is what the
# model finds likeliest, in lines, with the scores that a reader gives it.
. "${srcdir:-.}/tests/tap.sh"

limit='timeout 40'
awk -f "$srcdir/examples/make-sample-log.awk" | head -n 40 >log
tokenize log >stream
$limit stream-infer --generate 120 <stream >whole
$limit stream-infer <stream | detokenize >plain
detokenize <whole >text
head -c "$(wc -c <plain)" text | cmp -s - log
ok $? "the stream comes first, as it was"
tail -c "+$(($(wc -c <plain) + 1))" text >more
[ "$(wc -l <more)" -ge 2 ]
ok $? "then $(wc -l <more) whole lines and $(tail -n 1 more | wc -c) bytes"
detokenize --json <whole >json
grep -q '"generated"' json
ok $? "they are of a source of their own"
stream-infer --ids --generate 120 stream >ids
stream-infer --ids stream >before
n=$(grep -vc '^#' before)
grep -v '^#' ids | tail -n "+$((n + 1))" | tr ' ' '\n' | grep : >tail
is "$(grep -c . tail)" 120 "as many tokens as asked for"
# Read again, all of it: the very scores, or, where tiles read but do not write,
# nearly.
sed 's/:[^ ]*//g' ids | stream-infer --ids | grep -v '^#' |
	tr -s ' ' '\n' >again
grep -v '^#' ids | tr -s ' ' '\n' | paste -d : - again | awk -F : '
	NF % 2 { bad = 1 }
	{ for (i = 1; i <= NF / 2; i++) {
		d = $i - $(i + NF / 2)
		bad += i == 1 ? d != 0 : d > 0.25 || d < -0.25
		n++
	} }
	END { exit bad > 0 || n < 120 }'
ok $? "with the scores that reading them gives"
$limit stream-infer --ids --generate 120 -t 2 --chunk 7 <stream |
	grep -v '^#' >other
grep -v '^#' ids | cmp -s - other
ok $? "the same, however many threads"
for seed in 1 1 2; do
	$limit stream-infer --generate 60 --temp 1 --seed $seed <stream |
		detokenize | tail -c "+$(($(wc -c <log) + 1))" >by.$seed
	[ ! -e first ] && mv by.1 first
done
cmp -s first by.1
ok $? "by chance: equal seeds, equal lines"
cmp -s first by.2
is $? 1 "another seed, others"
$limit stream-infer --generate 60 --temp 0 --seed 5 <stream | detokenize |
	tail -c "+$(($(wc -c <log) + 1))" >cold
head -c "$(wc -c <cold)" more | cmp -s - cold
ok $? "at 0 there is no chance"
for t in 1e-6 1e-300 1e-308 1e-320; do
	$limit stream-infer --generate 60 --temp $t <stream | detokenize |
		tail -c "+$(($(wc -c <log) + 1))" >cold
	[ -s cold ] && head -c "$(wc -c <cold)" more | cmp -s - cold
	ok $? "nor, as it were, at $t"
done

# A token of the vocabulary ends a text.
mkmodel m.gguf vocab=300 d=64 seed=7 sink=1
echo 1 2 3 | stream-infer -m m.gguf --ids --generate 50 |
	grep -v '^#' | tail -n +2 | tr ' ' '\n' | grep -c : >count
[ "$(cat count)" -le 50 ] && [ "$(cat count)" -ge 1 ]
ok $? "of a model of random weights: $(cat count) tokens"
stream-infer --generate 5 </dev/null >out 2>err
is "$?/$(wc -l <err)" 65/1 "an input that is no stream"
tokenize </dev/null | stream-infer --generate 5 --ids | grep -v '^#' |
	tr ' ' '\n' | grep -c : >count
is "$(cat count)" 5 "after an empty one the BOS token is what it goes on from"
echo 1 2 3 | stream-infer -m m.gguf --ids -w 5 --cache=dense --generate 9 \
	>out 2>err
is "$?/$(grep -c full err)/$(grep -v '^#' out | tail -n +2 | tr ' ' '\n' |
	grep -c :)" 65/1/2 "a full dense cache ends it; what there is, is there"

# ---- where a text ends -------------------------------------------------------
# written MODEL: the ids that it writes behind three.
written() {
	echo 1 2 3 | stream-infer -m "$1" --ids --generate 12 2>err |
		grep -v '^#' | tail -n +2 | tr ' ' '\n' | sed -n 's/:.*//p'
}
# ends MODEL ID WHAT: it writes what is in whole, up to the first ID.
ends() {
	written "$1" >got
	awk -v id="$2" '{ print } $1 == id { exit }' whole >want
	cmp -s got want && [ "$(wc -l <want)" -lt 12 ] && [ ! -s err ]
	ok $? "$3: $(tail -n 1 got) at $(wc -l <got), $2 at $(wc -l <want)"
	diag "$(cat err)"
}
mkmodel m.gguf
written ./m.gguf >whole
id=$(sed -n 5p whole)
mkmodel eot.gguf eot="$id"
ends ./eot.gguf "$id" "GGUF: the token that ends a turn"
sed 's/eot_token_id/eom_token_id/' eot.gguf >eom.gguf
ends ./eom.gguf "$id" "that which ends a message"
mkmodel beyond.gguf eot=300
written ./beyond.gguf >got
is "$(wc -l <got)/$(grep -c eot_token_id err)" 0/1 "it must be a token"

mkhf "$srcdir/tests/golden/hf-llama.txt" hf
written ./hf >whole
id=$(sed -n 5p whole)
other=$(sed -n 9p whole)
mv hf/config.json config
# eos CONFIG [GENERATION]: what the two files say.
eos() {
	sed "s/\"eos_token_id\":null/\"eos_token_id\":$1/" config \
		>hf/config.json
	rm -f hf/generation_config.json
	[ $# -eq 1 ] || echo "{\"eos_token_id\":$2}" \
		>hf/generation_config.json
}
eos "$id"
ends ./hf "$id" "config.json: one"
eos "[0,$other,$id]"
ends ./hf "$id" "some"
eos null "$id"
ends ./hf "$id" "generation_config.json: one"
eos "$other" "[0,$id]"
ends ./hf "$id" "some, besides that of config.json"
mkarchive hf.tar hf/*
ends ./hf.tar "$id" "in an archive"
eos "[-1,96,4294967295,4294967296]" null
written ./hf >got
cmp -s whole got
ok $? "ids that are no tokens end nothing"
diag "$(cat err)"
for bad in '"2"' '[[2]]' '2.5' '{}'; do
	eos null "$bad"
	written ./hf >got
	is "$(cat got err)" "stream-infer: ./hf: generation_config.json: byte \
1: eos_token_id is not a token or a list of tokens" "$bad is refused"
done
eos "$(seq -s , 0 95 | sed 's/.*/[&]/')"
written ./hf >got
is "$(wc -l <got)" 1 "all may end it"

# ---- a line that does not end ------------------------------------------------
# Bare ids spell no newline; a record has at most 1024 of them.
mkmodel bare.gguf tokenizer=none d=8 heads=2 ffn=8
# parts OPTION...: of each generated record its tokens, and which part it is.
parts() {
	echo 1 2 3 | stream-infer -m ./bare.gguf --ids "$@" 2>err |
		sed '1,/ generated$/d; s/^#at.*part=/part=/; s/^#.*//' |
		awk '/^part=/ { part = $1 }
		/:/ { printf "%d %s, ", NF, part; part = "" }'
}
is "$(parts --generate 1023)" "1023 , " "a line of a record"
is "$(parts --generate 1024)" "1024 , " "one that just fits"
is "$(parts --generate 1025)" "1024 part=first, 1 part=last, " \
	"one that does not"
is "$(parts --generate 2048)" "1024 part=first, 1024 part=last, " \
	"one of two whole records"
is "$(parts --generate 2000 --cache=dense -w 1026)/$(grep -c full err)" \
	"1024 , /1" "one that a full cache ends"
echo - | stream-infer -m ./bare.gguf --ids --generate 3 >out 2>err
is "$?/$(cat err)" \
	"65/stream-infer: nothing was read that a text could go on from" \
	"without a token nothing goes on, and the stream is to blame"

# ---- spaces ------------------------------------------------------------------
# Without weights all tokens are as likely, and the first is written: a space.
{
	printf 'config {"model_type":"llama","hidden_size":8,'
	printf '"num_hidden_layers":1,"num_attention_heads":2,'
	printf '"intermediate_size":8,"max_position_embeddings":64}\n'
	echo tensor model.embed_tokens.weight 3x8 float32 -
	echo tensor model.norm.weight 8 float32 -
	for t in input_layernorm post_attention_layernorm; do
		echo tensor model.layers.0.$t.weight 8 float32 -
	done
	for t in self_attn.q self_attn.k self_attn.v self_attn.o mlp.gate \
		mlp.up mlp.down; do
		echo "tensor model.layers.0.${t}_proj.weight 8x8 float32 -"
	done
} >vectors
mkhf vectors blank
size=$(wc -c <blank/model.safetensors)
header=$((8 + $(od -An -tu4 -N4 blank/model.safetensors)))
{
	head -c $header blank/model.safetensors
	head -c $((size - header)) /dev/zero
} >zeros
mv zeros blank/model.safetensors
# spaces SPACE STEPS: those that end up behind "a", and how many times the
# stream has to say what a record reads.
spaces() {
	cat >blank/tokenizer.json <<-END
	{$2,"model":{"type":"BPE","unk_token":"?","merges":[],"vocab":
	{"$1":0,"a":1,"?":2}}}
	END
	printf a | tokenize -m ./blank >tokens &&
		stream-infer -m ./blank --generate 3 <tokens >stream &&
		detokenize <stream | tr ' ' _
	echo "/$(stream-infer -m ./blank --ids --generate 3 <tokens |
		grep -c '^#frame type=11')"
}
bytes='"pre_tokenizer":{"type":"ByteLevel","use_regex":true,"add_prefix_space"'
is "$(spaces Ġ "$bytes:false}")" a___/0 "byte pairs: three spaces are three"
is "$(spaces Ġ "$bytes:true}")" a___/1 \
	"also where the tokenizer puts one before a text"
meta='"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme"'
is "$(spaces ▁ "$meta:\"never\"}")" a___/0 "likewise of characters"
is "$(spaces ▁ "$meta:\"always\"}")" a___/1 "and there"

for bad in '--temp 1' '--seed 1' '--generate 0' '--generate 2 --temp x' \
	'--generate 2 --temp -1' '--generate 2 --cache=recompute'; do
	# shellcheck disable=SC2086
	stream-infer $bad <stream >out 2>err
	is "$?/$(wc -l <err)" 2/1 "$bad is a usage error"
done
done_testing
