//! A hyper out of its range is one fault, not one more at every use.
use std::{Linear, MLP, mse}
hyper d = 32
hyper drop = 1.2 in 0.0..=0.9 // error[E0403]: `drop` is 1.2, its range is 0..=0.9
input audio : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real
model M {
  let a = Linear(audio, out: d) |> dropout(p: 1.2) // error[E0403]: `p` of `dropout` is 1.2
  let v = Linear(vision, out: d) |> dropout(p: drop)
  let h = a + v // error[E0302]: `add`: one sequence has length Ta, the other Tv
  let score = mean(a) |> MLP(widths: [d, 1], drop: drop) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
