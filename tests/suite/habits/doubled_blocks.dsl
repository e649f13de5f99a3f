//! A block that is left over from a merge, and assignments without `let`.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real
block Enc<n, m>(x: Seq<m>[n, _]) -> Seq<m>[n, d] { linear(x, out: d) }
block Enc<n, m>(x: Seq<m>[n, _], width: int) -> Seq<m>[n, width] { linear(x, out: width) } // error[E0203]: a second item `Enc`
model M {
  let e = audio |> Enc()
  let f = audio |> Enc(width: d)
  a = Linear(f, out: d) // error[E0514]: no `var a` to assign to
  v = Linear(vision, out: d) // error[E0514]: no `var v` to assign to
  let score = mean(a) + mean(v) + mean(e) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
