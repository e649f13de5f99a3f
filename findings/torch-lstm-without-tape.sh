#!/usr/bin/env bash
# An LSTM on the CPU gives other bits under no_grad than with a tape; a GRU and an RNN do not.
#
# Same weights, same input, same mode of the module: only whether autograd records differs. PyTorch hands an LSTM to oneDNN, which has one
# kernel for training and one for inference, and their sums are ordered differently. So activation checkpointing, whose first forward pass
# records nothing, and "compute once without a tape, compare with a tape" are not exact for LSTMs, and a score under no_grad differs in its
# last digits from one without. That is one unit in the last place or two, and depends on the sizes.
#
# Versions: torch 2.11.0, one thread, a processor with AVX-512
# Seen:
#   LSTM some differ True largest difference below 1e-6 True
#   LSTM without oneDNN some differ False largest difference below 1e-6 True
#   GRU some differ False largest difference below 1e-6 True
#   RNN some differ False largest difference below 1e-6 True
set -euo pipefail
. "$(dirname "$0")/lib.sh"
torch_environment torch

python_in torch <<'END'
import torch

torch.manual_seed(1)


def compare(name, layer):
    differ, largest = 0, 0.0
    for hidden in range(1, 17):
        for steps in range(1, 9):
            module = layer(2, hidden, batch_first=True)
            x = torch.randn(3, steps, 2)
            recorded = module(x)[0].detach()
            with torch.no_grad():
                plain = module(x)[0]
            differ += not torch.equal(recorded, plain)
            largest = max(largest, (recorded - plain).abs().max().item())
    print(name, "some differ", differ > 0, "largest difference below 1e-6", largest < 1e-6)


compare("LSTM", torch.nn.LSTM)
with torch.backends.mkldnn.flags(enabled=False):
    compare("LSTM without oneDNN", torch.nn.LSTM)
compare("GRU", torch.nn.GRU)
compare("RNN", torch.nn.RNN)
END
confirm
