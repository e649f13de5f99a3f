//! Two positional arguments of the same shape cannot be distinguished. In this language only the first tensor of a call is
//! positional, so the same mistake is an error.
use std::{CrossAttention, FrameEncoder, MLP, mse}

hyper d = 128

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block Fuse<n, m>(b: Seq<m>[n, d], audio: Seq<_>[_, d], vision: Seq<_>[_, d]) -> Seq<m>[n, d] {
  let from_audio  = CrossAttention(b, from: audio, heads: 8)
  let from_vision = CrossAttention(b, from: vision, heads: 8)
  b + from_audio + from_vision
}

model ByPosition {
  let t = embed(text, rows: 30522, width: d)
  let a = audio  |> FrameEncoder(width: d, heads: 8, ff: 256, layers: 2)
  let v = vision |> FrameEncoder(width: d, heads: 8, ff: 256, layers: 2)
  let g = Fuse(t, v, a) // error[E0503]: argument 2 of `Fuse` has no name // error[E0503]: argument 3 of `Fuse` has no name
  let score = mean(g) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
