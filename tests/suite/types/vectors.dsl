//! Vectors where sequences are wanted, and faults that are told once.
use std::{Linear, MLP, mse}

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block A(x: Seq<foo>[_, _]) -> Vec[8] { mean(Linear(x, out: 8)) } // error[E0201]: no modality `foo`
block B(x: Vec[_], x: Vec[_]) -> Vec[8] { Linear(x, out: 8) } // error[E0203]: a second `x` in one declaration

model M {
  let a = A(audio)
  let b = B(mean(audio))
  let w = softmax(mean(audio))
  let g = w[0] // error[E0301]: `x[i]` expects a Seq, found Vec[fa]
  let c = concat(audio, mean(vision)) // error[E0301]: `concat` expects a Seq, found Vec[fv]
  let score = concat(a, b) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
