"""Operations along time, for one sample: a sequence is the tensor of its valid rows [n, d]."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

import equations as eq
from params import Scope

GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def conv1d(p: Scope, x: Tensor, out: int, kernel: int, dilation: int = 1, stride: int = 1, groups: int = 1,
           causal: bool = False, bias: bool = True) -> Tensor:
    fan_in = x.shape[-1] // groups * kernel
    weight = p("weight", out, x.shape[-1] // groups, kernel, std=1.2 / math.sqrt(fan_in))
    b = p("bias", out, std=0.2) if bias else None
    around = dilation * (kernel - 1)
    front = around if causal else around // 2
    padded = F.pad(x.T, (front, around - front))
    return F.conv1d(padded[None], weight, b, stride=stride, dilation=dilation, groups=groups)[0].T


def states(cell: str, x: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> Tensor:
    """Row by row, as the documentation of torch.nn.RNN, GRU and LSTM has it."""
    h = c = torch.zeros(w_hh.shape[1], dtype=x.dtype)
    rows = []
    for row in x:
        a, b = w_ih @ row + b_ih, w_hh @ h + b_hh
        if cell == "rnn":
            h = torch.tanh(a + b)
        elif cell == "gru":
            (ar, az, an), (br, bz, bn) = a.chunk(3), b.chunk(3)
            r, z = torch.sigmoid(ar + br), torch.sigmoid(az + bz)
            n = torch.tanh(an + r * bn)
            h = (1 - z) * n + z * h
        else:
            i, f, g, o = (a + b).chunk(4)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        rows.append(h)
    return torch.stack(rows)


def recurrent(p: Scope, cell: str, x: Tensor, hidden: int, both: bool = False) -> Tensor:
    def weights(direction: str) -> list[Tensor]:
        rows = GATES[cell] * hidden
        return [p(f"weight_ih{direction}", rows, x.shape[-1]), p(f"weight_hh{direction}", rows, hidden),
                p(f"bias_ih{direction}", rows), p(f"bias_hh{direction}", rows)]

    forward = states(cell, x, *weights(""))
    if not both:
        return forward
    return torch.cat([forward, states(cell, x.flip(0), *weights("_reverse")).flip(0)], -1)


def last_state(h: Tensor) -> Tensor:
    half = h.shape[-1] // 2
    return torch.cat([h[-1, :half], h[0, half:]])


def attend(q: Tensor, k: Tensor, v: Tensor, heads: int, offset: int | None = None, window: int | None = None) -> Tensor:
    """As eq.attend, row by row over the keys that the row sees."""
    rows = []
    for i in range(len(q)):
        seen = [j for j in range(len(k))
                if (offset is None or j <= i + offset) and (window is None or abs(i - j) <= window)]
        rows.append(eq.attend(q[i : i + 1], k[seen], v[seen], heads)[0])
    return torch.stack(rows)


def shift(x: Tensor, by: int) -> Tensor:
    zero = torch.zeros_like(x[0])
    return torch.stack([x[j - by] if 0 <= j - by < len(x) else zero for j in range(len(x))])


def downsample(x: Tensor, by: int, pool: str = "mean") -> Tensor:
    windows = x.split(by)
    return torch.stack([w.mean(0) if pool == "mean" else w.max(0).values for w in windows])


def dense(x: Tensor, longest: int) -> Tensor:
    return torch.cat([x, x.new_zeros(longest - len(x), x.shape[-1])])


def sinusoid(n: int, width: int) -> Tensor:
    table = torch.zeros(n, width, dtype=torch.float64)
    for i in range(n):
        for k in range(width):
            angle = i / 10000 ** ((k - k % 2) / width)
            table[i, k] = math.cos(angle) if k % 2 else math.sin(angle)
    return table


def stdpool(x: Tensor, eps: float = 1e-5) -> Tensor:
    return torch.sqrt(((x - x.mean(0)) ** 2).mean(0) + eps)


# Blocks of the standard library.


def layers(p: Scope, cell: str, x: Tensor, hidden: int, count: int, both: bool = False) -> Tensor:
    for l in range(count):
        x = recurrent(p / l, cell, x, hidden, both)
    return x


def attention_pool(p: Scope, x: Tensor, hidden: int) -> Tensor:
    p = p / "attention_pool"
    scores = torch.tanh(eq.linear(p / "key", x, hidden)) @ (p / "query")("rows", 1, hidden)[0]
    return torch.softmax(scores, 0) @ x


def tcn(p: Scope, x: Tensor, width: int, kernel: int, count: int) -> Tensor:
    p = p / "tcn"
    h = eq.linear(p / "projected", x, width)
    for l in range(count):
        q = p / "tcn_layer" / l
        inner = eq.relu(conv1d(q / "first", h, width, kernel, dilation=2**l, causal=True))
        h = eq.relu(h + eq.relu(conv1d(q / "second", inner, width, kernel, dilation=2**l, causal=True)))
    return h


def self_attention(p: Scope, x: Tensor, heads: int, causal: bool) -> Tensor:
    p = p / "self_attention"
    q, k, v = (eq.linear(p / name, x, x.shape[-1], bias=False) for name in "qkv")
    return attend(q, k, v, heads, offset=0 if causal else None)


def causal_transformer_layer(p: Scope, x: Tensor, heads: int, ff: int) -> Tensor:
    p = p / "causal_transformer_layer"
    z = eq.norm(p / "z", x + self_attention(p / "a", x, heads, True))
    return eq.norm(p, z + eq.ffn(p / "f", z, ff))


def pre_norm_transformer_layer(p: Scope, x: Tensor, heads: int, ff: int, causal: bool = False) -> Tensor:
    p = p / "pre_norm_transformer_layer"
    z = x + self_attention(p / "a", eq.norm(p / "a", x), heads, causal)
    return z + eq.ffn(p / "f", eq.norm(p / "f", z), ff)


def cross_modal_transformer(p: Scope, x: Tensor, source: Tensor, heads: int, ff: int, count: int,
                            offset: int | None = None) -> Tensor:
    """MulT: the encoder of `fairseq` with a source that stays the same in all layers."""
    p, w = p / "cross_modal_transformer", x.shape[-1]
    h, source = (math.sqrt(w) * s + sinusoid(len(s), w) for s in (x, source))
    for l in range(count):
        q = p / "cross_modal_layer" / l
        keys = eq.norm(q / "norm", source)
        mixed = attend(eq.linear(q / "query", eq.norm(q / "norm", h), w), eq.linear(q / "key", keys, w),
                       eq.linear(q / "value", keys, w), heads, offset=offset)
        z = h + eq.linear(q / "projected", mixed, w)
        h = z + eq.ffn(q / "f", eq.norm(q / "f", z), ff)
    return eq.norm(p, h)


@torch.no_grad()
def check_transcription() -> float:
    """The largest difference between these equations and torch's own modules, the names of their weights included."""
    from params import Store

    store, worst = Store(7), 0.0
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    modules = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
    for cell, make in modules.items():
        p = Scope(store, cell)
        ours = recurrent(p, cell, x, 4, both=True)
        theirs = make(3, 4, bidirectional=True, batch_first=True).double()
        for name, tensor in theirs.named_parameters():
            tensor.data.copy_(store.tensors[f"{cell}.{name.replace('_l0', '')}"])
        found, state = theirs(x[None])
        state = state[0] if cell == "lstm" else state
        worst = max(worst, float((ours - found[0]).abs().max()), float((last_state(ours) - state[:, 0].flatten()).abs().max()))
    for kernel, dilation in ((3, 1), (4, 1), (2, 3)):
        p = Scope(store, f"conv{kernel}{dilation}")
        ours = conv1d(p, x, 6, kernel, dilation)
        theirs = torch.nn.Conv1d(3, 6, kernel, dilation=dilation, padding="same").double()
        theirs.weight.data.copy_(store.tensors[f"{p.path}.weight"])
        theirs.bias.data.copy_(store.tensors[f"{p.path}.bias"])
        worst = max(worst, float((ours - theirs(x.T[None])[0].T).abs().max()))
    band = torch.ones(5, 5).tril(1).bool()
    ours = attend(x, x, x, 1, offset=1)
    theirs = F.scaled_dot_product_attention(x[None], x[None], x[None], attn_mask=band)[0]
    return max(worst, float((ours - theirs).abs().max()))
