#!/bin/sh
# SPDX-License-Identifier: MIT
# What outlives a run: a digest that goes on from a state says what one run
# would have said; a baseline; totals; silence where all is normal.
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize summarize-window detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done
AWK=${AWK:-awk}
$AWK -v lines=6000 -v seed=4 -f "$srcdir/examples/make-sample-log.awk" >log

# rows <JSON: number, change, count, score of each row, and its template.
rows() {
	$AWK '/"type":"window"/ {
		match($0, /"seq":[0-9]+/)
		seq = substr($0, RSTART + 6, RLENGTH - 6)
		n = split($0, row, /\{"id":/)
		for (i = 2; i <= n; i++) {
			gsub(/"((first|last)(_line)?|line|source)":[^,]*,/, "",
			    row[i])
			print seq, row[i]
		}
	}'
}
digest() { summarize-window --every 500l "$@" | detokenize --json; }

# ---- a state -----------------------------------------------------------------
tokenize log | digest | rows >whole
head -2500 log | tokenize | digest --state s | rows >parts
tail -n +2501 log | tokenize | digest --state s | rows >>parts
is "$(cat parts)" "$(cat whole)" "and says what one run would have said"
like "$(wc -l <whole)" "*[1-9][0-9]*" "which is something"
# before <JSON: what each window says of the one before it.
before() {
	n='\([0-9]*\)'
	sed -n "s/.*\"seq\":$n,.*\"prev\":$n},.*\"rate_prev\":\([^,]*\),.*/\
\1 \2 \3/p"
}
tokenize log | digest | before >whole
head -2500 log | tokenize | digest --state t | before >parts
tail -n +2501 log | tokenize | digest --state t | before >>parts
is "$(cat parts)" "$(cat whole)" "and has the totals of the window before"
size=$(wc -c <s)
[ "$size" -gt 1000 ] && [ "$size" -lt 4000000 ]
ok $? "a state is a file of some size"
tail -n +5501 log | tokenize | summarize-window --state s | detokenize >out
is "$(grep -c learning out)" 0 "it has learned"
cp s damaged
printf 'x' | dd of=damaged bs=1 seek=900 conv=notrunc 2>/dev/null
tokenize log | summarize-window --state damaged >out 2>err
is $? 65 "a damaged one is refused"
like "$(cat err)" "*damaged*damaged*" "by name, and left as it is"
printf 'no state\n' >none
tokenize log | summarize-window --state none >out 2>err
is $? 65 "so is what is none"
is "$(cat none)" "no state" "which is left alone"
tokenize log | summarize-window --state no/such/place >out 2>err
is $? 74 "a state that cannot be written is an error"

# Lines of the log are in it, which others may not be meant to read.
mode() { find "$1" -prune -perm "$2" | grep -q .; }
umask 022
mode s 600
ok $? "a new state is for its owner"
chmod 640 s
tokenize log | summarize-window --state s >/dev/null
mode s 640
ok $? "later ones are for whom its owner lets read it"
if chown 1:1 s 2>/dev/null; then
	tokenize log | summarize-window --state s >/dev/null
	[ -n "$(find s -user 1 -group 1 -perm 640)" ]
	ok $? "and whose it is"
else
	skip "only root gives files away"
fi

# ---- a baseline --------------------------------------------------------------
head -3000 log >good
tokenize good | summarize-window --state good.state >/dev/null
tokenize good | digest --baseline good.state >out
is "$(grep -c '"learning":true' out)" 0 "with a baseline nothing is learned"
is "$(sed -n 's/.*"changes":{"new":\([0-9]*\).*/\1/p' out | sort -u)" 0 \
	"and nothing that it knows is new"
{ cat good; echo "Nov 25 03:05:00 h kernel: out of cheese, redo from start"; } \
	>bad
tokenize bad | digest --baseline good.state |
	grep -o '"change":"new".*redo from start' >out
ok $? "what it does not know is"
# A warning that comes back after eight windows: rare, unless it is known.
{ yes 'job is done' | head -80; echo 'WARN disk is slow'; } >seldom
{ echo 'WARN disk is slow'; cat seldom; } | tokenize |
	summarize-window --every 10l | detokenize | grep '^RARE' >out
like "$(cat out)" "RARE *" "what comes back after a while is rare"
tokenize seldom | summarize-window --state seldom.state >/dev/null
is "$(tokenize seldom | summarize-window --every 10l --baseline seldom.state |
	detokenize | grep -c '^RARE')" 0 "but not if the baseline knows it"
before=$(cksum <good.state)
is "$(cksum <good.state)" "$before" "a baseline stays as it is"
tokenize bad | summarize-window --baseline none >out 2>err
is $? 65 "what is no baseline is refused"
tokenize bad | summarize-window --baseline missing >out 2>err
is $? 66 "and one that is missing"

# ---- silence, and totals -----------------------------------------------------
tokenize good | summarize-window --baseline good.state --quiet-if-normal |
	detokenize --json | grep -c '"top":\[\]' >out
is "$(cat out)" 0 "--quiet-if-normal: no window without news"
tokenize bad | summarize-window --baseline good.state --quiet-if-normal \
	--metrics m | detokenize >out
like "$(cat out)" "*redo from start*" "but one with news"
is "$(sed -n 's/^headwater_lines_total //p' m)" 3001 "metrics count all lines"
is "$(sed -n 's/^headwater_lines_by_severity_total{severity="warn"} //p' m)" \
	"$(grep -c '"level":"warn"' bad)" "by severity, as grep does"
is "$(sed -n 's/^headwater_windows_total //p' m)" 7 "and the silent windows"
name='headwater_[a-z_]+' label='(\{[a-z]+="[a-z]+"\})?'
is "$(grep -cvE "^(# (HELP|TYPE) $name .+|$name$label [0-9.e+-]+)\$" m)" \
	0 "in Prometheus' format"
is "$(ls m.* 2>/dev/null)" "" "and nothing is left beside them"
mode m 644
ok $? "all may read them"
mkfifo fifo
cat fifo >totals &
exec 5>fifo
tokenize good | summarize-window --metrics fifo >out 2>err
exec 5>&-
wait
test -p fifo && grep -q '^headwater_lines_total 3000' totals
ok $? "a FIFO of metrics is written into, and stays one"
tokenize good | summarize-window --metrics fifo >out 2>err
is "$?/$(grep -c fifo err)" 0/2 "without a reader it is a warning, each time"
tokenize good | summarize-window --metrics no/such/place >out 2>err
is $? 0 "metrics that cannot be written are a warning"
like "$(cat err)" "*no/such/place*" "which names them"
done_testing
