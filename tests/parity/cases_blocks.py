"""One case per block of the standard library, the contrast and the companions among them."""

from __future__ import annotations

import torch
from torch import Tensor

import equations as eq
from harness import Case, Companions, Stream
from cases_primitives import ROWS, probe
from params import Scope

BERT = {
    "vocab_size": 23, "hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 20,
    "max_position_embeddings": 16, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
    "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "model_type": "bert", "pad_token_id": 0,
    "initializer_range": 0.02, "position_embedding_type": "absolute",
}

LENS = {"T": [5, 1, 7, 3], "Ta": [4, 9, 2, 1], "Tv": [1, 3, 8, 6]}
LONGEST = {name: max(lens) + 2 for name, lens in LENS.items()}

PROBES = f"""
block Probe<n, m, w>(r: Seq<m>[n, w]) -> Real {{
  let place = positions(r, rows: {ROWS}, width: w)
  linear(mean(tanh(r * place)), out: 1) |> scalar()
}}

block VecProbe<w>(r: Vec[w]) -> Real {{
  linear(tanh(r), out: 1) |> scalar()
}}
"""

INPUTS = """
input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real
"""

D = 8


def streams(vocab: int = 64, unique: bool = True) -> dict[str, Stream]:
    return {
        "text": Stream("tokens", "T", vocab, unique=unique),
        "audio": Stream("float", "Ta", "fa"),
        "vision": Stream("float", "Tv", "fv"),
    }


def block(name: str, uses: str, body: str, result, kind: str = "Probe", encoder: dict | None = None) -> Case:
    """`result(p, t, a, v)` transcribes `body`; t are token rows, a and v are streams brought to width D."""
    source = (
        f"use std::{{{uses}}}\n{INPUTS}{PROBES}\nmodel Case {{\n"
        f"  let t = embed(text, rows: 64, width: {D})\n  let a = linear(audio, out: {D})\n  let v = linear(vision, out: {D})\n"
        + "\n".join("  " + line for line in body.strip().splitlines())
        + f"\n  let score = {kind}(r)\n  output score for y\n  loss main = mse(score, target: y)\n}}\n"
    )

    def predict(p: Scope, sample: dict[str, Tensor]):
        t = (p / "t")("weight", 64, D)[sample["text"]]
        a = eq.linear(p / "a", sample["audio"], D)
        v = eq.linear(p / "v", sample["vision"], D)
        score = probe(p / "score", result(p, t, a, v))
        return {"y": score}, {"score": score}

    return Case(
        name=f"block_{name}", source=source, streams=streams(), lens=LENS, widths={"fa": 5, "fv": 3}, predict=predict,
        losses=lambda p, seen, labels, pos, neg: {"main": eq.mse(seen["score"], labels["y"])}, encoder=encoder,
    )


def bert_case() -> Case:
    source = (
        f"use std::{{Bert, mse}}\ninput text : Tokens[T]\nlabel y : Real\n{PROBES}\nmodel Case {{\n"
        "  let t = text |> Bert()\n  let score = Probe(t)\n  output score for y\n  loss main = mse(score, target: y)\n}\n"
    )

    def predict(p: Scope, sample: dict[str, Tensor]):
        score = probe(p / "score", eq.bert(p / "t", sample["text"], BERT))
        return {"y": score}, {"score": score}

    return Case(
        name="block_bert", source=source, streams={"text": Stream("tokens", "T", BERT["vocab_size"])}, lens={"T": LENS["T"]},
        widths={}, predict=predict, encoder=BERT,
        losses=lambda p, seen, labels, pos, neg: {"main": eq.mse(seen["score"], labels["y"])},
    )


