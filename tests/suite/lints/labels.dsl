//! Losses that are undefined for some labels, and losses that train nothing.
use std::{MLP, mse}

hyper w = 0.1
input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
  loss relative   = w * abs((score - y) / y) // warning[W0117]: division by a label that can be 0
  loss logs       = w * square(score - log(y)) // warning[W0117]: `log` of a label that can be 0 or less
  loss roots      = w * square(score - sqrt(0.5 * y + 1)) // warning[W0117]: `sqrt` of a label
  loss powers     = w * square(score - y ** 0.5) // warning[W0117]: a power of a label
  loss guarded    = w * square(score - log(abs(y) + 0.1)) + square(score - sqrt(exp(y))) + score / (square(y) + 1)
  loss clamped    = w * square(score - log(clamp(y, min: 0.01)))
  loss still      = w * square(stop_grad(score) - y) // warning[W0118]: loss `still` gives no weight a gradient
}

variant half  { loss guarded = 0.5 } // warning[W0118]: loss `guarded` is the number 0.5
variant lower { loss guarded *= 0.5 }
