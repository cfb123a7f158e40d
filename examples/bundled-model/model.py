# SPDX-License-Identifier: MIT
"""A plain Llama, trained under the mask that the streaming cache gives it.

What only this file knows: the forward pass.  Shapes: (batch, heads, tokens,
head width).  A long layer sees the sink (token 0 of every sequence) and its
last `window` tokens, the sink at its place *inside the cache*, as the filter's
cache does; a short layer sees its last `short` tokens, itself included, and no
sink.  Softmax over window and sink is computed in two parts that are joined by
their log-sum-exps, which is exact.
"""
import dataclasses
import json
import math
import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention.flex_attention import (AuxRequest, create_block_mask,
                                               flex_attention)


@dataclasses.dataclass
class Shape:
    """Sizes of a model; `short` 0: every layer has the long window; `long`:
    those that have it otherwise, the others see `short` tokens."""
    vocab: int = 8192
    width: int = 256
    layers: int = 8
    heads: int = 4
    kv_heads: int = 2
    ffn: int = 704
    length: int = 4096
    theta: float = 10000.0
    eps: float = 1e-5
    short: int = 0
    long: tuple = (1, 3, 5, 7)
    sink: bool = True
    bias: bool = False  # of queries, keys and values: Qwen2's shape

    @property
    def head(self):
        return self.width // self.heads

    def is_short(self, layer):
        return self.short > 0 and layer not in self.long

    def mflop(self, window):
        """Multiply-adds count two: of one token at a full cache."""
        kv = 2 * self.kv_heads * self.head
        block = self.width * (2 * self.width + kv + 3 * self.ffn)
        keys = sum(min(self.short, window) if self.is_short(i) else window
                   for i in range(self.layers))
        return 2e-6 * (self.layers * block + self.vocab * self.width +
                       2 * keys * self.heads * self.head)


def rotation(positions, head, theta):
    """Cosines and sines, (..., head / 2), of positions (float64 angles)."""
    step = torch.arange(0, head, 2, dtype=torch.float64,
                        device=positions.device) / head
    angle = positions.double()[..., None] / theta ** step
    return angle.cos().float(), angle.sin().float()


def rotate(x, table):
    cos, sin = table
    a, b = x.float().chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1).to(x.dtype)


def norm(x, weight, eps):
    f = x.float()
    f = f * torch.rsqrt(f.pow(2).mean(-1, keepdim=True) + eps)
    return f.to(x.dtype) * weight.to(x.dtype)


class Masks:
    """What a batch sees: windows, one a sequence, (batch,)."""

    def __init__(self, shape, windows, length):
        place = torch.arange(length, device=windows.device)
        self.tables = rotation(place, shape.head, shape.theta)
        # The sink's distance stops growing where the cache is full.
        in_cache = torch.minimum(place[None], windows[:, None] + 1)
        self.sink_tables = tuple(t[:, None] for t in rotation(
            in_cache, shape.head, shape.theta))

        def long(b, _h, q, k):
            return ((k <= q) & (q - k <= windows[b]) &
                    ((k >= 1) | (q == 0)))

        def near(_b, _h, q, k):
            return (k <= q) & (q - k < shape.short)

        def block(rule, n):
            return create_block_mask(rule, B=n, H=None, Q_LEN=length,
                                     KV_LEN=length, device=windows.device)

        self.long = block(long, len(windows)) if shape.sink else None
        self.short = block(near, None) if shape.short else None


def with_sink(q, k, v, masks):
    """Attention of a long layer; q, k not rotated yet."""
    o, aux = flex_attention(
        rotate(q, masks.tables), rotate(k, masks.tables), v,
        block_mask=masks.long, enable_gqa=True,
        return_aux=AuxRequest(lse=True))
    each = q.shape[1] // k.shape[1]
    first_k = k[:, :, :1].repeat_interleave(each, 1).float()
    first_v = v[:, :, :1].repeat_interleave(each, 1).float()
    score = (rotate(q, masks.sink_tables).float() * first_k).sum(-1)
    share = torch.sigmoid(score * q.shape[-1] ** -0.5 - aux.lse.float())
    share = share[..., None]
    return (o.float() * (1 - share) + first_v * share).to(o.dtype)


def attend(q, k, v, masks, short):
    if masks.long is not None and not short:
        return with_sink(q, k, v, masks)
    q, k = rotate(q, masks.tables), rotate(k, masks.tables)
    if short:
        return flex_attention(q, k, v, block_mask=masks.short, enable_gqa=True)
    return F.scaled_dot_product_attention(q, k, v, is_causal=True,
                                          enable_gqa=True)


def project(x, weight, bias=None):
    return F.linear(x, weight.to(x.dtype),
                    None if bias is None else bias.to(x.dtype))


