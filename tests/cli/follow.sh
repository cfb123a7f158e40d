#!/bin/sh
# SPDX-License-Identifier: MIT
# tokenize -F: files that grow, are rotated in each of the ways there are, or
# do not exist yet.  Every step is a handshake: the next thing is done to the
# file only after what came of the one before was read, so nothing depends on
# how fast anything is.  Once told by inotify, once by looking.
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done
mkfifo lines said
# Every reader of a pipe ends with its writer, and that within:
limit='timeout -k 1 50'

# follow ARGUMENT...: its records come as lines on 6, what it says on 7.
follow() {
	$limit sh -c 'echo $$ >pid; exec tokenize "$@"' - "$@" \
		2>said | detokenize >lines &
	exec 7<said 6<lines
}
# got WANT DESCRIPTION: the next line
got() {
	line='(nothing)'
	read -r line <&6
	is "$line" "$1" "$2"
}
# says PATTERN DESCRIPTION: the next thing said
says() {
	line='(nothing)'
	read -r line <&7
	like "$line" "tokenize: $1" "$2"
}
end() {
	kill "$(cat pid)"
	cat <&6 >rest
	cat <&7 >said.rest
	exec 6<&- 7<&-
	wait
	is "$(cat rest)/$(cat said.rest)" "/" "nothing else came, or was said"
}

for how in '' --poll=5; do
	rm -rf d
	mkdir d
	printf 'one\ntwo\n' >d/log
	# shellcheck disable=SC2086
	follow -F $how d/log d/later
	says 'd/later: No such file or directory; waiting*' \
		"${how:-inotify}: a file that is not there is waited for"
	got one "what is there is read"
	got two "to its end"
	echo three >>d/log
	got three "what is appended follows"
	printf 'fo' >>d/log
	echo ur >>d/log
	got four "a line in two pieces is one"
	echo first >d/later
	says 'd/later: has appeared*' "the other file appears"
	got first "and is read"

	# Renamed: its writer goes on until it is told.
	mv d/log d/log.1
	says 'd/log: has gone*' "a rename is noticed"
	echo late >>d/log.1
	got late "what is written to the old file still comes"
	: >d/log
	echo later >>d/log.1
	got later "also beside a new one that is empty"
	echo last >>d/log.1
	got last "(and again)"
	echo new >>d/log
	says 'd/log: has been replaced*' "the new file takes over when used"
	got new "which comes"

	# Replaced at one stroke.
	echo swapped >d/tmp
	mv d/tmp d/log
	says 'd/log: has been replaced*' "a file moved over it"
	got swapped "is read from its start"

	# Truncated, and copied and truncated.
	cp d/log d/log.2
	: >d/log
	says 'd/log: was truncated*' "truncation is noticed"
	echo short >>d/log
	got short "and what is written then is read"
	printf 'much longer than what was there before\nand on\n' >d/log
	says 'd/log: was *' "a rewrite in place is noticed"
	got 'much longer than what was there before' "and read"
	got 'and on' "from its start"
	for n in 1 2 3; do # no longer, no shorter, and at once
		printf 'Much longer than what was there before\nAnd %sn\n' \
			$n >anew
		dd if=anew of=d/log conv=notrunc bs=4k 2>/dev/null # at once
		says 'd/log: was written anew*' \
			"a rewrite to the same size is noticed ($n)"
		got 'Much longer than what was there before' "and read"
		got "And ${n}n" "from its start"
	done
	touch d/log
	cp d/log d/tmp
	cat d/tmp 1<>d/log
	echo more >>d/log
	got more "what is touched, or written as it was, is not read again"

	# An unfinished line ends with its file.
	printf 'cut' >>d/log
	rm d/log
	says 'd/log: has gone*' "removal is noticed"
	echo again >d/log
	says 'd/log: has been replaced*' "and the return"
	got cutagain "an unfinished last line is given before the new file"
	rm -r d
	says 'd/l*: has gone*' "even the folder may go"
	says 'd/l*: has gone*' "with both files"
	mkdir d
	echo back >d/log
	says 'd/log: has been replaced*' "and return"
	got back "with a file to read"
	end
done

# Through links, into a folder that is not the one of the name (Kubernetes):
# what inotify does not tell is seen by looking.  Each is done while it sleeps:
# asked twice how far it is, it has nothing else to do.
asleep() {
	for _ in 1 2; do
		kill -USR1 "$(cat pid)"
		read -r line <&7
	done
}
rm -rf d
mkdir -p d/pods/pod
echo 'gen 0' >d/pods/pod/0.log
ln -s pods/pod d/now
ln -s now/0.log d/link
follow -F d/link
got 'gen 0' "through links"
asleep
mv d/pods/pod/0.log d/pods/pod/old.log
says 'd/link: has gone*' "what they lead to is renamed"
echo 'gen 1' >d/pods/pod/0.log
says 'd/link: has been replaced*' "and made anew"
got 'gen 1' "and read"
asleep
mv d/pods/pod d/pods/old
says 'd/link: has gone*' "its folder is renamed"
mkdir d/pods/pod
echo 'gen 2' >d/pods/pod/0.log
says 'd/link: has been replaced*' "and made anew"
got 'gen 2' "and what is in it read"
end

# ---- where a follower begins, and being told to reopen -----------------------
rm -rf d
mkdir d
printf '1\n2\n3\n4\n' >d/log
follow -F --lines=2 d/log
got 3 "--lines=2 begins with the last two"
got 4 "lines"
mv d/log d/old
says 'd/log: has gone*' "(gone)"
: >d/log
kill -HUP "$(cat pid)"
says 'd/log: has been replaced*' "SIGHUP reopens, though nothing is there yet"
echo 5 >>d/log
got 5 "and the new file is read"
end
printf 'a\n' >d/a
follow -vF --lines=0 d/a
says '*tokens' "-v names the model"
says 'source 0: d/a' "and the source, once it is open"
echo b >>d/a
got b "--lines=0 begins at the end"
end
printf 'whole\nunfinished' >d/c
follow -F d/c
got whole "a line"
kill "$(cat pid)"
is "$(cat <&6)" unfinished "an end by a signal gives what was read"
exec 6<&- 7<&-
wait

# ---- usage -----------------------------------------------------------------
for bad in '-F' '-F -' '--lines=3 d/a' '--poll=3 d/a' \
	'-F --lines=-2 d/a'; do
	# shellcheck disable=SC2086
	tokenize $bad >out 2>err </dev/null
	is "$?/$(wc -c <out)" 2/0 "tokenize $bad is a usage error"
done
follow -F d
says 'd: Is a directory; waiting for it' "a folder is not followed"
end
done_testing
