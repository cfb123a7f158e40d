# SPDX-License-Identifier: MIT
"""The material that streams are made of, as material.py wrote it.

What only this file knows: the names and the layout of the material's files.
"""
import collections
import json
import lzma
import pathlib
import re

DOCUMENT_SEPARATOR = "\n\0\n"
SMALL_REPOSITORY = 150          # statements: fewer make a poor "system"
COMMON_WORDS = 14000
SENTENCE = re.compile(r"(?<![\w.])[A-Z][a-z]+ [a-z][\w ,'()/-]{15,130}[a-z)]\.")

# What the files may be called: the second names are the prototype's.
STATEMENTS = ("statements.jsonl.xz", "templates.jsonl.xz")
NAMES = ("names.json.xz", "idents.json.xz")

Statement = collections.namedtuple("Statement",
                                   "level component line parts fields")


def _open(folder, names):
    for name in names:
        path = pathlib.Path(folder) / name
        if path.exists():
            return lzma.open(path, "rt", encoding="utf-8")
    raise FileNotFoundError(f"{folder}: neither {' nor '.join(names)}")


def _clean(text):
    """A part of a statement on one line, as a program would print it."""
    return re.sub(r"\s*[\r\n]\s*", " ", text)


class Material:
    """Words, names, statements, real lines and prose; nothing is random."""

    def __init__(self, statements, names, real, documents):
        self.statements = statements     # source: {component: [Statement]}
        self.sources = [source for source, components in statements.items()
                        if sum(map(len, components.values()))
                        >= SMALL_REPOSITORY] or list(statements)
        self.source_weights = [
            sum(map(len, statements[source].values())) ** 0.35
            for source in self.sources]
        self.components = {source: list(statements[source])
                           for source in self.sources}
        self.identifiers = names["idents"]
        self.classes = names["classes"]
        self.files = names["files"]
        self.functions = names["funcs"]
        self.real = real                 # [lines of one file]
        self.real_weights = [min(len(lines), 40) ** 0.5 for lines in real]
        self.documents = documents
        self._read_words()
        self.sentences = sorted({
            sentence for text in documents
            for sentence in SENTENCE.findall(text)})

    def _read_words(self):
        count = collections.Counter()
        for text in self.documents:
            count.update(re.findall(r"[A-Za-z]{2,14}", text))
        common = sorted(count, key=lambda word: (-count[word], word))
        self.words = [word.lower() for word in common[:COMMON_WORDS]]
        self.long_words = [word for word in self.words if len(word) > 3]

    @classmethod
    def load(cls, folder):
        """Reads the material of a folder: some seconds."""
        statements = {}
        with _open(folder, STATEMENTS) as file:
            for row in file:
                source, level, component, line, parts, fields = json.loads(row)
                parts = [_clean(part) if isinstance(part, str) else part
                         for part in parts]
                statements.setdefault(source, {}).setdefault(
                    component, []).append(
                        Statement(level, component, line, parts, fields))
        with _open(folder, NAMES) as file:
            names = json.load(file)
        with _open(folder, ("real.jsonl.xz",)) as file:
            real = [[line.replace("\r", "") for line in row["lines"]]
                    for row in map(json.loads, file) if row["lines"]]
        with _open(folder, ("docs.txt.xz",)) as file:
            documents = [text.replace("\r", "") for text
                         in file.read().split(DOCUMENT_SEPARATOR) if text]
        return cls(statements, names, real, documents)
