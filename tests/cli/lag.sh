#!/bin/sh
# SPDX-License-Identifier: MIT
# stream-infer --on-lag: whatever the model does not read, every line is
# counted or said to be left out, exactly.
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize stream-infer summarize-window detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done
limit='timeout -k 1 50'
awk 'BEGIN { for (i = 0; i < 3000; i++) {
	if (i % 400 == 9) print "12:00:01 app: worker " i " restarted"
	print "12:00:" i % 60 " app: request " i " took " i % 97 "ms"
	if (i % 3 == 0) print "12:00:00 app: cache miss for key " i
	if (i == 2000) print "12:00:00 app: disk is on fire"
} }' >log
lines=$(wc -l <log)
tokenize log >stream
# run OPTION...: its windows, as JSON Lines
run() {
	$limit stream-infer -w 256 -t 1 "$@" <stream |
		summarize-window --every 500l | detokenize --json >json
}
# sum KEY: of all windows
sum() {
	grep '"type":"window"' json | tr ',' '\n' |
		sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" |
		awk '{ n += $1 } END { print n + 0 }'
}

run --on-lag=collapse --lag=0
is "$(sum total)" "$lines" "collapse: every line is counted"
is "$(sum lines_lost)" 0 "none is left out"
scored=$(sum lines_scored)
[ "$scored" -ge 3 ] && [ "$scored" -lt $((lines / 2)) ]
ok $? "the model read $scored of them"
# "WINDOW.TEMPLATE COUNT" of every row: with the model, and without it.
rows() {
	tr '{' '\n' <json | sed -n -e 's/.*"seq":\([0-9]*\),.*/w \1/p' \
		-e 's/.*"id":"\([0-9a-f]*\)".*"count":\([0-9]*\).*/\1 \2/p' |
		awk '$1 == "w" { w = $2; next } { print w "." $0 }' | sort
}
rows >collapsed
summarize-window --every 500l <stream | detokenize --json >json
rows >plain
join plain collapsed >both
[ "$(wc -l <both)" -gt 3 ] && awk '$2 != $3 { exit 1 }' both
ok $? "$(wc -l <both) rows count the same as without a model"
$limit stream-infer -w 256 -t 1 --on-lag=collapse --lag=0 <stream |
	detokenize | cmp - log
ok $? "every line passes, exactly, in order"
$limit stream-infer -w 256 -t 1 --on-lag=collapse --lag=0 <stream |
	detokenize --json | grep 'on fire' | grep -q '"bits"'
ok $? "and a new line is read by the model"

run --on-lag=skip --lag=0
lost=$(sum lines_lost)
is "$(($(sum total) + lost))" "$lines" \
	"skip: what is counted and what is left out make the whole"
[ "$lost" -gt 0 ] && [ "$(sum total)" -eq "$(sum lines_scored)" ]
ok $? "$lost lines were left out; the model read all others"
$limit stream-infer -w 256 -t 1 --on-lag=skip --lag=0 <stream |
	detokenize 2>err >out
is "$(($(wc -l <out) + $(sed -n 's/.*: \([0-9]*\) records.*/\1/p' err)))" \
	"$lines" "detokenize says once how many"
is "$(wc -l <err)" 1 "in one line"
tokenize --max-record=16 log >stream
run --on-lag=skip --lag=0
is "$(($(sum total) + $(sum lines_lost)))" "$lines" \
	"also of records that come in parts"

head -n 1000 log | tokenize >stream
run --on-lag=skip --lag=3600000
is "$(sum total)/$(sum lines_scored)" 1000/1000 \
	"who keeps up leaves nothing out"
run
is "$(sum total)/$(sum lines_scored)" 1000/1000 "block is the default"
stream-infer --on-lag=drop <stream >out 2>err
is "$?/$(wc -l <err)" 2/1 "another word is a usage error"
stream-infer --lag=5 <stream >out 2>err
is "$?/$(cat err)" "2/stream-infer: --lag goes with --on-lag" \
	"so is --lag by itself"

