"""One setting that is measured: a model, an encoder and dropout; its files, and how `dsc` is called for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import data

MODELS = ("dashfusion", "dashfusion_released")
# Parts of the ranking that the released program searches for CH-SIMS.
RANKS = {"dashfusion": None, "dashfusion_released": (0.625, 0.5)}
BATCH = 16


@dataclass
class Setting:
    model: str
    drop: bool
    place: Path

    @property
    def encoder(self) -> Path:
        return self.place / ("encoder_drop" if self.drop else "encoder")

    @property
    def config(self) -> dict:
        return json.loads((self.encoder / "config.json").read_text())

    def arguments(self, features: Path, model: str | None = None) -> list[str]:
        out = [model or self.model, "--data", str(features), "--recipe", "sims", "--text-encoder", str(self.encoder)]
        out += ["--with", "standardize=none", "--batch", str(BATCH), "--seed", "1"]
        if not self.drop and self.model == "dashfusion_released":
            out += ["--set", "drop=0.0", "--set", "drop_rows=0.0"]
        return out


def write_files(place: Path, encoder: str, train: int, valid: int, scale: float) -> None:
    """The data that are measured, a small set for the comparison of outputs and gradients, and the encoder with and without dropout."""
    data.write_features(place / "features.pkl", (train, valid, BATCH), labels=11, scale=scale)
    # Four samples of each label: every anchor has more candidates than it gets companions.
    data.write_features(place / "check.pkl", (BATCH, 8, BATCH + 5), labels=4, scale=scale, seed=9)
    for name, drop in (("encoder", 0.0), ("encoder_drop", 0.1)):
        data.write_encoder(place / name, encoder, drop)


def call(program: str, arguments: list[str], place: Path) -> str:
    """Runs `dsc` and returns what it writes."""
    # Threads are given by --threads; settings of OpenMP from outside would meet only one side.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "MKL_", "DSC_"))}
    done = subprocess.run([program, *arguments], capture_output=True, text=True, cwd=place, env=env)
    if done.returncode != 0:
        sys.exit(f"{' '.join([program, *arguments])}:\n{done.stdout}{done.stderr}")
    return done.stdout
