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
done_testing
