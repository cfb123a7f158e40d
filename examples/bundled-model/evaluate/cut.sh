#!/bin/sh
# SPDX-License-Identifier: MIT
# The first BYTES (default 262144; 0: all) of each log of a folder, in whole
# lines, into another folder: cut.sh FOLDER OUT.  A shorter log is taken whole,
# and told of: its figures are not of as many bytes as those of the others.
set -eu
from=${1:?usage: cut.sh FOLDER OUT} to=${2:?usage: cut.sh FOLDER OUT}
bytes=${BYTES:-262144}
mkdir -p "$to"
for log in "$from"/*.log; do
	size=$(wc -c <"$log")
	if [ "$size" -lt "$bytes" ]; then
		echo "$log: $size bytes, fewer than $bytes" >&2
	fi
	if [ "$bytes" -gt 0 ] && [ "$size" -gt "$bytes" ]; then
		head -c "$bytes" "$log" | sed '$d' >"$to/${log##*/}"
	else
		cp "$log" "$to/${log##*/}"
	fi
done
