"""The algebra of axes: one case per primitive or way of calling it, as in `cases_primitives`."""

from __future__ import annotations

import torch
from torch import Tensor

from cases_primitives import WIDTH, primitive
from harness import Case

t = torch


def summed(x: Tensor, w: Tensor) -> Tensor:
    """Rows times a matrix, written out."""
    return (x[..., :, None] * w).sum(-2)


def softmax(x: Tensor, axis: int) -> Tensor:
    e = torch.exp(x - x.max(axis, keepdim=True).values)
    return e / e.sum(axis, keepdim=True)


def length(x: Tensor) -> Tensor:
    return (x * x).sum(-1, keepdim=True) ** 0.5


def unary(name: str, inner: str, apply) -> Case:
    return primitive(name, f"let r = {inner}", lambda p, x, z, f, u: apply(x), "seq")


def vec(name: str, body: str, result) -> Case:
    return primitive(name, body, result, "vec")


def seq(name: str, body: str, result) -> Case:
    return primitive(name, body, result, "seq")


class Turned(torch.autograd.Function):
    """The identity whose gradient is turned round."""

    @staticmethod
    def forward(ctx, x: Tensor, by: float) -> Tensor:
        ctx.by = by
        return x.clone()

    @staticmethod
    def backward(ctx, gradient: Tensor):
        return -ctx.by * gradient, None


def turned() -> Case:
    case = seq("grad_reverse", "let r = grad_reverse(x1, by: 0.7) * tanh(x1)",
               lambda p, x, z, f, u: Turned.apply(x, 0.7) * t.tanh(x))
    case.extra["cut"] = True  # differences see through it
    return case


def products() -> list[Case]:
    w, v = f"let w = param(shape: [{WIDTH}, 4])", f"let w = param(shape: [3, {WIDTH}, 4])"
    named = lambda p, *shape: (p / "w")("value", *shape)
    return [
        seq("einsum_rows", f'{w}\nlet r = einsum(x1, w, spec: "td,de->te")',
            lambda p, x, z, f, u: summed(x, named(p, WIDTH, 4))),
        seq("einsum_scaled_rows", 'let a = tanh(x1)\nlet r = einsum(a, mean(z1), x1, spec: "ti,i,ti->ti")',
            lambda p, x, z, f, u: t.tanh(x) * z.mean(0) * x),
        seq("einsum_matrix_per_sample",
            'let m = outer(mean(z1), with: u)\nlet r = einsum(x1, m, spec: "td,de->te")',
            lambda p, x, z, f, u: summed(x, z.mean(0)[:, None] * u[None, :])),
        seq("einsum_two_axes", f'{v}\nlet s = einsum(x1, w, spec: "td,kde->tke")\nlet q = tanh(s)\nlet r = einsum(q, w, spec: "tke,kde->td")',
            lambda p, x, z, f, u: sum(t.tanh(x @ m) @ m.T for m in named(p, 3, WIDTH, 4))),
        vec("einsum_over_time", 'let a = tanh(x1)\nlet r = einsum(x1, a, spec: "ti,tj->ij") |> flatten()',
            lambda p, x, z, f, u: sum(row[:, None] * t.tanh(row)[None, :] for row in x).flatten()),
        vec("einsum_sum_rows", 'let r = einsum(x1, spec: "td->d")', lambda p, x, z, f, u: x.sum(0)),
        vec("einsum_two_lengths", 'let r = einsum(x1, z1, u, spec: "td,sd,e->e")',
            lambda p, x, z, f, u: u * sum((a * b).sum() for a in x for b in z)),
        seq("einsum_attended", 'let r = einsum(x1, z1, z1, spec: "td,sd,se->te")',
            lambda p, x, z, f, u: t.stack([sum((a * b).sum() * b for b in z) for a in x])),
        seq("einsum_fixed_rows", f'let q = learned(rows: 3, width: {WIDTH})\nlet r = einsum(x1, q, spec: "td,qd->tq")',
            lambda p, x, z, f, u: t.stack([(x * q).sum(-1) for q in (p / "q")("rows", 3, WIDTH)], -1)),
        seq("einsum_of_fixed_rows", f'let q = learned(rows: 3, width: {WIDTH})\nlet r = einsum(q, x1, spec: "qd,td->qd")',
            lambda p, x, z, f, u: (p / "q")("rows", 3, WIDTH) * x.sum(0)),
        primitive("einsum_real", 'let a = einsum(u, mean(z1), spec: "i,i->")\nlet r = einsum(a, x1[0], u, spec: ",i,i->")',
                  lambda p, x, z, f, u: (u * z.mean(0)).sum() * (x[0] * u).sum(), "real"),
        vec("einsum_of_weights", f'{w}\nlet s = einsum(w, w, spec: "ij,kj->ik")\nlet r = matmul(u, with: s) * mean(x1)',
            lambda p, x, z, f, u: summed(u, named(p, WIDTH, 4) @ named(p, WIDTH, 4).T) * x.mean(0)),
        vec("outer", "let r = outer(mean(x1), with: u) |> flatten()",
            lambda p, x, z, f, u: (x.mean(0)[:, None] * u[None, :]).reshape(-1)),
        seq("matmul", f"{w}\nlet r = matmul(x1, with: w)", lambda p, x, z, f, u: summed(x, named(p, WIDTH, 4))),
        vec("matmul_transposed", "let m = outer(mean(x1), with: u)\nlet r = matmul(transpose(m), with: m) |> flatten()",
            lambda p, x, z, f, u: ((x.mean(0) ** 2).sum() * u[:, None] * u[None, :]).reshape(-1)),
        seq("transpose_rows", "let s = reshape(x1, shape: [2, 3])\nlet r = transpose(s) |> flatten()",
            lambda p, x, z, f, u: x[:, [0, 3, 1, 4, 2, 5]]),
    ]


