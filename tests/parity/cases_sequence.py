"""Operations along time and the blocks over them: one case per way of calling."""

from __future__ import annotations

import torch

import equations as eq
import equations_sequence as sq
from cases_blocks import block
from cases_primitives import WIDTH, X_LENS, Z_LENS, primitive
from equations import linear
from harness import Case
from params import Scope


def conv(name: str, out: int, kernel: int, **kwargs) -> Case:
    written = "".join(f", {k}: {str(v).lower()}" for k, v in kwargs.items())
    return primitive(f"conv1d_{name}", f"let r = conv1d(x1, out: {out}, kernel: {kernel}{written})",
                     lambda p, x, z, f, u: sq.conv1d(p / "r", x, out, kernel, **kwargs), "seq")


def recurrent(cell: str, both: bool) -> list[Case]:
    name, written = (f"{cell}_both", ", bidirectional: true") if both else (cell, "")
    end = sq.last_state if both else (lambda h: h[-1])
    return [
        primitive(name, f"let r = {cell}(x1, hidden: 4{written})",
                  lambda p, x, z, f, u: sq.recurrent(p / "r", cell, x, 4, both), "seq"),
        primitive(f"{name}_last_state", f"let h = {cell}(x1, hidden: 4{written})\nlet r = last_state(h)",
                  lambda p, x, z, f, u: end(sq.recurrent(p / "h", cell, x, 4, both)), "vec"),
    ]


def band(name: str, query: str, key: str, arguments: str, heads: int = 2, **kwargs) -> Case:
    def result(p, x, z, f, u):
        rows = {"x1": x, "z1": z}
        return sq.attend(rows[query], rows[key], linear(p / "v", rows[key], 4, bias=False), heads, **kwargs)

    body = (f"let v = linear({key}, out: 4, bias: false)\n"
            f"let r = attention({query}, key: {key}, value: v, heads: {heads}, {arguments})")
    return primitive(f"attention_{name}", body, result, "seq")


def long_bands() -> Case:
    """Bands on sequences so long that a runtime may choose another kernel; windows leave padding behind all keys."""
    body = (
        "let s = attention(t, key: t, value: t, heads: 2, causal: true)\n"
        "let w = s + attention(s, key: s, value: s, heads: 1, window: 5)\n"
        "let c = w + attention(w, key: a, value: a, heads: 4, causal: true, offset: 7)\n"
        "let r = tanh(mean(square(c)))"
    )

    def result(p: Scope, t, a, v):
        s = sq.attend(t, t, t, 2, offset=0)
        w = s + sq.attend(s, s, s, 1, window=5)
        c = w + sq.attend(w, a, a, 4, offset=7)
        return torch.tanh((c * c).mean(0))

    case = block("long_bands", "mse", body, result, "VecProbe")
    case.lens = {"T": [150, 1, 97, 133], "Ta": [160, 30, 141, 2], "Tv": [3, 129, 128, 64]}
    case.streams["text"].unique = False
    return case


