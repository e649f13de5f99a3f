#!/usr/bin/env bash
# ptflops does not see torch.einsum.
#
# Cross-attention of 39 words to 401 frames, width 128, 8 heads, written with torch.matmul and with torch.einsum: the same
# arithmetic, to the last bits the same result. The default backend of ptflops counts the products of the first and none of the
# second, without a warning. Authors who write attention with einsum publish smaller figures. The backend "aten" counts both.
#
# Versions: torch 2.11.0, ptflops 0.7.5
# Seen:
#   true: projections 13.8M, products 4.0M, together 17.8M
#   equal results: True
#   backend pytorch, matmul: 17.8M
#   backend pytorch, einsum: 13.8M
#   backend aten, matmul: 17.8M
#   backend aten, einsum: 17.8M
set -euo pipefail
. "$(dirname "$0")/lib.sh"
torch_environment tools ptflops==0.7.5

python_in tools <<'END'
import contextlib
import io

import torch
from ptflops import get_model_complexity_info

WORDS, FRAMES, WIDTH, HEADS = 39, 401, 128, 8
torch.manual_seed(0)
words, frames = torch.randn(1, WORDS, WIDTH), torch.randn(1, FRAMES, WIDTH)


class Attention(torch.nn.Module):
    def __init__(self, einsum):
        super().__init__()
        self.q, self.k, self.v = (torch.nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(3))
        self.einsum = einsum

    def forward(self, _):
        q, k, v = (f(x).unflatten(2, (HEADS, -1)).transpose(1, 2) for f, x in ((self.q, words), (self.k, frames), (self.v, frames)))
        if self.einsum:
            return torch.einsum("bhij,bhjd->bhid", torch.einsum("bhid,bhjd->bhij", q, k).softmax(3), v)
        return torch.matmul(torch.matmul(q, k.transpose(2, 3)).softmax(3), v)


products, projections = 2 * WORDS * FRAMES * WIDTH, (WORDS + 2 * FRAMES) * WIDTH**2
print(f"true: projections {projections / 1e6:.1f}M, products {products / 1e6:.1f}M, together {(projections + products) / 1e6:.1f}M")
by_matmul, by_einsum = Attention(False), Attention(True)
by_einsum.load_state_dict(by_matmul.state_dict())
print("equal results:", torch.allclose(by_matmul(None), by_einsum(None), atol=1e-5))
for backend in ("pytorch", "aten"):
    for name, module in (("matmul", by_matmul), ("einsum", by_einsum)):
        with contextlib.redirect_stdout(io.StringIO()):
            macs, _ = get_model_complexity_info(module, (1,), as_strings=False, print_per_layer_stat=False, backend=backend)
        print(f"backend {backend}, {name}: {macs / 1e6:.1f}M")
END
confirm
