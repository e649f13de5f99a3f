//! Operators of other languages use their operands.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real
block Attend<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] {
  let q, k, v = linear(x, out: 3 * d) |> split(parts: 3) // error[E0515]: 3 names for a list
  let w = softmax(q @ k.T / sqrt(d)) // error[E0115]: the language has no `@`
  x + w @ v // error[E0115]: the language has no `@`
}
model M {
  let a = Linear(audio, out: d) |> Attend()
  let q = linear(a, out: d)
  let s = q @ a // error[E0115]: the language has no `@`
  let t = q @ gone // error[E0115]: the language has no `@` // error[E0201]: nothing is called `gone` here
  let m = mean(a)
  let u = m && m // error[E0115]: the language has no `&&` // warning[W0102]: `u` is never read
  let v = vision |> Linear(out: d) + 1 // error[E0116]: expected a call after `|>`
  let score = m + mean(v) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
