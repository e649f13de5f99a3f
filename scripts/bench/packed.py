"""Rows of ragged sequences one behind the other, and the operations of the strong opponent on them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F

# Up to this many rows the plain products are faster on a processor than the fused kernel.
SHORT = 64


@dataclass
class Group:
    """Consecutive sequences of similar length."""

    rows: int
    count: int
    longest: int
    # Padded place -> row of the group, and back; None where all are equally long.
    index: Tensor | None
    back: Tensor | None
    # What is added to the scores of a key, [count, 1, 1, longest].
    bias: Tensor | None


@dataclass
class Pack:
    """Lengths of sequences. `valid` differs from `lens` where padding is kept, `count` is how many equal rows the last one stands for."""

    lens: list[int]
    valid: list[int]
    count: list[int] = field(default_factory=list)
    slack: float = 0.0

    def __post_init__(self) -> None:
        self.starts = [0]
        for n in self.lens:
            self.starts.append(self.starts[-1] + n)
        self._groups: list[Group] | None = None

    def bias(self, i: int, longest: int) -> Tensor | None:
        n, valid, count = self.lens[i], self.valid[i], self.count[i] if self.count else 1
        if valid == longest and count == 1:
            return None
        bias = torch.zeros(longest)
        bias[valid:] = -math.inf
        if count != 1:
            bias[n - 1] = math.log(count)
        return bias

    @property
    def groups(self) -> list[Group]:
        if self._groups is None:
            self._groups, first = [], 0
            for i in range(1, len(self.lens) + 1):
                if i == len(self.lens) or self.lens[i] > self.lens[first] * (1 + self.slack):
                    self._groups.append(self.group(range(first, i)))
                    first = i
        return self._groups

    def group(self, members: range) -> Group:
        lens = [self.lens[i] for i in members]
        longest, rows = max(lens), sum(lens)
        biases = [self.bias(i, longest) for i in members]
        bias = None
        if any(b is not None for b in biases):
            bias = torch.stack([torch.zeros(longest) if b is None else b for b in biases])[:, None, None, :]
        if min(lens) == longest:
            return Group(rows, len(lens), longest, None, None, bias)
        starts = torch.tensor([0, *lens[:-1]]).cumsum(0)
        place = torch.arange(longest)
        index = (starts[:, None] + place).clamp(max=rows - 1)
        back = (place < torch.tensor(lens)[:, None]).flatten().nonzero().squeeze(1)
        return Group(rows, len(lens), longest, index.flatten(), back, bias)

    def owners(self) -> Tensor:
        return torch.repeat_interleave(torch.arange(len(self.lens)), torch.tensor(self.lens))

    def places(self) -> Tensor:
        return torch.cat([torch.arange(n) for n in self.lens])

    def select(self, members: list[int], lens: list[int]) -> Tensor:
        """Rows of some sequences, the first `lens` of each."""
        return torch.cat([torch.arange(self.starts[i], self.starts[i] + n) for i, n in zip(members, lens, strict=True)])


class Ops:
    """Operations with switches; `training` is set from outside."""

    def __init__(self, cheap_dropout: bool, choose_attention: bool) -> None:
        self.cheap_dropout, self.choose_attention, self.training = cheap_dropout, choose_attention, False

    def dropout(self, x: Tensor, p: float) -> Tensor:
        if not (p and self.training):
            return x
        if not self.cheap_dropout:
            return F.dropout(x, p)
        # Eight draws from one random number, with the rate rounded to 1/256 and the scale that belongs to it.
        cut = round(p * 256)
        random = torch.empty((x.numel() + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
        keep = random.view(torch.uint8)[: x.numel()].view(x.shape) >= cut
        return x * keep.to(x.dtype).mul_(256 / (256 - cut))

    def attend(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, drop: float = 0.0, scale: float | None = None) -> Tensor:
        """Operands [.., heads, rows, width]."""
        drop = drop if self.training else 0.0
        plain = self.choose_attention and max(q.shape[-2], k.shape[-2]) <= SHORT and q.shape[0] > 1
        if not plain and not (drop and self.cheap_dropout):
            return F.scaled_dot_product_attention(q, k, v, attn_mask=bias, dropout_p=drop, scale=scale)
        scores = (q * (scale or 1 / math.sqrt(q.shape[-1]))) @ k.transpose(-1, -2)
        weights = (scores if bias is None else scores + bias).softmax(-1)
        return self.dropout(weights, drop) @ v

    def self_attention(self, parts: tuple[Tensor, Tensor, Tensor], pack: Pack, heads: int, drop: float = 0.0) -> Tensor:
        sizes, out = [g.rows for g in pack.groups], []
        for group, *qkv in zip(pack.groups, *(x.split(sizes) for x in parts), strict=True):
            if group.index is not None:
                qkv = [x.index_select(0, group.index) for x in qkv]
            q, k, v = (x.view(group.count, group.longest, heads, -1).transpose(1, 2) for x in qkv)
            mixed = self.attend(q, k, v, group.bias, drop).transpose(1, 2).reshape(group.count * group.longest, -1)
            out.append(mixed if group.back is None else mixed.index_select(0, group.back))
        return torch.cat(out)

    def cross_attention(self, q: Tensor, q_lens: list[int], k: Tensor, v: Tensor, pack: Pack, heads: int, scale=None) -> Tensor:
        """Queries of sequence i see the keys of sequence i: one call each, without padding."""
        out = []
        for i, (x, y, z) in enumerate(zip(q.split(q_lens), k.split(pack.lens), v.split(pack.lens), strict=True)):
            x, y, z = (r.view(1, r.shape[0], heads, -1).transpose(1, 2) for r in (x, y, z))
            bias = pack.bias(i, pack.lens[i])
            bias = None if bias is None else bias[None, None, None]
            out.append(self.attend(x, y, z, bias, scale=scale)[0].transpose(0, 1).flatten(1))
        return torch.cat(out)

    def absorbed(self, q: Tensor, q_lens: list[int], x: Tensor, pack: Pack, w_k: Tensor, w_v: Tensor, heads: int, zeros=None) -> Tensor:
        """Few queries against many rows: the key's map is applied to the queries, the value's to the mixed rows.

        `zeros[i]` more rows of zeros are seen in sequence i: their scores and values are 0.
        """
        d = x.shape[1]
        rows, width = q.shape[0], q.shape[1] // heads
        q = torch.einsum("rhw,hwd->rhd", q.view(rows, heads, width) / math.sqrt(width), w_k.view(heads, width, d))
        mixed = []
        for i, (qs, xs) in enumerate(zip(q.split(q_lens), x.split(pack.lens), strict=True)):
            scores = qs.flatten(0, 1) @ xs.T
            bias = pack.bias(i, pack.lens[i])
            scores = scores if bias is None else scores + bias
            if zeros is not None and zeros[i]:
                scores = torch.cat([scores, scores.new_full((len(scores), 1), math.log(zeros[i]))], -1)
                weights = scores.softmax(-1)[:, :-1]
            else:
                weights = scores.softmax(-1)
            mixed.append((weights @ xs).view(-1, heads, d))
        return torch.einsum("rhd,hwd->rhw", torch.cat(mixed), w_v.view(heads, width, d)).flatten(1)
