#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the tokenizer: byte-level BPE over what logs hold.

    tokenizer.py --material DIR --out tokenizer.json
    tokenizer.py --corpus FILE [--flat] [--words] --out tokenizer.json

What only this file knows: where text is cut before merges, and what the
merges are learned from.  Needs the `tokenizers` library (0.23).

The pattern is `headwater-log2` of lib/tok/pretoks.def, which cuts the same
way.  A newline is always alone, so that the bits of lines add up.  Digits
come in pairs, so that time stamps align; so do the digits of a hexadecimal
run that mixes digits and letters, which words and numbers alone would chop
into bytes.  One separator may stand before a word or a pair.

With --corpus, whose files are corpus.py's, it is learned from those and cuts
as GPT-2 does (`gpt-2`): words with the blank before them.
"""
import argparse
import multiprocessing
import random
import sys

import shards
import streams
from streams import mix

SINK, END = "<|sink|>", "<|eot|>"       # ids 0 and 1
VOCABULARY = 8192
LONGEST = 16                             # bytes of a token
SEEDS = 900000                           # none that training uses


def hexadecimal(letters):
    """A pair of a run of hexadecimal digits, of which some are letters and
    some are not.  It looks at 64 characters at most: a longer run is one
    anyway."""
    digit = f"[0-9{letters}]"
    return (rf"(?=[0-9]{{0,20}}[{letters}])(?=[{letters}]{{0,20}}[0-9])"
            rf"(?={digit}{{64}}|(?>{digit}{{2,63}})(?![\p{{L}}\p{{N}}]))"
            rf"{digit}{{1,2}}")


SEPARATOR = r"[^\r\n\p{L}\p{N}]?"
PATTERN = "|".join((
    SEPARATOR + "0x(?=[0-9A-Fa-f])",
    SEPARATOR + f"(?:{hexadecimal('a-f')}|{hexadecimal('A-F')})",
    SEPARATOR + r"\p{L}+",
    SEPARATOR + r"\p{N}{1,2}",
    r" ?[^\s\p{L}\p{N}]+",
    r"\r?\n", r"[^\S\r\n]+(?!\S)", r"[^\S\r\n]+", r"\s"))

# Shares of systems in the sample.  A system gives few lines: its words must
# not count for more than those of others because it repeats them.
SAMPLE = {"mined": 40, "real": 25, "json": 6, "logfmt": 4, "mixed": 6,
          "columns": 3, "key_value": 3, "sentences": 5, "identifiers": 4}
OTHER_KINDS = 3                          # the weight of each domain's kind
LINES, BYTES = 20, 3000                  # of a system
DOCUMENTS = 6_000_000                    # characters of prose
CORPUS = 60_000_000                      # characters of a corpus

MATERIAL = None                          # set before the pool forks


def sample(job):
    """Some megabytes of lines of many systems."""
    seed, size = job
    rng = random.Random(seed)
    weights = {kind: SAMPLE.get(kind, OTHER_KINDS)
               for kind, (_, make, _) in streams.KINDS.items()
               if make and kind != "random"}
    out = []
    while size > 0:
        kind = rng.choices(list(weights), list(weights.values()))[0]
        system = mix.make_system(rng, MATERIAL, kind)
        out.append("\n".join(system.lines(LINES, BYTES)) + "\n")
        size -= len(out[-1])
    return out


def training_text(megabytes, workers, seed):
    """Lines of systems, every statement, real lines, some prose."""
    jobs = [(SEEDS + seed * 1000 + i, 1_000_000) for i in range(megabytes)]
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        for texts in pool.imap(sample, jobs):
            yield from texts
    for components in MATERIAL.statements.values():
        for statements in components.values():
            for statement in statements:
                yield "".join(part if isinstance(part, str) else "1"
                              for part in statement.parts) + "\n"
    for lines in MATERIAL.real:
        yield "\n".join(lines[:300]) + "\n"
    left, documents = DOCUMENTS, list(MATERIAL.documents)
    random.Random(seed).shuffle(documents)
    for text in documents:
        if left <= 0:
            break
        yield text[:20000]
        left -= len(text[:20000])


def corpus_text(args):
    """Some of a corpus, from all parts of it."""
    left = CORPUS
    for text, _ in shards.in_turn(shards.corpus_texts(args), args.seed, args):
        yield text
        left -= len(text)
        if left <= 0:
            return


def train(texts, size, pattern):
    """A tokenizer of `size` entries; without a pattern it cuts as GPT-2's."""
    from tokenizers import (Regex, Tokenizer, decoders, models,
                            pre_tokenizers, trainers)
    tokenizer = Tokenizer(models.BPE())
    cut = [pre_tokenizers.Split(Regex(pattern), behavior="isolated")] \
        if pattern else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(cut + [
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not cut)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=[SINK, END], min_frequency=3,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=LONGEST, show_progress=False))
    return tokenizer


def main():
    global MATERIAL
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--material", help="learn from streams of logs")
    parser.add_argument("--corpus", nargs="+",
                        help="files of corpus.py instead")
    parser.add_argument("--flat", action="store_true", help="as shards.py")
    parser.add_argument("--words", action="store_true", help="as shards.py")
    parser.add_argument("--out", default="tokenizer.json")
    parser.add_argument("--size", type=int, default=VOCABULARY)
    parser.add_argument("--megabytes", type=int, default=32,
                        help="of lines of systems")
    parser.add_argument("--workers", type=int,
                        default=multiprocessing.cpu_count())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pattern", action="store_true",
                        help="print the pattern, and do no more")
    if "--pattern" in sys.argv[1:]:
        print(PATTERN)
        return
    args = parser.parse_args()
    if (args.material is None) == (args.corpus is None):
        parser.error("either --material or --corpus")
    if args.corpus:
        tokenizer = train(corpus_text(args), args.size, None)
    else:
        MATERIAL = streams.Material.load(args.material)
        tokenizer = train(
            training_text(args.megabytes, args.workers, args.seed),
            args.size, PATTERN)
    tokenizer.save(args.out)
    print(f"{args.out}: {tokenizer.get_vocab_size()} entries")


if __name__ == "__main__":
    main()
