//! Every stream has its own length.
use std::{Bert, Linear, MLP, mse}

hyper d = 64

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block Both<n, m>(x: Seq<m>[n, d], other: Seq<_>[n, d]) -> Seq<m>[n, d] { x + other }

model M {
  let t = text |> Bert() |> Linear(out: d)
  let a = audio |> Linear(out: d)
  let v = vision |> Linear(out: d)
  let sum = a + v // error[E0302]: `add`: one sequence has length Ta, the other Tv
  let side = concat(a, v, along: "features") // error[E0302]: `concat`: one sequence has length Ta, the other Tv
  let both = Both(a, other: t) // error[E0302]: `other` of `Both` expects a length of n = Ta, found T
  let mixed = attention(t, key: a, value: v, heads: 8) // error[E0302]: keys of length Ta but values of length Tv
  let shorter = a + take(a, rows: 8) // error[E0302]: `add`: one sequence has length Ta, the other min(8, Ta)
  let score = mean(t) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
