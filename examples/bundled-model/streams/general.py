# SPDX-License-Identifier: MIT
"""Systems of no domain: the prototype's kinds.

What only this file knows: which templates and which layout make each kind.
"""
from . import layouts, templates
from .values import IDENTIFYING
from .words import log_uniform


def _size(system):
    return int(log_uniform(system.rng, 4, 80))


def _statements(system, n):
    """Mined statements, or (seldom) a random grammar in their place."""
    found = templates.statements(system, n) if system.rng.random() < 0.85 \
        else []
    return found or templates.random_grammar(system, n)


def mined(system):
    """Statements of one project under one header."""
    return system.arrange(_statements(system, _size(system)),
                          layouts.plain(system))


def mixed(system):
    """Statements of two projects, a random grammar and some sentences."""
    n = _size(system) // 2 + 1
    found = templates.statements(system, n) + templates.statements(system, n)
    found += templates.random_grammar(system, 3)
    found += [templates.Template(templates.sentence(system),
                                 component=system.words.camel())
              for _ in range(system.rng.randrange(1, n + 2))]
    return system.arrange(found, layouts.plain(system))


def random(system):
    """A random grammar."""
    return system.arrange(templates.random_grammar(system, _size(system)),
                          layouts.plain(system))


def sentences(system):
    """English sentences as messages."""
    rng = system.rng
    found = [templates.Template(
        templates.sentence(system),
        rng.choices(("info", "debug", "warn", "error", "notice"),
                    (70, 10, 9, 7, 4))[0],
        rng.choice((system.words.camel, system.words.snake))(),
        rng.randrange(1, 2500)) for _ in range(_size(system))]
    return system.arrange(found, layouts.plain(system))


def real(system):
    """The lines of a real log, turned into templates."""
    return system.arrange(
        templates.real(system),
        lambda template, session: template.render(session))


def json(system):
    """An object a line."""
    system.traced = False
    return system.arrange(_statements(system, _size(system)),
                          layouts.json_lines(system))


def logfmt(system):
    """Pairs of key and value, of which one is the message."""
    return system.arrange(_statements(system, _size(system)),
                          layouts.logfmt(system))


def _only_layout(system, layout):
    """A layout that has its own idea of what comes when."""
    system.traced = False
    system.arrange(templates.random_grammar(system, _size(system)),
                   layout(system))
    system.incidents, system.burst_share = [], 0
    return system


def columns(system):
    """Comma- or otherwise separated values."""
    return _only_layout(system, layouts.columns)


def key_value(system):
    """Records of keys and values."""
    return _only_layout(system, layouts.key_value)


def identifiers(system):
    """Lines full of UUIDs, digests and addresses."""
    found = templates.random_grammar(
        system, _size(system) // 2 + 2,
        system.rng.sample(IDENTIFYING, system.rng.choice((2, 4, 6))))
    found += _statements(system, _size(system) // 2 + 1)
    slot = system.slot(system.rng.choice(("uuid", "hex", "guid", "uuid")))
    left, right = system.rng.choice(("[]", "()", "  ", "  ", "{}"))
    for template in found:
        if system.rng.random() < 0.6:
            template.parts[:0] = [left.strip(), slot, right + " "]
    return system.arrange(found, layouts.plain(system))
