# SPDX-License-Identifier: MIT
"""Plants incidents in generated logs, and counts those that digests show.

usage: incidents.py [--logs N] [--seed N] [--model FILE] [--lines N]
                    [--every N] MATERIAL

A log is one system of ../streams (a service, a format and values drawn at
random) of LINES lines, cut into windows of EVERY.  Its own incidents, bursts
and traces are off.  The first three windows are left alone; then there are
planted, one in a window and every second window left quiet:

new    1 to 20 lines of a template that the log did not have
surge  a template that comes now and then comes six times as often
gone   one that came in every window does not come
odd    an altered value or word in a known line, by ./plant.py, of each kind

An incident is found if one of the first eight rows of its window shows one of
its lines (new, odd), or a line of its template as a change of that kind.

digest  summarize-window without scores
model   the same with the scores of stream-infer (only with --model)
drain   a tree of fixed depth over masked lines (similarity 0.4, depth 4), the
        rarest templates of the window first, one row each

Seeds from 1 to 2999 are for tuning.  5000 to 5120, 6000 to 6199, 7000 to 7004,
8000 to 8299, 9000 to 9019, 10000 to 10199, 11000 to 11199 and 12000 to 12199
have judged what was tuned; the next judge takes fresh ones.
"""

import argparse
import json
import math
import random
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import plant

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from streams import Material  # noqa: E402
from streams.mix import make_system  # noqa: E402

TOP = 8
# What writes a statement a line: not random grammars, real files, or requests,
# whose templates are values to a reader.
SERVICES = ("mined mixed json logfmt kernel windows kubernetes "
            "databases mail mobile sentences").split()
DATE = re.compile(rb"\d[-/:.T ]\d\d")   # the parts of a stamp are no values
KINDS = ("new", "surge", "gone", "const", "word", "magn")


