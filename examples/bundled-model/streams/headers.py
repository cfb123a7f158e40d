# SPDX-License-Identifier: MIT
"""What stands before the message: time, host, program, level, thread...

What only this file knows: the layouts of headers, known ones and random
ones.  An element is a text, or a function of (template, session); the time
is the system's.
"""
import re

from . import clocks, laws
from .words import digits

LEVELS = tuple(dict(zip(
    ("trace", "debug", "info", "notice", "warn", "warning", "error", "fatal"),
    words.split())) for words in (
        "TRACE DEBUG INFO NOTICE WARN WARN ERROR FATAL",
        "trace debug info notice warn warning error crit",
        "T D I N W W E F", "TRC DBG INF NTC WRN WRN ERR FTL",
        "Trace Debug Info Notice Warning Warning Error Critical",
        "7 7 6 5 4 4 3 2",
        "DEBUG DEBUG INFORMATION NOTICE WARNING WARNING ERROR CRITICAL"))
SEPARATORS = (" ", " ", " ", " ", "|", " | ", "\t", " - ", ", ", ": ", ":",
              ";", "  ", ",")


class Elements:
    """The elements of one system's headers."""

    def __init__(self, system):
        self.system = system
        rng = self.rng = system.rng
        self.levels = rng.choice(LEVELS)
        self.write = clocks.random_stamp(rng)
        self.host = self._hosts()
        self.thread = self._threads()
        self.shorten = rng.randrange(4)
        self.extension = rng.choice((".go", ".c", ".cc", ".py", ".java", ".rs",
                                     ""))
        self.pids, self.one_pid = {}, rng.random() < 0.6
        self.top_pid = rng.choice((1000, 32768, 65536, 4000000))
        self.sequence = rng.randrange(100000)
        self.code_width = rng.choice((3, 4, 5, 8))
        self.code_form = rng.randrange(4)

    def _hosts(self):
        rng = self.rng
        law = self.system.words.host_law()
        names = [law() for _ in range(1 if rng.random() < 0.6 else
                                      rng.choice((2, 3, 5, 10, 40)))]
        if len(names) == 1:
            return lambda template, session: names[0]
        choose = laws.per_session(rng, lambda: rng.choice(names))
        return lambda template, session: choose(session)

    def _threads(self):
        rng, words = self.rng, self.system.words
        name, n = words.snake(), rng.choice((1, 2, 4, 8, 16, 32))
        write = rng.choice((
            lambda: "main", lambda: f"{name}-{rng.randrange(n)}",
            lambda: f"pool-{rng.randrange(1, 4)}-thread-"
                    f"{rng.randrange(1, n + 1)}",
            lambda: str(rng.randrange(1, 99999)),
            lambda: f"{name} handler {rng.randrange(n)}",
            lambda: f"0x{rng.randrange(1 << 40, 1 << 47):x}",
            lambda: f"T{rng.randrange(n)}",
            lambda: f"{name} [{words.camel()}]"))
        names = [write() for _ in range(n)]
        law = rng.choice((laws.always_new, laws.per_session,
                          laws.per_session))(rng, lambda: rng.choice(names))
        return lambda template, session: law(session)

    def time(self, template, session):
        return self.write(self.system.clock.now)

    def level(self, template, session):
        return self.levels.get(template.level, self.levels["info"])

    def pid(self, template, session):
        rng = self.rng
        if self.one_pid:                 # a process for each program
            key = template.program or template.component
            if key not in self.pids or rng.random() < 0.002:
                self.pids[key] = str(rng.randrange(1, self.top_pid))
            return self.pids[key]
        value = session.get("pid")
        if value is None:
            value = session["pid"] = str(rng.randrange(100, 65536))
        return value

    def component(self, template, session):
        name = template.component
        if self.shorten == 1:
            return re.split(r"[/.:]", name)[-1] or name
        if self.shorten == 2 and "." in name:
            packages = name.split(".")
            return ".".join([package[:1] for package in packages[:-1]]
                            + packages[-1:])
        return name[-28:] if self.shorten == 3 else name

    def program(self, template, session):
        return template.program or self.component(template, session)

    def source(self, template, session):
        path = template.component
        name = (path.split("/")[-1].split(".")[0] if "/" in path
                else path.split(".")[-1])
        return f"{name[:30]}{self.extension}:{template.line}"

    def code(self, template, session):
        if template.code is None:
            rng, words = self.rng, self.system.words
            template.code = (
                lambda: digits(rng, self.code_width),
                lambda: rng.choice("EWI") + digits(rng, 4), words.camel,
                lambda: f"{words.word().upper()}_{digits(rng, 3)}",
            )[self.code_form]()
        return template.code

    def count(self, template, session):
        self.sequence += 1
        return str(self.sequence)

    def ident(self):
        """An element that names a request, a client or the like."""
        law = self.system.slot(self.rng.choice(
            ("id", "id", "uuid", "hex", "ip", "host", "hostport", "user")))
        return lambda template, session: law(session)

    def place(self):
        """An element from a small set: a rack, a zone, a subsystem."""
        rng = self.rng
        kind = rng.choice(("id", "id", "word"))
        law = laws.pool(rng, self.system.fresh(kind), rng.choice((1, 4, 30)))
        return lambda template, session: law(session)

    def fixed(self):
        """A word that is always the same."""
        words, rng = self.system.words, self.rng
        return rng.choice((words.word().upper(), words.word(), "-", "kernel",
                           "- -", words.camel()))


