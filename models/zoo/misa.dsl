//! MISA (Hazarika et al., ACM MM 2020, arXiv 2005.03545): modality-invariant and modality-specific representations.
//!
//! Each modality is encoded as one vector, which is mapped into two subspaces: by an encoder that all three share,
//! where their distributions are trained to coincide, and by a private encoder for the rest. A decoder
//! reconstructs the vector from the sum of both. The six resulting vectors are the rows of a small transformer,
//! whose six outputs give the prediction. There are four losses: prediction, similarity, difference and
//! reconstruction.
//!
//! Differences: attention is that of `std`, without biases and output projection. The demo recipe lowers the weights of
//! similarity and reconstruction: the modalities of the demo data share nothing by construction, and with full weights
//! all vectors collapse into one.
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

/// Encoder of a feature stream: two bidirectional LSTMs with a norm in between; the final states of both directions of
/// both LSTMs, projected.
block Utterance<n, m>(x: Seq<m>[n, _]) -> Vec[d] {
  let lower = BiLSTM(x, hidden: cells)
  let upper = LayerNorm(lower) |> BiLSTM(hidden: cells)
  concat(last_state(lower), last_state(upper)) |> Linear(out: d) |> relu() |> LayerNorm()
}

/// Encoder into a subspace. Its values are in 0 to 1, as `cmd` requires.
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
