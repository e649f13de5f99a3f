//! Table V, concatenation and self-attention: transformer layers over [X_t; X_a; X_v], the rows of the three streams
//! concatenated along time. The cost is quadratic in their total length. The head reads the first token of each stream
//! and of the aligned text, as in `fusion/concat`.
use std::{Bert, CrossAttention, FrameEncoder, Linear, MLP, TransformerLayer, mse, nt_xent}

hyper d      = 128  where d % heads == 0
hyper heads  = 8
hyper ff     = 256
hyper depth  = 2    in 1..=4     // fusion layers
hyper layers = 2    in 1..=6     // per encoder
hyper lambda = 0.2
hyper tau    = 0.5
hyper drop   = 0.0  in 0.0..=0.9

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

/// Temporal alignment, eq. 4.
block Align<n, m>(t: Seq<m>[n, d], others: [Seq<_>[_, d]]) -> Seq<m>[n, d] {
  t + sum o in others { CrossAttention(t, from: o, heads: heads, drop: drop) }
}

/// One fusion layer: every row attends to the rows of all streams.
block Fuse<n>(rows: Seq<_>[n, d]) -> Seq<joint>[n, d] {
  TransformerLayer(rows, heads: heads, ff: ff, drop: drop)
}

model ConcatSA {
  let t = text   |> Bert() |> Linear(out: d)
  let a = audio  |> FrameEncoder(width: d, heads: heads, ff: ff, layers: layers, drop: drop)
  let v = vision |> FrameEncoder(width: d, heads: heads, ff: ff, layers: layers, drop: drop)
  let h0 = Align(t, others: [audio: a, vision: v])

  var rows = concat(t, a, v)
  for l in 0..depth { rows = Fuse(rows) }
  // The first token of each stream: text has T rows, audio with its [CLS] token Ta + 1.
  let firsts = [text: rows[0], audio: skip(rows, rows: T)[0], vision: skip(rows, rows: T + Ta + 1)[0]]
  let score = concat(h0[0], ..firsts) |> MLP(widths: [2*d, d, 1], drop: drop) |> scalar()
  output score for y

  companions c {
    by = [mean(t), mean(a), mean(v)]  class = class(y)  pos = 2  near = 2  far = 2  pool = 10  refresh = 2
  }
  let text_pos = [mean(a), mean(v), ..mean(t) at c.pos]
  let others   = [audio: mean(a), vision: mean(v), fused: h0[0]]
  loss prediction = mse(score, target: y)
  loss contrast   = lambda * (nt_xent(mean(t), pos: text_pos, neg: mean(t) at c.neg, tau: tau)
    + sum x in others { nt_xent(x, pos: x at c.pos, neg: x at c.neg, tau: tau) })
}

recipe sims {
  epochs = 100  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5
  encoder = "bert-base-chinese"  family = sims  class = exact
}
recipe simsv2 = sims {}
recipe mosi   = sims { encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei  = mosi { set depth = 3  set layers = 4  epochs = 25  batch = 8  optimizer.lr = 2e-5 }
recipe demo   = sims { epochs = 10  optimizer.lr = 1e-3  seeds = 1  encoder = "demo" }
expect macs(Fuse) == 239_730_688, macs(Align) == 20_815_616 for sims
