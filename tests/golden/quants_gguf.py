#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Golden vectors for the quantized tensor types, from the public package gguf.

Writes a line for each type to quants.txt: its name, and the SHA-256 of 1024
blocks and of what the package's reference makes of them, as little-endian F32
(every NaN as 0x7fc00000).  The blocks follow a rule, told here and in
quants.c, so that they need not be kept: random bytes, any scale among them;
the first 136 have one byte throughout and scales that are infinite, NaN, the
largest, denormal, 0 and 1, of both signs.

Needs numpy and gguf:
    quants_gguf.py >quants.txt
"""
import hashlib
import struct

import gguf
import numpy as np

BLOCKS = 1024
# name: where its scales of 16 bits are in a block
TYPES = {
    "q4_0": [0], "q4_1": [0, 2], "q5_0": [0], "q5_1": [0, 2], "q8_0": [0],
    "q2_k": [80, 82], "q3_k": [108], "q4_k": [0, 2], "q5_k": [0, 2],
    "q6_k": [208], "iq4_nl": [0], "iq4_xs": [0], "mxfp4": [],
}
FILLS = [0x00, 0xff, 0x80, 0x7f, 0x0f, 0xf0, 0x55, 0xaa]
SCALES = [0x7c00, 0x7e01, 0x7c01, 0x7bff, 0, 1, 0x03ff, 0x0400, 0x3c00,
          0xfc00, 0xfe00, 0xfbff, 0x8000, 0x8001, 0x83ff, 0x8400, 0xbc00]


def splitmix64(x):
    x = x + np.uint64(0x9e3779b97f4a7c15)
    x = (x ^ x >> np.uint64(30)) * np.uint64(0xbf58476d1ce4e5b9)
    x = (x ^ x >> np.uint64(27)) * np.uint64(0x94d049bb133111eb)
    return x ^ x >> np.uint64(31)


def blocks_of(name, size):
    n = np.arange(BLOCKS * size, dtype=np.uint64)
    blocks = (splitmix64(n) >> np.uint64(32)).astype(np.uint8)
    blocks = blocks.reshape(BLOCKS, size)
    for i in range(len(FILLS) * len(SCALES)):
        blocks[i] = FILLS[i // len(SCALES)]
        for s, at in enumerate(TYPES[name]):
            scale = SCALES[(i * (1 + 4 * s) + s) % len(SCALES)]
            blocks[i, at:at + 2] = list(struct.pack("<H", scale))
    return blocks


def main():
    np.seterr(all="ignore")
    for name in TYPES:
        kind = gguf.GGMLQuantizationType[name.upper()]
        blocks = blocks_of(name, gguf.GGML_QUANT_SIZES[kind][1])
        out = gguf.quants.dequantize(blocks, kind).astype("<f4")
        bits = out.view("<u4").copy()
        bits[np.isnan(out)] = 0x7fc00000
        print(name, hashlib.sha256(blocks.tobytes()).hexdigest(),
              hashlib.sha256(bits.tobytes()).hexdigest())


if __name__ == "__main__":
    main()
