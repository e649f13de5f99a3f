"""The stock models, whole: outputs, losses and all gradients, with companions."""

from __future__ import annotations

import torch
from torch import Tensor

import equations as eq
from cases_blocks import BERT
from harness import Case, Companions, Stream
from params import Scope

SMALL = {"d": 16, "heads": 4, "ff": 24, "p": 4}
DEFAULT = {"d": 128, "heads": 8, "ff": 256, "p": 8, "depth": 2, "layers": 2, "lambda": 0.2, "tau": 0.5, "refined": False}

# Nine rows, three of them anchors. Texts shorter than the bottleneck among them.
LENS = {
    "T": [6, 2, 9, 4, 3, 8, 5, 7, 10],
    "Ta": [11, 4, 1, 7, 5, 13, 2, 9, 6],
    "Tv": [3, 8, 5, 1, 9, 2, 6, 10, 4],
}
ANCHORS = 3
COMPANIONS = Companions(
    # The second anchor's class has one other member, drawn twice; the first one's positive is also an anchor.
    pos=[[2, 4, 5], [3, 4, 0]],
    neg=[[4, 6, 7], [1, 5, 8], [5, 7, 3], [8, 3, 6]],
    present=[True, True, True],
)


def streams(*names: str) -> dict[str, Stream]:
    known = {
        "text": Stream("tokens", "T", BERT["vocab_size"]),
        "audio": Stream("float", "Ta", "fa"),
        "vision": Stream("float", "Tv", "fv"),
    }
    return {name: known[name] for name in names}


def align(p: Scope, t: Tensor, a: Tensor, v: Tensor, heads: int) -> Tensor:
    """Eq. 4: H = X_t + CA(X_t, X_a) + CA(X_t, X_v)."""
    p = p / "align"
    return t + eq.cross_attention(p, t, a, heads, "audio") + eq.cross_attention(p, t, v, heads, "vision")


def fuse(p: Scope, h: Tensor, xs: dict[str, Tensor], tokens: int, heads: int, ff: int, refined: bool):
    """Eq. 6 to 9."""
    b = eq.transformer_layer(p / "b", h, heads, ff)[:tokens]
    gathered = eq.multi_ca(p / "hb", b, xs, heads)
    h = eq.norm(p / "hb", b + gathered)
    h = eq.norm(p / "hl", h + eq.ffn(p / "hl", h, ff))
    source = h if refined else b
    spread = {}
    for m, x in xs.items():
        q = p / "spread" / m
        z = eq.norm(q / "z", x + eq.cross_attention(q / "z", x, source, heads))
        spread[m] = eq.norm(q, z + eq.ffn(q, z, ff))
    return h, spread


def whole(name: str, file: str, fusion, variant: str | None = None, present: list[bool] | None = None, **sets) -> Case:
    """A model of three encoders, alignment, a fusion and the contrast. `fusion(p, h0, streams, k)` is what the head reads."""
    k = {**DEFAULT, **sets}
    d, heads, ff = k["d"], k["heads"], k["ff"]
    temporal = variant not in ("no_temporal", "no_dual")
    semantic = variant not in ("no_semantic", "no_dual")
    supervised = variant != "no_scl"

    def predict(p: Scope, sample: dict[str, Tensor]):
        t = eq.linear(p / "t" / "linear", eq.bert(p / "t", sample["text"], BERT), d)
        a, v = (
            eq.frame_encoder(p / short, sample[stream], max(LENS[length]) + 2, d, heads, ff, k["layers"])
            for short, stream, length in (("a", "audio", "Ta"), ("v", "vision", "Tv"))
        )
        h0 = align(p / "h0", t, a, v, heads) if temporal else (p / "h0")("rows", k["p"], d)
        read = fusion(p, h0, {"text": t, "audio": a, "vision": v}, k)
        score = eq.mlp(p / "score", read, [2 * d, d, 1])[0]
        return {"y": score}, {"score": score, "t": t.mean(0), "a": a.mean(0), "v": v.mean(0), "h": h0[0]}

    def losses(p: Scope, seen: dict, labels: dict, pos: list[dict], neg: list[dict]):
        """dashfusion.md, "The contrast, exactly"."""
        contrast = torch.zeros((), dtype=torch.float64)
        anchors = ["t", "a", "v"] + (["h"] if temporal else []) if supervised else ["t"]
        for m in anchors:
            positives = [q[m] for q in pos] if supervised else []
            if m == "t" and semantic:
                positives = positives + [seen["a"], seen["v"]]
            contrast = contrast + eq.nt_xent(seen[m], positives, [q[m] for q in neg], k["tau"])
        return {"prediction": eq.mse(seen["score"], labels["y"]), "contrast": k["lambda"] * contrast}

    companions = COMPANIONS if present is None else Companions(COMPANIONS.pos, COMPANIONS.neg, present)
    return Case(
        name=name, source="", file=file, variant=variant, sets=sets,
        streams=streams("text", "audio", "vision"), lens=LENS, widths={"fa": 5, "fv": 7}, predict=predict, losses=losses,
        relies=("contrast",), by=lambda seen: [seen["t"], seen["a"], seen["v"]], encoder=BERT, anchors=ANCHORS,
        companions=companions,
        # Some forty norms and attentions in a row: float32 alone leaves 1e-5 of a gradient here (float64 agrees to 1e-14).
        tolerance=5e-5,
    )


