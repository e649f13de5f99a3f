//! A prediction cannot read companions: there are none when the model is used.
use std::{Linear, MLP, mse}

hyper d = 64

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = mean(audio) |> Linear(out: d)
  companions c { by = [a]  class = class(y) }
  let score = a + (a at c.pos)[0] |> MLP(widths: [d, 1]) |> scalar()
  output score for y // error[E0516]: a prediction reads companions, which exist in training only
  loss prediction = mse(score, target: y)
}
