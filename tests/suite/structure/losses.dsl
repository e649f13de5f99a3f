//! A loss that reads companions is 0 where a sample has none, so it may not hold other terms.
use std::{Linear, MLP, mse, nt_xent}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = audio |> Linear(out: 8)
  let score = mean(a) |> MLP(widths: [1]) |> scalar()
  output score for y
  companions c { by = [mean(a)]  class = class(y) }
  let contrast = nt_xent(mean(a), pos: mean(a) at c.pos, neg: mean(a) at c.neg, tau: 0.5)
  loss all = mse(score, target: y) + 0.2 * contrast // error[E0521]: adds terms with and without companions
  loss prediction = mse(score, target: y)
  loss alone = 0.2 * (contrast + contrast)
}
