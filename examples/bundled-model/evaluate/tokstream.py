# SPDX-License-Identifier: MIT
"""Reads what stream-infer(1) writes: the binary form of tokstream(5).

Only this module knows the frames.  The figures themselves are the program's;
nothing is computed here.
"""

import array
import os
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass

HEADER = struct.Struct("<BBHIQ")
HELLO, RECORD, SCORES, END = 1, 3, 4, 10


@dataclass
class Record:
    """A line with the bytes, the surprisal and the entropy of its tokens."""

    tokens: list
    bits: array.array
    entropy: array.array

    @property
    def text(self):
        return b"".join(self.tokens)

    def excess(self):
        """Bits beyond what was expected, for each token; 0 where unknown."""
        return [b - e if b == b else 0.0
                for b, e in zip(self.bits, self.entropy)]


def _frames(stream):
    while True:
        head = stream.read(HEADER.size)
        if len(head) < HEADER.size:
            raise ValueError("the token stream was cut off")
        kind, _, _, size, _ = HEADER.unpack(head)
        payload = stream.read(size)
        stream.read(4)
        yield kind, payload
        if kind == END:
            return


def _vocabulary(payload):
    count, total = struct.unpack_from("<II", payload, 12)
    (name,) = struct.unpack_from("<I", payload, 28)
    at = 48 + name + count
    sizes = struct.unpack_from(f"<{count}H", payload, at)
    at += 2 * count
    spelled, tokens = payload[at:at + total], []
    at = 0
    for size in sizes:
        tokens.append(spelled[at:at + size])
        at += size
    return tokens


def _floats(payload, at, count):
    values = array.array("f", payload[at:at + 4 * count])
    if sys.byteorder == "big":
        values.byteswap()
    return values


def records(stream):
    """The scored records of a stream, one after the other."""
    tokens = record = None
    for kind, payload in _frames(stream):
        if kind == HELLO:
            tokens = _vocabulary(payload)
            letter = "H" if len(tokens) <= 65536 else "I"
        elif kind == RECORD:
            (count,) = struct.unpack_from("<I", payload)
            ids = struct.unpack_from(f"<{count}{letter}", payload, 48)
            record = [tokens[i] for i in ids]
        elif kind == SCORES:
            (count,) = struct.unpack_from("<I", payload)
            yield Record(record, _floats(payload, 4, count),
                         _floats(payload, 4 + 4 * count, count))


def score(model, path, *options):
    """The records of a text as stream-infer, with these options, scores
    them."""
    read = ["tokenize", "--plain", "-m", model, path]
    infer = ["stream-infer", "-m", model, *options]
    with tempfile.TemporaryFile() as kept:
        tokenize = subprocess.Popen(read, stdout=subprocess.PIPE)
        subprocess.run(infer, stdin=tokenize.stdout, stdout=kept, check=True)
        tokenize.stdout.close()
        if tokenize.wait() != 0:
            raise RuntimeError(f"tokenize failed on {path}")
        kept.seek(0)
        yield from records(os.fdopen(os.dup(kept.fileno()), "rb"))
