//! Weights of one path in one expression are told once each, and their widths are no second fault.
use std::{Linear, MLP, mse, nt_xent}

hyper d = 64

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block Odd<n, m, w, q>(x: Seq<m>[n, w]) -> Seq<m>[n, w] { relu(x) } // error[E0201]: generic `q` appears in no parameter's type

model M {
  let a = audio |> Linear(out: d) |> Linear(out: d) // error[E0506]: two calls would own the weights `a.linear`
  let b = [Linear(audio, out: 3), Linear(vision, out: 3)] // error[E0506]: two calls would own the weights `b.linear`
  let c = [audio: Linear(audio, out: 3), vision: Linear(vision, out: 3)] // warning[W0102]: `c` is never read
  let e = linear(audio, out: d) + linear(audio, out: d) // error[E0506]: two calls would own the weights `e.weight`
  let f = Odd(vision) // warning[W0102]: `f` is never read
  let g = nt_xent(mean(audio), pos: [mean(audio)], neg: [], tau: 0.5, similarity: "cosin") // error[E0404]: found similarity = "cosin"
  let h = nt_xent(mean(audio), pos: [mean(audio)], neg: [], tau: 0.0) // error[E0404]: `nt_xent` expects `tau > 0`, found tau = 0
  let score = mean(a) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
