#!/usr/bin/env python3
"""`dsc` beside PyTorch: outputs and gradients are compared first, then training steps and evaluations are timed by turns.

    make bench                                # some hours on two cores: all models, 1 thread and one per core, five rounds
    make bench ARGS="--quick"                 # all comparisons and one measurement with tiny sizes: under a minute
    make bench ARGS="--models dashfusion --threads 1 --encoder base --out figures.json"

Opponents: `plain` is what one writes, `strong` has every rewrite done by hand, `compile` is torch.compile of `plain`. Each
measurement is a process of its own; a round runs each program once, one after the other. docs/speed.md says what is compared.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
sys.dont_write_bytecode = True

import numpy as np
import torch
from safetensors.torch import load_file

import agree
import data
import report
from plain import Plain
from setting import MODELS, RANKS, Setting, call, write_files
from strong import Strong, Switches

HERE = Path(__file__).resolve().parent
OPPONENTS = ("plain", "strong", "compile")
# torch.compile meets new lengths in every step; it gets this many steps, or this long, before times are taken.
COMPILE_STEPS, COMPILE_S, LIMIT_S = 12, 300, 1800
# Measured by turns, a difference below this is noise.
NOISE = 0.03


def listed(kind):
    return lambda text: [kind(part) for part in text.split(",") if part]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parser.add_argument("--dsc", default=str(HERE.parents[1] / "target/release/dsc"))
    parser.add_argument("--models", type=listed(str), default=list(MODELS))
    parser.add_argument("--opponents", type=listed(str), default=list(OPPONENTS))
    parser.add_argument("--encoder", choices=list(data.ENCODERS), default="tiny")
    parser.add_argument("--threads", type=listed(int), default=sorted({1, cores}))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ablation-rounds", type=int, default=3, help="0 leaves the ablation of the strong opponent out")
    parser.add_argument("--steps", type=int, default=10, help="training steps that are measured in a process")
    parser.add_argument("--train", type=int, default=1368, help="training samples; 1368 are those of CH-SIMS")
    parser.add_argument("--valid", type=int, default=64)
    parser.add_argument("--scale", type=float, default=1.0, help="what the longest sequences of CH-SIMS are multiplied by")
    parser.add_argument("--out", type=Path, help="a file for everything that was measured, as JSON")
    parser.add_argument("--quick", action="store_true", help="all comparisons and one measurement with tiny sizes, no compilation")
    args = parser.parse_args()
    if args.quick:
        args.threads, args.rounds, args.ablation_rounds, args.steps = [1], 1, 0, 2
        args.train, args.valid, args.scale = 32, 16, 0.15
        args.opponents = [name for name in args.opponents if name != "compile"]
    for given, known in ((args.models, MODELS), (args.opponents, OPPONENTS)):
        if unknown := set(given) - set(known):
            parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return args


class Bench:
    def __init__(self, args: argparse.Namespace, place: Path) -> None:
        self.args, self.place = args, place
        # A path with a folder in it is one of this folder's; processes are started elsewhere.
        self.dsc = shutil.which(args.dsc) or sys.exit(f"no program {args.dsc}: `make build`")
        self.dsc = str(Path(self.dsc).resolve())
        self.without: dict[str, str] = {}
        self.off: dict[str, list[str]] = {}

    def agreement(self, model: str) -> list[str]:
        """Compares all opponents, and the strong one without each of its rewrites."""
        setting = Setting(model, False, self.place)
        most = data.read_features(self.place / "check.pkl")[1]
        common = (setting.config, most, False)
        make = {"plain": lambda w: Plain(model, w, *common), "strong": lambda w: Strong(model, w, *common)}
        for name in Switches.names():
            make[f"strong without {name}"] = lambda w, name=name: Strong(model, w, *common, Switches(**{name: False}))
        return agree.check(self.dsc, setting, make)

    def companions(self, model: str) -> None:
        """The opponents' companions: drawn as `dsc` draws them, from lists made with the same weights."""
        setting = Setting(model, False, self.place)
        splits, most = data.read_features(self.place / "features.pkl")
        plain = Plain(model, self.fitting(model), setting.config, most, False)
        train, by = splits["train"], []
        with torch.no_grad():
            for first in range(0, len(train), 32):
                by.append(plain.vectors(plain.batch(train, list(range(first, min(first + 32, len(train)))))))
        vectors = [torch.cat(parts) for parts in zip(*by, strict=True)]
        found, present = data.draw(vectors, train.labels, 10, np.random.default_rng(1), RANKS[model])
        np.savez(self.place / f"{model}_companions.npz", found=found, present=present)

    def weights(self, model: str) -> Path:
        return self.place / f"{model}_start/best.safetensors"

    def fitting(self, model: str) -> dict[str, torch.Tensor]:
        return load_file(self.weights(model))

    def opponent(self, name: str, setting: Setting, threads: int, off: list[str]) -> dict | None:
        """One process; None, with the reason kept, where torch.compile does not work here."""
        spec = {
            "opponent": name, "model": setting.model, "drop": setting.drop, "threads": threads, "off": off,
            "steps": self.args.steps, "features": str(self.place / "features.pkl"), "config": setting.config,
            "weights": str(self.weights(setting.model)), "companions": str(self.place / f"{setting.model}_companions.npz"),
        }
        if name == "compile":
            spec |= {"warm_up": COMPILE_STEPS, "warm_up_s": COMPILE_S}
        env = {key: value for key, value in os.environ.items() if not key.startswith(("OMP_", "MKL_"))}
        command = [sys.executable, str(HERE / "measure.py"), json.dumps(spec)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=LIMIT_S if name == "compile" else None)
            error = done.stderr.strip().splitlines()[-1:] if done.returncode else []
        except subprocess.TimeoutExpired:
            done, error = None, [f"not ready within {LIMIT_S} s"]
        if not error and done is not None and done.returncode == 0:
            return json.loads(done.stdout.splitlines()[-1])
        reason = error[0] if error else f"status {done.returncode}"
        if name != "compile":
            sys.exit(f"{name}, {setting.model}: {done.stderr if done else reason}")
        self.without.setdefault(setting.model, reason)
        return None

    def ours(self, setting: Setting, threads: int) -> dict:
        arguments = ["bench", *setting.arguments(self.place / "features.pkl"), "--threads", str(threads)]
        return json.loads(call(self.dsc, [*arguments, "--steps", str(self.args.steps), "--format", "json"], self.place))

    def ablation(self, model: str) -> dict[str, list[dict]]:
        """Rewrites without which the strong opponent is faster here are left out of it afterwards."""
        setting = Setting(model, True, self.place)
        runs: dict[str, list[dict]] = {name: [] for name in ("all", *Switches.names())}
        for _ in range(self.args.ablation_rounds):
            for name, found in runs.items():
                found.append(self.opponent("strong", setting, 1, [] if name == "all" else [name]))
        full = report.median(report.of(runs["all"], "train", "wall_s"))
        quicker = lambda name: report.median(report.of(runs[name], "train", "wall_s")) < full * (1 - NOISE)
        self.off[model] = [name for name in Switches.names() if quicker(name)]
        return runs

    def rounds(self, model: str, drop: bool, threads: int) -> dict:
        setting = Setting(model, drop, self.place)
        runs: dict[str, list[dict]] = {name: [] for name in ("dsc", *self.args.opponents)}
        for _ in range(self.args.rounds):
            for name, found in runs.items():
                if name == "compile" and model in self.without:
                    continue
                run = self.ours(setting, threads) if name == "dsc" else self.opponent(name, setting, threads, self.off.get(model, []))
                if run is not None:
                    found.append(run)
        return {"model": model, "drop": drop, "threads": threads, "runs": runs}


