# SPDX-License-Identifier: MIT
"""Databases: slow statements, checkpoints, locks, commands.

What only this file knows: SQL over one or several lines, and the records
around it.  The forms are nobody's: headers and words are drawn for each
system.
"""
import json

from . import headers, templates
from .words import digits

TEXTS = (
    "checkpoint {complete|started|done}: {int} {buffers|pages|blocks} "
    "{written|flushed} ({num.}), {snake.}={seconds} s, {snake.}={seconds} s",
    "flushed {int} {pages|entries|rows} of {snake*}.{snake*} in {duration}",
    "compaction of {snake*} [{int}->{int}] took {duration}, {num} -> {num}",
    "transaction {int+} {committed|rolled back} after {duration}: {int} rows",
    "session {int@} of {user@} from {hostport@} {opened|closed}",
    "lock wait of {duration} on {snake*} by transaction {int!}, holder {int!}",
    "cache hit ratio {seconds}, {int} reads, {int} writes",
    "replica {host*} lags by {duration} at {0x}/{hex!}",
    "replication slot {snake*} at {hex}/{hex!}, {num}", "{message}",
    "{message}", "{sentence}", "{error*} in {snake*}: {message}",
    "table {snake*}.{snake*}: {int} dead rows removed, {int} remain",
    "index {snake*}: {int} of {int} pages, depth {int.}",
)
CLAUSES = ("WHERE {column} = {value}", "WHERE {column} IN ({value}, {value})",
           "WHERE {column} > {value} AND {column} < {value}",
           "ORDER BY {column} DESC LIMIT {value}", "GROUP BY {column}",
           "WHERE {column} LIKE {text}", "HAVING COUNT(*) > {value}")


class Statements:
    """SQL over the tables of one schema."""

    def __init__(self, system):
        self.rng, self.words = system.rng, system.words
        self.literal = system.slot("num")
        self.text = system.slot("word")
        self.schema = {system.words.name(): [
            system.words.name() for _ in range(self.rng.randrange(3, 9))]
            for _ in range(self.rng.randrange(2, 8))}
        self.lower = self.rng.random() < 0.3
        self.placeholder = self.rng.choice((None, None, "?", "$1", "%s", ":1"))

    def _value(self, session):
        if self.placeholder:
            return self.placeholder
        if self.rng.random() < 0.4:
            return f"'{self.text(session)}'"
        return self.literal(session)

    def form(self):
        """A statement whose values are still open: parts of a template."""
        rng = self.rng
        table, columns = rng.choice(list(self.schema.items()))
        some = rng.sample(columns, rng.randrange(1, len(columns)))
        kind = rng.choice(("select", "select", "select", "insert", "update",
                           "delete", "join"))
        if kind == "insert":
            lines = [f"INSERT INTO {table} ({', '.join(some)})",
                     f"VALUES ({', '.join(['{value}'] * len(some))})"]
        elif kind == "update":
            lines = [f"UPDATE {table}", "SET " + ", ".join(
                f"{column} = {{value}}" for column in some),
                "WHERE {column} = {value}"]
        elif kind == "delete":
            lines = [f"DELETE FROM {table}", "WHERE {column} = {value}"]
        else:
            lines = [f"SELECT {', '.join(some)}", f"FROM {table}"]
            if kind == "join":
                other = rng.choice(list(self.schema))
                lines.append(f"JOIN {other} ON {other}.id = {table}."
                             f"{rng.choice(columns)}")
            lines += rng.sample(CLAUSES, rng.choice((0, 1, 1, 2)))
        joint = rng.choice((" ", " ", " ", "\n", "\n    ", "\n\t"))
        text = joint.join(lines)
        while "{column}" in text:
            text = text.replace("{column}", rng.choice(columns), 1)
        if self.lower:
            text = text.lower()
        return templates.parts_of(
            None, text, {"value": self._value, "text": self._value})


def _relational(system):
    """A line for each statement, with its time and its rows."""
    rng, statements = system.rng, Statements(system)
    lead = rng.choice((
        "{snake.}: {seconds} {ms|ms} {snake.}: ", "slow statement ({duration})"
        ": ", "took {duration}, {int} rows: ", "[{int@}] {user@}@{snake.} "
        "{duration} rows={int} ", "{snake.}={seconds} {snake.}={int} "
        "{snake.}={int}\n", "statement {int+} ({seconds} s): "))
    before = templates.parts_of(system, lead)
    found = [templates.Template(
        before + statements.form() + [rng.choice(("", ";", ";"))],
        component=system.words.lower())
        for _ in range(rng.choice((2, 5, 12)))]
    return found + [templates.written(
        system, text, level=rng.choice(("info", "info", "warn", "error")))
        for text in rng.sample(TEXTS, rng.randrange(2, 10))]


def _document_store(system):
    """Commands as JSON within JSON."""
    rng, words = system.rng, system.words
    names = ["find", "aggregate", "insert", "update", "getMore", "count"]
    collections = [f"{words.lower()}.{words.name()}" for _ in range(4)]
    slots = [(words.camel(True), system.slot(rng.choice(
        ("id", "hex", "word", "user", "num", "state")))) for _ in range(4)]
    plan = [f"IXSCAN {{ {words.camel(True)}: 1 }}", "COLLSCAN", "IDHACK"]
    connection = system.slot("int")

    def line(template, session):
        key, law = rng.choice(slots)
        command = rng.choice(names)
        space = rng.choice(collections)
        milliseconds = int(rng.expovariate(0.005))
        return json.dumps({
            "t": f"{system.clock.now:.3f}", "s": "I", "c": words.camel(True)
            if rng.random() < 0.02 else "COMMAND", "id": 51803,
            "ctx": f"conn{connection(session)}", "msg": "Slow query",
            "attr": {"type": "command", "ns": space, "command": {
                command: space.split(".")[1], "filter": {key: law(session)},
                "$db": space.split(".")[0]}, "planSummary": rng.choice(plan),
                "keysExamined": rng.randrange(1000), "docsExamined":
                rng.randrange(10 ** rng.randrange(1, 6)), "reslen":
                rng.randrange(10 ** 5), "durationMillis": milliseconds}},
            separators=(",", ":"))
    return line


def databases(system):
    """A server of tables, seldom one of documents."""
    system.traced = False
    if system.rng.random() < 0.15:
        return system.arrange(templates.random_grammar(system, 4),
                              _document_store(system))
    found = _relational(system)
    header = headers.header(system)
    errors = [f"{system.rng.choice('0245XH')}{digits(system.rng, 4)}"
              for _ in range(3)]

    def line(template, session):
        text = header(template, session) + template.render(session)
        if template.level == "error":
            text += f" ({system.rng.choice(errors)})"
        return text
    return system.arrange(found, line)
