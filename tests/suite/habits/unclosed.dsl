//! Unclosed brackets at the end of a line.
use std::{Linear, MLP, mse // error[E0103]: `{` is not closed before this `hyper`
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = Linear(audio, out: d // error[E0103]: `(` is not closed before this `let`
  let b = relu(a)) // error[E0104]: unmatched closing bracket `)`
  let c = concat(mean(a), mean(b) // warning[W0102]: `c` is never read // error[E0103]: `(` is not closed before this `for`
  for l in 0..2 { // error[E0103]: `{` is not closed before this `let`
    let q = relu(a) // warning[W0102]: `q` is never read
  let score = mean(b) |> MLP(widths: [d, 1) |> scalar() // error[E0103]: `[` is not closed before this `)`
  output score for y
  loss l = mse(score, target: y)
}
