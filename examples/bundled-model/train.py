#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains a model on shards of tokens, for a given time.

    train.py --shards DIR --out DIR [--seconds 460] [--width 256 ...]

What only this file knows: the optimizer, its schedule, and the mixture of
windows.  Shards are uint16 arrays, (contexts, length), that other processes
write while this one trains; every context is used once as long as they keep
up.  Matrices take Muon, embedding and norms AdamW; the rate falls to nothing
over the last 55% of the time.  A file OUT/stop ends it sooner.  Under torchrun,
the GPUs of one machine share each batch: every process has shards of its own,
and makes the same steps.
"""
import argparse
import glob
import json
import math
import os
import time
import zlib

import numpy as np
import torch
import torch.distributed as dist

import model as llama

WARMUP = 150  # steps
DECAY = 0.55  # of the time
WATCHED = 4  # cache lengths of each unseen text, the last of them counts
UNSEEN = 65_536  # tokens of such texts
AT_ONCE = 8_192  # of them: every key is scored for every query


def options():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--shards", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--begin", metavar="DIR",
                   help="a model of the same shape to go on from")
    p.add_argument("--seconds", type=float, default=460)
    p.add_argument("--until", type=float, default=0, metavar="TIME",
                   help="end at this time instead, in seconds of the epoch")
    p.add_argument("--batch", type=int, default=32, help="contexts a step")
    p.add_argument("--rate", type=float, default=3e-3, help="of AdamW")
    p.add_argument("--muon", type=float, default=2e-3,
                   help="rate of Muon; 0: AdamW for all")
    p.add_argument("--decay", type=float, default=0.1, help="weight decay")
    p.add_argument("--decay-all", action="store_true",
                   help="of embedding, norms and biases as well")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--dense", action="store_true",
                   help="no sink, every token sees all before it")
    p.add_argument("--bias", action="store_true",
                   help="queries, keys and values have biases")
    p.add_argument("--no-bos", action="store_true",
                   help="do not put token 0 before each context")
    p.add_argument("--theta", type=float, default=10000.0,
                   help="of the rotary angles")
    p.add_argument("--graph", action="store_true",
                   help="of a dense model, with AdamW: a step is one CUDA "
                        "graph, which the processor starts at once")
    p.add_argument("--watch", type=float, default=0,
                   help="of a dense model: seconds after which its sinks are "
                        "looked at, and the model is saved; the shards have "
                        "an unseen.npy")
    p.add_argument("--memory", type=int, default=4_000_000_000,
                   help="tokens held on the device, two bytes each")
    for name, value in (("vocab", 8192), ("width", 256), ("layers", 8),
                        ("heads", 4), ("kv_heads", 2), ("ffn", 704),
                        ("length", 4096), ("short", 512)):
        p.add_argument("--" + name.replace("_", "-"), type=int, default=value)
    p.add_argument("--long", default="1,3,5,7", metavar="LAYERS",
                   help="those that see more than --short tokens, from 0 on")
    return p.parse_args()


class Team:
    """The processes that torchrun started, a device each: they share a batch.
    Without torchrun, one that does all."""

    def __init__(self):
        self.rank = int(os.environ.get("RANK", 0))
        self.size = int(os.environ.get("WORLD_SIZE", 1))
        torch.cuda.set_device(self.rank)
        if self.size > 1:
            dist.init_process_group("nccl")

    def share_gradients(self, params):
        """Each gets the mean of all: one message, of all gradients."""
        if self.size == 1:
            return
        grads = [p.grad for p in params]
        all_of = torch.cat([g.flatten() for g in grads])
        dist.all_reduce(all_of, dist.ReduceOp.AVG)
        parts = all_of.split([g.numel() for g in grads])
        torch._foreach_copy_(grads, [part.view_as(g)
                                     for part, g in zip(parts, grads)])

    def agree(self, number):
        """The first one's number, for all: clocks differ."""
        if self.size == 1:
            return number
        told = torch.tensor([number], dtype=torch.float64, device="cuda")
        dist.broadcast(told, 0)
        return told.item()

    def end(self):
        if self.size > 1:
            dist.destroy_process_group()


class Shards:
    """Contexts, on the device; each is given out once, in a random order,
    then again from the beginning if no new one came."""

    def __init__(self, folder, length, device, seed, team, memory):
        self.folder, self.device, self.team = folder, device, team
        self.length = length
        self.pool = torch.empty(memory // length, length, dtype=torch.int16,
                                device=device)
        self.n, self.seen, self.again = 0, set(), 0
        self.random = np.random.default_rng(seed)
        self.order = []

    def read(self, most=16):
        new = [name for name in glob.glob(self.folder + "/s*.npy")
               if zlib.crc32(name.encode()) % self.team.size == self.team.rank]
        new = sorted(set(new) - self.seen, key=os.path.getmtime)
        for name in new[:most]:
            # A shard of longer contexts is one of more.
            a = torch.from_numpy(np.load(name).view(np.int16)).view(
                -1, self.length)
            self.seen.add(name)
            if self.n + len(a) > len(self.pool):
                return
            self.pool[self.n:self.n + len(a)] = a.to(self.device)
            self.order += range(self.n, self.n + len(a))
            self.n += len(a)

    def take(self, count):
        if len(self.order) < count:
            self.order = list(range(self.n))
            self.again += 1
        # A random pick, its place filled by the last: constant time.
        picked = []
        for share in self.random.random(count):
            i = int(share * len(self.order))
            self.order[i], self.order[-1] = self.order[-1], self.order[i]
            picked.append(self.order.pop())
        rows = self.pool[torch.tensor(picked).pin_memory().to(
            self.device, non_blocking=True)]
        return rows.long() & 0xffff


