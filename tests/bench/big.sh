#!/bin/sh
# SPDX-License-Identifier: MIT
# A large log through each stage and the whole: lines a second, by the clock and
# by processor time, and the peak of each process's memory when it has read a
# tenth, a half and all.
#
#   LOG=FILE TRUTH=FILE SIZE=BYTES SCORED=LINES DRAIN3=DIR tests/bench/big.sh
#
# Without LOG it is made, of SIZE (1 GiB) bytes.  What the model reads line by
# line is the first SCORED (8,000) lines only.  With a checkout of Drain3 in
# DRAIN3 the first GROUPED (200,000) lines are grouped by both; TRUTH has the
# right group of each line.
: "${SIZE:=1073741824}" "${SCORED:=8000}" "${GROUPED:=200000}"
: "${srcdir:=.}" "${builddir:=.}" "${PYTHON:=python3}"
PATH=$builddir/bin:$builddir/tests/bench:$PATH
HEADWATER_PKGDATADIR=$srcdir/lib/model
export PATH HEADWATER_PKGDATADIR
T=$(mktemp -d "${TMPDIR:-/tmp}/headwater.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
if [ -z "$LOG" ]; then
	LOG=$T/log
	TRUTH=$T/events
	awk -f "$srcdir/tests/bench/fleet.awk" -v bytes="$SIZE" \
		-v truth="$TRUTH" >"$LOG"
fi
lines=$(wc -l <"$LOG")

# Of a process and its children: the most memory that each has had, together, in
# KiB, and the bytes that the busiest has read.
family() {
	children=''
	read -r children <"/proc/$1/task/$1/children" || :
	for pid in "$1" $children; do
		cat "/proc/$pid/status" "/proc/$pid/io"
	done 2>/dev/null | awk '
	$1 == "VmHWM:" { memory += $2 }
	$1 == "rchar:" && $2 > most { most = $2 }
	END { print memory + 0, most + 0 }'
}
# peaks PID BYTES: at 10%, at 50% and last, while it runs.
peaks() {
	tenth='' half='' last=''
	while kill -0 "$1" 2>/dev/null; do
		now=$(family "$1" 2>/dev/null)
		read=${now#* } now=${now% *}
		[ "$now" -gt 0 ] || break
		[ "$read" -lt $(($2 / 10)) ] || tenth=${tenth:-$now}
		[ "$read" -lt $(($2 / 2)) ] || half=${half:-$now}
		last=$now
		sleep 0.3
	done
	echo "${tenth:--} ${half:--} ${last:--}"
}
# row NAME LINES BYTES COMMAND: runs it.
row() {
	name=$1 n=$2 bytes=$3
	shift 3
	# What times counts are that shell's own children.
	# shellcheck disable=SC2016
	sh -c '"$@" & echo $! >"$0"; wait $!; times >"$0.times"' "$T/pid" "$@" &
	shell=$!
	from=$(date +%s.%N)
	until [ -s "$T/pid" ]; do sleep 0.01; done
	memory=$(peaks "$(cat "$T/pid")" "$bytes")
	wait "$shell"
	to=$(date +%s.%N)
	report "$name" "$n" "$from" "$to" "$memory"
	rm -f "$T/pid"
}
# report NAME LINES FROM TO MEMORY
report() {
	awk -v name="$1" -v n="$2" -v from="$3" -v to="$4" -v memory="$5" '
	NR == 2 { # of children: user and system, as 1m2.3s
		for (i = 1; i <= 2; i++) {
			split($i, t, "m")
			cpu += 60 * t[1] + t[2]
		}
	}
	END {
		split(memory, m, " ")
		printf "%-28s %9.0f %9.0f  %7s %7s %7s\n", name,
		    n / (to - from), n / (cpu > 0 ? cpu : 1), m[1], m[2], m[3]
	}' "$T/pid.times"
}
echo "== $lines lines, $(wc -c <"$LOG") bytes; $(nproc) processors"
printf '%-28s %9s %9s  %7s %7s %7s\n' '' lines/s lines/cpu 'KiB 10%' 50% all
cat >"$T/to" <<'END'
#!/bin/sh
# to OUT IN COMMAND: as itself, from a file to a file.
out=$1 in=$2
shift 2
exec "$@" <"$in" >"$out"
END
chmod +x "$T/to"
size=$(wc -c <"$LOG")
row tokenize "$lines" "$size" "$T/to" "$T/tokens" "$LOG" tokenize --no-progress
row summarize-window "$lines" "$(wc -c <"$T/tokens")" \
	"$T/to" "$T/windows" "$T/tokens" summarize-window
row detokenize "$lines" "$(wc -c <"$T/windows")" \
	"$T/to" /dev/null "$T/windows" detokenize
head -n "$SCORED" "$LOG" >"$T/part"
tokenize --no-progress "$T/part" >"$T/tokens"
row "stream-infer, $SCORED lines" "$SCORED" "$(wc -c <"$T/tokens")" \
	"$T/to" /dev/null "$T/tokens" stream-infer
rm -f "$T/tokens" "$T/windows"
row 'whole, --no-model' "$lines" "$size" "$T/to" "$T/digests" "$LOG" \
	headwater --no-model
row 'whole, --on-lag=collapse' "$lines" "$size" "$T/to" "$T/digests" "$LOG" \
	headwater --json --on-lag=collapse
grep '"type":"window"' "$T/digests" | tr '{' ',' | tr ',' '\n' |
	awk -F: '/^"total"/ { n += $2 } /"lines_scored"/ { s += $2 }
	END { print "  of " n " lines counted, the model read " s }'
row "whole, $SCORED lines" "$SCORED" "$(wc -c <"$T/part")" \
	"$T/to" "$T/digests" "$T/part" headwater

[ -n "$DRAIN3" ] || exit 0
echo "== groups of the first $GROUPED lines"
head -n "$GROUPED" "$LOG" >"$T/part"
grouping "$T/part" >"$T/ours" || exit 1
"$PYTHON" -B "$srcdir/tests/bench/drain3_groups.py" "$DRAIN3" "$T/part" \
	>"$T/theirs" || exit 1
# agree A B: as pairs of lines that are one group in each.
agree() {
	paste "$1" "$2" | awk -F'\t' '
	function pairs(n) { return n * (n - 1) / 2 }
	{ a[$1]++; b[$2]++; both[$1 "\t" $2]++ }
	END {
		for (i in a) { pa += pairs(a[i]); na++ }
		for (i in b) { pb += pairs(b[i]); nb++ }
		for (i in both) pp += pairs(both[i])
		printf "%d and %d groups, F1 of pairs %.4f (precision %.4f, " \
		    "recall %.4f)\n", na, nb, 2 * pp / (pa + pb), pp / pa,
		    pp / pb
	}'
}
echo "ours and Drain3's: $(agree "$T/ours" "$T/theirs")"
[ -n "$TRUTH" ] || exit 0
head -n "$GROUPED" "$TRUTH" >"$T/truth"
echo "ours and the truth: $(agree "$T/ours" "$T/truth")"
echo "Drain3's and the truth: $(agree "$T/theirs" "$T/truth")"
