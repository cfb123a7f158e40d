# SPDX-License-Identifier: MIT
"""What is a line's template: the rule that the evaluation goes by.

A word is a run of characters other than blanks and ()[]{}<>"',;=| .  A word
that holds a digit is variable: times, numbers, addresses, UUIDs, hexadecimal,
ids.  The template is the line with each variable word written as `*`.  Names
without a digit stay: a line with a new user is the first sight of a template.
"""

import re

WORD = re.compile(rb"""[^\s()\[\]{}<>"',;=|]+""")
DIGIT = re.compile(rb"\d")


def variables(line):
    """The (begin, end) of each variable word of a line."""
    return [match.span() for match in WORD.finditer(line)
            if DIGIT.search(match.group())]


def template(line):
    return WORD.sub(lambda m: b"*" if DIGIT.search(m.group()) else m.group(),
                    line)


def spans(tokens):
    """The (begin, end) of each token of a line."""
    at, out = 0, []
    for token in tokens:
        out.append((at, at + len(token)))
        at += len(token)
    return out


def overlapping(tokens, places):
    """For each token: does it overlap one of the places, which are sorted?"""
    out, i = [], 0
    for begin, end in spans(tokens):
        while i < len(places) and places[i][1] <= begin:
            i += 1
        out.append(i < len(places) and places[i][0] < end)
    return out
