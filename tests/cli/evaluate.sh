#!/bin/sh
# SPDX-License-Identifier: MIT
# The evaluation of the bundled model: its measures against cases worked out by
# hand, its template rule, and that planting alters what it says and no more.
. "${srcdir:-.}/tests/tap.sh"

command -v python3 >/dev/null || skip_all "no python3"
evaluate=$srcdir/examples/bundled-model/evaluate
PYTHONDONTWRITEBYTECODE=1
PYTHONPATH=$evaluate
export PYTHONDONTWRITEBYTECODE PYTHONPATH
python() { python3 - "$@"; }

# Of the six pairs, 3 beats both, 2 beats 1 and ties, 0 loses both: 3.5 of 6.
is "$(python <<'EOF'
from measures import auroc, average_precision
print(round(auroc([3, 2, 0], [1, 2]), 6))
print(auroc([2, 3], [0, 1]), auroc([0], [1]), auroc([5], [5]))
print(average_precision([9, 8], [1]), average_precision([1], [2, 3, 4]))
EOF
)" "0.583333
1.0 0.0 0.5
1.0 0.25" "AUROC and average precision of cases worked out by hand"

is "$(python <<'EOF'
from templates import template, overlapping, variables
line = b'12:01 user anna from 10.1.2.3:77 (id=9f-3a, "x y")'
print(template(line).decode())
print(overlapping([b"ab", b" c", b"1d", b" e"], [(3, 6)]))
print(variables(b"a1 b 22"))
EOF
)" '* user anna from * (id=*, "x y")
[False, True, True, False]
[(0, 2), (5, 7)]' "words with a digit are variable, and tokens that touch them"

is "$(python <<'EOF'
from array import array
from copying import sights
from tokstream import Record
def line(*tokens):
    ones = array("f", [1.0] * len(tokens))
    return Record(list(tokens), ones, ones)
a, b = (b"up", b" 1", b"\n"), (b"down", b"\n")
for *row, _ in sights(map(lambda t: line(*t), [a, b, a, a, b]), 6):
    print(*row)
EOF
)" "first 2.0 1.0
first 2.0 0
second 2.0 1.0
third 2.0 1.0
second 2.0 0" "sights are counted, and bits of variable words apart"

is "$(python <<'EOF'
from array import array
from copying import sights
from tokstream import Record
ones = array("f", [1.0, 1.0])
lines = [b"x", b"y", b"z", b"x"]
rows = sights((Record([t, b"\n"], ones, ones) for t in lines), 3)
print(*(row for row, *_ in rows))
EOF
)" "first first first back" "what left the window is back, not second"

# New: 1 / 1; 2 / 4.  Then a: (1 + 3 / 3) / 7; and after a, which new and b
# followed: 2 (2 + 3 / 3) / 8 / 4.
is "$(python <<'EOF'
from copying import Events
events = Events()
print(*(round(2 ** events.bits(name), 9) for name in "abaa"))
EOF
)" "1.0 2.0 3.5 5.333333333" "which template comes, by those before it"

# Of 40 lines, each with a random id that costs 40 bits, and a number that
# costs 1: then a number of 12 bits is odd, and the id is not.
is "$(python <<'EOF'
from places import Places, contexts
so_far = Places()
def line(ident, number, bits):
    return so_far.scores([b"id", b"=", ident, b" port", number], bits)
for n in range(40):
    line(b"x%d" % (n * 7919 % 97), b" 80", [1, 0, 40 + n % 3, 1, 1])
usual = line(b"x99", b" 80", [1, 0, 41, 1, 1])
odd = line(b"x5", b" 81", [1, 0, 41, 1, 12])
new = so_far.scores(b"a| new|ly| made| sort| of| line".split(b"|"),
                    [1] + [12] * 6)
print(max(range(5), key=odd.__getitem__), max(odd) > 2 > max(usual) + 1,
      max(new) < 1)
print([b"".join(p).decode() for p in contexts([b"7", b"7", b".", b"a"])])
EOF
)" "4 True True
['^^^', '^^0', '^^0', '^0.']" "a surprise is held against the place's others"

# Two sights of 2 and 4 bits, and a prior of three sights of 0 +- 10: mean 6/5,
# mean square (2 * 10 + 3 * 100) / 5.
is "$(python <<'EOF'
from places import Usual
place = Usual()
place.add(2)
place.add(4)
print(place.n, place.mean, place.variance, "%.6f" % place.deviation(9))
print("%.6f" % ((9 - 1.2) / ((64 - 1.2 ** 2) ** 0.5 + 1)))
EOF
)" "2 3.0 1.0 0.875471
0.875471" "by mean and deviation, with a prior"

is "$(python <<'EOF'
import places
places.MOST = 3
table = {}
for key in "abcad":
    table[key] = places.entry(table, key, 0) + 1
print(table)
EOF
)" "{'b': 1, 'c': 1, 'd': 1}" "and the oldest entries are forgotten"

# A log of 900 lines: numbers that stand, numbers that vary, words that stand.
awk 'BEGIN {
	for (i = 0; i < 900; i++) {
		printf "2026-01-01 00:%02d:%02d ", i / 60 % 60, i % 60
		if (i % 3)
			printf "port 8080 served %d requests in %d ms\n", \
				i * 37 % 91, i * 7919 % 997
		else
			printf "worker ready, queue empty, limit 25\n"
	}
}' >log
python3 "$evaluate/plant.py" --each 20 log >altered 2>places
ok $? "alterations are planted"
is "$(cut -f 2 places | sort | uniq -c | awk '{ print $1, $2 }' | xargs)" \
	"20 const 20 magn 20 word" "as many of each kind as were asked for"
