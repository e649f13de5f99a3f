"""Blocks that fuse vectors, gates and pools, and the losses, those over the whole batch among them."""

from __future__ import annotations

import torch
from torch import Tensor

import equations as eq
from cases_blocks import D, INPUTS, LENS, PROBES, block, streams
from cases_primitives import probe
from harness import Case, Companions
from params import Scope

t = torch


def sigmoid(x: Tensor) -> Tensor:
    return 1 / (1 + t.exp(-x))


def glu(p: Scope, x: Tensor, out: int) -> Tensor:
    p = p / "glu"
    return eq.linear(p / "value", x, out) * sigmoid(eq.linear(p / "gate", x, out))


def highway(p: Scope, x: Tensor) -> Tensor:
    p = p / "highway"
    gate = sigmoid(eq.linear(p / "gate", x, x.shape[-1]))
    return gate * eq.relu(eq.linear(p / "other", x, x.shape[-1])) + (1 - gate) * x


def se_gate(p: Scope, x: Tensor, hidden: int) -> Tensor:
    p = p / "se_gate"
    inner = eq.relu(eq.linear(p / "inner", x.mean(0), hidden))
    return x * sigmoid(eq.linear(p / "gate", inner, x.shape[-1]))


def gated_unit(p: Scope, a: Tensor, b: Tensor, out: int) -> Tensor:
    p = p / "gated_unit"
    gate = sigmoid(eq.linear(p / "gate", t.cat([a, b]), out, bias=False))
    first = t.tanh(eq.linear(p / "first", a, out, bias=False))
    return gate * first + (1 - gate) * t.tanh(eq.linear(p / "second", b, out, bias=False))


def bilinear(p: Scope, a: Tensor, b: Tensor, out: int, bias: bool = True) -> Tensor:
    p = p / "bilinear"
    weight = (p / "weight")("value", out, len(a), len(b), std=0.2)
    mixed = t.stack([a @ w @ b for w in weight])
    return mixed + (p / "offset")("value", out) if bias else mixed


def with_one(x: Tensor) -> Tensor:
    return t.cat([x, t.ones(1, dtype=x.dtype)])


def tensor_fusion(xs: list[Tensor]) -> Tensor:
    """All products of one entry of each vector, the last index fastest."""
    found = with_one(xs[0])
    for x in xs[1:]:
        found = t.stack([entry * with_one(x) for entry in found]).reshape(-1)
    return found


def low_rank_fusion(p: Scope, xs: dict[str, Tensor], out: int, rank: int) -> Tensor:
    """Through the full weight that the factors stand for."""
    p = p / "low_rank_fusion"
    factors = [(p / "factors" / label / "low_rank_factor" / "factor")("value", rank, len(x) + 1, out) for label, x in xs.items()]
    weights = (p / "weights")("value", 1, rank)[0]
    found = (p / "bias")("value", out)
    for r in range(rank):
        product = weights[r] * t.ones(out, dtype=found.dtype)
        for factor, x in zip(factors, xs.values(), strict=True):
            product = product * (with_one(x) @ factor[r])
        found = found + product
    return found


# Losses over the batch: lists of the anchors' vectors.


def centred(rows: list[Tensor]) -> Tensor:
    x = t.stack(rows)
    return x - x.mean(0)


def difference(a: list[Tensor], b: list[Tensor]) -> Tensor:
    p, q = ([row / row.norm() for row in centred(rows)] for rows in (a, b))
    products = [sum(x[i] * y[j] for x, y in zip(p, q, strict=True)) for i in range(len(p[0])) for j in range(len(q[0]))]
    return sum(product**2 for product in products) / len(products)


def cmd(a: list[Tensor], b: list[Tensor], moments: int) -> Tensor:
    length = lambda x: (x**2).sum().sqrt()
    found = length(sum(a) / len(a) - sum(b) / len(b))
    for k in range(2, moments + 1):
        found = found + length((centred(a) ** k).mean(0) - (centred(b) ** k).mean(0))
    return found


def info_nce(anchors: list[Tensor], partners: list[Tensor], tau: float) -> Tensor:
    """The mean over the anchors of -log of the softmax of the own partner."""
    scores = t.stack([t.stack([eq.cosine(a, b) for b in partners]) for a in anchors]) / tau
    return t.nn.functional.cross_entropy(scores, t.arange(len(anchors)))


