# SPDX-License-Identifier: MIT
"""How a template becomes a line: plain, JSON, logfmt, columns, key=value.

What only this file knows: each of these notations.  A layout takes the
system and returns a function (template, session) that writes a line.
"""
import json
import re

from . import clocks, headers
from .values import ANY, NUMERIC

NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
MUST_QUOTE = re.compile(r'[\s="]')


def quote(text):
    """A JSON string."""
    return json.dumps(text, ensure_ascii=False)


def quote_if_needed(text):
    """A value of logfmt."""
    return quote(text) if not text or MUST_QUOTE.search(text) else text


def json_value(text, numeric):
    """A JSON number where the text is one, else a string."""
    return text if numeric and NUMBER.fullmatch(text) else quote(text)


def plain(system):
    """A header, the message, and its structured fields in some form."""
    header = headers.header(system)
    form = system.rng.randrange(4)

    def line(template, session):
        out = header(template, session) + template.render(session)
        if not template.fields:
            return out
        values = [(key, law(session), numeric)
                  for key, law, numeric in template.fields]
        if form == 0:
            return out + "\t{" + ", ".join(
                [f"{quote(key)}: {json_value(value, numeric)}"
                 for key, value, numeric in values]) + "}"
        if form == 1:
            return out + "".join([f" {key}={quote_if_needed(value)}"
                                  for key, value, _ in values])
        return out + " " + ", ".join([f"{key}: {value}"
                                      for key, value, _ in values])
    return line


def json_lines(system):
    """An object a line: time, level, origin, message, and fields."""
    rng, words = system.rng, system.words
    write, levels = clocks.random_stamp(rng), rng.choice(headers.LEVELS)
    comma, colon = rng.choice(((",", ":"), (", ", ": "), (",", ":")))
    time, level, message, origin = (quote(rng.choice(names)) + colon for names
                                    in (("ts", "time", "timestamp", "t",
                                         "@timestamp", "date", "eventTime"),
                                        ("level", "lvl", "severity",
                                         "log.level", "levelname"),
                                        ("msg", "message", "log", "event",
                                         "text"),
                                        ("caller", "logger", "component",
                                         "source", "module", "name", "class")))
    extra = []
    for _ in range(rng.choice((0, 1, 2, 3, 5, 8))):
        kind = rng.choice(ANY)
        key = rng.choice((words.snake, lambda: words.camel(True),
                          lambda: words.word().lower()))()
        extra.append((quote(key) + colon, system.slot(kind), kind in NUMERIC))
    nest = quote(rng.choice(("context", "data", "fields", "ctx"))) + colon
    nest = nest if rng.random() < 0.2 else ""
    epoch = rng.random() < 0.3
    order = rng.sample(range(4), 4) if rng.random() < 0.4 else range(4)

    def line(template, session):
        now = system.clock.now
        fields = (
            time + (f"{now:.6f}" if epoch else quote(write(now).strip('[]"'))),
            level + quote(levels.get(template.level, levels["info"])),
            origin + quote(template.component),
            message + quote(template.render(session)))
        out = [fields[i] for i in order]
        out += [quote(key) + colon + json_value(law(session), numeric)
                for key, law, numeric in template.fields]
        more = [key + json_value(law(session), numeric)
                for key, law, numeric in extra]
        if nest and more:
            more = [nest + "{" + comma.join(more) + "}"]
        return "{" + comma.join(out + more) + "}"
    return line


def logfmt(system):
    """key=value pairs, of which msg is one."""
    rng = system.rng
    write, levels = clocks.random_stamp(rng), rng.choice(headers.LEVELS)
    time = rng.choice(("time", "ts", "t"))
    message = rng.choice(("msg", "message"))
    extra = [(system.words.name(), system.slot(rng.choice(ANY)))
             for _ in range(rng.choice((0, 0, 1, 2, 4)))]
    caller = rng.random() < 0.5

    def line(template, session):
        pairs = [(time, write(system.clock.now)),
                 ("level", levels.get(template.level, levels["info"]))]
        if caller:
            pairs.append(("caller", "%s:%d" % (
                template.component.split("/")[-1], template.line)))
        pairs.append((message, template.render(session)))
        pairs += [(key, law(session)) for key, law, _ in template.fields]
        pairs += [(key, law(session)) for key, law in extra]
        return " ".join([f"{key}={quote_if_needed(value)}"
                         for key, value in pairs])
    return line


def columns(system):
    """Values between separators; the message may be one."""
    rng = system.rng
    write = clocks.random_stamp(rng)
    n = rng.choice((3, 4, 5, 6, 8, 10, 14, 20))
    separator = rng.choice((",", ",", "\t", ";", "|", " ", ", "))
    cells = [system.slot(rng.choice(ANY)) for _ in range(n)]
    time_at = rng.choice((0, 0, 0, 1, None))
    message_at = rng.randrange(n) if rng.random() < 0.6 else None
    quoted = rng.random() < 0.2

    def line(template, session):
        values = [law(session) for law in cells]
        if message_at is not None:
            values[message_at] = template.render(session)
        if quoted:
            values = [f'"{value}"' for value in values]
        elif separator not in (" ", ", "):
            values = [value.replace(separator, " ") for value in values]
        if time_at is not None:
            values[time_at] = write(system.clock.now)
        return separator.join(values)
    return line


def key_value(system):
    """Records of a few types, each with its keys, as of an audit trail."""
    rng, words = system.rng, system.words
    write = clocks.random_stamp(rng)
    form = rng.choice(("type=%s msg=audit(%s): ", "%s %s ", "[%s] %s ",
                       "%s: {%s} "))
    equals = rng.choice(("=", "=", ":", "=", ": "))
    joint = rng.choice((" ", " ", ", ", "; "))
    serial = rng.randrange(10 ** 6)

    def record():
        keys = [rng.choice((words.word().upper(), words.word().lower(),
                            words.snake(), words.camel(True)))
                for _ in range(rng.choice((3, 6, 10, 18)))]
        return words.word().upper(), [(key + equals,
                                       system.slot(rng.choice(ANY)))
                                      for key in keys]
    records = [record() for _ in range(rng.choice((1, 2, 4, 8)))]
    key = object()

    def line(template, session):
        nonlocal serial
        at = session.get(key)
        if at is None:
            at = session[key] = rng.randrange(len(records))
        name, pairs = records[at]
        serial += 1
        now = system.clock.now
        time = f"{now:.3f}:{serial}" if "audit" in form else write(now)
        return form % (name, time) + joint.join(
            [key + law(session) for key, law in pairs])
    return line
