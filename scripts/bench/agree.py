"""Whether the opponents compute what `dsc` computes: predictions, and the gradient of every parameter.

No command of `dsc` prints gradients, so they are taken from a training of one batch. With a huge `eps` the first step of Adam is
w - (lr / eps) * gradient, to nine digits: the difference between a training with lr / eps = GAIN and one with a negligible
learning rate is the gradient, times GAIN. Companions are drawn at random from lists; the copy of the model that is trained has
lists that are as long as the number that is drawn, so both sides know which ones there are.

Predictions are compared at other weights: all parameters, moved at random, are given to `dsc import`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import data
from plain import Plain
from setting import RANKS, Setting, call

# The difference of a gradient is the norm of the difference of two tensors over the norm of one of them, or over FLOOR times the
# largest norm of all gradients where that is more: a gradient that is 0 by theory is rounding noise. It is a norm, not the largest
# entry, since a ReLU whose input is 0 up to rounding can be open on one side and closed on the other. Among the millions of a step
# there are some; each changes one row of one gradient, and what that sample gives to those before it: 2e-4 were seen, and 3e-6 where
# there was none. A prediction differs relative to the largest one.
TOLERANCE = 1e-4
OF_GRADIENTS = 5e-4
FLOOR = 1e-2
GAIN, EPS = 10.0, 1e10

Make = Callable[[dict[str, Tensor]], Plain]


def trained(dsc: str, setting: Setting, rate: float, eps: float, name: str) -> dict[str, Tensor]:
    """Weights after an epoch of one batch."""
    out = setting.place / f"{setting.model}_{name}"
    source = call(dsc, ["models", "show", setting.model], setting.place)
    assert source.count("pool = 10") == 1, f"{setting.model} does not say `pool = 10`"
    # Named like the stock model: paths of weights do not depend on it, but messages do.
    model = setting.place / f"{setting.model}.dsl"
    model.write_text(source.replace("pool = 10", "pool = 2"))
    arguments = ["train", *setting.arguments(setting.place / "check.pkl", str(model)), "--epochs", "1", "--seeds", "1", "--threads", "1"]
    for key, value in (("lr", rate), ("eps", eps), ("weight_decay", 0)):
        arguments += ["--with", f"optimizer.{key}={value}"]
    call(dsc, [*arguments, "--with", "warmup=none", "--with", "decay=none", "--out", str(out), "-q"], setting.place)
    return load_file(out / "best.safetensors")


def difference(ours: Tensor, theirs: Tensor, floor: float, size: Callable[[Tensor], Tensor]) -> float:
    apart = size(ours.double() - theirs.double()).item()
    # A NaN is larger than anything.
    return apart / max(size(theirs.double()).item(), floor) if apart == apart else float("inf")


def norm(x: Tensor) -> Tensor:
    return x.norm()


def largest(x: Tensor) -> Tensor:
    return x.abs().max()


def moved(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(3)
    return {path: x + 0.05 * torch.randn(x.shape, generator=generator) for path, x in weights.items()}


def gradients(opponent: Plain, split: data.Split, companions: tuple[np.ndarray, np.ndarray]) -> dict[str, Tensor]:
    found, present = companions
    anchors = list(range(len(split)))
    opponent.train(True)
    given = opponent.step_input(split, anchors, found[anchors].T.tolist(), torch.from_numpy(present).float())
    opponent.loss(given).backward()
    opponent.train(False)
    return {path: torch.zeros_like(x) if x.grad is None else x.grad for path, x in opponent.parameters().items()}


def check(dsc: str, setting: Setting, opponents: dict[str, Make]) -> list[str]:
    """Lines that say how far each opponent is from `dsc`; exits where one is too far."""
    assert not setting.drop, "dropout draws other numbers on each side"
    splits, _ = data.read_features(setting.place / "check.pkl")
    train = splits["train"]
    start = trained(dsc, setting, 1e-30, 1e-8, "start")
    end = trained(dsc, setting, GAIN * EPS, EPS, "end")
    ours = {path: (start[path].double() - x.double()) / GAIN for path, x in end.items()}
    weights = moved(start)
    predicted = predictions(dsc, setting, weights)
    reference = next(iter(opponents.values()))(start)
    with torch.no_grad():
        by = reference.vectors(reference.batch(train, list(range(len(train)))))
    companions = data.draw(by, train.labels, 2, np.random.default_rng(0), RANKS[setting.model])
    lines, wrong = [], []
    for name, make in opponents.items():
        theirs = gradients(make(start), train, companions)
        most = max(norm(x).item() for x in theirs.values())
        if theirs.keys() != ours.keys():
            wrong.append(f"{name}: other parameters: {sorted(theirs.keys() ^ ours.keys())}")
            continue
        apart = {path: difference(ours[path], x, FLOOR * most, norm) for path, x in theirs.items()}
        worst = max(apart, key=apart.__getitem__)
        score = scores(make(weights), splits["test"])
        of_score = difference(predicted, score, 0.1, largest)
        line = f"{setting.model}, {name}: predictions within {of_score:.1e}, gradients within {apart[worst]:.1e} ({worst})"
        lines.append(line)
        if not (of_score <= TOLERANCE and apart[worst] <= OF_GRADIENTS):
            wrong.append(line)
    if wrong:
        raise SystemExit("\n".join([f"no times: an opponent differs from dsc by more than {TOLERANCE:.0e}, in gradients {OF_GRADIENTS:.0e}", *wrong]))
    return lines


def predictions(dsc: str, setting: Setting, weights: dict[str, Tensor]) -> Tensor:
    """What `dsc` predicts for the test split with these weights."""
    file, out = setting.place / f"{setting.model}_moved.safetensors", setting.place / f"{setting.model}_moved"
    save_file(weights, file)
    # Of the stock model, not of the copy. `import` takes no batch size by a flag of its own, nor a seed.
    arguments = setting.arguments(setting.place / "check.pkl")
    at = arguments.index("--batch")
    arguments = arguments[:at] + arguments[at + 4 :]
    call(dsc, ["import", *arguments, "--weights", str(file), "--threads", "1", "--out", str(out), "-q"], setting.place)
    table: Path = setting.place / f"{setting.model}_moved.csv"
    call(dsc, ["predict", str(out), "--split", "test", "--threads", "1", "--out", str(table), "-q"], setting.place)
    with table.open() as file:
        return torch.tensor([float(row["prediction"]) for row in csv.DictReader(file)])


def scores(opponent: Plain, split: data.Split, batch: int = 16) -> Tensor:
    """Predictions of a split, in batches of the file's order."""
    with torch.no_grad():
        parts = [list(range(i, min(i + batch, len(split)))) for i in range(0, len(split), batch)]
        return torch.cat([opponent.predict(opponent.batch(split, part)) for part in parts])
