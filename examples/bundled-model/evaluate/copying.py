# SPDX-License-Identifier: MIT
"""What a line costs at the first, second, third ... sight of its template.

usage: copying.py [-w WINDOW] MODEL LOG...

Counted are the bits of the tokens that overlap no variable word (templates.py
has the rule) and, apart, of those that do.  A sight after the first counts
only if the one before is still inside the window; the rest are `back`.

Beside them, what it takes to say which template comes, to somebody who copies
without a mistake, and knows all that came but no words: for each template,
which ones followed it, and it and the one before it.  The three are interpolated
(Witten and Bell, "The zero-frequency problem", 1991): a context that led to d
templates in n sights gives d / (n + d) to the shorter one.
"""

import argparse
import math
from collections import Counter, defaultdict
from statistics import mean, median

import templates
import tokstream

ROWS = ["first", "second", "third", "fourth", "fifth and later", "back"]
BEFORE = 2                               # templates of the longest context


class Events:
    """How many bits it takes to say which template comes."""

    def __init__(self):
        self.known, self.before = set(), ()
        self.after = defaultdict(Counter)

    def bits(self, name):
        """Of this one, which is then known; None stands for a new one."""
        what = name if name in self.known else None
        chance = 1 / (len(self.known) + 1)
        for n in range(len(self.before) + 1):
            seen = self.after[self.before[len(self.before) - n:]]
            chance = ((seen[what] + len(seen) * chance) /
                      (seen.total() + len(seen)) if seen else chance)
            seen.update({what, name})
        self.known.add(name)
        self.before = (*self.before, name)[-BEFORE:]
        return -math.log2(chance)


def sights(records, window):
    """(row, constant bits, variable bits, event bits) of each line of a
    log."""
    count, last, position = defaultdict(int), {}, 0
    events = Events()
    for record in records:
        line = record.text
        name = templates.template(line)
        event = events.bits(name)
        count[name] += 1
        row = ROWS[min(count[name], 5) - 1]
        if name in last and position - last[name] > window:
            row = "back"
        position += len(record.tokens)
        last[name] = position
        vary = templates.overlapping(record.tokens, templates.variables(line))
        bits = [b if b == b else 0.0 for b in record.bits]
        yield (row, sum(b for b, v in zip(bits, vary) if not v),
               sum(b for b, v in zip(bits, vary) if v), event)


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
        for row, *bits in sights(records, options.window):
            rows[row].append(bits)
    report(rows)


def report(rows):
    first = mean(constant for constant, _, _ in rows["first"])
    print(f"{'sight of the template':22}{'lines':>8}{'constant bits':>15}"
          f"{'median':>8}{'of first':>10}{'variable bits':>15}"
          f"{'event bits':>12}")
    for row in ROWS:
        if rows[row]:
            constant, variable, event = zip(*rows[row])
            print(f"{row:22}{len(constant):8}{mean(constant):15.1f}"
                  f"{median(constant):8.1f}{mean(constant) / first:10.1%}"
                  f"{mean(variable):15.1f}{mean(event):12.1f}")


if __name__ == "__main__":
    main()
