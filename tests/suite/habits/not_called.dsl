//! Blocks and operations that are not called.
use std::{Linear, MLP, mse} // warning[W0104]: `Linear` is imported and never used
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
block Same(x: Vec[d]) -> Vec[d] { x } // warning[W0105]: block `Same` is never called, so only its declared types
model M {
  let s = Same // error[E0504]: `Same` is not called
  let t = mean // error[E0504]: `mean` is not called
  let score = mean(audio) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
