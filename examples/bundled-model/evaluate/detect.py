# SPDX-License-Identifier: MIT
"""How well the model, and simpler things, find the alterations of plant.py.

usage: detect.py [-w WINDOW] MODEL ALTERED PLACES [ALTERED PLACES]...

AUROC and average precision (AP) of the altered lines of each kind among the
untouched ones, means over the logs; the first SKIP lines are the warm-up.

excess           max over the tokens of a line of (surprisal - entropy)
place            the same of surprisal against what is usual at its place
                 (places.py)
masked-line      how rare the line is so far, its digits masked
trigrams         how many of its word trigrams, digits kept, are new
zlib             its size, compressed after the 32 KB before it

`marked` is the share of altered lines in which a token of the altered
characters is among the two with the largest of the first, of the second score.
"""

import argparse
import math
import re
import zlib
from collections import defaultdict
from statistics import mean

import measures
import places
import plant
import templates
import tokstream

PIECE = re.compile(rb"\w+|[^\w\s]|\s+")


def masked_line(lines):
    seen = defaultdict(int)
    for n, line in enumerate(lines):
        key = plant.masked(line)
        yield math.log2((n + 1) / (seen[key] + 1))
        seen[key] += 1


def trigrams(lines):
    seen = set()
    for line in lines:
        pieces = [b"", b""] + PIECE.findall(line)
        found = set(zip(pieces, pieces[1:], pieces[2:]))
        yield len(found - seen)
        seen |= found


def zlib_novelty(lines):
    before = b""
    for line in lines:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9,
                                  zlib.Z_DEFAULT_STRATEGY, before)
        yield len(packer.compress(line) + packer.flush())
        before = (before + line)[-32768:]


BASELINES = {"masked-line": masked_line, "trigrams": trigrams,
             "zlib": zlib_novelty}


def excess(records):
    return [record.excess() for record in records]


def place(records):
    so_far = places.Places()
    return [so_far.scores(record.tokens, record.bits) for record in records]


OF_TOKENS = {"excess": excess, "place": place}


def marked(record, scores, begin, end):
    """Is a token that overlaps [begin, end) among the two oddest?"""
    hit = templates.overlapping(record.tokens, [(begin, end)])
    oddest = sorted(range(len(scores)), key=lambda i: -scores[i])[:2]
    return any(hit[i] for i in oddest)


def read_altered(path):
    with open(path) as rows:
        return {int(n) - 1: (kind, int(begin), int(end)) for n, kind, begin, end
                in (row.split() for row in rows)}


def judge(records, altered, skip):
    """For one log: {(score, kind): (auroc, ap)}, {(score, kind): marked}."""
    lines = [record.text for record in records]
    of_tokens = {name: rule(records) for name, rule in OF_TOKENS.items()}
    scores = {name: [max(line) for line in rows]
              for name, rows in of_tokens.items()}
    for name, baseline in BASELINES.items():
        scores[name] = list(baseline(lines))
    result, marks = {}, {}
    for kind in plant.KINDS:
        good = [i for i, how in altered.items() if how[0] == kind]
        bad = [i for i in range(skip, len(lines)) if i not in altered]
        if not good:
            continue
        for name, rows in of_tokens.items():
            marks[name, kind] = mean(
                marked(records[i], rows[i], *altered[i][1:]) for i in good)
        for name, score in scores.items():
            pair = [score[i] for i in good], [score[i] for i in bad]
            result[name, kind] = (measures.auroc(*pair),
                                  measures.average_precision(*pair))
    return result, marks


def cell(numbers, form, width):
    """Their mean; a dash where no log had room for that kind."""
    numbers = list(numbers)
    return (format(mean(numbers), form) if numbers else "-").rjust(width)


def report(results):
    print(f"{'score':14}" + "".join(f"{k + ' AUROC':>13}{'AP':>7}"
                                    for k in plant.KINDS))
    for name in [*OF_TOKENS, *BASELINES]:
        print(f"{name:14}" + "".join(
            cell((r[name, k][i] for r, _ in results if (name, k) in r),
                 ".3f", width)
            for k in plant.KINDS for i, width in ((0, 13), (1, 7))))
    for name in OF_TOKENS:
        print(f"{'marked, ' + name:14}" + "".join(
            cell((m[name, k] for _, m in results if (name, k) in m),
                 ".1%", 13) + 7 * " " for k in plant.KINDS))


def main():
    usage = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    usage.add_argument("-w", "--window", type=int, default=2048)
    usage.add_argument("--skip", type=int, default=200)
    usage.add_argument("model")
    usage.add_argument("pairs", nargs="+", metavar="ALTERED PLACES")
    options = usage.parse_args()
    results = []
    for log, rows in zip(options.pairs[::2], options.pairs[1::2]):
        records = list(tokstream.score(options.model, log, "-s1",
                                       f"-w{options.window}"))
        found, marks = judge(records, read_altered(rows), options.skip)
        results.append((found, marks))
        print(f"{log.rsplit('/', 1)[-1]:24}" + "".join(
            f"{kind} {found['place', kind][0]:.3f} "
            f"{marks['place', kind]:4.0%}   " for kind in plant.KINDS
            if ("place", kind) in marks), flush=True)
    report(results)


if __name__ == "__main__":
    main()