def primitives() -> list[Case]:
    t = torch
    longest = max(X_LENS)
    return [
        conv("one", 4, 1), conv("same", 4, 3), conv("even", 4, 4), conv("dilated", 4, 3, dilation=2),
        conv("strided", 4, 3, stride=2), conv("strided_far", 4, 2, stride=3, dilation=2), conv("groups", 6, 3, groups=3),
        conv("causal", 4, 3, causal=True), conv("causal_strided", 6, 4, causal=True, stride=2, dilation=2, groups=2),
        conv("no_bias", 4, 3, bias=False), conv("wider_than_long", 4, 11),
        *(case for cell in sq.GATES for both in (False, True) for case in recurrent(cell, both)),
        primitive("last_state_told", "let h = tanh(gru(x1, hidden: 4, bidirectional: true))\n"
                  "let r = last_state(h, bidirectional: true)",
                  lambda p, x, z, f, u: sq.last_state(t.tanh(sq.recurrent(p / "h", "gru", x, 4, True))), "vec"),
        band("causal", "x1", "x1", "causal: true", offset=0),
        band("causal_cross", "x1", "z1", "causal: true", offset=0),
        band("causal_offset", "x1", "z1", "causal: true, offset: 2", offset=2),
        band("window", "x1", "x1", "window: 1", window=1),
        band("window_own", "x1", "x1", "window: 0", heads=1, window=0),
        band("window_causal", "z1", "z1", "window: 2, causal: true, offset: 1", window=2, offset=1),
        band("not_causal", "x1", "z1", "causal: false"),
        primitive("minpool", "let r = minpool(x1)", lambda p, x, z, f, u: x.min(0).values, "vec"),
        primitive("minpool_above_zero", "let s = square(x1) + 1\nlet r = minpool(s)",
                  lambda p, x, z, f, u: (x * x + 1).min(0).values, "vec"),
        primitive("sumpool", "let r = sumpool(x1)", lambda p, x, z, f, u: x.sum(0), "vec"),
        primitive("stdpool", "let r = stdpool(x1)", lambda p, x, z, f, u: sq.stdpool(x), "vec"),
        primitive("stdpool_eps", "let r = stdpool(x1, eps: 0.1)", lambda p, x, z, f, u: sq.stdpool(x, 0.1), "vec"),
        primitive("lsepool", "let r = lsepool(x1)", lambda p, x, z, f, u: t.log(t.exp(x).sum(0)), "vec"),
        primitive("lsepool_large", "let s = 300 * x1\nlet r = lsepool(s)",
                  lambda p, x, z, f, u: t.logsumexp(300 * x, 0), "vec"),
        primitive("shift", "let r = x1 + shift(x1, by: 2)", lambda p, x, z, f, u: x + sq.shift(x, 2), "seq"),
        primitive("shift_forward", "let r = x1 + shift(x1, by: -1)", lambda p, x, z, f, u: x + sq.shift(x, -1), "seq"),
        primitive("shift_out", "let r = x1 + shift(x1, by: 30)", lambda p, x, z, f, u: x, "seq"),
        primitive("reverse", "let r = reverse(x1)", lambda p, x, z, f, u: x.flip(0), "seq"),
        primitive("skip", "let s = concat(take(x1, rows: 1), x1)\nlet r = x1 * skip(s, rows: 1)",
                  lambda p, x, z, f, u: x * x, "seq"),
        primitive("skip_length", "let s = concat(x1, z1)\nlet r = skip(s, rows: T)", lambda p, x, z, f, u: z, "seq"),
        primitive("downsample", "let r = downsample(x1, by: 2)", lambda p, x, z, f, u: sq.downsample(x, 2), "seq"),
        primitive("downsample_max", 'let r = downsample(x1, by: 3, with: "max")',
                  lambda p, x, z, f, u: sq.downsample(x, 3, "max"), "seq"),
        primitive("downsample_all", "let r = downsample(x1, by: 40)", lambda p, x, z, f, u: sq.downsample(x, 40), "seq"),
        primitive("dense", "let r = dense(x1)", lambda p, x, z, f, u: sq.dense(x, longest), "seq"),
        primitive("dense_attended", "let d = dense(x1)\nlet r = attention(z1, key: d, value: d, heads: 2)",
                  lambda p, x, z, f, u: eq.attend(z, *[sq.dense(x, longest)] * 2, 2), "seq"),
        primitive("dense_twice", "let d = dense(x1)\nlet e = dense(tanh(x1))\nlet r = d + square(e) + d",
                  lambda p, x, z, f, u: 2 * sq.dense(x, longest) + sq.dense(t.tanh(x), longest) ** 2, "seq"),
        primitive("dense_joined", "let j = concat(dense(x1), z1)\nlet r = dense(take(j, rows: 8))",
                  lambda p, x, z, f, u: sq.dense(t.cat([sq.dense(x, longest), z])[:8], min(8, longest + max(Z_LENS))), "seq"),
        primitive("sinusoid", f"let r = x1 * sinusoid(x1, width: {WIDTH})",
                  lambda p, x, z, f, u: x * sq.sinusoid(len(x), WIDTH), "seq"),
        primitive("sinusoid_odd", "let place = sinusoid(z1, width: 5)\nlet r = linear(z1, out: 5) * place",
                  lambda p, x, z, f, u: linear(p / "r", z, 5) * sq.sinusoid(len(z), 5), "seq"),
    ]


def blocks() -> list[Case]:
    return [
        block("gru", "GRU, mse", "let r = GRU(a, hidden: 5, layers: 2)",
              lambda p, t, a, v: sq.layers(p / "r" / "gru", "gru", a, 5, 2)),
        block("bi_gru", "BiGRU, mse", "let r = BiGRU(v, hidden: 3, layers: 2)",
              lambda p, t, a, v: sq.layers(p / "r" / "bi_gru", "gru", v, 3, 2, True)),
        block("lstm", "LSTM, mse", "let r = LSTM(t, hidden: 5)",
              lambda p, t, a, v: sq.layers(p / "r" / "lstm", "lstm", t, 5, 1)),
        block("bi_lstm", "BiLSTM, mse", "let h = BiLSTM(a, hidden: 3, layers: 2)\nlet r = last_state(h)",
              lambda p, t, a, v: sq.last_state(sq.layers(p / "h" / "bi_lstm", "lstm", a, 3, 2, True)), "VecProbe"),
        block("attention_pool", "AttentionPool, mse", "let r = AttentionPool(a, hidden: 6)",
              lambda p, t, a, v: sq.attention_pool(p / "r", a, 6), "VecProbe"),
        block("conv", "Conv, mse", "let r = Conv(a, out: 5, kernel: 3, stride: 2)",
              lambda p, t, a, v: sq.conv1d(p / "r" / "conv", a, 5, 3, stride=2)),
        block("tcn", "TCN, mse", "let r = TCN(a, width: 6, kernel: 2, layers: 3)",
              lambda p, t, a, v: sq.tcn(p / "r", a, 6, 2, 3)),
        block("causal_transformer_layer", "CausalTransformerLayer, mse", "let r = CausalTransformerLayer(t, heads: 2, ff: 10)",
              lambda p, t, a, v: sq.causal_transformer_layer(p / "r", t, 2, 10)),
        block("pre_norm_transformer_layer", "PreNormTransformerLayer, mse",
              "let r = PreNormTransformerLayer(t, heads: 2, ff: 10, causal: true)",
              lambda p, t, a, v: sq.pre_norm_transformer_layer(p / "r", t, 2, 10, True)),
        block("cross_modal_transformer", "CrossModalTransformer, mse",
              "let r = CrossModalTransformer(t, from: a, heads: 2, ff: 10, layers: 2)",
              lambda p, t, a, v: sq.cross_modal_transformer(p / "r", t, a, 2, 10, 2)),
        block("cross_modal_transformer_causal", "CrossModalTransformer, mse",
              "let r = CrossModalTransformer(t, from: v, heads: 4, ff: 6, layers: 1, causal: true, offset: 1)",
              lambda p, t, a, v: sq.cross_modal_transformer(p / "r", t, v, 4, 6, 1, offset=1)),
        long_bands(),
    ]


def cases() -> list[Case]:
    return primitives() + blocks()
