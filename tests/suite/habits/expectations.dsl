//! Expectations.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let score = mean(audio) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
expect params = 10K // error[E0115]: `=` compares nothing: it gives a name its value
expect params < 10 k // error[E0107]: unknown item `k` // error[E0531]: `params` is 32*fa + 65
expect flops < 1G // error[E0201]: no figure `flops`
expect params(Linaer) < 3 // error[E0201]: `params(Linaer)`: the file has no block `Linaer`
expect shape(score) = [1] // error[E0115]: `=` compares nothing: it gives a name its value
expect macs <= 3G on mosi // error[E0101]: expected `for`, found `on` // error[E0513]: no recipe `mosi`
