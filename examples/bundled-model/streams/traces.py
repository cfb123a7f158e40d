# SPDX-License-Identifier: MIT
"""What follows an error over several lines: stack traces and dumps."""
from .values import ERRORS, EXCEPTIONS

PRINTABLE = "................abcdeXYZ01 "


def java(rng, words, n):
    """A throwable, with its cause at times."""
    material = words.material
    package = rng.choice(("java.lang.", "java.io.", "java.util.concurrent."))
    out = [f"{package}{rng.choice(EXCEPTIONS)}: {rng.choice(ERRORS)}"]
    for _ in range(n):
        name = rng.choice(material.classes)
        out.append("\tat %s.%s(%s.java:%d)" % (
            name, rng.choice(material.functions), name.rsplit(".", 1)[-1],
            rng.randrange(20, 2000)))
    if rng.random() < 0.4:
        out += ["Caused by: java.net.%s: %s" % (rng.choice(EXCEPTIONS),
                                                rng.choice(ERRORS)),
                f"\t... {rng.randrange(3, 40)} more"]
    return out


def python(rng, words, n):
    """A traceback."""
    material = words.material
    out = ["Traceback (most recent call last):"]
    for _ in range(n // 2 + 1):
        out += ['  File "%s/%s.py", line %d, in %s' % (
            rng.choice(("/usr/lib/python3", "/app", "/opt/venv/lib")),
            words.name("/"), rng.randrange(1, 900),
            rng.choice(material.functions)),
            "    %s(%s)" % (rng.choice(material.functions),
                            rng.choice(material.identifiers))]
    return out + [f"{rng.choice(EXCEPTIONS)}: {rng.choice(ERRORS)}"]


def go(rng, words, n):
    """The stack of a goroutine."""
    material = words.material
    out = ["goroutine %d [%s]:" % (rng.randrange(1, 900), rng.choice(
        ("running", "select", "chan receive", "IO wait")))]
    for _ in range(n // 2 + 1):
        out += ["%s.%s(0x%x, 0x%x)" % (
            rng.choice(material.files), rng.choice(material.functions),
            rng.getrandbits(40), rng.getrandbits(8)),
            "\t/go/src/%s:%d +0x%x" % (
                rng.choice(material.files), rng.randrange(900),
                rng.getrandbits(9))]
    return out


def native(rng, words, n):
    """The frames of a debugger."""
    return ["#%d  0x%016x in %s () from /lib/%s.so.%d" % (
        i, rng.getrandbits(47), rng.choice(words.material.functions),
        words.name(), rng.randrange(9)) for i in range(n)]


def dump(rng, words, n):
    """Bytes in hexadecimal, 16 a line."""
    base = rng.getrandbits(32) & ~15
    return ["%08x  %s  |%s|" % (
        base + 16 * i, " ".join(f"{rng.randrange(256):02x}"
                                for _ in range(16)),
        "".join(rng.choices(PRINTABLE, k=16))) for i in range(n)]


KINDS = (java, python, go, native, dump)


def trace(rng, words, kind):
    """The lines of one trace."""
    return kind(rng, words, rng.choice((3, 5, 8, 14)))
