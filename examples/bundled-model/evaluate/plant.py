# SPDX-License-Identifier: MIT
"""Plants alterations in known lines of a log, and says where.

usage: plant.py [--seed N] [--each N] [--skip N] LOG >ALTERED 2>PLACES

const  a number that was the same in the last three lines of that template,
       changed to another of the same length that never stands there; not where
       more than one line of 16 had another that was new
word   a word that always stands there, swapped with another word of the last
       60 lines
magn   a number that varies there, made two digits longer

Every other byte stays.  A line is altered once at most, and none of the first
SKIP.  PLACES has a row for each: line number (from 1), kind, begin and end of
the altered characters in the line.

Here a template is the line with its digits masked.  Numbers stand alone (no
letter beside them); neither they nor words are in the time stamp that the line
begins with.
"""

import argparse
import random
import re
import sys
from collections import defaultdict, deque

DIGITS = re.compile(rb"\d+")
NUMBER = re.compile(rb"(?<![\w])\d+(?![\w])")
NAME = re.compile(rb"(?<![\w-])[A-Za-z]{3,}(?![\w-])")
STAMP = re.compile(rb"\W*(\w{3} [ \d]\d [\d:]+|\d+-\w{3}-\d+ [\d:.]+"
                   rb"|\d+[-/]\d+[-/]\d+[ T][\d:.,]+(\+[\d:]+)?|\d{9,}[\d.]*"
                   rb"|# Time: [\d :]+)")
KINDS = ("const", "word", "magn")
SELDOM = 16     # lines with one new number: where more are, none stands out


def masked(line):
    return DIGITS.sub(b"0", line)


def after_stamp(line):
    stamp = STAMP.match(line)
    return stamp.end() if stamp else 0


def numbers(line):
    return list(NUMBER.finditer(line, after_stamp(line)))


def number_places(lines):
    """(kind, line index, span, values ever seen there) of every number that
    could be altered."""
    history = defaultdict(lambda: deque(maxlen=3))
    ever, times = defaultdict(set), defaultdict(int)
    for i, line in enumerate(lines):
        found = numbers(line)
        # Lines alike but for digits may differ in what their stamp takes.
        key = masked(line), len(found)
        before = history[key]
        times[key] += 1
        for n, number in enumerate(found):
            ever[key, n].add(number.group())
            if len(before) == 3:
                values = {row[n] for row in before} | {number.group()}
                others = len(ever[key, n]) - 1
                if len(values) > 1:
                    yield "magn", i, number.span(), ever[key, n]
                elif others * SELDOM <= times[key]:
                    yield "const", i, number.span(), ever[key, n]
        before.append([number.group() for number in found])


def word_places(lines):
    """(line index, span, words ever seen there) of every word that stood
    there, and no other, in at least four lines before."""
    words, times = defaultdict(set), defaultdict(int)
    found = []
    for i, line in enumerate(lines):
        for name in NAME.finditer(line, after_stamp(line)):
            frame = (masked(line[:name.start()]), masked(line[name.end():]))
            if times[frame] >= 4:
                found.append((i, name.span(), frame))
            words[frame].add(name.group())
            times[frame] += 1
    return [(i, span, words[frame]) for i, span, frame in found
            if len(words[frame]) == 1]


def other_number(rng, old, usual):
    """Another number of that length, or None if there is none unusual."""
    for _ in range(100):
        new = b"%0*d" % (len(old), rng.randrange(10 ** len(old)))
        if new not in usual and (new[:1] != b"0" or old[:1] == b"0"):
            return new
    return None


def altered(rng, kind, lines, i, span, usual):
    """The new characters for a place, or None if there are none to be had."""
    old = lines[i][span[0]:span[1]]
    if kind == "const":
        return other_number(rng, old, usual)
    if kind == "magn":
        return old + b"%02d" % rng.randrange(100)
    near = sorted({name for line in lines[max(0, i - 60):i]
                   for name in NAME.findall(line)} - usual)
    return rng.choice(near) if near else None


def plant(lines, seed=1, each=40, skip=200):
    """The altered lines, and (line index, kind, begin, end) in order."""
    rng = random.Random(seed)
    choices = defaultdict(list)
    for kind, *place in number_places(lines):
        choices[kind].append(place)
    choices["word"] = word_places(lines)
    after, places, taken = list(lines), [], set()
    for kind in KINDS:
        rng.shuffle(choices[kind])
        left = each
        for i, span, usual in choices[kind]:
            if left == 0:
                break
            if i < skip or i in taken:
                continue
            new = altered(rng, kind, lines, i, span, usual)
            if new is None:
                continue
            taken.add(i)
            left -= 1
            after[i] = lines[i][:span[0]] + new + lines[i][span[1]:]
            places.append((i, kind, span[0], span[0] + len(new)))
    return after, sorted(places)


def main():
    usage = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    usage.add_argument("--seed", type=int, default=1)
    usage.add_argument("--each", type=int, default=40)
    usage.add_argument("--skip", type=int, default=200)
    usage.add_argument("log")
    options = usage.parse_args()
    with open(options.log, "rb") as log:
        lines = log.read().splitlines(keepends=True)
    after, places = plant(lines, options.seed, options.each, options.skip)
    sys.stdout.buffer.writelines(after)
    for i, kind, begin, end in places:
        print(i + 1, kind, begin, end, sep="\t", file=sys.stderr)


if __name__ == "__main__":
    main()