def shapes() -> list[Case]:
    return [
        seq("reshape_rows", "let s = reshape(x1, shape: [3, 2])\nlet r = log_softmax(s) |> flatten()",
            lambda p, x, z, f, u: t.cat([t.log(softmax(x[:, i : i + 2], 1)) for i in (0, 2, 4)], 1)),
        vec("reshape_real", "let a = dot(mean(x1), with: u)\nlet r = concat(reshape(a, shape: [1]), u)",
            lambda p, x, z, f, u: t.cat([(x.mean(0) * u).sum()[None], u])),
        seq("slice", "let r = slice(x1, from: 1, to: 4)", lambda p, x, z, f, u: x[:, 1:4]),
        seq("slice_ends", 'let a = slice(x1, to: 2)\nlet b = slice(x1, from: 4)\nlet r = concat(b, a, along: "features")',
            lambda p, x, z, f, u: x[:, [4, 5, 0, 1]]),
        seq("split", "let s = split(x1, parts: 3)\nlet r = s[2] * tanh(s[0]) - s[1]",
            lambda p, x, z, f, u: x[:, 4:6] * t.tanh(x[:, 0:2]) - x[:, 2:4]),
        seq("append", "let r = append(x1, value: 1)", lambda p, x, z, f, u: t.cat([x, t.ones(len(x), 1)], 1)),
        vec("append_vec", "let r = append(mean(x1), value: -0.5)",
            lambda p, x, z, f, u: t.cat([x.mean(0), t.tensor([-0.5])])),
        seq("stack", "let r = stack([mean(x1), u, z1[0]])", lambda p, x, z, f, u: t.stack([x.mean(0), u, z[0]])),
        seq("stack_attended", "let s = stack([mean(x1), z1[-1]])\nlet r = attention(x1, key: s, value: s, heads: 1, scale: 0.5)",
            lambda p, x, z, f, u: softmax(0.5 * x @ t.stack([x.mean(0), z[-1]]).T, 1) @ t.stack([x.mean(0), z[-1]])),
        seq("repeat", "let r = repeat(mean(z1), like: x1)",
            lambda p, x, z, f, u: t.stack([z.mean(0)] * len(x))),
        seq("repeat_weight", f'let s = param(shape: [{WIDTH}])\nlet v = repeat(s, like: x1)\nlet r = concat(x1, v, along: "features")',
            lambda p, x, z, f, u: t.cat([x, t.stack([(p / "s")("value", WIDTH)] * len(x))], 1)),
    ]


