//! What is behind a fault is checked too, as far as its type is known.
use std::{CrossAttention, FFN, Linear, MLP, mse}

hyper d = 64
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block One<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { x + linear(x, out: 3) } // error[E0301]: `add` of
block Two<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { mean(x) } // error[E0304]: the value is Vec[64]
block Three<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] { attention(x, key: x, value: x, heads: 7) } // error[E0305]: 7 heads do not divide
block Four<n, m>(x: Seq<m>[n, d]) -> (Vec[d], like x) { (mean(x), concat(x, mean(x))) } // error[E0301]: `concat` expects a Seq

model M {
  let a = audio |> Linear(out: d) |> One() |> Two() |> Three()
  let pooled, rows = Four(a)
  let sum = pooled + rows // error[E0301]: `add` of Vec[64] and Seq<audio>[Ta, 64]
  let v = vision |> linear(out: d)
  let dropped = dropout(a, p: 1.2) + v // error[E0403]: `p` of `dropout` is 1.2 // error[E0302]: `add`: one sequence has length Ta, the other Tv
  let scaled = leaky_relu(a, slope: "x") + v // error[E0401]: `slope` of `leaky_relu` expects a number // error[E0302]: `add`
  let noise = learned(rows: 4, width: 8, init: "nrmal") + a // error[E0403]: no initial values // error[E0302]: `add`
  let crossed = CrossAttention(a, from: v, heads: 7) + v // error[E0404]: expects `w % heads == 0` // error[E0302]: `add`
  let fed = FFN(a, hiden: 3) + v // error[E0502]: `FFN` has no argument `hiden` // error[E0302]: `add`
  let third = a[2] + rows // error[E0306]: row 2 of a sequence // error[E0301]: `add` of
  let score = concat(sum, mean(dropped), mean(scaled), mean(noise), mean(crossed), mean(fed), third) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
