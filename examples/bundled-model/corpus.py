#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Collects ordinary text for the demonstration models: the documents and the
program texts of the clones that material.py reads, or those of the Python
packages that are installed where it runs.

    corpus.py [--held-out DIR] CLONES OUT
    corpus.py --installed OUT

What only this file knows: which files make the corpus, how much of each
source, and which documents training never sees.  OUT/corpus.txt.xz is for
shards.py, OUT/unseen.txt for evaluate/sinks.py, OUT/NOTICE names the sources.
"""
import argparse
import hashlib
import importlib.metadata
import multiprocessing
import os
import random
import re
import sys
import zlib

import licences
import material
import repository
import sources
import statements

EACH = 5 << 18          # characters of one repository
SMALLEST, LARGEST = 3000, 200000        # bytes of a file
EACH_PACKAGE = 8 << 20  # characters of one installed package
UNSEEN = 60             # one document of so many is kept back
OSI = "License :: OSI Approved :: "
OSI_PERMISSIVE = {OSI + name for name in (
    "Apache Software License", "BSD License", "ISC License (ISCL)",
    "MIT License", "Boost Software License 1.0 (BSL-1.0)",
    "zlib/libpng License", "The Unlicense (Unlicense)")}

TITLE = ("Sources of the corpus of the demonstration models\n\n"
         "Written by corpus.py.")
# The comment that a file begins with.
COMMENT = re.compile(r"\s*(?:#![^\n]*\n\s*)?"
                     r"(?:/\*.*?\*/|<!--.*?-->|(?:(?://|#|%|;)[^\n]*\n)+)\s*",
                     re.S)


def body(text):
    """The text without the licence that it begins with: the same words in
    every file."""
    head = COMMENT.match(text)
    return text[head.end():] if head and licences.recognise(head[0]) else text


def wanted(path):
    if repository.DOC_FILE.search(path):
        return not repository.NO_DOC.search(path)
    return path.rsplit(".", 1)[-1] in statements.SUFFIXES and \
        not sources.TESTS.search(path)


def is_text(text):
    """Written by people, in lines, in ASCII for nearly all of it."""
    head = text[:20000]
    return sum(map(str.isascii, head)) > 0.97 * len(head) \
        and head.count("\n") > len(head) / 200


def read(task):
    """(Mined, [(path, text)]) of a repository, in the order of paths; None
    where the clone is not there."""
    folder, source, seed, most = task
    repo = repository.Repository(folder, source)
    if not repo.exists():
        return None
    mined = repository.Mined(source)
    mined.commit = repo.commit()
    every = repo.files()
    mined.licence, usable = repository.refused_licence(repo, every)
    if not usable:
        mined.reasons["no permissive licence file"] = len(every)
        return mined, []
    files = [f for f in every
             if SMALLEST < f[2] < LARGEST and wanted(f[1])
             and not sources.NOT_OURS.search(f[1])
             and not (source.skip and re.search(source.skip, f[1]))
             and not sources.HELD_OUT.search(f[1])]
    random.Random(f"{seed} {source.name}").shuffle(files)
    return mined, take(mined, repo.read(files), most)


def take(mined, files, left):
    """[(path, text)] of what may be used of (path, bytes), up to a size."""
    found = []
    for path, data in files:
        if left <= 0:
            break
        text = data.decode("utf8", "replace").replace("\r\n", "\n")
        if mined.admits(text) and is_text(text):
            mined.used += 1
            found.append((path, body(text)))
            left -= len(found[-1][1])
    return sorted(found)


def said_licence(package):
    """The licence that an installed package names, if it is permissive."""
    said = package.metadata
    if said.get("License-Expression"):
        name = said["License-Expression"]
        return name if licences.spdx_allows(name) else ""
    listed = [c for c in said.get_all("Classifier") or []
              if c.startswith("License ::") and c != OSI.rstrip(": ")]
    if listed:
        return ", ".join(c.removeprefix(OSI) for c in listed) \
            if OSI_PERMISSIVE.issuperset(listed) else ""
    name = (said.get("License") or "").strip()
    return name if licences.spdx_allows(name) else ""


def read_package(task):
    """read(), of an installed Python package."""
    name, seed, most = task
    package = importlib.metadata.distribution(name)
    licence = said_licence(package)
    mined = repository.Mined(sources.Source(name, "package", licence))
    mined.commit, mined.licence = package.version, [licence or "none"]
    if not licence:
        return None
    files = [(str(f), package.locate_file(f)) for f in package.files or ()
             if f.suffix == ".py" and not sources.TESTS.search(str(f))
             and not sources.NOT_OURS.search(str(f))]
    random.Random(f"{seed} {name}").shuffle(files)

    def data():
        for path, file in files:
            if os.path.isfile(file) and \
                    SMALLEST < os.path.getsize(file) < LARGEST:
                with open(file, "rb") as f:
                    yield path, f.read()
    return mined, take(mined, data(), most)


def is_unseen(name, path):
    return zlib.crc32(f"{name}/{path}".encode()) % UNSEEN == 0


def parse(argv):
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("clones", nargs="?",
                   help="folder of OWNER+NAME/repo git folders")
    p.add_argument("out", help="folder that the corpus is written to")
    p.add_argument("--installed", action="store_true",
                   help="read the installed Python packages")
    p.add_argument("--held-out", metavar="DIR",
                   help="logs of which no line may be in the corpus")
    p.add_argument("--each", type=int, metavar="N",
                   help="characters of one source at most (default: "
                        f"{EACH} of a repository, {EACH_PACKAGE} of a package)")
    p.add_argument("--pack", type=int, default=6, metavar="0-9",
                   help="how hard xz tries (default: 6)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    args = p.parse_args(argv)
    if (args.clones is None) != args.installed:
        p.error("either CLONES or --installed")
    return args


def main(argv=None):
    args = parse(argv)
    os.makedirs(args.out, exist_ok=True)
    known = material.held_out_lines(args.held_out) if args.held_out else set()
    if args.installed:
        job, most = read_package, args.each or EACH_PACKAGE
        tasks = [(name, args.seed, most) for name in sorted(
            {d.metadata["Name"] for d in importlib.metadata.distributions()})]
    else:
        job, most = read, args.each or EACH
        tasks = [(args.clones, s, args.seed, most) for s in sources.SOURCES]
    results, seen, chosen, unseen = [], set(), [], []
    with multiprocessing.Pool(args.jobs) as pool:
        for task, got in zip(tasks, pool.imap(job, tasks, chunksize=1)):
            if got is None:
                print(f"{task}: left out", file=sys.stderr)
                continue
            results.append(got[0])
            for path, text in got[1]:
                digest = hashlib.sha256(text.encode("utf8", "replace")).digest()
                if digest not in seen:
                    seen.add(digest)
                    (unseen if is_unseen(got[0].source.name, path)
                     else chosen).append(text)
    dropped = material.drop_known_documents(chosen, known)
    # Neighbours stay together, which packs better; shards.py shuffles.
    material.write_xz(os.path.join(args.out, "corpus.txt.xz"),
                      material.BREAK.join(chosen), args.pack)
    random.Random(args.seed).shuffle(unseen)
    with open(os.path.join(args.out, "unseen.txt"), "w",
              encoding="utf8", errors="replace") as f:
        f.writelines(text.rstrip("\n") + "\n" for text in unseen)
    material.write_notice(os.path.join(args.out, "NOTICE"), results, TITLE,
                          "packages" if args.installed else "repositories")
    print(f"{sum(map(len, chosen))} characters of {len(chosen)} documents\n"
          f"{sum(map(len, unseen))} characters of {len(unseen)} kept back\n"
          f"documents with held-out lines found and dropped: {dropped}")


if __name__ == "__main__":
    main()
