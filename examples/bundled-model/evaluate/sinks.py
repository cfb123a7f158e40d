# SPDX-License-Identifier: MIT
"""What attention sinks are worth to a model: bits a token with 0, 1, 2, 4, 8.

usage: sinks.py [-w CACHE] [--tokens N] [--samples N] [--flat|--words] [-j N]
                MODEL TEXT

The cache holds CACHE tokens in all, S sinks and CACHE - S recent ones.  The
sliding window with re-computation stands beside it: for a sample of tokens at
even distances the model reads those before them anew, and the bits there are
set against those of each cache at the same places.  --flat: the text without
newlines, --words: without all but small letters, both as shards.py has it.
-j: so many programs side by side.
"""

import argparse
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from statistics import mean

SINKS = (0, 1, 2, 4, 8)


def ids_of(model, text, count):
    """The first so many token ids of a text, in the text form."""
    done = subprocess.run(["tokenize", "--plain", "--ids", "-m", model],
                          input=text, stdout=subprocess.PIPE, text=True,
                          check=True)
    ids = []
    for line in done.stdout.splitlines():
        if line and line[0] not in "#-":
            ids += line.split()
            if len(ids) >= count:
                break
    return ids[:count]


def bits_of(model, ids, *options):
    """The surprisal of every token, None for what was not predicted."""
    rows = "".join(" ".join(ids[i:i + 64]) + "\n"
                   for i in range(0, len(ids), 64))
    done = subprocess.run(["stream-infer", "--ids", "-m", model, *options],
                          input=rows, stdout=subprocess.PIPE, text=True,
                          check=True)
    out = []
    for line in done.stdout.splitlines():
        if line and line[0] != "#":
            for token in line.split():
                bits = token.split(":")[1]
                out.append(None if bits == "-" else float(bits))
    return out


def known(bits):
    return mean(b for b in bits if b is not None)


def main():
    usage = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    usage.add_argument("-w", "--cache", type=int, default=512)
    usage.add_argument("--tokens", type=int, default=400_000)
    usage.add_argument("--samples", type=int, default=200)
    usage.add_argument("--flat", action="store_true")
    usage.add_argument("--words", action="store_true")
    usage.add_argument("-j", "--jobs", type=int, default=1)
    usage.add_argument("model")
    usage.add_argument("text")
    options = usage.parse_args()

    with open(options.text, encoding="utf8", errors="replace") as file:
        text = file.read()
    if options.words:
        text = re.sub("[^a-z]+", " ", text.lower())
    if options.flat or options.words:
        text = " ".join(text.split())
    ids = ids_of(options.model, text, options.tokens)
    step = max(1, len(ids) // options.samples)
    places = [i for i in range(step - 1, len(ids), step)
              if i >= 2 * options.cache]

    def row(sinks):
        if sinks is None:
            bits = bits_of(options.model, ids, "--cache=recompute",
                           f"-w{options.cache}", f"--sample={step}")
            return f"{'re-computed':>14}{'':26}", bits
        bits = bits_of(options.model, ids, f"-s{sinks}",
                       f"-w{options.cache - sinks}")
        every = known(bits[options.cache:])
        return (f"{f'{sinks} + {options.cache - sinks}':>14}{every:14.3f}"
                f"{2 ** every:12.2f}"), bits

    print(f"{len(ids)} tokens, cache {options.cache}")
    print(f"{'cache':>14}{'bits a token':>14}{'perplexity':>12}"
          f"{'at the sample':>15}", flush=True)
    with ThreadPoolExecutor(options.jobs) as pool:
        for head, bits in pool.map(row, (*SINKS, None)):
            print(f"{head}{mean(bits[i] for i in places):15.3f}", flush=True)


if __name__ == "__main__":
    main()
