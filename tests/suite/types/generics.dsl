//! Types inside a block speak of what its generics became in the call.
use std::{MLP, mse}

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

block Halves<n, m, w>(x: Seq<m>[n, w], from: Seq<_>[_, w]) -> Seq<m>[n, 4] {
  let own : Seq<m>[n, 4] = linear(x, out: 4)
  let other : Seq<m>[n, 4] = linear(from, out: 4) // error[E0303]: the sequence is of vision, stated is audio // error[E0304]: the length is Tv, stated is n = Ta
  own + other
}

model M {
  let a : Seq<audio>[Ta, 8] = linear(audio, out: 8)
  let v = linear(vision, out: 8)
  let score = mean(Halves(a, from: v)) |> MLP(widths: [1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
