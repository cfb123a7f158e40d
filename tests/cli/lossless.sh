#!/bin/sh
# SPDX-License-Identifier: MIT
# tokenize | detokenize gives back every byte, whatever the bytes are.
# HEADWATER_SOAK_BYTES makes the big file bigger (make soak-lossless: 1 GiB).
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done
: "${HEADWATER_SOAK_BYTES:=4194304}"

# same FILE WHAT: the way through both filters is the identity.
same() {
	tokenize <"$1" | detokenize | cmp - "$1" >differs 2>&1
	ok $? "$2"
	sed 's/^/# /' differs
}

# Reproducible noise: the bytes of a linear congruential generator.
noise() {
	awk -v n="$1" -v x="$2" 'BEGIN {
		for (i = 0; i < n; i++) {
			x = (x * 1103515245 + 12345) % 2147483648
			printf "%c", int(x / 65536) % 256
		}
	}'
}
seed=${HW_SEED:-$$}
diag "HW_SEED=$seed"
LC_ALL=C noise 100000 "$seed" >random
same random "random bytes"
: >empty
same empty "nothing"
printf '\n\n\r\n\n' >newlines
same newlines "empty lines"
printf 'no newline at the end' >unterminated
same unterminated "an unterminated last line"
printf 'a\0b\n\0\0\nc' >nul
same nul "NUL bytes"
printf 'caf\303\251 \303 \251 \360\237\230\200 \377\376 \355\240\200\n' >utf8
same utf8 "UTF-8, cut and invalid"
printf '<|endoftext|> </s> <|im_end|> <s>[INST]\n' >special
same special "text that spells special tokens"
printf '        \t\t    indented   \t \n' >blanks
same blanks "runs of blanks"

for f in "$srcdir"/examples/* "$srcdir/README.md"; do
	[ -f "$f" ] || continue
	cmp -s "$f" /dev/null || same "$f" "${f#"$srcdir"/}"
done

# Records end with NUL under -z, here and there.
printf 'one\ntwo\0three\0' >zero
tokenize -z <zero | detokenize | cmp -s - zero
ok $? "NUL-terminated records"

# Without a newline: cut into parts, and held in little memory.
yes 'no newline, over and over; ' | tr -d '\n' |
	head -c "$HEADWATER_SOAK_BYTES" >big
sum=$(cksum <big)
(
	# shellcheck disable=SC3045 # dash and bash have it
	grep -q 'define HW_SANITIZE' "$builddir/config.h" ||
		ulimit -v 400000 2>/dev/null
	tokenize <big | detokenize | cksum >sum
) 2>err
is "$(cat sum)" "$sum" "$HEADWATER_SOAK_BYTES bytes without a newline"
is "$(cat err)" "" "in bounded memory"

# An archive is its files, one after another; so are compressed files.
mkdir logs
cp "$srcdir"/examples/*.sh logs/
tar -cf logs.tar logs
gzip -c logs.tar >logs.tar.gz
tar -tf logs.tar | while read -r f; do
	[ -d "$f" ] || cat "$f"
done >want
tokenize logs.tar.gz | detokenize | cmp -s - want
ok $? "a tar.gz of several files, as an operand"
tokenize <logs.tar.gz | detokenize | cmp -s - want
ok $? "and on standard input"
for z in gzip xz zstd bzip2 lz4; do
	if ! command -v "$z" >/dev/null; then
		skip "$z is not installed"
		continue
	fi
	"$z" -c <want >want.z
	tokenize want.z | detokenize | cmp -s - want
	ok $? "a file compressed by $z"
done
done_testing
