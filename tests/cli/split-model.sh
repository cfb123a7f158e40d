#!/bin/sh
# SPDX-License-Identifier: MIT
# A GGUF model in several files is the same model; each way in which its parts
# may not fit together is told in one line.
. "${srcdir:-.}/tests/tap.sh"
shape='vocab=260 d=32 layers=3 heads=4 kv=2 ffn=64 type=q8_0'
# shellcheck disable=SC2086 # words
{
	mkmodel whole.gguf $shape
	mkmodel m.gguf $shape parts=4
	mkmodel three.gguf $shape parts=3
}
seq 40 | tokenize -m ./whole.gguf >stream
scores() { stream-infer --ids -m "$1" <stream | grep -v '^#'; }
scores ./whole.gguf >want
scores ./m-00001-of-00004.gguf >got
cmp -s want got && [ "$(wc -l <got)" -ge 40 ]
ok $? "a model in four parts gives the scores of the whole, all alike"
is "$(headwater info ./m-00001-of-00004.gguf | grep types)" \
	"$(headwater info ./whole.gguf | grep types)" "and has its tensors"
seq 40 | tokenize -m ./m-00001-of-00004.gguf --ids | grep -v '^#' >got
seq 40 | tokenize -m ./whole.gguf --ids | grep -v '^#' | cmp -s - got
ok $? "and its vocabulary"
mkdir models && cp m-* models/
is "$(cd / && HEADWATER_MODELS=$T/models headwater models |
	grep -c "^m-00001-of-00004 .*llama")/$(ls models | wc -l)" 1/4 \
	"it is one model in a list"

# refused STATUS WORDS WHAT: the parts beginning with x-.
refused() {
	headwater info ./x-00001-of-00004.gguf >out 2>err
	rc=$?
	[ $rc -eq "$1" ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "$2" err
	ok $? "$3: $rc $(cat err)"
	rm -f x-*
	fresh
}
fresh() {
	for i in 1 2 3 4; do
		cp m-0000$i-of-00004.gguf x-0000$i-of-00004.gguf
	done
}

fresh
rm x-00003-of-00004.gguf
refused 66 'x-00003-of-00004.gguf: No such file' "a missing part"
cp m-00003-of-00004.gguf x-00002-of-00004.gguf
refused 65 'part 3 of 4, not part 2 of 4' "parts in another order"
cp three-00002-of-00003.gguf x-00002-of-00004.gguf
refused 65 'part 2 of 3, not part 2 of 4' "a part of another model"
cp whole.gguf x-00002-of-00004.gguf
refused 65 'no key split.no' "a file that is no part"
head -c 2000 m-00002-of-00004.gguf >x-00002-of-00004.gguf
refused 65 'x-00002-of-00004.gguf: .*outside the file' "a part cut short"
head -c 60 m-00002-of-00004.gguf >x-00002-of-00004.gguf
refused 65 'x-00002-of-00004.gguf: byte 8: .*cannot be in 60' \
	"one cut within its header"
cp m-00002-of-00004.gguf x-00001-of-00004.gguf
refused 65 'part 2 of a split model; give its first' "not the first"
cp m-00001-of-00004.gguf y.gguf
headwater info ./y.gguf >out 2>err
is $?/"$(wc -l <err)/$(grep -c 'does not end in -00001-of-00004' err)" \
	65/1/1 "a first part under another name"
done_testing
