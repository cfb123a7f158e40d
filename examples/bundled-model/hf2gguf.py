#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Convert a Hugging Face folder of a plain llama or qwen2 model to GGUF.

What only this file knows: how the two formats name the same things.  Reads
config.json, tokenizer.json (byte-level BPE) and *.safetensors (BF16, F16 or
F32); writes a GGUF version 3 file: matrices in the type asked for (Q8_0 unless
said otherwise), norms and biases in F32.  With q4_0 the output matrix, and a
tied embedding, which is one, stay Q8_0: errors there go straight into every
prediction, and the public converter keeps them wider too (in Q6_K).  The same
input gives the same bytes.

`layer_windows` in config.json, which model.py writes, has an entry a layer: how
many of the last tokens it was trained to see, itself included and no sink; 0:
all that the cache holds.

    hf2gguf.py FOLDER OUT.gguf --name NAME --pre PRETOKENIZER
               [--type f32|f16|bf16|q8_0|q4_0] [--sink-token] [--window N]

Needs Python 3.8 and numpy (Debian: python3-numpy).
"""
import argparse
import json
import pathlib
import struct
import sys

import numpy as np

ALIGN = 32
F32, F16, Q4_0, Q8_0, BF16 = 0, 1, 2, 8, 30  # ggml tensor types
# --type: of matrices, of the output matrix, and general.file_type
TYPES = {"f32": (F32, F32, 0), "f16": (F16, F16, 1), "q4_0": (Q4_0, Q8_0, 2),
         "q8_0": (Q8_0, Q8_0, 7), "bf16": (BF16, BF16, 32)}
U32, FLOAT, BOOL, STRING, ARRAY, I32 = 4, 6, 7, 8, 9, 5  # GGUF value types
NORMAL, CONTROL, USER = 1, 3, 4        # tokenizer.ggml.token_type
BLOCK = 32                             # weights in a block of Q8_0 and Q4_0

GLOBAL_NAMES = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
LAYER_NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name):
    if name in GLOBAL_NAMES:
        return GLOBAL_NAMES[name]
    prefix, layer, rest = name.split(".", 3)[1:]
    rest, _, kind = rest.rpartition(".")
    if prefix != "layers" or kind not in ("weight", "bias"):
        raise SystemExit(f"hf2gguf: no place for the tensor {name}")
    return f"blk.{layer}.{LAYER_NAMES[rest]}.{kind}"


def read_safetensors(path):
    """name -> float32 array, of one shard."""
    data = path.read_bytes()
    n, = struct.unpack_from("<Q", data)
    out = {}
    for name, t in json.loads(data[8:8 + n]).items():
        if name == "__metadata__":
            continue
        begin, end = t["data_offsets"]
        raw = data[8 + n + begin:8 + n + end]
        if t["dtype"] == "BF16":
            bits = np.frombuffer(raw, "<u2").astype(np.uint32) << 16
            x = bits.view(np.float32)
        elif t["dtype"] in ("F16", "F32"):
            width = {"F16": "<f2", "F32": "<f4"}[t["dtype"]]
            x = np.frombuffer(raw, width).astype(np.float32)
        else:
            raise SystemExit(f"hf2gguf: {name} is {t['dtype']}")
        out[name] = x.reshape(t["shape"])
    return out


def read_folder(folder):
    """name -> float32 array, of all shards."""
    weights = {}
    for shard in sorted(folder.glob("*.safetensors")):
        weights.update(read_safetensors(shard))
    if not weights:
        raise SystemExit(f"{folder}: there are no *.safetensors")
    return weights


def to_pairs(w, heads):
    """Rows of a query or key matrix, so that rotary pairs are neighbours.

    Hugging Face rotates dimension i of a head with dimension i + d/2; GGUF's
    llama rotates 2i with 2i + 1 (and its qwen2 as Hugging Face)."""
    rows, cols = w.shape
    halves = w.reshape(heads, 2, rows // heads // 2, cols)
    return halves.swapaxes(1, 2).reshape(rows, cols)


def q8_0(w):
    """(rows, columns) in blocks of 32: an F16 scale and 32 signed bytes."""
    x = w.reshape(-1, BLOCK)
    d = np.abs(x).max(axis=1) / np.float32(127)
    inv = np.divide(1, d, out=np.zeros_like(d), where=d > 0)
    q = x * inv[:, None]
    q = np.trunc(q + np.copysign(np.float32(0.5), q)).astype(np.int8)
    out = np.empty(len(x), dtype=[("d", "<f2"), ("q", "i1", BLOCK)])
    out["d"] = d
    out["q"] = q
    return out.tobytes()


def q4_0(w):
    """In blocks of 32: an F16 scale and 16 bytes, each with element i in its
    low half and 16 + i in its high one; the number of largest magnitude is -8
    times the scale."""
    x = w.reshape(-1, BLOCK)
    largest = np.take_along_axis(x, np.abs(x).argmax(axis=1)[:, None], 1)
    d = largest / np.float32(-8)
    inv = np.divide(1, d, out=np.zeros_like(d), where=d != 0)
    q = (x * inv + np.float32(8.5)).astype(np.uint8).clip(max=15)
    out = np.empty(len(x), dtype=[("d", "<f2"), ("q", "u1", BLOCK // 2)])
    out["d"] = d[:, 0]
    out["q"] = q[:, :BLOCK // 2] | q[:, BLOCK // 2:] << 4
    return out.tobytes()


def bf16(w):
    """Rounded to nearest even."""
    bits = w.astype("<f4").view(np.uint32)
    return ((bits + 0x7fff + (bits >> 16 & 1)) >> 16).astype("<u2").tobytes()


PACK = {F32: lambda w: w.astype("<f4").tobytes(),
        F16: lambda w: w.astype("<f2").tobytes(),
        BF16: bf16, Q8_0: q8_0, Q4_0: q4_0}


def string(s):
    b = s.encode()
    return struct.pack("<Q", len(b)) + b


def value(kind, x):
    if kind == STRING:
        return string(x)
    return struct.pack({U32: "<I", I32: "<i", FLOAT: "<f", BOOL: "<?"}[kind],
                       x)


def entry(key, kind, x):
    return string(key) + struct.pack("<I", kind) + value(kind, x)


def array(key, kind, xs):
    return (string(key) + struct.pack("<IIQ", ARRAY, kind, len(xs)) +
            b"".join(value(kind, x) for x in xs))


def tokenizer(folder, pre, n_vocab):
    t = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    model = t["model"]
    if model["type"] != "BPE" or model.get("byte_fallback"):
        raise SystemExit("hf2gguf: the tokenizer is no byte-level BPE")
    tokens, kinds = [None] * n_vocab, [NORMAL] * n_vocab
    for text, i in model["vocab"].items():
        tokens[i] = text
    for a in t["added_tokens"]:
        tokens[a["id"]] = a["content"]
        kinds[a["id"]] = CONTROL if a["special"] else USER
    if None in tokens:
        raise SystemExit(f"hf2gguf: no token has id {tokens.index(None)}")
    merges = [m if isinstance(m, str) else " ".join(m)
              for m in model["merges"]]
    return [
        entry("tokenizer.ggml.model", STRING, "gpt2"),
        entry("tokenizer.ggml.pre", STRING, pre),
        array("tokenizer.ggml.tokens", STRING, tokens),
        array("tokenizer.ggml.token_type", I32, kinds),
        array("tokenizer.ggml.merges", STRING, merges),
    ]


def windows(c, arch):
    """The windows of layers: one size, and who has it."""
    of_layers = c.get("layer_windows", [])
    sizes = set(of_layers) - {0}
    if not sizes:
        return []
    if len(of_layers) != c["num_hidden_layers"] or len(sizes) > 1:
        raise SystemExit("hf2gguf: layer_windows is not one window or 0 for "
                         "each layer")
    return [
        entry(f"{arch}.attention.sliding_window", U32, sizes.pop()),
        array(f"{arch}.attention.sliding_window_pattern", BOOL,
              [n > 0 for n in of_layers]),
    ]


def hyper(c, args):
    arch, heads = c["model_type"], c["num_attention_heads"]
    d_head = c.get("head_dim") or c["hidden_size"] // heads
    out = [
        entry("general.architecture", STRING, arch),
        entry("general.name", STRING, args.name),
        entry("general.license", STRING, "MIT"),
        entry("general.alignment", U32, ALIGN),
        entry("general.file_type", U32, TYPES[args.type][2]),
        entry(f"{arch}.context_length", U32, c["max_position_embeddings"]),
        entry(f"{arch}.embedding_length", U32, c["hidden_size"]),
        entry(f"{arch}.block_count", U32, c["num_hidden_layers"]),
        entry(f"{arch}.feed_forward_length", U32, c["intermediate_size"]),
        entry(f"{arch}.attention.head_count", U32, heads),
        entry(f"{arch}.attention.head_count_kv", U32,
              c["num_key_value_heads"]),
        entry(f"{arch}.attention.key_length", U32, d_head),
        entry(f"{arch}.attention.value_length", U32, d_head),
        entry(f"{arch}.attention.layer_norm_rms_epsilon", FLOAT,
              c["rms_norm_eps"]),
        entry(f"{arch}.rope.dimension_count", U32, d_head),
        entry(f"{arch}.rope.freq_base", FLOAT, c["rope_theta"]),
        entry(f"{arch}.vocab_size", U32, c["vocab_size"]),
        entry("tokenizer.ggml.add_bos_token", BOOL, args.sink_token),
    ]
    # A model trained without either has neither.
    for name in "bos", "eos":
        if f"{name}_token_id" in c:
            out.append(entry(f"tokenizer.ggml.{name}_token_id", U32,
                             c[f"{name}_token_id"]))
    if args.sink_token:
        out.append(entry("headwater.sink_token", BOOL, True))
    if args.window:
        out.append(entry("headwater.window", U32, args.window))
    return out + windows(c, arch)


def tensors(folder, c, kinds):
    """(name, shape as GGUF has it, type, bytes), in the order of names."""
    weights = read_folder(folder)
    tied = "lm_head.weight" not in weights
    output = "model.embed_tokens.weight" if tied else "lm_head.weight"
    for hf in sorted(weights, key=gguf_name):
        w = weights[hf]
        kind = kinds[1] if hf == output else kinds[0]
        if c["model_type"] == "llama" and hf.endswith("q_proj.weight"):
            w = to_pairs(w, c["num_attention_heads"])
        if c["model_type"] == "llama" and hf.endswith("k_proj.weight"):
            w = to_pairs(w, c["num_key_value_heads"])
        shape = list(reversed(w.shape))
        if w.ndim == 1:
            yield gguf_name(hf), shape, F32, w.astype("<f4").tobytes()
        elif kind in (Q4_0, Q8_0) and shape[0] % BLOCK:
            raise SystemExit(f"hf2gguf: rows of {hf} are no whole blocks")
        else:
            yield gguf_name(hf), shape, kind, PACK[kind](w)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("out", type=pathlib.Path)
    p.add_argument("--name", required=True)
    p.add_argument("--pre", required=True, help="a name of lib/tok/pretoks.def")
    p.add_argument("--type", choices=TYPES, default="q8_0",
                   help="of the matrices (default: q8_0)")
    p.add_argument("--sink-token", action="store_true",
                   help="BOS is a learned sink and begins every stream")
    p.add_argument("--window", type=int,
                   help="so many recent tokens are the default")
    args = p.parse_args()
    c = json.loads((args.folder / "config.json").read_text())
    plain = c["model_type"] == "qwen2" or \
        c["model_type"] == "llama" and not c.get("attention_bias")
    if not plain or c.get("mlp_bias") or c.get("rope_scaling") or \
            c.get("use_sliding_window"):
        raise SystemExit("hf2gguf: not a plain llama or qwen2 model")
    keys = hyper(c, args) + tokenizer(args.folder, args.pre, c["vocab_size"])
    body = list(tensors(args.folder, c, TYPES[args.type]))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(body), len(keys))
    head += b"".join(keys)
    at = 0
    for name, shape, kind, data in body:
        head += string(name) + struct.pack("<I", len(shape))
        head += b"".join(struct.pack("<Q", n) for n in shape)
        head += struct.pack("<IQ", kind, at)
        at += len(data) + -len(data) % ALIGN
    with open(args.out, "wb") as f:
        f.write(head + bytes(-len(head) % ALIGN))
        for *_, data in body:
            f.write(data + bytes(-len(data) % ALIGN))
    return 0


if __name__ == "__main__":
    sys.exit(main())
