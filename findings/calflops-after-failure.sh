#!/usr/bin/env bash
# calflops doubles every count after one call that failed.
#
# The tool replaces functions of torch while it counts. If the call raises, they stay replaced, and the next call wraps them a
# second time: all later figures of the process are doubled, after two failures tripled, without a word. A notebook in which one
# cell failed prints wrong costs until it is restarted. The failure here is a module without parameters, for which the tool
# cannot find a device.
#
# Versions: torch 2.11.0, calflops 0.3.2
# Seen:
#   true 204800
#   fresh process 204800
#   again 204800
#   failure 1 StopIteration
#   afterwards 409600
#   failure 2 StopIteration
#   afterwards 614400
set -euo pipefail
. "$(dirname "$0")/lib.sh"
torch_environment tools "${COUNTERS[@]}"

python_in tools <<'END'
import torch
from calflops import calculate_flops

rows = torch.zeros(1, 100, 64)


def count(module):
    return calculate_flops(model=module, args=[rows], output_as_string=False, print_results=False)[1]


layer = torch.nn.Linear(64, 32)
print("true", 100 * 64 * 32)
print("fresh process", count(layer))
print("again", count(layer))
for failures in (1, 2):
    try:
        count(torch.nn.Identity())
        print("no failure")
    except Exception as error:
        print("failure", failures, type(error).__name__)
    print("afterwards", count(layer))
END
confirm
