//! Shapes as other programs have them: lengths of weights, letters of the batch, rows of a stride.
use std::{Linear, MLP, mse} // warning[W0104]: `Linear` is imported and never used
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let q = param(shape: [Ta, d]) // error[E0401]: `shape` of `param` expects a list of whole numbers, at
 let r = learned(rows: Ta, width: d) // error[E0401]: `rows` of `learned` is Ta, a length that every sample has
 let f3 = reshape(audio, shape: [fa, 1])
 let m = mean(f3) // error[E0301]: `mean` expects a Seq with one axis beside time, found
  let w = sigmoid(linear(audio, out: 1))
 let c = linear(audio, out: 64) * w // error[E0301]: `mul` of Seq<audio>[Ta, 64] and Seq<audio>[Ta, 1]
  let e = einsum(audio, param(shape: [fa, 3]), spec: "bti,ij->btj") // error[E0308]: `einsum`: Seq<audio>[Ta, fa] has 2 axes, "bti" has 3 letters
  let k = concat(learned(rows: 1, width: fa), audio) + audio // error[E0302]: `add`: one sequence has length Ta + 1, the other Ta
 let s = conv1d(audio, out: 4, kernel: 3, stride: 2) + linear(audio, out: 4) // error[E0302]: `add`: one sequence has length ((Ta + 1) // error[E0506]: two calls would own the weights `s.weight`
  let score = mean(audio) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
