#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Golden vectors for short and long layers, by the rule they are trained with.

What only this file knows: the masks of examples/bundled-model/model.py, written
out in double for a whole sequence at once; there is no cache here.  A long
layer's query q sees keys k <= q with q - k <= WINDOW, and token 0 at a distance
of at most WINDOW + 1; a short layer's sees those with q - k < SHORT.  Rotary
angles are of true distances.

    mkmodel M.gguf tokenizer=none KEY=VALUE...
    windows.py M.gguf KEY=VALUE... >llama-windows.txt

with the same KEY=VALUE twice.  Needs numpy.
"""
import hashlib
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
from convert import Gguf, numbers  # noqa: E402

# (window, tokens): many wraps of each
RUNS = [(28, 300), (12, 200), (7, 100)]
DENSE = 192


def splitmix64(x):
    with np.errstate(over="ignore"):
        z = x + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


class Model:
    def __init__(self, path):
        self.file = Gguf(path)
        self.keys = {k.partition(".")[2]: v
                     for k, v in self.file.keys.items()}

    def __getitem__(self, name):
        return numbers(*self.file.tensors[f"{name}.weight"])

    def norm(self, x, name):
        eps = self.keys["attention.layer_norm_rms_epsilon"]
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * self[name]


def rotate(x, places, theta):
    """x (heads, tokens, d) turned to places (tokens,); neighbours are pairs."""
    d = x.shape[-1]
    angle = places[:, None] * theta ** (-np.arange(0, d, 2) / d)
    cos, sin = np.cos(angle), np.sin(angle)
    y = np.empty_like(x)
    y[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
    y[..., 1::2] = x[..., 1::2] * cos + x[..., 0::2] * sin
    return y


def attend(q, k, v, window, short, theta):
    """(heads, tokens, d) each; `short` 0: a long layer."""
    place = np.arange(q.shape[1])
    apart = place[:, None] - place
    kr = rotate(k, place, theta)
    score = rotate(q, place, theta) @ kr.swapaxes(1, 2)
    if short:
        seen = (apart >= 0) & (apart < short)
    else:
        in_cache = np.minimum(place, window + 1)
        score[..., :1] = rotate(q, in_cache, theta) @ kr[:, :1].swapaxes(1, 2)
        seen = (apart >= 0) & (apart <= window)
        seen[:, 0] = True
    score = np.where(seen, score / np.sqrt(q.shape[-1]), -np.inf)
    p = np.exp(score - score.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True) @ v


def forward(m, ids, window):
    """Logits, (tokens, vocabulary)."""
    k = m.keys
    heads, d = k["attention.head_count"], k["attention.key_length"]
    group = heads // k["attention.head_count_kv"]
    short = k.get("attention.sliding_window", 0)
    has = k.get("attention.sliding_window_pattern", [False] * k["block_count"])
    x = m["token_embd"][ids]

    def split(y):
        return y.reshape(len(ids), -1, d).swapaxes(0, 1)

    for i in range(k["block_count"]):
        b = f"blk.{i}."
        h = m.norm(x, b + "attn_norm")
        q, key, v = (split(h @ m[b + f"attn_{n}"].T) for n in "qkv")
        o = attend(q, key.repeat(group, 0), v.repeat(group, 0), window,
                   short if has[i] else 0, k["rope.freq_base"])
        x = x + o.swapaxes(0, 1).reshape(len(ids), -1) @ \
            m[b + "attn_output"].T
        h = m.norm(x, b + "ffn_norm")
        gate = h @ m[b + "ffn_gate"].T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ m[b + "ffn_up"].T)) @ \
            m[b + "ffn_down"].T
    return m.norm(x, "output_norm") @ m["output"].T


def scores(m, ids, window):
    """(surprisal, entropy) in bits of every token but the first."""
    logits = forward(m, ids, window)[:-1]
    lp = logits - logits.max(-1, keepdims=True)
    lp = (lp - np.log(np.exp(lp).sum(-1, keepdims=True))) / np.log(2)
    return zip(-lp[np.arange(len(ids) - 1), ids[1:]],
               -(np.exp2(lp) * lp).sum(-1))


def main():
    m = Model(sys.argv[1])
    vocab = len(m["token_embd"])
    ids = (splitmix64(np.arange(1000, 1300, dtype=np.uint64)) %
           np.uint64(vocab)).astype(int)
    print("# Made by windows.py, in double precision.")
    print("model", *sys.argv[2:])
    for name, (shape, _, raw) in sorted(m.file.tensors.items()):
        print("tensor", name, "x".join(map(str, reversed(shape))),
              hashlib.sha256(raw).hexdigest())
    print("ids", *ids)
    for window, n in [(DENSE, DENSE), *RUNS]:
        print(f"run dense {n}" if n == window else
              f"run stream 1 {window} {n}")
        for i, (b, h) in enumerate(scores(m, ids[:n], window), 1):
            print(i, f"{b:.9f} {h:.9f}")


if __name__ == "__main__":
    main()
