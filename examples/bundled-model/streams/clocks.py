# SPDX-License-Identifier: MIT
"""Time stamps, and the time that passes between lines.

What only this file knows: how logs write a moment.  A format is strftime's,
and has %3f %6f %9f (fractions of a second) and %s (seconds of the epoch).
"""
import re
import time

from .words import log_uniform

FORMATS = (
    "%b %e %H:%M:%S", "%b %d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.%3fZ", "%Y-%m-%dT%H:%M:%S.%6f+00:00",
    "%Y-%m-%dT%H:%M:%S+02:00", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S,%3f",
    "%Y-%m-%d %H:%M:%S.%3f", "[%Y-%m-%d %H:%M:%S.%6f]", "%Y/%m/%d %H:%M:%S",
    "[%d/%b/%Y:%H:%M:%S +0000]", "%d/%b/%Y:%H:%M:%S.%3f",
    "%a %b %e %H:%M:%S %Y", "[%a %b %d %H:%M:%S.%6f %Y]", "%s", "%s.%3f",
    "%s%3f", "%s.%6f", "%s%9f", "%m%d %H:%M:%S.%6f", "%H:%M:%S.%3f",
    "%H:%M:%S", "[%H:%M:%S]", "%d %b %Y %H:%M:%S.%3f", "%d.%m.%Y %H:%M:%S",
    "%-m/%-d/%Y %-I:%M:%S %p", "%Y-%m-%dT%H:%M:%S.%9fZ", "%y/%m/%d %H:%M:%S",
    "%m/%d/%Y-%H:%M:%S.%6f", "%Y-%m-%d %H:%M:%S UTC", "%Y%m%dT%H%M%S",
    "%Y-%m-%d %H:%M:%S.%3f%z", "%m-%d %H:%M:%S.%3f", "%Y%m%d-%H:%M:%S:%3f",
)
# Unusual offsets are seconds east of Greenwich.
OFFSETS = (0, 0, 0, 3600, 7200, -18000, -25200, 19800)
# What a time stamp in a real line looks like, longest first.
RECOGNIZED = tuple((re.compile(regex), format) for regex, format in (
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}\b", "%Y-%m-%dT%H:%M:%S.%9f"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", "%Y-%m-%dT%H:%M:%S.%6f"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", "%Y-%m-%dT%H:%M:%S.%3f"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "%Y-%m-%dT%H:%M:%S"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", "%Y-%m-%d %H:%M:%S.%6f"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", "%Y-%m-%d %H:%M:%S.%3f"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "%Y-%m-%d %H:%M:%S,%3f"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "%Y-%m-%d %H:%M:%S"),
    (r"\b\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6}", "%Y/%m/%d %H:%M:%S.%6f"),
    (r"\b\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", "%Y/%m/%d %H:%M:%S"),
    (r"\b\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d", "%d/%b/%Y:%H:%M:%S"),
    (r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\.\d{6} \d{4}",
     "%a %b %d %H:%M:%S.%6f %Y"),
    (r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}",
     "%a %b %e %H:%M:%S %Y"),
    (r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d "
     r"\d\d:\d\d:\d\d", "%b %e %H:%M:%S"),
    (r"\b\d\d/\d\d/\d{4}-\d\d:\d\d:\d\d\.\d{6}", "%m/%d/%Y-%H:%M:%S.%6f"),
    (r"\b1[2-7]\d{8}\.\d{6}\b", "%s.%6f"),
    (r"\b1[2-7]\d{8}\.\d{3}\b", "%s.%3f"),
    (r"\b1[2-7]\d{11}\b", "%s%3f"), (r"\b1[2-7]\d{8}\b", "%s"),
    (r"\b\d\d:\d\d:\d\d\.\d{3}\b", "%H:%M:%S.%3f"),
    (r"\b\d\d:\d\d:\d\d\b", "%H:%M:%S"),
))
_CODE = re.compile(r"(%[369]f|%s)")
_TEXT = {
    "%3f": lambda t, second: f"{int((t - second) * 1e3):03d}",
    "%6f": lambda t, second: f"{int((t - second) * 1e6):06d}",
    "%9f": lambda t, second: f"{int((t - second) * 1e9):09d}",
    "%s": lambda t, second: str(second),
}


def stamp(format, offset=0):
    """A function that writes a time; the calendar of a second is kept."""
    pieces = _CODE.split(format)
    calendars = pieces[0::2]
    codes = [_TEXT[code] for code in pieces[1::2]]
    zone = "%+03d%02d" % (offset // 3600, offset % 3600 // 60)
    calendars = [text.replace("%z", zone) for text in calendars]
    known_second, texts = None, None

    def write(t):
        nonlocal known_second, texts
        second = int(t)
        if second != known_second:
            fields = time.gmtime(second + offset)
            texts = [time.strftime(text, fields) if text else ""
                     for text in calendars]
            known_second = second
        out = texts[0]
        for code, text in zip(codes, texts[1:]):
            out += code(t, second) + text
        return out
    return write


def _composed(rng):
    """A format that nobody may have used yet."""
    year = rng.choice(("%Y", "%Y", "%y", None))
    month = rng.choice(("%m", "%m", "%-m", "%b"))
    day = rng.choice(("%d", "%d", "%-d"))
    order = rng.choice(((year, month, day), (year, month, day),
                        (day, month, year), (month, day, year)))
    date = rng.choice(("-", "/", ".", "", " ", "-", "/")).join(
        part for part in order if part)
    hours = rng.choice((":", ":", ":", ".", "")).join(
        ("%H", "%M", "%S") if rng.random() < 0.9 else ("%-H", "%M", "%S"))
    hours += rng.choice(("", "", "", ".%3f", ".%6f", ",%3f", ":%3f", ".%9f"))
    hours_zone = hours + rng.choice(("", "", "", "", "Z", " UTC", " +0000",
                                     "+01:00", " CET"))
    joint = rng.choice((" ", "T", "-", "_", " ", " ", ":", "  ", ", ", "|"))
    pick = rng.random()
    if pick < 0.85:
        format = date + joint + hours_zone
    elif pick < 0.93:
        format = hours + joint + date
    else:
        format = hours
    if rng.random() < 0.25:
        left, right = rng.choice(("[]", "()", "<>", '""'))
        format = left + format + right
    return format


def random_stamp(rng):
    """The time stamps of one program."""
    format = rng.choice(FORMATS) if rng.random() < 0.62 else _composed(rng)
    return stamp(format, rng.choice(OFFSETS))


class Clock:
    """The time of a system: when its next line is written."""

    def __init__(self, rng):
        self.rng = rng
        self.now = rng.uniform(1.05e9, 1.8e9)
        self.start = self.now - rng.uniform(0, 1e4)
        self.gap = log_uniform(rng, 1e-3, 200)
        self.law = rng.choice(("poisson", "poisson", "same", "clustered"))

    def tick(self):
        """Lets the time pass until the next line."""
        rng = self.rng
        if self.law == "poisson":
            self.now += rng.expovariate(1) * self.gap
        elif self.law == "same":
            if rng.random() >= 0.7:
                self.now += rng.expovariate(1) * self.gap * 3
        elif rng.random() < 0.85:
            self.now += self.gap * rng.random() * 2e-3
        else:
            self.now += self.gap * rng.expovariate(1) * 6
