#!/usr/bin/env bash
# Counters of multiply-adds on four fusion models, each written in three ways.
#
# Self-attention over three joined streams, cross-modal attention, bottleneck fusion and hierarchical bottleneck fusion: two
# layers each, lengths of CH-SIMS (39 words, 401 and 56 frames), width 128, 8 heads, feed-forward width 256; then the temporal
# alignment before them. A tool's figure depends on how attention is spelled: as products of matrices, as the fused operator, or
# as nn.MultiheadAttention (whose output projection makes the true figures larger). Under the fused operator all but
# torchprofile and deepspeed see at most the linear layers, and self-attention, the most expensive, becomes cheaper than the
# bottlenecks. deepspeed counts products only, and all of them: its figures are printed in full. FLOPs of flop_counter are
# halved.
#
# Versions: torch 2.11.0, thop 0.1.1.post2209072238, ptflops 0.7.5, fvcore 0.1.5.post20221221, torchinfo 1.8.0, calflops 0.3.2,
# torchprofile 0.1.0, deepspeed 0.19.8, flops-profiler 0.1.2
# Seen:
#                            self-attention    cross-modal     bottleneck   hierarchical      alignment
#   products thop                    113.8M          41.5M         122.6M         121.7M          16.3M
#   products ptflops                 240.6M          51.4M         128.0M         126.1M          20.8M
#   products fvcore                  239.7M          51.4M         127.0M         125.2M          20.8M
#   products torchinfo                 0.2M           0.4M           1.3M           1.3M           0.1M
#   products flop_counter            239.7M          51.4M         127.0M         125.2M          20.8M
#   products calflops                239.7M          51.4M         127.0M         125.2M          20.8M
#   products torchprofile            239.7M          51.4M         127.0M         125.2M          20.8M
#   products deepspeed            239730688       51355648      127037696      125169920       20815616
#   products flops-profiler          239.7M          51.4M         127.0M         125.2M          20.8M
#   fused    thop                    113.8M          41.5M         122.6M         121.7M          16.3M
#   fused    ptflops                 114.7M          41.5M         123.5M         122.7M          16.3M
#   fused    fvcore                  113.8M          41.5M         122.6M         121.7M          16.3M
#   fused    torchinfo                 0.2M           0.4M           1.3M           1.3M           0.1M
#   fused    flop_counter            113.8M          41.5M         122.6M         121.7M          16.3M
#   fused    calflops                113.8M          41.5M         122.6M         121.7M          16.3M
#   fused    torchprofile            239.7M          51.4M         127.0M         125.2M          20.8M
#   fused    deepspeed            239730688       51355648      127037696      125169920       20815616
#   fused    flops-profiler          113.8M          41.5M         122.6M         121.7M          16.3M
#   module   thop                     65.0M           5.1M          69.1M          68.9M           0.0M
#   module   ptflops                 391.3M          66.1M         151.2M         148.1M          27.1M
#   module   fvcore                  256.0M          55.2M         144.8M         142.8M          22.1M
#   module   torchinfo                 0.1M           0.1M           0.7M           0.7M           0.0M
#   module   flop_counter            256.0M          55.2M         144.8M         142.8M          22.1M
#   module   calflops                130.0M          45.3M         140.4M         139.3M          17.5M
#   module   torchprofile            256.1M          55.2M         145.0M         142.9M          22.1M
#   module   deepspeed            255983616       55189504      144847104      142782720       22093568
#   module   flops-profiler          256.0M          55.2M         144.8M         142.8M          22.1M
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
    for tool in [name for name in TOOLS if "aten" not in name]:
        figures = [counted(tool, *build(name, spelling)) for name in FUSIONS]
        unit = 2e6 if tool == "flop_counter" else 1e6
        cells = [str(f) if tool == "deepspeed" else f"{f / unit:.1f}M" for f in figures]
        print(f"{spelling:9}{tool:15}" + "".join(f"{cell:>15}" for cell in cells))
END
confirm
