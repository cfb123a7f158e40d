# SPDX-License-Identifier: MIT
"""The mix: which kinds of documents there are, and how often each comes.

What only this file knows: the weights.  A document is what one context of
training is cut from: some hundred lines of one system, or of several
interleaved, or prose, or real lines as they are.
"""
import random

from . import general
from .cloud import cloud
from .databases import databases
from .kernel import kernel
from .kubernetes import kubernetes
from .mail import mail
from .mobile import mobile
from .systems import System
from .web import web
from .windows import windows
from .words import log_uniform

# kind: (weight among documents, what makes a system of it, made up for the
# first time by this recipe).  Without the last column's, the mix is the
# prototype's.
KINDS = {
    "text": (6.0, None, False),
    "raw": (3.5, None, False),
    "interleaved": (11.5, None, False),
    "mined": (19.0, general.mined, False),
    "real": (17.0, general.real, False),
    "mixed": (4.5, general.mixed, False),
    "random": (9.0, general.random, False),
    "json": (4.5, general.json, False),
    "logfmt": (3.5, general.logfmt, False),
    "columns": (2.0, general.columns, False),
    "key_value": (2.0, general.key_value, False),
    "sentences": (3.0, general.sentences, True),
    "identifiers": (2.5, general.identifiers, True),
    "web": (5.0, web, False),
    "kernel": (3.5, kernel, True),
    "windows": (3.0, windows, True),
    "cloud": (1.8, cloud, True),
    "kubernetes": (3.0, kubernetes, True),
    "databases": (2.5, databases, True),
    "mail": (2.0, mail, True),
    "mobile": (3.0, mobile, True),
}
PROTOTYPE = [kind for kind, (_, _, new) in KINDS.items() if not new]
SYSTEMS = [kind for kind, (_, make, _) in KINDS.items() if make]
MOST_BYTES = 60000


def make_system(rng, material, kind):
    """A system of a kind, ready to write lines."""
    system = System(rng, material)
    system.kind = kind
    return KINDS[kind][1](system)


def _pick(rng, kinds, systems_only=False):
    if systems_only:
        kinds = [kind for kind in kinds if KINDS[kind][1]] or SYSTEMS
    return rng.choices(kinds, [KINDS[kind][0] for kind in kinds])[0]


def _text(rng, material):
    """Pieces of prose."""
    pieces = []
    for text in rng.choices(material.documents, k=4):
        start = rng.randrange(max(1, len(text) - 6000))
        pieces.append(text[start:start + 6000])
    return "\n".join(pieces) + "\n"


def _raw(rng, material):
    """Real lines, as they are."""
    out = []
    for lines in rng.choices(material.real, material.real_weights,
                             k=rng.choice((1, 4, 12))):
        start = rng.randrange(len(lines))
        out += lines[start:start + 200]
    return "\n".join(out)[:40000].rstrip("\n") + "\n"


def _interleaved(rng, material, kinds):
    """Two to six systems at the same time, with a name before each or not."""
    count = rng.choice((2, 2, 3, 4, 6))
    n = int(log_uniform(rng, 30, 900))
    named, width = rng.random() < 0.35, rng.choice((0, 12, 16))
    queues, now = [], None
    for _ in range(count):
        system = make_system(rng, material, _pick(rng, kinds, True))
        if now is None:
            now = system.clock.now
        system.clock.start += now - system.clock.now
        system.clock.now = now
        lines = system.lines(max(5, int(n * rng.uniform(0.1, 1) / count)),
                             MOST_BYTES // count)
        if named:
            name = system.words.name("-") + rng.choice(("", "_1", "-1"))
            prefix = name.ljust(width) + rng.choice((" | ", ": ", "  | ",
                                                     "> "))
            lines = [prefix + line.replace("\n", "\n" + prefix)
                     for line in lines]
        queues.append(iter(lines))
    out, stay, queue = [], rng.uniform(0.2, 0.95), queues[0]
    while queues:
        if rng.random() > stay:
            queue = rng.choice(queues)
        line = next(queue, None)
        if line is None:
            queues.remove(queue)
            if queues:
                queue = rng.choice(queues)
        else:
            out.append(line)
    return "\n".join(out) + "\n"


def document(rng, material, kinds=None):
    """One document: (text, kind).  The text ends with a newline.

    `rng` is a random.Random, `kinds` names the kinds of KINDS to draw from.
    """
    kinds = list(kinds or KINDS)
    kind = _pick(rng, kinds)
    if kind == "text":
        return _text(rng, material), kind
    if kind == "raw":
        return _raw(rng, material), kind
    if kind == "interleaved":
        return _interleaved(rng, material, kinds), kind
    system = make_system(rng, material, kind)
    lines = system.lines(int(log_uniform(rng, 30, 900)), MOST_BYTES)
    return "\n".join(lines) + "\n", kind


def documents(seed, material, kinds=None):
    """Endless documents; the same for the same seed."""
    rng = random.Random(seed)
    while True:
        yield document(rng, material, kinds)
