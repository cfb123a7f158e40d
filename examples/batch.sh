#!/bin/sh
# SPDX-License-Identifier: MIT
# A batch of archived logs, compressed or not: for each FILE its digests as
# FILE.digest.jsonl.  What is done already is left alone, so that a run which
# was cut short can be repeated.  usage: batch.sh FILE...
set -eu
for file; do
	out=$file.digest.jsonl
	[ ! -e "$out" ] || continue
	headwater --json --every 2000l "$file" >"$out.part"
	mv "$out.part" "$out"
done
