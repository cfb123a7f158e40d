#!/bin/sh
# SPDX-License-Identifier: MIT
# What every program owes its user: help, one clear line when something is
# wrong, a truthful exit status, and a quiet end when its reader has left.
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize stream-infer summarize-window detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done

# A stream as it is after each stage, short and long.
i=0
while [ "$i" -lt 300 ]; do
	echo "Nov 25 03:00:00 host app[$i]: request $i took ${i}ms"
	i=$((i + 1))
done >log
set -e
tokenize log >to.stream-infer
stream-infer -w 64 <to.stream-infer >to.summarize-window
summarize-window --every 2l <to.summarize-window >to.detokenize
set +e
cp log to.tokenize

# try COMMAND...: sets rc; out and err hold what was written.
try() {
	"$@" >out 2>err
	rc=$?
}
one_line() { [ "$(wc -l <err)" -eq 1 ] && grep -q "^$p: " err; }

for p in tokenize stream-infer summarize-window detokenize; do
	try "$p" --help
	is "$rc/$(head -n 1 out | cut -d' ' -f1-2)/$(cat err)" \
		"0/Usage: $p/" "$p --help goes to standard output"
	"$p" -h | cmp -s - out
	ok $? "and -h is the same"
	try "$p" --version
	is "$rc/$(grep -c "^$p (headwater) [0-9]" out)" 0/1 \
		"$p --version names itself"
	try "$p" --no-such-option </dev/null
	is "$rc/$(cat out)" 2/ "an unknown option is a usage error"
	grep -q no-such-option err
	ok $? "and is named"
	"$p" --help >/dev/full 2>err
	is $? 74 "help that cannot be written is an error"

	"$p" <"to.$p" >&- 2>err
	is $? 74 "closed standard output: exit 74"
	one_line
	ok $? "and one line that says so"
	"$p" <"to.$p" >/dev/full 2>err
	is $? 74 "a full disk: exit 74"
	{ one_line && grep -q 'No space left' err; }
	ok $? "and one line that says so"

	# The reader leaves: at once, while much is written ...
	{
		"$p" <"to.$p" 2>err
		echo $? >rc
	} | head -c 1 >out
	rc=$(cat rc)
	# A short output may have been written whole before.
	case $rc in 0 | 141) true ;; *) false ;; esac
	ok $? "| head -c 1 ends it"
	is "$(cat err)" "" "quietly"
	# ... with SIGPIPE ignored by our parent ...
	(
		trap '' PIPE
		"$p" <"to.$p" 2>err
		echo $? >rc
	) | :
	case $(cat rc) in 0 | 141) true ;; *) false ;; esac
	ok $? "also where SIGPIPE is ignored"
	is "$(cat err)" "" "quietly too"
	# ... and while it waits for input that does not come.
	mkfifo quiet
	exec 5<>quiet
	{
		timeout 20 "$p" <quiet 2>err 5>&-
		echo $? >rc
	} | :
	exec 5>&-
	rm quiet
	is "$(cat rc)/$(cat err)" 141/ \
		"and a quiet input does not keep it from noticing"
done

for p in stream-infer summarize-window detokenize; do
	try "$p" <log
	is "$rc" 65 "$p refuses what is no token stream"
	one_line
	ok $? "with one line"
	size=$(wc -c <"to.$p")
	head -c "$((size - 9))" "to.$p" >short
	try "$p" <short
	is "$rc" 65 "a stream that was cut short is an error"
	one_line
	ok $? "of one line"
	try "$p" </dev/null
	is "$rc" 65 "so is no stream at all"
done
p=tokenize
try tokenize no-such-file
is "$rc" 66 "a missing file: exit 66"
grep -q "^tokenize: .*no-such-file" err
ok $? "and it is named"
try tokenize -m no-such-model log
is "$rc" 66 "a missing model: exit 66"
p=stream-infer
try stream-infer -m no-such-model <to.stream-infer
is "$rc" 66 "for stream-infer too"
one_line
ok $? "with one line"

# Binary does not go to a terminal; script(1) gives us one.
if [ "$(script -qec 'test -t 1 && echo yes' /dev/null </dev/null 2>/dev/null |
    tr -d '\r')" = yes ]; then
	for p in tokenize stream-infer summarize-window; do
		script -qec "$p <to.$p" /dev/null </dev/null >out 2>&1
		is $? 2 "$p refuses to write binary to a terminal"
		grep -q "terminal" out
		ok $? "and says so"
	done
	printf 'a\033[31mred\007\n' | tokenize >red
	script -qec 'detokenize <red' /dev/null </dev/null >out 2>&1
	is "$(tr -d '\r' <out | grep -c '[[:cntrl:]]')" 0 \
		"on a terminal control characters are made visible"
else
	skip "no script(1) that makes a terminal"
fi
printf 'a\033[31mred\007\n' | tokenize | detokenize >out
printf 'a\033[31mred\007\n' | cmp -s - out
ok $? "in a pipe they pass as they are"
done_testing
