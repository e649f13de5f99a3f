"""Writes the fixtures of the parity tests: `make_fixtures.py OUT_DIR [PART_OF_NAME]`.

For every case NAME.safetensors holds `input.*`, `lens.*`, `label.*`, `companions.{pos,neg,present}`, `param.*` by path,
and what the reference makes of them in float64: `out.output.*`, `out.loss.*`, `grad.param.*` of a training step over
the anchors, `out.eval.*` of an evaluation of all rows, `out.by.*` the retrieval vectors. NAME.json holds the program (or
its file), hypers, dims and the tolerance. The gradients are checked by differences on the way.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import torch

import cases_bert
import cases_blocks
import cases_fusion
import cases_models
import cases_primitives
import cases_released
import cases_sequence
import cases_tensor
import equations_sequence
from harness import Built


def main() -> None:
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    out, part = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) == 3 else ""
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    started = time.time()
    error = cases_bert.check_transcription()
    print(f"bert, ours and transformers': {error:.1e}")
    assert error < 1e-10
    error = equations_sequence.check_transcription()
    print(f"recurrence, convolution and bands, ours and torch's: {error:.1e}")
    assert error < 1e-12
    names: list[str] = []
    for module in (
        cases_primitives, cases_tensor, cases_sequence, cases_blocks, cases_fusion, cases_models, cases_released, cases_bert,
    ):
        for case in module.cases():
            if part not in case.name:
                continue
            assert case.name not in names, case.name
            names.append(case.name)
            error = Built(case).save(out)
            print(f"{case.name}" + ("" if error is None else f": gradients within {error:.1e} of differences"), flush=True)
            assert error is None or error < 1e-6, case.name
    print(f"{len(names)} fixtures in {time.time() - started:.1f} s")


if __name__ == "__main__":
    main()
