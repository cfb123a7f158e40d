# SPDX-License-Identifier: MIT
"""How odd each token of a line is, by what is usual at its place.

What only this file knows: the rule.  The tokens of a line are scored by

    z - (log2(1 + seen) + log2(1 + pair)) / 2

and then moved down, all by as much, where the line is odd in two places.

z      its surprisal against those at its *place* so far: bits beyond their
       mean, in standard deviations (and one bit: no place is that sure).  A
       place is the three tokens before, runs of digits taken as one 0.  A
       random id surprises every time it comes, and so surprises nobody.
       Of a place that is new nothing is known: 0 bits, give or take 10, which
       count as three sights.  Of one seen often the last 50 or so count.
seen   how often this very token stood at this place
pair   how often it followed the token before it

A familiar line with a wrong value in it is odd at one place; one that is new
is odd all over.  So three quarters of the highest score that is more than
three tokens away from the line's highest are taken off (if it is above 0).

All tables are bounded: the entries that were made first are forgotten first.
A line is held against the lines before it, not against itself.
"""

import math
import re
from dataclasses import dataclass

DIGITS = re.compile(rb"\d+")
CONTEXT = 3
PRIOR_SIGHTS, PRIOR_SPREAD = 3, 10.0
RECENT = 50
BESIDE, SHARE = 3, 0.75
MOST = 1 << 16


@dataclass
class Usual:
    """Surprisals at a place: how many, and their running mean and variance."""

    n: int = 0
    mean: float = 0.0
    variance: float = 0.0

    def add(self, bits):
        self.n += 1
        share = max(1 / self.n, 1 / RECENT)
        off = bits - self.mean
        self.mean += share * off
        self.variance = (1 - share) * (self.variance + share * off * off)

    def deviation(self, bits):
        n = min(self.n, RECENT)
        share = n / (n + PRIOR_SIGHTS)
        mean = share * self.mean
        square = (share * (self.variance + self.mean ** 2)
                  + (1 - share) * PRIOR_SPREAD ** 2)
        return (bits - mean) / (math.sqrt(square - mean * mean) + 1)


NOTHING = Usual()


def contexts(tokens):
    """What is before each token."""
    before = [b"^"] * CONTEXT
    for token in tokens:
        yield tuple(before[-CONTEXT:])
        masked = DIGITS.sub(b"0", token)
        if masked != b"0" or not before[-1].endswith(b"0"):
            before.append(masked)


def entry(table, key, new):
    if key not in table:
        if len(table) == MOST:
            del table[next(iter(table))]
        table[key] = new
    return table[key]


def alone(scores):
    """Less what another place of the line has."""
    top = max(range(len(scores)), key=scores.__getitem__)
    others = [score for i, score in enumerate(scores) if abs(i - top) > BESIDE]
    less = SHARE * max([0.0, *others])
    return [score - less for score in scores]


class Places:
    """What a stream has shown so far."""

    def __init__(self):
        self.usual, self.seen, self.pairs = {}, {}, {}

    def scores(self, tokens, bits):
        """The oddness of each token of the next line."""
        bits = [b if b == b else 0.0 for b in bits]
        places = list(contexts(tokens))
        at = list(zip(places, tokens))
        pairs = list(zip([b"^", *tokens], tokens))
        scores = [self.usual.get(place, NOTHING).deviation(b)
                  - math.log2(1 + self.seen.get(here, 0)) / 2
                  - math.log2(1 + self.pairs.get(pair, 0)) / 2
                  for place, here, pair, b in zip(places, at, pairs, bits)]
        for place, here, pair, b in zip(places, at, pairs, bits):
            entry(self.usual, place, Usual()).add(b)
            self.seen[here] = entry(self.seen, here, 0) + 1
            self.pairs[pair] = entry(self.pairs, pair, 0) + 1
        return alone(scores) if scores else []
