#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Golden vectors for every architecture, from PyTorch and transformers.

Makes tiny random models with transformers, scores one sequence of tokens with
them, dense and streaming, and writes what our programs must reproduce to
NAME.txt, one file a model.

    arch_torch.py OUT_DIR [WORK_DIR [PATH_TO_convert_hf_to_gguf.py [NAME...]]]

WORK_DIR receives the models themselves (config.json, model.safetensors) and,
with the public converter at hand, NAME.gguf.  None of them need be kept: an
element of a tensor follows from the tensor's name and its place in it by an
integer hash (see `weight`), so that a test makes the models again, and the
SHA-256 of every tensor in NAME.txt says that they are the same.

The streaming rule is that of headwater(7): token t sees the first S tokens,
the R before it, and itself, at positions counted inside the cache.  It is
computed token by token.  Keys are kept unrotated; at each token those that it
sees are put in a row and rotated by their place in it (0, 1, ...), by the
model's own rotary module.  What differs:

- ALiBi (mpt): the model's own bias for that many keys, so distances are those
  in the row.
- A layer with a window of its own of N tokens, N <= R, sees the N last tokens,
  itself included, and no sinks; where N > R it is a layer as the others.
- Learned sink logits (gpt-oss) take part in every softmax, as ever.
- LongRoPE: short or long factors by the size of the full cache, S + R + 1,
  once, and not by how many keys there are so far.
- Soft-caps, norms of queries and keys, layers without rotation: as in the
  model's own code, which calls our attention in place of its own.
