# SPDX-License-Identifier: MIT
"""Print a sample of the streams; the shares of kinds and the speed on stderr.

    python3 -m streams --material DIR --seed 1 --bytes 100000
"""
import argparse
import collections
import signal
import sys
import time

from . import KINDS, PROTOTYPE, Material, documents


def chosen_kinds(text):
    """The kinds that --kinds names: all, prototype, or a list."""
    if text == "all":
        return list(KINDS)
    if text == "prototype":
        return PROTOTYPE
    kinds = text.split(",")
    for kind in kinds:
        if kind not in KINDS:
            raise argparse.ArgumentTypeError(f"no such kind: {kind}")
    return kinds


def main():
    parser = argparse.ArgumentParser(prog="streams", description=__doc__,
                                     formatter_class=argparse.
                                     RawDescriptionHelpFormatter)
    parser.add_argument("--material", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bytes", type=int, default=100000)
    parser.add_argument("--kinds", type=chosen_kinds, default="all")
    parser.add_argument("--titles", action="store_true",
                        help="a line before each document, with its kind")
    args = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    material = Material.load(args.material)
    start, total, shares = time.perf_counter(), 0, collections.Counter()
    for text, kind in documents(args.seed, material, args.kinds):
        data = text.encode()
        total += len(data)
        shares[kind] += len(data)
        if args.titles:
            print(f"==== {kind}", flush=True)
        sys.stdout.buffer.write(data)
        if total >= args.bytes:
            break
    seconds = time.perf_counter() - start
    print(f"{total / seconds / 1e6:.2f} MB/s;", ", ".join(
        f"{kind} {share / total:.3f}" for kind, share in sorted(
            shares.items())), file=sys.stderr)


if __name__ == "__main__":
    main()
