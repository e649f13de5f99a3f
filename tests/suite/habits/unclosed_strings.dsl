//! An unterminated string ends where the text around it goes on.
use std::{Linear, MLP, mse} // warning[W0104]: `Linear` is imported and never used
hyper d = 32
hyper pool = "mean in ["mean", "max"] // error[E0109]: unterminated string
input audio : Seq<audio>[Ta, fa] from "audio // error[E0109]: unterminated string
label y : Real
model M {
  let z = when pool == "mean { mean(audio) } else { maxpool(audio) } // error[E0109]: unterminated string
  let score = z |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
