#!/bin/sh
# SPDX-License-Identifier: MIT
# stream-infer: scores do not depend on how they were come by; a lone line is
# answered at once; signals; streams of another model, or damaged ones.
. "${srcdir:-.}/tests/tap.sh"

mkmodel m.gguf vocab=300 d=64 seed=7 sink=1
mkmodel other.gguf vocab=301 d=64 seed=7 sink=1
HEADWATER_MODEL=m.gguf
export HEADWATER_MODEL
limit='timeout 20'

# Records of uneven length, many wraps of a small window.
i=0
while [ $i -lt 200 ]; do
	j=0
	while [ $j -lt $((i * 7 % 23 + 1)) ]; do
		printf '%d ' $(((i * 31 + j * 17) % 300))
		j=$((j + 1))
	done
	echo
	i=$((i + 1))
done >ids
stream-infer --ids -w 32 -t 1 --chunk 64 <ids >want
is "$(grep -vc '^#' want)" 200 "ids as text: a scored line for each line"
is "$(grep -v '^#' want | head -n 1 | tr ' ' '\n' | grep -cE \
	'^[0-9]+:[0-9.e+-]+:[0-9.e+-]+$')" 1 "every token is id:bits:entropy"
for how in '-t 3' '--chunk 1' '--chunk 7 -t 2' '--chunk 1000'; do
	# shellcheck disable=SC2086
	stream-infer --ids -w 32 $how <ids | cmp -s want -
	ok $? "the same bytes with $how"
done
stream-infer --ids -w 32 --kv f32 <ids | cmp -s want -
is $? 1 "though not with another cache type"
(
	while IFS= read -r line; do
		echo "$line"
	done
) <ids | stream-infer --ids -w 32 | cmp -s want -
ok $? "nor does it matter how the input arrives"
stream-infer --ids -w 32 ids | cmp -s want -
ok $? "or that it is a file"
grep -v '^#' want | tr ' ' '\n' | cut -d: -f1 | grep . >got
tr ' ' '\n' <ids | grep . | cmp -s - got
ok $? "the ids pass unchanged"
stream-infer --ids -w 32 <want | cmp -s want -
ok $? "a scored stream may be scored again"

# What a cache with sinks is compared with.
stream-infer --ids -w 32 -s 0 <ids >want
stream-infer --ids -w 32 --cache=window <ids | cmp -s want -
ok $? "--cache=window is -s 0, on a model with a sink token too"
like "$(grep -v '^#' want | head -n 1)" '0:[0-9]*:[0-9]*' \
	"there that token predicts the first, and is forgotten later"
stream-infer --ids -w 9000 -s 0 <ids >all
stream-infer --ids -w 9000 --cache=dense <ids | cmp -s all -
ok $? "--cache=dense is a window that nothing leaves"
stream-infer --ids -w 99 --cache=dense <ids >some 2>err
is "$? $(cat err)" "65 stream-infer: a dense cache of 100 tokens is full" \
	"a full one ends it"
grep -v '^#' all | awk '{ n += NF } n > 99 { exit } { print }' >fits
grep -v '^#' some | cmp -s - fits && [ -s fits ]
ok $? "after the $(wc -l <fits) records that fitted, scored as ever"
head -n 30 ids >few
stream-infer --ids -w 9000 --cache=recompute <few >some
grep -v '^#' all | head -n 30 | tr ' ' '\n' >a
grep -v '^#' some | tr ' ' '\n' | paste -d: a - | awk -F: '
	{ d = $2 - $5; bad += d < -1e-4 || d > 1e-4 || $1 != $4 }
	END { exit bad > 0 || NR < 200 }'
ok $? "--cache=recompute with room for all scores as a dense cache"
stream-infer --ids -w 20 --cache=recompute <few >some
stream-infer --ids -w 20 --cache=recompute --sample 7 --stats <few >seventh \
	2>err
for f in some seventh; do
	grep -v '^#' $f | tr ' ' '\n' >$f.tokens
done
paste -d: seventh.tokens some.tokens | awk -F: '
	NR % 7 == 0 { same += $2 == $5; bits += $2 }
	NR % 7 && $2 != "-" { exit 1 }
	END { print same == int(NR / 7), bits / same }' >got
read -r same bits <got
is "$same" 1 "--sample 7 scores each seventh token, and those as before"
# Scores are rounded where they are printed.
sed 's/.*bits_per_token=//' err | awk -v bits="$bits" \
	'{ d = $1 - bits; exit !(d <= 2e-4 && d >= -2e-4) }'
ok $? "and statistics are of those"
for how in '--cache=wide' '--cache=dense -s 1' '--sample 2'; do
	# shellcheck disable=SC2086
	stream-infer --ids $how <ids >/dev/null 2>err
	is $? 2 "refused: $(cat err)"