def orthogonal(g):
    """Newton-Schulz: the nearest matrices, roughly, of equal singular values
    (Jordan et al., Muon).  (matrices, rows, columns)."""
    x = g.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        y = x @ x.mT
        x = 3.4445 * x + (-4.7750 * y + 2.0315 * y @ y) @ x
    return (x.mT if tall else x).float()


class Muon:
    """Momentum whose steps are made orthogonal; matrices of one shape at once.
    """

    def __init__(self, params, rate, decay, momentum=0.95):
        self.groups = {}
        for p in params:
            self.groups.setdefault(tuple(p.shape), []).append(p)
        self.state = {k: torch.zeros((len(v), *k), device=v[0].device)
                      for k, v in self.groups.items()}
        self.rate, self.decay, self.momentum = rate, decay, momentum

    @torch.no_grad()
    def step(self, factor):
        rate = self.rate * factor
        for size, params in self.groups.items():
            g = torch.stack([p.grad for p in params]).float()
            m = self.state[size].lerp_(g, 1 - self.momentum)
            u = orthogonal(g.lerp(m, self.momentum)) * 0.2 * max(size) ** 0.5
            torch._foreach_mul_(params, 1 - rate * self.decay)
            torch._foreach_add_(params, list(u.unbind()), alpha=-rate)


class Graph:
    """A step, recorded once and replayed: what it computes it leaves where it
    did then.  It is made on the stream that it runs on, which is not the
    default one."""

    def __init__(self, step, batch):
        self.batch = [t.clone() for t in batch]
        for _ in range(3):
            step(*self.batch)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, stream=torch.cuda.current_stream()):
            step(*self.batch)

    def __call__(self, *batch):
        for ours, new in zip(self.batch, batch):
            ours.copy_(new)
        self.graph.replay()


def windows_of(args, device):
    """A quarter of the batch at 1,024, three eighths at 2,048, the rest at the
    whole length: one model for every window between them."""
    n = args.batch
    few, some = n // 4, n * 3 // 8
    w = [1024] * few + [2048] * some + [args.length] * (n - few - some)
    return torch.tensor(w, device=device)


