#!/bin/sh
# SPDX-License-Identifier: MIT
# The pipeline as it streams.  Everything here is a handshake: the test writes
# the next line only after it has read what came of the one before, so what is
# held back anywhere is seen (the watchdog then ends the wait).
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize stream-infer summarize-window detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done
# Each stage is ended by force after a while, so that no `read` waits for ever.
limit='timeout -k 1 50'
infer="$limit stream-infer -w 64 -t 1"
mkfifo in out

# ---- a record is answered before the next is written -----------------------
: >log
$limit tail -n +1 -f log >in &
tail=$!
$limit tokenize <in | $infer | $limit detokenize --json >out &
exec 6<out
for n in 1 2 3; do
	echo "line $n of the log" >>log
	read -r json <&6
	like "$json" '*"line":'"$n"'*line '"$n"' of the log*"bits":*' \
		"tail -f: line $n is answered before the next is written"
done
kill "$tail"
like "$(cat <&6)" '*"type":"end","lines":3,*' \
	"and the pipeline ends when tail does"
exec 6<&-
wait

# ---- a window closes by the clock, without input ---------------------------
$limit tokenize <in | $infer |
	$limit summarize-window --clock=arrival --every 1s |
	$limit detokenize --json >out &
exec 5>in 6<out
echo 'a line, and then silence' >&5
read -r json <&6
like "$json" '*"type":"window"*"closed_by":"time"*' \
	"--every 1s closes a window while the input is silent"
exec 5>&-
cat <&6 >/dev/null
exec 6<&-
wait
$limit tokenize <in | $infer | $limit summarize-window --idle 1s |
	$limit detokenize --json >out &
exec 5>in 6<out
echo 'another line, and then silence' >&5
read -r json <&6
like "$json" '*"closed_by":"idle"*' "so does --idle 1s"
exec 5>&-
cat <&6 >/dev/null
exec 6<&-
wait

# ---- signals ----------------------------------------------------------------
# To all stages at once, as a terminal's Ctrl-C: a session of their own is the
# group that gets it.  Three lines are read together; the first two are a
# window, so when it is out, the third is inside.
cat >pipeline <<'END'
tokenize | stream-infer -w 64 -t 1 | summarize-window --every 2l |
	detokenize --json
END
if command -v setsid >/dev/null; then
	for sig in INT TERM; do
		env --default-signal=INT $limit setsid -w sh -c 'echo $$ >pid
			. ./pipeline' <in >out 2>err &
		exec 5>in 6<out
		printf 'first line\nsecond line\nthird line\n' >&5
		read -r json <&6
		like "$json" '*"closed_by":"lines"*' "a window, then SIG$sig"
		kill -s "$sig" -- "-$(cat pid)"
		read -r json <&6
		like "$json" '*"closed_by":"signal"*"partial":true*' \
			"prints the partial window, marked"
		cat <&6 >rest
		exec 5>&- 6<&-
		wait
		is "$(cat err)" "" "and says nothing else"
	done
else
	skip "setsid(1) is not installed"
fi
for sig in INT=130 TERM=143; do
	env --default-signal=INT headwater --every 2l -w 64 -t 1 --json \
		<in >out 2>err &
	pid=$!
	exec 5>in 6<out
	printf 'first line\nsecond line\nthird line\n' >&5
	read -r json <&6
	kill -s "${sig%=*}" "$pid"
	read -r json <&6
	like "$json" '*"closed_by":"signal"*"partial":true*' \
		"SIG${sig%=*} to headwater alone: the partial window, marked"
	cat <&6 >rest
	exec 5>&- 6<&-
	wait "$pid" 2>/dev/null
	is "$?/$(cat err)" "${sig#*=}/" "and it dies of the signal"
done

# ---- how the bytes arrive does not matter -----------------------------------
i=0
while [ "$i" -lt 40 ]; do
	echo "Nov 25 03:00:0$((i % 10)) host app[$i]: request $i took ${i}ms"
	i=$((i + 1))
done >log
# Without the times of arrival, which differ.
scores() {
	stream-infer -w 64 -t 1 | detokenize --json |
		sed 's/"arrival":[^,}]*//'
}
tokenize <log | scores >whole
dd if=log bs=1 2>/dev/null | tokenize | scores >bytes
[ -s whole ] && cmp whole bytes >differs 2>&1
ok $? "one-byte writes give the same bytes as one write"
sed 's/^/# /' differs
tokenize <log | dd bs=1 2>/dev/null | scores >frames
cmp whole frames >differs 2>&1
ok $? "also between the stages"

# ---- deaths ------------------------------------------------------------------
# The stage is killed while its input is open and silent; the others end, and
# the shell that waits for the last one sees that something failed.
for victim in tokenize stream-infer summarize-window detokenize; do
	for s in tokenize stream-infer summarize-window detokenize; do
		cat >"victim-$s" <<END
#!/bin/sh
echo \$\$ >pid.$s
exec $s "\$@"
END
		chmod +x "victim-$s"
	done
	$limit sh -c './victim-tokenize | ./victim-stream-infer -w 64 -t 1 |
		./victim-summarize-window --every 1l |
		./victim-detokenize --json; echo $? >rc' <in >out 2>err &
	exec 5>in 6<out
	echo 'a first line' >&5
	read -r json <&6
	kill -KILL "$(cat "pid.$victim")"
	cat <&6 >rest
	exec 6<&-
	wait
	exec 5>&-
	rc=$(cat rc)
	want=65
	[ "$victim" != detokenize ] || want=137
	is "$rc" "$want" "$victim is killed: all end, with a status"
	grep -q 'END\|end\|cut' err || [ "$victim" = detokenize ]
	ok $? "and a line that says the stream was cut"
done

# ---- scripting ---------------------------------------------------------------
printf '72 105 200\n72 105 200\n' >ids
stream-infer --ids -w 64 <ids >scored
ok $? "ids written by hand are scored"
is "$(grep -cE '72:[0-9.]+:[0-9.]+ 105:[0-9.]+:[0-9.]+' scored)" 2 \
	"each id comes back with its surprisal and entropy"
awk '{ for (i = 1; i <= NF; i++) if (split($i, f, ":") == 3) {
	s[NR > 1 && seen++ > 2] += f[2] } }
	END { exit !(s[1] < s[0]) }' scored
ok $? "and what is repeated surprises less"
json=$(echo 'one line' | tokenize | stream-infer | detokenize --json)
like "$json" '*"line":1,*"text":"one line*"bits":*' \
	"detokenize --json: a JSON line a record, with bits"
done_testing
