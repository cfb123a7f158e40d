# SPDX-License-Identifier: MIT
"""MFLOP a token from the model's shape, and lines a second as measured.

usage: speed.py [-w WINDOW]... [-t THREADS] MODEL LOG

Two FLOP for each weight that a token is multiplied by, and four for each
number of a query and key in the window.  The shape is read from the GGUF file.
"""

import argparse
import re
import struct
import subprocess

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?",
           10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9


class Gguf:
    """The metadata and the shapes of the tensors of a GGUF file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.file = file
            if file.read(4) != b"GGUF":
                raise ValueError(f"{path} is not a GGUF file")
            _, tensors, pairs = self.read("IQQ")
            self.meta = dict(self.pair() for _ in range(pairs))
            self.tensors = dict(self.tensor() for _ in range(tensors))

    def read(self, form):
        size = struct.calcsize("<" + form)
        return struct.unpack("<" + form, self.file.read(size))

    def string(self):
        return self.file.read(self.read("Q")[0]).decode(errors="replace")

    def value(self, kind):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            kind, count = self.read("IQ")
            return [self.value(kind) for _ in range(count)]
        return self.read(SCALARS[kind])[0]

    def pair(self):
        key = self.string()
        return key, self.value(self.read("I")[0])

    def tensor(self):
        name = self.string()
        shape = self.read(f"{self.read('I')[0]}Q")
        self.read("IQ")
        return name, shape

    def get(self, key):
        return self.meta[f"{self.meta['general.architecture']}.{key}"]


def weights(model):
    """Numbers that each token is multiplied by: all matrices, the embedding
    only as the output."""
    total = 0
    for name, shape in model.tensors.items():
        if len(shape) == 2 and name != "token_embd.weight":
            total += shape[0] * shape[1]
    if "output.weight" not in model.tensors:
        rows, columns = model.tensors["token_embd.weight"]
        total += rows * columns
    return total


def attended(model, window):
    """Keys that a token meets, over all layers (a layer may have a window of
    its own)."""
    layers = model.get("block_count")
    try:
        own = model.get("attention.sliding_window")
        pattern = model.get("attention.sliding_window_pattern")
    except KeyError:
        return layers * (window + 2)
    if isinstance(pattern, int):
        pattern = [(i + 1) % pattern != 0 for i in range(layers)]
    return sum(own if short and own <= window else window + 2
               for short in pattern[:layers])


def mflop(model, window):
    heads = model.get("attention.head_count")
    try:
        width = model.get("attention.key_length") * heads
    except KeyError:
        width = model.get("embedding_length")
    return (2 * weights(model) / 1e6,
            4 * width * attended(model, window) / 1e6)


def measured(path, log, window, threads):
    tokenize = subprocess.Popen(["tokenize", "--plain", "-m", path, log],
                                stdout=subprocess.PIPE)
    run = subprocess.run(["stream-infer", "--stats", "-m", path, "-s1",
                          f"-w{window}", f"-t{threads}"],
                         stdin=tokenize.stdout, stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, text=True, check=True)
    tokenize.wait()
    return dict(re.findall(r"(\w+)=(\S+)", run.stderr))


def main():
    usage = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    usage.add_argument("-w", "--window", type=int, action="append")
    usage.add_argument("-t", "--threads", type=int, default=2)
    usage.add_argument("model")
    usage.add_argument("log")
    options = usage.parse_args()
    model = Gguf(options.model)
    print(f"{'window':>7}{'MFLOP weights':>15}{'attention':>11}{'in all':>9}"
          f"{'tokens/s':>10}{'lines/s':>9}{'cache MiB':>11}")
    for window in options.window or [2048]:
        dense, attention = mflop(model, window)
        stats = measured(options.model, options.log, window, options.threads)
        seconds = float(stats["seconds"])
        print(f"{window:7}{dense:15.1f}{attention:11.1f}"
              f"{dense + attention:9.1f}{float(stats['tokens_per_s']):10.0f}"
              f"{int(stats['records']) / seconds:9.1f}"
              f"{int(stats['cache_bytes']) / 2**20:11.1f}", flush=True)


if __name__ == "__main__":
    main()
