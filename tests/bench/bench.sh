#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make bench` prints after the kernels: models of real shapes by type and
# thread, start-up, memory that pipelines share, and streaming against
# re-computation.  SHAPES, TYPES and THREADS choose; where llama-bench is on
# the PATH, so does its row stand below ours.  With gnuplot, and PLOT=FILE.png,
# the last becomes a plot.
: "${SHAPES:=8m 30m 135m}" "${TYPES:=q8_0 q4_k f16}" "${THREADS:=1 2}"
: "${srcdir:=.}" "${builddir:=.}"
PATH=$builddir/bin:$builddir/tests/bench:$builddir/tests/fixtures:$PATH
HEADWATER_PKGDATADIR=$srcdir/lib/model
export PATH HEADWATER_PKGDATADIR
T=$(mktemp -d "${TMPDIR:-/tmp}/headwater.XXXXXX") || exit 1
pids=
# shellcheck disable=SC2086 # one word a process
trap 'kill $pids 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM

# peer MODEL THREADS: what llama-bench reads and writes after 2,048 tokens.
# Some know depths, some only -gp.
peer() {
	command -v llama-bench >/dev/null || return 0
	llama-bench -o csv -m "$1" -t "$2" -fa 1 -r 3 -p 512 -n 32 -d 2048 \
	    >"$T/peer" 2>/dev/null ||
	llama-bench -o csv -m "$1" -t "$2" -fa 1 -r 3 -p 0 -n 0 -gp 2048,32 \
	    >"$T/peer" 2>/dev/null || return 0
	awk '
	/^build/ { # the names; values stand in quotes
		n = split($0, name, ",")
		for (i = 1; i <= n; i++)
			at[name[i]] = i
		next
	}
	at["avg_ts"] {
		gsub(/^"|"$/, "")
		split($0, is, /","/)
		if (is[at["n_gen"]] > 0) write = is[at["avg_ts"]]
		else read = is[at["avg_ts"]]
	}
	END {
		printf "  peer: llama-bench%6s %10s %10s %10s\n", "full",
		    read ? sprintf("%.0f", read) : "-", "",
		    write ? sprintf("%.1f", write) : "-"
	}' "$T/peer"
}

echo "== models: tokens a second, and processor time a token"
for shape in $SHAPES; do
	for type in $TYPES; do
		mkmodel "$T/m.gguf" shape="$shape" type="$type" \
		    tokenizer=none name="$shape-$type" || exit 1
		for threads in $THREADS; do
			speed -t "$threads" "$T/m.gguf" || exit 1
			peer "$T/m.gguf" "$threads"
		done
	done
done

echo "== a job of one line, from start to exit"
echo 'Jan  1 00:00:00 host kernel: eth0: link is up' >"$T/line"
tokenize "$T/line" >"$T/tokens" && stream-infer "$T/tokens" >"$T/scores" &&
summarize-window <"$T/scores" >"$T/digest" || exit 1
printf '%-18s' tokenize && start tokenize "$T/line"
printf '%-18s' stream-infer && start stream-infer "$T/tokens"
printf '%-18s' summarize-window &&
    start sh -c "exec summarize-window <'$T/scores'"
printf '%-18s' detokenize && start sh -c "exec detokenize <'$T/digest'"
printf '%-18s' headwater && start headwater "$T/line"

echo "== fifty at once, each in the middle of a stream"
mkfifo "$T/open" || exit 1
for i in 1 2 3 4 5 6 7 8 9 10; do
	for j in 1 2 3 4 5; do
		{ cat "$T/tokens" && cat "$T/open"; } 2>/dev/null |
		    stream-infer -t 1 >"$T/out.$i.$j" 2>/dev/null &
		pids="$pids $!"
	done
done
# An output that holds a score is larger than its HELLO.
least=$(($(wc -c <"$T/tokens") + 50))
for f in "$T"/out.*; do
	while [ "$(wc -c <"$f")" -lt "$least" ]; do
		sleep 1
	done
done
# shellcheck disable=SC2086
for pid in $pids; do
	cat "/proc/$pid/smaps_rollup"
done 2>/dev/null | awk '
/^Rss:/ { rss += $2; n++ }
/^Pss:/ { pss += $2 }
/^Private_Dirty:/ { own += $2 }
END {
	if (n > 0)
		printf "%d processes: resident %.1f MiB each as it seems, " \
		    "%.1f MiB in truth (%.1f MiB of its own)\n", n,
		    rss / n / 1024, pss / n / 1024, own / n / 1024
}'
# shellcheck disable=SC2086
kill $pids 2>/dev/null

echo "== streaming against re-computation"
mkmodel "$T/m.gguf" shape=8m type=q8_0 tokenizer=none name=8m-q8_0 &&
recompute "$T/m.gguf" | tee "$T/recompute" || exit 1
if [ -n "$PLOT" ] && command -v gnuplot >/dev/null; then
	gnuplot <<-END
	set terminal pngcairo size 800,500
	set output '$PLOT'
	set logscale xy 2
	set xlabel 'tokens in the cache'
	set ylabel 'milliseconds a token'
	set key left top
	set grid
	plot '$T/recompute' using 1:3 with linespoints lw 2 \
	    title 'sliding window with re-computation', \
	    '' using 1:2 with linespoints lw 2 title 'streaming'
	END
	echo "plot: $PLOT"
fi
