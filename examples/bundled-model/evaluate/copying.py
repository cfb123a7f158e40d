# SPDX-License-Identifier: MIT
"""What a line costs at the first, second, third ... sight of its template.

usage: copying.py [-w WINDOW] MODEL LOG...

Counted are the bits of the tokens that overlap no variable word (templates.py
has the rule) and, apart, of those that do.  A sight after the first counts
only if the one before is still inside the window; the rest are `back`.
"""

import argparse
from collections import defaultdict
from statistics import mean, median

import templates
import tokstream

ROWS = ["first", "second", "third", "fourth", "fifth and later", "back"]


def sights(records, window):
    """(row, constant bits, variable bits) of each line of a log."""
    count, last, position = defaultdict(int), {}, 0
    for record in records:
        line = record.text
        name = templates.template(line)
        count[name] += 1
        row = ROWS[min(count[name], 5) - 1]
        if name in last and position - last[name] > window:
            row = "back"
        position += len(record.tokens)
        last[name] = position
        vary = templates.overlapping(record.tokens, templates.variables(line))
        bits = [b if b == b else 0.0 for b in record.bits]
        yield (row, sum(b for b, v in zip(bits, vary) if not v),
               sum(b for b, v in zip(bits, vary) if v))


def main():
    usage = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    usage.add_argument("-w", "--window", type=int, default=2048)
    usage.add_argument("model")
    usage.add_argument("logs", nargs="+")
    options = usage.parse_args()

    rows = defaultdict(list)
    for log in options.logs:
        records = tokstream.score(options.model, log, "-s1",
                                  f"-w{options.window}")
        for row, constant, variable in sights(records, options.window):
            rows[row].append((constant, variable))
    report(rows)


def report(rows):
    first = mean(c for c, _ in rows["first"])
    print(f"{'sight of the template':22}{'lines':>8}{'constant bits':>15}"
          f"{'median':>8}{'of first':>10}{'variable bits':>15}")
    for row in ROWS:
        if rows[row]:
            constant = [c for c, _ in rows[row]]
            print(f"{row:22}{len(constant):8}{mean(constant):15.1f}"
                  f"{median(constant):8.1f}{mean(constant) / first:10.1%}"
                  f"{mean(v for _, v in rows[row]):15.1f}")


if __name__ == "__main__":
    main()
