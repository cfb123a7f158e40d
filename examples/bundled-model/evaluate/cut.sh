#!/bin/sh
# SPDX-License-Identifier: MIT
# The first BYTES (default 262144; 0: all) of each log of a folder, in whole
# lines, into another folder: cut.sh FOLDER OUT.
set -eu
from=${1:?usage: cut.sh FOLDER OUT} to=${2:?usage: cut.sh FOLDER OUT}
bytes=${BYTES:-262144}
mkdir -p "$to"
for log in "$from"/*.log; do
	if [ "$bytes" -gt 0 ] && [ "$(wc -c <"$log")" -gt "$bytes" ]; then
		head -c "$bytes" "$log" | sed '$d' >"$to/${log##*/}"
	else
		cp "$log" "$to/${log##*/}"
	fi
done
