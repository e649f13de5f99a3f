"""Named parameters of a reference model, made on first use.

A reference names a parameter by the path under which the compiled model knows it. The value is a function of (seed,
path) and a number that float32 can hold, so both sides start from equal weights.
"""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

DOUBLE = torch.float64


def generator(*key: object) -> torch.Generator:
    """A generator of its own for every key."""
    digest = hashlib.sha256(repr(key).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))


def normal(shape: tuple[int, ...], *key: object, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Normal numbers that float32 holds exactly, as float64."""
    return (mean + std * torch.randn(shape, generator=generator(*key), dtype=DOUBLE)).float().to(DOUBLE)


class Store:
    """All parameters of a case by path, in the order of their first use."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.tensors: dict[str, Tensor] = {}

    def get(self, path: str, shape: tuple[int, ...], mean: float, std: float) -> Tensor:
        if path not in self.tensors:
            self.tensors[path] = normal(shape, self.seed, path, mean=mean, std=std).requires_grad_()
        found = self.tensors[path]
        assert found.shape == shape, f"{path}: {tuple(found.shape)} and {shape}"
        return found


class Scope:
    """A place in a model: `scope / "z" / "layer_norm"` is the scope of that path."""

    def __init__(self, store: Store, path: str = "") -> None:
        self.store, self.path = store, path

    def __truediv__(self, name: object) -> Scope:
        return Scope(self.store, f"{self.path}.{name}" if self.path else str(name))

    def __call__(self, leaf: str, *shape: int, mean: float = 0.0, std: float = 0.5) -> Tensor:
        """The parameter `leaf` here."""
        return self.store.get((self / leaf).path, shape, mean, std)
