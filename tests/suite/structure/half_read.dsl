//! What could not be read is told by the parser alone: no name in it is missed afterwards.
use std::{Linear, MLP, mse}

hyper d = 64
hypr heads = 8 // error[E0107]: unknown item `hypr`

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a 3 audio |> Linear(out: d) // error[E0101]: expected `:` or `=`, found `3`
  let b = relu(a) |> Linear(out: heads)
  let score = mean(b) |> MLP(widths: [d, 1]) |> scalar()
  otput score for y // error[E0101]: expected a statement, found `otput`
  loss prediction = mse(score, target: y)
}
