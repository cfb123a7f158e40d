#!/bin/sh
# SPDX-License-Identifier: MIT
# headwater models and headwater info: what is found where, what it consists
# of, and what is missing where it cannot be run.
. "${srcdir:-.}/tests/tap.sh"
unset HEADWATER_PKGDATADIR

# field WORD: what the last `info` said of it.
field() { sed -n "s/^$1  *//p" out; }
# about STATUS ARGUMENTS... DESCRIPTION
about() {
	want=$1
	shift
	headwater info "$@" >out 2>err
	rc=$?
	[ $rc -eq "$want" ] && [ "$(wc -l <err)" -eq $((want != 0)) ]
	ok $? "headwater info $*: $rc $(cat err)"
}

# ---- what a model consists of -----------------------------------------------
mkmodel small.gguf vocab=260 d=32 layers=2 heads=4 kv=2 ffn=64 context=128 \
	type=q8_0
about 0 ./small.gguf
is "$(field file)/$(field format)/$(field architecture)" \
	./small.gguf/gguf/llama "its file, format and architecture"
is "$(field parameters)" 35.2k "its parameters"
is "$(field types)" "Q8_0 35.1k in 16, F32 160 in 5 tensors" \
	"its types, the most common first"
is "$(field layers)/$(field width)/$(field heads)/$(field context)" \
	"2/32, feed-forward 64/4 of 8, 2 of keys and values/128 tokens" \
	"its shape"
is "$(field tokenizer)/$(field vocabulary)" \
	"byte-level BPE, pre-tokenizer gpt-2/260 tokens" "its tokenizer"
like "$(field cache)" "4 sinks + 123 recent (*16)" "the cache by default"
like "$(field memory)" "* MiB, weights: 0 bytes unpacked, the rest mapped" \
	"and its memory"
tokenize -m ./small.gguf </dev/null >empty
little=$(field digest | fold -w 2 | sed '1!G;h;$!d' | tr -d '\n')
is "$(od -An -tx1 empty | tr -d ' \n' | grep -c "$little")" 1 \
	"the digest is the one in a stream"

# ---- memory, against what stream-infer says that it took --------------------
cp "$srcdir/lib/model/headwater-log.gguf" log.gguf
tokenize -m ./log.gguf </dev/null >empty
for o in '-t 1' '-t 2 -w 3000' '-t 1 -s 7 --kv f32' '-t 3 --kv f16'; do
	# shellcheck disable=SC2086 # words
	stream-infer -v $o -m ./log.gguf <empty 2>said >/dev/null
	took=$(sed -n 's/.*cache.*, \([0-9.]* MiB\)$/\1/p' said)
	# shellcheck disable=SC2086 # words
	headwater info $o ./log.gguf >out
	like "$(field memory)" "$took, *" "the memory of $o"
done

# ---- what is found where ----------------------------------------------------
headwater models >out
like "$(cat out)" 'headwater-log  *llama *Q8_0*/headwater-log.gguf' \
	"the bundled model is found"
is "$(wc -l <out)" 1 "once"
about 0
is "$(field name)" headwater-log "and is the default"
like "$(field cache)" '1 sink + 4096 recent*' "with the window it advises"
is "$(HEADWATER_MODEL=./small.gguf headwater info | sed -n '2s/.* //p')" \
	fixture "but for \$HEADWATER_MODEL"

mkdir -p first/dir second data/headwater/models
cp small.gguf first/mine.gguf
mkmodel second/mine.gguf vocab=260 name=other
mkmodel data/headwater/models/theirs.gguf vocab=260 name=theirs
head -c 500 small.gguf >second/cut.gguf
echo '{}' >first/dir/config.json
: >first/notes.txt
: >first/packed.tar.gz
: >first/split-00001-of-00002.gguf
: >first/split-00002-of-00002.gguf
ln -s ../first/mine.gguf second/again.gguf
HEADWATER_MODELS=$T/none:$T/first:$T/second XDG_DATA_HOME=$T/data
export HEADWATER_MODELS XDG_DATA_HOME
headwater models >out
is "$(cut -d' ' -f1 out | tr '\n' ' ')" \
	"dir mine packed split-00001-of-00002 cut mine theirs headwater-log " \
	"folders in their order, each file once"
like "$(grep ^cut out)" '*cannot be run: */cut.gguf: byte *' \
	"what cannot be run says why"
about 0 mine
is "$(field file)" "$T/first/mine.gguf" "of two with one name, the first"
about 0 theirs
is "$(field file)" "$T/data/headwater/models/theirs.gguf" \
	"a name is found in XDG's data"
is "$(echo x | tokenize -m theirs --ids | head -n 1 | grep -c theirs)" 1 \
	"by the filters, too"
cp second/mine.gguf first/headwater-log.gguf
about 0
like "$(field file)" '*/lib/model/headwater-log.gguf' \
	"nothing of the user's comes before the bundled model"

# ---- what cannot be run -----------------------------------------------------
LC_ALL=C sed 's/architecture\(............\)llama/architecture\1llamb/' \
	small.gguf >other.gguf 2>/dev/null
if cmp -s small.gguf other.gguf; then
	skip "this sed cannot change a binary file"
else
	about 69 ./other.gguf
	like "$(cat err)" '*other.gguf: architecture "llamb"; this version*' \
		"the architecture is what is missing"
	is "$(field architecture)/$(field vocabulary)" "llamb/260 tokens" \
		"the rest is told"
fi
about 66 nowhere
about 65 second/cut.gguf
is "$(cat out)" "" "of a damaged file nothing is told"
echo '{"model":{"type":"BPE","unk_token":"a","vocab":{"a":0},"merges":[]}}' \
	>t.json
about 0 ./t.json
like "$(field use)" 'tokenize only*' "a tokenizer by itself"
headwater info small.gguf ./nowhere >out 2>err
is $?/"$(grep -c ^file out)/$(wc -l <err)" 66/1/1 "several are told in turn"
headwater-info --list small.gguf >out 2>err
is $? 2 "--list takes no operand"
headwater info >/dev/full 2>err
is $?/"$(wc -l <err)" 74/1 "a full disk is told"
done_testing
