//! A score that cannot be read is no missing output.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = Linear(audio out d) // error[E0101]: unexpected `out`
  let score = mean(a) |> MLP(widths: [d, 1] |> scalar() // error[E0103]: `(` is not closed before this `output`
  output score for y
  loss l = mse(score, target: y)
}
recipe mosi { epochs = 10, batch = 16, lr = 1e-3 } // error[E0101]: entries of a recipe are not separated by commas // error[E0901]: there is no recipe key `lr`
