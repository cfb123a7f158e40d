#!/bin/sh
# SPDX-License-Identifier: MIT
# Documentation that runs: every `$ command` in the EXAMPLES of the man pages,
# and every script in examples/, on a small log.  What would go on for ever
# (-F, journalctl -f) is stood in for by what ends.
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize stream-infer summarize-window detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done

mkdir shims
cat >shims/tail <<'END'
#!/bin/sh
# tail -F FILE, of a file that has ended.
for file; do :; done
case " $* " in *" -F "* | *" -f "*) exec cat "$file" ;; esac
exec /usr/bin/tail "$@"
END
cat >shims/journalctl <<'END'
#!/bin/sh
exec cat "$SAMPLE"
END
cat >shims/ssh <<'END'
#!/bin/sh
exec cat "$SAMPLE"
END
# Followers that end with their files.
for p in headwater tokenize; do
	cat >shims/$p <<'END'
#!/bin/sh
n=$#
while [ "$n" -gt 0 ]; do
	case $1 in -F | --lines=* | --poll=*) ;; *) set -- "$@" "$1" ;; esac
	shift
	n=$((n - 1))
done
exec "$builddir/bin/${0##*/}" "$@"
END
done
chmod +x shims/*
PATH=$T/shims:$PATH
SAMPLE=$T/app.log
export SAMPLE
i=0
while [ "$i" -lt 60 ]; do
	echo "2026-11-25T03:$((10 + i % 50)):00Z INFO app: request $i ok"
	[ "$i" -ne 40 ] ||
		echo "2026-11-25T03:50:00Z ERROR app: disk is on fire"
	i=$((i + 1))
done >app.log
cp app.log web-1.log
cp app.log web-2.log
for h in 1 2; do
	tokenize web-$h.log | summarize-window --every 5m |
		detokenize --json >web-$h.jsonl
done
cat web-?.jsonl >all.jsonl
tokenize app.log | summarize-window --state good >/dev/null
# A fresh folder for each example.
fresh() {
	cd "$T" || exit 99
	rm -rf run
	mkdir run
	cp app.log run/app.log
	cp app.log run/error.log
	cp web-?.log web-?.jsonl all.jsonl good run
	cd run || exit 99
	gzip -c app.log >app.log.1.gz
	gzip -c app.log >syslog.2.gz
	tar -czf logs.tar.gz app.log error.log
}

# commands PAGE: one a line.  A line that ends with | or a backslash goes on.
commands() {
	awk '/^\.Sh/ { on = /EXAMPLES/ }
	/^\.Bd/ { block = on }
	/^\.Ed/ { block = 0 }
	block && (more || /^\$ /) {
		line = more ? $0 : substr($0, 3)
		more = line ~ /(\||\\e)$/
		sub(/\\e$/, "", line)
		printf more ? "%s " : "%s\n", line
	}' "$1" |
		sed 's/\\&//g; s/\\-/-/g; s/\\(aq/'"'"'/g; s/\\e/\\/g'
}
for page in "$srcdir"/man/*.[1-9]; do
	commands "$page" >"$T/commands"
	case $page in
	*.1)
		[ "$(wc -l <"$T/commands")" -ge 2 ]
		ok $? "${page##*/} has examples that can be run"
		;;
	esac
	while read -r command; do
		case $command in
		*jq*)
			if ! command -v jq >/dev/null; then
				skip "${page##*/}: jq is not installed"
				continue
			fi
			;;
		esac
		fresh
		timeout 60 sh -c "$command" >"$T/out" 2>"$T/err" </dev/null
		ok $? "${page##*/}: $command"
		sed 's/^/# /' "$T/err"
	done <"$T/commands"
done

fresh
sh "$srcdir/examples/follow.sh" app.log >out
grep -q 'disk is on fire' out
ok $? "examples/follow.sh shows the news"
fresh
sh "$srcdir/examples/batch.sh" app.log app.log.1.gz &&
	[ -s app.log.digest.jsonl ] && [ -s app.log.1.gz.digest.jsonl ]
ok $? "examples/batch.sh digests each file"
echo kept >app.log.digest.jsonl
sh "$srcdir/examples/batch.sh" app.log
is "$(cat app.log.digest.jsonl)" kept "and leaves alone what is done"
fresh
sh "$srcdir/examples/nightly.sh" app.log day.state >out
grep -q 'disk is on fire' out
ok $? "examples/nightly.sh prints the first day"
is "$(sh "$srcdir/examples/nightly.sh" app.log day.state)" "" \
	"nothing on another like it"
echo 'web-1 kernel: a roof has come down' >>app.log
sh "$srcdir/examples/nightly.sh" app.log day.state >out
grep -q 'NEW ' out && grep -q 'a roof has come down' out
ok $? "and news"
fresh
mkdir -p tree/sub
mv app.log tree/app.log
mv app.log.1.gz 'tree/sub/a name.log.gz'
sh "$srcdir/examples/tree.sh" tree >out
grep -q '122 lines' out
ok $? "examples/tree.sh reads all of a tree"
if command -v jq >/dev/null; then
	fresh
	sh "$srcdir/examples/odd-lines.sh" app.log >out
	head -n 3 out | grep -q 'disk is on fire'
	ok $? "examples/odd-lines.sh puts the odd line first"
	grep -qF '\n' out
	is $? 1 "and no end of a line in it"
else
	skip "jq is not installed"
fi
done_testing
