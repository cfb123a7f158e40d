#!/bin/sh
# SPDX-License-Identifier: MIT
# Bits a byte of each log of a folder, under the model with windows of W tokens
# (one sink, the cache as it is by default) and under compressors that remember
# the whole file.
#
# usage: bits.sh MODEL FOLDER [W...]
set -eu
model=${1:?usage: bits.sh MODEL FOLDER [W...]} folder=${2:?a folder of logs}
shift 2
[ $# -gt 0 ] || set -- 512 1024 2048 4096
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

# The bits a byte that stream-infer counts.
model_bits() {
	tokenize --plain -m "$model" "$2" | stream-infer -m "$model" \
		-s 1 -w "$1" --stats 2>"$T/stats" >/dev/null
	sed -n 's/.* bits_per_byte=\([^ ]*\).*/\1/p' "$T/stats"
}
# Size in bits over bytes of the log.
ratio() {
	awk -v packed="$(wc -c <"$1")" -v bytes="$(wc -c <"$2")" \
		'BEGIN { printf "%.4f\n", 8 * packed / bytes }'
}
packed() {
	command -v "$1" >/dev/null || { echo -; return; }
	rm -f "$T"/out*
	case $1 in
	xz) xz -9e -c "$2" >"$T/out" ;;
	7z) 7z a -bd -m0=PPMd:mem=512m:o=32 "$T/out.7z" "$2" >/dev/null ;;
	zpaq) zpaq a "$T/out.zpaq" "$2" -m5 >/dev/null 2>&1 ;;
	esac
	ratio "$T"/out* "$2"
}

{
	printf 'log xz PPMd zpaq'
	printf ' W%s' "$@"
	echo
	for log in "$folder"/*.log; do
		name=${log##*/}
		printf '%s %s %s %s' "${name%.log}" "$(packed xz "$log")" \
			"$(packed 7z "$log")" "$(packed zpaq "$log")"
		for w in "$@"; do
			printf ' %s' "$(model_bits "$w" "$log")"
		done
		echo
	done
} | awk '
	{
		printf "%-12s", $1
		for (i = 2; i <= NF; i++) {
			printf "%9s", $i
			sum[i] += $i
		}
		printf "\n"
		fflush()
	}
	END {
		printf "%-12s", "mean"
		for (i = 2; i <= NF; i++)
			printf "%9.4f", sum[i] / (NR - 1)
		printf "\n"
	}'
