# SPDX-License-Identifier: MIT
"""Does a file cost the same at the start of an endless stream and at its end?

usage: stability.py [-w WINDOW] [--tokens N] [--dense TRAINED] MODEL LOG...

The stream: a lead-in (the second log, more than the layers can remember), the
first log, then slices of 125 lines of all the logs in turn, about N tokens,
then the lead-in and the first log again.  Printed are the bits a token of the
first log both times, the difference, and the course of the whole stream by
tenths.

With --dense, the stream's first tokens, up to four times TRAINED, the length
the model was trained on, are read once more by dense attention.
"""

import argparse
import itertools
import tempfile

import tokstream

SLICE = 125


def lines_of(path, limit):
    with open(path, "rb") as log:
        return log.read(limit).splitlines(keepends=True)[:-1]


def slices(logs):
    """Slices of the logs in turn, from the start again when one is used up."""
    at = [0] * len(logs)
    while True:
        for i, lines in enumerate(logs):
            yield lines[at[i]:at[i] + SLICE]
            at[i] = (at[i] + SLICE) % len(lines)


def compose(logs, size):
    """(lines, first and second place of the probe) of a stream of about so
    many bytes between the two."""
    lead, probe = logs[1][:900], logs[0][:400]
    out = lead + probe
    bytes_so_far = 0
    for piece in slices(logs):
        out.extend(piece)
        bytes_so_far += sum(map(len, piece))
        if bytes_so_far >= size:
            break
    again = len(out) + len(lead)
    return out + lead + probe, len(lead), again, len(probe)


class Course:
    """Sums of bits by place: ranges of lines, and steps of tokens."""

    def __init__(self, records):
        self.lines, self.tokens = [], []
        for record in records:
            bits = [b for b in record.bits if b == b]
            self.lines.append((sum(bits), len(bits)))
            self.tokens.append(len(record.tokens))

    def mean(self, begin, end):
        rows = self.lines[begin:end]
        return sum(b for b, _ in rows) / max(1, sum(n for _, n in rows))

    def by_tokens(self, edges):
        """Bits a token between edges in the stream's tokens, by lines."""
        ends = list(itertools.accumulate(self.tokens))
        for low, high in zip(edges, edges[1:]):
            rows = [row for row, end in zip(self.lines, ends)
                    if low < end <= high]
            if rows:
                yield low, high, (sum(b for b, _ in rows)
                                  / sum(n for _, n in rows))


def show(title, course, edges):
    print(title)
    for low, high, bits in course.by_tokens(edges):
        print(f"  {low:>9}-{high:<9} {bits:7.3f}")


def dense(options, lines):
    """Attention that never forgets, past the length trained on."""
    length = options.dense
    edges = [0, length // 2, length, 2 * length, 4 * length]
    budget, head = edges[-1] * 2, []
    for line in lines:
        head.append(line)
        budget -= len(line)
        if budget < 0:
            break
    with tempfile.NamedTemporaryFile(suffix=".log") as text:
        text.writelines(head)
        text.flush()
        # A token has a byte at least: there is room.
        for how in (["--cache=dense", f"-w{sum(map(len, head))}"],
                    ["-s1", f"-w{options.window}"]):
            show(" ".join(how) + ", bits a token", Course(tokstream.score(
                options.model, text.name, *how)), edges)


def main():
    usage = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    usage.add_argument("-w", "--window", type=int, default=2048)
    usage.add_argument("--tokens", type=int, default=300_000)
    usage.add_argument("--dense", type=int, metavar="TRAINED", default=0)
    usage.add_argument("model")
    usage.add_argument("logs", nargs="+")
    options = usage.parse_args()

    logs = [lines_of(path, 400_000) for path in options.logs]
    lines, first, again, count = compose(logs, int(2.6 * options.tokens))
    with tempfile.NamedTemporaryFile(suffix=".log") as text:
        text.writelines(lines)
        text.flush()
        course = Course(tokstream.score(options.model, text.name, "-s1",
                                        f"-w{options.window}"))
    total = sum(course.tokens)
    early = course.mean(first, first + count)
    late = course.mean(again, again + count)
    print(f"tokens {total}, window {options.window}")
    print(f"the same {count} lines: {early:.4f} bits a token at the start, "
          f"{late:.4f} at the end, difference {late - early:+.4f}")
    show("bits a token of the stream", course,
         [total * i // 10 for i in range(11)])
    if options.dense:
        dense(options, lines)


if __name__ == "__main__":
    main()
