#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Helps streams.sh: a small material to make streams of, and what must hold
for every kind of them.

    streams.py material FOLDER
    streams.py kinds FOLDER      a line a kind: its name, and what is wrong
"""
import json
import lzma
import pathlib
import sys

WORDS = ("time", "value", "Server", "connection", "buffer", "accepted", "with",
         "while", "request", "closed", "memory", "device", "after", "route")


def write_material(folder):
    """Forty statements of one project, two real logs, some sentences."""
    folder = pathlib.Path(folder)
    folder.mkdir()

    def write(name, text):
        with lzma.open(folder / name, "wt") as file:
            file.write(text)
    write("statements.jsonl.xz", "".join(json.dumps(
        ["project", ("info", "error")[i % 2], f"src/part{i % 5}.c", i,
         [f"{WORDS[i % 14]} of\n{WORDS[i % 11]} ", ["s", "path"], " took ",
          ["d", "n"]], [["Int", "size"]]]) + "\n" for i in range(40)))
    write("names.json.xz", json.dumps({
        "idents": list(WORDS), "classes": ["org.example.Thing", "a.b.C"],
        "files": ["main.go", "net/dial.go"], "funcs": ["open", "read_all"]}))
    write("real.jsonl.xz", "".join(json.dumps({"src": "x", "lines": [
        f"2024-05-0{i + 1} 10:00:0{i} [{i}] user u{i} from 10.0.0.{i}: "
        f"3f2a0{i}ff ok\r" for i in range(n)]}) + "\n" for n in (4, 9)))
    write("docs.txt.xz", "\n\0\n".join(
        f"The {a} of every {b} is kept until it is no longer in use. "
        for a in WORDS for b in WORDS))


def check(kind, text):
    assert text.endswith("\n"), "the text does not end with a newline"
    assert "\r" not in text, "a carriage return"
    assert "\0" not in text, "a NUL"
    assert text.count("\n") > 20, "hardly a line"
    if kind == "json":
        assert all(json.loads(line) for line in text.splitlines())
    if kind in ("web", "cloud"):
        found = [line for line in text.split("\n") if line.startswith('{"')]
        assert found and all(json.loads(line) for line in found), "no JSON"


def check_kinds(folder):
    """As the command line makes them, with seed 1."""
    material = Material.load(folder)
    for kind in KINDS:
        texts, size = [], 0
        try:
            for text, _ in documents(1, material, [kind]):
                texts.append(text)
                size += len(text.encode())
                if size >= 150000:
                    break
            check(kind, "".join(texts))
            print(kind)
        except Exception as error:
            print(kind, repr(error))


if __name__ == "__main__":
    if sys.argv[1] == "material":
        write_material(sys.argv[2])
    else:
        sys.path.pop(0)  # where this file is a module called streams, too
        from streams import KINDS, Material, documents
        check_kinds(sys.argv[2])
