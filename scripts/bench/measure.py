"""One measurement in a process of its own: `measure.py JSON` prints seconds, processor seconds and memory as JSON.

The steps are those of `dsc bench`: a batch is put together, forward, backward, optimiser; then the validation split is predicted.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

import data
from plain import Plain
from setting import BATCH
from strong import Strong, Switches

WARM_UP, EVALUATIONS = 2, 3


def resident(field: str) -> int:
    """VmRSS or VmHWM in bytes; the peak of the whole process where there is no /proc."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def reset_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        print("the peak of memory is that of the whole process", file=sys.stderr)


def optimizer(parameters: dict[str, torch.Tensor], released: bool) -> torch.optim.Optimizer:
    """That of the recipe; `adam` of the article's model is AdamW without decay."""
    decayed = [x for path, x in parameters.items() if path.endswith(".weight") and x.dim() == 2 and ".word." not in path]
    known = {id(x) for x in decayed}
    rest = [x for x in parameters.values() if id(x) not in known]
    groups = [{"params": decayed, "weight_decay": 1e-3 if released else 0.0}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=5e-5, fused=True)


def spread(values: list[float]) -> dict[str, float]:
    return {"median": float(np.median(values)), "least": min(values), "most": max(values)}


def steps(opponent: Plain, spec: dict, split: data.Split, loss, on_ready) -> tuple[list[float], list[float]]:
    random = np.random.default_rng(1)
    found, present = (torch.from_numpy(x) for x in (np.load(spec["companions"])[k] for k in ("found", "present")))
    optimise = optimizer(opponent.parameters(), opponent.released)
    # Batches of the same size, as those of an epoch but the last.
    order = np.concatenate([random.permutation(len(split))[: len(split) // BATCH * BATCH] for _ in range(100)])
    wall, used = [], []
    opponent.train(True)
    began_all, step, warm = time.monotonic(), 0, spec.get("warm_up", WARM_UP)
    while len(wall) < spec["steps"]:
        anchors = order[step * BATCH % len(order) :][:BATCH].tolist()
        # A compiler meets new shapes for some steps; how long that is waited for is bounded.
        counted = step >= warm or (step >= WARM_UP and time.monotonic() - began_all > spec.get("warm_up_s", 1e9))
        if counted and not wall:
            on_ready()
        began, cpu = time.perf_counter(), time.process_time()
        given = opponent.step_input(split, anchors, found[anchors].T.tolist(), present[anchors].float())
        optimise.zero_grad()
        value = loss(given)
        value.backward()
        optimise.step()
        if not np.isfinite(value.item()):
            sys.exit("the loss is not finite")
        if counted:
            wall.append(time.perf_counter() - began)
            used.append(time.process_time() - cpu)
        step += 1
    opponent.train(False)
    return wall, used


def main() -> None:
    spec = json.loads(sys.argv[1])
    torch.set_num_threads(spec["threads"])
    torch.manual_seed(1)
    splits, most = data.read_features(Path(spec["features"]))
    base = resident("VmRSS")
    weights = load_file(spec["weights"])
    arguments = (spec["model"], weights, spec["config"], most, spec["drop"])
    if spec["opponent"] == "strong":
        opponent: Plain = Strong(*arguments, Switches(**dict.fromkeys(spec["off"], False)))
    else:
        opponent = Plain(*arguments)
    del weights, arguments
    loss, predict = opponent.loss, opponent.predict
    if spec["opponent"] == "compile":
        warnings.simplefilter("ignore")
        loss, predict = torch.compile(loss), torch.compile(predict)
    parameters = opponent.parameters()
    model = 4 * sum(4 * x.numel() for x in parameters.values())
    began = time.monotonic()
    wall, used = steps(opponent, spec, splits["train"], loss, reset_peak)
    above = max(0, resident("VmHWM") - base - model)
    valid, eval_wall, eval_used = splits["valid"], [], []
    with torch.no_grad():
        for i in range(EVALUATIONS + (spec["opponent"] == "compile")):
            start, cpu = time.perf_counter(), time.process_time()
            for first in range(0, len(valid), BATCH):
                predict(opponent.batch(valid, list(range(first, min(first + BATCH, len(valid))))))
            eval_wall.append(time.perf_counter() - start)
            eval_used.append(time.process_time() - cpu)
    eval_wall, eval_used = eval_wall[-EVALUATIONS:], eval_used[-EVALUATIONS:]
    print(json.dumps({
        "train": {"wall_s": spread(wall), "cpu_s": spread(used), "samples_per_s": BATCH / float(np.median(wall))},
        "eval": {"wall_s": spread(eval_wall), "cpu_s": spread(eval_used), "samples_per_s": len(valid) / float(np.median(eval_wall))},
        "memory": {"base": base, "model": model, "above": above}, "whole_s": time.monotonic() - began,
    }))


if __name__ == "__main__":
    main()
