//! A call of the fusion passes vision as `audio` and audio as `vision`. After their encoders both have the same shape,
//! so the program runs, and the parameters of each are trained under the name of the other.
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

model Swapped {
  let t = embed(text, rows: 30522, width: d)
  let a = audio  |> FrameEncoder(width: d, heads: 8, ff: 256, layers: 2)
  let v = vision |> FrameEncoder(width: d, heads: 8, ff: 256, layers: 2)
  let h = Fuse(t, audio: v, vision: a) // warning[W0113]: a modality under the name of another: `audio` is made of `vision` // warning[W0113]: a modality under the name of another: `vision` is made of `audio`
  let score = mean(h) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
