"""`models/dashfusion_released.dsl`: an independent transcription of the released program's arithmetic, from notes on it.

One sample at a time as in the other cases. Behind the encoders the program has no masks, so a sample is padded here with
zero rows as it would be in its batch: text to the longest of the batch, audio and vision to the longest of the data.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import equations as eq
from cases_blocks import BERT
from cases_models import ANCHORS, COMPANIONS, LENS, streams
from harness import Case, Companions, Stream
from params import Scope

DEFAULT = {"d": 128, "heads": 8, "ff": 256, "inner": 256, "p": 8, "depth": 2, "layers": 2, "lambda": 0.2, "tau": 0.5}
SMALL = {"d": 16, "heads": 4, "ff": 24, "inner": 32, "p": 4}


def padded(x: Tensor, rows: int) -> Tensor:
    return torch.cat([x, torch.zeros(rows - len(x), x.shape[1], dtype=x.dtype)])


def gelu_ffn(p: Scope, x: Tensor, hidden: int) -> Tensor:
    p = p / "gelu"
    return eq.linear(p / "outer", eq.gelu(eq.linear(p / "inner", x, hidden)), x.shape[-1])


def text(p: Scope, tokens: Tensor, d: int, bert: dict) -> Tensor:
    """1: two maps without biases, GELU, LayerNorm; none of it where the encoder has the model's width."""
    x = eq.bert(p / "hidden", tokens, bert)
    if bert["hidden_size"] == d:
        return x
    p = p / "t" / "text_head"
    x = eq.gelu(eq.linear(p / "inner", x, d, bias=False))
    return eq.norm(p, eq.gelu(eq.linear(p / "outer", x, d, bias=False)))


def frames(p: Scope, x: Tensor, most: int, k: dict) -> Tensor:
    """2: post-norm layers with biases and an output projection, one more norm. Valid rows alone: the mask is honoured."""
    d, p = k["d"], p / "encoder"
    h = torch.cat([(p / "cls")("rows", 1, d), eq.linear(p / "projected", x, d)])
    h = h + (p / "place")("weight", most + 1, d)[: len(h)]
    for l in range(k["layers"]):
        q = p / "encoder_layer" / l
        mixed = eq.attend(*(eq.linear(q / name, h, d) for name in ("query", "key", "value")), k["heads"])
        z = eq.norm(q / "z", h + eq.linear(q / "z", mixed, d))
        h = eq.norm(q, z + gelu_ffn(q / "f", z, k["ff"]))
    return eq.norm(p, h)


def answers(p: Scope, query: Tensor, sources: dict[str, Tensor], heads: int) -> Tensor:
    """One query, without biases, asks several streams; their answers are added."""
    width, total = query.shape[-1], torch.zeros_like(query)
    for label, source in sources.items():
        q = p / "mixed" / label / "answer"
        total = total + eq.attend(query, *(eq.linear(q / n, source, width, bias=False) for n in ("key", "value")), heads)
    return total


def align(p: Scope, t: Tensor, others: dict[str, Tensor], k: dict) -> Tensor:
    """3: heads of inner / heads columns, one output projection with a bias, no norm."""
    p = p / "temporal" / "align"
    query = eq.linear(p / "query", t, k["inner"], bias=False)
    return t + eq.linear(p / "out", answers(p, query, others, k["heads"]), k["d"])


def branch_norm_layer(p: Scope, x: Tensor, source: Tensor, k: dict) -> Tensor:
    """4: x + LN(attention), then x + LN(FFN); scores over the root of the whole width."""
    d, p = k["d"], p / "branch_norm_layer"
    q, key, value = (eq.linear(p / n, s, d) for n, s in (("query", x), ("key", source), ("value", source)))
    z = x + eq.norm(p / "seen", eq.attend(q, key, value, k["heads"], scale=1 / math.sqrt(d)))
    return z + eq.norm(p / "f", gelu_ffn(p / "f", z, k["ff"]))


def gather(p: Scope, b: Tensor, xs: dict[str, Tensor], k: dict) -> Tensor:
    """5: b is added once."""
    p = p / "gather"
    query = eq.linear(p / "query", b, k["d"], bias=False)
    z = eq.norm(p / "z", b + answers(p, query, xs, k["heads"]))
    return eq.norm(p, z + gelu_ffn(p, z, k["ff"]))


def pair(anchor: Tensor, positive: Tensor, negatives: list[Tensor], tau: float) -> Tensor:
    """8: one positive against the negatives and itself."""
    exp = lambda v: torch.exp(eq.cosine(anchor, v) / tau)
    return -torch.log(exp(positive) / (exp(positive) + sum(exp(n) for n in negatives)))


