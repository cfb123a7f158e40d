#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Golden vectors for the llama architecture, from PyTorch and transformers.

Makes tiny random models with transformers, scores a token sequence with them
(dense, and streaming by the rule of the reference implementation of
StreamingLLM), converts them with the public GGUF converter, and writes what
our own programs must reproduce to NAME.txt, one file a model.

The weights follow the rule of tests/fixtures/mkmodel.c, so that the models
themselves need not be kept: a test makes them again and compares the SHA-256
of every tensor with that of the converter's output, recorded here.

Needs torch, transformers, gguf; run where these are:
    llama_torch.py OUT_DIR PATH_TO_convert_hf_to_gguf.py
"""
import hashlib
import importlib.util
import json
import math
import pathlib
import sys

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama import modeling_llama

MASK = (1 << 64) - 1

# name: shape of the model; tied, llama-3 rope factors or not
MODELS = {
    "untied": dict(vocab=96, d=64, layers=3, heads=4, kv=2, ffn=96,
                   theta=10000.0, tied=False, factors=False, seed=1),
    "tied-factors": dict(vocab=80, d=64, layers=2, heads=4, kv=1, ffn=160,
                         theta=500000.0, tied=True, factors=True, seed=2),
}
CONTEXT = 192
# (sinks, recent, tokens): over nine wraps of the window each
STREAMS = [(4, 28, 300), (0, 16, 200), (1, 7, 100)]


def splitmix64(x):
    """The full generator step, on uint64 arrays."""
    z = (x + np.uint64(0x9E3779B97F4A7C15))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def fnv1a64(name):
    h = 0xCBF29CE484222325
    for b in name.encode():
        h = ((h ^ b) * 0x100000001B3) & MASK
    return h


def values(name, seed, n):
    """n numbers in [-1, 1), multiples of 2^-23: exact in float32."""
    start = (fnv1a64(name) + seed) & MASK
    with np.errstate(over="ignore"):
        u = splitmix64(np.uint64(start) + np.arange(n, dtype=np.uint64))
    return (u >> np.uint64(40)).astype(np.float64) / 2**23 - 1


def weight(name, shape, seed):
    v = values(name, seed, math.prod(shape))
    if len(shape) == 1:
        v = 1 + v / 4
    elif name != "token_embd.weight":
        v = v * 2.0 ** (1 - round(math.log2(math.sqrt(shape[1]))))
    return torch.from_numpy(v.reshape(shape)).float()


GGUF_NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm",
    "lm_head": "output", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}


def gguf_name(hf):
    stem = hf.removesuffix(".weight")
    if stem in GGUF_NAMES:
        return GGUF_NAMES[stem] + ".weight"
    _, _, layer, role = stem.split(".", 3)
    return f"blk.{layer}.{GGUF_NAMES[role]}.weight"


def make(c):
    rope = {"rope_type": "default", "rope_theta": c["theta"]}
    if c["factors"]:
        rope = {"rope_type": "llama3", "rope_theta": c["theta"],
                "factor": 8.0, "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64}
    config = LlamaConfig(
        vocab_size=c["vocab"], hidden_size=c["d"],
        intermediate_size=c["ffn"], num_hidden_layers=c["layers"],
        num_attention_heads=c["heads"], num_key_value_heads=c["kv"],
        max_position_embeddings=CONTEXT, rms_norm_eps=1e-5,
        tie_word_embeddings=c["tied"], rope_parameters=rope,
        attention_bias=False, mlp_bias=False, bos_token_id=None,
        eos_token_id=None)
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(weight(gguf_name(name), tuple(p.shape), c["seed"]))
    model.tie_weights()
    return model


def scores(logits, target):
    """Surprisal of target and entropy of the prediction, in bits."""
    lp = torch.log_softmax(logits.double(), -1) / math.log(2)
    return -lp[target].item(), -(lp.exp2() * lp).sum().item()


def dense(model, ids):
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    return [scores(logits[i - 1], ids[i]) for i in range(1, len(ids))]


def streaming(model, ids, sinks, recent):
    """Token by token; keys are kept unrotated, rotated by their index in the
    cache at every step, and the cache is trimmed to the first `sinks` and the
    last `recent` tokens after it."""
    cache = {}

    def forward(self, hidden_states, **_):
        c = self.config
        shape = (1, 1, -1, self.head_dim)
        q = self.q_proj(hidden_states).view(shape).transpose(1, 2)
        k = self.k_proj(hidden_states).view(shape).transpose(1, 2)
        v = self.v_proj(hidden_states).view(shape).transpose(1, 2)
        if self.layer_idx in cache:
            k = torch.cat([cache[self.layer_idx][0], k], 2)
            v = torch.cat([cache[self.layer_idx][1], v], 2)
        n = k.shape[2]
        if n <= sinks + recent:
            cache[self.layer_idx] = (k, v)
        else:
            keep = list(range(sinks)) + list(range(n - recent, n))
            cache[self.layer_idx] = (k[:, :, keep], v[:, :, keep])
        cos, sin = model.model.rotary_emb(v, torch.arange(n)[None])
        rotate = modeling_llama.apply_rotary_pos_emb
        q, _ = rotate(q, q, cos[:, -1:], sin[:, -1:])
        _, k = rotate(k, k, cos, sin)
        groups = c.num_attention_heads // c.num_key_value_heads
        k = k.repeat_interleave(groups, 1)
        v = v.repeat_interleave(groups, 1)
        p = torch.softmax(q @ k.transpose(2, 3) * self.head_dim**-0.5, -1)
        out = (p @ v).transpose(1, 2).reshape(1, 1, -1)
        return self.o_proj(out), None

    kept = modeling_llama.LlamaAttention.forward
    modeling_llama.LlamaAttention.forward = forward
    out = []
    try:
        with torch.no_grad():
            for i in range(len(ids) - 1):
                r = model(torch.tensor([ids[i:i + 1]]), use_cache=False)
                out.append(scores(r.logits[0, 0], ids[i + 1]))
    finally:
        modeling_llama.LlamaAttention.forward = kept
    return out


def old_names(path):
    """Add what converters of another age than transformers look for."""
    c = json.loads(path.read_text())
    rope = c["rope_parameters"]
    c["rope_theta"] = rope["rope_theta"]
    if rope["rope_type"] != "default":
        # The converter looks for it outside, and else takes 8192.
        c["original_max_position_embeddings"] = rope.setdefault(
            "original_max_position_embeddings", 64)
    c["rope_scaling"] = rope if rope["rope_type"] != "default" else None
    c["num_experts_per_tok"] = 0
    c["prefix_dense_intermediate_size"] = c["intermediate_size"]
    path.write_text(json.dumps(c))


def convert(model, converter, where):
    """The public converter's GGUF of this model: name -> (shape, sha256)."""
    model.save_pretrained(where)
    old_names(where / "config.json")
    sys.path.insert(0, str(pathlib.Path(converter).parent / "gguf-py"))
    spec = importlib.util.spec_from_file_location("converter", converter)
    conv = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conv)
    import gguf
    # A model of bare ids: there is no tokenizer to convert.
    conv.LlamaModel.set_vocab = lambda self: \
        self.gguf_writer.add_tokenizer_model("no_vocab")
    out = where / "model.gguf"
    sys.argv = ["convert", str(where), "--outtype", "f32", "--outfile",
                str(out)]
    conv.main()
    reader = gguf.GGUFReader(str(out))
    return {t.name: ([int(x) for x in t.shape],
                     hashlib.sha256(t.data.tobytes()).hexdigest())
            for t in reader.tensors}


