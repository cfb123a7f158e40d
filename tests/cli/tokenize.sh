#!/bin/sh
# SPDX-License-Identifier: MIT
# tokenize: files that are missing or damaged, packed files of all sorts, live
# input that is never held back, and an orderly end.
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done
limit='timeout -k 1 20'

# text ARGUMENT...: what tokenize made of it, spelled again; sets rc.
text() {
	tokenize "$@" >stream 2>err
	rc=$?
	detokenize <stream
}

# ---- files -----------------------------------------------------------
printf 'one\ntwo\n' >a
printf 'three, unterminated' >b
is "$(text a - b <a; echo "/$rc")" "$(cat a a b; echo /0)" \
	"files and standard input, one after another"
tokenize none a also-none b >stream 2>err
is "$?/$(detokenize <stream)" "66/$(cat a b)" \
	"a missing file: the others are read, exit 66"
is "$(grep -c "^tokenize: .*none: No such file" err)/$(wc -l <err)" 2/2 \
	"a line for each names it"
tokenize a . >stream 2>err
is "$?/$(detokenize <stream)" "66/$(cat a)" "likewise a folder"
tokenize --max-record=3 a >out 2>err
is "$?/$(wc -c <out)" 2/0 "records of 3 bytes are refused"
tokenize --max-record=16 b >stream
is "$(detokenize <stream)" "$(cat b)" "a long record in parts is the same"
is "$(tokenize --ids --max-record=16 b | grep -vc '^#')" 2 \
	"and there are two parts"

# ---- packed files ------------------------------------------------------
gzip -c a >a.gz
i=0
while [ "$i" -lt 40000 ]; do
	echo "$i $((i * 7919 % 10007))"
	i=$((i + 1))
done >long
gzip -c long >long.gz
head -c "$(($(wc -c <long.gz) - 1000))" long.gz >cut.gz
tokenize cut.gz a >stream 2>err
is "$?/$(wc -l <err)" 65/1 "a gzip file that was cut: exit 65, one line"
grep -q '^tokenize: cut.gz: damaged gzip' err
ok $? "that names it"
detokenize <stream >out
size=$(($(wc -c <out) - $(wc -c <a)))
{ head -c "$size" long && cat a; } | cmp -s - out
ok $? "what came before the damage is given, and so is the next file"
[ "$size" -gt $(($(wc -c <long) - 131072)) ]
ok $? "all but the last block or so"
cat a.gz b >follows
is "$(text follows; echo "/$rc")" "$(cat a; echo /65)" \
	"a plain file behind a gzip file is an error"
grep -q 'something else follows the gzip data at byte' err
ok $? "that says where"
text --plain a.gz | cmp -s - a.gz
ok $? "--plain leaves a gzip file as it is"
head -c 3000 /dev/zero | gzip | tokenize | detokenize >out
head -c 3000 /dev/zero | cmp -s - out
ok $? "zeros, compressed"
printf 'BZh91AY&SY is how bzip2 begins\n' >bz
text bz | cmp -s - bz
ok $? "a line that begins like bzip2"
mkdir d
cp a a.gz d/
ln a d/link
ln -s a d/symlink
tar -cf d.tar d
gzip -c d.tar >d.tgz
for f in d.tar d.tgz; do
	is "$(text "$f" | sort | uniq -c | tr -s ' \n' ' ')" ' 3 one 3 two ' \
		"$f: regular files, packed ones too"
done
is "$(tokenize -v d.tgz 2>&1 >/dev/null | grep -c ': d\.tgz:d/')" 3 \
	"each is a source, named"
if command -v zip >/dev/null; then
	zip -q d.zip d/a d/a.gz
	is "$(text d.zip)" "$(cat a a)" "a zip archive"
	is "$(text <d.zip)" "$(cat a a)" "also on standard input"
else
	skip "zip is not installed"
	skip "zip is not installed"
fi


