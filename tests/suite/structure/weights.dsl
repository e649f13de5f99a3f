//! Two calls with one weight path, and calls of one instance that do not fit together.
use std::{Linear, MLP, FFN, LayerNorm, mse}

hyper d = 64

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

model M {
  var a = Linear(audio, out: d)
  a = FFN(a, hidden: d)
  a = FFN(a, hidden: d) // error[E0506]: two calls would own the weights `ffn`
  let both = concat(LayerNorm(mean(a)), LayerNorm(mean(a))) // error[E0506]: two calls would own the weights `both.layer_norm`
  let enc = Linear{out: d}
  let x = enc(audio) // warning[W0102]: `x` is never read
  let z = enc(vision) // error[E0301]: the shared weight `enc.linear.weight` is [64, fa] in one call and [64, fv] in another
  let score = both |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
