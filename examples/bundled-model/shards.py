#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes endless shards of tokens to train on, until OUT/stop exists.

    shards.py --material DIR --tokenizer tokenizer.json --out DIR

What only this file knows: how documents are packed into contexts.  They
follow each other without a mark; a context may begin in the middle of one,
half of the time at a line's start, as a stream's window does.  A shard is
uint16, (256, length), and appears under its name (s*.npy) only when it is
whole.  manifest.json says what has been written.  With --corpus the
documents are those files', in random orders, and not streams of logs.  Needs
numpy and the `tokenizers` library.
"""
import argparse
import collections
import glob
import json
import lzma
import multiprocessing
import os
import random
import time

import streams
from streams.__main__ import chosen_kinds
from streams.material import DOCUMENT_SEPARATOR

CONTEXTS = 256                           # of a shard
LINE_START = 300                         # tokens in which to look for a line


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


def corpus_documents(paths, seed, flat):
    """(text, "corpus") of each document, in another order each time round.
    If `flat`, blanks of all kinds are one blank: a newline, which every window
    has, serves a model as a sink that is never lost."""
    rng, texts = random.Random(seed), []
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            texts += file.read().split(DOCUMENT_SEPARATOR)
    if flat:
        texts = [" ".join(text.split()) for text in texts]
    end = " " if flat else "\n"
    while True:
        rng.shuffle(texts)
        yield from ((text + end, "corpus") for text in texts if text)


def work(args, material, worker):
    """One process: its documents are its own by its seed."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from tokenizers import Tokenizer
    os.nice(4)
    tokenizer = Tokenizer.from_file(args.tokenizer)
    seed = args.seed * 1000003 + worker
    packer = Packer(random.Random(-seed), args.length,
                    tokenizer.token_to_id("\u010a"))
    tokens, size, shard, contexts = collections.Counter(), 0, 0, []
    texts = (corpus_documents(args.corpus, seed, args.flat) if args.corpus else
             streams.documents(seed, material, args.kinds))
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
    material = args.material and streams.Material.load(args.material)
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=work, args=(args, material, i))
               for i in range(args.workers)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise SystemExit("shards.py: a worker failed")


if __name__ == "__main__":
    main()