def klog(system, elements):
    """The header of glog and klog: a letter for the level."""
    write = clocks.stamp("%m%d %H:%M:%S.%6f")
    return [lambda template, session: (template.level or "i")[0].upper()
            + write(system.clock.now), "   ", elements.pid, " ",
            elements.source, "] "]


def boot_time(system):
    """The kernel's: seconds since the start."""
    return lambda template, session: "[%12.6f] " % (
        system.clock.now - system.clock.start)


def _known(system, e):
    rng = system.rng
    priority = rng.choice(("", "", "", "", "", f"<{rng.randrange(8, 191)}>"))
    return rng.choices((
        [priority, e.time, " ", e.host, " ", e.program, "[", e.pid, "]: "],
        [e.time, " ", e.host, " ", e.program, ": "],
        [e.time, " ", e.level, rng.choice((" ", "  ")), "[", e.thread, "] ",
         e.component, rng.choice((": ", " - "))],
        [e.time, " - ", e.component, " - ", e.level, " - "],
        [e.time, " [", e.thread, "] ", e.level, " ", e.component,
         rng.choice((" - ", " "))],
        klog(system, e),
        [e.time, " [", e.level, "] ", e.pid, f"#{rng.randrange(9)}: *",
         e.count, " "],
        [e.time, " [", e.fixed(), ":", e.level, "] [pid ", e.pid, "] "],
        [e.time, "\t", e.level, "\t", e.source, "\t"],
        [e.time, " ", e.level, " ", e.component, ": "],
        [boot_time(system)],
        ["[", e.level, "] "], [e.level, ": "], []),
        (10, 3, 9, 5, 4, 4, 3, 3, 3, 3, 2, 2, 2, 1.5))[0]


def _random(system, e):
    rng = system.rng
    second = clocks.random_stamp(rng)
    elements = [e.time] if rng.random() < 0.93 else []
    elements += rng.sample(
        [e.host, e.program, e.pid, e.level, e.component, e.source, e.thread,
         e.code, e.count, e.ident(), e.place(), e.fixed(), e.fixed(), e.level,
         e.place(), e.component, e.ident(),
         lambda template, session: second(system.clock.now)],
        rng.choice((0, 1, 1, 2, 2, 3, 3, 4, 5, 7)))
    if rng.random() < 0.25:
        rng.shuffle(elements)
    separator, out = rng.choice(SEPARATORS), []
    for i, element in enumerate(elements):
        if i:
            out.append(separator if rng.random() < 0.9 else
                       rng.choice((" ", " - ", ": ", "|", "/")))
        if element != e.time and rng.random() < 0.25:
            left, right = rng.choice(("[]", "()", "<>", "[]", "{}", '""'))
            out += [left, element, right]
        elif rng.random() < 0.08 and not isinstance(element, str):
            out.append(_padded(element, rng.choice((6, 8, 12, 20)),
                               rng.choice("<<>")))
        else:
            out.append(element)
    if out:
        out.append(rng.choice((" ", ": ", " ", " - ", separator, "| ", " :: ",
                               "\t", "> ")))
    return out


def _padded(element, width, side):
    return lambda template, session: (
        f"{element(template, session):{side}{width}}")


def join(elements):
    """A function that writes a header of these elements."""
    def write(template, session):
        return "".join([e if e.__class__ is str else e(template, session)
                        for e in elements])
    return write


def header(system):
    """A function that writes the headers of one system."""
    elements = Elements(system)
    layout = _known if system.rng.random() < 0.55 else _random
    return join(layout(system, elements))
