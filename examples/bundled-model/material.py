#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mines the training material out of bare clones of public repositories.

What only this file knows: the files that the material consists of, their
sizes, and the check that no line of a held-out log is among them.

The clones are made so, from the table of sources (the NOTICE has the commits):
    python3 sources.py | while read -r url folder; do
        git clone --bare --depth 1 "$url" "$folder"
    done
"""

import argparse
import collections
import glob
import json
import lzma
import multiprocessing
import os
import random
import re
import sys

import repository
import sources

BREAK = "\n\0\n"
TITLE = ("Sources of the material that the bundled model is trained on\n\n"
         "Written by material.py.")
LONGEST = 400       # statements of one file: more is a table, not a program


def masked(line):
    """A line with its digits as one, as the report counts contamination."""
    return re.sub(r"\d+", "0", line.strip())


def held_out_lines(folder):
    """The masked lines of every log below folder, those long enough to be
    a line of that log rather than a word."""
    found = set()
    for path in glob.glob(os.path.join(folder, "**", "*.log"),
                          recursive=True):
        with open(path, encoding="utf8", errors="replace") as f:
            found.update(masked(line) for line in f)
    return {line for line in found if len(line) > 15}


def drop_known(real, known):
    """Takes held-out lines out of the real logs; how many there were."""
    dropped = 0
    for log in real:
        kept = [x for x in log["lines"] if masked(x) not in known]
        dropped += len(log["lines"]) - len(kept)
        log["lines"] = kept
    real[:] = [log for log in real if log["lines"]]
    return dropped


def drop_known_documents(documents, known):
    """Takes out whole documents that hold a held-out line."""
    clean = [d for d in documents
             if not any(masked(x) in known for x in d.split("\n")
                        if len(x) > 15)]
    dropped = len(documents) - len(clean)
    documents[:] = clean
    return dropped


def unique(results):
    """All statements, each message once, and no more than LONGEST a file."""
    seen, per_file, rows = set(), collections.Counter(), []
    for mined in results:
        for row in mined.rows:
            key = json.dumps([p if isinstance(p, str) else 0
                              for p in row[4]] + row[5])
            where = (row[0], row[2])
            if key not in seen and per_file[where] < LONGEST:
                seen.add(key)
                per_file[where] += 1
                rows.append(row)
    return rows


def names(results, rng):
    idents, funcs = collections.Counter(), collections.Counter()
    for mined in results:
        idents.update(mined.idents)
        funcs.update(mined.funcs)
    classes = [c for m in results for c in m.classes]
    files = [f for m in results for f in m.with_logs]
    return {"idents": [w for w, _ in idents.most_common(40000)],
            "classes": rng.sample(classes, min(len(classes), 12000)),
            "files": rng.sample(files, min(len(files), 20000)),
            "funcs": [w for w, _ in funcs.most_common(12000)]}


def write_xz(path, text, preset=6):
    with lzma.open(path, "wb", preset=preset) as f:
        f.write(text.encode("utf8", "replace"))


def write_notice(path, results, title=TITLE, kind="repositories"):
    """Every source with its commit, licence and counts."""
    total = sum(m.used for m in results)
    refused = sum(sum(m.reasons.values()) for m in results)
    with open(path, "w", encoding="utf8") as f:
        f.write(
            f"{title}  A file counts only where the "
            "repository's licence is\npermissive and the file's own header "
            "names no other kind; of a file under two\nlicences at choice the "
            "permissive one is taken (\"dual\").\n\n"
            f"{len(results)} {kind}, {total} files used, {refused} "
            "refused.\n")
        for m in results:
            f.write(f"\n{m.source.name} ({m.source.kind})\n"
                    f"  commit   {m.commit}\n"
                    f"  licence  {m.source.licence}"
                    f" (found: {', '.join(m.licence) or 'none'})\n"
                    f"  used     {m.used} files"
                    + (f", {m.dual} of them dual" if m.dual else "") + "\n")
            for reason, n in sorted(m.reasons.items()):
                if n:
                    f.write(f"  refused  {n}: {reason}\n")


def job(task):
    return repository.mine(*task)


def parse(argv):
    p = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    p.add_argument("clones", help="folder of OWNER+NAME/repo git folders")
    p.add_argument("out", help="folder that the material is written to")
    p.add_argument("--held-out", metavar="DIR",
                   help="logs of which no line may be in the material")
    p.add_argument("--only", metavar="PATTERN", default="",
                   help="only the repositories whose names match")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    return p.parse_args(argv)


def main(argv=None):
    args = parse(argv)
    os.makedirs(args.out, exist_ok=True)
    wanted = [s for s in sources.SOURCES if re.search(args.only, s.name)]
    tasks = [(args.clones, s, args.seed) for s in wanted]
    with multiprocessing.Pool(args.jobs) as pool:
        results = []
        for s, m in zip(wanted, pool.imap(job, tasks, chunksize=1)):
            if m is None:
                print(f"{s.name}: not there, left out", file=sys.stderr)
                continue
            print(f"{s.name}: {len(m.rows)} statements, {len(m.docs)} "
                  f"documents, {len(m.real)} logs", file=sys.stderr)
            results.append(m)
    rng = random.Random(args.seed)
    known = held_out_lines(args.held_out) if args.held_out else set()
    rows = unique(results)
    docs = [d for m in results for d in m.docs]
    real = [log for m in results for log in m.real]
    found = drop_known(real, known), drop_known_documents(docs, known)

    def path(name):
        return os.path.join(args.out, name)

    def lines(items):
        return "".join(json.dumps(i, ensure_ascii=False) + "\n"
                       for i in items)
    write_xz(path("statements.jsonl.xz"), lines(rows))
    write_xz(path("real.jsonl.xz"), lines(real))
    write_xz(path("docs.txt.xz"), BREAK.join(docs))
    write_xz(path("names.json.xz"), json.dumps(names(results, rng)))
    write_notice(path("NOTICE"), results)
    print(f"{len(rows)} statements of {len(results)} repositories\n"
          f"{sum(len(r['lines']) for r in real)} lines of {len(real)} logs\n"
          f"{sum(map(len, docs))} characters of {len(docs)} documents\n"
          f"held-out lines found and dropped: {found[0]} of logs, "
          f"{found[1]} documents ({len(known)} masked lines known)")


if __name__ == "__main__":
    main()
