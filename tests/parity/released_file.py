"""Writes a feature file and the folder of a text encoder for the released program's checkpoint: `released_file.py OUT_DIR`.

The test split begins with one batch of that program, its two anchors again and again; behind them stand the companions,
whose texts are longer. Train and validation are the companions and the anchors.
"""

from __future__ import annotations

import json
import pickle
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np

from cases_released import SHARED, SMALL_BERT

BATCH = 16


def main() -> None:
    out = Path(sys.argv[1])
    batch = np.load(SHARED / "released/batch.npz")
    about = json.loads((SHARED / "released/expected.json").read_text("utf-8"))
    anchors, companions = range(2), range(2, 14)
    texts = about["raw_text"] + about["raw_text_companions"]
    values = {name: np.concatenate([batch[name], batch[f"{name}2"]]) for name in ("audio", "vision", "label")}

    def split(rows: list[int]) -> dict:
        return {
            "id": [str(i) for i in range(len(rows))], "raw_text": [texts[row] for row in rows],
            "audio": values["audio"][rows], "vision": values["vision"][rows], "regression_labels": values["label"][rows],
        }

    test = [row for _ in range(BATCH // 2) for row in anchors] + list(companions)
    splits = {"train": split(list(companions)), "valid": split(list(anchors)), "test": split(test)}
    (out / "batch.pkl").write_bytes(pickle.dumps(splits, protocol=4))
    (out / "encoder").mkdir()
    (out / "encoder/config.json").write_text(json.dumps(SMALL_BERT), "utf-8")
    shutil.copy(SHARED / "vocab/bert-base-chinese-vocab.txt", out / "encoder/vocab.txt")


if __name__ == "__main__":
    main()
