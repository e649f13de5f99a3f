//! DMD, decoupled multimodal distilling (Li et al., CVPR 2023, arXiv 2303.13802): modalities distil into each other,
//! separately for what they share and for what is specific to each.
//!
//! A shared encoder extracts from each modality what it has in common with the others, a private encoder extracts the
//! rest. A decoder reconstructs the features from both, and the private encoder must recover the private part from the
//! reconstruction. A margin loss pulls the common parts of one class together across modalities, and common and private
//! parts are trained to be orthogonal. Knowledge is then distilled along the edges of a graph whose vertices are the
//! modalities: the loss of an edge is the difference between the predictions of its two ends, times a strength that the
//! model predicts per sample. One graph connects the common parts; the other connects the private parts after
//! crossmodal attention. All parts contribute to the prediction.
//!
//! Simplified: one layer of crossmodal attention per pair, mean pooling of the streams, and no prediction from the
//! concatenated common parts. The margin loss uses one companion of the same class and one of another, where the
//! article uses all triples of a batch; classes are those of the recipe. Left out: the prior of the edges. Attention is
//! that of `std`, without biases and output projection.
use std::{Bert, Conv, CrossAttention, LayerNorm, MLP, mse, orthogonality}

hyper d       = 64   in 8..=256  where d % heads == 0
hyper heads   = 4
hyper kernel  = 3    in [1, 3, 5]
hyper margin  = 0.2  in 0.0..=1.0
hyper rebuild = 0.1                          // weight of reconstruction and of its cycle
hyper apart   = 0.01                         // weight of margin and orthogonality
hyper teach   = 0.05                         // weight of either distillation
hyper drop    = 0.1  in 0.0..=0.9

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

/// Encoder, shared or private.
block Encoder<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { conv1d(x, out: d, kernel: 1) |> relu() }

/// Decoder of a modality, from its common and its private part.
block Decoder<n, m>(common: Seq<m>[n, d], private: Seq<m>[n, d]) -> Seq<m>[n, d] {
  concat(common, private, along: "features") |> linear(out: d)
}

/// Mean squared error of two sequences.
block mean_error<n, m>(x: Seq<m>[n, d], target: Seq<m>[n, d]) -> Real { mean(square(x - target)) |> mean_features() }

/// A private part after crossmodal attention to those of the other modalities.
block Reinforced<n, m>(x: Seq<m>[n, d], from: [Seq<_>[_, d]]) -> Seq<m>[n, d] {
  LayerNorm(x + sum o in from { CrossAttention(x, from: o, heads: heads, drop: drop) })
}

/// Prediction of a vertex.
block Vertex(x: Vec[d]) -> Vec[1] { MLP(x, widths: [d, 1]) }

/// Logit of the strength of an edge.
block Strength(source: Vec[d], says: Vec[1], target: Vec[d], hears: Vec[1]) -> Vec[1] {
  concat(source, says, target, hears) |> linear(out: 1)
}

/// Distillation along the six edges of a graph, whose strengths sum to 1. Edge e goes from vertex e // 2 to one of the
/// two others. The source is the teacher: no gradient flows into its prediction.
block Distilled(xs: [Vec[d]], scores: [Vec[1]]) -> Real {
  let edge   = Strength{}
  let logits = each e in 0..6 {
    let i = (e // 2)
    let j = (i + 1 + e % 2) % 3
    edge(xs[i], says: scores[i], target: xs[j], hears: scores[j])
  }
  let gaps = each e in 0..6 { abs(stop_grad(scores[e // 2]) - scores[(e // 2 + 1 + e % 2) % 3]) }
  dot(softmax(concat(..logits)), with: concat(..gaps))
}

model DMD {
  let x = [
    text: text |> Bert() |> Conv(out: d, kernel: kernel),
    audio: Conv(audio, out: d, kernel: kernel),
    vision: Conv(vision, out: d, kernel: kernel),
  ]
  let shared   = Encoder{}
  let encoders = [text: Encoder{}, audio: Encoder{}, vision: Encoder{}]
  let common   = each s in x { shared(s) }
  let private  = each i in 0..3 { encoders[i](x[i]) }
  let again    = each i in 0..3 { Decoder(common[i], private: private[i]) }
  let cycle    = each i in 0..3 { encoders[i](again[i]) }

  let met = [
    text: Reinforced(private[0], from: [audio: private[1], vision: private[2]]),
    audio: Reinforced(private[1], from: [text: private[0], vision: private[2]]),
    vision: Reinforced(private[2], from: [text: private[0], audio: private[1]]),
  ]
  let homo   = each s in common { mean(s) }
  let hetero = each s in met { mean(s) }
  let says   = each s in homo { Vertex(s) }
  let tells  = each s in hetero { Vertex(s) }

  let score = concat(..homo, ..hetero) |> MLP(widths: [2*d, 1], drop: drop) |> scalar()
  output score for y

  companions c { by = [homo.text, homo.audio, homo.vision]  class = class(y)  pos = 1  near = 1  far = 0 }
  loss prediction = mse(score, target: y)
  loss vertices   = sum i in 0..3 { mse(scalar(says[i]), target: y) + mse(scalar(tells[i]), target: y) }
  loss rebuilt    = rebuild * sum i in 0..3 { mean_error(again[i], target: x[i]) }
  loss cycled     = rebuild * sum i in 0..3 { mean_error(cycle[i], target: private[i]) }
  loss orthogonal = apart * sum i in 0..3 { orthogonality(mean(common[i]), with: mean(private[i])) }
  loss margins    = apart * sum i in 0..3 {
    let other = homo[(i + 1) % 3] at c.pos
    let same  = homo[i] at c.neg
    relu(margin - cosine(homo[i], with: other[0]) + cosine(homo[i], with: same[0]))
  }
  loss homogeneous   = teach * Distilled(homo, scores: says)
  loss heterogeneous = teach * Distilled(hetero, scores: tells)
}

variant no_distillation {
  drop homogeneous
  drop heterogeneous
}
variant no_margin { drop margins }

recipe sims {
  epochs = 50  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5
  encoder = "bert-base-chinese"  family = sims  class = exact
}
recipe simsv2 = sims {}
recipe mosi   = sims { encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei  = mosi { epochs = 20 }
recipe demo   = sims { epochs = 15  optimizer.lr = 1e-3  seeds = 1  encoder = "demo" }
expect params(shared) == d**2 + d, params(encoders) == 3 * params(shared) for sims
expect params < 105M, macs < 3.5G for sims
