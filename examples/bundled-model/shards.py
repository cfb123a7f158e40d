#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes endless shards of tokens to train on, until OUT/stop exists.

    shards.py --material DIR --tokenizer tokenizer.json --out DIR

What only this file knows: how documents are packed into contexts.  They
follow each other without a mark; a context may begin in the middle of one,
half of the time at a line's start, as a stream's window does.  A shard is
uint16, (256, length), and appears under its name (s*.npy) only when it is
whole.  manifest.json says what has been written.  With --corpus the
documents are those files', in random orders, and not streams of logs; and
unseen.npy holds the tokens of --unseen, for train.py to look at sinks with.
Needs numpy and the `tokenizers` library.
"""
import argparse
import collections
import glob
import json
import lzma
import multiprocessing
import os
import random
import string
import time

import streams
from streams.__main__ import chosen_kinds
from streams.material import DOCUMENT_SEPARATOR

CONTEXTS = 256                           # of a shard
LINE_START = 300                         # tokens in which to look for a line
BLANKS = bytes(c if chr(c) in string.ascii_lowercase else 32
               for c in range(256))


class Packer:
    """Cuts a stream of documents into contexts."""

    def __init__(self, rng, length, newline):
        self.rng, self.length, self.newline = rng, length, newline
        self.left = []                   # tokens that fill no context yet

    def add(self, ids):
        """The contexts that a document completes."""
        if len(self.left) < self.length // 2 and self.rng.random() < 0.5:
            self.left = []               # the document begins a context
        left, out = self.left + ids, []
        while len(left) >= self.length:
            out.append(left[:self.length])
            left = left[self.length:]
            if self.rng.random() < 0.5 and self.newline in left[:LINE_START]:
                left = left[left.index(self.newline) + 1:]
        self.left = left
        return out


def write_shard(folder, name, contexts):
    """Under another name first: a reader sees whole files only."""
    import numpy
    part = os.path.join(folder, f"{name}.part")
    with open(part, "wb") as file:
        numpy.save(file, numpy.array(contexts, dtype=numpy.uint16))
    os.replace(part, os.path.join(folder, f"{name}.npy"))


def write_manifest(folder, worker, tokens, size):
    """What this worker has written: each has a file of its own."""
    total = sum(tokens.values())
    text = json.dumps({
        "tokens": total, "bytes": size, "bytes_per_token": size / total,
        "shares": {kind: round(count / total, 4)
                   for kind, count in sorted(tokens.items())}}, indent=1)
    name = "manifest.json" if worker == 0 else f"manifest-{worker}.json"
    part = os.path.join(folder, f"{name}.part")
    with open(part, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    os.replace(part, os.path.join(folder, name))


def wait_for_room(args):
    """Until the reader has removed enough; False when it is time to stop."""
    while not os.path.exists(os.path.join(args.out, "stop")):
        size = 0
        for path in glob.glob(os.path.join(args.out, "s*.npy")):
            try:
                size += os.path.getsize(path)
            except FileNotFoundError:    # read and removed meanwhile
                pass
        if size < args.keep:
            return True
        time.sleep(0.25)
    return False


def shaped(text, args):
    """If `flat`, blanks of all kinds are one blank; if `words`, so is all that
    is no letter, and there are small letters only: a newline, or a comma, is in
    every window, and serves a model as a sink that is never lost."""
    if args.words:
        text = text.lower().encode("ascii", "replace").translate(
            BLANKS).decode()
    return " ".join(text.split()) if args.words or args.flat else text


def corpus_texts(args):
    texts = []
    for path in args.corpus:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            texts += (shaped(text, args)
                      for text in file.read().split(DOCUMENT_SEPARATOR))
    return [text for text in texts if text]


def in_turn(texts, seed, args):
    """(text, "corpus") of each document, in another order each time round.
    Where blanks are in words one begins each document, too."""
    rng, texts = random.Random(seed), list(texts)
    joined = args.words or args.flat
    while True:
        rng.shuffle(texts)
        yield from ((" " + text if joined else text + "\n", "corpus")
                    for text in texts)


def write_unseen(args, tokenizer):
    import numpy
    with open(args.unseen, encoding="utf-8", errors="replace") as file:
        ids = tokenizer.encode(shaped(file.read(), args),
                               add_special_tokens=False).ids
    numpy.save(os.path.join(args.out, "unseen.npy"),
               numpy.array(ids, dtype=numpy.uint16))


def work(args, source, worker):
    """One process: its documents are its own by its seed."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from tokenizers import Tokenizer
    os.nice(4)
    tokenizer = Tokenizer.from_file(args.tokenizer)
    if args.unseen and worker == 0:
        write_unseen(args, tokenizer)
    seed = args.seed * 1000003 + worker
    packer = Packer(random.Random(-seed), args.length,
                    tokenizer.token_to_id("\u010a"))
    tokens, size, shard, contexts = collections.Counter(), 0, 0, []
    texts = (in_turn(source, seed, args) if args.corpus else
             streams.documents(seed, source, args.kinds))
    for text, kind in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        tokens[kind] += len(ids)
        size += len(text.encode())
        contexts += packer.add(ids)
        while len(contexts) >= CONTEXTS:
            if not wait_for_room(args):
                return
            write_shard(args.out, f"s{worker}_{shard:05d}",
                        contexts[:CONTEXTS])
            write_manifest(args.out, worker, tokens, size)
            contexts = contexts[CONTEXTS:]
            shard += 1


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--material", help="needed for streams of logs")
    parser.add_argument("--corpus", nargs="+",
                        help="files of corpus.py instead")
    parser.add_argument("--flat", action="store_true",
                        help="the corpus without newlines")
    parser.add_argument("--words", action="store_true",
                        help="the corpus without all but small letters")
    parser.add_argument("--unseen", metavar="FILE",
                        help="text of corpus.py that is not trained on")
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--workers", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--length", type=int, default=4096)
    parser.add_argument("--kinds", type=chosen_kinds, default="all",
                        help="all, prototype, or kinds with commas between")
    parser.add_argument("--keep", type=float, default=8e9,
                        help="bytes of shards on disk at most")
    args = parser.parse_args()
    if (args.material is None) == (args.corpus is None):
        parser.error("either --material or --corpus")
    os.makedirs(args.out, exist_ok=True)
    source = (corpus_texts(args) if args.corpus else
              streams.Material.load(args.material))
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=work, args=(args, source, i))
               for i in range(args.workers)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise SystemExit("shards.py: a worker failed")


if __name__ == "__main__":
    main()