class Block(nn.Module):
    def __init__(self, shape, short):
        super().__init__()
        d, kv = shape.width, shape.kv_heads * shape.head
        out = (2 * shape.layers) ** -0.5

        def matrix(rows, cols, scale=1.0):
            return nn.Parameter(
                torch.randn(rows, cols) * 0.5 * cols ** -0.5 * scale)

        self.shape, self.short = shape, short
        self.q, self.k, self.v = matrix(d, d), matrix(kv, d), matrix(kv, d)
        if shape.bias:
            self.q_bias, self.k_bias, self.v_bias = (
                nn.Parameter(torch.zeros(n)) for n in (d, kv, kv))
        self.o = matrix(d, d, out)
        self.gate, self.up = matrix(shape.ffn, d), matrix(shape.ffn, d)
        self.down = matrix(d, shape.ffn, out)
        self.norm_in = nn.Parameter(torch.ones(d))
        self.norm_ffn = nn.Parameter(torch.ones(d))

    def heads(self, x):
        """Queries, keys and values of each head, not rotated."""
        s, (b, t, _) = self.shape, x.shape
        h = norm(x, self.norm_in, s.eps)
        # One product for all: small ones cost as much as large ones.
        h = project(h, torch.cat((self.q, self.k, self.v)), torch.cat(
            (self.q_bias, self.k_bias, self.v_bias)) if s.bias else None)
        return h.view(b, t, -1, s.head).transpose(1, 2).split(
            (s.heads, s.kv_heads, s.kv_heads), 1)

    def forward(self, x, masks, attend=attend):
        o = attend(*self.heads(x), masks, self.short)
        x = x + project(o.transpose(1, 2).reshape(x.shape), self.o)
        h = norm(x, self.norm_ffn, self.shape.eps)
        gate, up = project(h, torch.cat((self.gate, self.up))).chunk(2, -1)
        return x + project(F.silu(gate) * up, self.down)


class Model(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embed = nn.Parameter(torch.randn(shape.vocab, shape.width) * 0.02)
        self.blocks = nn.ModuleList(
            Block(shape, shape.is_short(i)) for i in range(shape.layers))
        self.norm = nn.Parameter(torch.ones(shape.width))

    def begin(self, ids):
        return F.embedding(ids, self.embed).to(torch.bfloat16)

    def nats(self, x, targets):
        """Of each target, (batch, tokens), by what the last block made."""
        x = norm(x, self.norm, self.shape.eps)
        logits = project(x, self.embed).float()
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(),
                               reduction="none").view(targets.shape)

    def forward(self, ids, targets, masks):
        x = self.begin(ids)
        for block in self.blocks:
            x = block(x, masks)
        return self.nats(x, targets)


def compiled(model):
    """Its forward pass, compiled a block at a time: equal blocks are compiled
    once, which is sooner done where many layers or many models are."""
    blocks = [torch.compile(block, dynamic=False) for block in model.blocks]
    nats = torch.compile(model.nats, dynamic=False)

    def forward(ids, targets, masks):
        x = model.begin(ids)
        for block in blocks:
            x = block(x, masks)
        return nats(x, targets)
    return forward


