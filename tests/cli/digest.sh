#!/bin/sh
# SPDX-License-Identifier: MIT
# A digest worth reading: incidents planted among ordinary lines are all in the
# rows of their window, with exact counts, and quiet windows are quiet.  The
# model gets a small log; with HW_DIGEST_SCORES set (make digest-scores), all of
# one of 3,000 lines.
. "${srcdir:-.}/tests/tap.sh"

for p in summarize-window detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done
AWK=${AWK:-awk}

# frames FILE: the token stream of it.
if command -v tokenize >/dev/null; then
	frames() { tokenize "$1"; }
else
	frames() { mkstream text <"$1"; }
fi
make_log() { # LINES SEED
	$AWK -v lines="$1" -v seed="$2" -v truth=truth \
		-f "$srcdir/examples/make-sample-log.awk" >log
}

# rows <JSON: a line a row: window, its first and last line, change, count,
# sample (unescaped), tabs between.
rows() {
	$AWK '{
		match($0, /"seq":[0-9]+/)
		seq = substr($0, RSTART + 6, RLENGTH - 6)
		match($0, /"first":[0-9]+,"last":[0-9]+/)
		split(substr($0, RSTART, RLENGTH), span, /[:,]/)
		n = split($0, row, /\{"id":/)
		for (i = 2; i <= n; i++) {
			match(row[i], /"change":"[a-z]+"/)
			change = substr(row[i], RSTART + 10, RLENGTH - 11)
			match(row[i], /"count":[0-9]+/)
			count = substr(row[i], RSTART + 8, RLENGTH - 8)
			sub(/.*"sample":"/, "", row[i])
			gsub(/\\"/, "\"", row[i])
			print seq "\t" span[2] "\t" span[4] "\t" change "\t" \
			    count "\t" row[i]
		}
	}'
}

# found KIND FIRST LAST ERE: every window with such lines has rows of that kind
# whose counts are those of grep -c.  GONE: some window has the row.  An odd
# value: its window has a row with that very line (its count is the template's).
found() {
	case $1$4 in
	gone*)
		cut -f 4,6 <rows.tsv | grep -qE "^gone	.*$4"
		return ;;
	odd*[0-9]*)
		$AWK -v at="$2" -F '	' '$2 <= at && at <= $3 &&
		    $4 == "odd"' rows.tsv | grep -qE "$4"
		return ;;
	esac
	while read -r seq first last; do
		[ "$first" -le "$3" ] && [ "$last" -ge "$2" ] || continue
		want=$(sed -n "$first,${last}p" log | grep -cE "$4")
		got=$(grep "^$seq	" rows.tsv | grep "	$1	" |
			grep -E "$4" | cut -f 5 |
			$AWK '{ n += $1 } END { print n + 0 }')
		[ "$want" = "$got" ] || {
			diag "window $seq: $got rows' records, grep says $want"
			return 1
		}
	done <spans
}

# check JSON KINDS: every planted incident of these kinds is found.
check() {
	rows <"$1" >rows.tsv
	n='\([0-9]*\)'
	sed "s/.*\"seq\":$n.*\"first\":$n,\"last\":$n.*/\\1 \\2 \\3/" \
		"$1" >spans
	while IFS='	' read -r kind first last _ ere; do
		case " $2 " in *" $kind "*) ;; *) continue ;; esac
		found "$kind" "$first" "$last" "$ere"
		ok $? "$3: $kind: $ere"
	done <truth
}

# ---- without scores: what counting and masking see ---------------------------
for seed in 1 2 3; do
	make_log 6000 $seed
	frames log | summarize-window --every 500l >windows
	detokenize --json <windows >all
	like "$(tail -n 1 all)" "*\"type\":\"end\",\"lines\":$(wc -l <log |
		tr -d ' '),*\"bytes\":$(wc -c <log | tr -d ' ')}" \
		"the last line says how much was read"
	grep '"type":"window"' all >json
	is "$(wc -l <json | tr -d ' ')" 12 "a window each 500 lines"
	check json "new up gone odd" "seed $seed"
	total=$(sed 's/.*"lines":{"total":\([0-9]*\).*/\1/' json |
		$AWK '{ n += $1 } END { print n }')
	is "$total" 6000 "every line is counted"
	for level in warn error; do
		want=$(grep -c "\"level\":\"$level\"" log)
		got=$(sed "s/.*\"$level\":\([0-9]*\).*/\1/" json |
			$AWK '{ n += $1 } END { print n }')
		is "$got" "$want" "as many lines of level $level as grep finds"
	done
