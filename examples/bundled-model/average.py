#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The mean of models that went apart from the same weights.

    average.py OUT FOLDER FOLDER...

What only this file knows: how weights are averaged.  Branches of one training
run lie in one valley of the loss, and their mean lies lower in it than each
does (Wortsman et al., "Model soups", 2022); models that began apart have
nothing in common.  OUT gets the mean in F32, and all else that the first FOLDER
holds.  Says how far from the mean each one is, as a part of its length.

Needs Python 3.8 and numpy (Debian: python3-numpy).
"""
import json
import pathlib
import shutil
import struct
import sys

import numpy as np

from hf2gguf import read_folder

WEIGHTS = "*.safetensors*"  # and the index of several


def mean(models):
    """Of tensors of the same names and shapes; summed in double."""
    for other in models[1:]:
        if {k: w.shape for k, w in other.items()} != {
                k: w.shape for k, w in models[0].items()}:
            raise SystemExit("average.py: the models are not of one shape")
    return {name: (sum(m[name].astype(np.float64) for m in models) /
                   len(models)).astype(np.float32) for name in models[0]}


def distance(model, from_):
    """Root of the mean square difference, as a part of what it is from."""
    apart = sum(np.square(model[k] - w).sum() for k, w in from_.items())
    return (apart / sum(np.square(w).sum() for w in from_.values())) ** 0.5


def write_safetensors(path, tensors):
    head, at = {}, 0
    for name, w in tensors.items():
        head[name] = {"dtype": "F32", "shape": list(w.shape),
                      "data_offsets": [at, at + w.nbytes]}
        at += w.nbytes
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for w in tensors.values():
            f.write(w.astype("<f4").tobytes())


def main():
    if len(sys.argv) < 4:
        raise SystemExit("usage: average.py OUT FOLDER FOLDER...")
    out, *folders = map(pathlib.Path, sys.argv[1:])
    if out.exists():
        raise SystemExit(f"average.py: {out} is there already")
    models = [read_folder(folder) for folder in folders]
    middle = mean(models)
    shutil.copytree(folders[0], out, ignore=shutil.ignore_patterns(WEIGHTS))
    write_safetensors(out / "model.safetensors", middle)
    for folder, model in zip(folders, models):
        print(f"{folder}: {distance(model, middle):.3f} from the mean")


if __name__ == "__main__":
    main()
