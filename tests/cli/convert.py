#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What hf2gguf.py makes of a model, against what mkmodel makes of it.

    convert.py to-hf IN.gguf FOLDER   a model of mkmodel's as Hugging Face has it
    convert.py biases FOLDER SIZE     the same as a qwen2, its biases so large
    convert.py same A.gguf B.gguf     tensors and tokenizers are the same bytes
    convert.py near IN.gguf OUT.gguf  Q8_0 of OUT is IN to half a step
    convert.py mean A.gguf B.gguf OUT.gguf   OUT is the mean of A and B
    convert.py types A.gguf           the types of its matrices
    convert.py keys A.gguf            its metadata, lists of words left out
"""
import json
import pathlib
import struct
import sys

import numpy as np

NAMES = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj",
    "ffn_norm": "post_attention_layernorm", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj", "token_embd": "embed_tokens",
    "output_norm": "norm",
}
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?",
           10: "Q", 11: "q", 12: "d"}
BLOCKS = {2: 18, 8: 34}  # ggml type: bytes of a block of 32
# ggml type: safetensors name, bytes of an element
PLAIN = {0: ("F32", 4), 1: ("F16", 2), 30: ("BF16", 2)}


class Gguf:
    def __init__(self, path):
        self.data = pathlib.Path(path).read_bytes()
        self.at = 8
        n_tensors, n_keys = self.take("Q"), self.take("Q")
        self.keys = dict(self.entry() for _ in range(n_keys))
        rows = [self.row() for _ in range(n_tensors)]
        start = self.at + -self.at % 32
        self.tensors = {name: (shape, kind, self.bytes(
            start + at, shape, kind)) for name, shape, kind, at in rows}

    def take(self, form):
        x, = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return x

    def text(self):
        n = self.take("Q")
        self.at += n
        return self.data[self.at - n:self.at].decode()

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            elem, n = self.take("I"), self.take("Q")
            return [self.value(elem) for _ in range(n)]
        return self.take(SCALARS[kind])

    def entry(self):
        key = self.text()
        return key, self.value(self.take("I"))

    def row(self):
        name = self.text()
        shape = [self.take("Q") for _ in range(self.take("I"))]
        return name, shape[::-1], self.take("I"), self.take("Q")

    def bytes(self, at, shape, kind):
        n = int(np.prod(shape))
        n = (n // 32 * BLOCKS[kind] if kind in BLOCKS else
             n * PLAIN[kind][1])
        return self.data[at:at + n]


def numbers(shape, kind, raw):
    """A tensor in double."""
    if kind == 8:
        b = np.frombuffer(raw, [("d", "<f2"), ("q", "i1", 32)])
        x = b["d"].astype(float)[:, None] * b["q"]
    elif kind == 30:
        x = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
    else:
        x = np.frombuffer(raw, "<f2" if kind == 1 else "<f4")
    return x.astype(float).reshape(shape)


def to_halves(raw, shape, size, heads):
    """Undo the neighbouring of rotary pairs, row by row."""
    rows, cols = shape
    dim, width = rows // heads, cols * size
    out = []
    for row in range(rows):
        head, i = divmod(row, dim)
        source = head * dim + 2 * (i % (dim // 2)) + i // (dim // 2)
        out.append(raw[source * width:(source + 1) * width])
    return b"".join(out)


def hf_name(name):
    stem = name[:-len(".weight")]
    if stem == "output":
        return "lm_head.weight"
    if not stem.startswith("blk."):
        return f"model.{NAMES[stem]}.weight"
    _, layer, role = stem.split(".")
    return f"model.layers.{layer}.{NAMES[role]}.weight"


def write_shard(path, tensors):
    head, body = {"__metadata__": {"format": "pt"}}, b""
    for name, dtype, shape, raw in tensors:
        head[name] = {"dtype": dtype, "shape": shape,
                      "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def to_hf(path, folder):
    g = Gguf(path)
    folder.mkdir()
    k = {key.split(".", 1)[1]: x for key, x in g.keys.items()}
    heads, kv = k["attention.head_count"], k["attention.head_count_kv"]
    tensors = []
    for name, (shape, kind, raw) in g.tensors.items():
        dtype, size = PLAIN[kind]
        if ".attn_q." in name or ".attn_k." in name:
            raw = to_halves(raw, shape, size, heads if "_q" in name else kv)
        tensors.append((hf_name(name), dtype, shape, raw))
    half = len(tensors) // 2
    write_shard(folder / "model-1.safetensors", tensors[:half])
    write_shard(folder / "model-2.safetensors", tensors[half:])
    tokens, kinds = k["ggml.tokens"], k["ggml.token_type"]
    (folder / "tokenizer.json").write_text(json.dumps({
        "added_tokens": [{"id": i, "content": tokens[i], "special": True}
                         for i in range(len(tokens)) if kinds[i] == 3],
        "model": {"type": "BPE", "vocab": {t: i for i, t in
                                           enumerate(tokens)},
                  "merges": [m.split(" ") for m in k["ggml.merges"]]}}))
    window = k.get("attention.sliding_window")
    has = k.get("attention.sliding_window_pattern", [])
    more = {"layer_windows": [window * short for short in has]} if has else {}
    (folder / "config.json").write_text(json.dumps({**more,
        "model_type": "llama", "vocab_size": len(tokens),
        "hidden_size": k["embedding_length"],
        "intermediate_size": k["feed_forward_length"],
        "num_hidden_layers": k["block_count"], "num_attention_heads": heads,
        "num_key_value_heads": kv, "head_dim": k["attention.key_length"],
        "rms_norm_eps": k["attention.layer_norm_rms_epsilon"],
        "rope_theta": k["rope.freq_base"], "bos_token_id": 0,
        "max_position_embeddings": k["context_length"], "eos_token_id": 1}))
    return 0


def add_biases(folder, size):
    path = folder / "config.json"
    c = json.loads(path.read_text())
    path.write_text(json.dumps({**c, "model_type": "qwen2"}))
    widths = {"q": c["num_attention_heads"], "k": c["num_key_value_heads"],
              "v": c["num_key_value_heads"]}
    tensors = []
    for layer in range(c["num_hidden_layers"]):
        for role, heads in widths.items():
            n = heads * c["head_dim"]
            bias = size * np.sin(np.arange(n) + 7 * layer + ord(role))
            tensors.append((f"model.layers.{layer}.self_attn.{role}_proj.bias",
                            "F32", [n], bias.astype("<f4").tobytes()))
    write_shard(folder / "model-3.safetensors", tensors)
    return 0


def same(a, b):
    a, b = Gguf(a), Gguf(b)
    # What is in another type is the business of `types`.
    wrong = [n for n in a.tensors if n not in b.tensors or
             a.tensors[n][1] == b.tensors[n][1] and
             a.tensors[n] != b.tensors[n]]
    wrong += [k for k in a.keys if k.startswith(("llama.", "tokenizer."))
              and k != "tokenizer.ggml.token_type"
              and a.keys[k] != b.keys.get(k)]
    for name in wrong + sorted(set(a.tensors) ^ set(b.tensors)):
        print("differs:", name)
    return bool(wrong) or len(a.tensors) != len(b.tensors)


def types(path):
    for name, (shape, kind, _) in sorted(Gguf(path).tensors.items()):
        if len(shape) > 1:
            print(kind, name)
    return 0


def keys(path):
    for key, x in Gguf(path).keys.items():
        if not isinstance(x, list) or not isinstance(x[0], str):
            print(key, x)
    return 0


def near(a, b):
    a, b = Gguf(a), Gguf(b)
    worst = 0
    for name, (shape, kind, raw) in b.tensors.items():
        x, y = numbers(*a.tensors[name]), numbers(shape, kind, raw)
        if kind == 8:
            steps = np.frombuffer(raw, [("d", "<f2"), ("q", "i1", 32)])["d"]
            error = np.abs(x - y).reshape(-1, 32) / np.maximum(
                steps.astype(float)[:, None], 1e-30)
            worst = max(worst, error.max())
        elif (x != y).any():
            return print("differs:", name) or 1
    # Half a step, and what rounding the step itself to F16 adds at +-127.
    print(f"largest error: {worst:.4f} steps")
    return not worst <= 0.5 + 127 * 2.0**-11


def mean(a, b, out):
    a, b, out = Gguf(a), Gguf(b), Gguf(out)
    wrong = [name for name, tensor in out.tensors.items()
             if np.abs(numbers(*a.tensors[name]) / 2 +
                       numbers(*b.tensors[name]) / 2 -
                       numbers(*tensor)).max() > 1e-7]
    for name in wrong:
        print("differs:", name)
    return bool(wrong) or len(out.tensors) != len(a.tensors)


if __name__ == "__main__":
    if sys.argv[1] == "to-hf":
        sys.exit(to_hf(sys.argv[2], pathlib.Path(sys.argv[3])))
    if sys.argv[1] == "biases":
        sys.exit(add_biases(pathlib.Path(sys.argv[2]), float(sys.argv[3])))
    if sys.argv[1] in ("types", "keys"):
        sys.exit({"types": types, "keys": keys}[sys.argv[1]](sys.argv[2]))
    sys.exit({"same": same, "near": near, "mean": mean}[sys.argv[1]](
        *sys.argv[2:]))
