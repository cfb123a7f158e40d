# SPDX-License-Identifier: MIT
# detokenize: exact bytes, the digest, JSON Lines; manners on a terminal and on
# a stream that is damaged.
. "$srcdir/tests/tap.sh"

# ---- exact bytes -------------------------------------------------------------
head -c 200000 /dev/urandom >random
mkstream text <random | detokenize >out
cmp -s random out
ok $? "random bytes come back"
printf 'no newline' | mkstream text | detokenize >out
is "$(cat out)" "no newline" "so does an unterminated last line"
mkstream text </dev/null | detokenize >out
ok $? "an empty stream is no error"
is "$(wc -c <out | tr -d ' ')" 0 "and shows nothing"
printf 'a\n' | mkstream scored | detokenize >out
is "$(cat out)" a "scores do not show"

# ---- the digest --------------------------------------------------------------
for what in digest quiet; do
	mkstream $what | detokenize >out
	cmp -s out "$srcdir/tests/golden/$what.txt"
	ok $? "the text of '$what' is as it was blessed"
	diff out "$srcdir/tests/golden/$what.txt" | sed 's/^/# /'
done
mkstream digest | detokenize --width=132 |
	cmp -s - "$srcdir/tests/golden/digest-132.txt"
ok $? "where samples fit, a row is one line"
sed -e 's/日本/JAPN/' -e 's/é/e/' "$srcdir/tests/golden/digest.txt" |
	awk 'length > 80 { bad = 1 } END { exit bad }'
ok $? "no line is wider than 80 columns"
for w in 60 72 100 132 200; do
	mkstream digest | detokenize --width=$w >out
	sed -e 's/日本/JAPN/' -e 's/é/e/' out |
		awk -v w=$w 'length > w { bad = 1 } END { exit bad }'
	ok $? "nor than --width=$w"
	grep -q 'mallory' out
	ok $? "and the odd word is seen"
done
esc=$(printf '\033')
mkstream digest | detokenize >out
! grep -q "$esc" out
ok $? "no escape sequence reaches a pipe"
mkstream digest | detokenize --color=always |
	grep -q "$esc\[1;7mmallory$esc\[0m"
ok $? "--color=always marks the odd word with colour"
mkstream digest | detokenize --color=always |
	sed "s/$esc\[[0-9;]*m//g" | tr -d '[]' >bare
mkstream digest | detokenize --color=never | tr -d '[]' >plain
is "$(sed 's/ *\.*$//' bare | cut -c1-60)" \
	"$(sed 's/ *\.*$//' plain | cut -c1-60)" \
	"but for colour it is the same text"
mkstream digest | detokenize --color=sometimes 2>err
is $? 2 "an unknown --color is a usage error"

# ---- damage ------------------------------------------------------------------
printf 'one\ntwo\nthree\n' | mkstream text >good
size=$(wc -c <good)
head -c $((size - 50)) good | detokenize >out 2>err
is $? 65 "a stream that was cut ends with 65"
is "$(cat out)" "one
two" "what was valid before is shown"
is "$(wc -l <err | tr -d ' ')" 1 "there is one line about it"
like "$(cat err)" "*cut off at byte $((size - 50))*" "that names the place"
detokenize </dev/null 2>err
is $? 65 "an empty input is no stream"
echo hello | detokenize 2>err
is $? 65 "nor is text"
like "$(cat err)" "*not a token stream*" "and it says so"
echo 72 105 | detokenize 2>err
like "$(cat err)" "*--ids*" "ids as text get a hint"
cat good good | detokenize >out
ok $? "concatenated streams read as one"
is "$(wc -l <out | tr -d ' ')" 6 "with the records of both"

# ---- token ids as text ------------------------------------------------------
model=$srcdir/lib/model/headwater-log.gguf
printf '# by hand\n%s\n' '72 105 10' | detokenize --ids -m "$model" >out
ok $? "ids written by hand are read"
printf '72 105 10\n72 105 10\n' | detokenize --ids -m "$model" >twice
is "$(cat twice)" "$(cat out out)" "a record a line"
printf '72:1.5:2 105:-:- 10:9:1\n' |
	detokenize --ids -m "$model" --json >out
like "$(cat out)" '*"bits":10.5000,"odd":{"at":*"bits":9.0000*' \
	"and with scores"
echo 99999999 | detokenize --ids -m "$model" 2>err
is $? 65 "an id outside the vocabulary is broken input"
like "$(cat err)" "*line 1*" "and its line is named"

# ---- manners -----------------------------------------------------------------
if [ -w /dev/full ]; then
	detokenize <good >/dev/full 2>err
	is $? 74 "a full disk is an I/O error"
	like "$(cat err)" "*standard output*" "with a message"
else
	skip "no /dev/full"
	skip "no /dev/full"
fi
(seq 100000 | mkstream text | detokenize | head -1) >out 2>err
is "$(cat out)$(cat err)" 1 "a reader that leaves is no trouble"
detokenize x 2>err
is $? 2 "operands are refused"
done_testing
