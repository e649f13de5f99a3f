"""Cases: a program in the language, its independent transcription, data, and what comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from params import DOUBLE, Scope, Store, generator, normal

Sample = dict[str, Tensor | dict[str, int]]


@dataclass
class Stream:
    """An input: `kind` is "float" (rows of `width`), "tokens" (ids below `width`) or "vector" (`width` entries)."""

    kind: str
    length: str = ""
    width: int | str = 0
    # Tokens: ids handed out once each over the whole batch, so that the gradient of their table is that of the input.
    unique: bool = False


@dataclass
class Companions:
    """Rows of the retrieved companions: `pos[index][anchor]`, and whether the anchor has any."""

    pos: list[list[int]]
    neg: list[list[int]]
    present: list[bool]


@dataclass
class Case:
    """`predict(p, sample)` gives the outputs by label and whatever `losses(p, seen, labels, pos, neg)` reads later.

    `relies` names the losses that read companions: an anchor without any counts 0 there. `by` gives the retrieval vectors.
    """

    name: str
    source: str
    streams: dict[str, Stream]
    lens: dict[str, list[int]]
    widths: dict[str, int]
    predict: Callable[[Scope, Sample], tuple[dict[str, Tensor], dict]]
    losses: Callable[[Scope, dict, Sample, list[dict], list[dict]], dict[str, Tensor]]
    labels: tuple[str, ...] = ("y",)
    relies: tuple[str, ...] = ()
    # Losses over all anchors of a training step, of what was seen of each and its labels. Evaluation leaves them out.
    together: Callable[[Scope, list[dict], list[Sample]], dict[str, Tensor]] | None = None
    by: Callable[[dict], list[Tensor]] | None = None
    variant: str | None = None
    sets: dict = field(default_factory=dict)
    encoder: dict | None = None
    companions: Companions | None = None
    anchors: int | None = None
    # The program's file under the repository root, where `source` is not given.
    file: str | None = None
    params: dict[str, Tensor] | None = None
    tokens: dict[str, list[list[int]]] | None = None
    # Values in the place of drawn ones, padded as they are, and the longest that the data hold.
    given: dict[str, Tensor] = field(default_factory=dict)
    given_labels: dict[str, Tensor] = field(default_factory=dict)
    most: dict[str, int] | None = None
    gradients: bool = True
    tolerance: float = 1e-5
    extra: dict = field(default_factory=dict)


SEED = 20250823


class Built:
    """A case with its data drawn; `evaluate` is the reference."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.store = Store(SEED)
        if case.params is not None:
            self.store.tensors = {k: v.to(DOUBLE).clone().requires_grad_() for k, v in case.params.items()}
        self.rows = len(next(iter(case.lens.values()))) if case.lens else 4
        self.anchors = case.anchors or self.rows
        self.longest = case.most or {name: max(lens) + 2 for name, lens in case.lens.items()}
        self.padded: dict[str, Tensor] = {}
        # Far from the predictions: a residual that almost cancels would leave nothing but rounding in its gradients.
        self.labels = {name: normal((self.rows,), SEED, case.name, "label", name, mean=5.0) for name in case.labels}
        self.labels |= {name: values.to(DOUBLE) for name, values in case.given_labels.items()}
        for name, stream in case.streams.items():
            given = case.given.get(name)
            self.padded[name] = self.draw(name, stream) if given is None else given.to(DOUBLE)

    def draw(self, name: str, stream: Stream) -> Tensor:
        """Values for all rows. What lies past a length is noise of its own: nothing may read it."""
        case, key = self.case, (SEED, self.case.name, "input", name)
        width = case.widths[stream.width] if isinstance(stream.width, str) else stream.width
        if stream.kind == "vector":
            return normal((self.rows, width), *key)
        lens = case.lens[stream.length]
        padded_to = max(lens) + 1
        if stream.kind == "float":
            return normal((self.rows, padded_to, width), *key)
        if case.tokens is not None:
            ids = torch.zeros(self.rows, max(map(len, case.tokens[name])), dtype=torch.int64)
            for row, tokens in enumerate(case.tokens[name]):
                ids[row, : len(tokens)] = torch.tensor(tokens)
            return ids
        g = generator(*key)
        if stream.unique:
            assert width >= self.rows * padded_to, f"{case.name}: {name} expects {self.rows * padded_to} ids"
            return torch.randperm(width, generator=g)[: self.rows * padded_to].view(self.rows, padded_to)
        return torch.randint(0, width, (self.rows, padded_to), generator=g)

    def sample(self, row: int, anchors: int) -> Sample:
        """Its valid rows, and under `longest` the longest of the batch: what zero rows would be put behind up to."""
        found: Sample = {"longest": {name: max(lens[:anchors]) for name, lens in self.case.lens.items()}}
        for name, stream in self.case.streams.items():
            values = self.padded[name][row]
            found[name] = values if stream.kind == "vector" else values[: self.case.lens[stream.length][row]]
        return found

    def evaluate(self) -> tuple[dict[str, Tensor], dict[str, Tensor], list[list[Tensor]]]:
        """A training step: outputs of the anchors, losses (means over anchors), retrieval vectors of all rows."""
        return self.run(self.anchors, self.case.companions, training=True)

    def run(self, anchors: int, companions: Companions | None, training: bool):
        """The same for that many anchors; losses that read companions are left out where there are none."""
        case, p = self.case, Scope(self.store)
        predicted = [case.predict(p, self.sample(row, anchors)) for row in range(self.rows)]
        outputs = {label: torch.stack([predicted[a][0][label] for a in range(anchors)]) for label in case.labels}
        sums: dict[str, Tensor] = {}
        for a in range(anchors):
            pos = [predicted[rows[a]][1] for rows in companions.pos] if companions else []
            neg = [predicted[rows[a]][1] for rows in companions.neg] if companions else []
            labels = {name: values[a] for name, values in self.labels.items()}
            for name, value in case.losses(p, predicted[a][1], labels, pos, neg).items():
                if name in case.relies:
                    if companions is None:
                        continue
                    value = value if companions.present[a] else 0 * value
                sums[name] = sums.get(name, torch.zeros((), dtype=DOUBLE)) + value
        losses = {name: value / anchors for name, value in sums.items()}
        if training and case.together:
            labels = [{name: values[a] for name, values in self.labels.items()} for a in range(anchors)]
            losses |= case.together(p, [predicted[a][1] for a in range(anchors)], labels)
        by = [case.by(seen) for _, seen in predicted] if case.by else []
        return outputs, losses, [[row[i] for row in by] for i in range(len(by[0]))] if by else []

    def check_gradients(self, grads: dict[str, Tensor], entries: int = 2) -> float:
        """The largest relative difference between a few gradients and central differences."""
        names = sorted(grads)
        g = generator(SEED, self.case.name, "entries")
        worst, step = 0.0, 1e-5
        scale = max(float(v.abs().max()) for v in grads.values())
        for _ in range(entries):
            name = names[int(torch.randint(len(names), (1,), generator=g))]
            flat = self.store.tensors[name].detach().view(-1)
            # The entry with the largest gradient: others of an embedding table are often 0.
            entry = int(grads[name].abs().view(-1).argmax())
            was = flat[entry].item()
            totals = []
            for sign in (1, -1):
                flat[entry] = was + sign * step
                with torch.no_grad():
                    totals.append(float(sum(self.evaluate()[1].values())))
            flat[entry] = was
            numeric = (totals[0] - totals[1]) / (2 * step)
            worst = max(worst, abs(numeric - float(grads[name].view(-1)[entry])) / scale)
        return worst

    def save(self, out: Path) -> float | None:
        """Writes NAME.safetensors and NAME.json; returns the error of the gradients by differences."""
        case = self.case
        outputs, losses, by = self.evaluate()
        error = None
        tensors: dict[str, Tensor] = {}
        if case.gradients:
            sum(losses.values()).backward()
            grads = {k: (torch.zeros_like(v) if v.grad is None else v.grad) for k, v in self.store.tensors.items()}
            tensors |= {f"grad.param.{k}": v for k, v in grads.items()}
            if not case.extra.get("cut"):
                error = self.check_gradients(grads)
        with torch.no_grad():
            eval_outputs, eval_losses, _ = self.run(self.rows, None, training=False)
        tensors |= {f"out.eval.output.{k}": v for k, v in eval_outputs.items()}
        tensors |= {f"out.eval.loss.{k}": v for k, v in eval_losses.items()}
        tensors |= {f"param.{k}": v.detach().float() for k, v in self.store.tensors.items()}
        tensors |= {f"out.output.{k}": v.detach() for k, v in outputs.items()}
        tensors |= {f"out.loss.{k}": v.detach() for k, v in losses.items()}
        tensors |= {f"out.by.{i}": torch.stack(v).detach() for i, v in enumerate(by)}
        tensors |= {f"input.{k}": v if v.dtype == torch.int64 else v.float() for k, v in self.padded.items()}
        for name, stream in case.streams.items():
            if stream.kind != "vector":
                tensors[f"lens.{name}"] = torch.tensor(case.lens[stream.length])
        tensors |= {f"label.{k}": v.float() for k, v in self.labels.items()}
        if case.companions:
            tensors["companions.pos"] = torch.tensor(case.companions.pos)
            tensors["companions.neg"] = torch.tensor(case.companions.neg)
            tensors["companions.present"] = torch.tensor(case.companions.present).long()
        for name, tensor in tensors.items():
            assert tensor.dtype == torch.int64 or torch.isfinite(tensor).all(), f"{case.name}: {name} is not finite"
        save_file({k: v.contiguous().clone() for k, v in tensors.items()}, out / f"{case.name}.safetensors")
        about = {
            "name": case.name, "source": case.source, "file": case.file, "variant": case.variant, "sets": case.sets,
            "widths": case.widths, "max_lengths": self.longest, "encoder": case.encoder, "anchors": self.anchors,
            "rows": self.rows, "gradients": case.gradients, "tolerance": case.tolerance,
            "streams": {k: s.kind for k, s in case.streams.items()}, "relies": list(case.relies), "extra": case.extra,
        }
        (out / f"{case.name}.json").write_text(json.dumps(about, indent=1))
        return error