def hierarchical(p: Scope, h: Tensor, xs: dict[str, Tensor], k: dict, depth: int | None = None, halve: bool = True) -> Tensor:
    """Eq. 6 to 10: p / 2^(l-1) tokens in layer l, counted from 1; without halving, Table V's bottleneck fusion."""
    for l in range(k["depth"] if depth is None else depth):
        tokens = max(1, k["p"] // 2**l) if halve else k["p"]
        h, xs = fuse(p / "fuse" / l, h, xs, tokens, k["heads"], k["ff"], k["refined"])
    return torch.cat([h[0], xs["text"][0], xs["audio"][0], xs["vision"][0]])


def self_attention(p: Scope, h: Tensor, xs: dict[str, Tensor], k: dict) -> Tensor:
    """Table V: transformer layers over [X_t; X_a; X_v]; the head reads their first rows and, as ever, that of H."""
    rows, starts, end = torch.cat(list(xs.values())), [], 0
    for x in xs.values():
        starts.append(end)
        end += x.shape[0]
    for l in range(k["depth"]):
        rows = eq.transformer_layer(p / "fuse" / l, rows, k["heads"], k["ff"])
    return torch.cat([h[0], *(rows[start] for start in starts)])


def cross_modal(p: Scope, h: Tensor, xs: dict[str, Tensor], k: dict) -> Tensor:
    """Table V: H attends to the streams, which no layer changes."""
    for l in range(k["depth"]):
        q = p / "fuse" / l
        z = eq.norm(q / "z", h + eq.multi_ca(q / "z", h, xs, k["heads"]))
        h = eq.norm(q, z + eq.ffn(q, z, k["ff"]))
    return h[0]


def dashfusion(name: str, variant: str | None = None, present: list[bool] | None = None, **sets) -> Case:
    def fusion(p: Scope, h: Tensor, xs: dict[str, Tensor], k: dict) -> Tensor:
        return hierarchical(p, h, xs, k, depth=0 if variant == "no_hbf" else None)

    return whole(f"dashfusion_{name}", "models/dashfusion.dsl", fusion, variant, present, **sets)


def table_v() -> list[Case]:
    """Fusions that Table V compares, DashFusion's own aside."""
    small = {name: value for name, value in SMALL.items() if name != "p"}
    return [
        whole("fusion_concat", "models/fusion/concat.dsl", lambda p, h, xs, k: hierarchical(p, h, xs, k, depth=0), **small),
        whole("fusion_concat_sa", "models/fusion/concat_sa.dsl", self_attention, **small),
        whole("fusion_ca", "models/fusion/ca.dsl", cross_modal, **small),
        whole(
            "fusion_bf", "models/fusion/bf.dsl",
            lambda p, h, xs, k: hierarchical(p, h, xs, k, halve=False), **SMALL,
        ),
    ]


def plain(name: str, file: str, inputs: tuple[str, ...], score, **sets) -> Case:
    """A model with one loss, mse, and no companions."""

    def predict(p: Scope, sample: dict[str, Tensor]):
        value = score(p, sample)
        return {"y": value}, {"score": value}

    lengths = {"text": "T", "audio": "Ta", "vision": "Tv"}
    return Case(
        name=name, source="", file=file, sets=sets, streams=streams(*inputs), lens={lengths[i]: LENS[lengths[i]] for i in inputs},
        widths={w: n for w, n, i in (("fa", 5, "audio"), ("fv", 7, "vision")) if i in inputs}, predict=predict,
        losses=lambda p, seen, labels, pos, neg: {"prediction": eq.mse(seen["score"], labels["y"])},
        encoder=BERT if "text" in inputs else None,
    )


def late_fusion(p: Scope, sample: dict[str, Tensor], d: int) -> Tensor:
    t = eq.linear(p / "t" / "linear", eq.bert(p / "t", sample["text"], BERT), d)
    a = eq.relu(eq.linear(p / "a" / "linear", sample["audio"], d))
    v = eq.relu(eq.linear(p / "v" / "linear", sample["vision"], d))
    return eq.mlp(p / "score", torch.cat([t.mean(0), a.mean(0), v.mean(0)]), [d, 1])[0]


def text_only(p: Scope, sample: dict[str, Tensor], d: int) -> Tensor:
    t = eq.linear(p / "t" / "linear", eq.bert(p / "t", sample["text"], BERT), d)
    return eq.mlp(p / "score", t.mean(0), [d, 1])[0]


def frames_only(short: str, stream: str, length: str, layers: int = 2):
    def score(p: Scope, sample: dict[str, Tensor]) -> Tensor:
        x = eq.frame_encoder(p / short, sample[stream], max(LENS[length]) + 2, 16, 4, 24, layers)
        return eq.mlp(p / "score", x.mean(0), [16, 1])[0]

    return score


def cases() -> list[Case]:
    frames = {"d": 16, "heads": 4, "ff": 24}
    return [
        dashfusion("default"),
        dashfusion("base", **SMALL),
        dashfusion("refined_deep", **SMALL | {"refined": True, "depth": 3, "layers": 1}),
        dashfusion("wide_bottleneck", **SMALL | {"p": 16, "tau": 0.07, "lambda": 1.0, "layers": 1}),
        dashfusion("anchor_without_companions", present=[True, False, True], **SMALL | {"layers": 1}),
        *(dashfusion(v, v, **SMALL) for v in ("no_semantic", "no_scl", "no_temporal", "no_dual", "no_hbf")),
        *table_v(),
        plain("late_fusion", "models/late_fusion.dsl", ("text", "audio", "vision"), lambda p, s: late_fusion(p, s, 16), d=16),
        plain("text_only", "models/unimodal/text.dsl", ("text",), lambda p, s: text_only(p, s, 16), d=16),
        plain("audio_only", "models/unimodal/audio.dsl", ("audio",), frames_only("a", "audio", "Ta"), **frames),
        plain("vision_only", "models/unimodal/vision.dsl", ("vision",), frames_only("v", "vision", "Tv"), **frames),
    ]
