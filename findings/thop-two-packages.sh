#!/usr/bin/env bash
# Two packages install a module `thop`, and they count differently.
#
# `thop` (OpenCounter's) counts modules by type: nn.MultiheadAttention has no rule, so it counts 0, and a matrix product in
# forward() is not seen. `ultralytics-thop`, a dependency of ultralytics, installs under the same name and counts attention. A
# script with `import thop` prints another cost after an unrelated package was installed, and papers that cite "thop" can mean
# either.
#
# Versions: torch 2.11.0, thop 0.1.1.post2209072238, ultralytics-thop 2.2.3
# Seen:
#   installed under the name thop: thop
#   two products: 0.0M, true 63.0M
#   attention: 0.0M, true 95.5M
#   encoder layer: 33.0M, true 128.0M
#   installed under the name thop: thop ultralytics-thop
#   two products: 63.0M, true 63.0M
#   attention: 101.4M, true 95.5M
#   encoder layer: 134.4M, true 128.0M
set -euo pipefail
. "$(dirname "$0")/lib.sh"
program=$(cat <<'END'
import logging
from importlib.metadata import packages_distributions

import thop
import torch

logging.disable(logging.WARNING)
ROWS, WIDTH = 496, 128


class Products(torch.nn.Module):
    def forward(self, x):
        return torch.matmul(torch.matmul(x, x.transpose(1, 2)), x)


class Attention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.MultiheadAttention(WIDTH, 8, batch_first=True)

    def forward(self, x):
        return self.inner(x, x, x)[0]


print("installed under the name thop:", *sorted(packages_distributions()["thop"]))
layer = torch.nn.TransformerEncoderLayer(WIDTH, 8, 256, batch_first=True)
products = 2 * ROWS**2 * WIDTH
attention = 4 * ROWS * WIDTH**2 + products
for name, module, true in (
    ("two products", Products(), products),
    ("attention", Attention(), attention),
    ("encoder layer", layer, attention + 2 * ROWS * WIDTH * 256),
):
    figure = thop.profile(module.eval(), inputs=(torch.zeros(1, ROWS, WIDTH),), verbose=False)[0]
    print(f"{name}: {figure / 1e6:.1f}M, true {true / 1e6:.1f}M")
END
)
torch_environment counters thop==0.1.1.post2209072238
python_in counters <<<"$program"
add counters ultralytics-thop==2.2.3
python_in counters <<<"$program"
confirm
