//! A label of an output that is no name.
use std::{Linear, MLP, mse} // warning[W0104]: `Linear` is imported and never used
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let score = mean(audio) |> MLP(widths: [d, 1]) |> scalar()
  output score for "y" // error[E0101]: expected a name, found `"y"`
  loss l = mse(score, target: y)
}
