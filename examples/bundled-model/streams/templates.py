# SPDX-License-Identifier: MIT
"""What a line says: texts with slots, each under a law.

What only this file knows: how a template is made of a mined statement, a
real line, a sentence, a random grammar, or a text in a small notation.
"""
import re

from . import clocks, laws
from .values import ANY, MAKERS
from .words import digits, hexadecimal, log_uniform


class Template:
    """Parts (texts, and laws of a session) and where they came from."""

    __slots__ = ("parts", "level", "component", "line", "fields", "program",
                 "code")

    def __init__(self, parts, level="info", component="main", line=1,
                 fields=()):
        self.parts = parts
        self.level = level
        self.component = component
        self.line = line
        self.fields = fields             # (key, law, is it a number)
        self.program = None
        self.code = None

    def render(self, session):
        """The text, with the next value in each slot."""
        return "".join([part if part.__class__ is str else part(session)
                        for part in self.parts])


# ---- a notation ------------------------------------------------------------

_SLOT = re.compile(r"\{([^{}]+)\}")


def parts_of(system, text, kinds=None):
    """The parts of a text such as "eth{int.}: link up, {10|100} Mbps {ip}".

    A slot is {a|list|of|words}, or {kind} under a law that is drawn, or
    {kindC} under a named one: C is one of laws.NAMED.  `kinds` holds laws by
    names of the caller's own.
    """
    parts, end = [], 0
    for match in _SLOT.finditer(text):
        parts.append(text[end:match.start()])
        parts += _slot(system, match.group(1), kinds or {})
        end = match.end()
    parts.append(text[end:])
    return [part for part in parts if part != ""]


def _slot(system, name, kinds):
    if name in kinds:
        return [kinds[name]]
    rng = system.rng
    if "|" in name:
        choices = name.split("|")
        weights = laws.zipf(len(choices), 10)
        rng.shuffle(choices)
        return [lambda session: rng.choices(choices, cum_weights=weights)[0]]
    if name == "message":
        return message(system)
    kind, law = name, None
    if name[-1] in laws.NAMED:
        kind, law = name[:-1], laws.NAMED[name[-1]]
    if law is None:
        return [system.slot(kind)]
    return [law(rng, MAKERS[kind](system))]


def written(system, text, kinds=None, level="info", component=None):
    """A template in the notation."""
    return Template(parts_of(system, text, kinds), level,
                    component or system.words.name(),
                    system.rng.randrange(1, 2500))


# ---- of mined statements ----------------------------------------------------

# By the words of an argument's name: what its values may be.
HINTS = (
    (("port",), ("port",)),
    (("peer", "addr", "remote", "endpoint", "listen", "socket", "broker",
      "server", "node", "host", "target", "bootstrap"),
     ("hostport", "host", "ip", "fqdn", "host")),
    (("ip", "cidr", "subnet"), ("ip",)),
    (("path", "file", "dir", "fname"), ("path", "path", "file")),
    (("url", "uri"), ("url",)),
    (("user", "principal", "owner", "login", "uid"), ("user",)),
    (("uuid", "guid"), ("uuid",)),
    (("time", "timeout", "elapsed", "interval", "duration", "delay", "latency",
      "ms"), ("duration", "duration", "num")),
    (("err", "error", "exception", "cause", "reason", "strerror", "throwable",
      "ex", "e", "ioe"), ("error", "error", "exception")),
    (("class", "clazz"), ("class",)),
    (("func", "function", "method"), ("function",)),
    (("state", "status", "phase", "mode", "type", "kind", "action"),
     ("state",)),
    (("version", "ver"), ("version",)),
    (("topic", "partition", "queue", "table", "group", "cluster", "volume",
      "pool", "stream", "bucket", "namespace", "container"),
     ("topic", "word", "id")),
    (("dev", "device", "ifname", "iface", "interface", "nic", "disk"),
     ("device",)),
    (("mac",), ("mac",)),
    (("id", "key", "hash", "digest", "token", "session", "txn", "transaction",
      "request", "req"), ("id", "uuid", "hex", "id", "num")),
    (("size", "len", "length", "bytes", "count", "num", "total", "offset",
      "index", "idx", "n", "i", "rc", "ret", "nr", "cnt", "max", "min",
      "epoch", "seq", "generation", "level", "pid", "fd", "errno", "code"),
     ("num",)),
    (("name", "label"), ("word", "id", "host")),
    (("list", "set", "array", "args", "nodes", "topics", "members"),
     ("list",)),
    (("map", "config", "props", "metadata", "options"), ("map",)),
    (("query", "sql", "statement", "stmt"), ("sql",)),
)
UNKNOWN = ("word word num id host path state num phrase topic class user map "
           "hex").split()
BY_SPEC = {"p": ("0x",), "x": ("hex", "hex", "num"), "X": ("hex", "num"),
           "f": ("num",), "T": ("class",)}
