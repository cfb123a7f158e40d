# SPDX-License-Identifier: MIT
# detokenize --json: every line is JSON that other programs can read, and no
# byte is lost in it.
. "$srcdir/tests/tap.sh"

command -v python3 >/dev/null || skip_all "no python3 to read JSON with"

# Strict: no NaN, no duplicate keys, UTF-8 only.
cat >read.py <<'END'
import base64, json, sys

def once(pairs):
    keys = [k for k, _ in pairs]
    assert len(set(keys)) == len(keys), keys
    return dict(pairs)

def nothing(x):
    raise ValueError(x)

def lines(f):
    for line in f:
        assert line.endswith(b"\n")
        o = json.loads(line.decode("utf-8"), object_pairs_hook=once,
                       parse_constant=nothing)
        assert o["v"] == 1 and isinstance(o["type"], str)
        yield o

def text(o, name):
    exact = o.get(name + "_base64")
    return base64.b64decode(exact) if exact else o[name].encode("utf-8")
END

head -c 100000 /dev/urandom >random
for how in text scored; do
	mkstream $how <random | detokenize --json >out
	python3 - out <<'END' >back
from read import *
for o in lines(open("out", "rb")):
    if o["type"] == "record":
        sys.stdout.buffer.write(text(o, "text"))
END
	cmp -s random back
	ok $? "random bytes come back from JSON ($how)"
done

printf 'one\ntwo\nthr\303\251\303\n' | mkstream scored | detokenize --json >out
is "$(wc -l <out | tr -d ' ')" 4 "an object a record, and one for the end"
python3 - <<'END'
from read import *
a, b, c, end = lines(open("out", "rb"))
assert a == {"v": 1, "type": "record", "seq": 1, "source": "in.log",
    "line": 1, "offset": 0, "arrival": None, "text": "one\n", "tokens": 4,
    "bits": 14.5,
    "odd": {"at": 2, "text": "e", "bits": 12.5, "entropy": 2.0}}, a
assert (b["seq"], b["line"], b["offset"]) == (2, 2, 4), b
assert c["text"] == "thr\u00e9\ufffd\n" and text(c, "text") == \
    b"thr\xc3\xa9\xc3\n", c
assert c["odd"]["at"] == 3 and text(c["odd"], "text") == b"\xc3", c
assert end == {"v": 1, "type": "end", "lines": 3, "tokens": 15, "bytes": 15}
END
ok $? "with the members that the manual names"

mkstream digest | detokenize --json >out
python3 - <<'END'
from read import *
w, end = lines(open("out", "rb"))
assert (w["type"], w["seq"], w["clock"], w["closed_by"]) == \
    ("window", 128, "log", "time")
assert (w["start"], w["end"]) == \
    ("2025-11-23T21:40:00.000Z", "2025-11-23T21:45:00.000Z")
assert w["lines"] == {"total": 12431, "first": 77591, "last": 90021,
    "prev": 10536}
assert w["rate"] == 41.4367 and w["rate_prev"] == 35.12
assert w["severity"]["error"] == 37 and w["changes"]["new"] == 6
assert w["coverage"]["lines_scored"] == 12431
assert [r["change"] for r in w["top"]] == \
    ["new", "new", "new", "up", "odd", "rare", "gone", "new", "new"]
new, odd, gone = w["top"][0], w["top"][4], w["top"][6]
assert (new["count"], new["line"], new["first"], new["last"]) == \
    (37, 88123, "2025-11-23T21:42:10.000Z", "2025-11-23T21:43:51.000Z")
assert new["id"] == "0000000000001000" and new["odd"] is None
assert odd["odd"] == {"at": odd["sample"].index("mallory"),
    "text": "mallory", "excess": 14.25}
assert w["top"][2]["sample_cut"] and "\x1b[31m" in w["top"][2]["sample"]
assert text(w["top"][2], "sample").endswith(b"\xff\xfe then went on and on\n")
assert (gone["count"], gone["prev"]) == (0, 60)
END
ok $? "a window has its counts and rows"
mkstream quiet | detokenize --json >out
python3 - <<'END'
from read import *
q, l, *_, end = lines(open("out", "rb"))
assert q["top"] == [] and l["start"] is None and l["rate"] is None
assert l["partial"] and l["learning"]
assert (l["coverage"]["lines_lost"], l["coverage"]["lines_cut"],
    l["coverage"]["templates_forgotten"]) == (7, 3, 2)
END
ok $? "what is not known is null"
mkstream other | detokenize --json >out
python3 - <<'END'
from read import *
g, n, end = lines(open("out", "rb"))
assert g == {"v": 1, "type": "gap", "lines": 7,
    "reason": "the reader was too slow"}
assert n == {"v": 1, "type": "note", "text": "tokens 5 \"quoted\""}
END
ok $? "so are gaps and notes"
mkstream other | detokenize >out 2>err
is "$(cat out)" "" "as text they are nothing"
like "$(cat err)" "*7 records were left out*" "but a gap is told"
mkstream other >good
head -c $(($(wc -c <good) - 44)) good | detokenize --json >out 2>err
is $? 65 "a stream that was cut"
! grep -q '"end"' out
ok $? "has no end object"
done_testing
