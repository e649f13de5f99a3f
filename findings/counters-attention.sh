#!/usr/bin/env bash
# Ten counters of multiply-adds on one nn.MultiheadAttention.
#
# A sequence of 496 rows of width 128 takes 4 * 496 * 128^2 for the four projections and 2 * 496^2 * 128 for scores and weighted
# sum, 95,485,952 multiply-adds, whether the attention weights are returned or not. Most tools miss a part of it, because the
# module calls no nn.Linear, or because fused attention is one operator that they have no rule for; one counts a part twice.
# Anyone who compares costs of two papers, or a figure of one tool with that of another, compares the tools. FLOPs of
# torch.utils.flop_counter are halved here.
#
# Versions: torch 2.11.0, thop 0.1.1.post2209072238, ptflops 0.7.5, fvcore 0.1.5.post20221221, torchinfo 1.8.0, calflops 0.3.2,
# torchprofile 0.1.0, deepspeed 0.19.8, flops-profiler 0.1.2
# Seen:
#   true           with weights   95.5M, without   95.5M
#   thop           with weights    0.0M, without    0.0M
#   ptflops        with weights  162.7M, without   97.8M
#   ptflops, aten  with weights   95.7M, without   32.8M
#   fvcore         with weights   95.5M, without   32.5M
#   torchinfo      with weights    0.0M, without    0.0M
#   flop_counter   with weights   95.5M, without   32.5M
#   calflops       with weights   32.5M, without   32.5M
#   torchprofile   with weights   95.5M, without   95.5M
#   deepspeed      with weights   95.5M, without   95.5M
#   flops-profiler with weights   95.5M, without   32.5M
set -euo pipefail
. "$(dirname "$0")/lib.sh"
torch_environment tools "${COUNTERS[@]}"

python_in tools <<'END'
import torch
from counters import TOOLS, counted

ROWS, WIDTH = 496, 128
TRUE = 4 * ROWS * WIDTH**2 + 2 * ROWS**2 * WIDTH


class Attention(torch.nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.attention = torch.nn.MultiheadAttention(WIDTH, 8, batch_first=True)
        self.weights = weights

    def forward(self, x):
        return self.attention(x, x, x, need_weights=self.weights)[0]


print(f"{'true':14} with weights {TRUE / 1e6:6.1f}M, without {TRUE / 1e6:6.1f}M")
for tool in TOOLS:
    both = []
    for weights in (True, False):
        figure = counted(tool, Attention(weights), [torch.zeros(1, ROWS, WIDTH)])
        both.append((figure / 2 if tool == "flop_counter" else figure) / 1e6)
    print(f"{tool:14} with weights {both[0]:6.1f}M, without {both[1]:6.1f}M")
END
confirm
