#!/bin/sh
# SPDX-License-Identifier: MIT
# The wrapper alone, around stages that only do what the test tells them:
# which options go where, whose exit status comes out, what a signal does.
. "${srcdir:-.}/tests/tap.sh"

mkdir bin
cp "$builddir/bin/headwater" bin/
cat >bin/stage <<'END'
#!/bin/sh
# A stage: reports its arguments, then does what $DIR/NAME says.
me=${0##*/}
printf '%s' "$me" >"$DIR/args.$me"
for a; do printf ' <%s>' "$a" >>"$DIR/args.$me"; done
. "$DIR/$me"
END
chmod +x bin/stage
for s in tokenize stream-infer summarize-window detokenize; do
	ln bin/stage "bin/$s"
done
DIR=$T
export DIR
hw=$T/bin/headwater

# each NAME=COMMANDS...: what the stages do; `cat` unless said.
each() {
	for s in tokenize stream-infer summarize-window detokenize; do
		echo 'exec cat' >"$s"
	done
	for s; do echo "${s#*=}" >"${s%%=*}"; done
}
# status COMMAND...: prints the exit status, as $(...) loses none.
status() {
	"$@" >out 2>err </dev/null && rc=0 || rc=$?
	echo "$rc"
}

# ---- options ----------------------------------------------------------------
each tokenize='echo data'
is "$("$hw" -m "it's" -s4 --window 9 --every=5m -w8 -- -a 'b c')" data \
	"the stages are run in order"
is "$(cat args.tokenize)" "tokenize <--model=it's> <--> <-a> <b c>" \
	"tokenize gets the model and the operands"
is "$(cat args.stream-infer)" \
	"stream-infer <--model=it's> <--sinks=4> <--window=9> <--window=8>" \
	"stream-infer gets the model and the cache"
is "$(cat args.summarize-window)" "summarize-window <--every=5m>" \
	"summarize-window gets the window"
is "$(cat args.detokenize)" "detokenize" "detokenize gets nothing of it"

rm args.stream-infer
is "$("$hw" --no-model x)" data "--no-model runs without stream-infer"
[ ! -f args.stream-infer ]
ok $? "which is not started"

out=$(PATH=$T/bin:$PATH "$hw" --print --on 'a|b' -t2 "it's")
is "$out" "tokenize 'it'\\''s' | stream-infer --threads=2 | \
summarize-window '--on=a|b' | detokenize" "--print quotes what needs it"
each tokenize='for f; do cat "$f"; done'
echo text >"it's"
is "$(PATH=$T/bin:$PATH sh -c "$out")" text "and what it prints runs"
out=$("$hw" --print x)
is "$(sh -c "$out" 2>&1)" "cat: x: No such file or directory" \
	"outside of PATH it prints where the stages are"

is "$(status "$hw" --no-such)" 2 "an unknown option is a usage error"
like "$(cat err)" "headwater: unrecognized option '--no-such'*" "that is named"
is "$(status "$hw" --no-such=5)" 2 "also with an argument"
like "$(cat err)" "headwater: unrecognized option '--no-such'*" "named as well"
is "$(status "$hw" -s)" 2 "so is a missing argument"
is "$(status "$hw" --json=x)" 2 "and an argument too many"
is "$(status "$hw" -Q)" 2 "and an unknown letter"
is "$(status "$hw" --)" 0 "'--' alone is fine"
is "$(status "$hw" -)/$(cat args.tokenize)" "0/tokenize <->" \
	"and '-' is an operand"

# ---- exit statuses ----------------------------------------------------------
each tokenize='exit 66'
is "$(status "$hw")" 66 "the first stage's failure comes out"
each tokenize='exit 66' summarize-window='cat; exit 65' \
	detokenize='cat; exit 65'
is "$(status "$hw")" 66 "not what followed from it downstream"
each tokenize='while echo data; do :; done' stream-infer='exit 69' \
	summarize-window='cat; exit 65' detokenize='cat; exit 65'
is "$(status "$hw")" 69 "nor upstream"
each summarize-window='cat; exit 1'
is "$(status "$hw" -e)" 1 "that there is no news is told, if asked for"
each tokenize='exec yes' detokenize='exit 74'
is "$(status "$hw")" 74 "the last stage's failure ends an endless input"
each tokenize='exec sleep 100' detokenize='exit 74'
is "$(status timeout 20 "$hw")" 74 "and a silent one"
each tokenize='exec sleep 100' summarize-window='kill -KILL $$' \
	detokenize='cat; exit 65'
is "$(status timeout 20 "$hw")" 137 "a stage that is killed ends the others"
each tokenize='exec yes' detokenize='exec head -n 1'
is "$(status "$hw")" 0 "a last stage that is content makes a success"
each tokenize='exec yes'
is "$("$hw" 2>err | head -n 1; cat err)" y "| head -n 1 ends quietly"

# ---- signals ----------------------------------------------------------------
# The handshake: each stage says that it runs; then the signal goes to the
# wrapper alone, and the first stage's last words must come through.
mkfifo ready
exec 4<>ready
for sig in INT=130 TERM=143; do
	deaf='trap "" TERM; echo >"$DIR/ready"; exec cat'
	each stream-infer="$deaf" summarize-window="$deaf" \
		detokenize="$deaf" tokenize='
		trap "echo partial; exit" TERM
		echo >"$DIR/ready"
		while :; do sleep 0.01; done'
	# A shell's background process ignores SIGINT, for good.
	env --default-signal=INT "$hw" >out 2>err &
	pid=$!
	for s in 1 2 3 4; do read -r _ <&4; done
	kill -s "${sig%=*}" "$pid"
	wait "$pid" 2>/dev/null
	is $? "${sig#*=}" "SIG$sig is what it dies of"
	is "$(cat out)" partial "after the stages said their last"
done
# A terminal that is closed tells all of its processes; so does timeout, whose
# group they are.
each stream-infer="$deaf" summarize-window="$deaf" \
	detokenize="$deaf" tokenize='
	trap "echo partial; exit" TERM
	echo >"$DIR/ready"
	while :; do sleep 0.01; done'
env --default-signal=HUP timeout 50 "$hw" >out 2>err &
pid=$!
for s in 1 2 3 4; do read -r _ <&4; done
kill -s HUP -- "-$pid"
wait "$pid" 2>/dev/null
is "$?/$(cat out)" 129/partial "SIGHUP to all: the last words come"
mkfifo more
each stream-infer="$deaf" summarize-window="$deaf" \
	detokenize="$deaf" tokenize='
	hup() {
		trap "" HUP
		echo reopened
		echo >"$DIR/ready"
		read -r more <"$DIR/more"
		echo "$more"
		exit
	}
	trap hup HUP
	echo >"$DIR/ready"
	while :; do sleep 0.01; done'
env --default-signal=HUP timeout 50 "$hw" -F log >out 2>err &
pid=$!
for s in 1 2 3 4; do read -r _ <&4; done
kill -s HUP -- "-$pid"
read -r _ <&4
echo more >more
wait "$pid" 2>/dev/null
is "$(cat out)" "reopened
more" "-F: SIGHUP to all reopens, and is no end"
each tokenize='
	trap "echo reopened; exit" HUP
	echo >"$DIR/ready"
	while :; do sleep 0.01; done'
# Under nohup SIGHUP is ignored, and a shell cannot undo that.
mkdir tmp
TMPDIR=$T/tmp env --default-signal=HUP "$hw" -F log >out 2>err &
pid=$!
read -r _ <&4
kill -HUP "$pid"
wait "$pid"
is "$?/$(cat out)" 0/reopened "-F: SIGHUP is for tokenize alone"
is "$(ls tmp)" "" "and leaves nothing behind"

# In a container every run has the same process id.
each tokenize='echo data'
is "$(TMPDIR=$T/tmp sh -c 'mkdir "$TMPDIR/headwater.$$" && exec "$0"' "$hw")" \
	data "what an earlier process of its id left is not in its way"
each tokenize='ls -l "$TMPDIR" >"$DIR/listing"'
rmdir tmp/*
TMPDIR=$T/tmp "$hw"
like "$(cat listing)" "*drwx------*" "its own folder is private"

# types HELP: those of a cache that it names.
types() {
	tr -s '\n ' '  ' <"$1" | sed 's/.*--kv=TYPE [^:]*: \([^-]*\) -.*/\1/'
}
"$hw" --help >ours
stream-infer --help >theirs
is "$(types ours)" "$(types theirs)" "the types of a cache are all named"
is "$(status sh -c '"$1" --help >/dev/full' - "$hw")" 74 \
	"help that cannot be written is an error"
done_testing
