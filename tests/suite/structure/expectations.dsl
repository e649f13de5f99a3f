//! Expectations that say nothing.
use std::{MLP, mse}
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
recipe sims { epochs = 3 }
variant wide { let score = mean(audio) |> MLP(widths: [64, 1]) |> scalar() }
expect parms < 120M, macs(MPL) < 3G for sims // error[E0201]: no figure `parms` // error[E0201]: `macs(MPL)`: the file has no block `MPL`
expect 3 < 4 // error[E0520]: this expectation says nothing about the model
expect params // error[E0520]: an expectation compares a figure with a number
expect params < 1M for simss // error[E0513]: no recipe `simss`
expect params < 1M, macs(MLP) < 1G for sims
expect macs(scor) < 1M for sims // error[E0201]: nothing in the model is called `scor` with recipe `sims`
expect macs(score, MLP) < 1M for sims // error[E0520]: `macs` takes one block or path
expect memory(MLP) < 1M for sims // error[E0520]: `memory` is that of the whole model
expect shape(score) < 3 for sims // error[E0520]: a shape is compared with a list of its axes
expect shape(score) < [] for sims // error[E0520]: shapes are equal or not
expect shape(audio) == [Ta, fd] for sims // error[E0201]: no `fd`
expect params < 2 * score for sims // error[E0201]: no figure `score`
