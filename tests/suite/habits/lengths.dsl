//! Lengths and widths that differ.
use std::{Linear, MLP, CrossAttention, mse} // warning[W0104]: `CrossAttention` is imported and never used
hyper d = 32
input audio : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real
model M {
  let a = Linear(audio, out: d)
  let v = Linear(vision, out: d)
  let h = a + v // error[E0302]: `add`: one sequence has length Ta, the other Tv
  let c = concat(a, v, along: "features") // error[E0302]: `concat`: one sequence has length Ta, the other Tv
  let k = concat(learned(rows: 1, width: d), a)
  let m = k + a // error[E0302]: `add`: one sequence has length Ta + 1, the other Ta
  let s = conv1d(a, out: d, kernel: 3, stride: 2) + a // error[E0302]: `add`: one sequence has length ((Ta + 1)
  let q = mean(a) + a // error[E0301]: `add` of Vec[32] and Seq<audio>[Ta, 32]
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