def predict_with(k: dict, most: dict[str, int], bert: dict):
    def predict(p: Scope, sample: dict):
        t = text(p, sample["text"], k["d"], bert)
        a, v = frames(p / "a", sample["audio"], most["Ta"], k), frames(p / "v", sample["vision"], most["Tv"], k)
        audio, vision = padded(a, most["Ta"] + 1), padded(v, most["Tv"] + 1)
        # A companion's text may be longer than the anchors': nothing that a companion gives depends on its padding.
        xs = {"text": padded(t, max(len(t), sample["longest"]["T"])), "vision": vision, "audio": audio}
        h = h0 = align(p, xs["text"], {"audio": audio, "vision": vision}, k)
        for l in range(k["depth"]):
            q = p / "fuse" / l
            b = branch_norm_layer(q / "b", h, h, k)[: max(1, k["p"] // 2**l)]
            h = gather(q / "hl", b, xs, k)
            xs = {m: branch_norm_layer(q / "spread" / m, x, h, k) for m, x in xs.items()}
        read = torch.cat([h[0], *(x[0] for x in xs.values())])
        read = eq.gelu(eq.linear(p / "wide", read, 2 * k["d"]))
        score = eq.linear(p / "score", eq.gelu(eq.linear(p / "deep", read, k["d"])), 1)[0]
        return {"y": score}, {"score": score, "t": t.mean(0), "a": a.mean(0), "v": v.mean(0), "h": h0[0]}

    return predict


def losses_with(k: dict):
    def losses(p: Scope, seen: dict, labels: dict, pos: list[dict], neg: list[dict]):
        contrast = torch.zeros((), dtype=seen["t"].dtype)
        if pos:
            for m in "tavh":
                for q in pos:
                    contrast = contrast + pair(seen[m], q[m], [n[m] for n in neg], k["tau"])
            for m in "av":
                contrast = contrast + pair(seen["t"], seen[m], [n["t"] for n in neg], k["tau"])
        return {"prediction": eq.mse(seen["score"], labels["y"]), "contrast": k["lambda"] * contrast / 22}

    return losses


def released(name: str, present: list[bool] | None = None, **sets) -> Case:
    k = {**DEFAULT, **sets}
    most = {length: max(LENS[length]) + 2 for length in ("Ta", "Tv")}
    companions = COMPANIONS if present is None else Companions(COMPANIONS.pos, COMPANIONS.neg, present)
    return Case(
        name=f"released_{name}", source="", file="models/dashfusion_released.dsl",
        sets={**sets, "drop": 0.0, "drop_rows": 0.0}, streams=streams("text", "audio", "vision"), lens=LENS,
        widths={"fa": 5, "fv": 7}, predict=predict_with(k, most, BERT), losses=losses_with(k), relies=("contrast",),
        by=lambda seen: [torch.cat([seen["t"], seen["v"], seen["a"]])], encoder=BERT, anchors=ANCHORS, companions=companions,
        # As for the article's model: many norms and attentions in a row, in float32.
        tolerance=5e-5,
    )


def cases() -> list[Case]:
    return checkpoint() + [
        released("default"),
        released("small", **SMALL),
        released("deep", **SMALL | {"depth": 3, "layers": 1, "p": 2}),
        released("without_head", **SMALL | {"d": BERT["hidden_size"]}),
        released("anchor_without_companions", present=[True, False, True], **SMALL | {"layers": 1, "tau": 0.07}),
    ]


# The checkpoint and the batch beside the repository, and what their program calls its weights: written apart from
# `models/dashfusion_released.names`, which the test compares with it.
SHARED = Path(__file__).parents[3] / "shared/data"
SMALL_BERT = BERT | {
    "vocab_size": 21128, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128,
    "max_position_embeddings": 512,
}
ENCODERS = {"a": "audio_encoder", "v": "vision_encoder"}
# In everything behind the alignment their audio is vision.
FUSED = {"text": "t", "vision": "a", "audio": "v"}
LAYER = {
    "query": "0.fn.to_query", "key": "0.fn.to_key", "value": "0.fn.to_value", "seen.layer_norm": "0.norm",
    "f.gelu.inner": "1.fn.net.0", "f.gelu.outer": "1.fn.net.3", "f.layer_norm": "1.norm",
}
BERT_PARTS = {
    "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
    "projected": "attention.output.dense", "attended.layer_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense", "outer": "output.dense", "layer_norm": "output.LayerNorm",
}


def weights(theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Their weights under the paths of our model."""
    ours: dict[str, Tensor] = {}

    def both(path: str, name: str) -> None:
        for kind in ("weight", "bias"):
            if f"{name}.{kind}" in theirs:
                ours[f"{path}.{kind}"] = theirs[f"{name}.{kind}"]

    bert, extractor = "hidden.bert", "text_encoder.extractor"
    for part, name in (("word", "word"), ("position", "position")):
        both(f"{bert}.{part}", f"{extractor}.embeddings.{name}_embeddings")
    ours[f"{bert}.segment.rows"] = theirs[f"{extractor}.embeddings.token_type_embeddings.weight"]
    both(f"{bert}.embedded.layer_norm", f"{extractor}.embeddings.LayerNorm")
    for l in range(2):
        for part, name in BERT_PARTS.items():
            both(f"{bert}.bert_layer.{l}.{part}", f"{extractor}.encoder.layer.{l}.{name}")
    both("t.text_head.inner", "text_encoder.projector.proj.0")
    both("t.text_head.outer", "text_encoder.projector.proj.2")
    both("t.text_head.layer_norm", "text_encoder.projector.layernorm")
    for short, encoder in ENCODERS.items():
        p, q = f"{short}.encoder", f"{encoder}.encoder.pos_encoder"
        ours[f"{p}.cls.rows"] = theirs[f"{q}.cls_token"][0]
        ours[f"{p}.place.weight"] = theirs[f"{q}.position_embeddings"][0]
        both(f"{p}.projected", f"{q}.proj")
        both(f"{p}.layer_norm", f"{encoder}.layernorm")
        for l in range(2):
            p, q = f"{short}.encoder.encoder_layer.{l}", f"{encoder}.encoder.transformer_encoder.layers.{l}"
            for kind in ("weight", "bias"):
                three = theirs[f"{q}.self_attn.in_proj_{kind}"].chunk(3)
                ours |= {f"{p}.{name}.{kind}": x for name, x in zip(("query", "key", "value"), three, strict=True)}
            for part, name in (("z", "self_attn.out_proj"), ("z.layer_norm", "norm1"), ("layer_norm", "norm2"),
                               ("f.gelu.inner", "linear1"), ("f.gelu.outer", "linear2")):
                both(f"{p}.{part}", f"{q}.{name}")
    both("temporal.align.query", "temporal_alignment.to_q")
    both("temporal.align.out", "temporal_alignment.to_out.0")
    for label, letter in (("audio", "a"), ("vision", "v")):
        for part, name in (("key", "k"), ("value", "v")):
            both(f"temporal.align.mixed.{label}.answer.{part}", f"temporal_alignment.to_{name}_t{letter}")
    for l in range(2):
        places = {f"fuse.{l}.b": f"HBF.encoder_q.{l}"}
        places |= {f"fuse.{l}.spread.{label}": f"HBF.encoder_{letter}.{l}" for label, letter in FUSED.items()}
        for place, name in places.items():
            for part, their in LAYER.items():
                both(f"{place}.branch_norm_layer.{part}", f"{name}.layers.0.{their}")
        p, q = f"fuse.{l}.hl.gather", f"HBF.encoder_q2tav.{l}"
        for part, name in (("query", "to_q"), ("z.layer_norm", "norm1"), ("layer_norm", "norm2"),
                           ("gelu.inner", "ffn.net.0"), ("gelu.outer", "ffn.net.3")):
            both(f"{p}.{part}", f"{q}.{name}")
        for label, letter in FUSED.items():
            for part, name in (("key", "k"), ("value", "v")):
                both(f"{p}.mixed.{label}.answer.{part}", f"{q}.to_{name}_{letter}")
    for part, i in (("wide", 0), ("deep", 2), ("score", 4)):
        both(part, f"classifier.MLP.{i}")
    return ours


def tokens(texts: list[str]) -> list[list[int]]:
    """Every character of these texts is a token."""
    vocabulary = (SHARED / "vocab/bert-base-chinese-vocab.txt").read_text("utf-8").split("\n")
    ids = {word: i for i, word in enumerate(vocabulary)}
    return [[ids["[CLS]"], *(ids[c] for c in text), ids["[SEP]"]] for text in texts]


def checkpoint() -> list[Case]:
    """Their checkpoint on their batch: two anchors, then six companions of each."""
    folder = SHARED / "released"
    if not folder.is_dir():
        return []
    state = torch.load(folder / "released_small.ckpt", map_location="cpu", weights_only=True)
    batch = np.load(folder / "batch.npz")
    about = json.loads((folder / "expected.json").read_text("utf-8"))
    inputs = {name: np.concatenate([batch[name], batch[f"{name}2"]]) for name in ("audio", "vision")}
    lens = {}
    for length, name in (("Ta", "audio"), ("Tv", "vision")):
        valid = inputs[name].sum(-1) != 0
        valid[:, 0] = True
        lens[length] = [int(n) for n in valid.sum(1)]
        assert all(row[:n].all() for row, n in zip(valid, lens[length], strict=True)), f"{name}: zeros within a sequence"
    texts = tokens(about["raw_text"] + about["raw_text_companions"])
    lens["T"] = [len(t) for t in texts]
    k, most = DEFAULT, {"Ta": 400, "Tv": 55, "T": max(lens["T"])}
    return [Case(
        name="checkpoint_released", source="", file="models/dashfusion_released.dsl", sets={"drop": 0.0, "drop_rows": 0.0},
        streams={"text": Stream("tokens", "T", 21128), "audio": Stream("float", "Ta", "fa"), "vision": Stream("float", "Tv", "fv")},
        lens=lens, widths={"fa": 33, "fv": 709}, predict=predict_with(k, most, SMALL_BERT), losses=losses_with(k),
        relies=("contrast",), by=lambda seen: [torch.cat([seen["t"], seen["v"], seen["a"]])], encoder=SMALL_BERT,
        anchors=2, companions=Companions([[2, 8], [3, 9]], [[4, 10], [5, 11], [6, 12], [7, 13]], [True, True]),
        params=weights(state), tokens={"text": texts}, most=most, tolerance=5e-5,
        given={name: torch.from_numpy(x) for name, x in inputs.items()},
        given_labels={"y": torch.from_numpy(np.concatenate([batch["label"], batch["label2"]]))},
    )]
