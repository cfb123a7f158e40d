# SPDX-License-Identifier: MIT
"""How well a score tells some lines from others."""


def auroc(good, bad):
    """The chance that one of `good` scores above one of `bad`; ties count
    half."""
    ranked = sorted([(s, 1) for s in good] + [(s, 0) for s in bad])
    below = wins = 0.0
    i = 0
    while i < len(ranked):
        j = i
        while j < len(ranked) and ranked[j][0] == ranked[i][0]:
            j += 1
        here = sum(label for _, label in ranked[i:j])
        others = j - i - here
        wins += here * (below + others / 2)
        below += others
        i = j
    return wins / (len(good) * len(bad))


def average_precision(good, bad):
    """The mean of the precision at each of `good`, in order of score; among
    equal scores they are spread evenly."""
    ranked = sorted([(-s, 1) for s in good] + [(-s, 0) for s in bad])
    seen = found = total = 0.0
    i = 0
    while i < len(ranked):
        j = i
        while j < len(ranked) and ranked[j][0] == ranked[i][0]:
            j += 1
        here = sum(label for _, label in ranked[i:j])
        for k in range(1, here + 1):
            total += (found + k) / (seen + k * (j - i) / here)
        found += here
        seen += j - i
        i = j
    return total / len(good)