HEADS = (
    f"  let t = embed(text, rows: 64, width: {D})\n  let a = linear(audio, out: {D})\n  let v = linear(vision, out: {D})\n"
    "  let score = VecProbe(mean(t))\n  output score for y\n"
)


def seen_of(p: Scope, sample: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict]:
    found = {
        "t": (p / "t")("weight", 64, D)[sample["text"]].mean(0),
        "a": eq.linear(p / "a", sample["audio"], D).mean(0),
        "v": eq.linear(p / "v", sample["vision"], D)[0],
    }
    found["score"] = probe(p / "score", found["t"])
    return {"y": found["score"]}, found


def losses_case() -> Case:
    """Losses of one sample."""
    source = (
        f"use std::{{huber, smooth_l1, bce_with_logits, cosine_loss, orthogonality}}\n{INPUTS}{PROBES}\nmodel Case {{\n{HEADS}"
        "  let far = 3 * score\n"
        "  loss near   = huber(score, target: y, delta: 20)\n  loss beyond = huber(far, target: y)\n"
        "  loss smooth = smooth_l1(score, target: y, beta: 6)\n  loss entropy = bce_with_logits(score, target: sigmoid(y))\n"
        "  loss turned = cosine_loss(mean(t), with: mean(a))\n  loss square = orthogonality(mean(a), with: v[0])\n}\n"
    )

    def losses(p: Scope, seen: dict, labels: dict, pos: list, neg: list):
        score, y = seen["score"], labels["y"]
        return {
            "near": t.nn.functional.huber_loss(score, y, delta=20.0),
            "beyond": t.nn.functional.huber_loss(3 * score, y),
            "smooth": t.nn.functional.smooth_l1_loss(score, y, beta=6.0),
            "entropy": t.nn.functional.binary_cross_entropy_with_logits(score, sigmoid(y)),
            "turned": 1 - eq.cosine(seen["t"], seen["a"]),
            "square": eq.cosine(seen["a"], seen["v"]) ** 2,
        }

    return Case(name="block_losses", source=source, streams=streams(), lens=LENS, widths={"fa": 5, "fv": 3}, predict=seen_of,
                losses=losses)


def batch_case(name: str, companions: Companions | None = None, anchors: int | None = None) -> Case:
    """Losses over all anchors of the step, and values of the batch spelt out. Evaluation leaves them out. With companions
    the step has more rows than anchors, and what is collected is of the anchors alone.
    """
    drawn = (
        "  companions c { by = [mean(a)]  class = class(y)  pos = 1  near = 1  far = 1  pool = 4  refresh = 1 }\n"
        "  loss drawn = 0.3 * (sum q in v[0] at c.pos { dot(q, with: mean(a)) })\n"
    )
    source = (
        f"use std::{{cmd, difference, info_nce, mse}}\n{INPUTS}{PROBES}\nmodel Case {{\n{HEADS}"
        "  let p = sigmoid(mean(a))\n  let q = sigmoid(v[0])\n"
        "  loss main = mse(score, target: y)\n"
        "  loss moments = 0.5 * cmd(p, with: q, moments: 4)\n  loss apart = difference(mean(t), with: v[0])\n"
        "  loss pairs = 0.1 * info_nce(mean(t), with: mean(a), tau: 0.3)\n"
        "  let scores = in_batch(score)\n  loss rank = own(scores) * mean_features(scores) + max_features(scores)\n"
        "  let kernel = einsum(in_batch(p), in_batch(p), spec: \"bi,ci->bc\")\n"
        "  let other  = einsum(in_batch(q), in_batch(q), spec: \"bi,ci->bc\")\n"
        "  loss kernels = einsum(kernel, other, spec: \"bc,bc->\") - sum_features(own(kernel) * in_batch(y))\n"
        "  loss weighed = dot(softmax(matmul(p, with: transpose(in_batch(q)))), with: in_batch(square(score)))\n"
        f"{drawn if companions else ''}}}\n"
    )

    def together(p: Scope, seen: list[dict], labels: list[dict]):
        a, b = [sigmoid(s["a"]) for s in seen], [sigmoid(s["v"]) for s in seen]
        scores = t.stack([s["score"] for s in seen])
        kernel = t.stack([t.stack([(x * y).sum() for y in a]) for x in a])
        other = t.stack([t.stack([(x * y).sum() for y in b]) for x in b])
        ys = t.stack([found["y"] for found in labels])
        return {
            "moments": 0.5 * cmd(a, b, 4),
            "apart": difference([s["t"] for s in seen], [s["v"] for s in seen]),
            "pairs": 0.1 * info_nce([s["t"] for s in seen], [s["a"] for s in seen], 0.3),
            "rank": (scores * scores.mean() + scores.max()).mean(),
            "kernels": (kernel * other).sum() - (kernel * ys).sum(1).mean(),
            "weighed": t.stack([(t.softmax(t.stack([(x * y).sum() for y in b]), 0) * scores**2).sum() for x in a]).mean(),
        }

    def losses(p: Scope, seen: dict, labels: dict, pos: list, neg: list):
        found = {"main": eq.mse(seen["score"], labels["y"])}
        if companions:
            found["drawn"] = 0.3 * sum((q["v"] @ seen["a"] for q in pos), t.zeros((), dtype=seen["a"].dtype))
        return found

    lens = {"T": [5, 1, 7, 3, 2, 4], "Ta": [4, 9, 2, 1, 6, 3], "Tv": [1, 3, 8, 6, 2, 5]}
    return Case(
        name=name, source=source, streams=streams(vocab=64), lens=lens, widths={"fa": 5, "fv": 3}, predict=seen_of,
        losses=losses, together=together, companions=companions, anchors=anchors, relies=("drawn",) if companions else (),
        by=(lambda seen: [seen["a"]]) if companions else None,
    )


