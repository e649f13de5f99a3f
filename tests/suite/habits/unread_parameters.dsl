//! A block whose parameters could not be read takes whatever its calls pass.
use std::{Linear, MLP, mse}
input audio : Seq<audio>[Ta, fa]
label y : Real
block Up -> Seq<audio>[Ta, 16] { // error[E0101]: expected parameters in `(` and `)`, found `->`
  Linear(audio, out: 16) // error[E0201]: `audio` is an input of the model and is not known inside a block
}
model M {
  let score = mean(Up(audio, k: 4)) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
