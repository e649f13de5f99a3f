"""DashFusion as one would write it in PyTorch, batched and padded: seconds per training step, to hold ours against.

    .venv-parity/bin/python tests/parity/speed.py FEATURES.pkl ENCODER_FOLDER [--companions] [--steps N] [--threads N]

FEATURES is a file of the MMSA layout (a pickle: give it only files you trust), ENCODER_FOLDER holds a BERT of transformers.
The model, batch and optimiser are those of the recipe `mosi_real` of models/dashfusion.dsl. With --companions every anchor
gets two positives and four negatives, encoded as six more batches, as the released program does; they are drawn at
random, since only the time is of interest. The first two steps are not counted.
"""

from __future__ import annotations

import argparse
import math
import pickle
import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoTokenizer, BertModel

D, HEADS, FF, P, DEPTH, LAYERS, BATCH = 128, 8, 256, 8, 2, 2, 16


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(D, D, bias=False) for _ in range(3))

    def forward(self, x: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        def heads(y: Tensor) -> Tensor:
            return y.view(y.shape[0], y.shape[1], HEADS, D // HEADS).transpose(1, 2)

        mixed = F.scaled_dot_product_attention(
            heads(self.q(x)), heads(self.k(source)), heads(self.v(source)), attn_mask=mask[:, None, None, :]
        )
        return mixed.transpose(1, 2).flatten(2)


def ffn() -> nn.Sequential:
    return nn.Sequential(nn.Linear(D, FF), nn.ReLU(), nn.Linear(FF, D))


class Layer(nn.Module):
    """Attention and feed-forward part, a norm after each sum."""

    def __init__(self) -> None:
        super().__init__()
        self.attention, self.ffn = Attention(), ffn()
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)

    def forward(self, x: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        z = self.norm1(x + self.attention(x, source, mask))
        return self.norm2(z + self.ffn(z))


class Frames(nn.Module):
    def __init__(self, width: int, longest: int) -> None:
        super().__init__()
        self.project = nn.Linear(width, D)
        self.cls = nn.Parameter(torch.ones(1, 1, D))
        self.place = nn.Parameter(torch.zeros(longest + 1, D))
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        h = torch.cat([self.cls.expand(len(x), 1, D), self.project(x)], 1)
        h = h + self.place[: h.shape[1]]
        for layer in self.layers:
            h = layer(h, h, mask)
        return h


class Fuse(nn.Module):
    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.tokens, self.layer = tokens, Layer()
        self.gather = nn.ModuleList(Attention() for _ in range(3))
        self.norm1, self.norm2, self.ffn = nn.LayerNorm(D), nn.LayerNorm(D), ffn()
        self.spread = nn.ModuleList(Layer() for _ in range(3))

    def forward(self, h: Tensor, h_mask: Tensor, xs: list[Tensor], masks: list[Tensor]):
        b, b_mask = self.layer(h, h, h_mask)[:, : self.tokens], h_mask[:, : self.tokens]
        gathered = b + sum(ca(b, x, m) for ca, x, m in zip(self.gather, xs, masks))
        h = self.norm1(b + gathered)
        h = self.norm2(h + self.ffn(h))
        return h, b_mask, [layer(x, b, b_mask) for layer, x in zip(self.spread, xs)]


class DashFusion(nn.Module):
    def __init__(self, encoder: str, audio: tuple[int, int], vision: tuple[int, int]) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(encoder, add_pooling_layer=False)
        self.text = nn.Linear(self.bert.config.hidden_size, D)
        self.audio, self.vision = Frames(*audio), Frames(*vision)
        self.align = nn.ModuleList(Attention() for _ in range(2))
        self.fuse = nn.ModuleList(Fuse(max(1, P // 2**l)) for l in range(DEPTH))
        self.head = nn.Sequential(nn.Linear(4 * D, 2 * D), nn.ReLU(), nn.Linear(2 * D, D), nn.ReLU(), nn.Linear(D, 1))

    def encode(self, batch: dict):
        ids, mt = batch["text"]
        t = self.text(self.bert(input_ids=ids, attention_mask=mt.long()).last_hidden_state)
        (xa, ma), (xv, mv) = batch["audio"], batch["vision"]
        a, v = self.audio(xa, ma), self.vision(xv, mv)
        h = t + self.align[0](t, a, ma) + self.align[1](t, v, mv)

        def mean(x: Tensor, mask: Tensor) -> Tensor:
            return (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)

        return (t, a, v, h), (mt, ma, mv), [mean(t, mt), mean(a, ma), mean(v, mv), h[:, 0]]

    def forward(self, batch: dict):
        (t, a, v, h), (mt, ma, mv), pooled = self.encode(batch)
        xs, mask = [t, a, v], mt
        for fuse in self.fuse:
            h, mask, xs = fuse(h, mask, xs, [mt, ma, mv])
        return self.head(torch.cat([h[:, 0], *(x[:, 0] for x in xs)], -1)).squeeze(-1), pooled


def nt_xent(anchor: Tensor, pos: list[Tensor], neg: list[Tensor], tau: float = 0.5) -> Tensor:
    near = torch.stack([F.cosine_similarity(anchor, p, dim=-1) / tau for p in pos], -1)
    far = torch.stack([F.cosine_similarity(anchor, n, dim=-1) / tau for n in neg], -1)
    return (torch.logsumexp(torch.cat([near, far], -1), -1, keepdim=True) - near).sum(-1).mean()


class Features:
    """The training split, standardised; batches padded to their own longest sample."""

    def __init__(self, path: str, encoder: str) -> None:
        with open(path, "rb") as file:
            split = pickle.load(file)["train"]
        self.ids = AutoTokenizer.from_pretrained(encoder)([str(t) for t in split["raw_text"]], truncation=True, max_length=128)["input_ids"]
        self.labels = torch.tensor(np.asarray(split["regression_labels"]), dtype=torch.float32).flatten()
        self.streams = {}
        for key in ("audio", "vision"):
            x = torch.tensor(np.asarray(split[key]), dtype=torch.float32)
            x = x[:, None] if x.dim() == 2 else x
            lens = [int(n) for n in split.get(f"{key}_lengths", [x.shape[1]] * len(x))]
            rows = [row[: max(1, min(n, x.shape[1]))] for row, n in zip(x, lens)]
            flat = torch.cat(rows)
            mean, std = flat.mean(0), flat.std(0).clamp(min=1e-6)
            self.streams[key] = [(row - mean) / std for row in rows]

    def shape(self, key: str) -> tuple[int, int]:
        rows = self.streams[key]
        return rows[0].shape[1], max(len(r) for r in rows)

    def batch(self, samples: list[int]) -> dict:
        ids = [torch.tensor(self.ids[s]) for s in samples]
        out = {"text": (nn.utils.rnn.pad_sequence(ids, batch_first=True), lengths_mask([len(i) for i in ids]))}
        for key, rows in self.streams.items():
            chosen = [rows[s] for s in samples]
            # [CLS] stands in front.
            out[key] = (nn.utils.rnn.pad_sequence(chosen, batch_first=True), lengths_mask([len(r) + 1 for r in chosen]))
        return out


def lengths_mask(lens: list[int]) -> Tensor:
    return torch.arange(max(lens)) < torch.tensor(lens)[:, None]


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("features")
    args.add_argument("encoder")
    args.add_argument("--companions", action="store_true")
    args.add_argument("--steps", type=int, default=20)
    args.add_argument("--threads", type=int, default=2)
    args = args.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    data = Features(args.features, args.encoder)
    model = DashFusion(args.encoder, data.shape("audio"), data.shape("vision")).train()
    encoder = list(model.bert.parameters())
    known = {id(p) for p in encoder}
    rest = [p for p in model.parameters() if id(p) not in known]
    groups = [{"params": encoder, "lr": 5e-5}, {"params": rest, "lr": 5e-4}]
    optimizer = torch.optim.AdamW(groups, weight_decay=1e-3, fused=True)
    generator = np.random.default_rng(0)
    order = generator.permutation(len(data.labels))
    times = []
    for step in range(args.steps + 2):
        began = time.perf_counter()
        anchors = order[(step * BATCH) % (len(order) - BATCH) :][:BATCH].tolist()
        score, pooled = model(data.batch(anchors))
        loss = F.mse_loss(score, data.labels[anchors])
        if args.companions:
            others = [model.encode(data.batch(generator.integers(len(order), size=BATCH).tolist()))[2] for _ in range(6)]
            for m in range(4):
                pos = [o[m] for o in others[:2]] + ([pooled[1], pooled[2]] if m == 0 else [])
                loss = loss + 0.2 * nt_xent(pooled[m], pos, [o[m] for o in others[2:]])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert math.isfinite(loss.item())
        times.append(time.perf_counter() - began)
    times = times[2:]
    steps = math.ceil(len(order) / BATCH)
    mean = sum(times) / len(times)
    print(f"PyTorch {torch.__version__}, {args.threads} threads: {mean:.3f} s a step, {mean * steps:.1f} s an epoch of {steps} steps")


if __name__ == "__main__":
    main()
