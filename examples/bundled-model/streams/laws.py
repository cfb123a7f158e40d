# SPDX-License-Identifier: MIT
"""The law of a slot: how its values follow each other.

What only this file knows: that most numbers in a log never change, that
others count, wander or stay for a while, and that a session keeps its own.
A law is a function of a session (a dict) that writes the next value.
"""
import functools
import itertools

from .values import fresh
from .words import log_uniform

# Kinds that seldom come twice.
PASSING = {"duration", "seconds", "time", "exception", "list", "map", "sql",
           "phrase", "bytes"}


@functools.lru_cache(maxsize=None)
def zipf(n, exponent):
    """Cumulated weights of n things by rank; exponent in tenths."""
    return list(itertools.accumulate(
        (rank + 1) ** (-exponent / 10) for rank in range(n)))


def constant(rng, write):
    """Always the same."""
    value = write()
    return lambda session: value


def nearly_constant(rng, write):
    """A setting: it changes, but hardly ever."""
    value, chance = write(), log_uniform(rng, 0.0005, 0.01)

    def law(session):
        nonlocal value
        if rng.random() < chance:
            value = write()
        return value
    return law


def always_new(rng, write):
    """A new value each time."""
    return lambda session: write()


def sticky(rng, write):
    """The same for some lines, then another."""
    value, chance = write(), rng.uniform(0.02, 0.5)

    def law(session):
        nonlocal value
        if rng.random() < chance:
            value = write()
        return value
    return law


def pool(rng, write, n=None):
    """Some values, by Zipf's law; a new one may take a place."""
    n = n or int(log_uniform(rng, 2, 40))
    values = [write() for _ in range(n)]
    weights = zipf(n, rng.randrange(5, 17))
    chance = rng.choice((0, 0, 0.01, 0.05, 0.15))

    def law(session):
        if chance and rng.random() < chance:
            value = values[rng.randrange(n)] = write()
            return value
        return rng.choices(values, cum_weights=weights)[0]
    return law


def per_session(rng, write):
    """One value for each session."""
    key = object()

    def law(session):
        value = session.get(key)
        if value is None:
            value = session[key] = write()
        return value
    return law


def counter(rng, write):
    """A number that grows."""
    count = int(log_uniform(rng, 1, 1e7))
    step = int(log_uniform(rng, 1, 200)) if rng.random() < 0.5 else 1
    even = rng.random() < 0.6

    def law(session):
        nonlocal count
        count += step if even else rng.randrange(2 * step + 1)
        return str(count)
    return law


def walk(rng, write):
    """A number that wanders."""
    value = rng.randrange(1, 100000)
    step = max(1, int(value * rng.uniform(0.0005, 0.05)))

    def law(session):
        nonlocal value
        value = max(0, value + rng.randint(-step, step))
        return str(value)
    return law


NUMBER_LAWS = ((always_new, 21), (counter, 13), (constant, 24),
               (nearly_constant, 5), (functools.partial(pool, n=3), 12),
               (sticky, 9), (walk, 7), (per_session, 9))
OTHER_LAWS = ((constant, 19), (nearly_constant, 4), (pool, 29), (sticky, 10),
              (per_session, 23), (always_new, 15))
NAMED = {".": constant, "!": always_new, "@": per_session, "~": sticky,
         "*": pool, "+": counter}


def draw(system, kind):
    """A law for a new slot of a kind."""
    rng = system.rng
    write = fresh(system, kind)
    if kind in PASSING and rng.random() < 0.6:
        return always_new(rng, write)
    laws, weights = zip(*(NUMBER_LAWS if kind == "num" else OTHER_LAWS))
    return rng.choices(laws, weights)[0](rng, write)
