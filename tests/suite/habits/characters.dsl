//! Characters of other keyboards.
use std::{Linear， MLP, mse} // error[E0101]: unexpected character `，` (U+FF0C)
hyper d ＝ 32 // error[E0101]: unexpected character `＝` (U+FF1D)
input audio ： Seq<audio>[Ta, fa] // error[E0101]: unexpected character `：` (U+FF1A)
label y : Real
model M {
  let a = Linear（audio, out: d） // error[E0101]: unexpected character `（` (U+FF08) // error[E0101]: unexpected character `）` (U+FF09)
  let b = a × 2 // error[E0101]: unexpected character `×` (U+00D7)
  let c = a – 1 // error[E0101]: unexpected character `–` (U+2013)
  let score = mean(b + c) |> MLP(widths: [d, 1]) |> scalar()； // error[E0105]: the language has no semicolons
  output score for y
  loss l = mse(score, target: y)
}