@torch.no_grad()
def streamed(model, ids, window, kept, past):
    """Nats a token of a dense model whose cache holds `window` tokens, the
    first `kept` of them sinks at their places in it: the mean over the tokens
    of ids, (batch, tokens), that come after `past` of them."""
    s, length = model.shape, ids.shape[1]
    place = torch.arange(length, device=ids.device)
    apart = place[:, None] - place[None]
    first = place[None] < kept
    unseen = (apart < 0) | ((apart > window - kept) & ~first)
    recent = rotation(place, s.head, s.theta)
    in_cache = rotation(place.clamp(max=window), s.head, s.theta)
    x = model.begin(ids)

    def cached(q, k, v, *_):
        k, v = (a.repeat_interleave(s.heads // s.kv_heads, 1)
                for a in (rotate(k, recent), v))
        score = (rotate(q, recent) @ k.mT).float()
        score[..., :kept] = (rotate(q, in_cache) @ k[:, :, :kept].mT).float()
        score = score.mul_(s.head ** -0.5).masked_fill_(unseen, -math.inf)
        return score.softmax(-1).to(v.dtype) @ v

    for block in model.blocks:
        x = block(x, None, cached)
    return model.nats(x[:, past:-1], ids[:, past + 1:]).mean().item()


@torch.no_grad()
def sinks(model, ids, masks):
    """Of each layer of a dense model, from the second half of each context:
    the share of its attention that the first token gets, the largest such
    share of a head, and the token of the vocabulary that gets most otherwise,
    with its share."""
    x = model.begin(ids)
    half, length = ids.shape[1] // 2, ids.shape[1]
    place = torch.arange(length, device=ids.device)
    later = place[None] > place[half:, None]
    for block in model.blocks:
        s = block.shape
        q, k = (rotate(a, masks.tables) for a in block.heads(x)[:2])
        k = k.repeat_interleave(s.heads // s.kv_heads, 1)
        score = (q[:, :, half:] @ k.transpose(-1, -2)).float()
        share = score.mul(s.head ** -0.5).masked_fill(
            later, -math.inf).softmax(-1).mean(2)  # (batch, heads, keys)
        first, rest = share[..., 0].mean(0), share[..., 1:].mean(1)
        tokens = torch.zeros(s.vocab, device=ids.device).index_add_(
            0, ids[:, 1:].flatten(), rest.flatten()) / len(ids)
        yield (first.mean().item(), first.max().item(),
               tokens.argmax().item(), tokens.max().item())
        x = block(x, masks)


def check(shape, device):
    """The flexible kernels against softmax written out; the largest relative
    error of outputs and gradients."""
    torch.manual_seed(0)
    length, windows = 512, torch.tensor([60, 200, 900], device=device)
    masks = Masks(shape, windows, length)
    i = torch.arange(length, device=device)
    apart = i[:, None] - i[None]
    worst = 0.0
    for short in {False, shape.short > 0}:
        q, k, v = (torch.randn(3, n, length, shape.head, device=device)
                   .mul(1.5).bfloat16().requires_grad_()
                   for n in (shape.heads, shape.kv_heads, shape.kv_heads))
        got = torch.compile(attend, dynamic=False)(q, k, v, masks, short)
        weight = torch.randn_like(got.float())
        grads = torch.autograd.grad((got.float() * weight).sum(), (q, k, v))
        fq, fk, fv = (x.detach().float().requires_grad_() for x in (q, k, v))
        each = shape.heads // shape.kv_heads
        wide = [x.repeat_interleave(each, 1) for x in (fk, fv)]
        score = rotate(fq, masks.tables) @ rotate(
            wide[0], masks.tables).transpose(-1, -2)
        seen = (apart >= 0) & (
            (apart < shape.short) if short else
            (apart <= windows[:, None, None, None]))
        if not short:
            sink = (rotate(fq, masks.sink_tables) * wide[0][:, :, :1]).sum(-1)
            score = torch.cat((sink[..., None], score[..., 1:]), -1)
            seen = seen | (i == 0)
        score = score.mul(shape.head ** -0.5).masked_fill(~seen, -math.inf)
        want = score.softmax(-1) @ wide[1]
        true = torch.autograd.grad((want * weight).sum(), (fq, fk, fv))
        for a, b in zip((got, *grads), (want, *true)):
            worst = max(worst, ((a.float() - b).norm() / b.norm()).item())
    return worst


NAMES = {
    "q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj",
    "o": "self_attn.o_proj", "gate": "mlp.gate_proj", "up": "mlp.up_proj",
    "down": "mlp.down_proj", "norm_in": "input_layernorm",
    "norm_ffn": "post_attention_layernorm",
}
BIASES = {"q_bias": "self_attn.q_proj", "k_bias": "self_attn.k_proj",
          "v_bias": "self_attn.v_proj"}


def tensors(model):
    """Its parameters, by the names that transformers gives them."""
    named = {"model.embed_tokens.weight": model.embed,
             "model.norm.weight": model.norm}
    for i, block in enumerate(model.blocks):
        for ours, theirs in NAMES.items():
            named[f"model.layers.{i}.{theirs}.weight"] = getattr(block, ours)
        for ours, theirs in BIASES.items() if model.shape.bias else ():
            named[f"model.layers.{i}.{theirs}.bias"] = getattr(block, ours)
    return named


@torch.no_grad()
def load(model, folder):
    """The weights of a model of the same shape that was saved."""
    from safetensors.torch import load_file

    saved = load_file(os.path.join(folder, "model.safetensors"))
    for name, parameter in tensors(model).items():
        parameter.copy_(saved[name])


def save(model, folder, bos, **facts):
    """As transformers saves a LlamaForCausalLM, or with biases a
    Qwen2ForCausalLM, in BF16.  Windows of layers are in `layer_windows` (0:
    the cache's own); `bos`: token 0 begins every context."""
    from safetensors.torch import save_file

    s = model.shape
    os.makedirs(folder, exist_ok=True)
    save_file({k: v.detach().to(torch.bfloat16).cpu().contiguous()
               for k, v in tensors(model).items()},
              os.path.join(folder, "model.safetensors"),
              metadata={"format": "pt"})
    config = dict(
        architectures=["Qwen2ForCausalLM" if s.bias else "LlamaForCausalLM"],
        model_type="qwen2" if s.bias else "llama",
        vocab_size=s.vocab, hidden_size=s.width, intermediate_size=s.ffn,
        num_hidden_layers=s.layers, num_attention_heads=s.heads,
        num_key_value_heads=s.kv_heads, head_dim=s.head, hidden_act="silu",
        rms_norm_eps=s.eps, rope_theta=s.theta,
        max_position_embeddings=s.length, tie_word_embeddings=True,
        attention_bias=s.bias, mlp_bias=False, torch_dtype="bfloat16", **facts)
    if bos:
        config.update(bos_token_id=0, eos_token_id=1)
    if s.short:
        config["layer_windows"] = [
            s.short if s.is_short(i) else 0 for i in range(s.layers)]
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(config, f, indent=1)
