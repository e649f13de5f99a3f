//! A recipe and a variant that set hypers with which the model does not fit together.
use std::{FrameEncoder, MLP, mse}

hyper d     = 64
hyper heads = 8

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = audio |> FrameEncoder(width: d, heads: heads, ff: d, layers: 1) // error[E0404]: `SelfAttention` expects `w % heads == 0`, found heads = 5, w = 64
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}

recipe sims { set heads = 5 }