def nt_xent_case(similarity: str) -> Case:
    """The loss alone, on vectors of one sample; two outputs with two labels on the way."""
    source = (
        f"use std::{{mse, mae, nt_xent}}\n{INPUTS}label z : Real\n{PROBES}\nmodel Case {{\n"
        f"  let t = embed(text, rows: 64, width: {D})\n  let a = linear(audio, out: {D})\n  let v = linear(vision, out: {D})\n"
        "  let score = VecProbe(mean(t))\n  let other = VecProbe(a[0])\n"
        "  output score for y\n  output other for z\n"
        "  loss first  = mse(score, target: y)\n  loss second = 0.3 * mae(other, target: z)\n"
        "  loss contrast = 0.2 * nt_xent(mean(t), pos: [mean(a), mean(v), t[0]], neg: [a[-1], v[0], v[-1]], tau: 0.5, "
        f'similarity: "{similarity}")\n}}\n'
    )

    def predict(p: Scope, sample: dict[str, Tensor]):
        t = (p / "t")("weight", 64, D)[sample["text"]]
        a = eq.linear(p / "a", sample["audio"], D)
        v = eq.linear(p / "v", sample["vision"], D)
        score, other = probe(p / "score", t.mean(0)), probe(p / "other", a[0])
        return {"y": score, "z": other}, {"score": score, "other": other, "t": t, "a": a, "v": v}

    def losses(p: Scope, seen: dict, labels: dict, pos: list, neg: list):
        t, a, v = seen["t"], seen["a"], seen["v"]
        return {
            "first": eq.mse(seen["score"], labels["y"]),
            "second": 0.3 * (seen["other"] - labels["z"]).abs(),
            "contrast": 0.2 * eq.nt_xent(t.mean(0), [a.mean(0), v.mean(0), t[0]], [a[-1], v[0], v[-1]], 0.5,
                                         dot=similarity == "dot"),
        }

    return Case(name=f"block_nt_xent_{similarity}", source=source, streams=streams(), lens=LENS, widths={"fa": 5, "fv": 3},
                predict=predict, losses=losses, labels=("y", "z"))


def companions_case() -> Case:
    """Whole sequences of companions: their lengths differ from the anchor's, one of them is an anchor, one comes twice."""
    lens = {"Ta": [4, 9, 2, 1, 6, 3, 7], "Tv": [1, 3, 8, 6, 2, 5, 4]}
    source = (
        "use std::{mse}\ninput audio : Seq<audio>[Ta, fa]\ninput vision : Seq<vision>[Tv, fv]\nlabel y : Real\n"
        f"{PROBES}\nmodel Case {{\n  let a = linear(audio, out: {D})\n  let v = linear(vision, out: {D})\n"
        "  let score = VecProbe(mean(a))\n  output score for y\n"
        "  companions c { by = [mean(a), v[0]]  class = class(y)  pos = 2  near = 1  far = 1  pool = 4  refresh = 1 }\n"
        "  loss main = mse(score, target: y)\n"
        "  loss drawn = 0.5 * (sum q in v at c.pos { dot(mean(attention(a, key: q, value: q, heads: 2)), with: a[0]) })\n"
        "  loss apart = 0.1 * (sum q in a at c.neg { square(cosine(mean(a), with: mean(q))) })\n}\n"
    )

    def predict(p: Scope, sample: dict[str, Tensor]):
        a = eq.linear(p / "a", sample["audio"], D)
        v = eq.linear(p / "v", sample["vision"], D)
        score = probe(p / "score", a.mean(0))
        return {"y": score}, {"score": score, "a": a, "v": v}

    def losses(p: Scope, seen: dict, labels: dict, pos: list, neg: list):
        a = seen["a"]
        return {
            "main": eq.mse(seen["score"], labels["y"]),
            "drawn": 0.5 * sum(eq.attend(a, q["v"], q["v"], 2).mean(0) @ a[0] for q in pos),
            "apart": 0.1 * sum(eq.cosine(a.mean(0), q["a"].mean(0)) ** 2 for q in neg),
        }

    found = streams()
    del found["text"]
    return Case(
        name="block_companions", source=source, streams=found, lens=lens, widths={"fa": 5, "fv": 3}, predict=predict,
        losses=losses, relies=("drawn", "apart"), by=lambda seen: [seen["a"].mean(0), seen["v"][0]], anchors=4,
        companions=Companions(pos=[[4, 5, 0, 3], [1, 5, 6, 3]], neg=[[6, 4, 1, 2], [5, 3, 4, 1]],
                              present=[True, True, True, False]),
    )