# Of a structured field's type: the spec and the name that stand for it.
FIELD_SPEC = {"Int": "d", "Uint64": "d", "Int64": "d", "Duration": "s"}
FIELD_NAME = {"Duration": "timeout", "Error": "err"}
NUMERIC_FIELDS = ("Int", "Uint64", "Int64", "Float64")
_hinted = {}


def _hint(name):
    """The kinds that an argument's name speaks of; None of none."""
    if name not in _hinted:
        found = None
        for token in reversed(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)):
            token = token.lower()
            found = next((kinds for keys, kinds in HINTS if token in keys
                          or len(token) > 4 and any(
                              token.startswith(key) or token.endswith(key)
                              for key in keys if len(key) > 3)), None)
            if found:
                break
        _hinted[name] = found
    return _hinted[name]


def _kind(rng, spec, name):
    if spec in BY_SPEC:
        return rng.choice(BY_SPEC[spec])
    hinted = _hint(name)
    if hinted:
        kind = rng.choice(hinted)
        if spec == "d" and kind not in ("num", "port", "duration"):
            return "num"
        return kind
    return "num" if spec in ("d", "c") else rng.choice(UNKNOWN)


def _mined_parts(system, statement):
    parts = []
    for part in statement.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        slot = system.slot(_kind(system.rng, part[0], part[1]))
        parts += ['"', slot, '"'] if part[0] == "q" else [slot]
    return parts


def mined(system, statement):
    """A template of a log statement in somebody's source."""
    fields = [(key, system.slot(_kind(system.rng, FIELD_SPEC.get(type, "s"),
                                      FIELD_NAME.get(type, key))),
               type in NUMERIC_FIELDS)
              for type, key in statement.fields[:10]]
    return Template(_mined_parts(system, statement), statement.level,
                    statement.component, statement.line, fields)


def statements(system, n):
    """About n templates of one project's statements."""
    rng, material = system.rng, system.material
    source = rng.choices(material.sources, material.source_weights)[0]
    by_component = material.statements[source]
    components = material.components[source]
    count = 2 * rng.choice((1, 2, 3, 5, 8, 15))
    if rng.random() < 0.6:               # neighbours in the tree
        first = rng.randrange(len(components))
        chosen = components[first:first + count]
    else:
        chosen = rng.sample(components, min(len(components), count))
    found = [s for component in chosen for s in by_component[component]]
    if len(found) > n:
        found = rng.sample(found, n)
    return [mined(system, statement) for statement in found]


# ---- of sentences -----------------------------------------------------------

def sentence(system):
    """The parts of an English sentence; its numbers are slots, some words."""
    rng, parts = system.rng, []
    for word in system.words.sentence().split(" "):
        if word.isdigit() or rng.random() < 0.06:
            kind = "num" if word.isdigit() else rng.choice(ANY)
            parts += [" ", system.slot(kind)]
        else:
            parts.append(" " + word)
    parts[0] = parts[0].lstrip() if parts[0] != " " else ""
    if rng.random() < 0.3:
        parts += [rng.choice((": ", " (", " ", ", code=", ": ")),
                  system.slot(rng.choice(ANY))]
    return parts


def message(system):
    """The parts of a message: a statement's, or a sentence."""
    rng, material = system.rng, system.material
    if rng.random() < 0.3:
        return sentence(system)
    if system.project is None:
        system.project = rng.choices(material.sources,
                                     material.source_weights)[0]
    component = rng.choice(material.components[system.project])
    return _mined_parts(system, rng.choice(
        material.statements[system.project][component]))


# ---- of a random grammar ----------------------------------------------------

PUNCTUATION = (": ", ", ", " - ", "=", " -> ", "; ", " | ", " (", ") ", "::",
               ".")
BRACKETS = ("[]", "()", "<>", "{}", '""', "''")


def _random(system, vocabulary, separator, density, kinds):
    rng, parts = system.rng, []
    for i in range(rng.choice((1, 2, 3, 4, 5, 6, 8, 11, 15))):
        if i:
            parts.append(separator if rng.random() < 0.85
                         else rng.choice(PUNCTUATION))
        if rng.random() >= density:
            parts.append(rng.choice(vocabulary))
            continue
        slot, pick = system.slot(rng.choice(kinds)), rng.random()
        if pick < 0.25:
            parts += [rng.choice(vocabulary)
                      + rng.choice(("=", ":", "=", ": ", " ", "=")), slot]
        elif pick < 0.4:
            left, right = rng.choice(BRACKETS)
            parts += [left, slot, right]
        else:
            parts.append(slot)
    if rng.random() < 0.15:
        parts.append(rng.choice((".", "!", "...", ";", " ok", " done")))
    words = system.words
    return Template(
        parts, rng.choices(("info", "debug", "warn", "error", "notice"),
                           (70, 12, 8, 6, 4))[0],
        words.camel() if rng.random() < 0.6 else words.snake(),
        rng.randrange(1, 2500))