def along_axes() -> list[Case]:
    keep = lambda name, call, apply: seq(name, f"let r = scale(tanh(x1), by: {call})", lambda p, x, z, f, u: t.tanh(x) * apply(x))
    return [
        seq("softmax", "let r = softmax(x1)", lambda p, x, z, f, u: softmax(x, 1)),
        seq("softmax_time", 'let r = softmax(x1, over: "time")', lambda p, x, z, f, u: softmax(x, 0)),
        seq("softmax_time_large", 'let s = 300 * x1\nlet r = softmax(s, over: "time")', lambda p, x, z, f, u: softmax(300 * x, 0)),
        vec("softmax_time_pooled", 'let s = linear(x1, out: 1)\nlet a = softmax(s, over: "time")\nlet r = einsum(a, x1, spec: "to,td->od") |> flatten()',
            lambda p, x, z, f, u: (softmax(summed(x, (p / "s")("weight", 1, WIDTH).T) + (p / "s")("bias", 1), 0) * x).sum(0)),
        seq("log_softmax", "let r = log_softmax(x1)", lambda p, x, z, f, u: t.log(softmax(x, 1))),
        seq("log_softmax_time", 'let r = log_softmax(x1, over: "time")', lambda p, x, z, f, u: t.log(softmax(x, 0))),
        vec("softmax_axis", "let m = outer(u, with: mean(x1))\nlet r = softmax(m, over: 0) |> flatten()",
            lambda p, x, z, f, u: softmax(u[:, None] * x.mean(0), 0).reshape(-1)),
        seq("softmax_axis_of_rows", "let s = reshape(x1, shape: [2, 3])\nlet r = softmax(s, over: -2) |> flatten()",
            lambda p, x, z, f, u: softmax(x.reshape(-1, 2, 3), 1).reshape(-1, 6)),
        keep("sum_features_rows", "sum_features(x1, keep: true)", lambda x: x.sum(1, keepdim=True)),
        keep("mean_features", "mean_features(x1, keep: true)", lambda x: x.mean(1, keepdim=True)),
        keep("max_features", "max_features(x1, keep: true)", lambda x: x.max(1, keepdim=True).values),
        keep("min_features", "min_features(x1, keep: true)", lambda x: x.min(1, keepdim=True).values),
        keep("norm", "norm(x1, keep: true)", length),
        keep("logsumexp_features", "logsumexp(x1, keep: true)", lambda x: t.log(t.exp(x).sum(1, keepdim=True))),
        primitive("logsumexp_vec", "let r = logsumexp(mean(x1))", lambda p, x, z, f, u: t.log(t.exp(x.mean(0)).sum()), "real"),
        primitive("norm_at_zero", "let m = mean(x1)\nlet r = norm(relu(m - 100)) + norm(m)",
                  lambda p, x, z, f, u: length(x.mean(0))[0], "real"),
        vec("max_of_table", "let m = outer(mean(x1), with: u)\nlet r = max_features(m) + min_features(transpose(m))",
            lambda p, x, z, f, u: (x.mean(0)[:, None] * u).max(1).values + (x.mean(0)[:, None] * u).min(0).values),
        seq("normalize", "let r = normalize(x1)", lambda p, x, z, f, u: x / length(x)),
        seq("normalize_eps", "let r = normalize(x1, eps: 2.5)",
            lambda p, x, z, f, u: x / t.where(length(x) < 2.5, t.full_like(length(x), 2.5), length(x))),
    ]


def element_wise() -> list[Case]:
    return [
        unary("silu", "silu(x1)", lambda x: x / (1 + t.exp(-x))),
        unary("softplus", "softplus(x1)", lambda x: t.log(1 + t.exp(x))),
        unary("sin", "sin(x1)", t.sin),
        unary("cos", "cos(x1)", t.cos),
        unary("leaky_relu", "leaky_relu(x1, slope: 0.2)", lambda x: t.where(x > 0, x, 0.2 * x)),
        unary("leaky_relu_default", "leaky_relu(x1)", lambda x: t.where(x > 0, x, 0.01 * x)),
        unary("elu", "elu(x1, alpha: 0.7)", lambda x: t.where(x > 0, x, 0.7 * (t.exp(x) - 1))),
        unary("clamp", "clamp(x1, min: -0.3, max: 0.6)",
              lambda x: t.where(x < -0.3, t.full_like(x, -0.3), t.where(x > 0.6, t.full_like(x, 0.6), x))),
        unary("clamp_below", "clamp(x1, max: 0.1)", lambda x: t.where(x > 0.1, t.full_like(x, 0.1), x)),
        unary("pow_whole", "x1 ** 3", lambda x: x * x * x),
        unary("pow_real", "pow(square(x1) + 0.5, exponent: -1.5)", lambda x: 1 / (x * x + 0.5) ** 1.5),
        seq("minimum", "let s = tanh(2 * x1)\nlet r = minimum(x1, with: s)",
            lambda p, x, z, f, u: t.where(x < t.tanh(2 * x), x, t.tanh(2 * x))),
        seq("maximum", "let s = square(x1)\nlet r = maximum(x1, with: s)",
            lambda p, x, z, f, u: t.where(x > x * x, x, x * x)),
        seq("mul_row", "let r = mul_row(x1, row: mean(z1))", lambda p, x, z, f, u: x * z.mean(0)),
        vec("mul_row_table", "let m = outer(mean(x1), with: u)\nlet r = mul_row(m, row: u) |> flatten()",
            lambda p, x, z, f, u: (x.mean(0)[:, None] * u * u).reshape(-1)),
        seq("mul_row_of_tables", "let s = reshape(x1, shape: [3, 2])\nlet r = add_row(mul_row(s, row: z1[0] |> slice(to: 2)), row: slice(u, to: 2)) |> flatten()",
            lambda p, x, z, f, u: x * z[0, :2].repeat(3) + u[:2].repeat(3)),
        seq("scale_rows", "let s = linear(x1, out: 1)\nlet r = scale(x1, by: sigmoid(s))",
            lambda p, x, z, f, u: x / (1 + t.exp(-summed(x, (p / "s")("weight", 1, WIDTH).T) - (p / "s")("bias", 1)))),
        turned(),
    ]


def cases() -> list[Case]:
    return [*products(), *shapes(), *along_axes(), *element_wise()]
