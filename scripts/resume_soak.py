#!/usr/bin/env python3
"""Kills trainings at random moments and resumes them, until they end; their files have to be those of one that was not killed.

    scripts/resume_soak.py --dsc target/debug/dsc --kills 20
    scripts/resume_soak.py --dsc target/debug/dsc --model dashfusion --seeds 2 --epochs 2 --longest 8
"""

from __future__ import annotations

import argparse
import hashlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES = ("best.safetensors", "valid.csv", "test.csv", "graph.txt")


def hashes(run: Path) -> dict[str, str]:
    found = sorted(path for name in FILES for path in run.glob(f"**/{name}"))
    return {str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dsc", default="target/debug/dsc")
    parser.add_argument("--model", default="unimodal/audio")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--longest", type=float, default=2.0, help="seconds before a kill, at most")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    dice = random.Random(args.seed)
    kills = restarts = rounds = 0
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        train = [args.dsc, "train", args.model, "--data", "demo", "--epochs", str(args.epochs), "--seeds", str(args.seeds),
                 "--threads", str(args.threads), "--quiet"]
        began = time.monotonic()
        subprocess.run([*train, "--out", top / "whole"], check=True, stdout=subprocess.DEVNULL)
        print(f"{args.model}, {args.seeds} seed(s), {args.epochs} epochs: {time.monotonic() - began:.1f} s without a kill")
        whole = hashes(top / "whole")
        while kills < args.kills:
            rounds += 1
            run = top / f"run{rounds}"
            command = [*train, "--out", run]
            while True:
                process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                try:
                    _, err = process.communicate(timeout=dice.uniform(0.05, args.longest) if kills < args.kills else None)
                    if process.returncode != 0:
                        print(err, file=sys.stderr)
                        return 1
                    break
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.communicate()
                    kills += 1
                # Before a run is described there is nothing to go on with.
                described = any(run.glob("**/run.json"))
                restarts += not described
                command = [args.dsc, "resume", run, "--threads", str(args.threads), "--quiet"] if described else [*train, "--out", run]
            if hashes(run) != whole:
                print(f"round {rounds}: other files", file=sys.stderr)
                return 1
    print(f"{kills} kills in {rounds} trainings ({restarts} before the run was described): no bit differs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
