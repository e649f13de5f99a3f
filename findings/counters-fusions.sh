#!/usr/bin/env bash
# Counters of multiply-adds on four fusion models, each written in three ways.
#
# Self-attention over three joined streams, cross-modal attention, bottleneck fusion and hierarchical bottleneck fusion: two layers
# each, lengths of CH-SIMS (39 words, 401 and 56 frames), width 128, 8 heads, feed-forward width 256; then the temporal alignment
# that runs before them. The figure of a tool depends on how attention is spelled: as products of matrices, as the fused operator,
# or as nn.MultiheadAttention (which adds an output projection, so its true figures are larger). Under the fused operator
# seven of these ten tools lose all scores and weighted sums, which changes the order of cost of no model here but halves one of them.
# Only deepspeed gives the same for the first two spellings and the true figure for the third; its figures are printed in full.
# FLOPs of torch.utils.flop_counter are halved here.
#
# Versions: torch 2.11.0, thop 0.1.1.post2209072238, ptflops 0.7.5, fvcore 0.1.5.post20221221, torchinfo 1.8.0, calflops 0.3.2,
# torchprofile 0.1.0, deepspeed 0.19.8, flops-profiler 0.1.2
# Seen:
set -euo pipefail
. "$(dirname "$0")/lib.sh"
torch_environment tools "${COUNTERS[@]}"

python_in tools <<'END'
import torch
from counters import TOOLS, counted
from torch import nn
from torch.nn import functional as F

WIDTH, HEADS, HIDDEN, BOTTLENECK, WORDS, AUDIO, VISION = 128, 8, 256, 8, 39, 401, 56
FUSIONS = ("self-attention", "cross-modal", "bottleneck", "hierarchical", "alignment")


class Attention(nn.Module):
    def __init__(self, spelling):
        super().__init__()
        self.spelling = spelling
        if spelling == "module":
            self.inner = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        else:
            self.q, self.k, self.v = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(3))

    def forward(self, x, y):
        if self.spelling == "module":
            return self.inner(x, y, y)[0]
        heads = [f(z).unflatten(2, (HEADS, -1)).transpose(1, 2) for f, z in ((self.q, x), (self.k, y), (self.v, y))]
        if self.spelling == "fused":
            mixed = F.scaled_dot_product_attention(*heads)
        else:
            q, k, v = heads
            mixed = torch.matmul(torch.matmul(q, k.transpose(2, 3)).div(4).softmax(3), v)
        return mixed.transpose(1, 2).flatten(2)


class Attend(nn.Module):
    """A sequence attends to one or more others; a feed-forward layer follows."""

    def __init__(self, spelling, sources=1, feed=True):
        super().__init__()
        self.attend = nn.ModuleList(Attention(spelling) for _ in range(sources))
        self.feed = nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, WIDTH)) if feed else None

    def forward(self, x, *sources):
        for attend, y in zip(self.attend, sources):
            x = x + attend(x, y)
        return x + self.feed(x) if self.feed else x


class Fusion(nn.Module):
    def __init__(self, name, spelling):
        super().__init__()
        self.name = name
        self.gather = nn.ModuleList(Attend(spelling, 1 if name == "self-attention" else 3) for _ in range(2))
        if name in ("bottleneck", "hierarchical"):
            self.own = nn.ModuleList(Attend(spelling) for _ in range(2))
            self.spread = nn.ModuleList(Attend(spelling) for _ in range(6))

    def forward(self, h, *streams):
        for layer, gather in enumerate(self.gather):
            if self.name in ("self-attention", "cross-modal"):
                h = gather(h, *(streams or [h]))
                continue
            b = self.own[layer](h, h)[:, : BOTTLENECK >> layer if self.name == "hierarchical" else BOTTLENECK]
            h = gather(b, *streams)
            streams = [spread(x, b) for spread, x in zip(self.spread[3 * layer :], streams)]
        return h, *streams


def build(name, spelling):
    words, audio, vision = (torch.zeros(1, n, WIDTH) for n in (WORDS, AUDIO, VISION))
    if name == "alignment":
        return Attend(spelling, 2, feed=False), [words, audio, vision]
    if name == "self-attention":
        return Fusion(name, spelling), [torch.cat([words, audio, vision], 1)]
    return Fusion(name, spelling), [words, words, audio, vision]


print(f"{'':24}" + "".join(f"{name:>15}" for name in FUSIONS))
for spelling in ("products", "fused", "module"):
    for tool in TOOLS:
        figures = [counted(tool, *build(name, spelling)) for name in FUSIONS]
        if tool == "flop_counter":
            figures = [figure // 2 for figure in figures]
        cells = [str(f) if tool == "deepspeed" else f"{f / 1e6:.1f}M" for f in figures]
        print(f"{spelling:9}{tool:15}" + "".join(f"{cell:>15}" for cell in cells))
END
confirm
