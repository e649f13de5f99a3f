//! Comments and semicolons; a division is never lost in a comment.
use std::{Linear, MLP, mse}; // error[E0105]: the language has no semicolons
hyper d = 32; # width // error[E0105]: the language has no semicolons // error[E0108]: comments begin with `
hyper half = d // 2   // half the width // error[E0112]: outside of brackets
hyper third = d // 3 // a third // error[E0112]: outside of brackets
input audio : Seq<audio>[Ta, fa]
label y : Real
"""A docstring.""" // error[E0108]: documentation begins with `
model M {
  let a = Linear(audio, out: d) // an encoder
  let p = d // half of it // warning[W0102]: `p` is never read
  let score = mean(a) |> MLP(widths: [d, half, third, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