def main():
    out = pathlib.Path(sys.argv[1])
    converter = sys.argv[2]
    for name, c in MODELS.items():
        model = make(c)
        work = pathlib.Path("/tmp") / f"golden-{name}"
        tensors = convert(model, converter, work)
        model.double()
        ids = [int(x) % c["vocab"] for x in splitmix64(
            np.arange(1000, 1400, dtype=np.uint64))]
        with open(out / f"llama-{name}.txt", "w") as f:
            print(f"# Made by llama_torch.py with torch {torch.__version__};"
                  " bits and entropies in double precision.", file=f)
            print("model", *(f"{k}={v}" for k, v in c.items()),
                  f"context={CONTEXT}", file=f)
            for t, (shape, digest) in sorted(tensors.items()):
                print("tensor", t, "x".join(map(str, shape)), digest, file=f)
            print("ids", *ids, file=f)
            print("run dense", CONTEXT, file=f)
            for i, (b, h) in enumerate(dense(model, ids[:CONTEXT]), 1):
                print(i, f"{b:.9f} {h:.9f}", file=f)
            for s, r, n in STREAMS:
                print("run stream", s, r, n, file=f)
                for i, (b, h) in enumerate(streaming(model, ids[:n], s, r),
                                           1):
                    print(i, f"{b:.9f} {h:.9f}", file=f)


if __name__ == "__main__":
    main()
