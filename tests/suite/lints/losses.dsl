//! Losses that train nothing, the wrong way, or into what is undefined.
use std::{Linear, MLP, mse}

input audio  : Seq<audio>[Ta, fa]
label y : Real
label z : Real

model M {
  let a = mean(Linear(audio, out: 8))
  let score = MLP(a, widths: [8, 1]) |> scalar()
  let other = MLP(a, widths: [4, 1]) |> scalar()
  let away = grad_reverse(mean(Linear(audio, out: 4))) |> MLP(widths: [4, 1]) |> scalar() // warning[W0120]: what is before this `grad_reverse` is trained against every loss
  let misled = grad_reverse(a) |> MLP(widths: [4, 1]) |> scalar()
  output score for y
  output other for z // warning[W0119]: no loss reads the label `z`
  loss prediction = mse(score, target: y)
  loss nothing = 0.0 * mse(score, target: y) // warning[W0118]: loss `nothing` gives no weight a gradient
  loss itself = mse(score, target: score) // warning[W0118]: loss `itself` gives no weight a gradient
  loss small = abs(other)
  loss negative = 0 - mse(score, target: y) // warning[W0120]: loss `negative` falls without end
  loss logarithm = square(log(score) - y) // warning[W0117]: `log` of a value that can be 0 or less
  loss root = pow(score - y, exponent: 0.5) // warning[W0117]: a power of a value that can be less than 0
  loss positive = square(log(softplus(score)) - y) + square(sqrt(relu(score)) - y)
  loss against = mse(away, target: y) + mse(misled, target: y)
}
