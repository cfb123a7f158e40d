#!/bin/sh
# SPDX-License-Identifier: MIT
# Points 1 to 3 for one model: bits a byte, copying, alterations.
#
# usage: all.sh MODEL FOLDER [W...]
# The first W is that of copying and alterations.  BYTES as for cut.sh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
model=${1:?usage: all.sh MODEL FOLDER [W...]} folder=${2:?a folder of logs}
shift 2
[ $# -gt 0 ] || set -- 2048
K=$(mktemp -d)
trap 'rm -rf "$K"' EXIT

sh "$here/cut.sh" "$folder" "$K"
sh "$here/bits.sh" "$model" "$K" "$@"
echo
python3 "$here/copying.py" -w "$1" "$model" "$K"/*.log
echo
w=$1
set --
for log in "$K"/*.log; do
	base=${log%.log}
	python3 "$here/plant.py" "$log" >"$base.altered" 2>"$base.places"
	set -- "$@" "$base.altered" "$base.places"
done
python3 "$here/detect.py" -w "$w" "$model" "$@"
