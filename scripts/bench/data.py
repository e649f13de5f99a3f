"""What both sides compute on: a feature file in the layout of MMSA, a text encoder with random weights, drawn companions.

Everything is a function of a seed. Lengths are ragged, as those of CH-SIMS: up to 39 tokens, 400 audio frames of 33
features, 55 vision frames of 709. Text is words of the encoder's own vocabulary, one token each.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

WIDTHS = {"audio": 33, "vision": 709}
MOST = {"text": 39, "audio": 400, "vision": 55}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ENCODERS = {
    "tiny": {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 512},
    "base": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
}
WORDS, VOCABULARY = 2000, 21128


def split(count: int, seed: int, labels: int, scale: float) -> dict:
    """Samples of one split. `labels` is the number of values of the label, spread evenly."""
    random = np.random.default_rng(seed)
    longest = {name: max(2, int(most * scale)) for name, most in MOST.items()}
    least = {"text": min(7, longest["text"]), "audio": longest["audio"] // 5, "vision": longest["vision"] // 5}
    out: dict = {"id": [f"s{seed}_{i}" for i in range(count)]}
    for name, width in WIDTHS.items():
        lens = random.integers(max(1, least[name]), longest[name] + 1, count)
        values = np.zeros((count, longest[name], width), np.float32)
        for row, n in zip(values, lens, strict=True):
            row[:n] = random.standard_normal((n, width))
        out[name], out[f"{name}_lengths"] = values, lens.tolist()
    tokens = random.integers(least["text"], longest["text"] + 1, count)
    # [CLS] and [SEP] are counted.
    out["raw_text"] = [" ".join(f"w{w}" for w in random.integers(0, WORDS, max(1, n - 2))) for n in tokens]
    out["regression_labels"] = (np.linspace(-1, 1, labels)[random.permutation(count) % labels]).astype(np.float32)
    return out


def write_features(path: Path, counts: tuple[int, int, int], labels: int, scale: float = 1.0, seed: int = 1) -> None:
    names = ("train", "valid", "test")
    splits = {name: split(n, seed + i, labels, scale) for i, (name, n) in enumerate(zip(names, counts, strict=True))}
    with path.open("wb") as file:
        pickle.dump(splits, file, protocol=4)


def write_encoder(folder: Path, size: str, drop: float, seed: int = 1) -> None:
    """A BERT as `transformers` stores it. The norms are random too, so that a norm in the wrong place shows."""
    folder.mkdir()
    config = ENCODERS[size] | {
        "model_type": "bert", "vocab_size": VOCABULARY, "max_position_embeddings": 512, "type_vocab_size": 2,
        "layer_norm_eps": 1e-12, "hidden_act": "gelu", "pad_token_id": 0, "hidden_dropout_prob": drop,
        "attention_probs_dropout_prob": drop,
    }
    (folder / "config.json").write_text(json.dumps(config))
    words = SPECIAL + [f"w{i}" for i in range(WORDS)]
    words += [f"x{i}" for i in range(VOCABULARY - len(words))]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    generator = torch.Generator().manual_seed(seed)
    d, inner = config["hidden_size"], config["intermediate_size"]

    def normal(*shape: int, mean: float = 0.0, std: float = 0.05) -> Tensor:
        return mean + std * torch.randn(shape, generator=generator)

    tensors = {
        "embeddings.word_embeddings.weight": normal(VOCABULARY, d),
        "embeddings.position_embeddings.weight": normal(512, d), "embeddings.token_type_embeddings.weight": normal(2, d),
    }
    norms, linears = ["embeddings.LayerNorm"], []
    for l in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{l}."
        norms += [p + "attention.output.LayerNorm", p + "output.LayerNorm"]
        linears += [(p + f"attention.self.{n}", d, d) for n in ("query", "key", "value")]
        linears += [(p + "attention.output.dense", d, d), (p + "intermediate.dense", inner, d), (p + "output.dense", d, inner)]
    for name in norms:
        tensors |= {f"{name}.weight": normal(d, mean=1.0), f"{name}.bias": normal(d)}
    for name, out, fan_in in linears:
        tensors |= {f"{name}.weight": normal(out, fan_in), f"{name}.bias": normal(out)}
    save_file(tensors, folder / "model.safetensors")


@dataclass
class Split:
    """The rows of every sample, without padding."""

    text: list[Tensor]
    audio: list[Tensor]
    vision: list[Tensor]
    labels: Tensor

    def __len__(self) -> int:
        return len(self.text)


def read_features(path: Path) -> tuple[dict[str, Split], dict[str, int]]:
    """The splits of a file that `write_features` wrote, and the longest sequences that its arrays have room for."""
    with path.open("rb") as file:
        raw = pickle.load(file)
    words = {word: i for i, word in enumerate(SPECIAL + [f"w{i}" for i in range(WORDS)])}
    splits = {}
    for name, columns in raw.items():
        rows = {
            key: [torch.from_numpy(x[:n].copy()) for x, n in zip(columns[key], columns[f"{key}_lengths"], strict=True)]
            for key in WIDTHS
        }
        text = [torch.tensor([2, *(words[w] for w in line.split()), 3]) for line in columns["raw_text"]]
        splits[name] = Split(text, rows["audio"], rows["vision"], torch.from_numpy(columns["regression_labels"]))
    return splits, {key: raw["train"][key].shape[1] for key in WIDTHS}


def similarities(by: list[Tensor]) -> Tensor:
    """The mean of the cosines of the retrieval vectors, for every pair of samples."""
    units = [F.normalize(v.double(), dim=-1) for v in by]
    return sum(u @ u.T for u in units) / len(units)


def draw(by: list[Tensor], labels: Tensor, pool: int, random: np.random.Generator, ranks: tuple[float, float] | None = None):
    """Two positives and four negatives of every sample: `[n, 6]`, and whether all exist.

    With `ranks` (parts of the ranking: upper, lower) the lists hold ranks in the place of samples, as the released program does.
    """
    similarity, n = similarities(by).numpy(), len(labels)
    found, present = np.zeros((n, 6), np.int64), np.ones(n, bool)
    for a in range(n):
        order = np.argsort(-similarity[a], kind="stable")
        same = labels.numpy()[order] == float(labels[a])
        if ranks is None:
            same, order = same[order != a], order[order != a]
            lists = order[same], order[~same], order[~same][::-1]
        else:
            places = np.arange(n)
            top, end = places[: int(n * ranks[0])], places[::-1][: max(0, int(n * ranks[1]) - 1)]
            top = top[top != a]
            lists = top[same[top]], top[~same[top]], end[~same[end]]
        lists = [items[:pool] for items in lists]
        if any(len(items) == 0 for items in lists):
            present[a] = False
            continue
        found[a] = np.concatenate([random.choice(items, 2, replace=len(items) < 2) for items in lists])
    return found, present
