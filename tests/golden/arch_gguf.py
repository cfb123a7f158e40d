# SPDX-License-Identifier: MIT
"""The GGUF file that the public converter makes of a model of arch_torch.py:
its keys, and of each tensor which of transformers' it is, and by what rule.
mkgguf makes the file again by these."""
import hashlib
import importlib.util
import json
import pathlib
import sys

import numpy as np


def sha(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def old_names(path):
    """Add what converters of another age than transformers look for."""
    c = json.loads(path.read_text())
    r = c.get("rope_parameters") or {}
    if "rope_type" in r:
        c.setdefault("rope_theta", r["rope_theta"])
        if r["rope_type"] != "default":
            c.setdefault("rope_scaling", r)
            if "original_max_position_embeddings" in r:
                c.setdefault("original_max_position_embeddings",
                             r["original_max_position_embeddings"])
        if "partial_rotary_factor" in r:
            c.setdefault("rotary_pct", r["partial_rotary_factor"])
            c.setdefault("partial_rotary_factor", r["partial_rotary_factor"])
    if c.get("multi_query") and not c.get("new_decoder_architecture"):
        c["num_kv_heads"] = 1  # and not what only the 40B form means
    c["architectures"] = ["MPTForCausalLM" if a == "MptForCausalLM" else a
                          for a in c["architectures"]]
    path.write_text(json.dumps(c))


def no_vocab(self):
    """In place of a tokenizer: a model of bare ids, and how many."""
    w = self.gguf_writer
    w.add_tokenizer_model("no_vocab")
    if not any(k.endswith(".vocab_size") for kv in w.kv_data for k in kv):
        w.add_vocab_size(self.hparams["vocab_size"])


def converter(path):
    path = pathlib.Path(path)
    sys.path.insert(0, str(path.parent / "gguf-py"))
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location("converter", path)
    conv = importlib.util.module_from_spec(spec)
    sys.modules["converter"] = conv
    spec.loader.exec_module(conv)
    base = getattr(conv, "ModelBase", None)
    if base is not None:  # transformers forgets names that it has replaced
        load = base.load_hparams

        def loaded(where, *a, **k):
            c = json.loads((pathlib.Path(where) / "config.json").read_text())
            return {**c, **load(where, *a, **k)}
        base.load_hparams = staticmethod(loaded)
    kinds = list(vars(conv).values())
    # Newer ones have a file for each family, which is read when needed.
    if hasattr(conv, "get_model_class"):
        find = conv.get_model_class

        def found(*a, **k):
            c = find(*a, **k)
            c.set_vocab = no_vocab
            return c
        conv.get_model_class = found
    for c in kinds:
        if isinstance(c, type) and hasattr(c, "set_vocab"):
            c.set_vocab = no_vocab
    return conv


def rules(config):
    """How the converter makes its matrices of transformers': (rule, function).
    `pairs H`: the two halves of a head's rows in turns.  `thirds H`: query, key
    and value of each head to three matrices.  `groups H G`: G times H / G
    queries, a key and a value, likewise.  `turned N K`: columns K, K + N, ...
    of each expert, as rows; a bias is a matrix of one row."""
    heads = config.get("num_attention_heads") or config.get("n_heads")
    groups = config.get("num_key_value_heads") or config.get("num_kv_heads")
    if config.get("multi_query") and not config.get(
            "new_decoder_architecture"):
        groups = 1

    def pairs(h):
        return lambda x: x.reshape(h, 2, len(x) // h // 2, -1).swapaxes(1, 2)

    def thirds(x):
        return x.reshape(heads, 3, len(x) // heads // 3, -1).swapaxes(0, 1)

    def in_groups(x):
        x = x.reshape(groups, heads // groups + 2, -1, x.shape[-1])
        return np.concatenate([x[:, i].reshape(-1) for i in (
            slice(0, -2), slice(-2, -1), slice(-1, None))])

    def turned(n, k):
        return lambda x: (x[:, None] if x.ndim == 2 else x).swapaxes(
            1, 2)[:, k::n]
    out = [("same", lambda x: x), ("more", lambda x: x + np.float32(1)),
           (f"pairs {heads}", pairs(heads)), (f"thirds {heads}", thirds),
           ("turned 1 0", turned(1, 0)), ("turned 2 0", turned(2, 0)),
           ("turned 2 1", turned(2, 1))]
    if groups:
        out += [(f"pairs {groups}", pairs(groups)),
                (f"groups {heads} {groups}", in_groups)]
    return out


def origin(data, tensors, config):
    """Whose tensor, by which rule, this is; or its numbers."""
    for name in sorted(tensors):
        for rule, made in rules(config):
            try:
                if np.array_equal(np.ravel(made(tensors[name])),
                                  np.ravel(data)):
                    return f"{name} {rule}"
            except (ValueError, IndexError):
                pass  # a rule for another shape
    return "- numbers " + " ".join(repr(float(x)) for x in np.ravel(data))


def convert(conv, where, out, sources={}):
    """The public converter's GGUF: its tensors and keys."""
    import gguf
    old_names(where / "config.json")
    argv = sys.argv
    sys.argv = ["convert", str(where), "--outtype", "f32", "--outfile",
                str(out)]
    try:
        conv.main()
    finally:
        sys.argv = argv
    reader = gguf.GGUFReader(str(out))
    config = json.loads((where / "config.json").read_text())
    tensors = {t.name: (str(t.tensor_type.name), [int(x) for x in t.shape],
                        sha(t.data), origin(t.data, sources, config))
               for t in reader.tensors}
    keys = {}
    for f in reader.fields.values():
        if f.name.startswith(("GGUF.", "general.", "tokenizer.")) and \
                f.name != "general.architecture":
            continue
        try:
            keys[f.name] = f.contents()
        except Exception as x:
            keys[f.name] = f"unreadable: {x}"
    return tensors, keys