def random_grammar(system, n, kinds=None):
    """n templates of a vocabulary and a punctuation drawn for the system."""
    rng, words = system.rng, system.words
    draw = rng.choice((words.lower, words.pseudo, words.word, words.camel,
                       lambda: rng.choice(system.material.words)))
    vocabulary = [draw() for _ in range(rng.choice((20, 50, 120, 300)))]
    if rng.random() < 0.25:
        vocabulary = [word.upper() if rng.random() < 0.5 else word.capitalize()
                      for word in vocabulary]
    separator = rng.choice((" ", " ", " ", " ", "_", ".", " ", ", ", " "))
    density = rng.uniform(0.08, 0.5)
    kinds = kinds or rng.sample(ANY, rng.choice((2, 4, 8, 16)))
    return [_random(system, vocabulary, separator, density, kinds)
            for _ in range(n)]


# ---- of real lines ----------------------------------------------------------

LONGEST_LINE = 2500
VALUE = re.compile(
    r"(?P<ip>\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b)"
    r"|(?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)"
    r"|(?P<hex>\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,64}\b)"
    r"|(?P<num>\d+)|(?P<word>[A-Za-z]{4,})")


class _Reader:
    """Turns the lines of one real file into templates of one system."""

    def __init__(self, system):
        self.system = system
        self.rename = system.rng.choice((0, 0, 0, 0.15, 0.5, 1.0))
        self.words = {}                  # a word of the file: its new name
        self.slots = {}                  # a value of the file: its law
        self.stamps = {}

    def _word(self, word):
        rng = self.system.rng
        if word not in self.words:
            new = word
            if rng.random() < self.rename:
                new = self.system.words.word()
                new = (new.upper() if word.isupper() else
                       new.capitalize() if word[0].isupper() else new)
            self.words[word] = new
        return self.words[word]

    def _number(self, text):
        rng, width = self.system.rng, len(text)
        pick = rng.random()
        if pick < 0.52:
            return lambda session: text
        if pick < 0.66:
            return laws.always_new(rng, lambda: digits(rng, width))
        if pick < 0.75:
            count = int(text)
            pad = width if text[0] == "0" else 0

            def step(session):
                nonlocal count
                count += rng.choice((1, 1, 2, 7))
                return f"{count:0{pad}d}" if pad else str(count)
            return step
        if pick < 0.86:
            pool = [text] + [digits(rng, width)
                             for _ in range(rng.choice((1, 2, 5)))]
            return lambda session: rng.choice(pool)
        return laws.per_session(rng, lambda: digits(rng, width))

    def _slot(self, kind, text):
        """The same text in several lines mostly has one law."""
        system, key = self.system, (kind, text)
        rng = system.rng
        if key in self.slots and rng.random() < 0.8:
            return self.slots[key]
        pick, width = rng.random(), len(text)
        if kind == "num":
            law = self._number(text)
        elif kind in ("ip", "uuid"):
            law = system.slot(kind) if pick < 0.8 else lambda session: text
        elif pick < 0.3:
            def law(session):
                return text
        else:
            named = laws.always_new if pick < 0.6 else laws.per_session
            law = named(rng, lambda: hexadecimal(rng, width))
        self.slots[key] = law
        return law

    def _stamp(self, format):
        clock = self.system.clock
        write = self.stamps.setdefault(format, clocks.stamp(format))
        return lambda session: write(clock.now)

    def _between(self, text):
        """The parts of what lies between two time stamps."""
        parts, end = [], 0
        for match in VALUE.finditer(text):
            kind, found = match.lastgroup, match.group()
            if kind == "word":
                new = self._word(found) if self.rename else found
                if new != found:
                    parts.append(text[end:match.start()] + new)
                    end = match.end()
                continue
            parts += [text[end:match.start()], self._slot(kind, found)]
            end = match.end()
        return parts + [text[end:]]

    def template(self, line):
        line, spans = line[:LONGEST_LINE], []
        for regex, format in clocks.RECOGNIZED:
            for match in regex.finditer(line):
                if all(match.end() <= start or end <= match.start()
                       for start, end, _ in spans):
                    spans.append((*match.span(), format))
            if len(spans) > 4:
                break
        parts, at = [], 0
        for start, end, format in sorted(spans):
            parts += self._between(line[at:start])
            parts.append(self._stamp(format))
            at = end
        parts += self._between(line[at:])
        return Template([part for part in parts if part != ""])


def real(system):
    """Templates of some lines of one real file."""
    rng, material = system.rng, system.material
    lines = rng.choices(material.real, material.real_weights)[0]
    n = int(log_uniform(rng, 3, 60))
    if len(lines) > n:
        first = rng.randrange(len(lines) - n)
        lines = (lines[first:first + n] if rng.random() < 0.6
                 else rng.sample(lines, n))
    lines = list(dict.fromkeys(lines))
    if len(lines) < 4:
        other = rng.choices(material.real, material.real_weights)[0]
        lines += rng.sample(other, min(len(other), 3))
    reader = _Reader(system)
    return [reader.template(line) for line in lines]
