# SPDX-License-Identifier: MIT
"""Logs of telephones and desktops: the forms of logcat and of os_log.

What only this file knows: these forms.  What the lines say is the
material's: the platforms' own messages are not in it.
"""
from . import clocks, laws, templates
from .values import fresh
from .words import hexadecimal

LETTERS = {"debug": "D", "info": "I", "notice": "I", "warn": "W",
           "warning": "W", "error": "E", "fatal": "F", "trace": "V"}
TYPES = {"debug": "Debug", "info": "Info", "notice": "Default",
         "error": "Error", "fatal": "Fault"}
TEXTS = (
    "{message}", "{message}", "{message}", "{sentence}",
    "{camel*}: {message}", "{snake.}({function*}): {message}",
    "{function*}: {snake.}={num} {snake.}={state} {snake.}={hex}",
    "{camel*}{{hex@} u{int.} {snake@}/.{camel*}} {state}",
    "{class*}@{hex!}: {state} -> {state}", "[{function*}:{int.}] {message}",
    "{camel.} pid={int@} uid={int@} {snake.}={0x}: {message}",
    "<{camel*}: {0x@}> {message}", "-[{camel*} {function*}:]: {message}",
    "{camel.}: {num}, {camel.}: {num}, {camel.}: {bool}",
    "{function*} took {duration} for {snake@}", "[{uuid@}] {message}",
    "{snake*} {true|false} {num} {num} {0x}", "{camel*} {error*} ({num})",
)


def _tags(system):
    """Components with a process and its threads each."""
    rng, words = system.rng, system.words
    tags = {}

    def of(component):
        if component not in tags:
            tags[component] = (
                rng.choice((words.camel, words.camel, words.snake))()[:23],
                rng.randrange(100, 32000))
        return tags[component]
    return of


def _logcat(system):
    """brief, time, threadtime, and the forms that tools make of them."""
    rng, of = system.rng, _tags(system)
    time = clocks.stamp(rng.choice(("%m-%d %H:%M:%S.%3f",
                                    "%m-%d %H:%M:%S.%3f",
                                    "%Y-%m-%d %H:%M:%S.%3f",
                                    "%m-%d %H:%M:%S.%6f")))
    form = rng.choice((
        "{time} {pid:5} {tid:5} {letter} {tag:8}: {text}",
        "{time} {pid:5} {tid:5} {letter} {tag}: {text}",
        "{time} {letter}/{tag:8}({pid:5}): {text}",
        "{letter}/{tag:8}({pid:5}): {text}", "{letter}/{tag}: {text}",
        "[ {time} {pid:5}:{tid:5} {letter}/{tag} ] {text}",
        "{time} {pid}-{tid}/{tag} {letter}/{tag}: {text}"))
    share = rng.random()

    def line(template, session):
        tag, pid = of(template.component)
        tid = session.get("tid")
        if tid is None:
            tid = session["tid"] = (pid if rng.random() < share
                                    else pid + rng.randrange(1, 60))
        return form.format(time=time(system.clock.now), pid=pid, tid=tid,
                           letter=LETTERS.get(template.level, "I"), tag=tag,
                           text=template.render(session))
    return line


def _os_log(system):
    """The unified log: syslog-like, default, compact."""
    rng, words = system.rng, system.words
    host, of = fresh(system, "host")(), _tags(system)
    domain = f"com.{words.lower()}"
    form, format = rng.choice((
        ("{time} {host} {tag}[{pid}]: {text}", "%b %e %H:%M:%S"),
        ("{time} {host} {tag}[{pid}] ({library}): {text}", "%b %e %H:%M:%S"),
        ("{time} 0x{thread} {type:11} 0x{activity:<18} {pid:<6} {ttl}    "
         "{tag}: ({library}) [{domain}.{tag}:{category}] {text}",
         "%Y-%m-%d %H:%M:%S.%6f-0700"),
        ("{time} {letter}  {tag}[{pid}:{short}] [{domain}:{category}] {text}",
         "%Y-%m-%d %H:%M:%S.%3f"),
        ("{time} {tag}[{pid}:{short}] {text}", "%Y-%m-%d %H:%M:%S.%3f%z"),
        ("{type}\t{time}\t{tag}\t{text}", "%H:%M:%S.%6f+0100")))
    time = clocks.stamp(format, rng.choice((0, 3600, -25200)))
    libraries = [words.camel() for _ in range(5)]
    categories = [words.lower() for _ in range(5)]
    activity = laws.per_session(rng, lambda: rng.choice(
        ("0", hexadecimal(rng, 5))))

    def line(template, session):
        tag, pid = of(template.component)
        if template.code is None:
            template.code = rng.choice(libraries), rng.choice(categories)
        thread = session.setdefault("thread", hexadecimal(rng, 6))
        return form.format(
            time=time(system.clock.now), host=host, tag=tag, pid=pid,
            library=template.code[0], category=template.code[1],
            domain=domain, thread=thread, short=thread.lstrip("0") or "1",
            activity=activity(session), ttl=rng.choice((0, 0, 0, 14)),
            type=TYPES.get(template.level, "Default"),
            letter={"error": "E", "debug": "Db", "info": "I"}.get(
                template.level, "Df"), text=template.render(session))
    return line


def mobile(system):
    """Many components of one device, each with its tag."""
    rng, words = system.rng, system.words
    components = [words.camel() for _ in range(rng.choice((3, 8, 20)))]
    levels = ("info", "debug", "warn", "error", "trace", "notice")
    found = [templates.written(system, text, None, rng.choices(
        levels, (40, 30, 12, 8, 6, 4))[0], rng.choice(components))
        for text in rng.choices(TEXTS, k=rng.choice((6, 12, 25, 50)))]
    form = _logcat if rng.random() < 0.55 else _os_log
    return system.arrange(found, form(system))
