//! What is predicted, and what companions are retrieved by, depends on the sample alone.
use std::{Linear, MLP, centred, mse}

hyper d = 64

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = mean(audio) |> Linear(out: d)
  let apart = own(centred(a))
  companions c { by = [apart]  class = class(y) } // error[E0522]: `by` depends on the rest of its batch
  let score = apart |> MLP(widths: [1]) |> scalar()
  output score for y // error[E0522]: a prediction depends on the rest of its batch
  loss prediction = mse(score, target: y)
}
