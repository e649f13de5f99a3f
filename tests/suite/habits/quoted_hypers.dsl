//! Numbers in quotes.
use std::{Linear, MLP, mse} // warning[W0104]: `Linear` is imported and never used
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let score = mean(audio) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
variant v { set d = "16" } // error[E0403]: `d` is a whole number, "16" is a string
recipe mosi { set d = "16" } // error[E0403]: `d` is a whole number, "16" is a string
