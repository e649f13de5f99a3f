//! MAG-BERT (Rahman et al., ACL 2020, arXiv 1908.05787): audio and vision shift the words inside the text encoder.
//!
//! The multimodal adaptation gate follows a layer of the text encoder. For every word it computes a displacement from
//! audio and vision, weighted by gates that see them and the word, limits the length of the displacement to a fraction
//! of the word's own length, and adds it to the word. The remaining layers of the encoder read the shifted words.
//!
//! Differences: the article aligns audio and vision to the words by time stamps. The streams here are not aligned, so
//! every word attends to each stream; the rest of the gate is as in the article. `Bert` returns its last layer only, so
//! the gate follows that one, which is among the positions that the article evaluates, and `after` new layers of the
//! same kind read the shifted words.
use std::{Bert, BertLayer, CrossAttention, LayerNorm, MLP, mse}

hyper d     = 64   in 8..=256                  // width of voice and face, and of the head
hyper heads = 4
hyper after = 1    in 0..=4                    // layers behind the gate
hyper share = 1.0  in 0.0..=2.0                // the article's beta: longest displacement, in lengths of the word
hyper drop  = 0.1  in 0.0..=0.9

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

/// Displacement by one modality: the gate sees the word and the modality.
block Shift<n, m, w>(z: Seq<m>[n, w], by: Seq<m>[n, _]) -> Seq<m>[n, w] {
  let gate = concat(z, by, along: "features") |> linear(out: w) |> relu()
  gate * linear(by, out: w, bias: false)
}

/// The gate: h is the displacement, alpha = min(|z| / |h| * share, 1) its scale.
block Gate<n, m, w>(z: Seq<m>[n, w], a: Seq<m>[n, _], v: Seq<m>[n, _]) -> Seq<m>[n, w] {
  let by_a  = Shift(z, by: a)
  let by_v  = Shift(z, by: v)
  let h     = add_row(by_a + by_v, row: param(shape: [w], init: "zeros"))
  let ratio = share * norm(z, keep: true) / (norm(h, keep: true) + 1e-6)
  let alpha = clamp(ratio, max: 1.0)
  LayerNorm(z + scale(h, by: alpha)) |> dropout(p: drop)
}

model MagBert {
  let words = text |> Bert()
  let a = CrossAttention(words, from: linear(audio, out: d), heads: heads)
  let v = CrossAttention(words, from: linear(vision, out: d), heads: heads)
  var h = Gate(words, a: a, v: v)
  for l in 0..after { h = BertLayer(h) }
  let score = h[0] |> MLP(widths: [d, 1], drop: drop) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

recipe sims {
  epochs = 50  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5
  encoder = "bert-base-chinese"  family = sims  class = exact
}
recipe simsv2 = sims {}
recipe mosi   = sims { encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei  = mosi { epochs = 20 }
recipe demo   = sims { epochs = 10  optimizer.lr = 1e-3  seeds = 1  encoder = "demo" }
expect params(Gate) == 6 * 768**2 + 5 * 768 for sims
expect params < 115M, macs < 4G for sims