done

# ---- with scores: what the model sees besides --------------------------------
if command -v tokenize >/dev/null && command -v stream-infer >/dev/null; then
	$AWK 'BEGIN {
		for (i = 1; i <= 80; i++)
			print "job " (i * 7919 % 90000 + 10000) " took " \
			    (i == 71 ? 48211973 : i * 104729 % 900 + 100) " ms"
	}' >log
	tokenize log | stream-infer | summarize-window --every 40l |
		detokenize --json | sed -n 2p >json
	like "$(cat json)" '*"odd":1,*"line":71,*48211973*' \
		"a number that is far too long is odd to the model"
	like "$(cat json)" '*"lines_scored":40,*' "which read every line"
	if [ -n "$HW_DIGEST_SCORES" ]; then
		make_log 3000 1
		tokenize log | stream-infer | summarize-window --every 250l |
			detokenize --json | grep '"type":"window"' >json
		check json "new up odd" "with scores"
		diag "$(sed 's/.*"changes":\([^}]*\).*/\1/' json)"
	fi
else
	skip "tokenize or stream-infer is not built"
fi

# ---- quiet -------------------------------------------------------------------
$AWK -v lines=6000 -v quiet=1 -f "$srcdir/examples/make-sample-log.awk" >log
frames log | summarize-window --every 500l >windows
detokenize <windows |
	$AWK '/^== / { n++ } { lines[n]++ }
	END { for (i = 3; i <= n; i++) if (lines[i] != 2) print i, lines[i] }' \
	>loud
is "$(cat loud)" "" "a quiet window says so in two lines"
frames log | summarize-window --every 10m | detokenize --json |
	grep '"type":"window"' >json
is "$(sed 's/.*"start":"[^T]*T\([0-9:]*\).*/\1/' json | sed -n '2,4p' |
	tr '\n' ' ')" "21:50:00 22:00:00 22:10:00 " \
	"an old log is cut in its own time, at multiples of 10 minutes"
is "$(sed 's/.*"changes":{\([^}]*\)}.*/\1/' json | sed 1d |
	grep -vc '"up":0,"down":0,"odd":0,"rare":0,"gone":0')" 0 \
	"and a quiet log does not flap"

# ---- exact -------------------------------------------------------------------
# Counts are those of sort | uniq -c on the masked text, also where words turn
# out to be free on the way.
$AWK 'BEGIN {
	split("alpha beta gamma delta epsilon zeta eta theta iota", w, " ")
	for (i = 1; i <= 5000; i++) {
		k = i * 7919 % 13; v = i * 104729 % 997; n = w[i % 9 + 1]
		if (k < 4) print "served request " v " for client " v % 7
		else if (k < 6) print "WARN queue " v " is full, waiting"
		else if (k < 9) print "job " n " of the night took " v " steps"
		else if (k < 11) print "copied " n " to " w[i % 8 + 1] ", " v
		else if (k < 12) print "cache miss"
		else print "flushed " v " of " v + 3 " pages"
	}
}' >log
sed 's/[0-9][0-9]*/<num>/g; s/job [a-z]*/job <*>/
	s/copied [a-z]* to [a-z]*/copied <*> to <*>/' log |
	LC_ALL=C sort | uniq -c | sed 's/^ *//' | LC_ALL=C sort >want
frames log | summarize-window --every 100kl -n 32 | detokenize --json |
	grep '"type":"window"' | sed 's/{"id":/\
&/g' | sed -n 's/^{"id".*"count":\([0-9]*\),.*"template"/\1 /
	s/^\([0-9]* \):"\([^"]*\)".*/\1\2/p' |
	LC_ALL=C sort >got
is "$(cat got)" "$(cat want)" "counts are those of sort | uniq -c"
printf 'Step [a-z]+\n' >masks
frames log | summarize-window --mask masks >out 2>err
is $? 2 "a line of --mask that is none is a usage error"
like "$(cat err)" "*line 1*" "which is told by its number"
printf '# ours\nleft queue \\d+ is full\n' >masks
frames log | summarize-window --every 100kl --mask masks | detokenize >out
like "$(cat out)" '*WARN queue *' "--mask takes its patterns"
frames log | summarize-window --every 100kl --mask masks -n 32 |
	detokenize --json >out