def long_case() -> Case:
    """Sequences so long that a runtime may choose another kernel for their attention."""
    lens = {"T": [150, 1, 97, 133], "Ta": [160, 30, 141, 2], "Tv": [3, 129, 128, 64]}
    source = (
        f"use std::{{CrossAttention, TransformerLayer, mse}}\n{INPUTS}\nmodel Case {{\n"
        f"  let t = embed(text, rows: 64, width: {D})\n  let a = linear(audio, out: {D})\n  let v = linear(vision, out: {D})\n"
        "  let r = TransformerLayer(t, heads: 2, ff: 10)\n  let s = r + CrossAttention(r, from: a, heads: 4)\n"
        "  let u = s + attention(s, key: v, value: v, heads: 1, scale: 0.9)\n"
        "  let score = linear(tanh(mean(square(u))), out: 1) |> scalar()\n"
        "  output score for y\n  loss main = mse(score, target: y)\n}\n"
    )

    def predict(p: Scope, sample: dict[str, Tensor]):
        t = (p / "t")("weight", 64, D)[sample["text"]]
        a = eq.linear(p / "a", sample["audio"], D)
        v = eq.linear(p / "v", sample["vision"], D)
        r = eq.transformer_layer(p / "r", t, 2, 10)
        s = r + eq.cross_attention(p / "s", r, a, 4)
        u = s + eq.attend(s, v, v, 1, 0.9)
        score = eq.linear(p / "score", torch.tanh((u * u).mean(0)), 1)[0]
        return {"y": score}, {"score": score}

    return Case(
        name="block_long", source=source, streams=streams(unique=False), lens=lens, widths={"fa": 5, "fv": 3}, predict=predict,
        losses=lambda p, seen, labels, pos, neg: {"main": eq.mse(seen["score"], labels["y"])},
    )


def cases() -> list[Case]:
    return [
        block("linear", "Linear, mse", "let r = Linear(t, out: 5)", lambda p, t, a, v: eq.linear(p / "r" / "linear", t, 5)),
        block("layer_norm", "LayerNorm, mse", "let r = LayerNorm(t, eps: 0.01)",
              lambda p, t, a, v: eq.norm(p / "r", t, 0.01)),
        block("ffn", "FFN, mse", "let r = FFN(t, hidden: 11)", lambda p, t, a, v: eq.ffn(p / "r", t, 11)),
        block("mlp", "MLP, mse", "let r = MLP(mean(t), widths: [9, 7, 3])",
              lambda p, t, a, v: eq.mlp(p / "r", t.mean(0), [9, 7, 3]), "VecProbe"),
        block("cross_attention", "CrossAttention, mse", "let r = CrossAttention(t, from: a, heads: 2)",
              lambda p, t, a, v: eq.cross_attention(p / "r", t, a, 2)),
        block("self_attention", "SelfAttention, mse", "let r = SelfAttention(t, heads: 4)",
              lambda p, t, a, v: eq.self_attention(p / "r", t, 4)),
        block("transformer_layer", "TransformerLayer, mse", "let r = TransformerLayer(t, heads: 2, ff: 10)",
              lambda p, t, a, v: eq.transformer_layer(p / "r", t, 2, 10)),
        block("multi_ca", "MultiCA, mse",
              "let b = take(t, rows: 4)\nlet r = MultiCA(b, streams: [text: t, audio: a, vision: v], heads: 2)",
              lambda p, t, a, v: eq.multi_ca(p / "r", t[:4], {"text": t, "audio": a, "vision": v}, 2)),
        block("frame_encoder", "FrameEncoder, mse", "let r = FrameEncoder(a, width: 12, heads: 3, ff: 10, layers: 2)",
              lambda p, t, a, v: eq.frame_encoder(p / "r", a, LONGEST["Ta"], 12, 3, 10, 2)),
        block("joined_layers", "TransformerLayer, mse",
              "var r = concat(t, v, a)\nfor l in 0..2 { r = TransformerLayer(r, heads: 2, ff: 10) }",
              lambda p, t, a, v: eq.transformer_layer(
                  p, eq.transformer_layer(p, torch.cat([t, v, a]), 2, 10, 0), 2, 10, 1)),
        bert_case(),
        long_case(),
        nt_xent_case("cosine"),
        nt_xent_case("dot"),
        companions_case(),
    ]
