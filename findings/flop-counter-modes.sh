#!/usr/bin/env bash
# PyTorch's own counter gives one encoder layer three different costs, by mode.
#
# torch.utils.flop_counter counts operators. In training a layer of nn.TransformerEncoderLayer with dropout runs attention as
# products, which are counted; in evaluation as one fused operator, which has no rule on the CPU and counts 0; in evaluation
# without gradients the whole layer is one operator, and everything counts 0. There is no warning. This hurts whoever counts
# under torch.no_grad(), as one does for inference. The layer: 496 rows, width 128, 8 heads, feed-forward width 256; its
# products are 127,991,808 multiply-adds, 255,983,616 operations.
#
# Versions: torch 2.11.0 on the CPU
# Seen:
#   true operations 255983616
#   training with gradients 255983616
#   evaluation with gradients 130023424
#   training without gradients 255983616
#   evaluation without gradients 0
#   fused attention alone 0
#   with dropout 125960192
set -euo pipefail
. "$(dirname "$0")/lib.sh"
torch_environment torch

python_in torch <<'END'
import torch
from torch.utils.flop_counter import FlopCounterMode

ROWS, WIDTH, HIDDEN = 496, 128, 256
PRODUCTS = 4 * ROWS * WIDTH**2 + 2 * ROWS**2 * WIDTH + 2 * ROWS * WIDTH * HIDDEN
layer = torch.nn.TransformerEncoderLayer(WIDTH, 8, HIDDEN, batch_first=True)
rows = torch.zeros(1, ROWS, WIDTH)


def count(call):
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops()


print("true operations", 2 * PRODUCTS)
for gradients in (True, False):
    for training in (True, False):
        layer.train(training)
        with torch.set_grad_enabled(gradients):
            print("training" if training else "evaluation", "with" if gradients else "without", "gradients", count(lambda: layer(rows)))
heads = torch.zeros(1, 8, ROWS, WIDTH // 8)
attention = torch.nn.functional.scaled_dot_product_attention
print("fused attention alone", count(lambda: attention(heads, heads, heads)))
print("with dropout", count(lambda: attention(heads, heads, heads, dropout_p=0.1)))
END
confirm