like "$(cat out)" '*"template":"WARN <left>, waiting"*' "and masks by them"
frames log | summarize-window --mask none >out 2>err
is $? 66 "a file of masks that is not there"

# ---- time --------------------------------------------------------------------
printf '2026-07-01 12:00:00 a\n2026-12-01 12:00:00 b\n' >log
span() {
	s='"\([^"]*\)"'
	frames log | summarize-window "$@" | detokenize --json |
		sed -n "s/.*\"start\":$s,\"end\":$s,\"clock\":$s.*/\1 \2 \3/p"
}
is "$(span --tz=+02:00)" \
	"2026-07-01T10:00:00.000Z 2026-12-01T10:00:00.000Z log" "--tz=+02:00"
if TZ=Europe/Berlin date -d 2026-07-01T12:00 +%z 2>/dev/null | grep -q 0200
then
	is "$(span --tz=Europe/Berlin)" \
		"2026-07-01T10:00:00.000Z 2026-12-01T11:00:00.000Z log" \
		"--tz=Europe/Berlin, in summer and in winter"
	is "$(TZ=Europe/Berlin; export TZ; span --tz=local)" \
		"2026-07-01T10:00:00.000Z 2026-12-01T11:00:00.000Z log" \
		"--tz=local"
	# The half hours from 23:30 to 02:30 UTC, in which clocks went back.
	for hour in 01:3 02:0 02:3 02:0 02:3 03:0; do
		for m in 0 1 2 3 4 5 6 7 8 9; do
			echo "2026-10-25 $hour$m:00 tick"
		done
	done >log
	frames log | summarize-window --every 30m --tz=Europe/Berlin |
		detokenize --json | grep '"type":"window"' >json
	is "$(sed 's/.*"start":"[^T]*T\([0-9:]*\).*"total":\([0-9]*\).*/\1 \2/
		' json | tr '\n' ' ')" "23:30:00 10 00:00:00 10 00:30:00 10 \
01:00:00 10 01:30:00 10 02:00:00 10 " "an hour that is there twice"
	printf '2026-07-01 12:00:00 a\n2026-12-01 12:00:00 b\n' >log
else
	skip "no database of time zones"
	skip "no database of time zones"
	skip "no database of time zones"
fi
like "$(span --clock=arrival)" "20* arrival" "--clock=arrival"
# The text says whose time it is, wherever that of the log comes from.
frames log | summarize-window --tz=+02:00 | detokenize >out
like "$(head -n 1 out)" '== 2026-07-01 10:00:00 .. 2026-12-01 10:00:00 UTC *' \
	"a digest says that its times are in UTC"
for bad in --tz=Europe/Nowhere --tz=Nowhere --tz=+1 --tz= --clock=wall; do
	summarize-window "$bad" </dev/null >out 2>err
	is $? 2 "$bad is a usage error"
done
printf '2026-07-01 12:00:0%d a\n' 1 2 7 3 8 >log
frames log | summarize-window --every 5s | detokenize >out
like "$(cat out)" "*3 lines*1 late*" "a late record is counted, and said"

# ---- manners -----------------------------------------------------------------
printf 'one\ntwo\n' >log
frames log | summarize-window --keep | detokenize >out
is "$(sed 2q out)" "$(cat log)" "--keep passes the records on"
like "$(cat out)" "*2 lines*" "before their window"
frames /dev/null | summarize-window | detokenize >out
is "$?$(cat out)" 0 "no record, no window"
if command -v tokenize >/dev/null; then
	tokenize <log | summarize-window | detokenize >want
	tokenize --ids <log | summarize-window --ids | detokenize >out
	# But for the time of arrival: a second may pass between the two.
	timeless() { sed '/^==/d; s/[0-9]*:[0-9]*:[0-9]*//' "$1"; }
	is "$(timeless out)" "$(timeless want)" \
		"the text form gives the same digest"
else
	skip "tokenize is not built"
