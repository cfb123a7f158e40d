#!/bin/sh
# SPDX-License-Identifier: MIT
# A broken model ends every program that is given one with exit 65 (69: sound,
# but not for this version; 66: not there), one line, and no output.
. "${srcdir:-.}/tests/tap.sh"

mkmodel good.gguf vocab=260 d=32 layers=1 heads=4 kv=2 ffn=32
printf 'a line\n' >log

# refused STATUS MODEL WHAT
refused() {
	for program in "tokenize log" "stream-infer --ids"; do
		# shellcheck disable=SC2086 # words
		$program -m "$2" </dev/null >out 2>err
		status=$?
		[ $status -eq "$1" ] && [ ! -s out ] &&
			[ "$(wc -l <err)" -eq 1 ]
		ok $? "${program%% *}: $3: $(cat err)"
		[ $status -eq "$1" ] || diag "exit $status, not $1"
	done
}

refused 66 ./missing.gguf "no file"
refused 65 ./ "a directory"
refused 65 /dev/zero "no end of zeros"
: >empty.gguf
refused 65 ./empty.gguf "an empty file"
refused 65 ./log "another kind of file"
mkfifo fifo && refused 65 ./fifo "a FIFO"
for bytes in 4 23 24 500 5000; do
	head -c $bytes good.gguf >cut.gguf
	refused 65 ./cut.gguf "cut at $bytes bytes"
done
head -c $(($(wc -c <good.gguf) - 64)) good.gguf >cut.gguf
refused 65 ./cut.gguf "the last weights are missing"
{
	head -c 8 good.gguf
	printf '\377\377\377\377\377\377\377\377'
	tail -c +17 good.gguf
} >count.gguf
refused 65 ./count.gguf "2^64 - 1 tensors"
{
	head -c 4 good.gguf
	printf '\011'
	tail -c +6 good.gguf
} >version.gguf
refused 69 ./version.gguf "a version to come"

# Heads of a size that no kernel has.
for d in 6 260 1024; do
	mkmodel heads.gguf vocab=260 d=64 layers=1 heads=1 kv=1 head_dim=$d
	stream-infer --ids -m ./heads.gguf </dev/null >out 2>err
	is "$?/$(wc -c <out)/$(cat err)" "69/0/stream-infer: ./heads.gguf: \
heads of $d dimensions; this version takes multiples of 4 up to 256" \
		"heads of $d"
done
mkmodel heads.gguf vocab=260 d=64 layers=1 heads=1 kv=1 head_dim=256
echo '1 2 3' | stream-infer --ids -m ./heads.gguf >out 2>err
is "$?/$(grep -c '^[0-9]' out)/$(cat err)" 0/1/ "heads of 256 run"

# Cut short while it is in use: the model is open once its kernels are told.
mkmodel large.gguf vocab=4096 d=256 layers=2 heads=4 kv=2 ffn=512
tokenize -m ./large.gguf log >stream
mkfifo told input
stream-infer -v -t 1 -m ./large.gguf <input >out 2>told &
pid=$!
exec 5>input 6<told
while read -r line <&6; do
	case $line in *kernels*) break ;; esac
done
: >large.gguf
cat stream >&5
exec 5>&-
cat <&6 >err
wait $pid
is $?/"$(cat err)" "74/stream-infer: ./large.gguf: the file was cut short \
while it was in use, or cannot be read" "a file that is cut short in use"
exec 6<&-

tokenize -m ./good.gguf --ids log >ids 2>err
[ $? -eq 0 ] && [ -s ids ] && [ ! -s err ]
ok $? "the sound model is taken"
diag "$(cat err)"
done_testing
