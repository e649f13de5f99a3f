//! What reads a hyper with a fault in a second place may read any weight.
use std::{mse}
hyper d = 16,  in 16..=768 // error[E0107]: expected an item, found `,`
input audio : Seq<audio>[Ta, fa]
label y : Real
block Up<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { linear(x, out: d) }
model M {
  let a = linear(audio, out: d)
  let b = Up(a)
  let 2.5 = linear(a, out: 3) // error[E0101]: expected a name, found `2`
  let score = mean(b) |> linear(out: 1) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