fi
if command -v tokenize >/dev/null; then
	# The record is seen before the signal is sent: it has been counted.
	mkfifo to from
	limit='timeout -k 1 30'
	$limit tokenize <to |
		$limit sh -c 'echo $$ >pid; exec summarize-window --keep' |
		$limit detokenize --json >from &
	exec 5>to 6<from
	for n in 1 2; do
		echo "line $n" >&5
		read -r json <&6
		kill -s USR2 "$(cat pid)"
		read -r json <&6
		like "$json" '*"seq":'$n',*"closed_by":"signal"*"total":1,*' \
			"SIGUSR2 closes window $n at once"
	done
	exec 5>&-
	cat <&6 >/dev/null
	exec 6<&-
	wait
else
	skip "tokenize is not built"
fi
# A source is named again where its lines begin anew, as a file that rotated.
if command -v tokenize >/dev/null; then
	cp log beside
	tokenize log >stream
	tokenize beside >other
	title() {
		cat "$@" | summarize-window | detokenize --width=120 |
			sed 1q
	}
	like "$(title stream)" "== *  log  (*" "a title names the source"
	like "$(title stream stream)" "== *  log  (*" \
		"also one that is named again"
	like "$(title stream stream other)" "== *  2 sources  (*" \
		"or says how many there are"
else
	skip "tokenize is not built"
	skip "tokenize is not built"
	skip "tokenize is not built"
fi
# The record that closes a window belongs to the next, whole, whatever is looked
# at in between: here templates that are counted together.
$AWK 'BEGIN {
	for (i = 0; i < 120; i++)
		printf "2026-11-30T10:00:%02dZ web app[1]: %s done in %d ms\n",
		    i / 2, i % 2 ? "checkout" : "search", 100 + i * 37 % 900
	print "2026-11-30T10:01:00Z web kernel: disk failure on sda, sorry"
	print "2026-11-30T10:01:01Z web app[1]: search done in 140 ms"
}' >next
for how in --every=1m --on=10:01:00; do
	frames next | summarize-window "$how" | detokenize | tail -n 1 >out
	like "$(cat out)" '*  L121  *web kernel: disk failure on sda, sorry' \
		"$how: the record that closes a window is itself"
done

# Every row of windows cut by the clock is the line that it names.
make_log 6000 4
for how in 1m 3m; do
	frames log | summarize-window --every "$how" -n 32 |
		detokenize --json | $AWK '
	FILENAME == "log" { line[FNR] = $0; next }
	{
		n = split($0, row, /\{"id":/)
		for (i = 2; i <= n; i++) {
			match(row[i], /"line":[0-9]+,"template"/)
			at = substr(row[i], RSTART + 7, RLENGTH - 18)
			sub(/.*"sample":"/, "", row[i])
			if (!sub(/\\n","sample_cut":false.*/, "", row[i]))
				continue
			gsub(/\\"/, "\"", row[i])
			good += row[i] == line[at]
			if (row[i] != line[at])
				print at ": " row[i]
		}
	}
	END { print (good > 9) }' log - >out
	is "$(cat out)" 1 "--every $how: every row is the line that it names"
done
if command -v tokenize >/dev/null; then
	mkdir -p a/folder/that/lies/deep/among/others
	cp next a/folder/that/lies/deep/among/others/next.log
	tokenize a/folder/that/lies/deep/among/others/next.log |
		summarize-window | detokenize >out
	like "$(head -n 1 out)" '*  ...rs/next.log  (learning)*' \
		"the end of a long name is shown, and said to be one"
	printf '2026-11-30T10:00:00Z a\n2026-12-01T10:00:00Z b\n' >longername
	tokenize longername | summarize-window --every 10l | detokenize >out
	like "$(head -n 1 out)" '*10:00:00 UTC  (learning)  (partial) =*' \
		"where there is no room for it, nothing"
fi

for bad in 0 5x -1 l ''; do
	summarize-window --every="$bad" </dev/null >out 2>err
	is $? 2 "--every='$bad' is a usage error"
done
frames log | summarize-window --on='a(b' >out 2>err
is $? 2 "so is a pattern that is none"
like "$(cat err)" "*character*" "which is told where"
frames log >stream
head -c $(($(wc -c <stream) - 20)) stream | summarize-window >out 2>err
is $? 65 "a stream cut short is broken data"
summarize-window -e <stream >out
is $? 0 "-e: there is news"
summarize-window --strict <stream >out
is $? 0 "--strict: nothing is lost"
done_testing
