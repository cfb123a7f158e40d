#!/bin/sh
# SPDX-License-Identifier: MIT
# The converter of the bundled model: a model of known weights, written as
# Hugging Face writes it, must come out as mkmodel writes it.
. "${srcdir:-.}/tests/tap.sh"

for python in python3 /usr/bin/python3 ''; do
	[ -z "$python" ] || ! "$python" -c 'import numpy' 2>/dev/null || break
done
[ -n "$python" ] || skip_all "no python3 with numpy"
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
check="$python $srcdir/tests/cli/convert.py"
hf2gguf="$python $srcdir/examples/bundled-model/hf2gguf.py"
shape='vocab=280 d=64 heads=4 kv=2 layers=2 ffn=96'

# shellcheck disable=SC2086 # words
convert() { # TYPE TYPE [KEY=VALUE]...
	type=$1
	to=$2
	shift 2
	rm -rf hf
	mkmodel in.gguf $shape type="$type" "$@" &&
		$check to-hf in.gguf hf &&
		$hf2gguf hf out.gguf --name fixture --pre gpt-2 --type "$to" \
			--sink-token
}

for tied in 0 1; do
	for to in f32 f16 bf16 q8_0 q4_0; do
		convert f32 $to tied=$tied
		ok $? "an F32 model is converted to $to (tied: $tied)"
		# shellcheck disable=SC2086
		mkmodel want.gguf $shape type=$to tied=$tied sink=1
		$check same want.gguf out.gguf >said
		ok $? "weights, shape and tokenizer come out byte for byte"
		diag "$(cat said)"
	done
	# The last one: 2 is Q4_0, 8 is Q8_0.
	$check types out.gguf >said
	output=$([ $tied = 1 ] && echo token_embd || echo output).weight
	[ "$(grep -c '^2 ' said)" -eq $((15 - tied)) ] &&
		[ "$(grep '^8 ' said)" = "8 $output" ]
	ok $? "all matrices are Q4_0, but for the output matrix"
done
for type in f16 bf16; do
	convert $type q8_0
	ok $? "weights in $type are converted"
	$check near in.gguf out.gguf >said
	ok $? "and are right to half a step of Q8_0"
	diag "$(cat said)"
done
cp out.gguf first.gguf
convert bf16 q8_0 && cmp first.gguf out.gguf
ok $? "the same input gives the same bytes"
$hf2gguf hf out.gguf --name fixture --pre gpt-2 --window 77 &&
	headwater-info out.gguf >said
like "$(cat said)" '*+ 77 recent*' "a window is advised"

# The mean of two models of one shape.
average="$python $srcdir/examples/bundled-model/average.py"
convert f32 f32 seed=1 && mv hf one && mv in.gguf one.gguf &&
	convert f32 f32 seed=2 && $average mid one hf >said &&
	$hf2gguf mid mid.gguf --name fixture --pre gpt-2 --type f32 >>said &&
	$check mean one.gguf in.gguf mid.gguf >>said
ok $? "two models are averaged"
diag "$(cat said)"
$average mid one hf >said 2>&1
[ $? -ne 0 ] && [ "$(wc -l <said)" -eq 1 ]
ok $? "not over what is there: $(cat said)"
$average other one none >said 2>&1
[ $? -ne 0 ] && [ "$(wc -l <said)" -eq 1 ] && [ ! -e other ]
ok $? "nor of what is not there: $(cat said)"
convert f32 f32 layers=1
$average other one hf >said 2>&1
[ $? -ne 0 ] && [ "$(wc -l <said)" -eq 1 ] && [ ! -e other ]
ok $? "nor two of different shapes: $(cat said)"

# Layers with a window of their own, and layers without.
# shellcheck disable=SC2086
convert f32 f32 layers=3 window=6 &&
	mkmodel want.gguf $shape layers=3 window=6 sink=1 &&
	$check same want.gguf out.gguf >said &&
	$check keys out.gguf | grep -q 'pattern \[True, False, True\]'
ok $? "windows of layers come out: $($check keys out.gguf | grep sliding |
	xargs)"
diag "$(cat said)"
sed -i 's/\[6, 0, 6\]/[6, 0, 7]/' hf/config.json
$hf2gguf hf out.gguf --name fixture --pre gpt-2 >said 2>&1
[ $? -ne 0 ] && [ "$(wc -l <said)" -eq 1 ]
ok $? "windows of two sizes are refused: $(cat said)"

# The same weights as a qwen2: it rotates halves, so that the matrices stay as
# they are; and what the folder says with biases, the file says.
bits() { stream-infer --ids -m "$1" <ids | grep -v '^#' | tr : ' '; }
near() { # FILE FILE: numbers of 300 tokens, but for rounding
	paste -d ' ' "$1" "$2" | awk '$1 != $4 || ($2 - $5) ^ 2 > 1e-6 ||
		($3 - $6) ^ 2 > 1e-6 { exit 1 }
		END { if (NR != 300) exit 1 }'
}
qwen2() { # SIZE OF BIASES
	$check biases hf "$1" &&
		$hf2gguf hf out.gguf --name fixture --pre gpt-2 --type f32
}
awk 'BEGIN { for (i = 0; i < 300; i++) print 2 + i * 7919 % 278 }' >ids
convert f32 f32 && bits hf >llama && qwen2 0 && bits out.gguf >zero &&
	near llama zero
ok $? "a qwen2 without biases predicts what the llama predicts"
qwen2 1 && bits hf >want && bits out.gguf >got &&
	near want got
ok $? "and with biases what the folder predicts"
! near zero got
ok $? "which is something else"

sed -i 's/"model_type": "qwen2"/"model_type": "other"/' hf/config.json
$hf2gguf hf out.gguf --name fixture --pre gpt-2 >said 2>&1
[ $? -ne 0 ] && [ "$(wc -l <said)" -eq 1 ]
ok $? "another architecture is refused: $(cat said)"
done_testing
