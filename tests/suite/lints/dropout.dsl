//! Dropout that acts, and dropout that does not.
use std::{Linear, MLP, mse}

hyper drop = 0.0
input audio : Seq<audio>[Ta, fa]
label y : Real
label z : Real

model M {
  let a = Linear(audio, out: 8) |> dropout(p: 0.1)
  var h = a
  // In the last turn `late` is read by nobody; in the first one it is.
  var late = a
  for l in 0..2 {
    h = Linear(h, out: 8) + late
    late = dropout(h, p: 0.2)
  }
  // No dropout at all.
  let _none = dropout(h, p: drop)
  let score = mean(h) |> MLP(widths: [8, 1]) |> scalar()
  let other = mean(stop_grad(h)) |> dropout(p: 0.5) |> mean_features() // warning[W0114]: this dropout has no effect
  output score for y
  output other for z // warning[W0119]: no loss reads the label `z`
  loss prediction = mse(score, target: y)
}
