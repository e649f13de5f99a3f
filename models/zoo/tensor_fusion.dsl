//! Tensor Fusion Network (Zadeh et al., EMNLP 2017, arXiv 1707.07250): the outer product of three vectors.
//!
//! Three embedding subnetworks make one vector per modality: an LSTM over the words with two dense layers behind it, and
//! for voice and face the mean over time with three dense layers. A 1 is put behind each vector, so that their outer
//! product holds the unimodal, the bimodal and the trimodal products side by side. It has no weights; the inference
//! subnetwork reads all of it.
//!
//! Left out: the sigmoid that brings the score into the range of the labels. Changed: words come from a text encoder
//! instead of GloVe.
use std::{Bert, LSTM, MLP, TensorFusion, mse}

hyper words  = 128  in 8..=256         // hidden width of the LSTM and of the text subnetwork
hyper frames = 32   in 4..=128         // width of the voice and the face subnetwork
hyper infer  = 128  in 8..=512         // width of the inference subnetwork
hyper drop   = 0.15 in 0.0..=0.9

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

/// Embedding of the spoken words: the state after the last one.
block Language<n>(x: Seq<text>[n, _]) -> Vec[words] {
  let states = LSTM(x, hidden: words)
  last_state(states) |> MLP(widths: [words, words], drop: drop) |> relu()
}

/// Embedding of the voice or of the face.
block Pooled<n, m>(x: Seq<m>[n, _]) -> Vec[frames] {
  mean(x) |> MLP(widths: [frames, frames, frames], drop: drop) |> relu()
}

model TFN {
  let t = text |> Bert() |> Language()
  let a = Pooled(audio)
  let v = Pooled(vision)
  let product = TensorFusion([t, a, v])
  let score = product |> dropout(p: drop) |> MLP(widths: [infer, infer, 1], drop: drop) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

recipe sims {
  epochs = 50  batch = 16  optimizer = adam(lr: 5e-5)  select = min mae  seeds = 5
  encoder = "bert-base-chinese"  family = sims  class = exact
}
recipe mosi  = sims { encoder = "bert-base-uncased"  family = mosi  class = round }
recipe mosei = mosi { epochs = 20 }
recipe demo  = sims { set words = 32  set frames = 16  set infer = 64  epochs = 20  optimizer.lr = 1e-3  seeds = 1  encoder = "demo" }
