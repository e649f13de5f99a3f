"""The equations, for one sample, without batch, padding or masks: slow and plain.

A sequence is a tensor of its valid rows [n, d], a vector [d], a number []. `p` is the scope that owns the weights.
Equation numbers are those of the DashFusion article; silences are filled as `models/dashfusion.dsl` says at its head.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from params import Scope


def linear(p: Scope, x: Tensor, out: int, bias: bool = True) -> Tensor:
    fan_in = x.shape[-1]
    y = x @ p("weight", out, fan_in, std=1.2 / math.sqrt(fan_in)).T
    return y + p("bias", out, std=0.2) if bias else y


def layer_norm(p: Scope, x: Tensor, eps: float = 1e-5) -> Tensor:
    mean = x.mean(-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(-1, keepdim=True)
    normed = (x - mean) / torch.sqrt(variance + eps)
    return normed * p("weight", x.shape[-1], mean=1.0, std=0.2) + p("bias", x.shape[-1], std=0.2)


def attend(q: Tensor, k: Tensor, v: Tensor, heads: int, scale: float | None = None) -> Tensor:
    """Scaled dot-product attention, head by head: head h has columns h*w/heads to (h+1)*w/heads."""
    results = []
    for qh, kh, vh in zip(q.chunk(heads, -1), k.chunk(heads, -1), v.chunk(heads, -1), strict=True):
        factor = 1 / math.sqrt(qh.shape[-1]) if scale is None else scale
        scores = factor * (qh @ kh.T)
        weights = torch.exp(scores - scores.max(-1, keepdim=True).values)
        results.append((weights / weights.sum(-1, keepdim=True)) @ vh)
    return torch.cat(results, -1)


def gelu(x: Tensor) -> Tensor:
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def relu(x: Tensor) -> Tensor:
    return torch.where(x > 0, x, torch.zeros_like(x))


def cosine(a: Tensor, b: Tensor) -> Tensor:
    return (a @ b) / ((a @ a).sqrt().clamp(min=1e-8) * (b @ b).sqrt().clamp(min=1e-8))


# Blocks of the standard library.


def ffn(p: Scope, x: Tensor, hidden: int) -> Tensor:
    p = p / "ffn"
    return linear(p / "outer", relu(linear(p / "inner", x, hidden)), x.shape[-1])


def mlp(p: Scope, x: Tensor, widths: list[int]) -> Tensor:
    p = p / "mlp"
    for i, width in enumerate(widths):
        x = linear(p / i, x, width)
        if i + 1 < len(widths):
            x = relu(x)
    return x


def norm(p: Scope, x: Tensor, eps: float = 1e-5) -> Tensor:
    return layer_norm(p / "layer_norm", x, eps)


def cross_attention(p: Scope, x: Tensor, source: Tensor, heads: int, label: str | None = None) -> Tensor:
    """Eq. 3: query from the target, keys and values from the source; no biases, no output projection."""
    p = p / "cross_attention"
    p = p / label if label is not None else p
    width = x.shape[-1]
    q = linear(p / "q", x, width, bias=False)
    k = linear(p / "k", source, width, bias=False)
    v = linear(p / "v", source, width, bias=False)
    return attend(q, k, v, heads)


def self_attention(p: Scope, x: Tensor, heads: int) -> Tensor:
    """Eq. 2."""
    p = p / "self_attention"
    q, k, v = (linear(p / name, x, x.shape[-1], bias=False) for name in "qkv")
    return attend(q, k, v, heads)


def transformer_layer(p: Scope, x: Tensor, heads: int, ff: int, label: int | None = None) -> Tensor:
    """Eq. 1: Z = LN(X + SA(X)), LN(Z + FFN(Z))."""
    p = p / "transformer_layer"
    p = p / label if label is not None else p
    z = norm(p / "z", x + self_attention(p / "a", x, heads))
    return norm(p, z + ffn(p / "f", z, ff))


def multi_ca(p: Scope, b: Tensor, streams: dict[str, Tensor], heads: int) -> Tensor:
    """Eq. 8: B + sum over m of CA(B, X_m)."""
    p = p / "multi_ca"
    result = b
    for label, stream in streams.items():
        result = result + cross_attention(p, b, stream, heads, label)
    return result


def frame_encoder(p: Scope, x: Tensor, longest: int, width: int, heads: int, ff: int, layers: int) -> Tensor:
    """Section III-B: projection, [CLS] in front, learned positions (a table for the longest sequence), layers."""
    p = p / "frame_encoder"
    cls = (p / "cls")("rows", 1, width)
    h = torch.cat([cls, linear(p / "projected", x, width)], 0)
    h = h + (p / "place")("weight", longest + 1, width)[: h.shape[0]]
    for l in range(layers):
        h = transformer_layer(p, h, heads, ff, l)
    return h


def bert(p: Scope, tokens: Tensor, config: dict) -> Tensor:
    """BERT (arXiv 1810.04805): the last hidden states, as `transformers`' BertModel; no pooler, all tokens of segment 0."""
    p = p / "bert"
    d, eps = config["hidden_size"], config["layer_norm_eps"]
    h = (p / "word")("weight", config["vocab_size"], d)[tokens]
    h = h + (p / "position")("weight", config["max_position_embeddings"], d)[: len(tokens)]
    h = h + (p / "segment")("rows", config["type_vocab_size"], d)[0]
    h = norm(p / "embedded", h, eps)
    for l in range(config["num_hidden_layers"]):
        q = p / "bert_layer" / l
        mixed = attend(*(linear(q / n, h, d) for n in ("query", "key", "value")), config["num_attention_heads"])
        h = norm(q / "attended", h + linear(q / "projected", mixed, d), eps)
        inner = gelu(linear(q / "inner", h, config["intermediate_size"]))
        h = norm(q, h + linear(q / "outer", inner, d), eps)
    return h


def mse(x: Tensor, target: Tensor) -> Tensor:
    return (x - target) ** 2


def nt_xent(anchor: Tensor, pos: list[Tensor], neg: list[Tensor], tau: float, dot: bool = False) -> Tensor:
    """Eq. 5, 11: sum over p of -log( exp(s(m,p)/tau) / sum over P and N of exp(s(m,.)/tau) )."""
    s = (lambda a, b: a @ b) if dot else cosine
    near = [torch.exp(s(anchor, v) / tau) for v in pos]
    below = sum(near) + sum(torch.exp(s(anchor, v) / tau) for v in neg)
    return sum((-torch.log(n / below) for n in near), torch.zeros((), dtype=anchor.dtype))
