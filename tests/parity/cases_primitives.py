"""One case per primitive, or per way of calling it.

Sequences come from tables of token rows in which every id occurs once: the gradient of a table is the gradient of the
operation's input, entry by entry. The result of an operation is weighted row by row before it is pooled, so that rows
in a wrong place show.
"""

from __future__ import annotations

import torch
from torch import Tensor

import equations as eq
from equations import linear
from harness import Case, Stream
from params import Scope

X_LENS, Z_LENS, F_LENS = [5, 1, 7, 3], [2, 6, 1, 4], [4, 9, 2, 1]
ROWS = 48
WIDTH = 6

HEAD = f"""use std::{{mse}}
input x : Tokens[T]
input z : Tokens[S]
input f : Seq<audio>[Ta, fa]
input u : Vec[fu]
label y : Real

block Probe<n, m, w>(r: Seq<m>[n, w]) -> Real {{
  let place = positions(r, rows: {ROWS}, width: w)
  linear(mean(tanh(r * place)), out: 1) |> scalar()
}}

block VecProbe<w>(r: Vec[w]) -> Real {{
  linear(tanh(r), out: 1) |> scalar()
}}

model Case {{
  let x1 = embed(x, rows: 64, width: {WIDTH})
  let z1 = embed(z, rows: 64, width: {WIDTH})
"""

TAIL = """
  output score for y
  loss main = mse(score, target: y)
}
"""


def probe(p: Scope, r: Tensor) -> Tensor:
    if r.dim() == 0:
        return r
    if r.dim() == 1:
        return linear(p / "vec_probe", torch.tanh(r), 1)[0]
    p = p / "probe"
    place = (p / "place")("weight", ROWS, r.shape[-1], mean=1.0)[: r.shape[0]]
    return linear(p, torch.tanh(r * place).mean(0), 1)[0]


def primitive(name: str, body: str, result, kind: str) -> Case:
    """`result(p, x, z, f, u)` transcribes `body`, whose result `r` is a "seq", "vec" or "real"."""
    call = {"seq": "Probe(r)", "vec": "VecProbe(r)", "real": "r"}[kind]
    source = HEAD + "\n".join("  " + line for line in body.strip().splitlines()) + f"\n  let score = {call}" + TAIL

    def predict(p: Scope, sample: dict[str, Tensor]):
        x = (p / "x1")("weight", 64, WIDTH)[sample["x"]]
        z = (p / "z1")("weight", 64, WIDTH)[sample["z"]]
        score = probe(p / "score", result(p, x, z, sample["f"], sample["u"]))
        return {"y": score}, {"score": score}

    streams = {
        "x": Stream("tokens", "T", 64, unique=True),
        "z": Stream("tokens", "S", 64, unique=True),
        "f": Stream("float", "Ta", "fa"),
        "u": Stream("vector", width="fu"),
    }
    return Case(
        name=f"primitive_{name}", source=source, streams=streams, lens={"T": X_LENS, "S": Z_LENS, "Ta": F_LENS},
        widths={"fa": 5, "fu": WIDTH}, predict=predict,
        losses=lambda p, seen, labels, pos, neg: {"main": eq.mse(seen["score"], labels["y"])},
    )


def attention_case(name: str, arguments: str, **kwargs) -> Case:
    return primitive(
        name,
        f"let v = linear(z1, out: 4, bias: false)\nlet r = attention(x1, key: z1, value: v, {arguments})",
        lambda p, x, z, f, u: eq.attend(x, z, linear(p / "v", z, 4, bias=False), **kwargs),
        "seq",
    )


def unary(name: str, inner: str, apply) -> Case:
    return primitive(f"unary_{name}", f"let r = {inner}", lambda p, x, z, f, u: apply(x), "seq")


def stop_grad() -> Case:
    case = primitive("stop_grad", "let r = stop_grad(x1) * tanh(x1)",
                     lambda p, x, z, f, u: x.detach() * torch.tanh(x), "seq")
    case.extra["cut"] = True  # differences see through it
    return case


