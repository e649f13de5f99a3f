//! What a block states and what it gives.
use std::{Linear, MLP, mse}

hyper d = 64

input audio : Seq<audio>[Ta, fa]
label y : Real

block Half<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d // 2] {
  linear(x, out: d) // error[E0304]: the width is 64, stated is d // 2 = 32
}
block Pool<n>(x: Seq<_>[n, d]) -> Vec[d] {
  x // error[E0304]: the value is Seq<audio>[Ta, 64], stated is Vec[d]
}
block Same<n>(x: Seq<_>[n, d]) -> like x {
  mean(x) // error[E0304]: the result is Vec[64], stated is the type of `x`, Seq<audio>[Ta, 64]
}
block Short<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] {
  x |> take(rows: 4) // error[E0304]: the length is min(4, Ta), stated is n = Ta
}

model M {
  let a = audio |> Linear(out: d)
  let b = Half(a)
  let c = Pool(a)
  let e = Same(a)
  let f = Short(a)
  let g : Vec[32] = mean(a) // error[E0304]: the width is 64, stated is 32
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
