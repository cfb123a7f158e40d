#!/bin/sh
# SPDX-License-Identifier: MIT
# The generator of log streams: every kind writes whole lines, the same ones
# for the same seed, in whatever order Python hashes.
. "${srcdir:-.}/tests/tap.sh"

python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null ||
	skip_all "no python3"
PYTHONDONTWRITEBYTECODE=1
PYTHONPATH=$srcdir/examples/bundled-model
export PYTHONDONTWRITEBYTECODE PYTHONPATH
check=$srcdir/tests/cli/streams.py

python3 "$check" material material
ok $? "a small material is written"
streams() { # KINDS SEED BYTES
	python3 -m streams --material material --kinds "$1" --seed "$2" \
		--bytes "$3" 2>err
}

python3 "$check" kinds material >kinds
[ "$(wc -l <kinds)" -gt 20 ]
ok $? "$(wc -l <kinds) kinds are made"
while read -r kind wrong; do
	is "$wrong" "" "$kind: whole lines without carriage returns"
done <kinds

PYTHONHASHSEED=1 streams all 7 600000 >a
PYTHONHASHSEED=2 streams all 7 600000 >b
cmp a b
ok $? "the same seed gives the same text"
streams all 8 600000 >b
! cmp -s a b
ok $? "another seed gives another"
streams prototype 7 100 >/dev/null && ! grep -q mobile err
ok $? "the kinds of the prototype alone"
! streams nonesuch 1 100 >/dev/null && grep -q 'no such kind' err
ok $? "an unknown kind is refused"

python3 "$srcdir/examples/bundled-model/tokenizer.py" --pattern >pattern
grep -q '0-9a-f' pattern
ok $? "the tokenizer's pattern is printed without the tokenizer's library"
done_testing