def main() -> None:
    args = parse()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(args, Path(folder).resolve())
        about = report.machine() | {"dsc": call(bench.dsc, ["--version"], bench.place).split()[-1]}
        print(report.head(about), flush=True)
        print(f"sizes      encoder {args.encoder}, {args.train} training samples, lengths of CH-SIMS times {args.scale:g}, batch 16, six companions\n")
        write_files(bench.place, args.encoder, args.train, args.valid, args.scale)
        torch.set_num_threads(1)
        written = {"machine": about, "arguments": {k: str(v) for k, v in vars(args).items()}, "agreement": [], "ablation": {}, "results": []}
        print(f"outputs and gradients, largest differences; {agree.TOLERANCE:.0e} and {agree.OF_GRADIENTS:.0e} are tolerated")
        for model in args.models:
            lines = bench.agreement(model)
            bench.companions(model)
            written["agreement"] += lines
            print("\n".join(lines), flush=True)
        for model in args.models if args.ablation_rounds and "strong" in args.opponents else []:
            runs = bench.ablation(model)
            written["ablation"][model] = runs
            print(f"\n{report.ablation(model, runs)}")
            print(f"\nleft out below, since it is faster without: {', '.join(bench.off[model]) or 'nothing'}", flush=True)
        cases = [(m, d, t) for m in args.models for d in (False, True) for t in args.threads]
        # A measurement takes some seconds to start, so that one has to do: that with the most dropout.
        cases = cases[-1:] if args.quick else cases
        for case in cases:
            written["results"].append(bench.rounds(*case))
            if args.out:
                args.out.write_text(json.dumps(written, indent=1))
        print(f"\nmedians of {args.rounds} rounds; ratios (least .. most of the rounds) above 1: dsc is faster\n")
        print(report.table(written["results"]))
        for model, reason in bench.without.items():
            print(f"\ntorch.compile of {model} does not work here: {reason}")
        print("\nWhat the retrieval of companions costs: `make mining`.")


if __name__ == "__main__":
    main()
