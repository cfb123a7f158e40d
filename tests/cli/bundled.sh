#!/bin/sh
# SPDX-License-Identifier: MIT
# The bundled model is the file that its checksum names, and the only one: a
# byte more or less is noticed.
. "${srcdir:-.}/tests/tap.sh"

if command -v sha256sum >/dev/null; then
	check='sha256sum -c'
elif command -v shasum >/dev/null; then
	check='shasum -a 256 -c'
else
	skip_all "neither sha256sum nor shasum"
fi
model=headwater-log.gguf
cd "$srcdir/lib/model" || exit 99
$check $model.sha256 >"$T/out" 2>&1
ok $? "$model has the SHA-256 that is pinned beside it"
diag "$(cat "$T/out")"
is "$(wc -l <$model.sha256) $(awk '{ print $2 }' $model.sha256)" "1 $model" \
	"which names that file and no other"
cd "$T" || exit 99
cp "$srcdir/lib/model/$model.sha256" .
{
	cat "$srcdir/lib/model/$model"
	echo
} >$model
! $check $model.sha256 >out 2>&1
ok $? "and not one of a byte more"
[ "$(wc -c <"$srcdir/lib/model/$model")" -le 20000000 ]
ok $? "it has at most 20 MB"
done_testing