# Damage that still unpacks shows in the size or the checksum at the end of the
# file in the archive.
# spoil FILE OFFSET: one with a byte that is wrong.
spoil() {
	cp "$1" spoilt
	byte=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tu1)
	# shellcheck disable=SC2059
	printf "\\$(printf %o $((byte ^ 255)))" |
		dd of=spoilt bs=1 seek="$2" conv=notrunc 2>/dev/null
}
mkarchive long.zip long a
spoil long.zip 60000
for in in spoilt -; do
	is "$(text "$in" <spoilt >out; echo "$rc/$(wc -l <err)")" 65/1 \
		"a damaged file in a zip archive ($in): exit 65, one line"
	is "$(head -n 10 out)/$(tail -n 2 out)" \
		"$(head -n 10 long)/$(cat a)" \
		"what came before, and the next file in it, are given"
done
grep -q '^tokenize: standard input:long: damaged zip, before byte .*ZIP' err
ok $? "and it is named"
# A tar archive ends before the file that it is in, and has no checksums.
tar -cf long.tar long
mkarchive long.zip long.tar a
spoil long.zip 60000
is "$(text spoilt >out; echo "$rc/$(wc -l <err)/$(tail -n 2 out)")" \
	"65/1/$(cat a)" "a damaged tar archive in a zip archive"

# What unpacks is loaded when something is packed, and not before: so a line
# need not wait for it.
mkdir broken
: >broken/libarchive.so.13
LD_LIBRARY_PATH=$PWD/broken tokenize a 2>err | detokenize | cmp -s - a
ok $? "plain input needs no libarchive"
is "$(LD_LIBRARY_PATH=$PWD/broken tokenize a.gz 2>err >out; echo $?)" 69 \
	"packed input does"
grep -q '^tokenize: libarchive (libarchive.so.13) cannot be loaded$' err
ok $? "that says so"

# ---- live input --------------------------------------------------------
mkfifo in got
# live NAME OPTION... : tokenize between the two.
live() {
	# shellcheck disable=SC2086
	$limit tokenize --ids "$@" <in >got 2>err &
	pid=$!
	exec 5>in 6<got
}
# The next line of ids.
answer() {
	while read -r ids <&6; do
		case $ids in '#'*) ;; *) break ;; esac
	done
	[ -n "$ids" ]
}
live
printf 'one\n' >&5
answer
ok $? "a line is answered before the next is written"
printf 'BZh9\n' >&5
answer
ok $? "and the next"
exec 5>&- 6<&-
wait "$pid"
live
printf 'BZh91AY&SY is how it begins\n' >&5
answer
ok $? "also one that begins like bzip2"
exec 5>&- 6<&-
wait "$pid"
live -z
printf 'one\0' >&5
answer
ok $? "a record that ends with NUL is answered, too"
exec 5>&- 6<&-
wait "$pid"

# ---- an orderly end ------------------------------------------------------
for sig in INT=130 TERM=143; do
	env --default-signal=INT $limit sh -c 'echo $$ >pid
		exec tokenize --ids' <in >got 2>err &
	pid=$!
	exec 5>in 6<got
	printf 'one\ntwo\nthr' >&5
	answer
	answer
	kill -s "${sig%=*}" "$(cat pid)"
	answer
	ok $? "SIG${sig%=*}: what was read of the next record is given"
	is "$(cat <&6 | cut -d' ' -f1)" "#end" "and the stream is ended"
	exec 5>&- 6<&-
	wait "$pid"
	is "$?/$(cat err)" "${sig#*=}/" "then it dies of the signal"
done

# A letter and its accent, two characters.  The vocabulary has a token for both
# as one, which some models' tokenizers make of them: a GGUF file does not say.
printf 'caf\145\314\201\n' >accent
for row in qwen2=5 mpt=5 olmo=5 gpt-2=7 llama-bpe=7; do
	mkmodel nfc.gguf vocab=290 pre=${row%=*}
	tokenize -m ./nfc.gguf --ids accent | grep '^[0-9]' >ids
	is "$(wc -w <ids)" "${row#*=}" "${row%=*}: so many tokens"
	tokenize -m ./nfc.gguf accent | detokenize | cmp -s - accent
	ok $? "and the text comes out as it was"
done
done_testing