def main():
    args, start, team = options(), time.time(), Team()
    if args.watch and not args.dense:
        raise SystemExit("train.py: only a dense model is watched")
    if args.graph and (not args.dense or args.muon or team.size > 1):
        raise SystemExit("train.py: --graph is for a dense model, AdamW, and "
                         "one GPU")
    if args.batch % team.size:
        raise SystemExit("train.py: the batch is not a multiple of the GPUs")
    args.batch //= team.size
    each_step = args.batch * team.size * args.length  # tokens

    def say(*what):
        if team.rank == 0:
            print(f"[{time.time() - start:6.1f}]", *what, flush=True)

    device = torch.device("cuda")
    torch.manual_seed(args.seed)
    if args.graph:
        torch.cuda.set_stream(torch.cuda.Stream())
    torch.set_float32_matmul_precision("high")
    shape = llama.Shape(
        vocab=args.vocab, width=args.width, layers=args.layers,
        heads=args.heads, kv_heads=args.kv_heads, ffn=args.ffn,
        bias=args.bias, length=args.length,
        short=0 if args.dense else args.short,
        long=tuple(map(int, args.long.split(","))),
        sink=not args.dense, theta=args.theta)
    if not args.dense:
        error = llama.check(shape, device)
        say(f"attention differs from softmax written out by {error:.1e}")
        if error > 0.03:
            raise SystemExit("train.py: the attention kernels are wrong")
    net = llama.Model(shape).to(device)
    if args.begin:
        llama.load(net, args.begin)
    say(f"{sum(p.numel() for p in net.parameters()) / 1e6:.2f}M parameters,"
        f" {shape.mflop(2048):.1f} MFLOP a token at 2,048")
    masks = llama.Masks(shape, windows_of(args, device), args.length)
    inner = [p for p in net.blocks.parameters() if p.dim() == 2]
    rest = [p for p in net.parameters() if not any(p is q for q in inner)]
    muon = Muon(inner, args.muon, args.decay) if args.muon else None
    groups = [{"params": rest,
               "weight_decay": args.decay if args.decay_all else 0.0}]
    if muon is None:
        groups.append({"params": inner, "weight_decay": args.decay})
    adam = torch.optim.AdamW(
        groups, lr=torch.tensor(args.rate, device=device) if args.graph else
        args.rate, betas=(0.9, 0.95), fused=True, capturable=args.graph)
    forward = (llama.compiled(net) if args.dense else
               torch.compile(net, dynamic=False))
    shards = Shards(args.shards, args.length, device, args.seed + team.rank,
                    team, args.memory)
    while shards.n < 8 * args.batch:
        shards.read()
        time.sleep(0.2)
    sink = torch.zeros(args.batch, 1, dtype=torch.long, device=device)

    def batch():
        t = shards.take(args.batch)
        return ((t[:, :-1].contiguous(), t[:, 1:].contiguous())
                if args.no_bos else (torch.cat((sink, t[:, :-1]), 1), t))

    if args.no_bos:
        masks = llama.Masks(shape, windows_of(args, device), args.length - 1)
    forward(*batch(), masks).mean().backward()
    total = torch.zeros((), device=device)

    def update(ids, targets):
        net.zero_grad(set_to_none=True)
        loss = forward(ids, targets, masks).mean()
        loss.backward()
        team.share_gradients(list(net.parameters()))
        torch.nn.utils.clip_grad_norm_(rest if muon else net.parameters(), 1.0)
        adam.step()
        total.add_(loss.detach())

    def set_rate(factor):
        for group in adam.param_groups:
            if args.graph:
                group["lr"].fill_(args.rate * factor)
            else:
                group["lr"] = args.rate * factor

    torch.cuda.synchronize()
    say("compiled")
    if args.graph:
        set_rate(1 / WARMUP)
        update = Graph(update, batch())
        total.zero_()
        say("recorded")
    begin, step, history, told = time.time(), 0, [], time.time()
    looked = begin
    lasts = max(args.until - begin, 1e-9) if args.until else args.seconds

    def save():
        llama.save(net, args.out, not args.no_bos, train_steps=step,
                   train_tokens=step * each_step)
        with open(os.path.join(args.out, "history.json"), "w") as f:
            json.dump({"args": vars(args), "gpus": team.size,
                       "nats": history}, f)

    while True:
        if step % 4 == 0:
            share = team.agree((time.time() - begin) / lasts
                               if not os.path.exists(args.out + "/stop")
                               else 1.0)
        if share >= 1:
            break
        factor = min(1, (step + 1) / WARMUP) * min(1, (1 - share) / DECAY)
        set_rate(factor)
        update(*batch())
        if muon:
            muon.step(factor)
        step += 1
        if step % 16 == 0:
            shards.read()
        if step % 4 == 0:
            torch.cuda.current_stream().synchronize()
        if step % 100 == 0:
            nats, now = float(total) / 100, time.time()
            speed = 100 * each_step / (now - told) / 1e6
            say(f"step {step} nats {nats:.4f} {speed:.2f}M tokens/s"
                f" read {shards.n} again {shards.again}")
            history.append((step, nats))
            if args.watch and team.rank == 0 and now - looked > args.watch:
                save()
                watch(net, args, masks, say)
                looked = now = time.time()
            total.zero_()
            told = now
    say("bits a token by place", by_place(forward, batch, masks))
    team.end()
    if team.rank > 0:
        return
    save()
    tokens = step * each_step
    if args.watch:
        watch(net, args, masks, say)
    say(f"done: {step} steps, {tokens / 1e6:.0f}M tokens,"
        f" {shards.n} contexts, read again {shards.again} times")


def watch(net, args, masks, say):
    """Where a dense model's attention goes, and what it loses without its
    first tokens: of unseen texts some times as long as the cache, which is as
    long as a context, the end, where nothing that a first token was part of is
    left."""
    each = WATCHED * args.length
    ids = np.load(os.path.join(args.shards, "unseen.npy"))
    ids = torch.from_numpy(ids[:UNSEEN // each * each].astype(np.int64))
    ids = ids.view(-1, each).to(masks.tables[0].device)
    if not args.no_bos:
        ids = torch.cat((torch.zeros_like(ids[:, :1]), ids[:, :-1]), 1)
    once = ids[:8, :len(masks.tables[0])]
    found = list(llama.sinks(net, once, masks))
    say("first token's share by layer", " ".join(
        f"{mean:.0%}/{most:.0%}" for mean, most, _, _ in found),
        "other tokens", " ".join(
            f"{token}:{share:.0%}" for _, _, token, share in found))
    bits = {kept: sum(len(part) * llama.streamed(
                net, part, args.length, kept, each - args.length)
                for part in ids.split(max(1, AT_ONCE // each)))
            / len(ids) / math.log(2) for kept in (0, 1, 2, 4)}
    say("bits a token with sinks", " ".join(
        f"{kept}: {b:.3f}" for kept, b in bits.items()))


def by_place(forward, batch, masks):
    """Fresh contexts, by how much came before."""
    # With gradients, as it was compiled: else it would be once more.
    bits = sum(forward(*batch(), masks).mean(0).detach() for _ in range(8))
    bits = bits / 8 / math.log(2)
    ends = [end for end in (1, 64, 256, 512, 1024, 2048) if end < len(bits)]
    ends.append(len(bits))
    return {end: round(float(bits[begin:end].mean()), 3)
            for begin, end in zip([0] + ends, ends)}


if __name__ == "__main__":
    main()
