#!/bin/sh
# SPDX-License-Identifier: MIT
# Digests of several hosts add up to the digest of all of their lines, by
# another program's arithmetic; and a page shows what they say, as text.
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize summarize-window detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done
command -v python3 >/dev/null || skip_all "python3 is missing"
AWK=${AWK:-awk}
$AWK -v lines=3000 -v seed=5 -f "$srcdir/examples/make-sample-log.awk" >log
for h in 0 1 2; do
	$AWK -v h=$h 'NR % 3 == h' log >web-$h.log
	tokenize web-$h.log | summarize-window --every 10m -n 32 |
		detokenize --json >web-$h.jsonl
done
tokenize log | summarize-window --every 10m -n 32 | detokenize --json >all
summarize-window --merge -n 99999 web-*.jsonl >out 2>err
is $? 2 "--top has its limits here too"
summarize-window --merge -n 32 web-*.jsonl >merged
is $? 0 "three hosts are merged"
is "$(grep -c '":[0-9]*[.][0-9]\{6\}' merged)" 0 \
	"numbers are as short as they were"
cat >check.py <<'END'
import json
from collections import Counter, defaultdict
def windows(name):
    return [w for w in map(json.loads, open(name)) if w["type"] == "window"]
parts = [windows(f"web-{h}.jsonl") for h in range(3)]
merged, whole = windows("merged"), windows("all")
total = sum(w["lines"]["total"] for w in merged)
assert total == 3000, total
timed = {w["end"]: w for w in merged if w["closed_by"] == "time"}
want = {w["end"]: w for w in whole if w["closed_by"] == "time"}
assert timed.keys() == want.keys() and len(want) > 2
for end, w in timed.items():
    assert w["lines"]["total"] == want[end]["lines"]["total"]
    assert w["severity"] == want[end]["severity"]
    assert w["start"] == want[end]["start"]
    assert w["hosts"] == ["web-0", "web-1", "web-2"]
    counts, hosts, first = Counter(), defaultdict(set), {}
    for h, host in enumerate(parts):
        for x in host:
            if x["closed_by"] == "time" and x["end"] == end:
                for r in x["top"]:
                    counts[r["id"]] += r["count"]
                    hosts[r["id"]].add(f"web-{h}")
                    first[r["id"]] = min(r["first"],
                                         first.get(r["id"], r["first"]))
    assert len(w["top"]) == min(32, len(counts))
    for r in w["top"]:
        assert r["count"] == counts[r["id"]]
        assert set(r["hosts"]) == hosts[r["id"]]
        assert r["first"] == first[r["id"]]
assert [w["seq"] for w in merged] == list(range(1, len(merged) + 1))
END
python3 check.py
ok $? "and add up to the digest of all, row by row"
cat web-*.jsonl | summarize-window --merge >out
is $? 0 "they may come on standard input"
summarize-window --merge merged >out
is "$(wc -l <out)" "$(wc -l <merged)" "what was merged can be merged again"
for bad in '{' '[]' '{"v":2,"type":"window"}' '{"v":1,"type":"window"}' 'x'; do
	printf '%s\n' "$bad" | summarize-window --merge >out 2>err
	is $? 65 "'$bad' is no digest"
	like "$(cat err)" "*standard input: line 1*" "and is told by its line"
done
summarize-window --merge missing.jsonl >out 2>err
is $? 66 "a file that is missing"
summarize-window web-0.jsonl >out 2>err
is $? 2 "operands are for --merge"

# ---- a page ------------------------------------------------------------------
umask 022
printf 'INFO all is <b>well</b> & "fine"\n%.0s' $(seq 60) >log
printf 'ERROR <script>alert(1)</script> \033[31m\n' >>log
tokenize log | summarize-window --every 30l | detokenize --json |
	summarize-window --merge --html page.html
is $? 0 "a page is written"
[ -n "$(find page.html -perm 644)" ]
ok $? "which all may read"
cat >check.py <<'END'
from html.parser import HTMLParser
class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text, self.open = [], "", []
    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not any(k in ("src", "href") or k.startswith("on")
                       for k, _ in attrs), attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
    def handle_endtag(self, tag):
        assert self.open.pop() == tag
    def handle_data(self, data):
        self.text += data
page = Page()
data = open("page.html").read()
page.feed(data)
page.close()
assert not page.open and "script" not in page.tags and "b" not in page.tags
assert "<script>alert(1)</script>" in page.text and "\033" not in data
assert "polyline" in page.tags and "3 windows" in page.text
assert "http" not in data.replace("http-equiv", "")
END
python3 check.py
ok $? "whole, without a script or an address, and text is text"
summarize-window --html x </dev/null >out 2>err
is $? 2 "--html goes with --merge"
summarize-window --merge --html no/such/place web-0.jsonl >out 2>err
is $? 74 "a page that cannot be written"

# ---- where the page is no file to be replaced --------------------------------
page() { summarize-window --merge --html "$1" web-0.jsonl 2>err; }
page page.html
mkfifo fifo
page fifo
is "$?/$(test -p fifo && echo fifo)" 74/fifo "a FIFO that nobody reads"
cat fifo >came &
exec 5>fifo
page fifo
is "$?/$(test -p fifo && echo fifo)" 0/fifo "one with a reader is written into"
exec 5>&-
wait
cmp page.html came >differs 2>&1
ok $? "the page"
# Never the one in /dev, which root may replace: a link like it, that is ours.
ln -s /proc/self/fd/1 stdout
is "$(page stdout | cksum)" "$(cksum <page.html)" \
	"so is standard output, a pipe"
page stdout >came
is "$?/$(cksum <came)" "0/$(cksum <page.html)" "standard output, a file"
test -L stdout
ok $? "whose name stays"
ln -s later link
page link
is "$?/$(cksum <later)" "0/$(cksum <page.html)" "a link makes what it names"
page link
test -L link && test -f later
ok $? "and stays a link"
# Only root makes devices, and where /tmp is mounted so, they do not work.
if mknod full c 1 7 2>/dev/null && (: >full) 2>/dev/null; then
	page full
	is "$?/$(test -c full && echo device)" 74/device \
		"a full device is an error, and stays a device"
else
	skip "no device can be made here"
fi
done_testing
