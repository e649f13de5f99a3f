//! MISA (Hazarika et al., ACM MM 2020, arXiv 2005.03545): what the modalities share, and what each has for itself.
//!
//! Every modality becomes one vector, and that vector is mapped twice: by one encoder that all three use, into a
//! space where their distributions are to coincide, and by an encoder of its own, into a space that is to hold the
//! rest. A decoder must recover the vector from the sum of both. The six parts are the rows of a small transformer,
//! and its six results make the prediction. Four losses: of the prediction, and of similarity, difference and
//! reconstruction.
//!
//! Changed: attention is that of `std`, without biases and output projection. The demo recipe lowers the weights of
//! similarity and reconstruction: its modalities share nothing by construction, and at full weight all vectors
//! tend to become one.
use std::{Bert, Linear, LayerNorm, BiLSTM, FFN, MLP, SelfAttention, cmd, difference, mse}

hyper d       = 128  in 16..=256  where d % heads == 0
hyper cells   = 64   in 4..=256          // of each direction of an LSTM; the authors take the width of the features
hyper heads   = 2
hyper moments = 5    in 1..=8            // of the central moment discrepancy
hyper alpha   = 1.0                      // weight of similarity
hyper beta    = 0.3                      // weight of difference
hyper gamma   = 1.0                      // weight of reconstruction
hyper drop    = 0.1  in 0.0..=0.9

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

/// Utterance of a stream of features: two bidirectional LSTMs with a norm between them, and the states in which both
/// directions of both end.
block Utterance<n, m>(x: Seq<m>[n, _]) -> Vec[d] {
  let lower = BiLSTM(x, hidden: cells)
  let upper = LayerNorm(lower) |> BiLSTM(hidden: cells)
  concat(last_state(lower), last_state(upper)) |> Linear(out: d) |> relu() |> LayerNorm()
}

/// Encoder into a subspace: values in 0 to 1, which the discrepancy of moments wants.
block Subspace(x: Vec[d]) -> Vec[d] { linear(x, out: d) |> sigmoid() }

/// Self-attention over the six parts.
block Mix<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] {
  let z = LayerNorm(x + SelfAttention(x, heads: heads, drop: drop))
  LayerNorm(z + FFN(z, hidden: 2*d, drop: drop))
}

model MISA {
  let words = text |> Bert()
  let u = [
    text: mean(words) |> Linear(out: d) |> relu() |> LayerNorm(),
    audio: Utterance(audio),
    vision: Utterance(vision),
  ]
  let shared  = Subspace{}
  let decode  = Linear{out: d}
  let common  = each x in u { shared(x) }
  let private = each x in u { Subspace(x) }
  let again   = each i in 0..3 { decode(common[i] + private[i]) }

  let parts = stack([..each i in 0..3 { private[i] }, ..each i in 0..3 { common[i] }]) |> Mix()
  let score = concat(..each i in 0..6 { parts[i] }) |> MLP(widths: [3*d, 1], drop: drop) |> scalar()
  output score for y

  loss prediction = mse(score, target: y)
  loss similarity = alpha / 3 * (cmd(common.text, with: common.audio, moments: moments)
    + cmd(common.text, with: common.vision, moments: moments)
    + cmd(common.audio, with: common.vision, moments: moments))
  loss apart = beta * (sum i in 0..3 { difference(common[i], with: private[i]) }
    + difference(private.text, with: private.audio)
    + difference(private.text, with: private.vision)
    + difference(private.audio, with: private.vision))
  loss reconstruction = gamma / 3 * sum i in 0..3 { mean_features(square(u[i] - again[i])) }
}

variant no_similarity     { drop similarity }
variant no_difference     { drop apart }
variant no_reconstruction { set gamma = 0.0 }

recipe sims {
  epochs = 50  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5
  encoder = "bert-base-chinese"  family = sims  class = exact
}
recipe simsv2 = sims {}
recipe mosi   = sims { encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei  = mosi { epochs = 20 }
recipe demo   = sims {
  set d = 64  set cells = 32  set alpha = 0.1  set gamma = 0.1
  epochs = 20  optimizer.lr = 5e-4  seeds = 1  encoder = "demo"
}
expect params(shared) == d**2 + d, shape(parts) == [6, d] for sims
expect params < 105M, macs < 3.6G for sims
