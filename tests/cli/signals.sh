#!/bin/sh
# SPDX-License-Identifier: MIT
# What a running filter tells, and what it can be told: SIGUSR1, SIGUSR2, a
# service manager and its watchdog, progress on a terminal.  Handshakes all.
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize stream-infer summarize-window detokenize notified; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done
limit='timeout -k 1 50'
mkfifo in got said

# ---- status, and a window closed now -----------------------------------------
# Each stage notes its pid, and all of them speak on the same stderr.
stage() {
	p=$1
	shift
	# shellcheck disable=SC2016
	$limit sh -c 'echo $$ >pid.'"$p"'; exec "$@"' - "$p" "$@" 2>said
}
stage tokenize <in | stage stream-infer -w 64 -t 1 |
	stage summarize-window --keep --every 1000l |
	stage detokenize --json >got &
exec 5>in 6<got 7<said
echo 'a line' >&5
read -r json <&6
like "$json" '*"text":"a line*' "a line has come through"
for p in tokenize stream-infer summarize-window detokenize; do
	for sig in USR2 USR1; do
		[ "$p$sig" != summarize-windowUSR2 ] || continue
		kill -s "$sig" "$(cat "pid.$p")"
	done
	read -r line <&7
	like "$line" "$p: *1*" "SIGUSR1: $p says how far it is"
	diag "$line"
done
kill -USR2 "$(cat pid.summarize-window)"
read -r json <&6
like "$json" '*"closed_by":"signal"*"partial":true*"total":1,*' \
	"SIGUSR2 closes the window"
echo 'another' >&5
read -r json <&6
like "$json" '*"text":"another*' "and it goes on"
exec 5>&-
cat <&6 >rest
cat <&7 >said.rest
exec 6<&- 7<&-
wait
is "$(cat said.rest)" "" "nothing else is said"

$limit sh -c 'echo $$ >pid; exec headwater --every 2l -w 64 -t 1 --json' \
	<in >got 2>said &
exec 5>in 6<got 7<said
printf 'one\ntwo\n' >&5
read -r json <&6
like "$json" '*"closed_by":"lines"*' "headwater runs"
echo three >&5
# Until it has been counted: some status lines a question.
while kill -USR1 "$(cat pid)" && read -r line <&7; do
	case $line in "summarize-window: 3 records"*) break ;; esac
done
kill -USR2 "$(cat pid)"
read -r json <&6
like "$json" '*"closed_by":"signal"*' "headwater passes both on"
exec 5>&-
cat <&6 >rest
exec 6<&- 7<&-
wait

# ---- the end -----------------------------------------------------------------
# A supervisor asks the whole group, headwater asks its stages once more, and
# so may timeout, whose group it is: that is one request, not a second one.
for model in '' --no-model; do
	# shellcheck disable=SC2086,SC2016
	$limit sh -c 'echo $$ >pid; exec headwater "$@"' - $model -t 1 \
		--every 2l --state st --json <in >got 2>said &
	group=$!
	exec 5>in 6<got 7<said
	printf 'one\ntwo\n' >&5
	read -r json <&6
	echo three >&5
	line=''
	until [ "$line" = 'summarize-window: 3 records, 1 windows' ]; do
		kill -USR1 "$(cat pid)"
		read -r line <&7 || break
	done
	kill -s TERM -- "-$group"
	json='(nothing)'
	read -r json <&6
	like "$json" '*"closed_by":"signal"*"partial":true*"total":1,*' \
		"SIGTERM to all${model:+, $model}: the last window comes"
	cat <&6 >rest
	exec 5>&- 6<&- 7<&-
	wait
	[ -s st ]
	ok $? "and the state is kept"
	rm -f st
done
# A stage that cannot go on, as its output is full, is killed by asking again.
exec 6<>got
dd if=/dev/zero of=got bs=1024 oflag=nonblock 2>/dev/null
stage tokenize -v </dev/zero >got &
exec 7<said
read -r line <&7
while kill -TERM "$(cat pid.tokenize)" 2>/dev/null; do
	sleep 0.1
done
wait $!
is $? 143 "SIGTERM again, later, kills at once"
exec 6<&- 7<&-

# ---- a service manager -------------------------------------------------------
listen() {
	rm -f sock
	$limit notified sock >got &
	exec 6<got
	read -r line <&6
}
hear() {
	line='(nothing)'
	read -r line <&6
	like "$line" "$1" "$2"
}
tokenize </dev/null >stream
listen
NOTIFY_SOCKET=$T/sock WATCHDOG_USEC=20000 WATCHDOG_PID='' \
	$limit stream-infer -w 64 -t 1 <in >out &
exec 5>in
hear 'READY=1 STATUS=headwater-log' "READY once the model is"
hear 'WATCHDOG=1' "the watchdog hears of it"
hear 'WATCHDOG=1' "while it waits for input"
cat stream >&5
exec 5>&-
while read -r line <&6; do
	case $line in WATCHDOG=1) ;; *) break ;; esac
done
is "$line" STOPPING=1 "and of its end"
exec 6<&-
wait
listen
NOTIFY_SOCKET=$T/sock WATCHDOG_USEC=20000 WATCHDOG_PID=1 \
	tokenize </dev/null >out
hear 'READY=1*' "WATCHDOG_PID of another:"
hear 'STOPPING=1' "the watchdog is not ours"
exec 6<&-
wait
for model in '' --no-model; do
	listen
	# shellcheck disable=SC2086
	echo x | NOTIFY_SOCKET=$T/sock headwater $model -t 1 >out
	cat <&6 >heard
	is "$(grep -c READY heard)" 1 "headwater $model: READY once"
	exec 6<&-
	wait
done
grep -q 'READY=1 STATUS=counting' heard
ok $? "by who counts, where there is no model"
echo x | NOTIFY_SOCKET=$T/none tokenize >out 2>err
is "$?/$(cat err)" 0/ "a manager that is not there is no error"

# ---- progress ---------------------------------------------------------------
if [ "$(script -qec 'test -t 2 && echo yes' /dev/null </dev/null 2>/dev/null |
    tr -d '\r')" = yes ]; then
	awk 'BEGIN { for (i = 0; i < 9000; i++) printf "%1023d\n", i }' >big
	# The 1 is that of the script, a pipe: only stderr is the terminal.
	cat >on_tty <<'END'
exec tokenize $OPTIONS big 2>/dev/tty >/dev/null
END
	OPTIONS='' script -qec 'sh on_tty' /dev/null </dev/null >out
	grep -q '% of 9.2 MB, .* MB/s, .* left' out
	ok $? "progress is shown on a terminal"
	OPTIONS=--no-progress script -qec 'sh on_tty' /dev/null \
		</dev/null >out
	is "$(wc -c <out)" 0 "not with --no-progress"
	script -qec 'cat big | tokenize 2>/dev/tty >/dev/null' /dev/null \
		</dev/null >out
	is "$(wc -c <out)" 0 "nor where the size is not known"
	tokenize big >/dev/null 2>err
	is "$(wc -c <err)" 0 "nor where stderr is no terminal"
else
	skip "no script(1) that makes a terminal"
fi
done_testing