is "$(wc -l <altered)" "$(wc -l <log)" "no line is added or lost"
diff log altered | sed -n 's/^\([0-9,]*\)c.*/\1/p' |
	awk -F, '{ for (i = $1; i <= ($2 ? $2 : $1); i++) print i }' >differ
cut -f 1 places | diff - differ >/dev/null
ok $? "the lines that differ are those that PLACES names"
is "$(python <<'EOF'
before = open("log").read().splitlines()
after = open("altered").read().splitlines()
bad = 0
for row in open("places"):
    n, kind, begin, end = row.split()
    old, new = before[int(n) - 1], after[int(n) - 1]
    begin, end = int(begin), int(end)
    grown = len(new) - len(old)
    same = (old[:begin] == new[:begin]
            and old[end - grown:] == new[end:] and int(n) > 200)
    of_kind = {"const": grown == 0 and new[begin:end].isdigit(),
               "magn": grown == 2 and new[begin:end].isdigit(),
               "word": new[begin:end].isalpha()}[kind]
    bad += not (same and of_kind and begin >= 20)
print(bad)
EOF
)" 0 "only the characters it names, of the right kind, after the time stamp"
python3 "$evaluate/plant.py" --each 20 log 2>/dev/null | cmp -s - altered
ok $? "the same seed plants the same alterations"

# A stamp is one by its length here, so that lines alike but for digits do not
# have the same numbers after it.
is "$(python <<'EOF'
from plant import number_places
lines = [b"%s took %s ms in 7\n" % row for row in [
    (b"123456789", b"5"), (b"1234", b"5"), (b"123456790", b"5"),
    (b"123456791", b"5"), (b"1235", b"6"), (b"123456792", b"5")]]
for kind, i, span, usual in number_places(lines):
    print(kind, i, lines[i][slice(*span)].decode(),
          *sorted(v.decode() for v in usual))
EOF
)" "const 5 5 5
const 5 7 7" "a number is held against those of its own place"

# 5 stands in nine lines of ten, and three times in a row; so it does where
# all of the others are new.
is "$(python <<'EOF'
from plant import number_places
for others in [b"6"] * 40, [b"%d" % n for n in range(6, 46)]:
    lines = []
    for other in others:
        lines += [b"took %s ms\n" % n for n in [b"5"] * 9 + [other]]
    print({kind for kind, i, *_ in number_places(lines)
           if i > 200 and i % 10 == 8})
EOF
)" "{'const'}
set()" "and is none to alter where every tenth line has a new one"

if [ -x "$builddir/bin/stream-infer" ]; then
	model=$srcdir/lib/model/headwater-log.gguf
	head -n 12 log >few
	tokenize -m "$model" few | stream-infer -m "$model" -s 1 --stats \
		2>stats >/dev/null
	tokenize -m "$model" few | stream-infer -m "$model" -s 1 |
		detokenize --json >json
	is "$(python "$model" <<'EOF'
import json, sys
from tokstream import score
bits = tokens = 0
text = b""
odd = []
for record in score(sys.argv[1], "few", "-s1"):
    text += record.text
    bits += sum(b for b in record.bits if b == b)
    tokens += len(record.tokens)
    odd.append(max(record.excess()))
shown = [row["odd"] for row in map(json.loads, open("json")) if "odd" in row]
assert len(shown) == len(odd) and all(
    abs(row["bits"] - row["entropy"] - most) < 1e-3
    for row, most in zip(shown, odd))
assert text == open("few", "rb").read()
print("tokens=%d bits_per_token=%.4f" % (tokens, bits / tokens))
EOF
)" "$(sed 's/.*\(tokens=[0-9]*\) .*\(bits_per_token=[^ ]*\).*/\1 \2/' stats)" \
		"scores are read from the stream as the program counts them"
	cat log >>few
	python3 "$evaluate/sinks.py" -w 32 --tokens 400 --samples 8 "$model" \
		few >table
	is "$(awk '{ print NF, $1 }' table | xargs)" \
		"4 400 8 cache 6 0 6 1 6 2 6 4 6 8 2 re-computed" \
		"each number of sinks has its row, and re-computation"
	python3 "$evaluate/sinks.py" -w 32 --tokens 400 --samples 8 -j 4 \
		"$model" few >beside
	is "$(cat beside)" "$(cat table)" "side by side the rows are the same"
	tr '\n' ' ' <few >line
	python3 "$evaluate/sinks.py" -w 32 --tokens 400 --samples 8 -j 4 \
		"$model" line >beside
	python3 "$evaluate/sinks.py" -w 32 --tokens 400 --samples 8 -j 4 \
		--flat "$model" few >table
	is "$(cat beside)" "$(cat table)" "--flat takes newlines for blanks"
	tr 'A-Z' 'a-z' <few | tr -cs 'a-z' ' ' >line
	python3 "$evaluate/sinks.py" -w 32 --tokens 400 --samples 8 -j 4 \
		--flat "$model" line >beside
	python3 "$evaluate/sinks.py" -w 32 --tokens 400 --samples 8 -j 4 \
		--words "$model" few >table
	is "$(cat beside)" "$(cat table)" "--words leaves small letters alone"
else
	skip "the programs are not built"
	skip "nor for sinks.py"
	skip "nor side by side"
	skip "nor for --flat"
	skip "nor for --words"
fi
done_testing
