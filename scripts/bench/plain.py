"""Opponent (a): the models as one writes them in PyTorch. Eager, padded, fused attention, one call per view of a batch.

Weights lie in a dictionary under the paths of `dsc`, so that both sides can start from the same ones.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from data import Split

TAU, LAMBDA, HEADS, D, P, DEPTH, LAYERS = 0.5, 0.2, 8, 128, 8, 2, 2


def mask_of(lens: list[int], longest: int | None = None) -> Tensor:
    return torch.arange(longest or max(lens)) < torch.tensor(lens)[:, None]


class Weights:
    """Parameters by path, and the operations that own some."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.tensors = {path: x.clone().requires_grad_() for path, x in tensors.items()}
        self.training = False

    def __getitem__(self, path: str) -> Tensor:
        return self.tensors[path]

    def linear(self, path: str, x: Tensor) -> Tensor:
        return F.linear(x, self.tensors[f"{path}.weight"], self.tensors.get(f"{path}.bias"))

    def norm(self, path: str, x: Tensor, eps: float = 1e-5) -> Tensor:
        path += ".layer_norm"
        return F.layer_norm(x, x.shape[-1:], self.tensors[f"{path}.weight"], self.tensors[f"{path}.bias"], eps)

    def dropout(self, x: Tensor, p: float) -> Tensor:
        return F.dropout(x, p, self.training) if p else x

    def ffn(self, path: str, x: Tensor, act, drop: float = 0.0) -> Tensor:
        return self.linear(f"{path}.outer", self.dropout(act(self.linear(f"{path}.inner", x)), drop))


def cosines(anchor: Tensor, others: Tensor) -> Tensor:
    return F.cosine_similarity(anchor, others, dim=-1) / TAU


def contrast(released: bool, views: list[dict[str, Tensor]], present: Tensor) -> Tensor:
    """The contrastive loss of every anchor, averaged: views of the anchors, of two positives, of four negatives."""
    own, total = views[0], 0.0
    for m, anchor in own.items():
        pos = [v[m] for v in views[1:3]] + ([own["audio"], own["vision"]] if m == "text" else [])
        near = cosines(anchor, torch.stack(pos))
        far = cosines(anchor, torch.stack([v[m] for v in views[3:]]))
        if released:
            # Every positive against the negatives and itself alone.
            below = torch.logaddexp(near, far.logsumexp(0, keepdim=True))
        else:
            below = torch.cat([near, far]).logsumexp(0, keepdim=True)
        total = total + (below - near).sum(0)
    return LAMBDA * (total * present).mean() / (22 if released else 1)