done

# A line is answered before the next is written.
mkfifo to from
# shellcheck disable=SC2016
$limit sh -c 'echo $$ >pid; exec stream-infer --ids -w 32' <to >from 2>err &
job=$!
exec 3>to 4<from
answered=0
for line in '72 105 10' '1 2 3 4'; do
	echo "$line" >&3
	while IFS= read -r got <&4; do
		case $got in '#'*) ;; *) break ;; esac
	done
	[ "$(echo "$got" | tr ' ' '\n' | grep -c :)" -eq \
		"$(echo "$line" | wc -w)" ] && answered=$((answered + 1))
done
is $answered 2 "each line is answered before the next one is written"

# Statistics while it waits; then an orderly end.
kill -USR1 "$(cat pid)"
echo '5 6' >&3
IFS= read -r got <&4
# The signal came before the line, so its effect is there with the answer.
like "$(cat err)" '*tokens=* cache=* allocations=*' \
	"SIGUSR1 prints statistics"
kill -TERM "$(cat pid)"
cat <&4 >rest
exec 3>&- 4<&-
wait $job
is $? 143 "SIGTERM ends it, and it dies of it"
is "$(grep -c '^#end records=3 ' rest)" 1 "with the end of its stream written"

# Two vocabularies.
echo hello | tokenize | stream-infer -m other.gguf >out 2>err
is $? 65 "a stream of another vocabulary is refused"
like "$(cat err)" 'stream-infer: *give both programs the same -m' \
	"and it says what to do"

# Damage: what came before it is scored.
seq 50 | tokenize >stream
head -c $(($(wc -c <stream) - 40)) stream | stream-infer >out 2>err
is $? 65 "a stream that was cut short"
detokenize <out 2>/dev/null | head -n 5 >got
seq 5 | cmp -s - got
ok $? "was scored up to there"

# Statistics count what was there; memory is bounded by the window.
seq 2000 | tokenize | stream-infer -w 40 -s 4 --stats 2>err >out
line=$(cat err)
like "$line" '*records=2000 *' "--stats counts records"
like "$line" '*bytes=8893 *' "and bytes"
like "$line" '*cache=4+40/4+40 *' "and says how full the cache is"
is "$(detokenize --json <out | grep -c '"type":"note"')" 1 \
	"and puts it in the stream, as a note"
seq 2000 | tokenize | stream-infer -w 40 --stats-every 1000 2>err >out
[ "$(wc -l <err)" -ge 4 ]
ok $? "--stats-every prints as it goes"
is "$(sed 's/.*allocations=//' err | tail -n 4 | uniq | wc -l)" 1 \
	"and the number of allocations stands still"

for bad in '-w 0' '-s -1' '--kv q4' '-t 0' '--chunk 0' 'ids ids'; do
	# shellcheck disable=SC2086
	stream-infer $bad <stream >out 2>err
	is $? 2 "'$bad' is a usage error"
done
for p in stream-infer headwater-info; do
	HEADWATER_CPU=z80 $p <stream >out 2>err
	is "$?/$(sed 's/^[^ ]* //' err)" "2/kernel level 'z80' \
(HEADWATER_CPU) is not c, avx2, avxvnni, avx512, bf16, amx, neon, i8mm or \
blas" "$p: so is an unknown kernel level, and it tells which there are"
done
stream-infer no-such-file >out 2>err
is $? 66 "a missing file"
stream-infer . >out 2>err
is "$?/$(cat err)" "66/stream-infer: .: Is a directory" \
	"one that cannot be read is named"
stream-infer <. >out 2>err
is "$?/$(cat err)" "66/stream-infer: standard input: Is a directory" \
	"and standard input is itself"

# A model of bare ids: its stream goes through every stage that takes ids.
mkmodel none.gguf tokenizer=none vocab=300
printf '40 42 33\n36 34\n' >s.ids
stream-infer -m ./none.gguf --ids s.ids >scores 2>err
is "$?/$(grep -c '^[0-9]' scores)/$(cat err)" 0/2/ "bare ids are scored"
detokenize --ids -m ./none.gguf <scores >out 2>err
is "$?/$(wc -c <out)/$(cat err)" 0/0/ "they spell nothing"
summarize-window --ids -m ./none.gguf <scores 2>err | detokenize --json >out
is "$(grep -c '"lines_scored":2,' out)/$(cat err)" 1/ "and have a digest"
printf 'a\n' | tokenize -m ./none.gguf >out 2>err
is "$?/$(cat err)" \
	"69/tokenize: ./none.gguf: there is no tokenizer in the model" \
	"text cannot be encoded for it"
done_testing