"""
import inspect
import json
import math
import pathlib
import sys
import traceback

import numpy as np
import torch
import transformers

from arch_gguf import convert, converter, sha

MASK = (1 << 64) - 1
DENSE = 160
# (sinks, recent, tokens)
STREAMS = [(4, 28, 200), (1, 12, 120)]
LONG_STREAMS = [(4, 76, 200)]  # beyond the original context of phi3's LongRoPE
SEED = 1

BASE = dict(vocab_size=96, hidden_size=64, intermediate_size=96,
            num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=192, rms_norm_eps=1e-5,
            tie_word_embeddings=False, bos_token_id=None, eos_token_id=None,
            pad_token_id=None)


def base(**changes):
    c = dict(BASE)
    c.update(changes)
    return {k: v for k, v in c.items() if v != "drop"}


def rope(kind="default", theta=10000.0, **more):
    return dict(rope_type=kind, rope_theta=theta, **more)


LLAMA3 = rope("llama3", 500000.0, factor=8.0, low_freq_factor=1.0,
              high_freq_factor=4.0, original_max_position_embeddings=64)
YARN = rope("yarn", 10000.0, factor=4.0, original_max_position_embeddings=64,
            beta_fast=8.0, beta_slow=1.0)
OSS_YARN = rope("yarn", 150000.0, factor=32.0, beta_fast=32.0, beta_slow=1.0,
                truncate=False, original_max_position_embeddings=64)
LONG = rope("longrope", 10000.0, original_max_position_embeddings=64,
            short_factor=[1.0, 1.1, 1.2, 1.3, 1.4, 1.5],
            long_factor=[1.0, 1.5, 2.0, 3.0, 5.0, 9.0])
FALCON = dict(vocab_size=96, hidden_size=64, num_hidden_layers=3,
              num_attention_heads=4, layer_norm_epsilon=1e-5, alibi=False,
              bias=False, parallel_attn=True, hidden_dropout=0.0,
              attention_dropout=0.0, max_position_embeddings=2048,
              bos_token_id=None, eos_token_id=None, tie_word_embeddings=True)
GEMMA = base(head_dim=16, num_hidden_layers=4, query_pre_attn_scalar=24,
             sliding_window=24, tie_word_embeddings=True,
             hidden_activation="gelu_pytorch_tanh",
             max_position_embeddings=192)

MPT = dict(d_model=96, n_heads=6, n_layers=3, expansion_ratio=4,
           max_seq_len=256, vocab_size=96, no_bias=True,
           layer_norm_epsilon=1e-5, bos_token_id=None, eos_token_id=None,
           tie_word_embeddings=True)

# name: (configuration class, its arguments)
MODELS = {
    "llama-plain": ("LlamaConfig", base(num_key_value_heads=4,
                                        rope_parameters=rope())),
    "llama": ("LlamaConfig", base(rope_parameters=LLAMA3)),
    "llama-linear": ("LlamaConfig", base(
        tie_word_embeddings=True, rope_parameters=rope("linear", factor=4.0))),
    "llama-yarn": ("LlamaConfig", base(rope_parameters=YARN)),
    "mistral": ("MistralConfig", base(sliding_window=24, head_dim=16,
                                      rope_parameters=rope())),
    # GGUF has no place for mistral's window, nor for the other scale of
    # gemma2's scores: these have neither.
    "mistral-full": ("MistralConfig", base(sliding_window=None, head_dim=16,
                                           rope_parameters=rope())),
    "gemma2-heads": ("Gemma2Config", dict(
        GEMMA, query_pre_attn_scalar=16, attn_logit_softcapping=5.0,
        final_logit_softcapping=8.0, rope_parameters=rope())),
    "qwen2": ("Qwen2Config", base(tie_word_embeddings=True,
                                  use_sliding_window=False,
                                  rope_parameters=rope(theta=1000000.0))),
    "qwen2-yarn": ("Qwen2Config", base(use_sliding_window=False,
                                       rope_parameters=YARN)),
    "qwen3": ("Qwen3Config", base(head_dim=32, use_sliding_window=False,
                                  rope_parameters=rope(theta=1000000.0))),
    "gptneox": ("GPTNeoXConfig", base(
        num_key_value_heads="drop", rms_norm_eps="drop", layer_norm_eps=1e-5,
        rotary_pct=0.25, hidden_act="gelu", use_parallel_residual=True,
        rope_parameters=rope(partial_rotary_factor=0.25))),
    "gptneox-sequential": ("GPTNeoXConfig", base(
        num_key_value_heads="drop", rms_norm_eps="drop", layer_norm_eps=1e-5,
        rotary_pct=0.5, hidden_act="gelu", use_parallel_residual=False,
        rope_parameters=rope(partial_rotary_factor=0.5))),
    "falcon-7b": ("FalconConfig", dict(FALCON, multi_query=True,
                                       new_decoder_architecture=False)),
    "falcon-40b": ("FalconConfig", dict(FALCON, multi_query=True,
                                        num_kv_heads=2,
                                        new_decoder_architecture=True)),
    "mpt": ("MptConfig", dict(MPT, attn_config=dict(
        alibi=True, alibi_bias_max=8, clip_qkv=1.5))),
    "mpt-unclipped": ("MptConfig", dict(MPT, n_heads=8, attn_config=dict(
        alibi=True, alibi_bias_max=8))),
    "phi3": ("Phi3Config", base(
        partial_rotary_factor=0.75, original_max_position_embeddings=64,
        sliding_window=None,
        rope_parameters=dict(LONG, partial_rotary_factor=0.75))),
    # As the 4k models: plain rotation, and a window in every layer.
    "phi3-window": ("Phi3Config", base(
        original_max_position_embeddings=192, sliding_window=24,
        rope_parameters=rope())),
    "smollm3": ("SmolLM3Config", base(num_hidden_layers=4,
                                      no_rope_layer_interval=4,
                                      use_sliding_window=False,
                                      tie_word_embeddings=True,
                                      rope_parameters=rope(theta=5e6))),
    "olmo2": ("Olmo2Config", base(rope_parameters=rope(theta=500000.0))),
    "gemma2": ("Gemma2Config", dict(
        GEMMA, attn_logit_softcapping=5.0, final_logit_softcapping=8.0,
        rope_parameters=rope())),
    "gemma3": ("Gemma3TextConfig", dict(
        GEMMA, num_hidden_layers=6, num_key_value_heads=1,
        query_pre_attn_scalar=16,
        layer_types=["sliding_attention"] * 5 + ["full_attention"],
        rope_parameters={
            "full_attention": rope("linear", 1000000.0, factor=8.0),
            "sliding_attention": rope(theta=10000.0)})),
    "gpt-oss": ("GptOssConfig", base(
        head_dim=16, num_hidden_layers=4, sliding_window=24,
        num_local_experts=4, num_experts_per_tok=2, intermediate_size=64,
        layer_types=["sliding_attention", "full_attention"] * 2,
        attention_bias=True, attention_dropout=0.0,
        initial_context_length=64, rope_parameters=OSS_YARN)),
}


# ---- weights ---------------------------------------------------------------

def splitmix64(x):
    """The full generator step, on uint64 arrays."""
    with np.errstate(over="ignore"):
        z = (x + np.uint64(0x9E3779B97F4A7C15))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def fnv1a64(name):
    h = 0xCBF29CE484222325
    for b in name.encode():
        h = ((h ^ b) * 0x100000001B3) & MASK
    return h


def values(name, n):
    """n numbers in [-1, 1), multiples of 2^-23: exact in float32."""
    start = (fnv1a64(name) + SEED) & MASK
    with np.errstate(over="ignore"):
        u = splitmix64(np.uint64(start) + np.arange(n, dtype=np.uint64))
    return (u >> np.uint64(40)).astype(np.float64) / 2**23 - 1


def weight(name, shape, gemma):
    """Vectors: norms are 1 + v / 4 (v / 4 where the model adds the 1), all
    others v / 4.  Matrices: v, but for embeddings times a power of two near
    2 / sqrt(columns); of the stacks of experts, shape[1] is the input."""
    v = values(name, math.prod(shape))
    if len(shape) == 1:
        norm = name.endswith(".weight") and not gemma
        v = v / 4 + (1 if norm else 0)
    elif "embed" not in name and "wte" not in name and not (
            len(shape) == 2 and name.endswith("_bias")):
        v = v * 2.0 ** (1 - round(math.log2(math.sqrt(shape[1]))))
    return torch.from_numpy(v.reshape(shape)).float()


def make(kind, arguments):
    config = getattr(transformers, kind)(**arguments)
    config._attn_implementation = "eager"
    try:
        config._experts_implementation = "eager"
    except Exception:
        pass
    model = transformers.AutoModelForCausalLM.from_config(
        config, attn_implementation="eager").eval().float()
    gemma = kind.startswith("Gemma")
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(weight(name, tuple(p.shape), gemma))
    model.tie_weights()
    return model


# ---- scores ----------------------------------------------------------------

def scores(logits, target):
    """Surprisal of target and entropy of the prediction, in bits."""
    lp = torch.log_softmax(logits.double(), -1) / math.log(2)
    return -lp[target].item(), -(lp.exp2() * lp).sum().item()


def dense(model, ids):
    with torch.no_grad():
        logits = model(torch.tensor([ids]), use_cache=False).logits[0]
    return [scores(logits[i - 1], ids[i]) for i in range(1, len(ids))]


def half_turn(x):
    a, b = x.chunk(2, -1)
    return torch.cat((-b, a), -1)


def rotated(x, cos, sin):
    """x (heads, n, d) by cos, sin (n, dims or dims / 2), its first dims."""
    if 2 * cos.shape[-1] <= x.shape[-1] and ROTARY_HALVES:
        cos, sin = torch.cat((cos, cos), -1), torch.cat((sin, sin), -1)
    dims = cos.shape[-1]
    y = x[..., :dims] * cos + half_turn(x[..., :dims]) * sin
    return torch.cat((y, x[..., dims:]), -1)


ROTARY_HALVES = False


class Streaming:
    """One token after another through a model whose attention is ours."""

    def __init__(self, model, sinks, recent):
        self.model, self.sinks, self.recent = model, sinks, recent
        self.cache = {}
        self.undo = []
        self.rotary = {}   # name of the module's role -> its own forward
        self.code = sys.modules[type(model).__module__]
        layers = [m for n, m in model.named_modules()
                  if type(m).__name__.endswith("Attention")]
        self.index = {id(m): i for i, m in enumerate(layers)}

    def replace(self, where, name, what):
        self.undo.append((where, name, getattr(where, name),
                          name in vars(where)))
        setattr(where, name, what)

    def __enter__(self):
        # A rotation by no angle, whatever the model asks for.
        for name, m in self.model.named_modules():
            if not type(m).__name__.endswith("RotaryEmbedding"):
                continue
            own = m.forward
            self.rotary[name.rsplit(".", 1)[-1]] = (m, own)

            def none(*a, own=own, **k):
                cos, sin = own(*a, **k)
                return torch.ones_like(cos), torch.zeros_like(sin)
            self.replace(m, "forward", none)
        if type(self.model).__name__.startswith("Mpt"):
            self.each("MptAttention", self.mpt)
        elif hasattr(self.code, "eager_attention_forward"):
            self.replace(self.code, "eager_attention_forward", self.attend)
        else:
            self.each("FalconAttention", self.falcon)
        return self

    def each(self, kind, forward):
        for m in self.model.modules():
            if type(m).__name__ == kind:
                self.replace(m, "forward",
                             lambda *a, m=m, **k: forward(m, *a, **k))

    def __exit__(self, *_):
        for where, name, old, own in reversed(self.undo):
            if own:
                setattr(where, name, old)
            else:
                delattr(where, name)

    def angles(self, module, layer):
        """cos, sin of places 0 .. S + R in this layer; None: no rotation."""
        if not self.rotary or not getattr(module, "use_rope", True):
            return None
        m, own = self.rotary["rotary_emb"]
        config = self.model.config
        at = torch.arange(self.sinks + self.recent + 1)[None]
        x = torch.zeros(1, dtype=torch.float64)
        types = getattr(config, "layer_types", None)
        more = {}
        if "layer_type" in inspect.signature(type(m).forward).parameters:
            more["layer_type"] = types[layer]
        elif ("rotary_emb_local" in self.rotary and types is not None and
              types[layer] == "sliding_attention"):
            own = self.rotary["rotary_emb_local"][1]
        cos, sin = own(x, at, **more)
        return cos[0].double(), sin[0].double()

    def visible(self, layer, k, v, window):
        """Take this token's key and value (heads, 1, d); return the keys and
        values that it sees, in a row."""
        if layer in self.cache:
            k = torch.cat([self.cache[layer][0], k], 1)
            v = torch.cat([self.cache[layer][1], v], 1)
        sinks, recent = self.sinks, self.recent
        if window and window <= recent:
            sinks, recent = 0, window - 1
        n = k.shape[1]
        if n > sinks + recent + 1:
            keep = list(range(sinks)) + list(range(n - recent - 1, n))
            k, v = k[:, keep], v[:, keep]
        self.cache[layer] = (k, v)
        return k, v

    def weigh(self, q, k, v, scale, bias=None, cap=None, sink_logits=None):
        """q (heads, 1, d), k and v (kv heads, n, d) -> (heads, 1, d)."""
        group = q.shape[0] // k.shape[0]
        k, v = k.repeat_interleave(group, 0), v.repeat_interleave(group, 0)
        s = q @ k.transpose(1, 2) * scale
        if cap is not None:
            s = torch.tanh(s / cap) * cap
        if bias is not None:
            s = s + bias
        if sink_logits is not None:
            s = torch.cat([s, sink_logits.reshape(-1, 1, 1).to(s.dtype)], -1)
        p = torch.softmax(s.double(), -1)[..., :k.shape[1]]
        return p.to(v.dtype) @ v

    def turned(self, module, layer, q, k):
        t = self.angles(module, layer)
        if t is None:
            return q, k
        n = k.shape[1]
        cos, sin = t[0][:n], t[1][:n]
        return (rotated(q, cos[n - 1:], sin[n - 1:]), rotated(k, cos, sin))

    def attend(self, module, query, key, value, attention_mask, *_,
               scaling=None, sliding_window=None, softcap=None, **more):
        layer = module.layer_idx if getattr(module, "layer_idx", None) \
            is not None else self.index[id(module)]
        window = sliding_window or getattr(module, "sliding_window", None)
        types = getattr(self.model.config, "layer_types", None)
        if types is not None and types[layer] == "full_attention":
            window = None
        k, v = self.visible(layer, key[0], value[0], window)
        q, k = self.turned(module, layer, query[0], k)
        scale = scaling if scaling is not None else module.scaling
        sink_logits = more.get("s_aux", getattr(module, "sinks", None))
        out = self.weigh(q, k, v, scale, cap=softcap, sink_logits=sink_logits)
        return out.transpose(0, 1)[None].contiguous(), None

    def falcon(self, module, hidden_states, *_, **__):
        layer = self.index[id(module)]
        q, k, v = module._split_heads(module.query_key_value(hidden_states))
        q, k, v = (x[0].transpose(0, 1) for x in (q, k, v))
        k, v = self.visible(layer, k, v, None)
        q, k = self.turned(module, layer, q, k)
        out = self.weigh(q, k, v, module.head_dim ** -0.5)
        return module.dense(out.transpose(0, 1).reshape(1, 1, -1)), None

    def mpt(self, module, hidden_states, position_bias, *_, **__):
        layer = self.index[id(module)]
        mixed = module.Wqkv(hidden_states)
        clip = self.model.config.attn_config.clip_qkv
        if clip:
            mixed = mixed.clamp(-clip, clip)
        q, k, v = (x.reshape(module.n_heads, 1, module.head_dim)
                   for x in mixed.chunk(3, 2))
        k, v = self.visible(layer, k, v, None)
        bias = position_bias[:, :, -k.shape[1]:].double()
        out = self.weigh(q, k, v, module.softmax_scale, bias=bias)
        return module.out_proj(out.reshape(1, 1, -1)), None

    def run(self, ids):
        out = []
        with torch.no_grad():
            for i in range(len(ids) - 1):
                r = self.model(torch.tensor([ids[i:i + 1]]), use_cache=False)
                out.append(scores(r.logits[0, 0], ids[i + 1]))
        return out


def check_streaming(model, ids):
    """With room for everything the streaming code is the dense one."""
    n = 40
    with Streaming(model, 4, 50) as s:
        got = s.run(ids[:n])
    want = dense(model, ids[:n])
    return max(abs(a[0] - b[0]) for a, b in zip(got, want))


# ---- files -----------------------------------------------------------------

def save(model, where, vocab):
    where.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(where, safe_serialization=True) if "safe" in str(
        inspect.signature(model.save_pretrained)) else \
        model.save_pretrained(where)
    config = json.loads((where / "config.json").read_text())
    from safetensors.numpy import load_file
    tensors = load_file(where / "model.safetensors")
    # What the converter asks for, though there is nothing to tokenize.
    (where / "tokenizer.json").write_text(json.dumps(
        {"model": {"vocab": {f"t{i}": i for i in range(vocab)}},
         "added_tokens": []}))
    return config, tensors


def one(name, out, work, conv):
    kind, arguments = MODELS[name]
    global ROTARY_HALVES
    ROTARY_HALVES = kind == "GptOssConfig"
    model = make(kind, arguments)
    config, tensors = save(model, work / name, 96)
    compact = json.dumps(config, sort_keys=True, separators=(",", ":"))
    (work / name / "config-saved.json").write_text(compact)
    model = model.double()
    ids = [int(x) % 96 for x in splitmix64(np.arange(1000, 1200,
                                                     dtype=np.uint64))]
    params = dict(model.named_parameters())
    lines = [f"# Made by arch_torch.py with torch {torch.__version__}, "
             f"transformers {transformers.__version__}.",
             f"config {compact}"]
    for t in sorted(tensors):
        line = (f"tensor {t} {'x'.join(map(str, tensors[t].shape))} "
                f"{tensors[t].dtype} {sha(tensors[t])}")
        if t not in params:  # another name in memory than in the file
            line += " " + next(n for n, p in params.items() if np.array_equal(
                p.detach().float().numpy(), tensors[t]))
        lines.append(line)
    if conv is not None:
        try:
            gguf_tensors, keys = convert(conv, work / name,
                                         work / f"{name}.gguf", tensors)
            lines.append("keys " + json.dumps(keys, sort_keys=True,
                                              separators=(",", ":")))
            for t, (typ, shape, digest, of) in sorted(gguf_tensors.items()):
                lines.append(f"gguf {t} {'x'.join(map(str, shape))} {typ} "
                             f"{digest} {of}")
        except (Exception, SystemExit):
            (out / f"{name}.gguf-error.txt").write_text(
                traceback.format_exc())
    lines.append("ids " + " ".join(map(str, ids)))
    lines.append(f"run dense {DENSE}")
    for i, (b, h) in enumerate(dense(model, ids[:DENSE]), 1):
        lines.append(f"{i} {b:.6f} {h:.6f}")
    same = check_streaming(model, ids)
    print(f"{name}: streaming with room for all differs from dense by "
          f"{same:.2g} bits", flush=True)
    for s, r, n in STREAMS + (LONG_STREAMS if name == "phi3" else []):
        lines.append(f"run stream {s} {r} {n}")
        with Streaming(model, s, r) as st:
            for i, (b, h) in enumerate(st.run(ids[:n]), 1):
                lines.append(f"{i} {b:.6f} {h:.6f}")
    if same > 1e-4:
        lines.append(f"# WARNING: streaming is not dense by {same}")
    (out / f"{name}.txt").write_text("\n".join(lines) + "\n")


def main():
    out = pathlib.Path(sys.argv[1])
    work = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else out / "models"
    out.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    conv = None
    try:
        if len(sys.argv) > 3:
            conv = converter(sys.argv[3])
    except Exception:
        (out / "converter-error.txt").write_text(traceback.format_exc())
    torch.set_num_threads(4)
    for name in sys.argv[4:] or MODELS:
        try:
            one(name, out, work, conv)
        except Exception:
            (out / f"{name}.error.txt").write_text(traceback.format_exc())
            print(f"{name}: FAILED", flush=True)


if __name__ == "__main__":
    main()