class Plain:
    """Both stock models. `kind` is the model's name; `drop` and `drop_rows` are the hypers of the released one."""

    def __init__(self, kind: str, tensors: dict[str, Tensor], config: dict, most: dict[str, int], drop: bool) -> None:
        self.w, self.config, self.most = Weights(tensors), config, most
        self.released = kind == "dashfusion_released"
        self.drop, self.drop_rows = (0.5, 0.1) if self.released and drop else (0.0, 0.0)
        self.bert_drop = config["hidden_dropout_prob"]

    def parameters(self) -> dict[str, Tensor]:
        return self.w.tensors

    def train(self, on: bool) -> None:
        self.w.training = on

    # Input.

    def batch(self, split: Split, samples: list[int]) -> dict:
        text = [split.text[s] for s in samples]
        out = {"text": (pad_sequence(text, batch_first=True), mask_of([len(t) for t in text])), "labels": split.labels[samples]}
        for key, rows in (("audio", split.audio), ("vision", split.vision)):
            chosen = [rows[s] for s in samples]
            x = pad_sequence(chosen, batch_first=True)
            if self.released:
                x = F.pad(x, (0, 0, 0, self.most[key] - x.shape[1]))
            out[key] = (x, mask_of([len(r) + 1 for r in chosen], x.shape[1] + 1))
        return out

    # Parts of both.

    def attend(self, q: Tensor, k: Tensor, v: Tensor, heads: int, mask=None, scale=None, drop: float = 0.0) -> Tensor:
        def split(x: Tensor) -> Tensor:
            return x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)

        mask = None if mask is None else mask[:, None, None, :]
        drop = drop if self.w.training else 0.0
        mixed = F.scaled_dot_product_attention(split(q), split(k), split(v), attn_mask=mask, dropout_p=drop, scale=scale)
        return mixed.transpose(1, 2).flatten(2)

    def bert(self, p: str, ids: Tensor, mask: Tensor) -> Tensor:
        w, eps, drop = self.w, self.config["layer_norm_eps"], self.bert_drop
        h = F.embedding(ids, w[f"{p}.word.weight"]) + w[f"{p}.position.weight"][: ids.shape[1]] + w[f"{p}.segment.rows"][0]
        h = w.dropout(w.norm(f"{p}.embedded", h, eps), drop)
        for l in range(self.config["num_hidden_layers"]):
            q = f"{p}.bert_layer.{l}"
            parts = (w.linear(f"{q}.{n}", h) for n in ("query", "key", "value"))
            mixed = self.attend(*parts, self.config["num_attention_heads"], mask, drop=drop)
            h = w.norm(f"{q}.attended", h + w.dropout(w.linear(f"{q}.projected", mixed), drop), eps)
            inner = F.gelu(w.linear(f"{q}.inner", h))
            h = w.norm(q, h + w.dropout(w.linear(f"{q}.outer", inner), drop), eps)
        return h

    def rows(self, p: str, x: Tensor) -> Tensor:
        w = self.w
        h = torch.cat([w[f"{p}.cls.rows"].expand(len(x), 1, D), w.linear(f"{p}.projected", x)], 1)
        return w.dropout(h + w[f"{p}.place.weight"][: h.shape[1]], self.drop_rows)

    # The article's model.

    def cross(self, p: str, x: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        return self.attend(self.w.linear(f"{p}.q", x), self.w.linear(f"{p}.k", source), self.w.linear(f"{p}.v", source), HEADS, mask)

    def layer(self, p: str, x: Tensor, mask: Tensor) -> Tensor:
        z = self.w.norm(f"{p}.z", x + self.cross(f"{p}.a.self_attention", x, x, mask))
        return self.w.norm(p, z + self.w.ffn(f"{p}.f.ffn", z, F.relu))

    def article_encode(self, batch: dict):
        (ids, mt), (xa, ma), (xv, mv) = batch["text"], batch["audio"], batch["vision"]
        t = self.w.linear("t.linear", self.bert("t.bert", ids, mt))
        a, v = self.rows("a.frame_encoder", xa), self.rows("v.frame_encoder", xv)
        for l in range(LAYERS):
            a = self.layer(f"a.frame_encoder.transformer_layer.{l}", a, ma)
            v = self.layer(f"v.frame_encoder.transformer_layer.{l}", v, mv)
        p = "h0.align.cross_attention"
        h = t + self.cross(f"{p}.audio", t, a, ma) + self.cross(f"{p}.vision", t, v, mv)
        return h, {"text": t, "audio": a, "vision": v}, {"text": mt, "audio": ma, "vision": mv}

    def article_fuse(self, h: Tensor, xs: dict[str, Tensor], masks: dict[str, Tensor]) -> Tensor:
        w, h_mask = self.w, masks["text"]
        for l in range(DEPTH):
            p, tokens = f"fuse.{l}", max(1, P // 2**l)
            b = self.layer(f"{p}.b.transformer_layer", h, h_mask)[:, :tokens]
            h_mask = h_mask[:, :tokens]
            gathered = b + sum(self.cross(f"{p}.hb.multi_ca.cross_attention.{m}", b, x, masks[m]) for m, x in xs.items())
            h = w.norm(f"{p}.hb", b + gathered)
            h = w.norm(f"{p}.hl", h + w.ffn(f"{p}.hl.ffn", h, F.relu))
            for m, x in xs.items():
                q = f"{p}.spread.{m}"
                z = w.norm(f"{q}.z", x + self.cross(f"{q}.z.cross_attention", x, b, h_mask))
                xs = xs | {m: w.norm(q, z + w.ffn(f"{q}.ffn", z, F.relu))}
        read = torch.cat([h[:, 0], *(x[:, 0] for x in xs.values())], -1)
        hidden = F.relu(w.linear("score.mlp.1", F.relu(w.linear("score.mlp.0", read))))
        return w.linear("score.mlp.2", hidden).squeeze(-1)

    # The released model: no masks behind the encoders.

    def released_encoder(self, p: str, x: Tensor, mask: Tensor) -> Tensor:
        w, drop, h = self.w, self.drop, self.rows(p, x)
        for l in range(LAYERS):
            q = f"{p}.encoder_layer.{l}"
            parts = (w.linear(f"{q}.{n}", h) for n in ("query", "key", "value"))
            mixed = w.linear(f"{q}.z", self.attend(*parts, HEADS, mask, drop=drop))
            z = w.norm(f"{q}.z", h + w.dropout(mixed, drop))
            h = w.norm(q, z + w.dropout(w.ffn(f"{q}.f.gelu", z, F.gelu, drop), drop))
        return w.norm(p, h) * mask[..., None]

    def text_head(self, hidden: Tensor) -> Tensor:
        if hidden.shape[-1] == D:
            return hidden
        w, p = self.w, "t.text_head"
        return w.norm(p, F.gelu(w.linear(f"{p}.outer", F.gelu(w.linear(f"{p}.inner", hidden)))))

    def answers(self, p: str, query: Tensor, sources: dict[str, Tensor]) -> Tensor:
        w = self.w
        return sum(
            self.attend(query, w.linear(f"{p}.mixed.{m}.answer.key", x), w.linear(f"{p}.mixed.{m}.answer.value", x), HEADS)
            for m, x in sources.items()
        )

    def branch(self, p: str, x: Tensor, source: Tensor) -> Tensor:
        w, p = self.w, f"{p}.branch_norm_layer"
        q, k, v = w.linear(f"{p}.query", x), w.linear(f"{p}.key", source), w.linear(f"{p}.value", source)
        z = x + w.norm(f"{p}.seen", self.attend(q, k, v, HEADS, scale=1 / math.sqrt(D)))
        return z + w.norm(f"{p}.f", w.ffn(f"{p}.f.gelu", z, F.gelu))

    def released_encode(self, batch: dict):
        (ids, mt), (xa, ma), (xv, mv) = batch["text"], batch["audio"], batch["vision"]
        t = self.text_head(self.bert("hidden.bert", ids, mt)) * mt[..., None]
        a, v = self.released_encoder("a.encoder", xa, ma), self.released_encoder("v.encoder", xv, mv)
        p = "temporal.align"
        h = t + self.w.linear(f"{p}.out", self.answers(p, self.w.linear(f"{p}.query", t), {"audio": a, "vision": v}))
        return h, {"text": t, "vision": v, "audio": a}, {"text": mt, "vision": mv, "audio": ma}

    def released_fuse(self, h: Tensor, xs: dict[str, Tensor], masks: dict[str, Tensor]) -> Tensor:
        w = self.w
        for l in range(DEPTH):
            p = f"fuse.{l}"
            b = self.branch(f"{p}.b", h, h)[:, : max(1, P // 2**l)]
            q = f"{p}.hl.gather"
            z = w.norm(f"{q}.z", b + self.answers(q, w.linear(f"{q}.query", b), xs))
            h = w.norm(q, z + w.ffn(f"{q}.gelu", z, F.gelu))
            xs = {m: self.branch(f"{p}.spread.{m}", x, h) for m, x in xs.items()}
        read = torch.cat([h[:, 0], *(x[:, 0] for x in xs.values())], -1)
        return w.linear("score", F.gelu(w.linear("deep", F.gelu(w.linear("wide", read))))).squeeze(-1)

    # What is measured.

    def encode(self, batch: dict):
        h, xs, masks = self.released_encode(batch) if self.released else self.article_encode(batch)
        means = {m: (xs[m] * masks[m][..., None]).sum(1) / masks[m].sum(1, keepdim=True) for m in ("text", "audio", "vision")}
        return h, xs, masks, means | {"fused": h[:, 0]}

    def fuse(self, h: Tensor, xs: dict[str, Tensor], masks: dict[str, Tensor]) -> Tensor:
        return self.released_fuse(h, xs, masks) if self.released else self.article_fuse(h, xs, masks)

    def predict(self, batch: dict) -> Tensor:
        h, xs, masks, _ = self.encode(batch)
        return self.fuse(h, xs, masks)

    def vectors(self, batch: dict) -> list[Tensor]:
        """The retrieval vectors."""
        views = self.encode(batch)[3]
        parts = [views["text"], views["vision"], views["audio"]]
        return [torch.cat(parts, -1)] if self.released else parts

    def step_input(self, split: Split, anchors: list[int], companions: list[list[int]], present: Tensor):
        """A batch of the anchors, and one of each of their companions."""
        return [self.batch(split, samples) for samples in [anchors, *companions]], present

    def loss(self, given) -> Tensor:
        batches, present = given
        h, xs, masks, own = self.encode(batches[0])
        score = self.fuse(h, xs, masks)
        views = [own] + [self.encode(b)[3] for b in batches[1:]]
        return F.mse_loss(score, batches[0]["labels"]) + contrast(self.released, views, present)