class Log:
    """A log and its truth: {window: (kind, {line numbers from 1})}."""

    def __init__(self, seed, material, lines, every):
        self.rng = random.Random(seed)
        self.every, self.n = every, lines
        self.system = make_system(self.rng, material,
                                  self.rng.choice(SERVICES))
        self.system.incident_share = self.system.burst_share = 0
        self.system.trace_share = 0
        self.truth, self.made_by, self.about = {}, [], {}
        self.plan()
        self.write()
        self.alter()

    def plan(self):
        """What is planted in which window (from 0)."""
        places = range(3, self.n // self.every, 2)
        kinds = self.rng.sample(KINDS, len(KINDS))
        self.planned = dict(zip(places, kinds * 9))

    def regular(self, texts):
        """Templates with how many lines a window they had, on average, and in
        the window in which they had the fewest."""
        windows = max(1, len(texts) // self.every)
        counts = defaultdict(lambda: [0] * windows)
        for i, template in enumerate(self.made_by[:windows * self.every]):
            counts[template][i // self.every] += 1
        return {t: (sum(c) / windows, min(c)) for t, c in counts.items()}

    def choose(self, kind, texts):
        """The template that an incident is about, or None."""
        usual = self.regular(texts)
        if kind == "new":
            found = [t for t in self.system.incidents if t not in usual]
        elif kind == "surge":
            found = [t for t, (mean, _) in usual.items()
                     if 3 <= mean <= self.every / 20]
        else:
            found = [t for t, (_, least) in usual.items() if least >= 15]
        return self.rng.choice(found) if found else None

    def write(self):
        system, rng, texts, active = self.system, self.rng, [], []
        place, chosen, left = None, None, {}
        while len(texts) < self.n:
            i = len(texts)
            window = i // self.every
            if i % self.every == 0:
                kind, left = self.planned.get(window), {}
                chosen = self.choose(kind, texts) if kind in (
                    "new", "surge", "gone") else None
                if chosen is not None:
                    self.truth[window] = (kind, set())
                    self.about[window] = chosen
                if chosen is not None and kind != "gone":
                    n = rng.choice((1, 1, 2, 5, 20)) if kind == "new" else \
                        math.ceil(5 * self.regular(texts)[chosen][0])
                    left = set(rng.sample(range(i + self.every // 10,
                                                i + self.every), n))
            system.clock.tick()
            template, session = system._next(active)
            while chosen is not None and kind == "gone" and \
                    template is chosen:
                template, session = rng.choice(
                    [t for t in system.templates if t is not chosen]
                    or [template]), {}
                if template is chosen:
                    del self.truth[window]
                    chosen = None
            if i in left:
                template, session = chosen, {}
            text = system.line(template, session).replace("\n", " ")
            texts.append(text.encode() + b"\n")
            self.made_by.append(template)
            if chosen is not None and template is chosen:
                self.truth[window][1].add(i + 1)
        for window, (kind, lines) in self.truth.items():
            if kind == "gone":           # any earlier line of it will do
                lines |= {i + 1 for i, t in enumerate(self.made_by)
                          if t is self.about[window]}
        self.lines = texts

    def alter(self):
        """Altered values and words: those of plant.py, one a window."""
        for window, kind in self.planned.items():
            if kind not in plant.KINDS:
                continue
            begin = window * self.every
            before = self.lines[:begin + self.every]
            after, places = plant.plant(before, self.rng.randrange(1 << 30),
                                        1000, begin + 1)
            places = [p for p in places if p[1] == kind
                      and not DATE.search(before[p[0]][max(0, p[2] - 2):
                                                       p[2] + 6])]
            if not places:
                continue
            at = self.rng.choice(places)[0]
            self.lines[at] = after[at]
            self.truth[window] = (kind, {at + 1})


def digest(log, command):
    """The rows of each window: [(change, line of the sample, first line)]."""
    out = subprocess.run(["sh", "-c", command], input=b"".join(log.lines),
                         stdout=subprocess.PIPE, check=True).stdout
    windows = [json.loads(line) for line in out.splitlines()]
    return [[(row["change"], row["line"], row["first_line"])
             for row in w["top"]] for w in windows if w["type"] == "window"]


VARIES = re.compile(rb"0x[0-9A-Fa-f]+|(?<![A-Za-z])[0-9A-Fa-f]{8,}"
                    rb"|\d+(?:[.:,-]\d+)*")


def drain(log, depth=4, alike=0.4):
    """The same of a Drain-like parser that shows the rarest templates."""
    tree, seen, rows = defaultdict(list), {}, []
    for begin in range(0, len(log.lines), log.every):
        here = {}
        for i, line in enumerate(log.lines[begin:begin + log.every], begin):
            words = VARIES.sub(b"<*>", line).split()
            key = (len(words), *(b"*" if b"<*>" in w else w
                                 for w in words[:depth - 2]))
            best, most = None, alike
            for group in tree[key]:
                same = sum(a == b for a, b in zip(group, words)) / max(
                    1, len(words))
                if same >= most:
                    best, most = group, same
            if best is None:
                best = list(words)
                tree[key].append(best)
            else:
                best[:] = [a if a == b else b"<*>"
                           for a, b in zip(best, words)]
            seen[id(best)] = seen.get(id(best), 0) + 1
            here.setdefault(id(best), i + 1)
        rarest = sorted(here, key=lambda g: (seen[g], here[g]))[:TOP]
        rows.append([("new", here[g], here[g]) for g in rarest])
    return rows


CHANGES = {"surge": {"up", "new", "odd"}, "gone": {"gone", "down"}}


def found(kind, lines, rows):
    return any((line in lines or first in lines)
               and change in CHANGES.get(kind, {change})
               for change, line, first in rows[:TOP])


def main():
    usage = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    usage.add_argument("--logs", type=int, default=200)
    usage.add_argument("--seed", type=int, default=1000)
    usage.add_argument("--lines", type=int, default=6500)
    usage.add_argument("--every", type=int, default=500)
    usage.add_argument("--model")
    usage.add_argument("--only", help="show what was missed of this kind")
    usage.add_argument("material")
    options = usage.parse_args()
    material = Material.load(options.material)
    cut = (f"summarize-window --every {options.every}l -n {TOP} | "
           "detokenize --json")
    ways = {"digest": lambda log: digest(log, f"tokenize | {cut}"),
            "drain": drain}
    if options.model:
        ways["model"] = lambda log: digest(
            log, f"tokenize -m {options.model} | stream-infer -m "
            f"{options.model} | {cut}")
    hits = {way: defaultdict(list) for way in ways}
    quiet = {way: [] for way in ways}
    for seed in range(options.seed, options.seed + options.logs):
        log = Log(seed, material, options.lines, options.every)
        for way, run in ways.items():
            rows = run(log)
            for window, (kind, lines) in log.truth.items():
                hit = found(kind, lines, rows[window])
                hits[way][kind].append(hit)
                if not hit and kind == options.only and way != "drain":
                    at = sorted(x for x in lines if (x - 1) //
                                options.every == window) or sorted(lines)
                    print(seed, way, kind, window, len(lines),
                          log.lines[at[0] - 1][:200], rows[window])
            quiet[way] += [len(r) for i, r in enumerate(rows)
                           if i >= 3 and i not in log.truth]
    print(f"{'':8}" + "".join(f"{k:>12}" for k in KINDS) +
          f"{'incidents':>12}{'odd':>8}{'rows, quiet: median':>22}{'mean':>7}")
    for way in ways:
        h = hits[way]
        news = [x for k in KINDS[:3] for x in h[k]]
        odd = [x for k in KINDS[3:] for x in h[k]]
        print(f"{way:8}" + "".join(
            f"{statistics.mean(h[k]):8.3f}/{len(h[k]):<3}" if h[k] else
            f"{'-':>12}" for k in KINDS) +
            f"{statistics.mean(news):12.3f}{statistics.mean(odd):8.3f}"
            f"{statistics.median(quiet[way]):22}"
            f"{statistics.mean(quiet[way]):7.2f}")


if __name__ == "__main__":
    main()