# Answered one by one, nothing lags, whatever --lag is.
mkfifo in got
$limit tokenize <in |
	$limit stream-infer -w 64 -t 1 --on-lag=skip --lag=0 |
	$limit detokenize >got &
exec 5>in 6<got
for n in 1 2 3 4 5; do
	echo "line $n" >&5
	read -r line <&6
done
is "$line" "line 5" "lines that are waited for are never skipped"
exec 5>&-
cat <&6 >rest
exec 6<&-
wait

# Counts against an oracle that shares nothing with the digest: lines of which
# numbers alone are masked, in awk; their events share no word.
awk 'BEGIN { for (i = 0; i < 1200; i++) {
	k = substr("abcdefghijklmnop", 1 + i * i % 97 % 16, 1)
	if (i % 600 >= 350 && k < "d") k = "x"
	print k "row " k "is " k "as" (k == "m" ? " error " : " ") i " " \
		k "at " k "on " i % 11 " " k "er"
} }' >events
tokenize events >stream
lines=1200
# agree MODE LINES: what windows of so many say of what has passed by.
agree() {
	summarize-window --every "$2l" --top=32 <"$1" | detokenize --json >json
	awk -v size="$2" '{
		gsub(/[0-9]+/, "<num>")
		w = 1 + int((NR - 1) / size)
		n[w "|" $0]++
		if (/error/) errors[w]++
		lines[w]++
	} END {
		for (x in n) print "row", x, n[x]
		for (w in lines) print "window", w, lines[w], errors[w] + 0
	}' "$1.txt" | sort >want
	row='.*"count":\([0-9]*\),.*"template":"\([^"]*\)".*'
	tr '{' '\n' <json | sed -n \
		-e 's/.*"seq":\([0-9]*\),.*/w \1/p' \
		-e 's/.*"total":\([0-9]*\),.*/n \1/p' \
		-e 's/.*"error":\([0-9]*\),.*/e \1/p' \
		-e "s/$row/r \1 \2/p" |
		awk '$1 == "w" { w = $2 } $1 == "n" { n = $2 }
		$1 == "e" { print "window", w, n, $2 }
		$1 == "r" && $2 { c = $2; sub(/^r [0-9]+ /, "")
			print "row", w "|" $0, c }' | sort >rows
}
for mode in block collapse skip none; do
	case $mode in
	none) cp stream none ;;
	*) $limit stream-infer -w 64 -t 1 --on-lag=$mode --lag=0 \
		<stream >$mode ;;
	esac
	detokenize <$mode >$mode.txt 2>err
	agree $mode 100000
	cmp want rows >cmp.txt 2>&1
	ok $? "$mode: every count is that of sort | uniq -c on masked text"
	left=$(grep -o '"lines_lost":[0-9]*' json | tr -dc 0-9)
	is "$(($(wc -l <$mode.txt) + left))" "$lines" \
		"$mode: lines that passed and lines left out are all lines"
	[ $mode = none ] || [ "$(wc -l <rows)" -ge 3 ] || ok 1 "rows to compare"
	agree $mode 200
	grep -v '^window' rows | comm -23 - want >wrong
	is "$(cat wrong)/$(grep -c '^window' rows)" \
		"/$(grep -c '^window' want)" \
		"$mode: so is every row of a window"
	[ $mode != collapse ] || scored=$(sum lines_scored)
	grep '^window' want >a && grep '^window' rows | cmp - a
	ok $? "$mode: its lines and errors too"
done
summarize-window --strict <skip >out
is $? 3 "with --strict, loss has an exit status"
summarize-window --strict <collapse >out
is $? 0 "and what the model did not read is none"
tokenize --max-record=16 events | summarize-window --strict -e >out
is $? 3 "records that are cut are"
tokenize </dev/null | summarize-window --strict -e >out
is $? 1 "and -e says that there was no news"
# Sixteen events of some 16 tokens, and a window of 64: few are in it.
[ "$scored" -ge 17 ] && [ "$scored" -lt $((lines / 2)) ]
ok $? "what was read before is not read again where time is short ($scored)"
done_testing