def cases() -> list[Case]:
    t = torch
    return [
        primitive("linear", "let r = linear(x1, out: 4)", lambda p, x, z, f, u: linear(p / "r", x, 4), "seq"),
        primitive("linear_no_bias", "let r = linear(x1, out: 9, bias: false)",
                  lambda p, x, z, f, u: linear(p / "r", x, 9, bias=False), "seq"),
        primitive("linear_vec", "let r = linear(mean(x1), out: 4)", lambda p, x, z, f, u: linear(p / "r", x.mean(0), 4), "vec"),
        primitive("linear_stream", "let r = linear(f, out: 4)", lambda p, x, z, f, u: linear(p / "r", f, 4), "seq"),
        primitive("vector_stream", "let r = u * mean(x1)", lambda p, x, z, f, u: u * x.mean(0), "vec"),
        primitive("layer_norm", "let r = layer_norm(x1)", lambda p, x, z, f, u: eq.layer_norm(p / "r", x), "seq"),
        primitive("layer_norm_eps", "let r = layer_norm(x1, eps: 0.3)",
                  lambda p, x, z, f, u: eq.layer_norm(p / "r", x, 0.3), "seq"),
        primitive("layer_norm_vec", "let r = layer_norm(mean(x1))",
                  lambda p, x, z, f, u: eq.layer_norm(p / "r", x.mean(0)), "vec"),
        attention_case("attention", "heads: 2", heads=2),
        attention_case("attention_one_head", "heads: 1", heads=1),
        attention_case("attention_scale", "heads: 2, scale: 1.7", heads=2, scale=1.7),
        primitive("attention_self", "let r = attention(x1, key: x1, value: x1, heads: 3)",
                  lambda p, x, z, f, u: eq.attend(x, x, x, 3), "seq"),
        primitive("attention_learned_queries",
                  f"let q = learned(rows: 3, width: {WIDTH})\nlet r = attention(q, key: z1, value: z1, heads: 2)",
                  lambda p, x, z, f, u: eq.attend((p / "q")("rows", 3, WIDTH), z, z, 2), "seq"),
        primitive("attention_learned_keys",
                  f"let k = learned(rows: 3, width: {WIDTH})\nlet r = attention(x1, key: k, value: k, heads: 2)",
                  lambda p, x, z, f, u: eq.attend(x, *[(p / "k")("rows", 3, WIDTH)] * 2, 2), "seq"),
        primitive("attention_large_scores", "let q = 40 * x1\nlet r = attention(q, key: z1, value: z1, heads: 2)",
                  lambda p, x, z, f, u: eq.attend(40 * x, z, z, 2), "seq"),
        primitive("positions", f"let place = positions(z1, rows: 11, width: {WIDTH})\nlet r = z1 + place",
                  lambda p, x, z, f, u: z + (p / "place")("weight", 11, WIDTH)[: len(z)], "seq"),
        primitive("positions_of_stream", "let place = positions(f, width: 5)\nlet r = f + place",
                  lambda p, x, z, f, u: f + (p / "place")("weight", max(F_LENS) + 2, 5)[: len(f)], "seq"),
        primitive("learned", f"let r = learned(rows: 4, width: {WIDTH})",
                  lambda p, x, z, f, u: (p / "r")("rows", 4, WIDTH), "seq"),
        primitive("take_some", "let r = take(x1, rows: 3)", lambda p, x, z, f, u: x[:3], "seq"),
        primitive("take_one", "let r = take(x1, rows: 1)", lambda p, x, z, f, u: x[:1], "seq"),
        primitive("take_all", "let r = take(x1, rows: 30)", lambda p, x, z, f, u: x, "seq"),
        primitive("take_twice", "let s = take(x1, rows: 4)\nlet r = take(s, rows: 2)", lambda p, x, z, f, u: x[:2], "seq"),
        primitive("take_attended", "let b = take(x1, rows: 4)\nlet r = attention(z1, key: b, value: b, heads: 2)",
                  lambda p, x, z, f, u: eq.attend(z, x[:4], x[:4], 2), "seq"),
        primitive("row_first", "let r = x1[0]", lambda p, x, z, f, u: x[0], "vec"),
        primitive("row_last", "let r = x1[-1]", lambda p, x, z, f, u: x[-1], "vec"),
        primitive("row_static", f"let s = learned(rows: 3, width: {WIDTH})\nlet r = s[2] * x1[0]",
                  lambda p, x, z, f, u: (p / "s")("rows", 3, WIDTH)[2] * x[0], "vec"),
        primitive("mean", "let r = mean(x1)", lambda p, x, z, f, u: x.mean(0), "vec"),
        primitive("maxpool", "let r = maxpool(x1)", lambda p, x, z, f, u: x.max(0).values, "vec"),
        primitive("maxpool_below_zero", "let s = -1 * square(x1) - 1\nlet r = maxpool(s)",
                  lambda p, x, z, f, u: (-x * x - 1).max(0).values, "vec"),
        primitive("concat_time", "let r = concat(x1, z1)", lambda p, x, z, f, u: t.cat([x, z]), "seq"),
        primitive("concat_time_learned", f"let s = learned(rows: 2, width: {WIDTH})\nlet r = concat(x1, s, z1, x1)",
                  lambda p, x, z, f, u: t.cat([x, (p / "s")("rows", 2, WIDTH), z, x]), "seq"),
        primitive("concat_time_attended", "let j = concat(x1, z1)\nlet r = attention(x1, key: j, value: j, heads: 2)",
                  lambda p, x, z, f, u: eq.attend(x, t.cat([x, z]), t.cat([x, z]), 2), "seq"),
        primitive("concat_time_taken", "let j = concat(x1, z1)\nlet r = take(j, rows: 6)",
                  lambda p, x, z, f, u: t.cat([x, z])[:6], "seq"),
        primitive("concat_features", 'let s = tanh(x1)\nlet r = concat(x1, s, along: "features")',
                  lambda p, x, z, f, u: t.cat([x, t.tanh(x)], -1), "seq"),
        primitive("concat_vectors", "let r = concat(mean(x1), z1[0], u)",
                  lambda p, x, z, f, u: t.cat([x.mean(0), z[0], u]), "vec"),
        primitive("cosine", "let r = cosine(mean(x1), with: mean(z1))",
                  lambda p, x, z, f, u: eq.cosine(x.mean(0), z.mean(0)), "real"),
        primitive("dot", "let r = dot(mean(x1), with: z1[0])", lambda p, x, z, f, u: x.mean(0) @ z[0], "real"),
        primitive("sum_features", "let r = sum_features(tanh(mean(x1)))",
                  lambda p, x, z, f, u: t.tanh(x.mean(0)).sum(), "real"),
        primitive("logsumexp",
                  "let a = dot(mean(x1), with: u)\nlet b = dot(mean(z1), with: u)\nlet r = logsumexp([a, 3 * b, a - b])",
                  lambda p, x, z, f, u: t.log(t.exp(x.mean(0) @ u) + t.exp(3 * (z.mean(0) @ u))
                                              + t.exp(x.mean(0) @ u - z.mean(0) @ u)), "real"),
        primitive("logsumexp_large", "let a = dot(mean(x1), with: u)\nlet r = 0.01 * logsumexp([300 * a + 500, 500 - 200 * a])",
                  lambda p, x, z, f, u: 0.01 * t.logsumexp(
                      t.stack([300 * (x.mean(0) @ u) + 500, 500 - 200 * (x.mean(0) @ u)]), 0), "real"),
        unary("relu", "relu(x1)", eq.relu),
        unary("gelu", "gelu(x1)", eq.gelu),
        unary("tanh", "tanh(x1)", t.tanh),
        unary("sigmoid", "sigmoid(x1)", lambda x: 1 / (1 + t.exp(-x))),
        unary("exp", "exp(x1)", t.exp),
        unary("log", "log(square(x1) + 0.5)", lambda x: t.log(x * x + 0.5)),
        unary("abs", "abs(x1)", lambda x: t.where(x < 0, -x, x)),
        unary("square", "square(x1)", lambda x: x * x),
        unary("sqrt", "sqrt(square(x1) + 0.5)", lambda x: (x * x + 0.5) ** 0.5),
        unary("affine", "1 - x1 / 4", lambda x: 1 - x / 4),
        unary("negated", "-x1", lambda x: -x),
        primitive("binary_add_sub", "let s = tanh(x1)\nlet r = x1 + s - square(s)",
                  lambda p, x, z, f, u: x + t.tanh(x) - t.tanh(x) ** 2, "seq"),
        primitive("binary_mul_div", "let s = square(x1) + 0.7\nlet r = x1 * tanh(x1) / s",
                  lambda p, x, z, f, u: x * t.tanh(x) / (x * x + 0.7), "seq"),
        primitive("binary_real", "let a = dot(mean(x1), with: u)\nlet b = dot(mean(z1), with: u)\nlet r = a * b - a / (square(b) + 1)",
                  lambda p, x, z, f, u: (x.mean(0) @ u) * (z.mean(0) @ u) - (x.mean(0) @ u) / ((z.mean(0) @ u) ** 2 + 1), "real"),
        primitive("add_row", "let r = add_row(x1, row: mean(z1))", lambda p, x, z, f, u: x + z.mean(0), "seq"),
        primitive("scale", "let a = dot(mean(z1), with: u)\nlet r = scale(x1, by: a)",
                  lambda p, x, z, f, u: x * (z.mean(0) @ u), "seq"),
        primitive("scale_vec", "let a = dot(mean(z1), with: u)\nlet r = scale(x1[0], by: a)",
                  lambda p, x, z, f, u: x[0] * (z.mean(0) @ u), "vec"),
        stop_grad(),
        primitive("param_vec", f"let s = param(shape: [{WIDTH}])\nlet r = s * mean(x1)",
                  lambda p, x, z, f, u: (p / "s")("value", WIDTH) * x.mean(0), "vec"),
        primitive("param_real", "let s = param(shape: [])\nlet r = scale(x1, by: s)",
                  lambda p, x, z, f, u: x * (p / "s")("value"), "seq"),
    ]
