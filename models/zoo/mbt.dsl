//! MBT, the multimodal bottleneck transformer (Nagrani et al., NeurIPS 2021, arXiv 2107.00135).
//!
//! Each modality has its own transformer. Up to the fusion layer they exchange nothing. From there on, a few shared
//! tokens are concatenated with the tokens of every modality: each transformer updates its tokens together with its
//! copy of the shared ones, and the next layer uses the mean of the copies. All exchange between modalities has to pass
//! through these tokens. A linear map of the [CLS] token of each modality gives one score per modality; the prediction
//! is their mean.
//!
//! Differences: the article fuses video and sound, this model text, audio and vision. The text encoder is the lower
//! part of the transformer of the text, and feature streams take the place of patches. There are no pretrained vision
//! weights, and attention is that of `std`, without biases and output projection.
use std::{Bert, Linear, LayerNorm, PreNormTransformerLayer, mse}

hyper d          = 128  in 16..=768  where d % heads == 0
hyper heads      = 8
hyper ff         = 256
hyper alone      = 1    in 0..=8               // layers of a stream before the fusion layer
hyper fused      = 2    in 1..=8               // layers from there on
hyper bottleneck = 4    in 1..=64              // shared tokens
hyper drop       = 0.0  in 0.0..=0.9

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

/// Tokens of a feature stream: projection, [CLS] in front, learned positions, and the layers before the fusion layer.
block Stream<n, m>(x: Seq<m>[n, _]) -> Seq<m>[n + 1, d] {
  let cls  = learned(rows: 1, width: d)
  let rows = concat(cls, linear(x, out: d))
  var h = dropout(rows + positions(rows, width: d), p: drop)
  for l in 0..alone { h = PreNormTransformerLayer(h, heads: heads, ff: ff, drop: drop) }
  h
}

/// One fusion layer: every stream is updated together with the shared tokens, whose copies are averaged.
block Exchange<n, m>(shared: Seq<m>[n, d], streams: [Seq<_>[_, d]]) -> (Seq<_>[n, d], [Seq<_>[_, d]]) {
  let both  = each x in streams { PreNormTransformerLayer(concat(shared, x), heads: heads, ff: ff, drop: drop) }
  let mixed = 1 / len(streams) * sum h in both { take(h, rows: bottleneck) }
  (mixed, each h in both { skip(h, rows: bottleneck) })
}

model MBT {
  let t = text |> Bert() |> Linear(out: d)
  let a = Stream(audio)
  let v = Stream(vision)
  var xs = [text: t, audio: a, vision: v]
  var shared = learned(rows: bottleneck, width: d)
  for l in 0..fused { shared, xs = Exchange(shared, streams: xs) }
  let scores = each x in xs { LayerNorm(x[0]) |> linear(out: 1) |> scalar() }
  let score  = (sum s in scores { s }) / len(scores)
  output score for y
  loss prediction = mse(score, target: y)
}

/// No exchange: the copies are averaged only after the last layer, where nothing reads them.
variant late { set fused = 1 }

recipe sims {
  epochs = 50  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5
  encoder = "bert-base-chinese"  family = sims  class = exact
}
recipe simsv2 = sims {}
recipe mosi   = sims { encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei  = mosi { epochs = 20 }
recipe demo   = sims { set d = 64  epochs = 15  optimizer.lr = 1e-3  seeds = 1  encoder = "demo" }
expect shape(shared) == [bottleneck, d], params < 105M, macs < 3.8G for sims
