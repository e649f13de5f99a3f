"""Opponent (b): the same models with every rewrite done by hand. Each one is a switch, so that an ablation shows what it brings.

The encoders compute on the rows of all distinct samples, one behind the other; the fusion on those of the anchors. Samples of a
step are numbered: anchors first, then the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional as F

from data import Split
from packed import Ops, Pack
from plain import D, DEPTH, HEADS, LAYERS, P, Plain, contrast


@dataclass
class Switches:
    """The rewrites."""

    distinct: bool = True  # a sample that is drawn twice, or is an anchor too, is encoded once
    one_pass: bool = True  # anchors and companions in one pass, in the place of one pass per view
    packing: bool = True  # row-wise operations see no padding
    groups: bool = True  # attention by groups of similar length
    demand: bool = True  # only rows that are read: first rows of the alignment, queries of the bottleneck, the last layer
    absorb: bool = True  # few queries against many keys: no keys and values are made
    merge: bool = True  # one product for queries, keys and values of one input
    choose: bool = True  # plain products for short sequences, the fused kernel for long ones
    cheap_dropout: bool = True  # eight draws from one random number, also on the weights of attention

    @staticmethod
    def names() -> list[str]:
        return [f.name for f in fields(Switches)]


@dataclass
class Rows:
    x: Tensor
    pack: Pack

    def first(self, members: list[int] | None = None) -> Tensor:
        members = range(len(self.pack.lens)) if members is None else members
        return self.x.index_select(0, torch.tensor([self.pack.starts[i] for i in members]))


class Strong(Plain):
    def __init__(self, kind: str, tensors: dict, config: dict, most: dict, drop: bool, switches: Switches | None = None) -> None:
        super().__init__(kind, tensors, config, most, drop)
        self.on = switches or Switches()
        self.ops = Ops(self.on.cheap_dropout, self.on.choose)
        self.w.dropout = self.ops.dropout

    def train(self, on: bool) -> None:
        self.w.training = self.ops.training = on

    # Input: packed rows of each stream, sorted by length; `order[i]` is the sample in place i.

    def batch(self, split: Split, samples: list[int], anchors: int | None = None) -> dict:
        out = {"labels": split.labels[samples], "count": len(samples), "anchors": len(samples) if anchors is None else anchors}
        for key, rows in (("text", split.text), ("audio", split.audio), ("vision", split.vision)):
            # [CLS] stands in front of frames.
            lens = [len(rows[s]) + (key != "text") for s in samples]
            order = sorted(range(len(samples)), key=lambda i: lens[i])
            valid = [lens[i] for i in order]
            # Grouping of short sequences allows some padding, of long ones none.
            slack = (0.25 if key != "audio" else 0.0) if self.on.groups else math.inf
            pack = Pack(valid if self.on.packing else [max(lens)] * len(lens), valid, slack=slack)
            chosen = [rows[samples[i]] for i in order]
            if not self.on.packing:
                extra = [max(lens) - n for n in valid]
                chosen = [torch.cat([r, r.new_zeros(n, *r.shape[1:])]) for r, n in zip(chosen, extra, strict=True)]
            place = [0] * len(order)
            for i, s in enumerate(order):
                place[s] = i
            out[key] = (torch.cat(chosen), pack, place)
        return out

    # Encoders.

    def linears(self, paths: list[str], x: Tensor) -> list[Tensor]:
        """Maps of one input."""
        w = self.w
        if not self.on.merge or len(paths) == 1:
            return [w.linear(p, x) for p in paths]
        weights = [w[f"{p}.weight"] for p in paths]
        biases = [w.tensors.get(f"{p}.bias") for p in paths]
        bias = None if biases[0] is None else torch.cat(biases)
        return list(F.linear(x, torch.cat(weights), bias).split([len(m) for m in weights], -1))

    def packed_bert(self, p: str, ids: Tensor, pack: Pack) -> Tensor:
        w, eps, drop = self.w, self.config["layer_norm_eps"], self.bert_drop
        h = F.embedding(ids, w[f"{p}.word.weight"]) + F.embedding(pack.places(), w[f"{p}.position.weight"]) + w[f"{p}.segment.rows"][0]
        h = w.dropout(w.norm(f"{p}.embedded", h, eps), drop)
        for l in range(self.config["num_hidden_layers"]):
            q = f"{p}.bert_layer.{l}"
            parts = self.linears([f"{q}.{n}" for n in ("query", "key", "value")], h)
            mixed = self.ops.self_attention(parts, pack, self.config["num_attention_heads"], drop)
            h = w.norm(f"{q}.attended", h + w.dropout(w.linear(f"{q}.projected", mixed), drop), eps)
            inner = F.gelu(w.linear(f"{q}.inner", h))
            h = w.norm(q, h + w.dropout(w.linear(f"{q}.outer", inner), drop), eps)
        return h

    def packed_frames(self, p: str, x: Tensor, pack: Pack) -> Tensor:
        w = self.w
        projected = w.linear(f"{p}.projected", x).split([n - 1 for n in pack.lens])
        cls = w[f"{p}.cls.rows"]
        h = torch.cat([part for rows in projected for part in (cls, rows)])
        h = w.dropout(h + F.embedding(pack.places(), w[f"{p}.place.weight"]), self.drop_rows)
        for l in range(LAYERS):
            if self.released:
                q = f"{p}.encoder_layer.{l}"
                parts = self.linears([f"{q}.{n}" for n in ("query", "key", "value")], h)
                mixed = w.linear(f"{q}.z", self.ops.self_attention(parts, pack, HEADS, self.drop))
                z = w.norm(f"{q}.z", h + w.dropout(mixed, self.drop))
                h = w.norm(q, z + w.dropout(w.ffn(f"{q}.f.gelu", z, F.gelu, self.drop), self.drop))
            else:
                q = f"{p}.transformer_layer.{l}"
                parts = self.linears([f"{q}.a.self_attention.{n}" for n in "qkv"], h)
                z = w.norm(f"{q}.z", h + self.ops.self_attention(parts, pack, HEADS))
                h = w.norm(q, z + w.ffn(f"{q}.f.ffn", z, F.relu))
        return w.norm(p, h) if self.released else h

    def mean(self, rows: Rows, place: list[int]) -> Tensor:
        pack, count = rows.pack, len(place)
        owner = pack.owners()
        if pack.valid != pack.lens:
            owner = torch.where(pack.places() < torch.tensor(pack.valid)[owner], owner, count)
        sums = rows.x.new_zeros(count + 1, D).index_add(0, owner, rows.x)[:count]
        return (sums / torch.tensor(pack.valid)[:, None]).index_select(0, torch.tensor(place))

    def anchor_rows(self, rows: Rows, place: list[int], members: list[int], most: int) -> Rows:
        """Valid rows of some samples, in their order. Behind the released encoders padding is seen: one row of zeros stands for all of it."""
        valid = [rows.pack.valid[place[s]] for s in members]
        index = rows.pack.select([place[s] for s in members], valid)
        if not self.released:
            return Rows(rows.x.index_select(0, index), Pack(valid, valid))
        zero = rows.x.shape[0]
        with_zero = torch.cat([rows.x, rows.x.new_zeros(1, D)])
        count = [most - n for n in valid]
        parts = [torch.cat([i, torch.tensor([zero] * (c > 0), dtype=i.dtype)]) for i, c in zip(index.split(valid), count, strict=True)]
        lens = [len(i) for i in parts]
        return Rows(with_zero.index_select(0, torch.cat(parts)), Pack(lens, lens, [max(1, c) for c in count]))

    # Alignment.

    def align(self, q_rows: Tensor, q_lens: list[int], sources: dict[str, Rows], zeros: dict | None = None) -> Tensor:
        """The alignment of some rows; `zeros` as in `Ops.absorbed`, which is used for one query per sample."""
        w, total = self.w, 0.0
        few = self.on.absorb and max(q_lens) == 1
        for m, source in sources.items():
            p = f"temporal.align.mixed.{m}.answer" if self.released else f"h0.align.cross_attention.{m}"
            k, v = (f"{p}.key", f"{p}.value") if self.released else (f"{p}.k", f"{p}.v")
            q = w.linear("temporal.align.query" if self.released else f"{p}.q", q_rows)
            if few:
                got = self.ops.absorbed(q, q_lens, source.x, source.pack, w[f"{k}.weight"], w[f"{v}.weight"], HEADS, zeros and zeros[m])
            else:
                got = self.ops.cross_attention(q, q_lens, *self.linears([k, v], source.x), source.pack, HEADS)
            total = total + got
        return q_rows + (w.linear("temporal.align.out", total) if self.released else total)

    def firsts(self, streams: dict, members: list[int]) -> Tensor:
        """Row 0 of the alignment of samples that are no anchors."""
        names = ("audio", "vision")
        (t, t_place), most = streams["text"], {m: self.most[m] + 1 for m in names}
        if not self.on.demand:
            # All rows, of which the first ones are taken.
            rows = {m: self.anchor_rows(*streams[m], members, most[m]) for m in names}
            text = self.anchor_rows(t, t_place, members, max(t.pack.valid))
            return Rows(self.align(text.x, text.pack.lens, rows), text.pack).first()
        q = t.first([t_place[s] for s in members])
        if not self.on.absorb:
            return self.align(q, [1] * len(members), {m: self.anchor_rows(*streams[m], members, most[m]) for m in names})
        sources, zeros = {}, {}
        for m in names:
            rows, place = streams[m]
            valid = [rows.pack.valid[place[s]] for s in members]
            index = rows.pack.select([place[s] for s in members], valid)
            sources[m] = Rows(rows.x.index_select(0, index), Pack(valid, valid))
            zeros[m] = [most[m] - n for n in valid]
        return self.align(q, [1] * len(members), sources, zeros if self.released else None)

    def encode(self, batch: dict):
        anchors, count = list(range(batch["anchors"])), batch["count"]
        streams = {}
        for key, path in (("text", "hidden.bert" if self.released else "t.bert"), ("audio", "a"), ("vision", "v")):
            x, pack, place = batch[key]
            if key == "text":
                x = self.packed_bert(path, x, pack)
                x = self.text_head(x) if self.released else self.w.linear("t.linear", x)
            else:
                x = self.packed_frames(f"{path}.{'encoder' if self.released else 'frame_encoder'}", x, pack)
            streams[key] = (Rows(x, pack), place)
        means = {m: self.mean(*streams[m]) for m in streams} if self.w.training or batch.get("means") else {}
        h, xs, first = None, {}, []
        if anchors:
            text, place = streams["text"]
            most = {m: self.most[m] + 1 for m in ("audio", "vision")} | {"text": max(text.pack.valid[place[s]] for s in anchors)}
            xs = {m: self.anchor_rows(*streams[m], anchors, most[m]) for m in ("text", "vision", "audio")}
            xs = xs if self.released else {m: xs[m] for m in ("text", "audio", "vision")}
            h = Rows(self.align(xs["text"].x, xs["text"].pack.lens, {m: xs[m] for m in ("audio", "vision")}), xs["text"].pack)
            first.append(h.first())
        if count > len(anchors):
            first.append(self.firsts(streams, list(range(len(anchors), count))))
        return h, xs, None, means | {"fused": torch.cat(first)}

    # Fusion of the anchors.

    def taken(self, h: Rows, tokens: int) -> tuple[Tensor, list[int]]:
        """Places of the first rows, where the last row may stand for several."""
        index, lens = [], []
        for start, n, count in zip(h.pack.starts, h.pack.lens, h.pack.count or [1] * len(h.pack.lens)):
            lens.append(min(tokens, n + count - 1))
            index += [start + min(i, n - 1) for i in range(lens[-1])]
        return torch.tensor(index), lens

    def self_rows(self, paths: list[str], h: Rows, index: Tensor, lens: list[int], scale: float | None = None):
        """Rows at `index` attend to all rows; the rows and what they have seen."""
        if self.on.demand:
            x = h.x.index_select(0, index)
            q = self.w.linear(paths[0], x)
            k, v = self.linears(paths[1:], h.x)
            return x, self.ops.cross_attention(q, lens, k, v, h.pack, HEADS, scale)
        q, k, v = self.linears(paths, h.x)
        seen = self.ops.cross_attention(q, h.pack.lens, k, v, h.pack, HEADS, scale)
        return h.x.index_select(0, index), seen.index_select(0, index)

    def gathered(self, paths: dict[str, tuple[str, str]], queries: dict[str, Tensor], lens: list[int], xs: dict[str, Rows]) -> Tensor:
        total = 0.0
        for m, x in xs.items():
            k, v = paths[m]
            if self.on.absorb:
                total = total + self.ops.absorbed(queries[m], lens, x.x, x.pack, self.w[f"{k}.weight"], self.w[f"{v}.weight"], HEADS)
            else:
                total = total + self.ops.cross_attention(queries[m], lens, *self.linears([k, v], x.x), x.pack, HEADS)
        return total

    def spread(self, p: str, x: Rows, source: Rows, last: bool, names: tuple[str, ...], scale: float | None = None):
        """A stream attends to the bottleneck; of the last layer only first rows are read."""
        narrow = last and self.on.demand
        rows, lens = (x.first(), [1] * len(x.pack.lens)) if narrow else (x.x, x.pack.lens)
        k, v = self.linears([f"{p}.{names[1]}", f"{p}.{names[2]}"], source.x)
        seen = self.ops.cross_attention(self.w.linear(f"{p}.{names[0]}", rows), lens, k, v, source.pack, HEADS, scale)
        return rows, seen, Pack(lens, lens) if narrow else x.pack

    def fuse(self, h: Rows, xs: dict[str, Rows], masks: None) -> Tensor:
        w, one = self.w, self.on.demand
        for l in range(DEPTH):
            p, last = f"fuse.{l}", l == DEPTH - 1
            index, lens = self.taken(h, max(1, P // 2**l))
            if self.released:
                q = f"{p}.b.branch_norm_layer"
                x, seen = self.self_rows([f"{q}.{n}" for n in ("query", "key", "value")], h, index, lens, 1 / math.sqrt(D))
                z = x + w.norm(f"{q}.seen", seen)
                b = z + w.norm(f"{q}.f", w.ffn(f"{q}.f.gelu", z, F.gelu))
                q = f"{p}.hl.gather"
                query = w.linear(f"{q}.query", b)
                paths = {m: (f"{q}.mixed.{m}.answer.key", f"{q}.mixed.{m}.answer.value") for m in xs}
                z = w.norm(f"{q}.z", b + self.gathered(paths, dict.fromkeys(xs, query), lens, xs))
                h = source = Rows(w.norm(q, z + w.ffn(f"{q}.gelu", z, F.gelu)), Pack(lens, lens))
            else:
                q = f"{p}.b.transformer_layer"
                x, seen = self.self_rows([f"{q}.a.self_attention.{n}" for n in "qkv"], h, index, lens)
                z = w.norm(f"{q}.z", x + seen)
                source = Rows(w.norm(q, z + w.ffn(f"{q}.f.ffn", z, F.relu)), Pack(lens, lens))
                b, b_lens = (source.first(), [1] * len(lens)) if last and one else (source.x, lens)
                paths = {m: f"{p}.hb.multi_ca.cross_attention.{m}" for m in xs}
                queries = dict(zip(xs, self.linears([f"{q}.q" for q in paths.values()], b), strict=True))
                seen = self.gathered({m: (f"{q}.k", f"{q}.v") for m, q in paths.items()}, queries, b_lens, xs)
                z = w.norm(f"{p}.hb", b + (b + seen))
                h = Rows(w.norm(f"{p}.hl", z + w.ffn(f"{p}.hl.ffn", z, F.relu)), Pack(b_lens, b_lens))
            streams = {}
            for m, x in xs.items():
                q = f"{p}.spread.{m}"
                if self.released:
                    q += ".branch_norm_layer"
                    rows, seen, pack = self.spread(q, x, source, last, ("query", "key", "value"), 1 / math.sqrt(D))
                    z = rows + w.norm(f"{q}.seen", seen)
                    streams[m] = Rows(z + w.norm(f"{q}.f", w.ffn(f"{q}.f.gelu", z, F.gelu)), pack)
                else:
                    rows, seen, pack = self.spread(f"{q}.z.cross_attention", x, source, last, ("q", "k", "v"))
                    z = w.norm(f"{q}.z", rows + seen)
                    streams[m] = Rows(w.norm(q, z + w.ffn(f"{q}.ffn", z, F.relu)), pack)
            xs = streams
        read = torch.cat([h.first(), *(x.first() for x in xs.values())], -1)
        if self.released:
            return w.linear("score", F.gelu(w.linear("deep", F.gelu(w.linear("wide", read))))).squeeze(-1)
        return w.linear("score.mlp.2", F.relu(w.linear("score.mlp.1", F.relu(w.linear("score.mlp.0", read))))).squeeze(-1)

    # A training step.

    def step_input(self, split: Split, anchors: list[int], companions: list[list[int]], present: Tensor):
        """Batches, and where the views of anchors and companions are found in what they give."""
        if not self.on.one_pass:
            views = [self.batch(split, anchors)] + [self.batch(split, c, 0) for c in companions]
            return views, None, present
        everyone = [*anchors, *(s for view in companions for s in view)]
        if not self.on.distinct:
            return [self.batch(split, everyone, len(anchors))], torch.arange(len(everyone)).view(-1, len(anchors)), present
        place: dict[int, int] = {}
        for s in everyone:
            place.setdefault(s, len(place))
        index = torch.tensor([place[s] for s in everyone]).view(-1, len(anchors))
        return [self.batch(split, list(place), len(anchors))], index, present

    def loss(self, given) -> Tensor:
        batches, index, present = given
        h, xs, masks, views = self.encode(batches[0])
        score = self.fuse(h, xs, masks)
        if index is None:
            seen = [views] + [self.encode(b)[3] for b in batches[1:]]
        else:
            seen = [{m: v.index_select(0, i) for m, v in views.items()} for i in index]
        return F.mse_loss(score, batches[0]["labels"][: batches[0]["anchors"]]) + contrast(self.released, seen, present)

    def vectors(self, batch: dict) -> list[Tensor]:
        return super().vectors(batch | {"means": True})
