//! The answer among the features, beside another fault.
use std::{MLP, mse, nt_xent}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = mean(audio)
  let score = MLP(a, widths: [8, 1]) |> scalar()
  let hint = score + 0.1 * y
  let unknown = relu(audioo) // error[E0201]: nothing is called `audioo` here
  output hint for y // error[E0523]: label `y` reaches the prediction of `y`
  companions c { by = [a]  class = class(y) }
  loss prediction = mse(scale(score, by: unknown), target: y) // error[E0301]: `scale` expects a Real, or one number per row, found Seq<audio>[Ta, fa]
  loss contrast = nt_xent(a, pos: a at c.positives, neg: a at c.neg, tau: 0) // error[E0201]: companions have no `positives` // error[E0404]: `nt_xent` expects `tau > 0`, found tau = 0
}