def cases() -> list[Case]:
    each = "[text: mean(t), audio: mean(a), vision: v[0]]"
    several = lambda t_, a, v: {"text": t_.mean(0), "audio": a.mean(0), "vision": v[0]}
    return [
        block("glu", "GLU, mse", "let r = GLU(t, out: 5)", lambda p, x, a, v: glu(p / "r", x, 5)),
        block("highway", "Highway, mse", "let r = Highway(a)", lambda p, x, a, v: highway(p / "r", a)),
        block("se_gate", "SEGate, mse", "let r = SEGate(t, hidden: 3)", lambda p, x, a, v: se_gate(p / "r", x, 3)),
        block("gated_unit", "GatedUnit, mse", "let r = GatedUnit(mean(t), with: mean(v), out: 7)",
              lambda p, x, a, v: gated_unit(p / "r", x.mean(0), v.mean(0), 7), "VecProbe"),
        block("bilinear", "Bilinear, mse", "let r = Bilinear(mean(t), with: mean(v), out: 3)",
              lambda p, x, a, v: bilinear(p / "r", x.mean(0), v.mean(0), 3), "VecProbe"),
        block("bilinear_no_bias", "Bilinear, mse", "let r = Bilinear(mean(t), with: a[-1], out: 3, bias: false)",
              lambda p, x, a, v: bilinear(p / "r", x.mean(0), a[-1], 3, bias=False), "VecProbe"),
        block("tensor_fusion", "TensorFusion, mse", f"let r = TensorFusion({each})",
              lambda p, x, a, v: tensor_fusion(list(several(x, a, v).values())), "VecProbe"),
        block("low_rank_fusion", "LowRankFusion, mse", f"let r = LowRankFusion({each}, out: 5, rank: 3)",
              lambda p, x, a, v: low_rank_fusion(p / "r", several(x, a, v), 5, 3), "VecProbe"),
        block("fused_rows", "TransformerLayer, mse", "let s = stack([mean(t), mean(a), v[0], t[0], a[-1], mean(v)])\n"
              "let r = TransformerLayer(s, heads: 2, ff: 10)",
              lambda p, x, a, v: eq.transformer_layer(
                  p / "r", t.stack([x.mean(0), a.mean(0), v[0], x[0], a[-1], v.mean(0)]), 2, 10)),
        losses_case(),
        batch_case("block_batch"),
        batch_case("block_batch_companions", anchors=4, companions=Companions(
            pos=[[4, 5, 0, 3]], neg=[[5, 4, 1, 2], [3, 3, 4, 1]], present=[True, True, False, True])),
    ]
