//! Items and statements in the wrong place.
use std::{Linear, MLP, mse}
hyper d = 32
let x = 3 // error[E0101]: `let` is not allowed here
loss l = 3 // error[E0101]: `loss` is not allowed here
input audio : Seq<audio>[Ta, fa]
label y : Real
output score for y // error[E0101]: `output` is not allowed here
model M {
  hyper k = 3 // error[E0101]: `hyper` is not allowed here
  use std::{LayerNorm} // error[E0101]: `use` is not allowed here
  let a = Linear(audio, out: d)
  recipe r { epochs = 3 } // error[E0101]: `recipe` is not allowed here
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
